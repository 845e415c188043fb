package app

import (
	"fmt"
	"testing"
	"time"

	"halqa/circles"
	"halqa/circles/reputation"
	"halqa/internal/store"
)

const days = 24 * time.Hour

func (h *house) sweep() {
	h.Helper()
	h.must(h.SweepStanding(h.ctx()))
}

// in is what the ledger comes to for somebody in a circle.
func (h *house) in(c circles.CircleID, p circles.PersonID) (in *store.StandingIn) {
	h.Helper()
	h.must(h.store.View(h.ctx(), func(tx *store.Tx) (err error) {
		in, err = tx.StandingIn(c, p)
		return err
	}))
	return in
}

// earned is what ratings have given somebody by today, in milli-points.
func (h *house) earned(c circles.CircleID, p circles.PersonID) int64 {
	in := h.in(c, p)
	return in.Person.A.Value(reputation.Half180, reputation.DayOf(h.clock().UnixMicro()))
}

// vouchedFor makes somebody a Member whom an operator introduced.
func (h *house) vouchedFor(c circles.CircleID, operator, p circles.PersonID) {
	h.Helper()
	h.must(h.Vouch(h.ctx(), circles.Viewer{Person: operator, Role: circles.SiteMember}, c, p))
}

func (h *house) applied(f func(*store.Tx) (Outcome, error)) {
	h.Helper()
	h.update(func(tx *store.Tx) error {
		out, err := f(tx)
		if err == nil && out.Result != Applied {
			err = fmt.Errorf("it came to %+v", out)
		}
		return err
	})
}

// TestRemoteLikesCount: what somebody on another server likes counts when the post is accepted, as much
// as they weigh, and is taken back when they take it back, or when the post goes; and comes again with it.
func TestRemoteLikesCount(t *testing.T) {
	h := newHouse(t)
	ann, ben := h.person("ann"), h.person("ben")
	c := h.open(ann, "garden", circles.Public)
	zoe := h.stranger("zoe", "far.example")
	h.update(func(tx *store.Tx) error { return tx.NotePeer("far.example") })
	h.applied(func(tx *store.Tx) (Outcome, error) {
		return h.ReceiveFollow(tx, Said{By: zoe}, c.Actor(), "https://far.example/f/1", "https://far.example/zoe/inbox")
	})
	h.pass(8 * days) // so long a server is new
	h.vouchedFor(c, ann.Person, zoe)
	p := h.write(ben, c, "peas")
	like := func(on circles.PostID) func(*store.Tx) (Outcome, error) {
		return func(tx *store.Tx) (Outcome, error) {
			return h.ReceiveVote(tx, Said{By: zoe}, on, 1, "https://far.example/v")
		}
	}
	h.applied(like(p.ID))
	h.sweep()
	if got := h.earned(c, ben.Person); got != 0 {
		t.Errorf("a like gives %d before its post is accepted", got)
	}
	h.pass(2 * days)
	h.sweep()
	in := h.in(c, ben.Person)
	if got := h.earned(c, ben.Person); got != 500 || in.Person.Accepted != 1 || in.Home.Accepted != 1 || in.Person.Branches != 1 {
		t.Errorf("accepted: earned %d, %+v; want 500 by a Member", got, in.Person)
	}
	h.applied(func(tx *store.Tx) (Outcome, error) { return h.ReceiveUnvote(tx, Said{By: zoe}, p.ID, 1) })
	if got := h.earned(c, ben.Person); got != 0 {
		t.Errorf("taken back, and still %d", got)
	}
	h.pass(90 * days)
	h.applied(like(p.ID))
	if got := h.earned(c, ben.Person); got == 0 || got >= 500 {
		t.Errorf("liked again after 90 days: %d, want what is left of 500", got)
	}
	before := h.earned(c, ben.Person)
	h.must(h.Remove(h.ctx(), ann, p.ID, "off topic"))
	if in := h.in(c, ben.Person); h.earned(c, ben.Person) != 0 || in.Person.Accepted != 0 || in.Home.Accepted != 0 || in.Person.Branches != 0 {
		t.Errorf("removed, and still %+v", in.Person)
	}
	h.must(h.Return(h.ctx(), ann, p.ID))
	if in := h.in(c, ben.Person); h.earned(c, ben.Person) != before || in.Person.Accepted != 1 || in.Home.Accepted != 1 {
		t.Errorf("returned: earned %d, want %d; %+v", h.earned(c, ben.Person), before, in.Person)
	}
	h.must(h.Delete(h.ctx(), ben, p.ID))
	if got := h.earned(c, ben.Person); got != 0 {
		t.Errorf("deleted, and still %d", got)
	}
	// What counts nothing is in the ledger too.
	yan := h.stranger("yan", "new.example")
	q := h.write(ben, c, "beans")
	h.pass(2 * days)
	h.sweep()
	h.applied(func(tx *store.Tx) (Outcome, error) {
		return h.ReceiveVote(tx, Said{By: yan}, q.ID, 1, "https://new.example/v")
	})
	h.must(h.store.View(h.ctx(), func(tx *store.Tx) error {
		e, err := tx.LastRating(int64(q.ID), reputation.ActorID(yan), reputation.Like)
		if err != nil || e == nil || e.CreditedMilli != 0 || e.Reason != reputation.ZeroDomain {
			t.Errorf("a like from a server on probation: %+v, %v", e, err)
		}
		return nil
	}))
}

// TestManyLikes: a post with more likes than one transaction credits gives all of them, and takes all of
// them with it.
func TestManyLikes(t *testing.T) {
	h := newHouse(t)
	ann, ben := h.person("ann"), h.person("ben")
	c := h.open(ann, "garden", circles.Public)
	p := h.write(ben, c, "peas")
	const n = 120
	for i := range n {
		v := h.person(fmt.Sprint("voter", i))
		_, err := h.Vote(h.ctx(), v, p.ID, 1)
		h.must(err)
	}
	h.pass(2 * days)
	h.sweep()
	count := func(reversals bool) (n int) {
		h.must(h.store.View(h.ctx(), func(tx *store.Tx) error {
			lines, err := tx.Ledger(0, 10_000)
			for _, e := range lines {
				if e.Kind == reputation.Like && (e.Reverses != 0) == reversals {
					n++
				}
			}
			return err
		}))
		return n
	}
	if got := count(false); got != n {
		t.Errorf("%d likes were credited, want %d", got, n)
	}
	h.must(h.Remove(h.ctx(), ann, p.ID, "off topic"))
	h.sweep()
	if got := count(true); got != n {
		t.Errorf("%d likes were taken back, want %d", got, n)
	}
	h.must(h.Return(h.ctx(), ann, p.ID))
	h.sweep()
	if got := count(false); got != 2*n {
		t.Errorf("%d lines of likes after the return, want %d", got, 2*n)
	}
}
