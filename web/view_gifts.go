package web

import "time"

// A GiftRow is a gift that is shown in a thread, without who gave it and how much.
type GiftRow struct {
	Label  string
	Note   string
	On     Link   // the comment it was for; empty = the post
	Report string // where the reader reports its note; "" = they cannot
}

// GiftReportView is page "gift-report", /gifts/{id}/report.
type GiftReportView struct {
	Page
	Form
	Action   string
	Label    string
	Note     string
	Text     string // as typed
	Max      int
	Reported bool // somebody has said so
	Back     string
}

// GiftDeskView is page "gift-desk", /c/{name}/gifts.
type GiftDeskView struct {
	Page
	Circle CircleRef
	Tabs   []Tab
	Rows   []GiftCase
}

// A GiftCase is a note that waits for a moderator.
type GiftCase struct {
	ID     string
	Label  string
	Note   string
	Payer  PersonRef
	Payee  PersonRef
	On     Link
	Report string
	At     time.Time
	Shown  bool // others read it
}
