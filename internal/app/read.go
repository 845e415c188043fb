package app

import (
	"context"
	"fmt"
	"slices"

	"halqa/circles"
	"halqa/internal/store"
	"halqa/internal/text"
)

// The reads of this package run in one View each and ask the database a number of questions that
// does not depend on how much they return. What a viewer may not see is left out here; nobody
// behind them needs to look again.

const (
	// maxPage bounds what a list returns at once.
	maxPage = 100

	excerptLen = 280 // runes; about three lines of a row
)

// A PostCard is a post as a row of a list shows it.
type PostCard struct {
	Post    *circles.Post // without Body and BodyHTML
	Excerpt string        // plain text, one line
	Author  *circles.Actor
	Circle  *circles.Circle // of what is in none: its author's own page, whose Kind is KindPerson
	Photo   *circles.Photo  // the first one with its files; nil = none. Post.PhotoN counts them
	Vote    int             // the viewer's own: 1, -1 or 0
	Saved   bool            // by the viewer
	SeenAt  int64           // when the viewer last looked at the thread, UTC microseconds; 0 = never
	Unread  int64           // comments since then
	Poll    *circles.Poll   // nil = none
}

// Rows that the store returns as its readers need them.
type (
	CircleRow = store.CircleRow
	Moderator = store.Moderator
	Topic     = store.Topic
	Counts    = store.Counts
)

// view runs a read in one snapshot.
func (a *App) view(ctx context.Context, what string, f func(*store.Tx) error) error {
	if err := a.store.View(ctx, f); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}

// cards loads what rows show of these posts, in the order of ids. A row whose post, author or circle
// is gone meanwhile is left out.
func (a *App) cards(tx *store.Tx, v circles.Viewer, ids []circles.PostID) ([]PostCard, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	rows, err := a.leads.read(tx, v.Person, ids)
	if err != nil {
		return nil, err
	}
	var actors []circles.ActorID
	var in []circles.CircleID
	var pictured, asking []circles.PostID
	for _, id := range ids {
		r := rows[id]
		if r == nil {
			continue
		}
		actors = append(actors, r.post.Author.Actor())
		in = append(in, r.post.Circle)
		if r.post.PhotoN > 0 {
			pictured = append(pictured, id)
		}
		if r.lead.Poll {
			asking = append(asking, id)
		}
	}
	people, err := tx.ActorCards(unique(actors))
	if err != nil {
		return nil, err
	}
	around, err := tx.CircleCards(unique(in))
	if err != nil {
		return nil, err
	}
	photos, err := tx.FirstPhotos(pictured)
	if err != nil {
		return nil, err
	}
	polls, err := tx.Polls(asking)
	if err != nil {
		return nil, err
	}
	all := make([]PostCard, 0, len(ids))
	for _, id := range ids {
		r := rows[id]
		if r == nil {
			continue
		}
		author := people[r.post.Author.Actor()]
		card := PostCard{Post: &r.post, Excerpt: r.excerpt, Author: author, Circle: aroundOf(&r.post, around, author), Photo: photos[id],
			Vote: r.lead.Vote, Saved: r.lead.Saved, SeenAt: r.lead.SeenAt, Poll: polls[id]}
		if card.Author == nil || card.Circle == nil {
			continue
		}
		if card.SeenAt != 0 {
			card.Unread = max(r.post.Comments-r.lead.SeenComments, 0)
		}
		all = append(all, card)
	}
	return all, nil
}

// excerptOf takes the excerpt out of a post that was loaded with the beginning of its text.
func excerptOf(p *circles.Post) string {
	lead := p.BodyHTML
	p.BodyHTML = ""
	return text.ExcerptHTML(lead, excerptLen)
}

// letIn returns the circle and the viewer's place in it, if they may read what is in it. Unknown and
// hidden sound alike.
func letIn(tx *store.Tx, v circles.Viewer, id circles.CircleID) (*circles.Circle, circles.Role, error) {
	if id == 0 {
		return nil, "", errNoCircle()
	}
	c, err := tx.Circle(id)
	if err != nil {
		return nil, "", err
	}
	role, err := tx.Role(id, v.Person)
	if err != nil {
		return nil, "", err
	}
	if !circles.MaySee(v, c.Visibility, role) {
		return nil, "", errNoCircle()
	}
	if c.SuspendedAt != 0 {
		return nil, "", errSuspended()
	}
	return c, role, nil
}

// errSuspended is for who could read what is in a circle if it were not suspended.
func errSuspended() error {
	return circles.Errorf(circles.Gone, "This circle was suspended by the people who run this place; the moderation log says why.").With("refused.circle-suspended", nil)
}

// readable returns a post with its circle and the viewer's place in it, if they may enter the circle.
// Whether they get the post's text is MaySeePost's to say.
func readable(tx *store.Tx, v circles.Viewer, id circles.PostID) (*circles.Post, *circles.Circle, circles.Role, error) {
	p, err := tx.Post(id)
	if err != nil {
		return nil, nil, "", err
	}
	if p.Circle == 0 {
		c, err := loose(tx, v, p)
		return p, c, circles.NoRole, err
	}
	c, role, err := letIn(tx, v, p.Circle)
	if circles.Is(err, circles.NotFound) {
		return nil, nil, "", errNoPost()
	}
	return p, c, role, err
}

// What the store says of a circle or post that it does not know.
// loose asks whether the viewer may read something in no circle, and returns the page of the person who
// began the thread in the place of one.
func loose(tx *store.Tx, v circles.Viewer, p *circles.Post) (*circles.Circle, error) {
	root := p
	var err error
	if p.Root != p.ID {
		if root, err = tx.Post(p.Root); err != nil {
			return nil, err
		}
	}
	follows := v.SignedIn() && (v.Person == root.Author || v.Person == p.Author)
	if v.SignedIn() && !root.Listed && !follows {
		f, err := tx.Following(v.Person.Actor(), root.Author.Actor())
		if err != nil {
			return nil, err
		}
		follows = f != nil && f.State == circles.FollowActive
	}
	if !circles.MaySeeLoose(v, root.Listed, follows) {
		return nil, errNoPost()
	}
	author, err := tx.Actor(root.Author.Actor())
	if err != nil {
		return nil, err
	}
	return ownPage(root, author), nil
}

// ownPage stands for the circle of what is in none: the page of who began the thread.
func ownPage(root *circles.Post, author *circles.Actor) *circles.Circle {
	c := &circles.Circle{Actor: *author, Visibility: circles.Unlisted, Posting: circles.PostingOperators}
	if root.Listed {
		c.Visibility = circles.Public
	}
	return c
}

// aroundOf is the circle of a post among those that were read; author began its thread, nil if unknown.
func aroundOf(root *circles.Post, read map[circles.CircleID]*circles.Circle, author *circles.Actor) *circles.Circle {
	if root.Circle != 0 || author == nil {
		return read[root.Circle]
	}
	return ownPage(root, author)
}

func errNoCircle() error { return circles.Errorf(circles.NotFound, "There is no such circle.") }
func errNoPost() error   { return circles.Errorf(circles.NotFound, "There is no such post.") }

// unique returns the different ids among ids, ascending.
func unique[T ~int64](ids []T) []T {
	slices.Sort(ids)
	return slices.Compact(ids)
}

// pageSize clamps what a caller asks for.
func pageSize(n int) int {
	if n <= 0 {
		return 25
	}
	return min(n, maxPage)
}
