package web

import (
	"halqa/circles"
	"halqa/internal/app"
)

// How many people tipped a post stands beside its votes. It is asked for here, for the rooms of content
// know nothing of money; a page without the numbers is better than none.

// countTips fills in the rows of a list, with one question for all.
func (v *visit) countTips(rows []PostRow) {
	if v.s.tips == nil || len(rows) == 0 {
		return
	}
	ids := make([]circles.PostID, len(rows))
	for i, r := range rows {
		ids[i] = r.ID
	}
	all, err := v.s.tips.Tippers(v.Request().Context(), ids)
	if err != nil {
		v.s.log.Warn("tips were not counted", "err", err)
		return
	}
	for i := range rows {
		rows[i].Tipped = all[rows[i].ID]
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
