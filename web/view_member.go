package web

import (
	"time"

	"halqa/circles"
)

// NotificationsView is page "notifications".
type NotificationsView struct {
	Page
	Groups []NotificationGroup
	Latest int64 // id of the latest, to mark all as seen
	Unseen bool  // there is something to mark
	More   string
}

// A NotificationGroup is what happened in one thread, or who follows.
type NotificationGroup struct {
	Thread  circles.PostID // 0 = it is not about a thread, or the thread is gone
	Heading Link
	Circle  *CircleRef
	Latest  int64
	Unseen  int
	Shown   []Notification
	More    int // notifications that are not shown
}

// A Notification is one line of it.
type Notification struct {
	Who     PersonRef // Href is empty where nobody is named
	What    string    // what they did, in words
	Href    string    // where it is read
	At      time.Time
	Seen    bool
	Excerpt string // plain text, one line
}

// An ItemRow is a post or a comment in a list of both.
type ItemRow struct {
	Post *PostRow
	Said *Saying
}

// SavedView is page "saved".
type SavedView struct {
	Page
	Items []ItemRow
	More  string
}

// TagView is page "tag", /tag/{tag}.
type TagView struct {
	Page
	Feed
	Tag      string // without its #
	Path     string
	Wish     string // the reader's: "", "follow" or "block"
	Popular  []TagRow
	Followed []Link
}

// A TagRow is a tag in the margin.
type TagRow struct {
	Link
	People int // who used it of late
}

// SearchView is page "search".
type SearchView struct {
	Page
	Query      string
	Type       string
	Types      []Tab
	In         string // the circle that is searched, as its address names it; "" = everywhere
	InCircle   CircleRef
	Everywhere string // address of the same search without In
	Address    bool   // the query names something on another server that is not known here
	MayLook    bool   // the reader may have it fetched
	Wordless   bool
	Items      []ItemRow
	Circles    []DirectoryRow
	People     []PersonRow
	More       string
}

// A PersonRow is a person in a list.
type PersonRow struct {
	Person PersonRef
	Handle string // @name@host
}

// CirclePeopleView is page "circle-people", /c/{name}/people.
type CirclePeopleView struct {
	Page
	Circle  CircleRef
	Members int
	People  []CirclePersonRow
	More    string
}

// A CirclePersonRow is somebody who belongs to a circle.
type CirclePersonRow struct {
	Person  PersonRef
	Handle  string // @name@host
	Role    string // in words
	Runs    bool   // it is more than a member's
	At      time.Time
	Tier    string // in words; empty where it is not the reader's to know
	Vouch   string // address of the page to vouch for them; empty = the reader may not
	Vouched bool   // the reader does
}
