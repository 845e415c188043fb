package standing

import (
	"sync/atomic"
	"testing"
	"time"

	"halqa/circles"
	"halqa/circles/reputation"
	"halqa/internal/store"
	"halqa/internal/testdb"
)

// suspect keeps a finding of all that these people gave.
func (v *village) suspect(people []*circles.Actor) {
	v.do(func(tx *store.Tx) error {
		given, err := Audited(tx, reputation.CircleID(v.circle.ID))
		if err != nil {
			return err
		}
		f := reputation.Finding{Kind: reputation.Inward, Percent: 70, Ratings: len(given)}
		for _, p := range people {
			f.People = append(f.People, reputation.ActorID(p.ID))
			for _, g := range given {
				if g.Source == reputation.ActorID(p.ID) {
					f.Events = append(f.Events, g.Event)
				}
			}
		}
		return Suspect(tx, reputation.CircleID(v.circle.ID), f)
	})
}

// audits are the findings, the latest first.
func (v *village) audits() (all []store.AuditFinding) {
	v.do(func(tx *store.Tx) (err error) {
		all, err = tx.Audits(0, 100)
		return err
	})
	return all
}

// decide decides about the latest finding, if it waits.
func (v *village) decide(confirmed bool) {
	if all := v.audits(); len(all) > 0 {
		v.refusable(func(tx *store.Tx) error {
			_, err := DecideAudit(tx, all[0].ID, circles.PersonID(v.people[0].ID), confirmed, "seen")
			return err
		})
	}
}

func (v *village) in(who *circles.Actor) (in *store.StandingIn) {
	v.do(func(tx *store.Tx) (err error) {
		in, err = tx.StandingIn(v.circle.CircleID(), circles.PersonID(who.ID))
		return err
	})
	return in
}

func (v *village) earned(who *circles.Actor) int64 {
	return v.in(who).Person.A.Value(reputation.Half180, reputation.DayOf(v.clock.Load()/1000))
}

// suspected is a village in which the owner vouched for two, who both like what a third wrote, and both are
// found and quarantined.
func suspected(t *testing.T) *village {
	clock := new(atomic.Int64)
	clock.Store(time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC).UnixNano())
	v := newVillage(t, testdb.OpenAt(t, func() time.Time { return time.Unix(0, clock.Load()) }), clock)
	owner, ada, bo, cy := v.people[0], v.people[1], v.people[2], v.people[3]
	for _, p := range []*circles.Actor{ada, bo} {
		v.do(func(tx *store.Tx) error { return GiveVouch(tx, v.circle, circles.PersonID(p.ID), owner) })
	}
	v.write(cy)
	v.pass(3 * 24 * time.Hour)
	v.sweep(Sweep)
	v.vote(v.posts[0], ada, 1)
	v.vote(v.posts[0], bo, 1)
	if got := v.earned(cy); got != 1000 {
		t.Fatalf("two Members give %d", got)
	}
	v.suspect([]*circles.Actor{ada, bo})
	v.sweep(AuditStep)
	if got := v.earned(cy); got != 0 {
		t.Errorf("quarantined, and %d counts", got)
	}
	return v
}

func (v *village) endsWell(t *testing.T) {
	t.Helper()
	v.sweep(AuditStep)
	v.verified(0)
}

// TestDismissedCountsAgain: what was quarantined comes back as it was, once, and the same people are not
// found again; what nobody decides comes back too.
func TestDismissedCountsAgain(t *testing.T) {
	v := suspected(t)
	cy := v.people[3]
	v.vote(v.posts[0], v.people[1], 0) // changed their mind meanwhile: theirs does not come back
	v.vote(v.posts[0], v.people[2], 0)
	v.vote(v.posts[0], v.people[2], 1)
	if got := v.earned(cy); got != 0 {
		t.Errorf("liking again freed %d", got)
	}
	v.decide(false)
	v.endsWell(t)
	if got := v.earned(cy); got != 500 {
		t.Errorf("dismissed: %d, want the 500 of who still likes it", got)
	}
	v.suspect(v.people[1:3])
	if all := v.audits(); len(all) != 1 || all[0].Outcome != store.AuditDismissed || all[0].Step {
		t.Errorf("found again: %+v", all)
	}

	v = suspected(t)
	v.pass((reputation.AuditWaits + 1) * 24 * time.Hour)
	v.endsWell(t)
	if all := v.audits(); all[0].Outcome != store.AuditLapsed || v.earned(v.people[3]) < 900 {
		t.Errorf("nobody decided: %+v, and %d counts", all, v.earned(v.people[3]))
	}
}

// TestConfirmedCutsOff: those found and whom they brought in are not introduced any more, and who answered
// for them answers for nobody for 90 days; a decision is made once.
func TestConfirmedCutsOff(t *testing.T) {
	v := suspected(t)
	owner, ada, bo, cy := v.people[0], v.people[1], v.people[2], v.people[3]
	v.do(func(tx *store.Tx) error { // ada brought cy in, as a Regular may
		rows, err := rowsOf(tx, v.circle.CircleID(), circles.PersonID(cy.ID), circles.PersonID(ada.ID), "")
		if err != nil {
			return err
		}
		e := reputation.Current().Note(0, reputation.Introduced, reputation.CircleID(v.circle.ID), reputation.ActorID(cy.ID), reputation.ActorID(ada.ID), tx.Now())
		e.Branch = rows.Rater.Intro.Branch
		_, err = record(tx, rows, e, reputation.Full)
		return err
	})
	v.decide(true)
	v.decide(false)
	v.endsWell(t)
	for _, p := range []*circles.Actor{ada, bo, cy} {
		if in := v.in(p); in.Person.Intro.Event != 0 {
			t.Errorf("%s is still introduced: %+v", p.Name, in.Person.Intro)
		}
	}
	today := reputation.DayOf(v.clock.Load() / 1000)
	for _, p := range []*circles.Actor{owner, ada} {
		if got := v.in(p).Person.NoVouch; got != today+90 {
			t.Errorf("%s vouches again from day %d, want %d", p.Name, got, today+90)
		}
	}
	if in := v.in(bo); in.Person.NoVouch != 0 || v.earned(cy) != 0 {
		t.Errorf("bo brought nobody in: %+v; cy has %d", in.Person.NoVouch, v.earned(cy))
	}
	err := v.store.Update(t.Context(), func(tx *store.Tx) error { return GiveVouch(tx, v.circle, circles.PersonID(bo.ID), owner) })
	if circles.KindOf(err) == circles.Internal || err == nil {
		t.Errorf("the owner vouches on: %v", err)
	}
	v.vote(v.posts[0], ada, 0)
	v.vote(v.posts[0], ada, 1)
	v.verified(0)
	if got := v.earned(cy); got != 0 {
		t.Errorf("confirmed, and liking again gives %d", got)
	}
	if all := v.audits(); all[0].Outcome != store.AuditConfirmed || all[0].Step {
		t.Errorf("%+v", all)
	}
}
