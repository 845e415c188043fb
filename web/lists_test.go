package web

import (
	"strings"
	"testing"

	"halqa/circles"
	"halqa/internal/app"
)

// A list is made, filled from the circle's page and its own, read by everyone or its owner alone, and deleted.
func TestListPages(t *testing.T) {
	g := newGarden(t)
	bob, visitor := g.bob, g.reader()
	g.ada.open("/circles/new")
	g.ada.send("/circles/new", fill{"name": "lounge", "title": "Lounge", "visibility": "members"})

	bob.open("/c/gardening")
	bob.open(bob.action("/c/gardening/lists"))
	bob.send("/c/gardening/lists", fill{"title": "What grows 茶"})
	if bob.path != "/c/gardening" {
		t.Errorf("putting a circle into a list leads to %s", bob.path)
	}
	bob.open("/lists")
	bob.shows("What grows 茶", "1 circle", "Only for its owner")
	list := bob.action("/u/bob/lists/what-grows-%E8%8C%B6")
	bob.open(list)
	bob.shows("Striped tomatoes", "A list by", "sort=new", "Only for its owner")
	bob.open("/")
	bob.shows("What grows 茶")
	for _, v := range []*reader{visitor, g.ada} {
		if v.open(list); v.status != 404 {
			t.Errorf("a private list for others: %d, want 404", v.status)
		}
		v.open("/u/bob")
		v.hides("What grows")
	}

	form := "/lists/what-grows-%E8%8C%B6"
	bob.open(list)
	bob.open(bob.action(form))
	bob.take(bob.client.PostForm(g.site.URL+form, map[string][]string{"do": {"save"}, "title": {"What grows"}, "about": {"All of it."}, "public": {"1"}}))
	bob.shows("Saved.", "All of it.")
	visitor.open("/u/bob")
	visitor.shows("What grows")
	visitor.open(list)
	visitor.shows("Striped tomatoes", "All of it.", "gardening")

	// A circle that the owner may not enter is as unknown as one that is not there.
	for _, name := range []string{"lounge", "nowhere", "!stars@sky.example", "https://sky.example/c/stars", ""} {
		bob.take(bob.client.PostForm(g.site.URL+form, map[string][]string{"do": {"add"}, "circle": {name}}))
		if bob.status != 422 {
			t.Errorf("adding %q: %d, want 422", name, bob.status)
		}
		bob.shows("No circle with that name")
	}
	bob.open(form)
	bob.take(bob.client.PostForm(g.site.URL+form, map[string][]string{"do": {"drop"}, "circle": {"gardening"}}))
	bob.shows("taken out", "No circle is in it")
	bob.take(bob.client.PostForm(g.site.URL+form, map[string][]string{"do": {"add"}, "circle": {"!gardening@" + strings.TrimPrefix(g.site.URL, "http://")}}))
	bob.shows("in the list now", "gardening")

	// Nobody else changes it.
	g.ada.take(g.ada.client.PostForm(g.site.URL+form, map[string][]string{"do": {"delete"}}))
	if g.ada.status != 404 {
		t.Errorf("somebody else deletes it: %d, want 404", g.ada.status)
	}
	bob.open(form)
	bob.take(bob.client.PostForm(g.site.URL+form, map[string][]string{"do": {"delete"}}))
	bob.shows("The list is deleted", "You have no lists yet")
	if visitor.open(list); visitor.status != 404 {
		t.Errorf("a list that was deleted: %d, want 404", visitor.status)
	}
	carol := g.member("carol", circles.SiteMember)
	carol.open("/lists")
	carol.send("/lists", fill{"title": " "})
	carol.shows("A list needs a name")
}

// The directory finds circles by the beginnings of words, in any script; a thread shows its author alone.
func TestDirectoryWordsAndAuthorsAlone(t *testing.T) {
	g := newGarden(t)
	_, err := g.app.CreateCircle(g.ctx(), memberOf(g.house, "ada"), app.NewCircle{Name: "cha", Title: "武夷岩茶", Topic: "rock tea"})
	g.must(err)
	v := g.reader()
	for _, c := range []struct{ query, finds, not string }{
		{"garden", "/c/gardening", "/c/cha"}, {"岩茶", "/c/cha", "/c/gardening"}, {"rock te", "/c/cha", "/c/gardening"},
	} {
		v.open(address("/circles", "q", c.query))
		v.shows(`href="` + c.finds + `"`)
		v.hides(`href="` + c.not + `"`)
	}
	v.open("/circles?q=nothing-like-it")
	v.shows("No circle matches")

	c := g.comment("Did it split?")
	_, err = g.app.Comment(g.ctx(), memberOf(g.house, "ada"), app.NewComment{Parent: c.ID, Body: "Not one."})
	g.must(err)
	g.comment("Something else.")
	v.open(g.path)
	v.shows("Only the author", "Something else.")
	v.open(v.action("by=author#talk"))
	v.shows("Did it split?", "Not one.", `aria-current="page">Only the author`)
	v.hides("Something else.")
}
