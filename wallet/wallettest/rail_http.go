package wallettest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"halqa/wallet"
)

// order is what the kit asks of a rail over HTTP: POST the order, get a result. An op that a rail does
// not know is answered 501.
type order struct {
	Op      string     `json:"op"` // pay, reorg, dispute, take-refund, requests, messages, forge, down, crash, advance, logs
	Charge  string     `json:"charge,omitempty"`
	Refund  string     `json:"refund,omitempty"`
	Key     string     `json:"key,omitempty"`
	Minor   string     `json:"minor,omitempty"`
	Final   bool       `json:"final,omitempty"`
	How     Forgery    `json:"how,omitempty"`
	Down    bool       `json:"down,omitempty"`
	At      CrashPoint `json:"at,omitempty"`
	Seconds int64      `json:"seconds,omitempty"`
}

type result struct {
	Requests int       `json:"requests,omitempty"`
	Messages []Message `json:"messages,omitempty"`
	Message  *Message  `json:"message,omitempty"`
	Logs     string    `json:"logs,omitempty"`
	Secrets  []string  `json:"secrets,omitempty"`
	Error    string    `json:"error,omitempty"`
}

// maxRail bounds what is read of an order or a result, in bytes.
const maxRail = 4 << 20

// DialRail returns the rail at the other end of an address, for `halqa wallet check --rail-url`. It is
// test equipment: it proves nobody's identity and belongs on loopback.
func DialRail(url string) Rail { return railClient{url} }

type railClient struct{ url string }

func (c railClient) do(ctx context.Context, o order) (result, error) {
	var out result
	body, err := json.Marshal(o)
	if err != nil {
		return out, err
	}
	req, err := http.NewRequestWithContext(ctx, "POST", c.url, bytes.NewReader(body))
	if err != nil {
		return out, err
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		return out, fmt.Errorf("rail: %w", err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, maxRail))
	if err != nil {
		return out, fmt.Errorf("rail: %w", err)
	}
	switch resp.StatusCode {
	case http.StatusNotImplemented:
		return out, ErrNotPossible
	case http.StatusOK:
	default:
		if json.Unmarshal(answer, &out) == nil && out.Error != "" {
			return out, fmt.Errorf("rail: %s", out.Error)
		}
		return out, fmt.Errorf("rail: %s is answered %d", o.Op, resp.StatusCode)
	}
	return out, json.Unmarshal(answer, &out)
}

func (c railClient) Pay(ctx context.Context, charge string, minor int64, final bool) error {
	_, err := c.do(ctx, order{Op: "pay", Charge: charge, Minor: fmt.Sprint(minor), Final: final})
	return err
}

func (c railClient) Reorg(ctx context.Context, charge string) error {
	_, err := c.do(ctx, order{Op: "reorg", Charge: charge})
	return err
}

func (c railClient) Dispute(ctx context.Context, charge string, minor int64) error {
	_, err := c.do(ctx, order{Op: "dispute", Charge: charge, Minor: fmt.Sprint(minor)})
	return err
}

func (c railClient) TakeRefund(ctx context.Context, refund string) error {
	_, err := c.do(ctx, order{Op: "take-refund", Refund: refund})
	return err
}

func (c railClient) Requests(ctx context.Context, key string) (int, error) {
	r, err := c.do(ctx, order{Op: "requests", Key: key})
	return r.Requests, err
}

func (c railClient) Messages(ctx context.Context, charge string) ([]Message, error) {
	r, err := c.do(ctx, order{Op: "messages", Charge: charge})
	return r.Messages, err
}

func (c railClient) Forge(ctx context.Context, charge string, how Forgery) (Message, error) {
	r, err := c.do(ctx, order{Op: "forge", Charge: charge, How: how})
	if err == nil && r.Message == nil {
		err = errors.New("rail: no message was forged")
	}
	if err != nil {
		return Message{}, err
	}
	return *r.Message, nil
}

func (c railClient) Down(ctx context.Context, down bool) error {
	_, err := c.do(ctx, order{Op: "down", Down: down})
	return err
}

func (c railClient) Crash(ctx context.Context, at CrashPoint) error {
	_, err := c.do(ctx, order{Op: "crash", At: at})
	return err
}

func (c railClient) Advance(ctx context.Context, d time.Duration) error {
	_, err := c.do(ctx, order{Op: "advance", Seconds: int64(d / time.Second)})
	return err
}

func (c railClient) Logs(ctx context.Context) (string, []string, error) {
	r, err := c.do(ctx, order{Op: "logs"})
	return r.Logs, r.Secrets, err
}

// ServeRail makes a rail reachable for DialRail, for an adapter in Go that is checked over HTTP.
func ServeRail(r Rail) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		var o order
		if err := json.NewDecoder(http.MaxBytesReader(w, req.Body, maxRail)).Decode(&o); err != nil {
			http.Error(w, "not an order", http.StatusBadRequest)
			return
		}
		out, err := carryOut(req.Context(), r, o)
		status := http.StatusOK
		switch {
		case errors.Is(err, ErrNotPossible):
			status = http.StatusNotImplemented
		case err != nil:
			status, out.Error = http.StatusConflict, err.Error()
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		json.NewEncoder(w).Encode(out)
	})
}

func carryOut(ctx context.Context, r Rail, o order) (out result, err error) {
	var minor wallet.Units
	if o.Minor != "" {
		if err := json.Unmarshal([]byte(`"`+o.Minor+`"`), &minor); err != nil {
			return out, err
		}
	}
	switch o.Op {
	case "pay":
		return out, r.Pay(ctx, o.Charge, int64(minor), o.Final)
	case "reorg":
		return out, r.Reorg(ctx, o.Charge)
	case "dispute":
		return out, r.Dispute(ctx, o.Charge, int64(minor))
	case "take-refund":
		return out, r.TakeRefund(ctx, o.Refund)
	case "requests":
		out.Requests, err = r.Requests(ctx, o.Key)
	case "messages":
		out.Messages, err = r.Messages(ctx, o.Charge)
	case "forge":
		m, err := r.Forge(ctx, o.Charge, o.How)
		out.Message = &m
		return out, err
	case "down":
		return out, r.Down(ctx, o.Down)
	case "crash":
		return out, r.Crash(ctx, o.At)
	case "advance":
		return out, r.Advance(ctx, time.Duration(o.Seconds)*time.Second)
	case "logs":
		out.Logs, out.Secrets, err = r.Logs(ctx)
	default:
		err = ErrNotPossible
	}
	return out, err
}
