package app

import (
	"cmp"
	"slices"

	"halqa/circles"
	"halqa/internal/store"
)

const (
	// A page of what the author of a post said in its thread: so many comments, each with so much of what it
	// answers above it.
	authorPage    = 60
	authorContext = 3

	// authorDepth is how many of the author's comments anywhere are looked at for it.
	authorDepth = 3000
)

// chooseAuthors chooses the comments of the post's author, the oldest first, with what they answer. A dialogue
// that goes deeper than a page shows goes on further down the page, with a way up.
func (b *branches) chooseAuthors(q ThreadQuery) error {
	b.nodes = map[circles.PostID]*CommentNode{}
	after, err := decodeMark("at-", q.Cursor)
	if err != nil {
		return err
	}
	ids, next, err := b.tx.AuthorsAnswers(b.root, circles.PostID(after.ID), authorPage, authorDepth)
	if err != nil {
		return err
	}
	if next != 0 {
		b.next = encodeMark("at-", store.Mark{ID: int64(next)})
	}
	if len(ids) == 0 {
		return nil
	}
	all, err := b.tx.Around(ids, authorContext)
	if err != nil {
		return err
	}
	authors := make([]circles.ActorID, 0, len(all))
	for _, t := range all {
		authors = append(authors, t.Author.Actor())
	}
	blocked, err := b.tx.BlockedBy(b.viewer.Person, unique(authors))
	if err != nil {
		return err
	}
	for _, t := range all { // what is above comes first
		hidden := blocked[t.Author.Actor()]
		readable := !hidden && circles.MaySeePost(b.viewer, b.role, &circles.Post{State: t.State, Author: t.Author})
		parent := b.nodes[t.Parent]
		if parent != nil && parent.Level < maxLevel {
			t.Level = parent.Level + 1
		} else {
			t.Level = 1
		}
		n := b.show(t, readable)
		n.Blocked = hidden
		if t.Level > 1 {
			parent.Kids = append(parent.Kids, n)
			continue
		}
		n.MoreAbove = t.Parent != b.root.ID
		b.tops = append(b.tops, n)
	}
	slices.SortFunc(b.tops, func(x, y *CommentNode) int { return cmp.Compare(x.Post.ID, y.Post.ID) })
	return nil
}
