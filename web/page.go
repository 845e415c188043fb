package web

import (
	"halqa/internal/i18n"
)

// A Site is what every page says about this instance.
type Site struct {
	Name    string
	Host    string // as it stands in handles; with the port on a loopback instance
	About   string // one sentence by the owner; may be empty
	Version string
	Signup  bool // whether new people may sign up
}

// A Viewer is the person who is signed in.
type Viewer struct {
	Person  PersonRef
	Admin   bool
	Staff   bool // moderates the instance
	Unseen  int  // notifications not seen; 100 stands for more
	Letters int  // private messages not read
	Tips    bool // there is something to tip with
}

// A Page is what the shell around every page needs. Each page's view embeds it.
type Page struct {
	Site        Site
	Title       string // without the site's name; empty only on the home page
	About       string // for <meta name=description>; may be empty
	Lang        string
	Languages   []i18n.Language
	Theme       string  // "light", "dark" or "" for the system's
	Density     string  // "compact" or ""
	Viewer      *Viewer // nil for a visitor
	Here        string  // path and query of this page, where forms of the shell return to
	Section     string  // "home", "circles", "search", "messages" or "notifications": which link of the shell is this page
	Flash       *Flash  // what the last form did; shown once
	Canonical   string  // the address others should link to; may be empty
	ActivityURL string  // the same thing as ActivityStreams; may be empty
	NoIndex     bool    // remote and limited things are not for search engines

	reveal bool // the reader wants sensitive things shown at once
}

// A Flash is one sentence about what the last form did.
type Flash struct {
	Text string
	Good bool
}

// A Link is an address with its words, already in the reader's language.
type Link struct {
	Label string
	Href  string
}

// A Tab is a link in a row of which one is the current page.
type Tab struct {
	Label   string
	Href    string
	Current bool
}

// An Option is one choice of a select.
type Option struct {
	Value    string
	Label    string
	Selected bool
}
