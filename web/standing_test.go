package web

import (
	"encoding/csv"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"halqa/internal/app"
)

// TestOwnStanding: a member finds each line of their ledger with what it gave and why, as a page and for
// programs; a vouch is one sentence and a button, and so is "helpful". Nobody finds another's.
func TestOwnStanding(t *testing.T) {
	g := newGarden(t)
	ada, bob := g.ada, g.bob
	bobs, err := g.app.Post(g.ctx(), memberOf(g.house, "bob"), app.NewPost{Circle: g.post.Circle, Title: "Blue beans"})
	g.must(err)
	path := "/post/" + bobs.ID.String()

	ada.open(path)
	ada.open(path + "/vouch")
	ada.shows("you answer for this person")
	ada.send(ada.path, nil)
	ada.shows("You vouch for them now.")
	ada.open(path + "/vouch")
	ada.shows("No longer vouch")
	ada.open(path + "/helpful")
	ada.send(path+"/helpful", nil)
	ada.shows("It is called helpful now.")
	ada.open(path)
	ada.shows("called helpful</span>")
	_, err = g.app.Vote(g.ctx(), memberOf(g.house, "ada"), bobs.ID, 1)
	g.must(err)
	g.mu.Lock()
	g.now = g.now.Add(49 * time.Hour)
	g.mu.Unlock()
	g.must(g.app.SweepStanding(g.ctx()))

	bob.open("/me/standing")
	bob.shows("gardening", "You were first seen here", "Member")
	bob.open("/me/standing?circle=gardening")
	// 3 of the 4 points that a helpful and a like by the owner are worth, all there is room for from one
	// person, and one day.
	bob.shows("Standing 13.5", "Ratings gave you 3;", "It was called helpful", "Somebody liked it", "Cut to what there was room for", "Somebody vouches for you", "Blue beans")

	get := func(r *reader, path string) *http.Response {
		res, err := r.client.Get(g.site.URL + path)
		g.must(err)
		t.Cleanup(func() { res.Body.Close() })
		return res
	}
	rows, err := csv.NewReader(get(bob, "/me/standing.csv").Body).ReadAll()
	if err != nil || len(rows) < 5 || rows[0][4] != "event" {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	var told standingJSON
	g.must(json.NewDecoder(get(bob, "/me/standing.json").Body).Decode(&told))
	if len(told.Events) != len(rows)-1 || len(told.Circles) != 1 || told.Circles[0].Standing != 13.5 || told.Circles[0].Tier != "member" {
		t.Errorf("%d events and %d rows; %+v", len(told.Events), len(rows), told.Circles)
	}
	credited := 0.0
	for _, e := range told.Events {
		if e.Event == "like" || e.Event == "helpful" {
			credited += e.Credited
			if e.About == "" || e.By != "" {
				t.Errorf("a rating is about %q by %q", e.About, e.By)
			}
		}
	}
	if credited != 3 {
		t.Errorf("the lines credit %v, want 3", credited)
	}

	ada.open("/me/standing?circle=gardening")
	ada.shows("Runs the circle")
	ada.hides("Blue beans", "Standing 13.5")
	stranger := g.reader()
	stranger.open("/me/standing")
	if !strings.HasPrefix(stranger.path, "/login") {
		t.Errorf("a visitor gets %s", stranger.path)
	}
	if res := get(g.reader(), "/me/standing.csv"); strings.HasPrefix(res.Header.Get("Content-Type"), "text/csv") {
		t.Error("a visitor gets a ledger")
	}
	// Only who may can vouch, and the refusal says why.
	bob.open("/c/gardening/vouch?person=@ada")
	bob.send(bob.action("person=%40ada%40"+strings.ReplaceAll(strings.TrimPrefix(g.site.URL, "http://"), ":", "%3A")), nil)
	bob.shows("nobody needs to vouch for them")
}
