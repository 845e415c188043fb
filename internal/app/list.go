package app

import (
	"context"
	"strconv"
	"strings"
	"unicode"

	"halqa/circles"
	"halqa/internal/store"
)

const (
	maxLists     = 30  // of one person
	maxListed    = 100 // circles of one list: its feed asks each of them at worst
	maxListTitle = 60  // runes
	maxListAbout = 300 // runes
	maxListSlug  = 40  // runes
)

// A List is circles that a person reads as one.
type List struct {
	Title  string
	About  string // one line of plain text
	Public bool   // everyone may read it at its address
}

// A ListRow is a list with how many circles are in it, and whether a certain one is.
type ListRow = store.ListRow

func errNoList() error {
	return circles.Errorf(circles.NotFound, "There is no such list.").With("refused.no-list", nil)
}

// CreateList makes a list, which begins empty. The last part of its address is made from its title and
// stays when that is changed.
func (a *App) CreateList(ctx context.Context, who circles.Viewer, in List) (*circles.List, error) {
	in, err := cleanList(who, in)
	if err != nil {
		return nil, err
	}
	var made *circles.List
	err = a.update(ctx, "create list", func(tx *store.Tx) error {
		have, err := tx.ListsOf(who.Person, true, 0, maxLists)
		if err != nil {
			return err
		}
		if len(have) >= maxLists {
			return circles.Errorf(circles.TooLarge, "You have as many lists as one person can; delete one first.").With("refused.too-many-lists", nil)
		}
		taken := map[string]bool{}
		for _, l := range have {
			taken[l.Slug] = true
		}
		base := listSlug(in.Title)
		slug := base
		for n := 2; taken[slug]; n++ {
			slug = base + "-" + strconv.Itoa(n)
		}
		made = &circles.List{ID: circles.ListID(tx.NewID()), Person: who.Person, Slug: slug, Title: in.Title, About: in.About, Public: in.Public, CreatedAt: tx.Now()}
		return tx.AddList(made)
	})
	return made, err
}

func cleanList(who circles.Viewer, in List) (List, error) {
	if !who.SignedIn() {
		return in, errSignIn()
	}
	var err error
	if in.Title, err = line("title", "title", in.Title, maxListTitle); err != nil {
		return in, err
	}
	if in.Title == "" {
		return in, circles.FieldErrorf(circles.Invalid, "title", "A list needs a name.").With("refused.no-list-title", nil)
	}
	in.About, err = line("about", "description", in.About, maxListAbout)
	return in, err
}

// listSlug makes the last part of an address from a title: its letters and digits, in any script.
func listSlug(title string) string {
	var b strings.Builder
	n, gap := 0, false
	for _, r := range strings.ToLower(title) {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r) {
			gap = n > 0
			continue
		}
		if gap {
			b.WriteByte('-')
			n++
		}
		if n++; n > maxListSlug {
			break
		}
		b.WriteRune(r)
		gap = false
	}
	if slug := strings.Trim(b.String(), "-"); slug != "" {
		return slug
	}
	return "list"
}

// ownList returns a list of the viewer's.
func ownList(tx *store.Tx, who circles.Viewer, slug string) (*circles.List, error) {
	l, err := tx.List(who.Person, slug)
	if circles.Is(err, circles.NotFound) {
		return nil, errNoList()
	}
	return l, err
}

// EditList changes a list of the person's.
func (a *App) EditList(ctx context.Context, who circles.Viewer, slug string, in List) error {
	in, err := cleanList(who, in)
	if err != nil {
		return err
	}
	return a.update(ctx, "edit list", func(tx *store.Tx) error {
		l, err := ownList(tx, who, slug)
		if err != nil {
			return err
		}
		l.Title, l.About, l.Public = in.Title, in.About, in.Public
		return tx.SaveList(l)
	})
}

// DeleteList forgets a list of the person's.
func (a *App) DeleteList(ctx context.Context, who circles.Viewer, slug string) error {
	if !who.SignedIn() {
		return errSignIn()
	}
	return a.update(ctx, "delete list", func(tx *store.Tx) error {
		l, err := ownList(tx, who, slug)
		if err != nil {
			return err
		}
		return tx.RemoveList(l.ID)
	})
}

// SetListed puts a circle that the person may enter into a list of theirs, or takes one out.
func (a *App) SetListed(ctx context.Context, who circles.Viewer, slug string, circle circles.CircleID, listed bool) error {
	return a.SetLists(ctx, who, circle, map[string]bool{slug: listed})
}

// SetLists puts a circle into some of the person's lists and takes it out of others, by their slugs.
func (a *App) SetLists(ctx context.Context, who circles.Viewer, circle circles.CircleID, in map[string]bool) error {
	if !who.SignedIn() {
		return errSignIn()
	}
	return a.update(ctx, "set lists", func(tx *store.Tx) error {
		for slug, listed := range in {
			l, err := ownList(tx, who, slug)
			if err != nil {
				return err
			}
			if listed {
				if _, _, err := letIn(tx, who, circle); err != nil {
					return err
				}
			}
			if err := tx.PutInList(l.ID, circle, listed); err != nil {
				return err
			}
			if !listed {
				continue
			}
			n, err := tx.ListedCount(l.ID)
			if err != nil {
				return err
			}
			if n > maxListed {
				return circles.Errorf(circles.TooLarge, "A list has at most %d circles; take one out first.", maxListed).
					With("refused.list-full", map[string]any{"Max": maxListed})
			}
		}
		return nil
	})
}

// ListsOf returns the lists of a person of this instance: all to themselves, to others the public ones.
// has may be a circle; the rows say whether they have it.
func (a *App) ListsOf(ctx context.Context, v circles.Viewer, person circles.PersonID, has circles.CircleID) ([]ListRow, error) {
	var rows []ListRow
	err := a.view(ctx, "lists", func(tx *store.Tx) (err error) {
		rows, err = tx.ListsOf(person, v.SignedIn() && v.Person == person, has, maxLists)
		return err
	})
	return rows, err
}

// A ListPage is a list with the circles that the viewer meets in it; Feed with InList has their posts.
type ListPage struct {
	List  *circles.List
	Owner *circles.Actor
	Own   bool // it is the viewer's
	Rows  []CircleRow
}

// List returns a list of a person of this instance by the last part of its address. One that is not the
// viewer's to read is NotFound.
func (a *App) List(ctx context.Context, v circles.Viewer, name, slug string) (*ListPage, error) {
	var page *ListPage
	err := a.view(ctx, "list", func(tx *store.Tx) error {
		owner, err := tx.ActorByHandle(name, "")
		if circles.Is(err, circles.NotFound) {
			return errNoList()
		}
		if err != nil {
			return err
		}
		l, err := tx.List(circles.PersonID(owner.ID), slug)
		if circles.Is(err, circles.NotFound) {
			return errNoList()
		}
		if err != nil {
			return err
		}
		page = &ListPage{List: l, Owner: owner}
		if _, page.Own, err = readList(tx, v, l.ID); err != nil {
			return err
		}
		page.Rows, err = tx.CirclesIn(v, l.ID, page.Own, maxListed)
		return err
	})
	if err != nil {
		return nil, err
	}
	return page, nil
}

// readList returns a list that the viewer may read, and whether it is theirs.
func readList(tx *store.Tx, v circles.Viewer, id circles.ListID) (l *circles.List, own bool, err error) {
	if l, err = tx.ListByID(id); err != nil {
		if circles.Is(err, circles.NotFound) {
			return nil, false, errNoList()
		}
		return nil, false, err
	}
	if v.SignedIn() && l.Person == v.Person {
		return l, true, nil
	}
	owner, err := tx.Actor(l.Person.Actor())
	if err == nil && (!l.Public || owner.DeletedAt != 0 || owner.SuspendedAt != 0) {
		err = errNoList()
	}
	return l, false, err
}
