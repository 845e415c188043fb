package fetch

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"time"

	"halqa/circles"
)

// MaxBody is the most that an ActivityPub document, a WebFinger or NodeInfo answer, or the answer
// to a delivery may be, in bytes after decompression.
const MaxBody = 1 << 20

// Limits bound one request of Do.
type Limits struct {
	Body      int64         // bytes after decompression; 0 = MaxBody
	Redirects int           // how many are followed, of GET and HEAD only; 0 = none
	Total     time.Duration // for everything; 0 = the Client's
}

// documentLimits are those of Document and JSON.
var documentLimits = Limits{Body: MaxBody, Redirects: 3}

// A Response is a whole answer, read and closed.
type Response struct {
	Status   int
	Header   http.Header
	Body     []byte
	FinalURL *url.URL // the address that answered, after redirects, without a fragment

	at time.Time
}

// Err returns nil for a status of 2xx, else a *StatusError.
func (r *Response) Err() error {
	if r.Status >= 200 && r.Status <= 299 {
		return nil
	}
	return newStatusError(r.FinalURL, r.Status, r.Header, r.at)
}

// A Sign adds a signature to a request that is about to be sent. It is called once for each hop,
// on a request whose URL and Host are those of that hop; a signature covers them, so an old one is
// worth nothing there.
type Sign func(*http.Request) error

// Do sends req and reads its answer. Every status is an answer and no error (see Response.Err); an
// error is a *circles.Error with one of the Reasons of this package, or ctx's own cancellation.
// sign may be nil. req is not changed; its body, if any, needs GetBody only when the connection is
// lost before anything was sent.
func (c *Client) Do(ctx context.Context, req *http.Request, limits Limits, sign Sign) (*Response, error) {
	ctx, cancel := context.WithTimeout(ctx, orDefault(limits.Total, c.total))
	defer cancel()
	if limits.Body <= 0 {
		limits.Body = MaxBody
	}
	seen := make(map[string]bool, limits.Redirects+1)
	u := bare(req.URL)
	for n := 0; ; n++ {
		seen[u.String()] = true
		resp, err := c.hop(ctx, req, u, n, limits.Body, sign)
		if err != nil {
			return nil, err
		}
		if !reads(req) || limits.Redirects == 0 || !redirects(resp) {
			return resp, nil
		}
		next, err := u.Parse(resp.Header.Get("Location"))
		if err != nil {
			return nil, badAddress()
		}
		u = bare(next)
		if n == limits.Redirects || seen[u.String()] {
			return nil, refusal(circles.Busy, ReasonRedirects, "%s redirects too often.", shown(req.URL))
		}
	}
}

// hop sends the nth request of a chain to u, without following where it leads.
func (c *Client) hop(ctx context.Context, first *http.Request, u *url.URL, n int, limit int64, sign Sign) (*Response, error) {
	if err := c.checkURL(u); err != nil {
		return nil, err
	}
	transport := c.sending
	if reads(first) {
		transport = c.reading
		if err := c.spend(u); err != nil {
			return nil, err
		}
	}

	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	req := first.Clone(ctx)
	req.URL, req.Host = u, ""
	if n > 0 {
		// What was meant for the first host is not for the next.
		for _, name := range []string{"Authorization", "Cookie", "Signature", "Signature-Input", "Date", "Digest"} {
			req.Header.Del(name)
		}
	}
	if req.Header.Get("User-Agent") == "" {
		req.Header.Set("User-Agent", c.agent)
	}
	if sign != nil {
		if err := sign(req); err != nil {
			return nil, err
		}
	}
	resp, err := transport.RoundTrip(req)
	if err != nil {
		return nil, classify(ctx, u, err)
	}
	defer resp.Body.Close()

	body := &cappedBody{body: resp.Body, u: u, left: limit, stall: c.read}
	body.timer = time.AfterFunc(c.read, func() { cancel(tooLong(u)) })
	defer body.timer.Stop()
	data, err := io.ReadAll(body)
	if err != nil {
		return nil, classify(ctx, u, err)
	}
	return &Response{Status: resp.StatusCode, Header: resp.Header, Body: data, FinalURL: u, at: c.now()}, nil
}

// reads reports whether req asks for something and changes nothing.
func reads(req *http.Request) bool {
	return req.Method == "" || req.Method == http.MethodGet || req.Method == http.MethodHead
}

func redirects(r *Response) bool {
	switch r.Status {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther,
		http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		return r.Header.Get("Location") != ""
	}
	return false
}

// bare returns a copy of u without its fragment, which is never sent.
func bare(u *url.URL) *url.URL {
	b := *u
	b.Fragment, b.RawFragment = "", ""
	return &b
}

// cappedBody reads at most left bytes and fails on one more. Each read winds the timer up again,
// so that a server which drips bytes is kept waiting no longer than one which sends none.
type cappedBody struct {
	body  io.ReadCloser
	u     *url.URL
	left  int64
	stall time.Duration
	timer *time.Timer // nil = the caller's deadline is enough
}

func (b *cappedBody) Read(p []byte) (int, error) {
	if int64(len(p)) > b.left+1 {
		p = p[:b.left+1]
	}
	n, err := b.body.Read(p)
	if b.timer != nil {
		b.timer.Reset(b.stall)
	}
	if int64(n) > b.left {
		n = int(b.left)
		b.left = 0
		return n, refusal(circles.TooLarge, ReasonTooLarge, "The answer of %s is too large.", shown(b.u))
	}
	b.left -= int64(n)
	return n, err
}

func (b *cappedBody) Close() error { return b.body.Close() }
