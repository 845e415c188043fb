package standing

import (
	"fmt"
	"testing"

	"halqa/circles"
	"halqa/circles/reputation"
	"halqa/internal/store"
	"halqa/internal/testdb"
	"time"
)

// TestAGateReadsTwice: what a place asks and what is known of who asks are one read each, however many actions
// are one act, and however many rules and facts there are.
func TestAGateReadsTwice(t *testing.T) {
	n := newTown(t)
	open := reputation.Path{days(0)}
	open[0] = reputation.Clause{Fact: reputation.StrikesLately, Scope: reputation.ScopeCircle, Value: 5}
	many := reputation.Settings{Gates: map[reputation.Action]reputation.Gate{}}
	for _, a := range []reputation.Action{reputation.Post, reputation.PostLink, reputation.PostMedia, reputation.Comment} {
		many.Gates[a] = reputation.Gate{Any: []reputation.Path{{days(14)}, vouch, approval, open}, Else: reputation.Hold}
	}
	n.set(n.circle, many, "so")
	n.known(n.bob)
	n.must(n.db.View(t.Context(), func(tx *store.Tx) error {
		j := &judgement{tx: tx, Question: Question{Who: n.bob, Action: Post, Circle: n.circle, With: []Action{PostLink, PostMedia}}}
		before, _ := tx.Cost()
		d, err := j.ask(n.circle.CircleID(), []Action{Post, PostLink, PostMedia})
		after, _ := tx.Cost()
		if d.Outcome != Allow || after-before != 2 {
			t.Errorf("%s with %d reads, want allow with 2", d.Outcome, after-before)
		}
		return err
	}))
}

// TestAVoteCostsTheSame: a vote that moves standing runs as many statements and changes as many rows in a
// circle with a long history as in a new one.
func TestAVoteCostsTheSame(t *testing.T) {
	clock, now := newClock()
	v := newVillage(t, testdb.OpenAt(t, now), clock)
	author, fan := v.people[1], v.people[2]
	v.do(func(tx *store.Tx) error { return GiveVouch(tx, v.circle, circles.PersonID(fan.ID), v.people[0]) })
	// The first likes also introduce; after them nothing differs but how much there is.
	cost := func(what string) (statements int, rows int64) {
		v.write(author)
		v.pass(49 * time.Hour)
		v.sweep(Sweep)
		p := v.posts[len(v.posts)-1]
		v.do(func(tx *store.Tx) error { return Acted(tx, fan) }) // one of today's rows is there already
		v.do(func(tx *store.Tx) error {
			had, wrote := tx.Cost()
			if err := Voted(tx, p, v.circle, fan, 0, 1); err != nil {
				return err
			}
			statements, rows = tx.Cost()
			statements, rows = statements-had, rows-wrote
			return nil
		})
		v.do(func(tx *store.Tx) error {
			return tx.SetVote(circles.Vote{Post: p.ID, Actor: circles.PersonID(fan.ID), Value: 1, At: tx.Now()})
		})
		t.Logf("%s: %d statements, %d rows", what, statements, rows)
		return statements, rows
	}
	for range 3 {
		cost("at first")
	}
	statements, rows := cost("with little")
	for range 40 {
		v.write(author)
	}
	v.pass(49 * time.Hour)
	v.sweep(Sweep)
	for _, p := range v.posts {
		for _, who := range v.people[3:] {
			v.vote(p, who, 1)
		}
	}
	moreStatements, moreRows := cost("with much")
	if moreStatements != statements || moreRows != rows || rows == 0 || statements > 12 || rows > 8 {
		t.Errorf("a vote ran %d statements and changed %d rows, later %d and %d", statements, rows, moreStatements, moreRows)
	}
}

// BenchmarkJudge judges with its signals at hand: the rule is read and the facts are known. The limit is the
// comparison of the facts with the thresholds and nothing else.
func BenchmarkJudge(b *testing.B) {
	g := reputation.Gate{Else: reputation.Hold, Any: []reputation.Path{{days(20), {Fact: reputation.AcceptedCount, Scope: reputation.ScopeInstance, Value: 5}}, vouch, approval}}
	r := rule{Gate: g}
	f := reputation.Facts{}.With(reputation.DaysKnown, reputation.ScopeInstance, 3)
	past := []reputation.Judged{{Who: 1, Facts: f}}
	began := time.Now()
	const rounds = 100_000
	for range rounds {
		reputation.DryRun(g, past)
	}
	limit := time.Since(began) / rounds
	s := testdb.Open(b)
	err := s.View(b.Context(), func(tx *store.Tx) error {
		c := &circles.Circle{Actor: circles.Actor{Name: "garden"}}
		for b.Loop() {
			j := &judgement{tx: tx, Question: Question{Who: circles.Viewer{Person: 1}, Action: Comment, Circle: c}, known: &f, knownAt: 1, role: circles.RoleMember}
			x := j.access(1, reputation.Comment, r, reputation.Evaluate(g, &f))
			if x.Allowed || len(x.Unmet) == 0 {
				return fmt.Errorf("it is %+v", x)
			}
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
	per := b.Elapsed() / time.Duration(b.N)
	b.ReportMetric(float64(per)/float64(max(limit, 1)), "×limit")
}

// BenchmarkDryRun judges 50,000 acts of the past by a changed gate, from the stored rows. The limit is reading
// the rows alone.
func BenchmarkDryRun(b *testing.B) {
	clock, now := newClock()
	s := testdb.OpenAt(b, now)
	v := newVillage(b, s, clock)
	const acts = 50_000
	for i := 0; i < acts; i += 1000 {
		v.do(func(tx *store.Tx) error {
			for n := i; n < i+1000; n++ {
				f := reputation.Facts{}.With(reputation.DaysKnown, reputation.ScopeInstance, n%60).With(reputation.AcceptedCount, reputation.ScopeInstance, n%13)
				if _, err := tx.CountJudged(store.Judged{Circle: v.circle.CircleID(), Action: string(Comment), Day: int64(reputation.DayOf(tx.Now())) - int64(n%29),
					Person: circles.PersonID(n % 5000), Facts: encodeFacts(&f)}); err != nil {
					return err
				}
			}
			return nil
		})
	}
	next := reputation.Settings{Gates: map[reputation.Action]reputation.Gate{reputation.Comment: {Any: []reputation.Path{{days(14)}, vouch, approval}, Else: reputation.Hold}}}
	var limit time.Duration
	for b.Loop() {
		err := s.View(b.Context(), func(tx *store.Tx) error {
			began := time.Now()
			rows := 0
			err := tx.JudgedSince(v.circle.CircleID(), string(Comment), 0, func(store.Judged) error { rows++; return nil })
			if err != nil {
				return err
			}
			limit += time.Since(began)
			got, err := trials(tx, v.circle.CircleID(), reputation.Settings{}, next)
			if err == nil && (got[reputation.Comment].Actions != acts || got[reputation.Comment].Stopped == 0) {
				err = fmt.Errorf("%d rows came to %+v", rows, got)
			}
			return err
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	own := b.Elapsed() - limit
	b.ReportMetric(float64(own.Milliseconds())/float64(b.N), "ms/run")
	b.ReportMetric(float64(own)/float64(limit), "×limit")
}
