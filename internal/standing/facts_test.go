package standing

import (
	"testing"

	"halqa/circles"
	"halqa/circles/reputation"
	"halqa/internal/store"
)

// TestFacts: what gates ask comes out of the ledger, and nothing is known of a stranger.
func TestFacts(t *testing.T) {
	s := newScene(t, circles.Public, "")
	member, far := s.who["member"].Person, s.who["far"].Person
	circle := s.circle.CircleID()
	of := func(p circles.PersonID, c circles.CircleID) (f *reputation.Facts) {
		s.update(func(tx *store.Tx) (err error) {
			f, err = facts(tx, c, p)
			return err
		})
		return f
	}
	if got := of(far, circle); *got != (reputation.Facts{}) {
		t.Errorf("of somebody never seen: %+v", got)
	}
	s.update(func(tx *store.Tx) error {
		if err := note(tx, reputation.Known, 0, member, 0); err != nil {
			return err
		}
		if err := note(tx, reputation.Active, 0, member, 0); err != nil {
			return err
		}
		return note(tx, reputation.Approved, circle, member, s.who["operator"].Person)
	})
	got := of(member, circle)
	for _, want := range []struct {
		fact  reputation.Fact
		scope reputation.Scope
		n     int
	}{
		{reputation.DaysKnown, reputation.ScopeInstance, 0},
		{reputation.ActiveDays, reputation.ScopeInstance, 1},
		{reputation.ByOperator, reputation.ScopeCircle, 1},
		{reputation.ByOperator, reputation.ScopeInstance, 0},
		{reputation.TierHeld, reputation.ScopeCircle, int(reputation.Member)},
	} {
		if n := got.Of(want.fact, want.scope); n != want.n {
			t.Errorf("%s in the %s: %d, want %d", want.fact, want.scope, n, want.n)
		}
	}
	if n := of(member, 0).Of(reputation.TierHeld, reputation.ScopeCircle); n != 0 {
		t.Errorf("on the instance alone the tier is %d", n)
	}
}
