package web

import "time"

// A PacketLine is a red packet in a list.
type PacketLine struct {
	Href   string
	Maker  PersonRef
	Sum    string
	Taken  int
	Shares int
	Random bool
	Ends   time.Time
	Over   bool
}

// PacketsView is page "packets": /c/{name}/packets, where members lay down and find them, and /packets,
// one's own.
type PacketsView struct {
	Page
	Form
	Circle CircleRef
	Own    bool // the reader's own, of all circles
	Action string
	Rows   []PacketLine

	May      bool   // the reader lays one down
	WhyNot   string // else why
	Have     string
	Range    string
	Most     int // shares
	Hours    int // that it lies
	NoRandom bool
	On       Link   // the post it lies with; empty = none
	Post     string // its number
	Amount   string // as typed
	Shares   string
	Random   bool

	Confirm bool // say what will happen
	Sum     string
	Once    string
}

// PacketView is page "packet", /packets/{id}.
type PacketView struct {
	Page
	Form
	ID        string
	Circle    CircleRef
	On        Link
	Maker     PersonRef
	Own       bool
	Sum       string
	Shares    int
	Taken     int
	Random    bool
	Ends      time.Time
	Over      bool
	Mine      string // what the reader took; "" = nothing
	May       bool
	MayReturn bool
	WhyNot    string
	Back      string // what went back; "" = nothing
	Takers    []TakerRow
}

// A TakerRow is who took from a packet. Of shares that differ, how much is not said.
type TakerRow struct {
	Person PersonRef
	Sum    string
	At     time.Time
}
