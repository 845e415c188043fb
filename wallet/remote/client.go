package remote

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"halqa/wallet"
)

// Timeout is how long the client waits for an answer.
const Timeout = 10 * time.Second

// Options are where an adapter listens and how it is known.
type Options struct {
	URL    string // http://127.0.0.1:9000, or unix:/run/adapter.sock
	Secret []byte // at least MinSecret bytes
	Now    func() time.Time
	Client *http.Client // nil = one of the package's own; its redirects are refused either way
}

// Client is an adapter at the other end of a connection. It has every optional method; those that the
// adapter's Descriptor does not name return wallet.ErrUnsupported.
type Client struct {
	base   *url.URL
	secret []byte
	now    func() time.Time
	http   *http.Client
}

var _ interface {
	wallet.Adapter
	wallet.PayeeChecker
	wallet.KeyFinder
	wallet.Canceler
	wallet.WebhookReceiver
	wallet.Feeder
	wallet.Refunder
	wallet.Prover
} = (*Client)(nil)

// New returns a client. It asks nothing yet.
func New(o Options) (*Client, error) {
	if len(o.Secret) < MinSecret {
		return nil, fmt.Errorf("%w: the secret has %d bytes, it needs %d", wallet.ErrInvalid, len(o.Secret), MinSecret)
	}
	c := &Client{secret: bytes.Clone(o.Secret), now: o.Now, http: &http.Client{}}
	if o.Client != nil {
		copied := *o.Client
		c.http = &copied
	}
	if path, ok := strings.CutPrefix(o.URL, "unix:"); ok {
		c.base = &url.URL{Scheme: "http", Host: "adapter"}
		c.http.Transport = &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			var d net.Dialer
			return d.DialContext(ctx, "unix", path)
		}}
	} else {
		u, err := url.Parse(o.URL)
		if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || u.RawQuery != "" || u.User != nil {
			return nil, fmt.Errorf("%w: the address must be http://host:port, https://… or unix:/path", wallet.ErrInvalid)
		}
		u.Path = strings.TrimSuffix(u.Path, "/")
		c.base = u
	}
	c.http.Timeout = Timeout
	c.http.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return c, nil
}

// Describe implements wallet.Adapter.
func (c *Client) Describe(ctx context.Context) (out wallet.Descriptor, err error) {
	return out, c.call(ctx, "GET", "describe", nil, &out)
}

// Health implements wallet.Adapter.
func (c *Client) Health(ctx context.Context) error {
	return c.call(ctx, "GET", "health", nil, &struct{}{})
}

// CreateCharge implements wallet.Adapter.
func (c *Client) CreateCharge(ctx context.Context, in wallet.CreateCharge) (out wallet.Charge, err error) {
	return out, c.call(ctx, "POST", "charges", in, &out)
}

// GetCharge implements wallet.Adapter.
func (c *Client) GetCharge(ctx context.Context, id string) (out wallet.Charge, err error) {
	return out, c.call(ctx, "GET", "charges/"+url.PathEscape(id), nil, &out)
}

// FindCharge implements wallet.KeyFinder.
func (c *Client) FindCharge(ctx context.Context, key string) (out wallet.Charge, err error) {
	return out, c.call(ctx, "GET", "charges?key="+url.QueryEscape(key), nil, &out)
}

// CancelCharge implements wallet.Canceler.
func (c *Client) CancelCharge(ctx context.Context, id string) (out wallet.Charge, err error) {
	return out, c.call(ctx, "POST", "charges/"+url.PathEscape(id)+"/cancel", nil, &out)
}

// CheckPayee implements wallet.PayeeChecker.
func (c *Client) CheckPayee(ctx context.Context, kind, input string) (out wallet.Payee, err error) {
	return out, c.call(ctx, "POST", "payees/check", PayeeQuery{kind, input}, &out)
}

// Webhook implements wallet.WebhookReceiver: the message goes to the adapter as it came.
func (c *Client) Webhook(ctx context.Context, h http.Header, rawQuery string, body []byte) ([]wallet.Hint, wallet.Reply, error) {
	var out Heard
	err := c.call(ctx, "POST", "webhook", Message{h, rawQuery, body}, &out)
	return out.Hints, out.Reply, err
}

// Feed implements wallet.Feeder.
func (c *Client) Feed(ctx context.Context, cursor string, limit int) (out wallet.Page, err error) {
	return out, c.call(ctx, "GET", "events?cursor="+url.QueryEscape(cursor)+"&limit="+strconv.Itoa(limit), nil, &out)
}

// Refund implements wallet.Refunder.
func (c *Client) Refund(ctx context.Context, in wallet.RefundRequest) (out wallet.Refund, err error) {
	return out, c.call(ctx, "POST", "refunds", in, &out)
}

// GetRefund implements wallet.Refunder.
func (c *Client) GetRefund(ctx context.Context, id string) (out wallet.Refund, err error) {
	return out, c.call(ctx, "GET", "refunds/"+url.PathEscape(id), nil, &out)
}

// VerifyProof implements wallet.Prover.
func (c *Client) VerifyProof(ctx context.Context, q wallet.ProofQuery) (out wallet.ProofResult, err error) {
	return out, c.call(ctx, "POST", "proofs/verify", q, &out)
}

// call sends one signed request and reads one signed answer. What was sent and not answered so is
// ErrIndeterminate; what could not even be sent is ErrTemporary.
func (c *Client) call(ctx context.Context, method, path string, in, out any) error {
	var body []byte
	if in != nil {
		var err error
		if body, err = json.Marshal(in); err != nil {
			return fmt.Errorf("%w: %w", wallet.ErrInvalid, err)
		}
		if len(body) > MaxRequest {
			return fmt.Errorf("%w: %d bytes, the most is %d", wallet.ErrInvalid, len(body), MaxRequest)
		}
	}
	req, err := http.NewRequestWithContext(ctx, method, c.base.String()+prefix+path, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("%w: %w", wallet.ErrInvalid, err)
	}
	nonce := newNonce()
	if in != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	req.Header.Set(Header, signature(c.secret, c.now(), nonce, method+"."+req.URL.RequestURI(), body))
	resp, err := c.http.Do(req)
	if err != nil {
		var op *net.OpError
		if errors.As(err, &op) && op.Op == "dial" {
			return fmt.Errorf("%w: %w", wallet.ErrTemporary, err)
		}
		return fmt.Errorf("%w: %w", wallet.ErrIndeterminate, err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, MaxAnswer+1))
	if err != nil || len(answer) > MaxAnswer {
		return fmt.Errorf("%w: the answer was cut off or too long: %v", wallet.ErrIndeterminate, err)
	}
	got, err := verify(c.secret, c.now(), resp.Header.Get(Header), strconv.Itoa(resp.StatusCode), answer)
	switch {
	case resp.StatusCode == http.StatusUnauthorized && resp.Header.Get(Header) == "":
		// Anybody on the way could say so after the fact.
		return fmt.Errorf("%w: the adapter does not know us: the secret, a clock or what is signed differs", wallet.ErrIndeterminate)
	case err != nil:
		return fmt.Errorf("%w: the answer is not the adapter's: %w", wallet.ErrIndeterminate, err)
	case got != nonce:
		return fmt.Errorf("%w: an answer to another request", wallet.ErrIndeterminate)
	}
	if resp.StatusCode != http.StatusOK {
		err := problem(answer, c.secret)
		if path != "webhook" && errors.Is(err, wallet.ErrBadSignature) {
			// Ours, not a rail's: the network sent it twice, or a clock is wrong. What the first one did is unknown.
			err = fmt.Errorf("%w: %w", wallet.ErrIndeterminate, err)
		}
		return err
	}
	if err := json.Unmarshal(answer, out); err != nil {
		return fmt.Errorf("%w: the answer cannot be read: %w", wallet.ErrIndeterminate, err)
	}
	return nil
}

// problem turns an answer that is no success into the contract's error, without the secret, should the
// adapter have put its settings into its words.
func problem(answer, secret []byte) error {
	var p Problem
	if err := json.Unmarshal(answer, &p); err != nil {
		return fmt.Errorf("%w: neither a success nor a problem", wallet.ErrIndeterminate)
	}
	p.Error, p.Message = wallet.Redact(p.Error, secret), wallet.Redact(p.Message, secret)
	err := errorOf(p.Error)
	if err == nil {
		return fmt.Errorf("%w: the adapter says %.40q", wallet.ErrIndeterminate, p.Error)
	}
	message := strings.TrimPrefix(strings.TrimPrefix(p.Message, err.Error()), ": ")
	if len(message) > 300 {
		message = strings.ToValidUTF8(message[:300], "")
	}
	if message == "" {
		return err
	}
	return fmt.Errorf("%w: %s", err, message)
}
