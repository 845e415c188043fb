package web

import (
	"halqa/circles"
	"halqa/internal/app"
)

// How many people tipped a post stands beside its votes. It is asked for here, for the rooms of content
// know nothing of money; a page without the numbers is better than none.

// countTips fills in the rows of a list, with one question for all.
func (v *visit) countTips(rows []PostRow) {
	all := make([]*PostRow, len(rows))
	for i := range rows {
		all[i] = &rows[i]
	}
	v.countTipped(all, nil)
}

// countSaid is countTips for comments outside their threads.
func (v *visit) countSaid(said []Saying) {
	all := make([]*Saying, len(said))
	for i := range said {
		all[i] = &said[i]
	}
	v.countTipped(nil, all)
}

// countItems is countTips for a list of posts and comments.
func (v *visit) countItems(items []ItemRow) {
	var rows []*PostRow
	var said []*Saying
	for _, x := range items {
		if x.Post != nil {
			rows = append(rows, x.Post)
		}
		if x.Said != nil {
			said = append(said, x.Said)
		}
	}
	v.countTipped(rows, said)
}

func (v *visit) countTipped(rows []*PostRow, said []*Saying) {
	if v.s.tips == nil || len(rows)+len(said) == 0 {
		return
	}
	ids := make([]circles.PostID, 0, len(rows)+len(said))
	for _, r := range rows {
		ids = append(ids, r.ID)
	}
	for _, x := range said {
		ids = append(ids, x.ID)
	}
	all, err := v.s.tips.Tippers(v.Request().Context(), ids)
	if err != nil {
		v.s.log.Warn("tips were not counted", "err", err)
		return
	}
	for _, r := range rows {
		r.Tipped = all[r.ID]
	}
	for _, x := range said {
		x.Tipped = all[x.ID]
	}
}

// threadTips are the tips of a thread's posts, and whom of its authors the reader could tip.
type threadTips struct {
	people  map[circles.PostID]int
	reaches map[circles.ActorID]bool
}

func (v *visit) threadTips(t *app.Thread) (all threadTips) {
	if v.s.tips == nil || t.Notice {
		return all
	}
	ids := []circles.PostID{t.Post.ID}
	authors := []*circles.Actor{t.Author}
	var walk func(nodes []*app.CommentNode)
	walk = func(nodes []*app.CommentNode) {
		for _, n := range nodes {
			ids, authors = append(ids, n.Post.ID), append(authors, n.Author)
			walk(n.Kids)
		}
	}
	walk(t.Above)
	walk(t.Comments)
	ctx := v.Request().Context()
	var err error
	if all.people, err = v.s.tips.Tippers(ctx, ids); err == nil {
		all.reaches, err = v.s.tips.Reaches(ctx, v.who, t.Circle, authors)
	}
	if err != nil {
		v.s.log.Warn("tips were not counted", "err", err)
	}
	return all
}

// href is where the reader tips the author of a post; "" = they cannot.
func (t threadTips) href(p *circles.Post) string {
	if p.State != circles.Visible || p.Sensitive || !t.reaches[p.Author.Actor()] {
		return ""
	}
	return "/post/" + p.ID.String() + "/tip"
}
