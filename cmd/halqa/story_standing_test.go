package main

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"halqa/circles"
	"halqa/circles/reputation"
	"halqa/internal/store"
	"halqa/internal/testpeer"
)

// A person on each of two kinds of server follows a circle here and likes what a member wrote. What that
// gives is what the rules say, and goes when they take it back, and the ledger can be reckoned again
// meanwhile.
func TestLikesFromElsewhereAndStanding(t *testing.T) {
	for _, persona := range []testpeer.Persona{testpeer.Mastodon, testpeer.Lemmy} {
		t.Run(string(persona), func(t *testing.T) {
			t.Parallel()
			likesAndStanding(newTown(t).visit(persona))
		})
	}
}

func likesAndStanding(v *visit) {
	ctx := v.t.Context()
	c := v.circle("garden")
	v.follows("garden")
	post := v.post(v.lin, c.CircleID(), "Beans", "They climb.")
	v.shown("lin's post", post.at, nil)
	before := v.bob.Like(ctx, post.at) // before it is accepted
	v.arrives("bob's like", post.at, func(p *circles.Post) bool { return p.Ups == 1 })
	v.earned(c, 0)

	var bob *circles.Actor
	v.must(v.h.store.Update(ctx, func(tx *store.Tx) (err error) {
		if bob, err = tx.ActorByURI(v.bob.ID); err != nil {
			return err
		}
		return tx.SetPeerTrusted(bob.Host, true) // a new server is on probation for a week
	}))
	v.must(v.h.app.Vouch(ctx, v.ann, c.CircleID(), circles.PersonID(bob.ID)))
	v.accepted(post.ID)
	v.earned(c, 500) // half, by a Member
	v.bob.Undo(ctx, before)
	v.arrives("bob taking it back", post.at, func(p *circles.Post) bool { return p.Ups == 0 })
	v.earned(c, 0)
	v.bob.Like(ctx, post.at)
	v.arrives("bob's second like", post.at, func(p *circles.Post) bool { return p.Ups == 1 })
	v.earned(c, 500)
	v.must(v.h.app.Remove(ctx, v.ann, post.ID, "not a bean"))
	v.earned(c, 0)
	v.must(v.h.app.Return(ctx, v.ann, post.ID))
	v.earned(c, 500)
	v.verified("--circle", "garden")
}

// accepted lets the 48 hours of a post be over.
func (w *town) accepted(id circles.PostID) {
	w.t.Helper()
	ctx := w.t.Context()
	w.must(w.h.store.Update(ctx, func(tx *store.Tx) error {
		of, err := tx.Contribution(id)
		if err != nil {
			return err
		}
		of.DueAt = tx.Now() - time.Second.Microseconds()
		return tx.SaveContribution(of)
	}))
	w.must(w.h.app.SweepStanding(ctx))
}

// earned fails unless ratings have given lin so many milli-points.
func (w *town) earned(c *circles.Circle, want int64) {
	w.t.Helper()
	w.must(w.h.store.View(w.t.Context(), func(tx *store.Tx) error {
		in, err := tx.StandingIn(c.CircleID(), w.lin.Person)
		if err != nil {
			return err
		}
		if got := in.Person.A.Value(reputation.Half180, reputation.DayOf(tx.Now())); got != want {
			w.t.Errorf("lin has %d from ratings, want %d", got, want)
		}
		return nil
	}))
}

// verified reckons the ledger again, as the command does by the control socket: all of it, and a circle's.
func (w *town) verified(circle ...string) {
	w.t.Helper()
	for _, more := range [][]string{nil, circle} {
		var out, errs bytes.Buffer
		code := w.h.command(w.t.Context(), ctlRequest{Args: append([]string{"standing", "replay", "--verify"}, more...)}, &out, &errs)
		if code != exitOK || !strings.Contains(out.String(), "all as the formulas give it") || strings.HasPrefix(out.String(), "0 events") {
			w.t.Errorf("replay %v: exit status %d\n%s%s", more, code, &out, &errs)
		}
	}
}
