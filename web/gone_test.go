package web

import (
	"net/http"
	"testing"

	"halqa/circles"
	"halqa/internal/app"
)

// A server that hears of a Delete may ask the address for what it named without saying what it reads, as
// WordPress does. It has to hear that it is gone; people are led to where it stood.
func TestWhatIsGoneIsGoneForPrograms(t *testing.T) {
	h := newHouse(t)
	for _, name := range []string{"ada", "bob"} {
		_, err := h.accounts.Create(h.ctx(), name, goodPassword, circles.SiteMember)
		h.must(err)
	}
	ada, bob := memberOf(h, "ada"), memberOf(h, "bob")
	c, err := h.app.CreateCircle(h.ctx(), ada, app.NewCircle{Name: "tea", Title: "Tea"})
	h.must(err)
	post, err := h.app.Post(h.ctx(), ada, app.NewPost{Circle: c.CircleID(), Title: "First cup"})
	h.must(err)
	comment := func(under circles.PostID) *circles.Post {
		t.Helper()
		made, err := h.app.Comment(h.ctx(), bob, app.NewComment{Parent: under, Body: "Hot."})
		h.must(err)
		return made
	}
	kept, removed, deleted := comment(post.ID), comment(post.ID), comment(post.ID)
	answer := comment(deleted.ID)
	h.must(h.app.Remove(h.ctx(), ada, removed.ID, "Cold"))
	h.must(h.app.Delete(h.ctx(), bob, deleted.ID))

	v := h.reader()
	ask := func(path, accept string) int {
		t.Helper()
		req, err := http.NewRequestWithContext(h.ctx(), http.MethodGet, h.site.URL+path, nil)
		h.must(err)
		if accept != "" {
			req.Header.Set("Accept", accept)
		}
		v.take(v.client.Do(req))
		return v.status
	}
	const browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
	for _, test := range []struct {
		what            string
		post            *circles.Post
		program, person int
	}{
		{"a comment", kept, 200, 200}, {"an answer below what was deleted", answer, 200, 200},
		{"a comment that was removed", removed, 410, 200}, {"one that its author deleted", deleted, 410, 200},
	} {
		for accept, want := range map[string]int{"": test.program, "*/*": test.program, browser: test.person} {
			if got := ask(test.post.Path(), accept); got != want {
				t.Errorf("%s, asked with Accept %q: %d, want %d", test.what, accept, got, want)
			}
		}
	}
	h.must(h.app.Delete(h.ctx(), ada, post.ID))
	if got := ask(post.Path(), "*/*"); got != http.StatusGone {
		t.Errorf("a post that its author deleted: %d, want 410", got)
	}
}
