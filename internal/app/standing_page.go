package app

import (
	"context"
	"strconv"
	"strings"

	"halqa/circles"
	"halqa/circles/reputation"
	"halqa/internal/store"
)

const (
	standingPage    = 50   // lines of a page
	standingExport  = 1000 // lines of a part of the export
	standingCircles = 200  // circles whose totals are shown
)

// A StandingIn is what somebody's standing in a circle comes to, and of what.
type StandingIn struct {
	Circle   *circles.Circle // as CircleCards has it; nil = the instance, of which only the last fields speak
	Parts    reputation.Parts
	Tier     reputation.Tier
	Accepted int
	Operates bool // who runs a circle earns nothing in it

	KnownDays, ActiveDays int
}

// A StandingLine is a line of the ledger with what it is about.
type StandingLine struct {
	reputation.Event
	Reason    reputation.Reason
	TakenBack bool
	Circle    *circles.Circle // as CircleCards has it; nil = the instance
	Post      *circles.Post   // as PostLeads has it; nil if it is about none, or one that is not there
	By        *circles.Actor  // who vouches, or does no longer; nil for all else: who likes what is not told
}

// OwnStanding is what the ledger says of the viewer.
type OwnStanding struct {
	Here  StandingIn   // on the instance
	In    []StandingIn // in circles; in one of them if one was asked for
	Lines []StandingLine
	Next  string
}

// Standing returns the viewer's own standing and the lines that it comes from, the newest first: those of
// the circle of this name, or with "" those that concern the instance as a whole. Nobody can ask for
// another's.
func (a *App) Standing(ctx context.Context, v circles.Viewer, circle, cursor string) (*OwnStanding, error) {
	if !v.SignedIn() {
		return nil, errSignIn()
	}
	before, err := decodeMark("s", cursor)
	if err != nil {
		return nil, err
	}
	out := new(OwnStanding)
	err = a.view(ctx, "own standing", func(tx *store.Tx) error {
		*out = OwnStanding{}
		id, err := ownCircle(tx, circle)
		if err != nil {
			return err
		}
		if err := totals(tx, v, id, out); err != nil {
			return err
		}
		lines, err := tx.LedgerIn(id, v.Person, reputation.EventID(before.ID), standingPage+1)
		if err != nil {
			return err
		}
		if len(lines) > standingPage {
			lines = lines[:standingPage]
			out.Next = encodeMark("s", store.Mark{ID: int64(lines[standingPage-1].ID)})
		}
		out.Lines, err = fillLines(tx, lines)
		return err
	})
	return out, err
}

// ExportStanding is Standing with the lines of all circles, circle by circle, each from the first on.
func (a *App) ExportStanding(ctx context.Context, v circles.Viewer, cursor string) (*OwnStanding, error) {
	if !v.SignedIn() {
		return nil, errSignIn()
	}
	after, err := decodeMark("x", cursor)
	if err != nil {
		return nil, err
	}
	out := new(OwnStanding)
	err = a.view(ctx, "own standing", func(tx *store.Tx) error {
		*out = OwnStanding{}
		if err := totals(tx, v, 0, out); err != nil {
			return err
		}
		lines, err := tx.LedgerOf(v.Person, circles.CircleID(after.Key), reputation.EventID(after.ID), standingExport+1)
		if err != nil {
			return err
		}
		if len(lines) > standingExport {
			lines = lines[:standingExport]
			last := lines[standingExport-1]
			out.Next = encodeMark("x", store.Mark{Key: int64(last.Circle), ID: int64(last.ID)})
		}
		out.Lines, err = fillLines(tx, lines)
		return err
	})
	return out, err
}

func ownCircle(tx *store.Tx, name string) (circles.CircleID, error) {
	if name == "" {
		return 0, nil
	}
	c, err := tx.LocalActor(strings.ToLower(name))
	if err == nil && c.Kind != circles.KindCircle {
		err = circles.Errorf(circles.NotFound, "There is no such circle.")
	}
	if err != nil {
		return 0, err
	}
	return circles.CircleID(c.ID), nil
}

// totals fills in what the ledger comes to, in one circle or with 0 in all.
func totals(tx *store.Tx, v circles.Viewer, only circles.CircleID, out *OwnStanding) error {
	home, err := tx.StandingHome(v.Person)
	if err != nil {
		return err
	}
	var in []store.StandingIn
	var ids []circles.CircleID
	if only == 0 {
		in, ids, err = tx.StandingOf(v.Person, standingCircles)
	} else {
		var one *store.StandingIn
		if one, err = tx.StandingIn(only, v.Person); err == nil {
			in, ids = []store.StandingIn{*one}, []circles.CircleID{only}
		}
	}
	if err != nil {
		return err
	}
	cards, err := tx.CircleCards(ids)
	if err != nil {
		return err
	}
	f, today := reputation.Current(), reputation.DayOf(tx.Now())
	for i, x := range in {
		out.In = append(out.In, StandingIn{Circle: cards[ids[i]], Parts: f.Parts(x.Person, today), Tier: f.Tier(x.Person, home, x.Circle, today),
			Accepted: int(max(x.Person.Accepted, 0)), Operates: x.Person.Operates > 0})
	}
	out.Here = StandingIn{Accepted: int(max(home.Accepted, 0)), ActiveDays: home.Active.Distinct(today, 90)}
	if home.Known != 0 {
		out.Here.KnownDays = int(max(today-home.Known, 0))
	}
	return nil
}

func fillLines(tx *store.Tx, lines []store.OwnLine) ([]StandingLine, error) {
	var posts []circles.PostID
	var people []circles.ActorID
	var ids []circles.CircleID
	all := make([]StandingLine, len(lines))
	for i, l := range lines {
		all[i] = StandingLine{Event: l.Event, Reason: l.Reason, TakenBack: l.TakenBack}
		posts, ids = append(posts, circles.PostID(l.Object)), append(ids, circles.CircleID(l.Circle))
		if namesSource(l.Kind) {
			people = append(people, circles.ActorID(l.Source))
		}
	}
	leads, err := tx.PostLeads(posts)
	if err != nil {
		return nil, err
	}
	cards, err := tx.CircleCards(ids)
	if err != nil {
		return nil, err
	}
	actors, err := tx.ActorCards(people)
	if err != nil {
		return nil, err
	}
	for i := range all {
		l := &all[i]
		l.Post, l.Circle = leads[circles.PostID(l.Object)], cards[circles.CircleID(l.Event.Circle)]
		if namesSource(l.Kind) {
			l.By = actors[circles.ActorID(l.Source)]
		}
	}
	return all, nil
}

// namesSource reports the kinds of lines that tell their owner who wrote them.
func namesSource(k reputation.Kind) bool { return k == reputation.Vouch || k == reputation.VouchEnded }

// Milli writes thousandths as a decimal number without trailing zeros: "1.5".
func Milli(n int64) string {
	s := strconv.FormatFloat(float64(n)/1000, 'f', 3, 64)
	s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	if s == "" || s == "-0" {
		return "0"
	}
	return s
}
