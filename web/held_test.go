package web

import (
	"testing"

	"halqa/circles"
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
