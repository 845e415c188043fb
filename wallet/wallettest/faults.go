package wallettest

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"sync"
)

// A fault is what the network does to the next exchange.
type fault string

const (
	loseAnswer fault = "the answer is lost"
	cutAnswer  fault = "the answer is cut off"
	sendTwice  fault = "the request arrives twice"
)

// faults is a network that misbehaves when told to. It sits in the client, so that it works the same for
// an adapter in this process and one behind an address.
type faults struct {
	mu   sync.Mutex
	next fault
	base http.RoundTripper
}

func (f *faults) client() *http.Client {
	f.base = http.DefaultTransport.(*http.Transport).Clone()
	return &http.Client{Transport: f}
}

// set makes the next exchange suffer.
func (f *faults) set(next fault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.next = next
}

// RoundTrip implements http.RoundTripper.
func (f *faults) RoundTrip(r *http.Request) (*http.Response, error) {
	f.mu.Lock()
	now := f.next
	f.next = ""
	f.mu.Unlock()
	if now == "" {
		return f.base.RoundTrip(r)
	}
	var body []byte
	if r.Body != nil {
		var err error
		if body, err = io.ReadAll(r.Body); err != nil {
			return nil, err
		}
	}
	send := func() (*http.Response, error) {
		again := r.Clone(r.Context())
		again.Body = io.NopCloser(bytes.NewReader(body))
		return f.base.RoundTrip(again)
	}
	resp, err := send()
	if err != nil {
		return nil, err
	}
	switch now {
	case loseAnswer:
		io.Copy(io.Discard, io.LimitReader(resp.Body, 1<<20))
		resp.Body.Close()
		return nil, errors.New("wallettest: connection reset by the kit")
	case cutAnswer:
		half, _ := io.ReadAll(io.LimitReader(resp.Body, 20))
		resp.Body.Close()
		resp.Body = io.NopCloser(io.MultiReader(bytes.NewReader(half), broken{}))
	case sendTwice:
		io.Copy(io.Discard, io.LimitReader(resp.Body, 1<<20))
		resp.Body.Close()
		return send() // the second one is refused: its number was used
	}
	return resp, nil
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }
