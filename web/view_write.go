package web

import (
	"html/template"
	"time"
)

// CircleFormView is page "circle_form": /circles/new, and a circle's settings.
type CircleFormView struct {
	Page
	Form
	Action      string    // where the form goes
	New         bool      // a name can be chosen once
	Circle      CircleRef // whose settings; empty when New
	Tabs        []Tab     // none when New
	Name        string
	Heading     string
	Text        string
	Rules       string // one a line
	Topic       string
	Languages   []Option
	Visibility  []Option
	Posting     []Option
	Sensitive   bool
	LocalNotice bool // no public host is set: every circle stays here
	Hues        []Hue

	Move   string      // the page for moving it away; "" = not the reader's to do
	Staff  []RoleRow   // who runs it
	Asking []PersonRef // who wants to be let in
	Roles  []Option    // what somebody may be made
}

// CircleMoveView is page "circle_move": /c/{name}/move, how a circle moves away, and from where others
// move to it.
type CircleMoveView struct {
	Page
	Form
	Circle  CircleRef
	Address string // what the new circle has to name
	Target  string // where it is to go
	Aliases string // the other addresses, one a line
	Gone    string // where it has gone; then nothing can be changed
}

// A Hue is one colour that a circle may have.
type Hue struct {
	Value    string // "" = by its address
	Label    string
	Class    string
	Selected bool
}

// A RoleRow is one of those who run a circle. Roles is what the viewer may make of them; empty = nothing.
type RoleRow struct {
	Person PersonRef
	Role   string
	Roles  []Option
}

// ComposeView is page "compose", step one of a new post: words and files.
type ComposeView struct {
	Page
	Form
	Head      CircleHead
	Action    string   // /c/{name}/submit or /drafts/{name}
	Circles   []Option // to choose from where the circle is not settled, and Head is empty; else nil
	Draft     string   // the name of the draft that this can be kept as
	Kept      bool     // it was kept just now, because it was refused
	Headline  string
	Link      string
	Body      string
	Languages []Option
	Sensitive bool
	Warning   string
	Slots     []MediaSlot // photos that were sent before and are kept
	Poll      PollDraft
	Gates     []GateNotice // what becomes of a post here, of photos and of links; nil = they are published
	MaxPhotos int
	MaxBytes  int64 // of one photo
}

// A MediaSlot is a photo with the field for its description. The field's name is "alt-" + the id.
type MediaSlot struct {
	Photo   Photo
	File    string // name of the file that was sent
	Alt     string
	Problem string // why this file was refused, in the reader's language; Photo is empty then
	Pos     int    // its place, from 1
	Of      int    // how many there are
}

// Field is the name of the description's form field.
func (m MediaSlot) Field() string { return "alt-" + m.Photo.ID }

// DraftView is page "draft", step two: a description for each photo, a look at the whole, publish. It
// carries the words of step one with it.
type DraftView struct {
	Page
	Form
	Action      string // /c/{name}/submit or /drafts/{name}
	Draft       string // the name of the draft
	In          string // the circle, as in its address
	Head        CircleHead
	Slots       []MediaSlot
	Headline    string
	Link        string
	Body        string
	Language    string
	Sensitive   bool
	Warning     string
	Poll        PollDraft // carried on
	Preview     PostRow
	PreviewBody template.HTML
}

// DraftsView is page "drafts": what its reader has begun and not sent.
type DraftsView struct {
	Page
	Rows []DraftRow
}

// A DraftRow is one of them.
type DraftRow struct {
	Href    string
	Title   string
	Excerpt string
	Comment bool
	Circle  *CircleRef // nil = none is chosen, or it is closed to the reader
	On      Link       // of a comment, the post; empty = it is gone
	Photos  int
	At      time.Time
}

// LostView is page "lost": a comment that can not be sent from here any more, to be copied.
type LostView struct {
	Page
	Why  string // in the reader's language
	Body string
	Drop string // where a form goes that throws it away; "" = it is kept nowhere
}

// EditView is page "edit": a post or a comment of one's own.
type EditView struct {
	Page
	Form
	Action    string // /post/{id}/edit
	Back      Link
	Comment   bool // no title, link or photos
	Headline  string
	Link      string
	Body      string
	Languages []Option
	Sensitive bool
	Warning   string
	Slots     []MediaSlot
	Poll      *EditedPoll // nil = it has none
	Base      string      // the revision this edit starts from, so that two edits do not overwrite each other
	MaxPhotos int
	MaxBytes  int64 // of one photo
}

// ReplyView is page "reply", /post/{id}/reply?to=: what is answered, and the box.
type ReplyView struct {
	Page
	Post   Link
	To     *Comment // without kids; nil when the post is answered
	Answer AnswerForm
}

// ConfirmView is page "confirm": delete, restore, leave — what a link cannot do.
type ConfirmView struct {
	Page
	Form
	Action  string
	Lead    string // what will happen, in the reader's language
	Button  string
	Danger  bool
	Back    Link
	Reason  bool // a moderator says why
	Why     string
	Subject string // an excerpt of what it concerns; may be empty
}

// LoginView is page "login".
type LoginView struct {
	Page
	Form
	Name   string
	Next   string  // local path to go on to
	Kept   Carried // what waits for who signs in
	Object string  // where somebody who was refused for their suspension objects to it
}

// SignupView is page "signup".
type SignupView struct {
	Page
	Form
	Closed bool
	Name   string
	Next   string
	Rules  []Rule
}

// SetupView is page "setup": the first person of a new instance, with the token that the command
// line printed.
type SetupView struct {
	Page
	Form
	Token        string
	Name         string
	SiteName     string // of the instance
	Description  string // of the instance
	Registration []Option
	Checks       []Check
	Done         bool
}

// A Check is one line of the set-up page.
type Check struct {
	Good bool
	Text string
	Fix  string // what to do when it is not good
}

// SettingsView is page "settings", /settings/{section}.
type SettingsView struct {
	Page
	Form
	Tabs    []Tab
	Section string // the last part of its address

	Display   string // profile
	Bio       string
	Picture   PersonRef
	Bot       bool
	Indexable bool
	MaxBytes  int64 // of the picture

	Themes    []Option // appearance
	Densities []Option
	Locales   []Option
	Reveal    bool
	HideRead  bool

	Blocked     []BlockRow // blocks
	Muted       []BlockRow
	Hosts       []string
	Host        string // to be blocked
	BlockedTags []Link

	Waiting []FollowerRow // followers
	Locked  bool          // followers and profile

	Sessions []Session

	Wishes []Option // messages
}

// A Session is one browser that is signed in.
type Session struct {
	ID      string
	What    string // the browser in words
	Since   time.Time
	Seen    time.Time // to the hour
	Current bool
}
