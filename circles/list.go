package circles

// A ListID names a list of circles.
type ListID int64

// A List is circles that a person put together under a name, to read them as one. It stays on this
// instance: no other has a form for it that all would read.
type List struct {
	ID        ListID
	Person    PersonID
	Slug      string // the last part of its address; never changes
	Title     string
	About     string // one line of plain text; may be empty
	Public    bool   // everyone may read it; which circles they meet in it is for each of them to say
	CreatedAt int64  // UTC microseconds
}
