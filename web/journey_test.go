package web

import (
	"context"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"halqa/circles"
	"halqa/internal/app"
)

// From a fresh instance to a restored post, with nothing but links and forms.
func TestJourneyWithoutScript(t *testing.T) {
	h := newHouse(t)
	token, err := h.accounts.SetupToken(h.ctx())
	h.must(err)

	r := h.reader()
	r.open("/")
	r.shows("Nobody runs this place yet")
	r.open("/setup?token=wrong")
	if r.status != 404 {
		t.Errorf("a wrong token: %d, want 404", r.status)
	}
	r.open("/setup?token=" + token)
	r.shows("Words such as admin and root are reserved")
	r.send("/setup", fill{"site": "Meadow", "description": "For growers.", "name": "admin", "password": goodPassword, "registration": "open"})
	if r.status != 422 {
		t.Errorf("a reserved name: %d, want 422", r.status)
	}
	r.shows("reserved", `value="Meadow"`, `value="For growers."`)
	r.send("/setup", fill{"name": "ada", "password": goodPassword})
	if r.path != "/circles/new" {
		t.Fatalf("set-up leads to %s (%d): %s", r.path, r.status, r.main())
	}
	r.shows("This place is yours", "Meadow")
	r.open("/setup?token=" + token)
	if r.status != 410 {
		t.Errorf("the set-up page after it: %d, want 410", r.status)
	}

	r.open("/circles/new")
	r.send("/circles/new", fill{"name": "Gardening", "title": "Gardening", "about": "Beds and **balconies**.", "rules": "Be kind.\n- No selling.", "topic": "garden", "hue": "4"})
	if r.path != "/c/gardening" {
		t.Fatalf("the new circle: %s (%d): %s", r.path, r.status, r.main())
	}
	r.shows("Your circle is there", "<strong>balconies</strong>", "<li dir=\"auto\">No selling.", "hue4")

	// A second person signs up, joins and posts with two photos, one of them a text.
	bo := h.reader()
	bo.open("/")
	bo.shows("For growers.", "Gardening")
	bo.open("/signup?next=/c/gardening")
	bo.send("/signup", fill{"name": "bob", "password": "short"})
	if bo.status != 422 {
		t.Errorf("a short password: %d, want 422", bo.status)
	}
	bo.send("/signup", fill{"name": "bob", "password": goodPassword})
	if bo.path != "/c/gardening" {
		t.Fatalf("signing up leads to %s (%d): %s", bo.path, bo.status, bo.main())
	}
	bo.send("/c/gardening/join", nil)
	bo.shows("You joined the circle")
	bo.open("/c/gardening/submit")
	bo.send("/c/gardening/submit", fill{"title": "First crate", "body": "Sown in *March*.", "link": "https://example.org/seeds", "!": "do=post"},
		file{"photos", "crate.jpg", meadow()}, file{"photos", "notes.txt", []byte("no picture")})
	if bo.status != 422 {
		t.Fatalf("a text as a photo: %d, want 422: %s", bo.status, bo.main())
	}
	bo.shows("notes.txt", "First crate", `name="media"`)
	bo.send("/c/gardening/submit", fill{"!": "do=post"}, file{"photos", "bed.jpg", meadow()})
	if bo.status != 200 || !strings.Contains(bo.html, "Before it goes out") {
		t.Fatalf("photos without a description: %d: %s", bo.status, bo.main())
	}
	bo.shows("<em>March</em>")
	media := regexp.MustCompile(`name="media" value="([0-9a-f]{32})"`).FindAllStringSubmatch(bo.html, -1)
	if len(media) != 2 {
		t.Fatalf("%d photos wait, want 2", len(media))
	}
	first, second := media[0][1], media[1][1]
	bo.send("/c/gardening/submit", fill{"alt-" + first: "A crate.", "alt-" + second: "A bed.", "pos-" + first: "2", "pos-" + second: "1", "!": "do=post"})
	if !strings.HasPrefix(bo.path, "/post/") {
		t.Fatalf("posting leads to %s (%d): %s", bo.path, bo.status, bo.main())
	}
	post := bo.path
	bo.shows("Your post is out", "First crate", "<em>March</em>", "https://example.org/seeds", "A crate.", "No other server follows this circle yet")
	if strings.Index(bo.html, second) > strings.Index(bo.html, first) {
		t.Error("the photos are not in the order that was asked for")
	}
	req, err := http.NewRequest("GET", h.site.URL+"/media/"+first, nil)
	h.must(err)
	req.Header.Set("Accept", "text/html")
	bo.take(bo.client.Do(req))
	bo.shows("A crate.", "First crate")

	// The first comments, votes and answers.
	r.open("/")
	r.shows("First crate")
	r.open(post)
	r.send(post+"/reply", fill{"body": "   "})
	if r.status != 422 {
		t.Errorf("an empty comment: %d, want 422", r.status)
	}
	r.send(post+"/reply", fill{"body": "Did they **split**?"})
	r.shows("<strong>split</strong>", "Your comment is there.", "1 comment")
	if !strings.Contains(r.path, "#c") {
		t.Errorf("a comment leads to %s, want its place", r.path)
	}
	r.send(post+"/vote", fill{"!": "vote=up"})
	r.shows(`value="none" aria-pressed="true"`)
	comment := regexp.MustCompile(`id="c([0-9]+)"`).FindStringSubmatch(r.html)[1]
	bo.open(post)
	bo.open(post + "/reply?to=" + comment)
	bo.shows("Reply to ada", "<strong>split</strong>")
	bo.send(post+"/reply", fill{"body": "None of them."})
	bo.shows("None of them.", "2 comments")
	bo.open("/comment/" + comment)
	if want := post + "?focus=" + comment + "#c" + comment; bo.path != want {
		t.Errorf("/comment/%s leads to %s, want %s", comment, bo.path, want)
	}

	// Edit, also from two windows at once.
	bo.open(post + "/edit")
	other := *bo
	bo.send(post+"/edit", fill{"title": "First crates"})
	bo.shows("Your change is there", "First crates", "A bed.")
	other.send(post+"/edit", fill{"title": "Second thoughts"})
	if other.status != 409 {
		t.Errorf("an edit of what was changed meanwhile: %d, want 409", other.status)
	}
	other.shows("changed while you were writing", "Second thoughts")
	other.send(post+"/edit", nil)
	other.shows("Second thoughts")
	bo.open(post + "/history")
	bo.shows("First crate<", "First crates", "Second thoughts", "First version")

	// Delete and restore.
	bo.open(post + "/delete")
	bo.send(post+"/delete", nil)
	bo.shows("You deleted this")
	r.open(post)
	if r.status != 410 {
		t.Errorf("a deleted post: %d, want 410", r.status)
	}
	r.shows("Deleted by its author.")
	r.hides("Second thoughts", first)
	bo.open(bo.action("/restore"))
	bo.send(post+"/restore", nil)
	r.open(post)
	r.shows("Second thoughts")

	// A moderator removes it with a reason and puts it back, and locks the thread.
	r.open(post + "/remove")
	r.send(post+"/remove", fill{"reason": " "})
	if r.status != 422 {
		t.Errorf("a removal without a reason: %d, want 422", r.status)
	}
	r.send(post+"/remove", fill{"reason": "Rule 2"})
	r.shows("Removed by a moderator: Rule 2", "Second thoughts")
	visitor := h.reader()
	visitor.open(post)
	if visitor.status != 410 {
		t.Errorf("a removed post for a visitor: %d, want 410", visitor.status)
	}
	visitor.shows("Removed by a moderator: Rule 2")
	visitor.hides("Second thoughts")
	r.open(post + "/return")
	r.send(post+"/return", nil)
	r.send(post+"/lock", nil)
	bo.open(post)
	bo.shows("Second thoughts", "A moderator has locked this thread")
	r.open(post)
	r.send(post+"/unlock", nil)
	r.open("/u/bob")
	r.shows("Second thoughts")
	r.open("/u/bob?tab=comments")
	r.shows("None of them.")
	if n := strings.Count(h.logs.String(), "level=ERROR"); n > 0 {
		t.Errorf("the journey left %d errors in the log:\n%s", n, h.logs)
	}
}

// Who may not see a circle gets the same page as for one that is not there; who asks to join is let in by
// its operators.
func TestMembersOnlyCircle(t *testing.T) {
	h := newHouse(t)
	ada, bo, visitor := h.member("ada", circles.SiteMember), h.member("bob", circles.SiteMember), h.reader()
	ada.open("/circles/new")
	ada.send("/circles/new", fill{"name": "attic", "title": "The attic", "visibility": "members"})
	ada.open("/c/attic/submit")
	ada.send("/c/attic/submit", fill{"title": "What we found", "!": "do=post"}, file{"photos", "a.jpg", meadow()})
	photo := regexp.MustCompile(`name="media" value="([0-9a-f]{32})"`).FindStringSubmatch(ada.html)[1]
	ada.send("/c/attic/submit", fill{"!": "do=post"})
	post := ada.path
	for _, path := range []string{"/c/attic", post, "/media/" + photo, "/media/" + photo + "/480.webp", post + "/history"} {
		if visitor.open(path); visitor.status != 404 {
			t.Errorf("%s for a visitor: %d, want 404", path, visitor.status)
		}
		visitor.hides("The attic", "What we found")
	}
	for _, path := range []string{post, "/media/" + photo + "/480.webp", "/c/attic/settings"} {
		if bo.open(path); bo.status != 404 && bo.status != 403 {
			t.Errorf("%s for who is no member: %d, want 404 or 403", path, bo.status)
		}
		bo.hides("What we found")
	}
	bo.open("/")
	bo.hides("What we found")
	bo.open("/c/attic")
	bo.shows("Ask to join")
	bo.send("/c/attic/join", nil)
	bo.shows("Waiting for an answer")
	ada.open("/c/attic/settings")
	ada.shows("Asking to join", "@bob")
	ada.send("/c/attic/roles", fill{"!": "role=member"})
	bo.open(post)
	bo.shows("What we found")
	if bo.open("/media/" + photo + "/480.webp"); bo.status != 200 {
		t.Errorf("the photo for a member: %d, want 200", bo.status)
	}
	ada.open("/c/attic/settings")
	ada.send("/c/attic/roles", fill{"person": "bob"})
}

// Nobody acts without signing in, whatever the address.
func TestVisitorsAct(t *testing.T) {
	h := newHouse(t)
	who := h.member("ada", circles.SiteMember)
	who.open("/circles/new")
	who.send("/circles/new", fill{"name": "tea"})
	c, err := h.app.Circle(h.ctx(), circles.Viewer{}, "tea", "")
	h.must(err)
	post, err := h.app.Post(context.Background(), memberOf(h, "ada"), app.NewPost{Circle: c.Circle.CircleID(), Title: "Cups"})
	h.must(err)
	v := h.reader()
	n := 0
	for _, route := range h.echo.Routes() {
		path := strings.NewReplacer("/c/:name", "/c/tea", "/u/:name", "/u/ada", ":id", post.ID.String()).Replace(route.Path)
		switch {
		case route.Method != "POST", path == "/login", path == "/logout", path == "/signup", path == "/setup", path == "/preferences", strings.HasSuffix(path, "/elsewhere"):
			continue
		}
		n++
		v.take(v.client.Post(h.site.URL+path, "application/x-www-form-urlencoded", strings.NewReader("vote=up&body=x&title=x&reason=x&name=new_one")))
		if v.status != 401 {
			t.Errorf("POST %s by a visitor: %d, want 401", path, v.status)
		}
	}
	if n < 20 {
		t.Fatalf("found only %d routes", n)
	}
	now, err := h.app.Thread(h.ctx(), circles.Viewer{}, post.ID, app.ThreadQuery{})
	h.must(err)
	if p := now.Post; p.Ups != 0 || p.Comments != 0 || p.State != circles.Visible || p.Locked || p.EditedAt != 0 {
		t.Errorf("a visitor changed the post: %+v", p)
	}
}

func memberOf(h *house, name string) circles.Viewer {
	h.Helper()
	p, err := h.app.Person(h.ctx(), circles.Viewer{}, name, "", app.PersonQuery{})
	h.must(err)
	return circles.Viewer{Person: circles.PersonID(p.Person.ID), Role: circles.SiteMember}
}
