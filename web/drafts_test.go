package web

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"halqa/circles"
	"halqa/internal/app"
)

// What is begun is kept by the button, found again, and gone when it is sent, all without script.
func TestDraftPages(t *testing.T) {
	g := newGarden(t)
	bob := g.bob
	bob.open("/drafts")
	bob.shows("Nothing is waiting")
	bob.open("/c/gardening/submit")
	bob.send("/c/gardening/submit", fill{"body": "no title yet", "!": "do=keep"}, file{"photos", "bed.jpg", meadow()})
	draft, _, _ := strings.Cut(bob.path, "?")
	if !strings.HasPrefix(draft, "/drafts/") {
		t.Fatalf("keeping leads to %s (%d): %s", bob.path, bob.status, bob.main())
	}
	bob.shows("Kept as a draft", "no title yet", `name="media"`, `<option value="gardening" selected>`)
	bob.send(draft, fill{"title": "Beds", "!": "do=post"}) // the photo has no description yet
	bob.shows("Before it goes out")
	bob.send(draft, fill{"!": "do=keep"})
	bob.open("/drafts")
	bob.shows("Beds", "no title yet", "1 photo", `href="/c/gardening"`)
	bob.open(draft)
	bob.send(draft, fill{"!": "do=post"})
	bob.send(draft, fill{"!": "do=post"})
	bob.shows("Your post is out", "Beds", "no title yet")
	bob.open("/drafts")
	bob.shows("Nothing is waiting")
	if bob.open(draft); bob.status != 404 {
		t.Errorf("a draft that was sent: %d, want 404", bob.status)
	}

	bob.open(g.path)
	bob.send(g.path+"/reply", fill{"body": "half a thought", "!": "do=keep"})
	bob.shows("Kept as a draft", "half a thought")
	bob.open("/drafts")
	bob.shows("half a thought", "Striped tomatoes")
	reply := bob.action("/drafts/re-" + g.post.ID.String())
	bob.open(reply)
	bob.shows("half a thought")
	bob.send(g.path+"/reply", fill{"body": "a whole one", "!": "do=send"})
	bob.shows("a whole one")
	bob.hides("half a thought")
	bob.open("/drafts")
	bob.shows("Nothing is waiting")

	// A poll waits with the rest, and is sent with it.
	bob.open("/c/gardening/submit")
	bob.send("/c/gardening/submit", fill{"title": "Which?", "poll": "Leeks\n\nBeans", "poll-several": "1", "poll-for": "6h", "!": "do=keep"})
	draft, _, _ = strings.Cut(bob.path, "?")
	bob.open(draft)
	bob.shows("Leeks\nBeans</textarea>", `name="poll-several" value="1" checked`, `<option value="6h" selected>`)
	bob.send(draft, fill{"!": "do=post"})
	bob.shows("Leeks", "0 people voted")
	bob.open("/drafts")
	bob.shows("Nothing is waiting")

	// Another's draft is not there for anybody else, and is thrown away by one button.
	bob.open("/c/gardening/submit")
	bob.send("/c/gardening/submit", fill{"title": "Mine", "!": "do=keep"})
	draft = bob.path
	if g.ada.open(draft); g.ada.status != 404 {
		t.Errorf("somebody else's draft: %d, want 404", g.ada.status)
	}
	bob.open("/drafts")
	bob.send(draft+"/delete", nil)
	bob.shows("thrown away", "Nothing is waiting")
}

// Whatever the refusal, what was written is on the page that says so and among the drafts.
func TestNothingWrittenIsLost(t *testing.T) {
	g := newGarden(t)
	bob := g.bob
	ada := memberOf(g.house, "ada")
	c, err := g.app.Circle(g.ctx(), ada, "gardening", "")
	g.must(err)

	bob.open("/c/gardening/submit")
	bob.send("/c/gardening/submit", fill{"title": "Beds", "body": "first words", "link": "nonsense", "!": "do=post"})
	if bob.status != 422 {
		t.Errorf("a broken link: %d, want 422", bob.status)
	}
	bob.shows("first words", "Nothing is lost")
	bob.open("/drafts")
	bob.shows("first words")

	// The circle closes to bob while he writes a post and an answer.
	second := g.member("carol", circles.SiteMember)
	second.open("/c/gardening/submit")
	bob.open("/c/gardening/submit")
	form := bob.values(bob.form("/c/gardening/submit"), fill{"title": "Second", "body": "second words", "!": "do=post"})
	bob.open(g.path + "/reply")
	answer := bob.values(bob.form(g.path+"/reply"), fill{"body": "an answer", "!": "do=send"})
	g.must(g.app.Ban(g.ctx(), ada, app.NewBan{Circle: c.Circle.CircleID(), Person: memberOf(g.house, "bob").Person, Reason: "spam"}))
	bob.take(bob.client.PostForm(g.site.URL+"/c/gardening/submit", form))
	if bob.status != 403 {
		t.Errorf("banned: %d, want 403", bob.status)
	}
	bob.shows("second words", "Nothing is lost", "banned")
	if action := "/drafts/" + form.Get("draft"); bob.form(action) == nil {
		t.Errorf("the form does not go to %s", action)
	}
	bob.take(bob.client.PostForm(g.site.URL+g.path+"/reply", answer))
	if bob.status != 403 {
		t.Errorf("banned from answering: %d, want 403", bob.status)
	}
	bob.shows("an answer", "banned", "Nothing is lost")
	bob.open("/drafts")
	bob.shows("second words", "an answer", "first words")
	bob.open("/drafts/" + form.Get("draft"))
	bob.shows("second words", "banned")
	bob.open("/drafts/re-" + g.post.ID.String())
	bob.shows("an answer")

	// Who is not let in is told before they write, in the same words.
	if bob.open("/c/gardening/submit"); bob.status != 403 {
		t.Errorf("the empty form for who may not: %d, want 403", bob.status)
	}
	bob.shows("banned")

	// Too fast is no reason to lose anything either.
	carol := memberOf(g.house, "carol")
	for g.accounts.Allow(circles.Viewer{Person: carol.Person}) == nil {
	}
	second.send("/c/gardening/submit", fill{"title": "Third", "body": "third words", "!": "do=post"})
	if second.status != http.StatusTooManyRequests {
		t.Errorf("too fast: %d, want 429", second.status)
	}
	second.shows("third words", "too often")
}

// A draft without a circle asks for one; a circle that its author cannot enter is none.
func TestDraftAsksForACircle(t *testing.T) {
	g := newGarden(t)
	bob := g.bob
	bob.open("/c/gardening/submit")
	form := bob.values(bob.form("/c/gardening/submit"), fill{"title": "Lost", "body": "where to"})
	form.Set("do", "leave")
	bob.take(bob.client.PostForm(g.site.URL+"/c/gardening/submit", form))
	if bob.status != http.StatusNoContent {
		t.Errorf("leaving the page: %d, want 204", bob.status)
	}
	draft := "/drafts/" + form.Get("draft")
	bob.open(draft)
	bob.send(draft, fill{"in": "", "!": "do=post"})
	if bob.status != 422 {
		t.Errorf("no circle: %d, want 422", bob.status)
	}
	bob.shows("Choose the circle", "where to")
	bob.take(bob.client.PostForm(g.site.URL+draft, url.Values{"in": {"nowhere"}, "title": {"Lost"}, "body": {"where to"}, "do": {"post"}}))
	bob.shows("There is no such circle", "where to")
	bob.open(draft)
	bob.send(draft, fill{"in": "gardening", "!": "do=post"})
	bob.shows("Your post is out", "where to")
}
