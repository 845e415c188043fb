package reputation

// What an operator's silence grants: an appeal against a gate that nobody answers opens it for a while.
const (
	PassAfter  = 7  // days an appeal may wait
	PassDays   = 14 // days a pass holds
	PassPerDay = 5  // posts and comments a day, text only
	PassMost   = 20 // passes in one circle at once; later ones go to the instance's admin
)

// An Answer is what becomes of an open appeal without anybody's doing.
type Answer string

const (
	Waits   Answer = "waits"
	Passes  Answer = "passes"   // a pass of PassDays from today
	ToAdmin Answer = "to_admin" // the circle has as many passes as it may
)

// Unanswered returns what becomes of an appeal against a gate that was opened on a day and is still
// unanswered, in a circle where so many passes hold. One person has one open appeal in a circle.
func Unanswered(opened, today Day, passes int) Answer {
	switch {
	case today-opened < PassAfter:
		return Waits
	case passes >= PassMost:
		return ToAdmin
	}
	return Passes
}

// PassHolds reports whether a pass granted on a day lets its owner write today: text, and no more than
// PassPerDay in all. What is written with it is accepted like anything else that stays 48 hours.
func PassHolds(granted, today Day, writtenToday int) bool {
	return granted != 0 && today >= granted && today-granted < PassDays && writtenToday < PassPerDay
}
