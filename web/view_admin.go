package web

import "time"

// AdminView is page "admin", /admin and what is below it.
type AdminView struct {
	Page
	Form
	Tabs    []Tab
	Section string // "site", "people", "peers" or "audit"

	Name         string // site
	Sentence     string
	Registration []Option

	People []AccountRow // people

	Peers    []PeerRow // peers
	Host     string    // the form's
	Reason   string
	Policies []PolicyOption

	Findings []FindingRow // audit

	More string
}

// A FindingRow is something that the audit of ratings found.
type FindingRow struct {
	ID      string
	Circle  CircleRef
	At      time.Time
	What    string // a sentence
	Open    bool
	Days    int // of open ones: until it lapses
	Outcome string
	Reason  string
	People  []FoundRow
}

// A FoundRow is somebody in it.
type FoundRow struct {
	Person PersonRef
	Guest  bool // brought in by one of those found
	Cut    bool // not introduced any more
}

// An AccountRow is an account of this instance.
type AccountRow struct {
	Person    PersonRef
	Name      string
	Since     time.Time
	Seen      time.Time // to the hour; zero = never
	Suspended bool
	Roles     []Option
}

// A PeerRow is another server. Times are zero where there is nothing to say.
type PeerRow struct {
	Host     string
	Software string
	Policy   string // "" = everything is exchanged
	Blocked  bool
	Trusted  bool // in standing
	Reason   string
	Reached  time.Time
	Heard    time.Time
	Failing  time.Time
	Next     time.Time
	Status   int
	Error    string
	Change   string // address of the form about it

	Queue   bool // something is known about what waits
	Pending int
	Behind  bool
	Oldest  time.Time
	Window  int
	Dropped int
	Dormant bool
}

// A PolicyOption is one of what can be exchanged.
type PolicyOption struct {
	Value, Label, Help string
	Selected           bool
}

// ElsewhereView is page "elsewhere": the way to join a circle from another server.
type ElsewhereView struct {
	Page
	Form
	Circle CircleRef
	Handle string // of the circle, to copy
	Action string
	Me     string // what was typed
	Host   string // where Me lives; "" = it could not be read
	Go     string // address there; "" = it did not say
}
