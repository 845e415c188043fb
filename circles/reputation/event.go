package reputation

import "fmt"

type (
	// An ActorID is a person, local or remote.
	ActorID int64
	// A CircleID is a circle; 0 is the instance itself.
	CircleID int64
	// An EventID is a place in the ledger: later events have larger ids.
	EventID int64
)

// A Kind is what an event in the ledger says. The list is closed, here and in the database, and what
// is not on it cannot be counted: no tip, purchase or balance, no name, age, address or device, no
// followers, views or streaks, no downvote, no report before it was upheld, no machine's score, and
// nothing from elsewhere.
type Kind string

const (
	Known       Kind = "known"          // instance: first verified activity here
	Active      Kind = "active"         // instance: wrote, voted, joined or followed that day; once a day
	Accepted    Kind = "accepted"       // published and not removed for 48 hours, or approved
	Like        Kind = "like"           // by Source, on accepted content of Subject
	Helpful     Kind = "helpful"        // by the thread's author, or featured by an operator; once an object
	Vouch       Kind = "vouch"          // by Source
	VouchEnded  Kind = "vouch_ended"    // Source takes a vouch back
	Approved    Kind = "approved"       // an operator approved a held item of Subject, or Subject
	Introduced  Kind = "introduced"     // by Source, into Branch
	Minor       Kind = "minor"          // a report was upheld as minor
	Serious     Kind = "serious"        // a report was upheld as serious
	Operates    Kind = "operates"       // Subject became owner or operator
	OperatesEnd Kind = "operates_ended" // and is no more
	VouchLost   Kind = "vouching_lost"  // Subject vouched for confirmed abuse
)

// Kinds returns the closed list, in the order of the ledger's legend.
func Kinds() []Kind {
	return []Kind{Known, Active, Accepted, Like, Helpful, Vouch, VouchEnded, Approved, Introduced,
		Minor, Serious, Operates, OperatesEnd, VouchLost}
}

// rates reports whether the kind is one person's opinion of another's contribution.
func (k Kind) rates() bool { return k == Like || k == Helpful }

// points reports whether CreditedMilli are points; otherwise 1000 stands for one.
func (k Kind) points() bool { return k.rates() || k == Minor || k == Serious }

// one is CreditedMilli of an event that counts as one thing.
const one = 1000

// An Event is a row of the ledger: appended, never changed.
type Event struct {
	ID      EventID
	Circle  CircleID // 0 = the instance
	Subject ActorID  // whose standing it concerns
	Source  ActorID  // who rated, vouched, approved or decided; 0 = nobody but the rule
	Kind    Kind
	Object  int64 // the post or report it is about; 0 = none

	WeightMilli   int64   // the rater's weight then, in thousandths
	Branch        ActorID // the rater's branch then; of Introduced the branch that Subject joins
	Domain        string  // the rater's remote domain; "" = local
	CreditedMilli int64   // milli-points, or 1000 for each thing counted; negative in a reversal
	Outside       bool    // counts for the instance too, not in this circle alone

	Day            Day   // the day it counts for; of a reversal that of the event taken back
	At             int64 // UTC microseconds when it was written
	FormulaVersion int
	Reverses       EventID // the event taken back; 0 = none
	Restores       EventID // the event given back, which was taken back before; 0 = none
}

// Reverse returns the event that takes back exactly what e credited, as of the day it was credited.
// It keeps e's source, whose sums it returns to; who decided is the moderation log's to tell. An event
// may be reversed once and a reversal never: the ledger holds Reverses unique.
func (e Event) Reverse(id EventID, at int64) (Event, error) {
	if e.Reverses != 0 {
		return Event{}, fmt.Errorf("event %d is itself a reversal", e.ID)
	}
	r := e
	r.ID, r.At, r.Reverses, r.Restores, r.CreditedMilli = id, at, e.ID, 0, -e.CreditedMilli
	return r, nil
}

// sign is +1, or -1 for a reversal.
func (e Event) sign() int {
	if e.Reverses != 0 {
		return -1
	}
	return 1
}

// instanceOnly and circleOnly say where a kind makes sense.
func (k Kind) instanceOnly() bool { return k == Known || k == Active }

func (k Kind) circleOnly() bool {
	switch k {
	case Known, Active, Approved, Minor, Serious, VouchLost:
		return false
	}
	return true
}

// Check refuses an event that no formula writes: of an unknown kind or version, outside the days
// that sums have room for, or with an amount that its kind cannot have.
func (e Event) Check() error {
	bad := func(format string, args ...any) error {
		return fmt.Errorf("event %d (%s): %s", e.ID, e.Kind, fmt.Sprintf(format, args...))
	}
	v, ok := VersionOf(e.FormulaVersion)
	if !ok {
		return bad("there is no formula %d", e.FormulaVersion)
	}
	known := false
	for _, k := range Kinds() {
		known = known || k == e.Kind
	}
	amount := e.CreditedMilli * int64(e.sign())
	var most int64 = one
	if e.Kind.points() {
		most = max(v.RaterCap, v.Serious)
	}
	switch {
	case !known:
		return bad("there is no such kind")
	case e.ID <= 0 || e.Subject <= 0 || e.Circle < 0 || e.Source < 0:
		return bad("an id is missing or negative")
	case e.Day < Epoch || e.Day > Horizon || DayOf(e.At) < e.Day || DayOf(e.At) > Horizon:
		return bad("day %d is out of range or after it was written", e.Day)
	case e.Reverses < 0 || e.Restores < 0 || e.Reverses != 0 && e.Restores != 0:
		return bad("it reverses %d and restores %d", e.Reverses, e.Restores)
	case e.Kind.instanceOnly() && e.Circle != 0, e.Kind.circleOnly() && e.Circle == 0:
		return bad("it does not belong to circle %d", e.Circle)
	case amount < 0 || amount > most || !e.Kind.points() && amount%one != 0:
		return bad("it cannot credit %d", e.CreditedMilli)
	case e.WeightMilli < 0 || e.WeightMilli > v.WeightRegular:
		return bad("a weight of %d", e.WeightMilli)
	case e.Kind.rates() && (e.Source == 0 || e.Source == e.Subject):
		return bad("nobody rates themselves")
	case e.Kind.rates() && e.CreditedMilli != 0 && (e.Branch == 0 || e.WeightMilli == 0):
		return bad("credited without weight or branch")
	case (e.Kind == Vouch || e.Kind == VouchEnded) && (e.Source == 0 || e.Source == e.Subject):
		return bad("nobody vouches for themselves")
	case e.Kind == Introduced && (e.Branch == 0 || e.Source == 0 || e.Source == e.Subject):
		return bad("introduced by nobody or into no branch")
	}
	return nil
}
