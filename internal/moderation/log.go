package moderation

import (
	"context"

	"halqa/circles"
	"halqa/internal/store"
)

const logPage = 50

// An Entry is a line of the moderators' log with who and what it speaks of.
type Entry struct {
	circles.ModEntry
	By     *circles.Actor  // as ActorCards has it; nil = not known any more
	Person *circles.Actor  // whom, or whose post, it concerns
	Circle *circles.Circle // as CircleCards has it; nil = the whole instance
	Post   *circles.Post   // without a text; of what is not visible without a title, too
}

// Log returns what moderators did, the newest first, and the cursor of the next page, "" at the end. With
// circle 0 it is everything that the viewer would find in lists. Whoever may read a circle may read its
// log; what was removed is named there, not shown.
func (m *Moderation) Log(ctx context.Context, who circles.Viewer, circle circles.CircleID, cursor string) (entries []Entry, next string, err error) {
	before, err := decodeCursor(cursor)
	if err != nil {
		return nil, "", err
	}
	err = m.view(ctx, "moderators' log", func(tx *store.Tx) error {
		entries, next = nil, ""
		if circle != 0 {
			if err := mayRead(tx, who, circle); err != nil {
				return err
			}
		}
		rows, err := tx.ModLog(who, circle, before, logPage+1)
		if err != nil {
			return err
		}
		rows, next = cut(rows, logPage, func(e circles.ModEntry) int64 { return e.ID })
		entries, err = explain(tx, rows)
		return err
	})
	return entries, next, err
}

func mayRead(tx *store.Tx, who circles.Viewer, circle circles.CircleID) error {
	c, err := tx.Circle(circle)
	if err != nil {
		return err
	}
	role, err := tx.Role(circle, who.Person)
	if err == nil && !circles.MaySee(who, c.Audience(), role) {
		err = circles.Errorf(circles.NotFound, "There is no such circle or post; check the address.").With("refused.not-visible", nil)
	}
	return err
}

func explain(tx *store.Tx, rows []circles.ModEntry) ([]Entry, error) {
	var people []circles.ActorID
	var in []circles.CircleID
	var posts []circles.PostID
	for _, r := range rows {
		people = append(people, r.By, r.Person)
		in = append(in, r.Circle)
		posts = append(posts, r.Post)
	}
	cards, err := tx.ActorCards(people)
	if err != nil {
		return nil, err
	}
	around, err := tx.CircleCards(in)
	if err != nil {
		return nil, err
	}
	titles, err := tx.PostTitles(posts)
	if err != nil {
		return nil, err
	}
	for id, p := range titles {
		c := around[p.Circle]
		if p.State != circles.Visible || c != nil && c.SuspendedAt != 0 {
			titles[id] = &circles.Post{ID: p.ID, Kind: p.Kind, Circle: p.Circle, Author: p.Author, Root: p.Root, State: p.State}
		}
	}
	entries := make([]Entry, len(rows))
	for i, r := range rows {
		entries[i] = Entry{ModEntry: r, By: cards[r.By], Person: cards[r.Person], Circle: around[r.Circle], Post: titles[r.Post]}
	}
	return entries, nil
}
