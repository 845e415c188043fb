package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

// A recorder stands before an instance at an address that stays while the process behind it comes and
// goes. Requests take their time to pass, wait while there is none, those under way when it dies get no answer, and every
// delivery is kept.
type recorder struct {
	base   string
	direct *http.Transport // to the process, without its recorder

	mu      sync.Mutex
	to      string // host and port of the process; "" = there is none
	changed chan struct{}
	got     []*delivered
	under   int       // requests under way
	last    time.Time // when one ended
}

// A delivered is a request to an inbox.
type delivered struct {
	body   []byte
	status int // 0 = it got no answer
}

const (
	recorderPatience = 10 * time.Second      // what waits longer for the process is let go
	roads            = 50 * time.Millisecond // the longest way to it; of two requests the later may arrive first
)

func newRecorder(t *testing.T) *recorder {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(l.Addr().String())
	r := &recorder{base: "http://localhost:" + port, direct: &http.Transport{DisableKeepAlives: true}, changed: make(chan struct{})}
	srv := &http.Server{Handler: r}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = srv.Serve(l)
	}()
	t.Cleanup(func() {
		srv.Close()
		<-ended
	})
	return r
}

// host is the address as it stands in handles.
func (r *recorder) host() string { return strings.TrimPrefix(r.base, "http://") }

// leadTo changes the process behind.
func (r *recorder) leadTo(address string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.to = address
	close(r.changed)
	r.changed = make(chan struct{})
}

// target waits for the process.
func (r *recorder) target(ctx context.Context) string {
	ctx, cancel := context.WithTimeout(ctx, recorderPatience)
	defer cancel()
	for {
		r.mu.Lock()
		to, changed := r.to, r.changed
		r.mu.Unlock()
		if ctx.Err() != nil {
			return ""
		}
		if to != "" {
			return to
		}
		select {
		case <-changed:
		case <-ctx.Done():
		}
	}
}

func (r *recorder) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	r.mu.Lock()
	r.under++
	r.mu.Unlock()
	defer func() {
		r.mu.Lock()
		r.under--
		r.last = time.Now()
		r.mu.Unlock()
	}()
	body, err := io.ReadAll(req.Body)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	select {
	case <-time.After(rand.N(roads)):
	case <-req.Context().Done():
		panic(http.ErrAbortHandler)
	}
	to := r.target(req.Context())
	if to == "" {
		panic(http.ErrAbortHandler)
	}
	out := req.Clone(req.Context())
	out.URL.Scheme, out.URL.Host, out.RequestURI = "http", to, ""
	out.Host = req.Host // it is signed
	out.Body, out.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	note := func(int) {}
	if req.Method == http.MethodPost {
		d := &delivered{body: body}
		r.mu.Lock()
		r.got = append(r.got, d)
		r.mu.Unlock()
		note = func(status int) {
			r.mu.Lock()
			d.status = status
			r.mu.Unlock()
		}
	}
	res, err := r.direct.RoundTrip(out)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	note(res.StatusCode)
	for k, v := range res.Header {
		w.Header()[k] = v
	}
	w.WriteHeader(res.StatusCode)
	_, _ = w.Write(answer)
}

// quiet reports whether nothing has come for a while.
func (r *recorder) quiet(d time.Duration) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.under == 0 && time.Since(r.last) > d
}

// A wire is what the checks need of an activity, or of the object in it.
type wire struct {
	ID, Type string
	Name     string
	Content  string
	Object   json.RawMessage
}

// unpacked returns an activity and, from the outside in, what it is about; an address counts as an
// object that has nothing else.
func unpacked(body []byte) []wire {
	var all []wire
	for raw := json.RawMessage(body); len(raw) > 0; {
		var w wire
		if raw[0] == '"' {
			_ = json.Unmarshal(raw, &w.ID)
		} else if json.Unmarshal(raw, &w) != nil {
			break
		}
		all = append(all, w)
		raw = w.Object
	}
	return all
}

// check looks at all that came: what was sent again and says the same is the same to the byte, and
// nobody was told of something after having been told that it is gone. It returns how many deliveries
// were repetitions.
func (r *recorder) check(t *testing.T) (repeated int) {
	t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	type saying struct{ id, name, content string }
	first := map[saying][]byte{}
	seen, gone := map[string]bool{}, map[string]bool{}
	for _, d := range r.got {
		all := unpacked(d.body)
		if len(all) < 2 || all[0].ID == "" {
			t.Errorf("%s was sent what is no activity: %s", r.base, d.body)
			continue
		}
		what := all[len(all)-1]
		if seen[all[0].ID] {
			repeated++
		}
		seen[all[0].ID] = true
		key := saying{all[0].ID, what.Name, what.Content}
		if before, ok := first[key]; !ok {
			first[key] = d.body
		} else if !bytes.Equal(before, d.body) {
			t.Errorf("%s was sent the same in other words:\n%s\n%s", r.base, before, d.body)
		}
		kind := all[len(all)-2].Type // of the innermost activity
		switch {
		case kind == "Create" && gone[what.ID]:
			t.Errorf("%s heard of the deletion of %s before %s", r.base, what.ID, d.body)
		case kind == "Delete" && d.status/100 == 2:
			gone[what.ID] = true
		}
	}
	return repeated
}
