package web

import (
	"net/http"
	"net/url"
	"testing"

	"halqa/circles"
)

// TestTheEditorRefusesWhatCannotBe: previewed or saved, a gate that cannot be is refused with the sentence that
// says which gate, which way and why; what was typed stands in the form again, and nothing changes.
func TestTheEditorRefusesWhatCannotBe(t *testing.T) {
	h := newHouse(t)
	ada := h.member("ada", circles.SiteMember)
	ada.open("/circles/new")
	ada.send("/circles/new", fill{"name": "garden"})
	for _, c := range []struct {
		name string
		in   fill
		says string
	}{
		{"unreachable", fill{"post.else": "hold", "post.0.days_known_here.instance": "14", "post.1.operator_approved.circle": "1",
			"comment.else": "hold", "comment.0.accepted_contributions.circle": "1", "comment.1.vouches.circle": "1"},
			"Comment: Way 1: a new account that may not comment here cannot have 1 accepted contribution in this circle within 14 days"},
		{"a contradiction", fill{"join.else": "request", "join.0.membership_days.circle": "1"}, "Join: Way 1: nobody is a member before joining"},
		{"out of bounds", fill{"comment.else": "hold", "comment.0.days_known_here.instance": "15", "comment.1.vouches.circle": "1"},
			"Comment: Way 1: it asks 15 days known here; at most 14 days known here may be asked here"},
		{"people alone", fill{"comment.else": "hold", "comment.0.vouches.circle": "1"}, "Comment: every path waits for other people"},
		{"nobody's word", fill{"comment.else": "hold", "comment.0.days_known_here.instance": "1"}, "Comment: no path is opened by a vouch or an approval alone"},
		{"no number", fill{"comment.else": "hold", "comment.0.days_known_here.instance": "ten"}, "Comment: Way 1: Days known here: That is no number. “ten”"},
		{"no number in a limit", fill{"post.else": "hold", "post.per-day": "many"}, "Post: So many a day: That is no number. “many”"},
	} {
		for _, do := range []string{"preview", "save"} {
			f := url.Values{"preset": {"own"}, "do": {do}}
			for name, value := range c.in {
				f.Set(name, value)
			}
			ada.take(ada.client.PostForm(h.site.URL+"/c/garden/gates", f))
			if ada.status != http.StatusUnprocessableEntity {
				t.Errorf("%s, %s: %d, want 422", c.name, do, ada.status)
			}
			ada.shows(c.says)
		}
	}
	ada.open("/c/garden/gates/log")
	ada.hides("Announced", "Holds from now on")
}
