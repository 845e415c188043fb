package web

import (
	"io"
	"log/slog"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"halqa/circles"
	"halqa/internal/app"
	"halqa/internal/consumers"
	"halqa/internal/store"
)

// catchUp lets notifications and the search index follow the log, as the worker would.
func (h *house) catchUp() {
	h.Helper()
	var events []circles.Event
	h.must(h.db.View(h.ctx(), func(tx *store.Tx) (err error) {
		events, err = tx.EventsAfter(h.at, 1000)
		return err
	}))
	if len(events) > 0 {
		h.at = events[len(events)-1].Seq
	}
	h.must(consumers.NewNotifications(h.db).Handle(h.ctx(), events))
	h.must(consumers.NewSearch(h.db, slog.New(slog.NewTextHandler(io.Discard, nil))).Handle(h.ctx(), events))
}

// A garden is a house with ada's circle and post, and bob who joined it.
type garden struct {
	*house
	ada, bob *reader
	post     *circles.Post
	path     string
}

func newGarden(t *testing.T) *garden {
	t.Helper()
	g := &garden{house: newHouse(t)}
	g.ada, g.bob = g.member("ada", circles.SiteMember), g.member("bob", circles.SiteMember)
	g.ada.open("/circles/new")
	g.ada.send("/circles/new", fill{"name": "gardening"})
	g.bob.open("/c/gardening")
	g.bob.send("/c/gardening/join", nil)
	c, err := g.app.Circle(g.ctx(), circles.Viewer{}, "gardening", "")
	g.must(err)
	g.post, err = g.app.Post(g.ctx(), memberOf(g.house, "ada"), app.NewPost{Circle: c.Circle.CircleID(), Title: "Striped tomatoes", Body: "Sown in March. #comfrey"})
	g.must(err)
	g.path = g.post.Path()
	return g
}

// comment is an answer of bob's, told to everyone.
func (g *garden) comment(body string) *circles.Post {
	g.Helper()
	c, err := g.app.Comment(g.ctx(), memberOf(g.house, "bob"), app.NewComment{Parent: g.post.ID, Body: body})
	g.must(err)
	g.catchUp()
	return c
}

// What somebody is told, sees as new, mutes and follows, without script.
func TestNotificationsAndNewComments(t *testing.T) {
	g := newGarden(t)
	ada := g.ada
	ada.open(g.path)
	ada.hides(`class="count"`)
	first := g.comment("Did the comfrey bring slugs?")
	ada.open("/c/gardening")
	ada.shows("1 new", `class="count">1<`)
	ada.open("/notifications")
	ada.shows("Striped tomatoes", "answered you", "Did the comfrey bring slugs?", `aria-current="page"`, "1 not read", "#c"+first.ID.String())
	ada.send("/notifications", nil)
	ada.shows("Marked as read")
	ada.hides("not read", `class="count"`)

	ada.open(g.path)
	ada.shows("To the first new comment", `<span class="chip own new">new</span>`)
	ada.open(g.path)
	ada.hides(`class="chip own new"`)

	ada.send(g.path+"/watch", fill{"!": "wish=mute"})
	ada.shows("You will be told of nothing more", `value="none" aria-pressed="true"`)
	g.comment("And snails.")
	ada.open("/notifications")
	ada.hides("And snails.")
	ada.open(g.path)
	ada.send(g.path+"/watch", fill{"!": "wish=follow"})
	g.comment("Third.")
	ada.open("/notifications")
	ada.shows("Third.")
	ada.open(g.path) // looking at the thread is reading what was told of it
	ada.hides(`class="count"`)

	v := g.reader()
	v.open("/notifications")
	if !strings.HasPrefix(v.path, "/login") {
		t.Errorf("a visitor's notifications: %s", v.path)
	}
}

// What was read leaves the lists of who wants that, and comes back with the next comment.
func TestReadPostsAreLeftOut(t *testing.T) {
	g := newGarden(t)
	bob := g.bob
	bob.open("/settings/appearance")
	bob.send("/settings/appearance", fill{"hide-read": "1"})
	for _, list := range []string{"/", "/c/gardening", "/tag/comfrey"} {
		bob.open(list)
		bob.shows("Striped tomatoes")
	}
	bob.open(g.path)
	for _, list := range []string{"/", "/c/gardening", "/tag/comfrey"} {
		bob.open(list)
		bob.hides("Striped tomatoes")
		bob.shows("What you have read is left out")
		bob.open(bob.action("read=1"))
		bob.shows("Striped tomatoes")
	}
	_, err := g.app.Comment(g.ctx(), memberOf(g.house, "ada"), app.NewComment{Parent: g.post.ID, Body: "More."})
	g.must(err)
	bob.open("/c/gardening")
	bob.shows("Striped tomatoes", "1 new")
}

func TestSavedPosts(t *testing.T) {
	g := newGarden(t)
	c := g.comment("Cut it, let it wilt.")
	bob := g.bob
	bob.open("/saved")
	bob.shows("You have saved nothing yet")
	bob.open(g.path)
	bob.send(g.path+"/save", nil)
	if bob.path != g.path {
		t.Errorf("saving leads to %s", bob.path)
	}
	comment := "/post/" + c.ID.String()
	bob.send(comment+"/save", nil)
	bob.open("/saved")
	bob.shows("Striped tomatoes", "Cut it, let it wilt.")
	bob.send(g.path+"/unsave", nil)
	if bob.path != "/saved#p"+g.post.ID.String() {
		t.Errorf("letting go leads to %s", bob.path)
	}
	bob.shows("No longer saved", "Cut it, let it wilt.")
	if n := len(find(bob.doc, isPost)); n != 1 {
		t.Errorf("%d things are saved, want 1", n)
	}
}

func TestTagPages(t *testing.T) {
	g := newGarden(t)
	v := g.reader()
	v.open("/tag/Comfrey")
	v.shows("#comfrey", "Striped tomatoes", `rel="canonical" href="`+g.site.URL+`/tag/comfrey"`)
	v.hides(`name="wish"`)
	if v.open("/tag/12"); v.status != 404 {
		t.Errorf("a number as a tag: %d, want 404", v.status)
	}
	v.open("/tag/%E7%99%BD%E8%8C%B6")
	v.shows("#白茶", "No post that you can see")

	carol := g.member("carol", circles.SiteMember)
	carol.open("/tag/comfrey")
	carol.send("/tag/comfrey", fill{"!": "wish=follow"})
	carol.shows("in your feed now", "You follow")
	carol.open("/?feed=mine")
	carol.shows("Striped tomatoes")
	carol.open("/tag/comfrey")
	carol.send("/tag/comfrey", fill{"!": "wish=block"})
	carol.open("/c/gardening")
	carol.hides("Striped tomatoes")
	carol.open("/settings/blocks")
	carol.shows("#comfrey")
	carol.send("/tag/comfrey", fill{"!": "wish=none"})
	if carol.path != "/settings/blocks" {
		t.Errorf("lifting the block of a tag leads to %s", carol.path)
	}
	carol.hides("#comfrey")
}

func TestSearchPage(t *testing.T) {
	far := &elsewhere{}
	g := newGarden(t)
	far.house = g.house
	g.options.Resolver = far
	g.comment("茶叶的香气很好")
	v := g.reader()
	v.open("/search")
	v.shows(`id="q"`)
	for _, c := range []struct{ query, want string }{
		{"q=tomatoes", "Striped tomatoes"}, {"q=香气&type=comments", "茶叶的香气很好"}, {"q=gard*&type=circles", "!gardening"},
		{"q=ada&type=people", "@ada@"}, {"q=none-of-this", "Nothing was found"}, {"q=%22%22", "There is no word"},
		{"q=tomatoes&in=gardening", "In gardening"},
	} {
		v.open("/search?" + c.query)
		v.shows(c.want)
	}
	for query, want := range map[string]string{"@ada": "/u/ada", "!gardening": "/c/gardening", g.site.URL + g.path: g.path} {
		if v.open(address("/search", "q", query)); v.path != want {
			t.Errorf("searching for %s leads to %s, want %s", query, v.path, want)
		}
	}
	v.open("/search?q=!stars@sky.example")
	v.shows("Log in to look it up there")
	if v.open("/search?q=tomatoes&in=none"); v.status != 404 {
		t.Errorf("searching a circle that is not there: %d, want 404", v.status)
	}
	if len(far.asked) > 0 {
		t.Errorf("a visitor had %q asked", far.asked)
	}
	g.bob.open("/search?q=!stars@sky.example")
	g.bob.send("/lookup", nil)
	if g.bob.path != "/c/stars@sky.example" {
		t.Errorf("looking up leads to %s", g.bob.path)
	}
}

// Somebody elsewhere never looks like one of ours.
func TestNamesCarryTheirServer(t *testing.T) {
	far := &elsewhere{}
	g := newGarden(t)
	far.house = g.house
	g.options.Resolver = far
	a, err := far.Lookup(g.ctx(), circles.KindPerson, "vera", "sky.example")
	g.must(err)
	g.must(g.db.Update(g.ctx(), func(tx *store.Tx) error {
		full, err := tx.Actor(a.ID)
		if err != nil {
			return err
		}
		_, err = g.app.UpsertRemoteActor(tx, app.RemoteActor{Actor: circles.Actor{Kind: full.Kind, Name: full.Name, Host: full.Host, URI: full.URI, Inbox: full.Inbox,
			PublicKey: full.PublicKey, KeyID: full.KeyID, DisplayName: "ada"}})
		if err != nil {
			return err
		}
		_, err = g.app.ReceivePost(tx, app.Said{By: circles.PersonID(a.ID)}, app.RemotePost{URI: "https://sky.example/n/1", Parent: g.post.ID, HTML: "<p>I am ada.</p>"})
		return err
	}))
	g.bob.open(g.path)
	g.bob.shows("I am ada.", `<bdi>ada</bdi> <span class="host">@sky.example</span>`, "Comment by ada @sky.example")
	g.bob.open("/u/vera@sky.example")
	g.bob.shows("<title>ada @sky.example ·", "@vera@sky.example")
}

func isPost(n *html.Node) bool {
	return n.Data == "article" && strings.HasPrefix(attr(n, "class"), "post")
}

func byID(id string) func(*html.Node) bool {
	return func(n *html.Node) bool { return attr(n, "id") == id }
}
