package app

import (
	"context"

	"halqa/circles"
	"halqa/internal/store"
)

// A HistoryPage is how a post or comment stood over time.
type HistoryPage struct {
	Post      *circles.Post // as it stands now, without Body
	Circle    *circles.Circle
	Revisions []circles.Revision // former texts without Body, the newest first; at most fifty are kept
	Editors   map[circles.ActorID]*circles.Actor
}

// History returns the former texts of a post to whoever may read it now.
func (a *App) History(ctx context.Context, v circles.Viewer, id circles.PostID) (*HistoryPage, error) {
	var page *HistoryPage
	err := a.view(ctx, "history of "+id.String(), func(tx *store.Tx) error {
		p, c, role, err := readable(tx, v, id)
		if err != nil {
			return err
		}
		if !circles.MaySeePost(v, role, p) {
			return errNoPost()
		}
		p.Body = ""
		page = &HistoryPage{Post: p, Circle: c}
		if page.Revisions, err = tx.Revisions(id); err != nil {
			return err
		}
		editors := []circles.ActorID{p.Author.Actor()}
		for i := range page.Revisions {
			page.Revisions[i].Body = ""
			editors = append(editors, page.Revisions[i].Editor)
		}
		page.Editors, err = tx.ActorCards(unique(editors))
		return err
	})
	return page, err
}

// Source returns a post or comment with its markdown, for its author to edit.
func (a *App) Source(ctx context.Context, v circles.Viewer, id circles.PostID) (*FullPost, error) {
	var f FullPost
	err := a.view(ctx, "source of "+id.String(), func(tx *store.Tx) error {
		p, c, role, err := readable(tx, v, id)
		if err != nil {
			return err
		}
		if !circles.MaySeePost(v, role, p) {
			return errNoPost()
		}
		body := ""
		if p.Author == v.Person {
			body = p.Body
		}
		if f, err = fullPost(tx, v, p, c, role); err != nil {
			return err
		}
		p.Body = body
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &f, nil
}
