package web

import "time"

// ReportView is page "report": what a member says against a post, a person or a circle.
type ReportView struct {
	Page
	Form
	Action     string
	Subject    string // an excerpt of what is reported; may be empty
	Elsewhere  string // the server that is told as well; "" = none
	Categories []Option
	Words      string
	Letter     bool // it is a private message
	Back       Link
}

// DesksView is page "desks", /mod: where the reader decides.
type DesksView struct {
	Page
	Desks []DeskRow
}

// A DeskRow is one list of reports. Circle is nil for that of the instance, which has a Label.
type DeskRow struct {
	Circle *CircleRef
	Label  string
	Href   string
	Open   int
}

// QueueView is page "queue", /c/{name}/mod and /mod/site.
type QueueView struct {
	Page
	Form
	Action  string
	Circle  CircleRef // empty for the instance's
	Tabs    []Tab
	Which   []Tab // open and decided ones
	Decided bool
	Cases   []CaseRow
	More    string
}

// A CaseRow is a report with what was said.
type CaseRow struct {
	ID         int64
	What       Link
	Excerpt    string
	Gone       string // what became of it already; "" = it is there
	Author     PersonRef
	Circle     *CircleRef
	Category   string
	Count      int // who reported it
	At         time.Time
	Complaints []ComplaintRow
	Open       bool
	MayRemove  bool
	MayBan     bool
	Days       []Option
	Severity   []Option // of what is upheld; none of a circle

	State    string // of a decided one
	Decision string
	By       PersonRef
	Note     string

	Do, Reason, Problem string // what was sent and refused
}

// A ComplaintRow is what one person said.
type ComplaintRow struct {
	Who      PersonRef
	Category string
	Words    string
	At       time.Time
}

// BansView is page "bans", /c/{name}/bans.
type BansView struct {
	Page
	Form
	Circle CircleRef
	Action string
	Tabs   []Tab
	Bans   []BanRow
	More   string

	Who    string // the form's
	Reason string
	Also   bool
	Days   []Option
}

// A BanRow is somebody who is shut out.
type BanRow struct {
	ID     int64
	Person PersonRef
	Handle string
	At     time.Time
	Until  time.Time // zero = for good
	Reason string
}

// LogView is page "modlog".
type LogView struct {
	Page
	Circle  CircleRef // empty for the instance's
	Tabs    []Tab
	Limited bool // some of it is not for everyone who asks
	Entries []LogRow
	More    string
}

// A LogRow is what a moderator did.
type LogRow struct {
	At     time.Time
	By     PersonRef // without a name for those who are no moderators
	Action string
	Post   Link
	Person PersonRef
	Of     *CircleRef // the circle it was done to
	Circle *CircleRef // that it was done in
	Host   string
	Policy string
	Until  time.Time
	Reason string
}

// A BlockRow is a person or a circle that the reader shut out. One of the two is empty.
type BlockRow struct {
	Person PersonRef
	Circle CircleRef
	Undo   string // where the form goes
	Label  string // its button
}

// A FollowerRow is somebody who asks to follow the reader.
type FollowerRow struct {
	ID     int64
	Person PersonRef
	Handle string
}

// SuspensionsView is page "suspended", /mod/suspended.
type SuspensionsView struct {
	Page
	Tabs []Tab
	Rows []SuspensionRow
	More string
}

// A SuspensionRow is a person or a circle that is out of use here.
type SuspensionRow struct {
	Circle *CircleRef // nil = it is a person
	Person PersonRef
	Handle string
	At     time.Time
	Reason string
	Lift   string // address of the form
}

// PoliciesView is page "policies", /about/peers.
type PoliciesView struct {
	Page
	Peers []PolicyRow
	More  string
}

// A PolicyRow is a server that not everything is exchanged with.
type PolicyRow struct {
	Host    string
	Level   string
	Blocked bool
	Reason  string
	Since   time.Time // zero = not known
}
