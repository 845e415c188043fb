package remote

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"halqa/wallet"
)

// Serve returns a handler that makes an adapter a program of its own:
//
//	http.ListenAndServe("127.0.0.1:9000", remote.Serve(adapter, secret, time.Now))
//
// secret is shared with Halqa and has at least MinSecret bytes; Serve panics on a shorter one. It
// listens best on a unix socket or on loopback: the secret proves who asks, it does not hide what.
func Serve(a wallet.Adapter, secret []byte, now func() time.Time) http.Handler {
	if len(secret) < MinSecret {
		panic(fmt.Sprintf("remote: the secret has %d bytes, it needs %d", len(secret), MinSecret))
	}
	s := &server{adapter: a, secret: bytes.Clone(secret), now: now}
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+prefix+"describe", s.handle(func(ctx context.Context, r *http.Request, _ []byte) (any, error) {
		return a.Describe(ctx)
	}))
	mux.HandleFunc("GET "+prefix+"health", s.handle(func(ctx context.Context, r *http.Request, _ []byte) (any, error) {
		return struct{}{}, a.Health(ctx)
	}))
	mux.HandleFunc("POST "+prefix+"charges", s.handle(func(ctx context.Context, r *http.Request, body []byte) (any, error) {
		var in wallet.CreateCharge
		if err := read(body, &in); err != nil {
			return nil, err
		}
		return a.CreateCharge(ctx, in)
	}))
	mux.HandleFunc("GET "+prefix+"charges/{id}", s.handle(func(ctx context.Context, r *http.Request, _ []byte) (any, error) {
		return a.GetCharge(ctx, r.PathValue("id"))
	}))
	mux.HandleFunc("GET "+prefix+"charges", s.handle(func(ctx context.Context, r *http.Request, _ []byte) (any, error) {
		return optional(a, func(f wallet.KeyFinder) (any, error) { return f.FindCharge(ctx, r.URL.Query().Get("key")) })
	}))
	mux.HandleFunc("POST "+prefix+"charges/{id}/cancel", s.handle(func(ctx context.Context, r *http.Request, _ []byte) (any, error) {
		return optional(a, func(c wallet.Canceler) (any, error) { return c.CancelCharge(ctx, r.PathValue("id")) })
	}))
	mux.HandleFunc("POST "+prefix+"payees/check", s.handle(func(ctx context.Context, r *http.Request, body []byte) (any, error) {
		var in PayeeQuery
		if err := read(body, &in); err != nil {
			return nil, err
		}
		return optional(a, func(c wallet.PayeeChecker) (any, error) { return c.CheckPayee(ctx, in.Kind, in.Input) })
	}))
	mux.HandleFunc("POST "+prefix+"webhook", s.handle(func(ctx context.Context, r *http.Request, body []byte) (any, error) {
		var in Message
		if err := read(body, &in); err != nil {
			return nil, err
		}
		return optional(a, func(w wallet.WebhookReceiver) (any, error) {
			hints, reply, err := w.Webhook(ctx, in.Header, in.Query, in.Body)
			return Heard{hints, reply}, err
		})
	}))
	mux.HandleFunc("GET "+prefix+"events", s.handle(func(ctx context.Context, r *http.Request, _ []byte) (any, error) {
		limit, err := strconv.Atoi(r.URL.Query().Get("limit"))
		if err != nil || limit < 1 || limit > 1000 {
			return nil, fmt.Errorf("%w: limit must be 1 to 1000", wallet.ErrInvalid)
		}
		return optional(a, func(f wallet.Feeder) (any, error) { return f.Feed(ctx, r.URL.Query().Get("cursor"), limit) })
	}))
	mux.HandleFunc("POST "+prefix+"refunds", s.handle(func(ctx context.Context, r *http.Request, body []byte) (any, error) {
		var in wallet.RefundRequest
		if err := read(body, &in); err != nil {
			return nil, err
		}
		return optional(a, func(f wallet.Refunder) (any, error) { return f.Refund(ctx, in) })
	}))
	mux.HandleFunc("GET "+prefix+"refunds/{id}", s.handle(func(ctx context.Context, r *http.Request, _ []byte) (any, error) {
		return optional(a, func(f wallet.Refunder) (any, error) { return f.GetRefund(ctx, r.PathValue("id")) })
	}))
	mux.HandleFunc("POST "+prefix+"proofs/verify", s.handle(func(ctx context.Context, r *http.Request, body []byte) (any, error) {
		var in wallet.ProofQuery
		if err := read(body, &in); err != nil {
			return nil, err
		}
		return optional(a, func(p wallet.Prover) (any, error) { return p.VerifyProof(ctx, in) })
	}))
	mux.HandleFunc("/", s.handle(func(context.Context, *http.Request, []byte) (any, error) {
		return nil, fmt.Errorf("%w: there is no such route in %s", wallet.ErrUnsupported, wallet.Contract)
	}))
	return mux
}

type server struct {
	adapter wallet.Adapter
	secret  []byte
	now     func() time.Time
	nonces  nonces
}

// optional calls an optional interface of the adapter, if it has it.
func optional[T any](a wallet.Adapter, call func(T) (any, error)) (any, error) {
	able, ok := a.(T)
	if !ok {
		return nil, wallet.ErrUnsupported
	}
	return call(able)
}

// read decodes a body strictly: what it does not know it would not do.
func read(body []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	err := d.Decode(into)
	if err == nil && d.More() {
		err = errors.New("something follows it")
	}
	switch {
	case errors.Is(err, wallet.ErrOverflow):
		return err
	case err != nil:
		return fmt.Errorf("%w: the body cannot be read: %s", wallet.ErrInvalid, strings.TrimPrefix(err.Error(), wallet.ErrInvalid.Error()+": "))
	}
	return nil
}

// handle checks who asks before anything else, and signs whatever is answered to one who may ask.
func (s *server) handle(do func(ctx context.Context, r *http.Request, body []byte) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, MaxRequest))
		if err != nil {
			http.Error(w, "The body is too large or was cut off.", http.StatusRequestEntityTooLarge)
			return
		}
		nonce, err := verify(s.secret, s.now(), r.Header.Get(Header), r.Method+"."+r.URL.RequestURI(), body)
		if err == nil && !s.nonces.use(nonce, s.now()) {
			nonce, err = "", fmt.Errorf("%w: its number was used before", wallet.ErrBadSignature)
		}
		var out any
		if err == nil {
			out, err = do(r.Context(), r, body)
		}
		s.answer(w, nonce, out, err)
	}
}

func (s *server) answer(w http.ResponseWriter, nonce string, out any, err error) {
	status := http.StatusOK
	if err != nil {
		var word string
		word, status = problemOf(err)
		out = Problem{word, err.Error()}
	}
	body, err := json.Marshal(out)
	if err != nil {
		status, body = http.StatusInternalServerError, []byte(`{"error":"indeterminate","message":"the answer cannot be written"}`)
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	if nonce != "" { // who did not sign gets nothing signed
		w.Header().Set(Header, signature(s.secret, s.now(), nonce, strconv.Itoa(status), body))
	}
	w.WriteHeader(status)
	w.Write(body)
}
