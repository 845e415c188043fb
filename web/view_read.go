package web

import (
	"html/template"
	"time"

	"halqa/circles"
)

// HomeView is page "home": what this place is for a visitor, the feeds for a member.
type HomeView struct {
	Page
	Feed
	Circles []DirectoryRow // for the margin: lively ones for a visitor, suggestions or one's own for a member
	Joined  bool           // the member has joined at least one circle
	Fresh   bool           // nobody runs this instance yet
	Open    []CircleRef    // circles the member may write in, for "new post"
	Lists   []ListRow      // the member's lists of circles
}

// A DirectoryRow is a circle in the directory.
type DirectoryRow struct {
	Circle     CircleRef
	About      string // plain text, one or two lines
	Members    int
	Posts      int
	Active     time.Time // of the last post; zero = none yet
	Topic      string
	Sensitive  bool
	Visibility string // "public", "unlisted", "local" or "members"
	Role       string // the viewer's: "", "pending", "member", "moderator", "operator", "owner"
}

// DirectoryView is page "directory", /circles.
type DirectoryView struct {
	Page
	Form
	Query   string
	Address bool   // the query names somebody of another server whom nobody here knows
	What    string // what was to be looked up elsewhere
	Origins []Tab
	Topics  []Tab
	Rows    []DirectoryRow
	More    string
	MayNew  bool // the viewer may found a circle
	MayLook bool // the viewer may have other servers asked
}

// A CircleHead is what stands above everything that belongs to a circle.
type CircleHead struct {
	Circle     CircleRef
	Handle     string // "!gardening@example.org", to copy
	Remote     string // its address at its origin; empty when local
	Moved      string // where it lives now; "" = here
	Visibility string
	Sensitive  bool
	Role       string // the viewer's: "", "pending", "member", "moderator", "operator", "owner"
	MayJoin    bool
	MayLeave   bool
	Login      string // for a visitor: the login page that comes back here
	MayPost    bool
	WhyNot     string // why MayPost is false, in the reader's language; may be empty
	Door       string // what a circle elsewhere answered to the reader's wish to join; may be empty
	DoorAt     string // where it explains that
	Settings   string // address of the circle's settings for who may change them; may be empty
	Menu       []Action
	Mod        string // address of its reports for who moderates it; may be empty
	Reports    int    // open ones
	Log        string // address of its moderators' log; may be empty
	Asks       string // address of what it asks before people act; may be empty
	Search     string // address of a search in it; may be empty
	Blocked    bool   // by the viewer
	Muted      bool
	Elsewhere  string // where a visitor says from which server they want to join; may be empty
}

// CircleView is page "circle", /c/{name}.
type CircleView struct {
	Page
	Form // empty: it asks visitors where they live
	Me   string
	Feed
	Head       CircleHead
	Closed     bool // the viewer is not let in: nothing but Head is set
	Text       template.HTML
	Rules      []Rule
	RulesText  string // instead of Rules, plain text of another server's; sanitised HTML
	Topic      string
	Language   string // in words
	Posting    string // "open" or "operators"
	Members    int
	People     string // address of who they are; "" = not for this reader
	Written    int    // posts so far
	Founded    time.Time
	Moderators []PersonRef
	Stale      time.Time // for a remote circle: when it was last heard from; zero = fine
	Packets    string    // where its members find red packets; "" = there are none
}

// A Rule is one line of a circle's rules.
type Rule struct {
	Text   string
	Detail string
}

// PostView is page "post", /post/{id}.
type PostView struct {
	Page
	ID       circles.PostID
	Head     CircleHead
	Blurb    string // what the circle is about, plain text, for the margin; may be empty
	Rules    []Rule // of the circle
	Headline string
	Lang     string
	Author   PersonRef
	At       time.Time
	Edited   time.Time // zero = never
	History  string    // address of the revisions; empty = none
	Body     template.HTML
	Quote    *Quote
	Link     *Link
	Photos   []Photo
	Poll     *PollView
	Warning  string // set together with Sensitive; may be empty
	// Sensitive text and photos wait behind a fold that anyone may open.
	Sensitive bool
	Pinned    bool
	Locked    bool
	Helped    bool // called helpful
	Audience  string
	Origin    string // address at its origin; empty when local
	Vote      Vote
	Tip       string // where the reader tips the author; empty = cannot
	Tipped    int    // people who did
	Gifts     []GiftRow
	Packets   []PacketLine
	Menu      []Action
	Gone      string // instead of the post, when deleted or removed: a sentence in the reader's language
	Notice    string // above a post that only some still see: why
	Delivery  *Delivery
	Saver     Saver
	Watch     *Watch         // for a member
	FirstNew  circles.PostID // the first comment on the page that is new to the reader; 0 = none

	Sorts    []Tab
	Thread   []Comment
	Comments int
	More     string // address of the next page of the thread
	Whole    string // address of the whole thread, when one branch is shown
	Answer   *AnswerForm
	ByAuthor bool      // only what the author said is shown
	Also     []AlsoRow // posts about the same
	WhyNot   string    // why there is no answer form, in the reader's language; may be empty
}

// An AlsoRow is a post about the same in a circle.
type AlsoRow struct {
	Circle   CircleRef
	Href     string
	Comments int
}

// A Watch is what the reader wants to be told of a thread.
type Watch struct {
	ID           circles.PostID
	Follow, Mute bool
}

// An AnswerForm is the box under a post, and the page /post/{id}/reply?to=.
type AnswerForm struct {
	Form
	Post  circles.PostID
	To    circles.PostID // the comment answered; 0 = the post
	Body  string
	Saved time.Time // when this was kept as a draft
	Kept  bool      // it was kept just now, because it was refused
	Swap  bool      // it stands in the thread, which a script replaces
	Gate  *GateNotice
}

// parent is what is answered.
func (a AnswerForm) parent() circles.PostID {
	if a.To != 0 {
		return a.To
	}
	return a.Post
}

// Delivery tells the author how far a post has got.
type Delivery struct {
	Done    int
	Total   int
	Waiting int
	Hosts   []DeliveryHost // those not reached, worst first, a bounded number
}

// A DeliveryHost is a server that does not have the post yet.
type DeliveryHost struct {
	Host    string
	Error   string    // one sentence: what went wrong, or that nothing has yet
	Next    time.Time // of the next attempt; zero = at once, or never again
	Waiting bool      // nothing went wrong
	Failed  bool      // it was given up
}

// PersonView is page "person", /u/{name}.
type PersonView struct {
	Page
	Person PersonRef
	Handle string
	Bot    bool
	Bio    template.HTML
	Joined time.Time
	Remote string // address at its origin; empty when local
	Self   bool
	// MayFollow says that the viewer may follow them, or end it; Following is "", "pending" or "accepted".
	MayFollow bool
	Following string
	Menu      []Action // what else the viewer can do about them
	Muted     bool     // by the viewer
	Tabs      []Tab    // posts, comments, circles
	Rows      []PostRow
	Said      []Saying
	Circles   []DirectoryRow
	More      string
	Lists     []ListRow
	Tip       string    // where the viewer tips them; empty = cannot
	Pay       []PayLink // where else they can be paid, as their own server says
	Write     string    // where the viewer writes to them; empty = they cannot
	Notice    string    // suspended, moved, blocked: a sentence; may be empty
}

// A PayLink leads to a page that nobody here has looked at, or opens a wallet.
type PayLink struct {
	Href string
	Host string // the whole host that it leads to; "" = a wallet
	Text string // the address to pay to, of a wallet
}

// A Saying is a comment outside its thread.
type Saying struct {
	ID     circles.PostID
	By     PersonRef // who wrote it; without a name on their own page
	Saver  Saver
	On     Link // the post it belongs to
	In     CircleRef
	Href   string
	At     time.Time
	Lang   string
	Body   template.HTML
	Up     int
	Warn   string // content warning; empty = none
	State  string // what became of it; empty = it is visible
	Tipped int    // people who tipped it
}

// MediaView is page "media", /media/{id}: a photo with the description to copy.
type MediaView struct {
	Page
	Photo Photo
	Post  *Link
}

// HistoryView is page "history", /post/{id}/history.
type HistoryView struct {
	Page
	Post      Link
	Revisions []Revision // the newest first
}

// A Revision is what a post or comment once said.
type Revision struct {
	At    time.Time
	By    PersonRef
	Title string
	Link  string
	Body  template.HTML
	First bool
}

// AboutView is page "about".
type AboutView struct {
	Page
	Lede    string // one sentence by the owner; may be empty
	People  int
	Circles int
	Posts   int
	Source  string // where the source of this program is
}

// ErrorView is page "error": one sentence, one way on, and the id to tell the operator.
type ErrorView struct {
	Page
	Status  int
	Message string
	Next    Link
	Also    Link // another way on; empty = there is none
	Request string
}
