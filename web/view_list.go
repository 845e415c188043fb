package web

// ListView is page "list", /u/{name}/lists/{slug}: the posts of the circles in a list.
type ListView struct {
	Page
	Feed
	Heading string
	About   string
	Owner   PersonRef
	Private bool
	Edit    string // address of its form; empty unless it is the reader's own
	Circles []DirectoryRow
}

// A ListRow is one list among others.
type ListRow struct {
	Link
	Slug    string
	Private bool
	Circles int
	Has     bool // the circle that the page is about
}

// ListsView is page "my-lists", /lists: the reader's own, and a form for a new one.
type ListsView struct {
	Page
	Form
	Lists   []ListRow
	Heading string // of the new one
	About   string
	Public  bool
}

// ListFormView is page "list-form", /lists/{slug}: what a list is called, who sees it, and what is in it.
type ListFormView struct {
	Page
	Form
	Action  string
	Back    Link
	Heading string
	About   string
	Public  bool
	Circles []DirectoryRow
	Add     string // what was typed to be added
}

// CircleListsView is page "circle-lists", /c/{name}/lists: which of the reader's lists a circle is in.
type CircleListsView struct {
	Page
	Form
	Circle  CircleRef
	Lists   []ListRow
	Heading string // of a new one
}
