package web

import "time"

// AppealView is page "appeal", /appeal: the form by which somebody objects to what was decided about them.
type AppealView struct {
	Page
	Form
	Action  string // with what it is against
	Case    AppealRow
	Site    bool // those who run the instance answer
	Silence bool // nobody's answer opens it
	Words   string
}

// AppealsView is pages "appeals", /appeals, and "appeal-queue", /c/{name}/appeals and /mod/appeals.
type AppealsView struct {
	Page
	Form
	Action string
	Circle CircleRef // empty for the instance's and for one's own
	Tabs   []Tab
	Bans   []Link // of one's own: where one is shut out, to object to it
	Rows   []AppealRow
	More   string
}

// SuspensionView is page "suspension", /suspension: what somebody who is suspended reads of it, and their word
// against it.
type SuspensionView struct {
	Page
	Form
	Since    time.Time
	Reason   string     // may be empty
	Open     *AppealRow // what waits for an answer
	Answered *AppealRow // the objection that has its answer
	May      bool       // they may write one
	Refused  string     // why not, if no row says it
	Words    string
}

// An AppealRow is one appeal.
type AppealRow struct {
	ID       int64
	What     string // what it is against, in words
	About    Link   // the post; may be empty
	Who      PersonRef
	Circle   *CircleRef
	Said     string // what was said when it was decided
	Words    string // what the person says
	At       time.Time
	State    string
	Open     bool
	Site     bool
	Due      time.Time // when nobody's answer opens it; zero = it does not
	First    string    // the circle's answer to one that was taken further
	Note     string    // the answer
	MayGoOn  bool
	May      bool // the reader may answer
	Approves bool // granting it approves the person

	Reason, Problem string // what was sent and refused
}
