package app

import (
	"context"

	"halqa/circles"
	"halqa/internal/store"
)

// A PersonTab is what a person's page lists.
type PersonTab string

const (
	PersonPosts    PersonTab = "posts"
	PersonComments PersonTab = "comments"
	PersonCircles  PersonTab = "circles"
)

// A PersonQuery says which part of a person's page is shown.
type PersonQuery struct {
	Tab    PersonTab // an unknown one is PersonPosts
	Cursor string    // PersonPage.Next of the page before, with the same Tab
	Limit  int       // 0 = 25; at most 100
}

// A Saying is a comment outside its thread.
type Saying struct {
	Comment *circles.Post // without Body
	Author  *circles.Actor
	Circle  *circles.Circle
	Root    *circles.Post // the post it belongs to, without its texts; nil if the viewer may not see it
	Vote    int           // the viewer's own: 1, -1 or 0
	Saved   bool          // by the viewer
}

// A PersonPage is a person and one tab of what they did.
type PersonPage struct {
	Person    *circles.Actor
	Self      bool                // it is the viewer's own
	Blocked   bool                // the viewer has blocked them
	Muted     bool                // the viewer has muted them
	Following circles.FollowState // how the viewer follows them: pending, accepted or ""

	Posts   []PostCard  // PersonPosts
	Sayings []Saying    // PersonComments
	Circles []CircleRow // PersonCircles: one's own; of others, those they run
	Next    string      // the cursor of the page after; "" = this is the last
}

// maxCircles bounds the circles listed for one person.
const maxCircles = 1000

// Person returns a person by name and host, "" for one of ours, with a tab of their page. Who is
// deleted is Gone; what the viewer may not see of the others is left out.
func (a *App) Person(ctx context.Context, v circles.Viewer, name, host string, q PersonQuery) (*PersonPage, error) {
	var page *PersonPage
	err := a.view(ctx, "person "+name, func(tx *store.Tx) error {
		who, err := tx.ActorByHandle(name, host)
		if err != nil {
			return err
		}
		page, err = a.personPage(tx, v, who, q)
		return err
	})
	return page, err
}

// PersonByID is Person of the one with this id.
func (a *App) PersonByID(ctx context.Context, v circles.Viewer, id circles.PersonID, q PersonQuery) (*PersonPage, error) {
	var page *PersonPage
	err := a.view(ctx, "person "+id.String(), func(tx *store.Tx) error {
		who, err := tx.Actor(id.Actor())
		if err != nil {
			return err
		}
		page, err = a.personPage(tx, v, who, q)
		return err
	})
	return page, err
}

func (a *App) personPage(tx *store.Tx, v circles.Viewer, who *circles.Actor, q PersonQuery) (*PersonPage, error) {
	switch {
	case who.Kind != circles.KindPerson && who.Kind != circles.KindService:
		return nil, circles.Errorf(circles.NotFound, "There is no such person.")
	case who.DeletedAt != 0:
		return nil, circles.Errorf(circles.Gone, "This account was deleted.").With("refused.person-gone", nil)
	}
	person := circles.PersonID(who.ID)
	p := &PersonPage{Person: who, Self: v.SignedIn() && v.Person == person}
	var err error
	if v.SignedIn() && !p.Self {
		if p.Blocked, err = tx.Blocked(v.Person.Actor(), who.ID); err != nil {
			return nil, err
		}
		if p.Muted, err = tx.Muted(v.Person, who.ID); err != nil {
			return nil, err
		}
		f, err := tx.Following(v.Person.Actor(), who.ID)
		if err != nil {
			return nil, err
		}
		if f != nil {
			p.Following = f.State
		}
	}
	if q.Tab == PersonCircles {
		p.Circles, err = tx.CirclesOf(v, person, !p.Self, maxCircles)
		return p, err
	}
	kind, list := circles.IsPost, "pp-"
	if q.Tab == PersonComments {
		kind, list = circles.IsComment, "pc-"
	}
	after, err := decodeMark(list, q.Cursor)
	if err != nil {
		return nil, err
	}
	limit := pageSize(q.Limit)
	marks, err := tx.PostsBy(v, person, kind, after, limit+1)
	if err != nil {
		return nil, err
	}
	if len(marks) > limit {
		marks = marks[:limit]
		p.Next = encodeMark(list, marks[limit-1])
	}
	if kind == circles.IsPost {
		p.Posts, err = a.cards(tx, v, postIDs(marks))
	} else {
		p.Sayings, err = sayings(tx, v, postIDs(marks))
	}
	return p, err
}

// sayings loads comments that the viewer may read, in the order of ids. Whoever may enter a circle may see
// the title of a visible post in it; other posts are left out.
func sayings(tx *store.Tx, v circles.Viewer, ids []circles.PostID) ([]Saying, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	posts, err := tx.CommentTexts(v.Person, ids)
	if err != nil {
		return nil, err
	}
	var roots []circles.PostID
	var in []circles.CircleID
	var authors []circles.ActorID
	for _, p := range posts {
		authors = append(authors, p.Author.Actor())
		roots = append(roots, p.Root)
		in = append(in, p.Circle)
	}
	titles, err := tx.PostTitles(unique(roots))
	if err != nil {
		return nil, err
	}
	for _, p := range titles {
		authors = append(authors, p.Author.Actor())
	}
	people, err := tx.ActorCards(unique(authors))
	if err != nil {
		return nil, err
	}
	around, err := tx.CircleCards(unique(in))
	if err != nil {
		return nil, err
	}
	all := make([]Saying, 0, len(ids))
	for _, id := range ids {
		p := posts[id]
		if p == nil || people[p.Author.Actor()] == nil {
			continue
		}
		in := around[p.Circle]
		if root := titles[p.Root]; root != nil {
			in = aroundOf(root, around, people[root.Author.Actor()])
		}
		if in == nil {
			continue
		}
		s := Saying{Comment: &p.Post, Author: people[p.Author.Actor()], Circle: in, Vote: p.Vote, Saved: p.Saved}
		if root := titles[p.Root]; root != nil && root.State == circles.Visible {
			s.Root = root
		}
		all = append(all, s)
	}
	return all, nil
}
