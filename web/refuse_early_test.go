package web

import (
	"testing"

	"halqa/circles"
	"halqa/internal/app"
)

// The page that asks refuses as the answer would; the log says for whom it is; a display name does not hide
// whose it is.
func TestPagesSayWhatHolds(t *testing.T) {
	g := newGarden(t)
	c := g.comment("Did it split?")
	for path, status := range map[string]int{g.path + "/delete": 403, g.path + "/remove": 403, "/post/" + c.ID.String() + "/delete": 200} {
		if g.bob.open(path); g.bob.status != status {
			t.Errorf("bob at %s: %d, want %d", path, g.bob.status, status)
		}
	}
	g.bob.open(g.path + "/delete")
	g.bob.shows("Only its author can do that")
	if g.ada.open("/post/" + c.ID.String() + "/remove"); g.ada.status != 200 {
		t.Errorf("a moderator before removing: %d", g.ada.status)
	}

	g.must(g.app.Remove(g.ctx(), memberOf(g.house, "ada"), c.ID, "Rule 1"))
	v := g.reader()
	v.open("/modlog")
	v.shows("Everyone can read this")
	made, err := g.app.CreateCircle(g.ctx(), memberOf(g.house, "ada"), app.NewCircle{Name: "lounge", Visibility: circles.LocalOnly})
	g.must(err)
	p, err := g.app.Post(g.ctx(), memberOf(g.house, "bob"), app.NewPost{Circle: made.CircleID(), Title: "x"})
	g.must(err)
	g.must(g.app.Remove(g.ctx(), memberOf(g.house, "ada"), p.ID, "Rule 2"))
	g.bob.open("/modlog")
	g.bob.shows("not for everyone", "Rule 2")
	g.bob.hides("Everyone can read this")
	v.open("/modlog")
	v.shows("Everyone can read this")
	v.hides("Rule 2")

	g.must(g.app.EditProfile(g.ctx(), memberOf(g.house, "bob"), app.Profile{DisplayName: "аda"}))
	g.comment("I am ada.")
	v.open(g.path)
	v.shows(`<bdi>аda</bdi> <span class="host">@bob</span>`)
}
