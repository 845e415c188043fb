package web

import "time"

// StandingView is page "standing", /me/standing: one's own ledger.
type StandingView struct {
	Page
	Circle   CircleRef // whose lines these are; Href "" = the instance's
	Known    string    // sentences about the instance
	Totals   []StandingTotal
	Lines    []StandingRow
	More     string
	Download []Link
}

// A StandingTotal is standing in one circle, with the sum in words.
type StandingTotal struct {
	Circle CircleRef
	Href   string // its lines
	Number string
	Tier   string
	Sum    []string // sentences
}

// A StandingRow is a line of the ledger.
type StandingRow struct {
	At        time.Time
	What      string // the event
	About     Link
	By        PersonRef
	Gave      string // what it credited
	Why       string // what it was worth and why not more
	TakenBack bool
	Appeal    string // where to object; "" = it is nobody's decision
}
