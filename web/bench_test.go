package web

import (
	"fmt"
	"net/http"
	"syscall"
	"testing"
	"time"

	"halqa/circles"
	"halqa/internal/app"
)

// signedIn returns a cookie of a member's session.
func (h *house) signedIn(name string) string {
	h.Helper()
	r := h.member(name, circles.SiteMember)
	u, err := http.NewRequest("GET", h.site.URL, nil)
	h.must(err)
	k := r.client.Jar.Cookies(u.URL)[0]
	return k.Name + "=" + k.Value
}

func (h *house) benchmark(b *testing.B, path, cookie string, least int) {
	b.Helper()
	from := cpu(b)
	defer func() { b.ReportMetric(float64(cpu(b)-from)/1e6/float64(b.N), "cpu-ms/op") }()
	for b.Loop() {
		resp := do(h.Server, "GET", path, "", "Cookie", cookie)
		if resp.StatusCode != 200 || resp.ContentLength < int64(least) {
			b.Fatalf("%s: %d with %d bytes", path, resp.StatusCode, resp.ContentLength)
		}
	}
}

// cpu is what the process has used so far; the clock on the wall counts what others do, too.
func cpu(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// The feed of a member, 25 posts, from the session to the last byte.
func BenchmarkMembersHome(b *testing.B) {
	h := newHouse(b)
	cookie := h.signedIn("ada")
	ada := memberOf(h, "ada")
	for n := range 20 {
		c, err := h.app.CreateCircle(h.ctx(), ada, app.NewCircle{Name: fmt.Sprint("circle_", n)})
		h.must(err)
		for range 10 {
			_, err := h.app.Post(h.ctx(), ada, app.NewPost{Circle: c.CircleID(), Title: "A cup of tea, as it was poured", Body: "Some words."})
			h.must(err)
		}
	}
	h.benchmark(b, "/", cookie, 20_000)
}

// A thread of five hundred comments, for a member.
func BenchmarkMembersThread(b *testing.B) {
	h := newHouse(b)
	cookie := h.signedIn("ada")
	ada := memberOf(h, "ada")
	c, err := h.app.CreateCircle(h.ctx(), ada, app.NewCircle{Name: "tea"})
	h.must(err)
	p, err := h.app.Post(h.ctx(), ada, app.NewPost{Circle: c.CircleID(), Title: "Cups"})
	h.must(err)
	parent := p.ID
	for n := range 500 {
		made, err := h.app.Comment(h.ctx(), ada, app.NewComment{Parent: parent, Body: "Fewer than straw: I cut it, let it wilt for a day, and only then put it down."})
		h.must(err)
		if parent = made.ID; n%5 == 4 {
			parent = p.ID
		}
	}
	h.benchmark(b, p.Path(), cookie, 100_000)
}
