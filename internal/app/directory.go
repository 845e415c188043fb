package app

import (
	"context"
	"slices"

	"halqa/circles"
	"halqa/internal/store"
)

// A DirectoryQuery says which circles a page of the directory lists.
type DirectoryQuery struct {
	Topic    string // "" = every topic
	Language string // BCP 47; "" = every language
	Local    bool   // only circles that live here
	Cursor   string // DirectoryPage.Next of the page before
	Limit    int    // 0 = 25; at most 100
}

// A DirectoryPage is a page of the directory.
type DirectoryPage struct {
	Rows   []CircleRow // the viewer's place is Role
	Topics []Topic     // the most common ones; some minutes old
	Next   string      // the cursor of the page after; "" = this is the last
}

// Directory lists public circles, and to people of this instance its local-only ones, the liveliest
// first.
func (a *App) Directory(ctx context.Context, v circles.Viewer, q DirectoryQuery) (*DirectoryPage, error) {
	page := new(DirectoryPage)
	err := a.view(ctx, "directory", func(tx *store.Tx) error {
		*page = DirectoryPage{}
		d := store.Directory{Topic: q.Topic, Language: q.Language, Local: q.Local}
		var err error
		if d.After, err = decodeMark("d-", q.Cursor); err != nil {
			return err
		}
		limit := pageSize(q.Limit)
		d.Limit = limit + 1
		if page.Rows, err = tx.DirectoryPage(v, d); err != nil {
			return err
		}
		if len(page.Rows) > limit {
			page.Rows = page.Rows[:limit]
			last := page.Rows[limit-1].Circle
			page.Next = encodeMark("d-", store.Mark{Key: last.PostedAt, ID: int64(last.ID)})
		}
		page.Topics, err = a.topics.at(tx, func() ([]Topic, error) { return tx.Topics(topicFounders, maxTopics) })
		return err
	})
	if err != nil {
		return nil, err
	}
	return page, nil
}

const (
	maxTopics = 40 // that the directory offers

	// topicFounders is how many people must have founded circles with a topic for it to be offered to all who
	// look: what a single one writes there is a word to search for, and no sign over the door.
	topicFounders = 3
)

// JoinedCircles returns the circles the viewer has a place in, by name.
func (a *App) JoinedCircles(ctx context.Context, v circles.Viewer) ([]CircleRow, error) {
	if !v.SignedIn() {
		return nil, nil
	}
	var rows []CircleRow
	err := a.view(ctx, "joined circles", func(tx *store.Tx) (err error) {
		rows, err = tx.CirclesOf(v, v.Person, false, maxCircles)
		return err
	})
	return rows, err
}

// marginAmong is of how many circles, those known here last, the margin's are the first by name.
const marginAmong = 50

// MarginCircles returns a few circles that the viewer has a place in, by name, for the margin of a page:
// without their descriptions. joined is whether they belong to any circle at all.
func (a *App) MarginCircles(ctx context.Context, v circles.Viewer, limit int) (rows []CircleRow, joined bool, err error) {
	if !v.SignedIn() {
		return nil, false, nil
	}
	err = a.view(ctx, "circles of the margin", func(tx *store.Tx) (err error) {
		if rows, err = tx.SomeCirclesOf(v, marginAmong, limit); err != nil {
			return err
		}
		if joined = slices.ContainsFunc(rows, func(r CircleRow) bool { return r.Role.Member() }); !joined {
			joined, err = tx.IsMember(v.Person)
		}
		return err
	})
	return rows, joined, err
}
