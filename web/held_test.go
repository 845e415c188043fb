package web

import (
	"slices"
	"strings"
	"testing"

	"halqa/circles"
	"halqa/internal/accounts"
	"halqa/internal/app"
	"halqa/internal/i18n"
	"halqa/internal/standing"
)

// One can object here to what was decided here.
func TestObjectingToWhatIsHeld(t *testing.T) {
	words, err := i18n.Load()
	if err != nil {
		t.Fatal(err)
	}
	me := circles.Viewer{Person: 7, Role: circles.SiteMember}
	v := &visit{s: &Server{words: words}, l: words.Localizer("en"), who: me}
	for _, c := range []struct {
		state     circles.PostState
		author    circles.PersonID
		elsewhere bool
		want      bool
	}{
		{circles.Held, 7, false, true}, {circles.Refused, 7, false, true}, {circles.Visible, 7, false, false},
		{circles.Held, 8, false, false}, {circles.Held, 7, true, false}, {circles.Refused, 7, true, false},
	} {
		row := v.heldRow(&app.Held{Post: &circles.Post{ID: 9, Root: 9, Title: "x", Author: c.author, State: c.state}, Why: &standing.Access{}, Elsewhere: c.elsewhere})
		if (row.Appeal != "") != c.want {
			t.Errorf("%+v: leads to %q", c, row.Appeal)
		}
	}
}

// What a circle elsewhere holds says so to its author, who finds the reason in the menu.
func TestWhatIsHeldElsewhereSaysSo(t *testing.T) {
	words, err := i18n.Load()
	if err != nil {
		t.Fatal(err)
	}
	me := circles.Viewer{Person: 7, Role: circles.SiteMember}
	v := &visit{s: &Server{words: words}, l: words.Localizer("en"), who: me, member: &accounts.Member{Viewer: me}}
	for _, c := range []struct {
		ruled app.Ruling
		says  string
		leads bool
	}{{app.RuledHeld, "Waits with the circle's moderators", true}, {app.RuledRefused, "did not let it through", true}, {"", "", false}} {
		p := &circles.Post{ID: 9, Root: 9, Kind: circles.IsPost, Title: "x", Author: 7, State: circles.Visible}
		b := &branch{visit: v, root: p, ruled: map[circles.PostID]app.Ruling{9: c.ruled}}
		if got := b.ruling(p); !strings.Contains(got, c.says) || (got == "") != (c.says == "") {
			t.Errorf("%q says %q", c.ruled, got)
		}
		leads := slices.ContainsFunc(b.menu(p, false), func(a Action) bool { return a.Href == "/post/9/held" && !a.Post })
		if leads != c.leads {
			t.Errorf("%q leads to the reason: %v", c.ruled, leads)
		}
	}
}
