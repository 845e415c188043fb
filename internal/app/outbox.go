package app

import (
	"context"

	"halqa/circles"
	"halqa/internal/store"
)

// What other servers read of this instance. These reads know no viewer: they return what is public or
// unlisted, and nothing else.

const (
	outboxLen  = 20  // Lemmy reads no more of an outbox
	contextLen = 500 // comments of a thread in one answer; Mastodon takes no more replies of one post
)

// A Document is a post or comment with what its rendering for other servers names.
type Document struct {
	Post     *circles.Post // with both texts
	Author   *circles.Actor
	Circle   *circles.Circle
	Parent   *circles.Post  // of a comment, without texts; nil for a post
	Answered *circles.Actor // the parent's author
	Photos   []*circles.Photo
	Mentions []*circles.Actor
}

// Documents loads posts for rendering, in the order of ids, with a fixed number of statements. Those
// that do not exist are left out; whether they may be shown is for the caller to know.
func Documents(tx *store.Tx, ids []circles.PostID) ([]Document, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	posts, err := tx.PostsWhole(ids)
	if err != nil {
		return nil, err
	}
	var parents []circles.PostID
	var in []circles.CircleID
	var actors []circles.ActorID
	for _, p := range posts {
		if p.Parent != 0 {
			parents = append(parents, p.Parent)
		}
		in = append(in, p.Circle)
		actors = append(actors, p.Author.Actor())
	}
	above, err := tx.PostTitles(unique(parents))
	if err != nil {
		return nil, err
	}
	for _, p := range above {
		actors = append(actors, p.Author.Actor())
	}
	people, err := tx.ActorCards(unique(actors))
	if err != nil {
		return nil, err
	}
	around, err := tx.CircleCards(unique(in))
	if err != nil {
		return nil, err
	}
	photos, err := tx.AllPhotos(ids)
	if err != nil {
		return nil, err
	}
	mentions, err := tx.MentionsOf(ids)
	if err != nil {
		return nil, err
	}
	all := make([]Document, 0, len(ids))
	for _, id := range ids {
		p := posts[id]
		if p == nil {
			continue
		}
		d := Document{Post: p, Author: people[p.Author.Actor()], Circle: around[p.Circle], Photos: photos[id], Mentions: mentions[id]}
		if d.Parent = above[p.Parent]; d.Parent != nil {
			d.Answered = people[d.Parent.Author.Actor()]
		}
		all = append(all, d)
	}
	return all, nil
}

// PublicPostsOfCircle returns the newest posts of a circle, for its outbox.
func (a *App) PublicPostsOfCircle(ctx context.Context, id circles.CircleID) ([]Document, error) {
	return a.documents(ctx, "outbox of circle", func(tx *store.Tx) ([]circles.PostID, error) {
		return tx.FederatedPostsIn(id, outboxLen)
	})
}

// PublicPostsOfPerson returns the newest posts and comments of a person, for their outbox.
func (a *App) PublicPostsOfPerson(ctx context.Context, id circles.PersonID) ([]Document, error) {
	return a.documents(ctx, "outbox of person", func(tx *store.Tx) ([]circles.PostID, error) {
		return tx.FederatedPostsBy(id, outboxLen)
	})
}

func (a *App) documents(ctx context.Context, what string, find func(*store.Tx) ([]circles.PostID, error)) ([]Document, error) {
	var all []Document
	err := a.view(ctx, what, func(tx *store.Tx) error {
		ids, err := find(tx)
		if err != nil {
			return err
		}
		all, err = Documents(tx, ids)
		return err
	})
	return all, err
}

// CommentsOfThread returns the post and its visible comments without texts, the oldest first, for the
// collection that `context` names (FEP-7888). after is the last of the answer before, 0 = the
// beginning. A thread that does not leave the instance is NotFound.
func (a *App) CommentsOfThread(ctx context.Context, root, after circles.PostID) (post *circles.Post, comments []*circles.Post, err error) {
	err = a.view(ctx, "context of "+root.String(), func(tx *store.Tx) error {
		p, c, _, err := readable(tx, circles.Viewer{}, root)
		if err != nil {
			return err
		}
		if p.Kind != circles.IsPost || p.State != circles.Visible || !c.Visibility.Federated() {
			return errNoPost()
		}
		ids, err := tx.ThreadIDs(root, after, contextLen)
		if err != nil {
			return err
		}
		known, err := tx.PostTitles(ids)
		if err != nil {
			return err
		}
		p.Body, p.BodyHTML = "", ""
		post, comments = p, make([]*circles.Post, 0, len(ids))
		for _, id := range ids {
			comments = append(comments, known[id])
		}
		return nil
	})
	return post, comments, err
}

// FollowersCount returns how many actors follow this one, from here and elsewhere.
func (a *App) FollowersCount(ctx context.Context, id circles.ActorID) (int64, error) {
	var n int64
	err := a.view(ctx, "followers of "+id.String(), func(tx *store.Tx) (err error) {
		n, err = tx.FollowerCount(id)
		return err
	})
	return n, err
}

// ModeratorsOf returns who runs a circle that leaves the instance, owners first.
func (a *App) ModeratorsOf(ctx context.Context, id circles.CircleID) ([]Moderator, error) {
	var all []Moderator
	err := a.view(ctx, "moderators of "+id.String(), func(tx *store.Tx) error {
		c, _, err := letIn(tx, circles.Viewer{}, id)
		if err != nil {
			return err
		}
		all, err = tx.Moderators(c.CircleID())
		return err
	})
	return all, err
}

// Counts returns what NodeInfo says about the instance; some minutes old.
func (a *App) Counts(ctx context.Context) (Counts, error) {
	var c Counts
	err := a.view(ctx, "counts", func(tx *store.Tx) (err error) {
		c, err = a.counts.at(tx, tx.CountAll)
		return err
	})
	return c, err
}
