package web

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"halqa/circles"
	"halqa/internal/app"
)

// keptAs is the copy of a page that a visitor would get; nil if none is kept.
func (h *house) keptAs(path string) *keptCopy {
	c := h.echo.NewContext(httptest.NewRequest("GET", path, nil), httptest.NewRecorder())
	p, _ := h.cache.GetIfPresent(h.cacheKey(c))
	return p
}

// What was removed, deleted, edited, hidden or answered is never shown from the cache as it was before.
func TestKeptPagesAreNeverStale(t *testing.T) {
	h := newHouse(t)
	_, err := h.accounts.Create(h.ctx(), "ada", goodPassword, circles.SiteMember)
	h.must(err)
	ada := memberOf(h, "ada")
	c, err := h.app.CreateCircle(h.ctx(), ada, app.NewCircle{Name: "tea", Title: "Tea"})
	h.must(err)
	p, err := h.app.Post(h.ctx(), ada, app.NewPost{Circle: c.CircleID(), Title: "First cup"})
	h.must(err)
	v := h.reader()
	pages := []string{"/", "/c/tea", "/c/tea?sort=new", p.Path()}
	read := func() {
		t.Helper()
		for _, path := range pages {
			v.open(path)
		}
	}
	is := func(what string, shown bool, words string) {
		t.Helper()
		for range 2 { // once made, once kept
			for _, path := range pages {
				if v.open(path); strings.Contains(v.html, words) != shown {
					t.Errorf("%s: %s shows %q: %v, want %v", what, path, words, !shown, shown)
				}
			}
		}
	}
	is("a post", true, "First cup")
	kept := h.keptAs("/c/tea")
	v.open("/c/tea")
	if kept == nil || h.keptAs("/c/tea") != kept {
		t.Fatal("the page of a circle is not kept")
	}
	steps := []struct {
		what  string
		do    func() error
		shown bool
		words string
	}{
		{"edited", func() error {
			_, err := h.app.Edit(h.ctx(), ada, p.ID, app.Edit{Title: "Second cup"})
			return err
		}, false, "First cup"},
		{"removed", func() error { return h.app.Remove(h.ctx(), ada, p.ID, "Cold") }, false, "Second cup"},
		{"returned", func() error { return h.app.Return(h.ctx(), ada, p.ID) }, true, "Second cup"},
		{"deleted", func() error { return h.app.Delete(h.ctx(), ada, p.ID) }, false, "Second cup"},
		{"restored", func() error { return h.app.Restore(h.ctx(), ada, p.ID) }, true, "Second cup"},
		{"answered", func() error {
			_, err := h.app.Comment(h.ctx(), ada, app.NewComment{Parent: p.ID, Body: "Hot."})
			return err
		}, true, "1 comment"},
	}
	for _, s := range steps {
		read()
		h.must(s.do())
		is(s.what, s.shown, s.words)
	}
}

// A page is made for one reader as soon as anything about it could be theirs.
func TestWhatIsNotKept(t *testing.T) {
	h := newHouse(t)
	r := h.member("ada", circles.SiteMember)
	r.open("/circles/new")
	r.send("/circles/new", fill{"name": "tea", "title": "Tea"})
	r.open("/circles/new")
	r.send("/circles/new", fill{"name": "attic", "visibility": "members"})
	for _, path := range []string{"/", "/c/tea", "/c/attic"} {
		r.open(path)
		if h.keptAs(path) != nil {
			t.Errorf("a member's %s was kept", path)
		}
	}
	v := h.reader()
	for _, path := range []string{"/c/attic", "/c/none", "/c/tea?utm=1", "/c/tea?sort=new&sort=hot", "/c/tea?sort=%6eew", "/circles"} {
		v.open(path)
		if h.keptAs(path) != nil {
			t.Errorf("%s was kept", path)
		}
	}
	do(h.Server, "GET", "/c/tea", "", "Cookie", "flash=flash.saved")
	if h.keptAs("/c/tea") != nil {
		t.Error("a page with one reader's flash was kept")
	}
	v.open("/c/tea")
	page := bodyOf(do(h.Server, "GET", "/c/tea", "", "Cookie", "lang=zh; theme=dark"))
	if !strings.Contains(page, `lang="zh" data-theme="dark"`) || !strings.Contains(v.html, `<html lang="en">`) {
		t.Error("two readers share a page although they read in two languages")
	}
	r.open("/c/tea")
	r.shows("Circle settings")
	v.open("/c/tea")
	v.hides("Circle settings")
}

// A warm page of a circle for visitors, 25 posts, over TCP.
func BenchmarkVisitorsCirclePage(b *testing.B) {
	h := newHouse(b)
	_, err := h.accounts.Create(h.ctx(), "ada", goodPassword, circles.SiteMember)
	h.must(err)
	ada := memberOf(h, "ada")
	c, err := h.app.CreateCircle(h.ctx(), ada, app.NewCircle{Name: "tea", Title: "Tea"})
	h.must(err)
	for range 40 {
		_, err := h.app.Post(h.ctx(), ada, app.NewPost{Circle: c.CircleID(), Title: "A cup of tea, as it was poured", Body: strings.Repeat("Some words. ", 30)})
		h.must(err)
	}
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 16}}
	get := func() {
		resp, err := client.Get(h.site.URL + "/c/tea")
		if err != nil {
			b.Error(err)
			return
		}
		if n, _ := io.Copy(io.Discard, resp.Body); n < 10_000 || resp.StatusCode != 200 {
			b.Errorf("%d with %d bytes", resp.StatusCode, n)
		}
		resp.Body.Close()
	}
	get()
	b.SetParallelism(8)
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			get()
		}
	})
}
