package web

import (
	"time"

	"halqa/circles/reputation"
)

// A GateNotice says before anybody types what becomes of what they write: it is held, refused, or bounded.
type GateNotice struct {
	About  string // what it is about, where a form has several; "" = the form itself
	Text   string
	Why    string // the page that explains every action
	Appeal string // where to object; "" = there is nothing to object to
	Bad    bool   // it would be refused
	Held   bool   // it would wait for a moderator
}

// WhyView is page "why", /c/{name}/why and /why: what is asked before each action, of whoever reads it.
type WhyView struct {
	Page
	Form
	Circle  CircleRef // empty for the instance
	Rows    []WhyRow
	Storm   time.Time // until when; zero = there is none
	Next    []string  // lines of what is announced
	NextAt  time.Time
	Pilot   bool
	Log     string
	Feed    string
	Edit    string // "" = the reader may not
	Staff   []PersonRef
	Visitor bool // nobody is signed in: it is about a new account

	Action string // where the form goes in which somebody elsewhere gives their handle
	Ask    bool   // it is shown
	Typed  string
	Of     *WhyOf // whom the page is about instead of its reader; nil = nobody was named

	actions []reputation.Action // of the rows
}

// WhyOf is somebody elsewhere whom the page is about.
type WhyOf struct {
	Handle  string
	Seen    bool   // they have done something here
	Refused string // what shuts everything to them; "" = nothing
	Log     string // where that stands for everyone
}

// A WhyRow is one action.
type WhyRow struct {
	Action  string
	Outcome string // allow, hold, request or deny
	Label   string // the same in words
	Rules   []string
	Text    string // what is missing, to the reader
	Ways    []WhyWay
	Appeal  string // where to object; "" = nothing stands in the way
}

// A WhyWay is what is missing on one path, of somebody elsewhere.
type WhyWay struct {
	N       int // from 1
	Clauses []WhyClause
}

// A WhyClause is one fact that is missing, or that is not told of others.
type WhyClause struct {
	What   string
	Hidden bool
	Have   string    // where it is not hidden
	When   time.Time // when waiting brings it, at the earliest; zero = it does not, or nothing has begun
}

// GatesView is page "gates", the editor at /c/{name}/gates and /admin/gates.
type GatesView struct {
	Page
	Form
	Circle  CircleRef // empty for the instance
	Tabs    []Tab
	Action  string
	Presets []PresetRow
	Base    int64
	Gates   []GateForm
	Reason  string

	Preview *GatePreview
	Next    []string // announced
	NextAt  time.Time
	Pilot   bool
	Storms  bool // a circle's page: there may be storms
	Storm   time.Time
	MayAt   time.Time // when the next storm may begin; zero = now
	Why     string
	Log     string
	Filter  string

	Bounds []BoundRow // of the instance
	New    []Option   // what new circles begin with
}

// A PresetRow is settings that can be chosen whole.
type PresetRow struct {
	Option
	Lines []string // what it asks, as sentences; none for settings of one's own
}

// A GateForm is the fields of one action.
type GateForm struct {
	Name  string // of the action
	Label string
	Lines []string // what is asked now, as sentences
	Open  bool     // its fields are shown
	Paths []PathForm
	Else  []Option

	Limited bool // it can have limits
	Below   []Option
	PerDay  string
	Text    bool // it has text: the next two are fields
	Only    bool
	Links   string
	Held    bool // it can hold the first
	First   string

	MayOff bool
	Off    bool
}

// A PathForm is one way through a gate.
type PathForm struct {
	N      int // from 1
	Fields []FactField
}

// A FactField is one fact of a path. Options are of a tier or a yes; else it is a number.
type FactField struct {
	Name, Label, Value string
	Options            []Option
}

// A GatePreview is what a change would do.
type GatePreview struct {
	Diff   []string
	At     time.Time // zero = at once
	Now    []string  // what of it holds at once, when the rest waits
	Trials []string
	Same   bool
}

// A BoundRow is one bound of the instance.
type BoundRow struct {
	Name, Label, Value string
	Most               int
}

// GateLogView is page "gatelog".
type GateLogView struct {
	Page
	Circle  CircleRef
	Entries []GateLogRow
	Feed    string
	Why     string
	More    string
}

// A GateLogRow is a change of gates.
type GateLogRow struct {
	ID        string
	At        time.Time
	By        PersonRef // without a name where a rule of the program did it
	What      string
	Effective time.Time // where it is later than At
	Reason    string
	Diff      []DiffLine
}

// A DiffLine is one line of what changed.
type DiffLine struct {
	Added bool
	Text  string
}

// HeldView is page "held", what waits in a circle, and page "heldpost", one of them.
type HeldView struct {
	Page
	Form
	Circle CircleRef
	Tabs   []Tab
	Rows   []HeldRow
	More   string
}

// A HeldRow is a post or comment that waits, or waited.
type HeldRow struct {
	Base    string // the revision that is shown, which alone is decided about
	Appeal  string // where its author objects; "" = they cannot
	ID      string
	What    Link
	Author  PersonRef
	Excerpt string
	At      time.Time
	Until   time.Time
	Why     string
	Mine    bool // the reader wrote it
	May     bool // the reader decides
	State   string
	Note    string
	Edit    bool   // a change was refused, and the rest stands
	Reason  string // typed and refused
	Problem string
}

// FilterView is page "filter", /c/{name}/filter.
type FilterView struct {
	Page
	Form
	Circle   CircleRef
	Tabs     []Tab
	Action   string
	Words    string
	Hosts    string
	Links    string
	Mentions string
	Below    []Option
	Begging  bool // what asks for direct transfers is held
}
