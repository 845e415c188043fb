package web

import (
	"testing"

	"golang.org/x/net/html"

	"halqa/circles"
	"halqa/internal/app"
)

// A post is taken over into another circle, and each names the other.
func TestCrosspostPage(t *testing.T) {
	g := newGarden(t)
	bob := g.bob
	_, err := g.app.CreateCircle(g.ctx(), memberOf(g.house, "bob"), app.NewCircle{Name: "allotment", Visibility: circles.Public})
	g.must(err)
	bob.open(g.path)
	bob.open(bob.action(g.path + "/crosspost"))
	bob.shows("cross-posted from: "+g.site.URL+g.path, "&gt; Sown in March. #comfrey", `value="Striped tomatoes"`, `<option value="allotment">`)
	form := find(bob.doc, byID("in"))
	if len(form) != 1 {
		t.Fatal("no circle can be chosen")
	}
	draft := bob.action(attr(find(bob.doc, func(n *html.Node) bool { return attr(n, "name") == "draft" })[0], "value"))
	bob.send(draft, fill{"in": "allotment", "!": "do=post"})
	bob.shows("Your post is out", "Also in:", "gardening", "(0 comments)")
	g.ada.open(g.path)
	g.ada.shows("Also in:", "allotment")
	v := g.reader()
	if v.open(g.path + "/crosspost"); v.path == g.path+"/crosspost" {
		t.Error("a visitor gets the form")
	}
}
