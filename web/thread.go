package web

import (
	"halqa/circles"
	"halqa/internal/app"
)

// A branch makes the comments of one page.
type branch struct {
	*visit
	root      *circles.Post
	page      threadPage
	may       bool // the reader may vote
	moderates bool
	answers   bool // the reader may comment
	firstNew  circles.PostID
	tips      threadTips
	ruled     map[circles.PostID]app.Ruling // of the reader's own; see app.Thread
}

// thread makes the comments of a page. With a focus, those above it stand around it.
func (b *branch) thread(t *app.Thread) []Comment {
	level := 1 + len(t.Above)
	kids := b.comments(t.Comments, level)
	for i := len(t.Above) - 1; i >= 0; i-- {
		c := b.comment(t.Above[i], i+1)
		c.Kids = kids
		c.Below = 0
		for _, k := range kids {
			c.Below += 1 + k.Below
		}
		kids = []Comment{c}
	}
	if t.MoreAbove && len(kids) > 0 && len(t.Above) > 0 {
		kids[0].Above = "/comment/" + t.Above[0].Post.Parent.String()
	}
	return kids
}

func (b *branch) comments(nodes []*app.CommentNode, level int) []Comment {
	if len(nodes) == 0 {
		return nil
	}
	out := make([]Comment, len(nodes))
	for i, n := range nodes {
		out[i] = b.comment(n, level)
		out[i].Kids = b.comments(n.Kids, level+1)
	}
	return out
}

func (b *branch) comment(n *app.CommentNode, level int) Comment {
	p := n.Post
	id := p.ID.String()
	c := Comment{ID: p.ID, Level: level, Below: int(n.Below), Focus: p.ID == b.page.focus}
	if n.MoreAbove {
		c.Above = "/comment/" + p.Parent.String()
	}
	if n.Hidden > 0 {
		c.Rest = threadPage{id: b.root.ID, sort: b.page.sort, focus: p.ID}.href("#c" + id)
		c.Hidden = int(n.Hidden)
	}
	switch {
	case n.Blocked:
		c.Gone = b.l.T("thread.blocked")
		return c
	case n.Notice:
		c.Gone = b.state(p)
		if c.Gone == "" {
			c.Gone = b.l.T("post.gone-deleted")
		}
		return c
	case p.State == circles.Deleted: // the author's own
		c.Gone, c.Menu = b.l.T("post.gone-own"), b.menu(p, false)
		return c
	}
	c.Href = threadPage{id: b.root.ID, focus: p.ID}.href("#c" + id)
	c.Author, c.OP, c.At, c.Edited = b.s.person(n.Author), p.Author == b.root.Author && b.root.Author != 0, at(p.Published), at(p.EditedAt)
	c.Lang, c.Body, c.Warn = p.Language, clean(p.BodyHTML), b.warning(p, nil)
	c.Quote, c.Helped = b.quote(n.Quote), n.Helped
	if p.State != circles.Visible { // moderators and the author still read it
		c.Warn = b.state(p)
	} else if said := b.ruling(p); said != "" {
		c.Warn = said
	}
	for _, ph := range n.Photos {
		c.Photos = append(c.Photos, b.s.photo(ph))
	}
	c.Vote = b.ring(p, n.Vote, b.may, b.page.href("#c"+id))
	if b.answers && p.State == circles.Visible {
		c.Reply = "/post/" + b.root.ID.String() + "/reply?to=" + id
	}
	c.Tip, c.Tipped = b.tips.href(p), b.tips.people[p.ID]
	c.Menu = b.menu(p, p.EditedAt != 0)
	if b.member != nil && p.State == circles.Visible {
		c.Menu = append(c.Menu, b.keeping(p, n.Saved)...)
	}
	if c.New = n.New; c.New && b.firstNew == 0 {
		b.firstNew = p.ID
	}
	return c
}

// warning is what stands in front of a comment; "" of one that is shown at once.
func (v *visit) warning(p *circles.Post, c *circles.Circle) string {
	switch {
	case !v.veiled(p, c):
		return ""
	case p.Warning != "":
		return p.Warning
	}
	return v.l.T("post.sensitive")
}

// ruling says what the circle elsewhere, where the reader wrote this, has not let through; "" of everything else.
func (b *branch) ruling(p *circles.Post) string {
	switch b.ruled[p.ID] {
	case app.RuledHeld:
		return b.l.T("held.there")
	case app.RuledEdit:
		return b.l.T("held.there-edit")
	case app.RuledRefused:
		return b.l.T("held.there-refused")
	}
	return ""
}

// menu is what this reader can do with a post or comment besides answering and voting.
func (b *branch) menu(p *circles.Post, edited bool) []Action {
	path := "/post/" + p.ID.String()
	var m []Action
	add := func(key, act string) { m = append(m, Action{Label: b.l.T(key), Href: path + act}) }
	own := b.member != nil && p.Author == b.who.Person && p.Author != 0
	switch {
	case own && p.State == circles.Deleted:
		add("post.restore", "/restore")
	case own && p.RemovedAt == 0:
		add("post.edit", "/edit")
		m = append(m, Action{Label: b.l.T("post.delete"), Href: path + "/delete", Danger: true})
	}
	if (own || b.moderates) && (p.State == circles.Held || p.State == circles.Refused) || own && b.ruled[p.ID] != "" {
		add("held.link", "/held")
	}
	if own && p.State == circles.Removed {
		m = append(m, Action{Label: b.l.T("appeal.object"), Href: appealPath(circles.AppealRemoval, p.ID)})
	}
	if edited {
		add("post.history", "/history")
	}
	if !b.moderates {
		return m
	}
	if p.Kind == circles.IsPost && p.State == circles.Visible {
		pin := Action{Label: b.l.T("post.pin"), Href: path + "/pin", Post: true}
		if p.Pinned {
			pin = Action{Label: b.l.T("post.unpin"), Href: path + "/unpin", Post: true}
		}
		m = append(m, pin)
		if p.Locked {
			m = append(m, Action{Label: b.l.T("post.unlock"), Href: path + "/unlock", Post: true})
		} else {
			m = append(m, Action{Label: b.l.T("post.lock"), Href: path + "/lock", Post: true})
		}
	}
	switch {
	case p.RemovedAt != 0:
		add("post.return", "/return")
	case p.State == circles.Visible && !own:
		m = append(m, Action{Label: b.l.T("post.remove"), Href: path + "/remove", Danger: true})
	}
	return m
}
