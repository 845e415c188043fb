package app

import (
	"errors"
	"net/url"
	"time"

	"halqa/circles"
	"halqa/internal/standing"
	"halqa/internal/store"
	"halqa/internal/text"
)

// The Receive methods do for people of other instances what the verbs do for ours. Their caller has
// verified who speaks, admitted the activity, and resolved every actor and object to a row.

// A Result is what became of something that arrived.
type Result string

const (
	Applied Result = "applied"
	Nothing Result = "nothing" // known already, out of date, or about something that is not there
	Refused Result = "refused"
	Waits   Result = "waits" // stored, and held for a person
)

// An Outcome tells federation what became of something that arrived. A refusal is no error: sending
// it again would not help.
type Outcome struct {
	Result  Result
	Post    circles.PostID   // what it became or was about; 0 = nothing
	Reason  standing.Reason  // of a refusal, or of what waits
	Refusal *circles.Error   // the same for people
	Gate    *standing.Access // what a gate said, if one did
}

// Said is who says something, proven by a signature.
type Said struct {
	By       circles.PersonID
	Via      circles.CircleID // the circle elsewhere that passed it on; 0 = they said it to us
	Received int64            // the row of received whose bytes a circle of ours announces
	Activity string           // the id of the Create or Update in which they said it to us; "" = it cannot be answered
	Past     bool             // it was fetched as part of a past that nobody is to be told of
}

func (s Said) viewer() circles.Viewer { return circles.Viewer{Person: s.By, Remote: true} }

func (s Said) detail() circles.EventDetail {
	return circles.EventDetail{Received: s.Received, Past: s.Past}
}

// refused turns a refusal of the judge, or of what is missing or malformed, into an Outcome. It is for
// errors from before the first change only: an error from after it has to roll the change back.
func refused(post circles.PostID, err error) (Outcome, error) {
	var e *circles.Error
	if !errors.As(err, &e) || e.Kind == circles.Busy || e.Kind == circles.Internal {
		return Outcome{}, err
	}
	o := Outcome{Result: Refused, Post: post, Reason: standing.Reason(e.Reason), Refusal: e}
	errors.As(err, &o.Gate)
	return o, nil
}

// done is the Outcome of what was not refused.
func done(post circles.PostID, changed bool, err error) (Outcome, error) {
	switch {
	case err != nil:
		return Outcome{}, err
	case changed:
		return Outcome{Result: Applied, Post: post}, nil
	}
	return Outcome{Result: Nothing, Post: post}, nil
}

// on judges an act of a remote person on a post and does it.
func (s Said) on(tx *store.Tx, id circles.PostID, action standing.Action, do func(place, standing.Decision) (changed bool, err error)) (Outcome, error) {
	return s.onWith(tx, id, action, func(*standing.Question) {}, do)
}

// onWith is on for an act that is asked more about.
func (s Said) onWith(tx *store.Tx, id circles.PostID, action standing.Action, ask func(*standing.Question), do func(place, standing.Decision) (changed bool, err error)) (Outcome, error) {
	at, err := placeOf(tx, id)
	if err != nil {
		return refused(0, err)
	}
	q := at.question(s.viewer(), action)
	q.Via = s.Via
	ask(&q)
	d, err := allow(tx, q)
	if err != nil {
		return refused(id, err)
	}
	changed, err := do(at, d)
	return done(id, changed, err)
}

// earliest is the first moment that ids can tell; nothing on this network is older.
var earliest = time.Date(2000, 1, 1, 0, 0, 1, 0, time.UTC).UnixMicro()

// clampTime makes the time that a stranger claims one that can have been: nothing comes from the
// future, where it would stay on top of every feed.
func clampTime(claimed, now int64) int64 {
	if claimed == 0 {
		return now
	}
	return min(max(claimed, earliest), now)
}

// remoteURL returns an address that a stranger sent in normal form, "" if it is none of the web.
func remoteURL(s string) string {
	if s == "" || len(s) > circles.MaxLink {
		return ""
	}
	u, err := url.Parse(s)
	if err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.Host == "" || u.User != nil {
		return ""
	}
	if s = u.String(); len(s) > circles.MaxLink { // escaping makes it longer
		return ""
	}
	return s
}

// sameHost reports whether an id lies on this host. CVE-2023-42451: both in their one normal form.
func sameHost(uri, host string) bool {
	if len(uri) > circles.MaxLink {
		return false
	}
	u, err := url.Parse(uri)
	if err != nil || (u.Scheme != "https" && u.Scheme != "http") || host == "" {
		return false
	}
	h, err := text.Host(u.Host)
	return err == nil && h == host
}
