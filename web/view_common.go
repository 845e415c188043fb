package web

import (
	"html/template"
	"strings"
	"time"

	"halqa/circles"
)

// A PersonRef is a person as a byline shows them.
type PersonRef struct {
	Actor     string // the actor's id, which the colour comes from
	Name      string // "ada" or "ada@example.org"
	Display   string // what they call themselves; falls back to Name
	Emoji     string // small pictures in Display; see circles.NameEmoji
	Href      string
	Avatar    string // address of a small picture; may be empty
	Moderator bool   // wears the second ring
}

// Host is the server of somebody from elsewhere; "" of one of ours.
func (p PersonRef) Host() string {
	_, host, _ := strings.Cut(p.Name, "@")
	return host
}

// Called is what the person calls themselves. Where it stands without Host, anybody elsewhere can look
// like one of ours.
func (p PersonRef) Called() string {
	if p.Display != "" {
		return p.Display
	}
	name, _, _ := strings.Cut(p.Name, "@")
	return name
}

// Label is what to call the person, with their server if it is another one.
func (p PersonRef) Label() string {
	if host := p.Host(); host != "" {
		return p.Called() + " @" + host
	}
	return p.Called()
}

// A CircleRef is a circle as a line of a list shows it.
type CircleRef struct {
	Actor string // the actor's id, which the glyph and its colour come from
	Name  string // "gardening" or "gardening@example.org"
	Title string
	Href  string
	Hue   int // 1 + the owner's choice among the twelve hues; 0 = from the hash of Actor
}

// Host is the server of a circle elsewhere; "" of one of ours.
func (c CircleRef) Host() string {
	_, host, _ := strings.Cut(c.Name, "@")
	return host
}

// Label is what to call the circle; Host stands beside it.
func (c CircleRef) Label() string {
	if c.Title != "" {
		return c.Title
	}
	name, _, _ := strings.Cut(c.Name, "@")
	return name
}

// A Vote is the ring under a post or comment.
type Vote struct {
	ID       circles.PostID
	Up, Down int
	Mine     int    // 1, -1 or 0
	May      bool   // whether this reader may vote
	Login    string // for a visitor: the address of the login page that comes back here
	Back     string // where the form returns to without JavaScript: a local path with an anchor
	NoDown   bool   // this circle has no dislikes
}

// A PostRow is a post in a list.
type PostRow struct {
	ID        circles.PostID
	Href      string
	Title     string
	Excerpt   string // plain text
	Lang      string // of the post; empty when unknown or the page's
	Circle    *CircleRef
	Author    PersonRef
	At        time.Time
	LinkHost  string // host of the link it carries; may be empty
	LinkHref  string
	Thumb     *Photo
	Photos    int
	Comments  int
	Vote      Vote
	Sensitive bool
	Warning   string // what the author says to expect; may be empty
	Pinned    bool
	Locked    bool
	Audience  string // "unlisted", "local" or "members"; "" when public
	State     string // what became of it, for who still sees it: a sentence; "" = it is visible
	Saver     Saver
	Poll      *PollLine
	Tipped    int  // people who tipped it
	Seen      bool // the reader has looked at it
	New       int  // comments since then
}

// A Saver is the button that keeps a post in the reader's list.
type Saver struct {
	ID    circles.PostID
	Saved bool
	May   bool   // the reader has a list
	Back  string // where the form returns to without JavaScript
}

// A Feed is a list of posts with its tabs and the way on.
type Feed struct {
	Tabs  []Tab // which posts; may be empty
	Sorts []Tab
	// Windows say how old the posts may be, for the sorts that ask.
	Windows []Tab
	Posts   []PostRow
	More    string // address of the next page; may be empty
	ShowAll string // address of the same list with what was read, when that is left out
}

// An Action is one entry of a post's or comment's menu: a link, or a form with one button.
type Action struct {
	Label  string
	Href   string
	Post   bool // by POST, at once
	Danger bool
}

// A Quote is the card of what a post or comment quotes.
type Quote struct {
	Gone    bool // it is not there for this reader
	Away    Link // where it is, if it was never here
	Href    string
	Title   string // of a post; empty of a comment
	By      PersonRef
	Circle  Link
	At      time.Time
	Lang    string
	Excerpt string // plain text
	Veiled  bool   // it is sensitive
	Warning string
}

// A Comment is one voice of a thread with everything below it.
type Comment struct {
	ID     circles.PostID
	Href   string // its own place, /post/{id}?focus={cid}#c{cid}
	Author PersonRef
	OP     bool // by the post's author
	Helped bool // called helpful
	At     time.Time
	Edited time.Time // zero = never
	Lang   string
	Body   template.HTML // sanitised by internal/text
	Photos []Photo
	Quote  *Quote
	Warn   string // content warning; empty = none
	Vote   Vote
	Level  int    // 1 = an answer to the post
	Gone   string // in its place, when deleted, removed or held: a sentence in the reader's language
	Reply  string // address of the reply page; empty = may not
	Tip    string // where the reader tips its author; empty = cannot
	Tipped int    // people who did
	Menu   []Action
	Kids   []Comment
	Below  int    // how many comments stand below it, shown or not
	Rest   string // address of the thread below, when it is cut here; may be empty
	Hidden int    // how many comments are there
	Above  string // address of what stands above it, when the page does not begin with the post; may be empty
	Focus  bool
	New    bool // came since the reader last looked
}
