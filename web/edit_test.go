package web

import (
	"testing"
)

// An edit that comes too late gives its text back.
func TestRefusedEditGivesTheTextBack(t *testing.T) {
	g := newGarden(t)
	g.ada.open(g.path + "/edit")
	g.must(g.app.Delete(g.ctx(), memberOf(g.house, "ada"), g.post.ID))
	g.ada.send(g.path+"/edit", fill{"title": "Striped", "body": "A long afternoon of writing."})
	if g.ada.status < 400 {
		t.Errorf("an edit of what was deleted: %d", g.ada.status)
	}
	g.ada.shows("A long afternoon of writing.")
}
