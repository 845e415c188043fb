package api

import (
	"testing"

	"halqa/circles"
	"halqa/circles/reputation"
	"halqa/internal/accounts"
	"halqa/internal/store"
)

// TestVouchesThatCountNothing: a vouch by whoever may give none, for whoever can get none, in a name that is not
// the sender's or for a second time is refused with a sentence, and the ledger has nothing of it.
func TestVouchesThatCountNothing(t *testing.T) {
	h := newHouse(t)
	ann, lin, eve := h.person("ann", circles.SiteAdmin), h.person("lin", circles.SiteMember), h.person("eve", circles.SiteMember)
	var garden CircleView
	ann.post("/circles", m{"name": "gardening"}, &garden)
	circle, err := parseID(garden.Circle.ID)
	h.must(err)
	vouch := func(who *client) string { return path("/circles/%s/vouches/%s", garden.Circle.ID, id(who.who.Person)) }
	held := func(who *client) (n, lines int) {
		h.must(h.db.View(h.ctx(), func(tx *store.Tx) error {
			in, err := tx.StandingIn(circles.CircleID(circle), who.who.Person)
			if err != nil {
				return err
			}
			n = in.Person.ActiveVouches(reputation.DayOf(tx.Now()))
			all, err := tx.Ledger(0, 1000)
			for _, e := range all {
				if e.Kind == reputation.Vouch && e.Subject == reputation.ActorID(who.who.Person) {
					lines++
				}
			}
			return err
		}))
		return n, lines
	}
	forged, reads := *ann, h.person("ann", circles.SiteAdmin, accounts.ScopeRead)
	forged.token = ann.token[:len(ann.token)-4] + "AAAA"
	for _, c := range []struct {
		name     string
		by, for_ *client
		status   int
		slug     string
		says     string
	}{
		{"a newcomer", lin, eve, 403, "forbidden", "Only Regulars of this circle and those who run it can vouch for people."},
		{"oneself", lin, lin, 422, "invalid", "Nobody can vouch for themselves."},
		{"who runs it", lin, ann, 409, "conflict", "This person runs the circle; nobody needs to vouch for them."},
		{"a forged token", &forged, eve, 401, "token-invalid", ""},
		{"a token without leave", reads, eve, 403, "scope-missing", ""},
		{"nobody", h.visitor(), eve, 401, "denied", ""},
	} {
		p := c.by.ask("PUT", vouch(c.for_), nil).problem(c.status, c.slug)
		if c.says != "" && p.Detail != c.says {
			t.Errorf("%s: refused with %q, want %q", c.name, p.Detail, c.says)
		}
		if n, lines := held(c.for_); n != 0 || lines != 0 {
			t.Errorf("%s: %d vouches hold, by %d lines", c.name, n, lines)
		}
	}
	ann.ask("PUT", vouch(eve), nil).is(204)
	if p := ann.ask("PUT", vouch(eve), nil).problem(409, "conflict"); p.Detail != "You vouch for this person already." {
		t.Errorf("said twice, it is refused with %q", p.Detail)
	}
	if p := eve.ask("PUT", vouch(ann), nil).problem(409, "conflict"); p.Detail != "This person runs the circle; nobody needs to vouch for them." {
		t.Errorf("said back, it is refused with %q", p.Detail)
	}
	if n, lines := held(eve); n != 1 || lines != 1 {
		t.Errorf("said twice, %d hold by %d lines, want one", n, lines)
	}
}
