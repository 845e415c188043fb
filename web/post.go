package web

import (
	"cmp"
	"net/http"
	"strconv"
	"strings"

	"halqa/circles"
	"halqa/circles/ranking"
	"halqa/internal/app"
	"halqa/internal/text"
)

// post is /post/{id}, with ?sort=, ?focus= and ?after=.
func (s *Server) post(v *visit) error {
	id, err := v.postID()
	if err != nil {
		return err
	}
	if v.Param("slug") != "" { // the words behind an id are no part of the address
		return v.Redirect(http.StatusMovedPermanently, "/post/"+id.String())
	}
	return v.showPost(id, http.StatusOK, nil)
}

// comment is /comment/{id}: its place in the thread. People are shown that of a comment that is gone too. A
// program is not led there: WordPress asks without naming a type whether what a Delete named is gone, and keeps
// it if the thread answers in its stead.
func (s *Server) comment(v *visit) error {
	id, err := v.postID()
	if err != nil {
		return err
	}
	root, gone, err := s.app.Place(v.Request().Context(), v.who, id)
	if err != nil {
		return err
	}
	if gone && !strings.Contains(v.Request().Header.Get("Accept"), "text/html") {
		return circles.Errorf(circles.Gone, "This comment is gone.").With("error.comment-gone", nil)
	}
	return v.Redirect(http.StatusSeeOther, placeOf(root, id))
}

// A threadPage is what the address of a post's page asks for.
type threadPage struct {
	id     circles.PostID
	sort   ranking.Order
	focus  circles.PostID
	after  string
	author bool // only what the author said
}

func (p threadPage) href(anchor string) string {
	sort, focus := string(p.sort), ""
	if p.sort == ranking.ByHot || p.author {
		sort = ""
	}
	if p.focus != 0 {
		focus = p.focus.String()
	}
	by := ""
	if p.author {
		by = "author"
	}
	return address("/post/"+p.id.String(), "sort", sort, "by", by, "focus", focus, "after", p.after) + anchor
}

// showPost shows a post with its thread. answer is a comment that was refused, to be mended.
func (v *visit) showPost(id circles.PostID, status int, answer *AnswerForm) error {
	ctx := v.Request().Context()
	here := threadPage{id: id, sort: ranking.ParseOrder(v.QueryParam("sort"), ranking.CommentOrders()), after: v.QueryParam("after"), author: v.QueryParam("by") == "author"}
	if f := v.QueryParam("focus"); f != "" {
		var err error
		if here.focus, err = circles.ParsePostID(f); err != nil {
			return err
		}
	}
	t, err := v.s.app.Thread(ctx, v.who, id, app.ThreadQuery{Sort: here.sort, Author: here.author, Focus: here.focus, Cursor: here.after})
	if circles.Is(err, circles.NotFound) && here.focus == 0 {
		// A comment has its place below a post.
		if root, rootErr := v.s.app.Root(ctx, v.who, id); rootErr == nil && root != id {
			return v.Redirect(http.StatusSeeOther, placeOf(root, id))
		}
	}
	if err != nil {
		return err
	}
	v.shows(t.Circle)
	if v.Request().Method == http.MethodGet {
		if err := v.s.app.MarkRead(ctx, v.who, t); err != nil { // a full disk keeps nobody from reading
			v.s.log.Warn("a look at a thread was not noted", "post", int64(id), "err", err)
		}
	}
	view := v.postView(t, here)
	if answer != nil {
		answer.Gate = v.gateNotice(t.CommentGate)
		view.Answer = answer
	}
	if view.Answer != nil {
		if err := v.savedAnswer(view.Answer); err != nil {
			return err
		}
	}
	if t.Post.Author == v.who.Person && v.member != nil && !t.Notice {
		d, err := v.s.app.Delivery(ctx, v.who, id)
		if err != nil {
			return err
		}
		view.Delivery = v.delivery(d, t.Circle)
	}
	if t.Notice {
		status = http.StatusGone
	}
	return v.show(status, "post", view)
}

func (v *visit) postView(t *app.Thread, here threadPage) PostView {
	p, c := t.Post, t.Circle
	view := PostView{Page: v.page(p.Title), ID: p.ID, Comments: int(p.Comments), Head: v.circleLine(c), Whole: ""}
	view.Section = "circles"
	view.Rules, _ = rules(c)
	view.Blurb = text.ExcerptHTML(c.SummaryHTML, blurbLen)
	view.NoIndex = !p.Local() || c.Visibility != circles.Public || here.focus != 0
	page := threadPage{id: p.ID, sort: here.sort, author: here.author}
	if here.focus != 0 {
		view.Whole = page.href("#talk")
	}
	for _, o := range ranking.CommentOrders() {
		other := here
		other.sort, other.after, other.author = o, "", false
		view.Sorts = append(view.Sorts, Tab{Label: v.l.T("sort." + string(o)), Href: other.href("#talk"), Current: o == here.sort && !here.author})
	}
	only := threadPage{id: p.ID, author: true}
	view.Sorts = append(view.Sorts, Tab{Label: v.l.T("sort.author"), Href: only.href("#talk"), Current: here.author})
	b := &branch{visit: v, root: p, page: here, may: t.NoVote == nil, moderates: v.moderates(c, t.Role), answers: t.NoComment == nil, tips: v.threadTips(t), ruled: t.Ruled}
	view.Thread = b.thread(t)
	view.FirstNew, view.ByAuthor = b.firstNew, here.author
	if t.Next != "" {
		other := here
		other.after = t.Next
		view.More = other.href("#talk")
	}
	if t.Notice {
		view.Gone = v.state(p)
		view.Title, view.Headline = v.l.T("post.gone-title"), v.l.T("post.gone-title")
		view.NoIndex = true
		view.Menu = b.menu(p, false)
		return view
	}
	v.postWords(&view, t)
	view.Poll = v.pollView(t, here)
	view.Menu = b.menu(p, p.EditedAt != 0)
	if v.member != nil && p.State == circles.Visible {
		if c.Visibility.Federated() && (p.Circle != 0 || p.Listed) || p.Author == v.who.Person {
			view.Menu = append(view.Menu, Action{Label: v.l.T("post.crosspost"), Href: "/post/" + p.ID.String() + "/crosspost"})
		}
		view.Menu = append(view.Menu, b.reporting(p)...)
		view.Saver = Saver{ID: p.ID, Saved: t.Saved, May: true, Back: here.href("")}
		view.Watch = &Watch{ID: p.ID, Follow: t.Wish == app.FollowThread, Mute: t.Wish == app.MuteThread}
	}
	for _, x := range t.Also {
		v.shows(x.Circle)
		view.Also = append(view.Also, AlsoRow{Circle: v.s.circleRef(x.Circle), Href: "/post/" + x.Post.String(), Comments: int(x.Comments)})
	}
	view.Vote = v.ring(p, t.Vote, b.may, here.href(""))
	view.Gifts = v.gifts(t)
	v.packets(&view, t)
	view.Tip, view.Tipped = b.tips.href(p), b.tips.people[p.ID]
	if p.State == circles.Deleted {
		view.Gone = v.l.T("post.gone-own")
	} else {
		view.Notice = cmp.Or(v.state(p), b.ruling(p))
	}
	switch {
	case t.NoComment == nil:
		view.Answer = &AnswerForm{Post: p.ID, Swap: true, Gate: v.gateNotice(t.CommentGate)}
	case v.member != nil:
		view.WhyNot = v.l.Error(t.NoComment)
	}
	return view
}

// postWords fills in what the author wrote.
func (v *visit) postWords(view *PostView, t *app.Thread) {
	p, c := t.Post, t.Circle
	view.Headline, view.Lang, view.Author, view.At, view.Edited = p.Title, p.Language, v.s.person(t.Author), at(p.Published), at(p.EditedAt)
	if p.EditedAt != 0 {
		view.History = "/post/" + p.ID.String() + "/history"
	}
	view.Body, view.Warning, view.Sensitive = clean(p.BodyHTML), p.Warning, v.veiled(p, c)
	view.Quote = v.quote(t.Quote)
	view.Pinned, view.Locked, view.Helped, view.Origin = p.Pinned, p.Locked, t.Helped, originOf(p.Local(), p.URL, p.URI)
	if p.Link != "" {
		view.Link = &Link{Label: p.Link, Href: p.Link}
	}
	for _, ph := range t.Photos {
		view.Photos = append(view.Photos, v.s.photo(ph))
	}
	if c.Visibility != circles.Public {
		view.Audience = string(c.Visibility)
	}
	view.Page.About = text.ExcerptHTML(p.BodyHTML, blurbLen)
	if p.Local() {
		view.Canonical = v.s.options.Origin + p.Path()
		if c.Visibility.Federated() {
			view.ActivityURL = v.s.options.Origin + p.URI
		}
	} else {
		view.Canonical, view.ActivityURL = originOf(false, p.URL, p.URI), p.URI
	}
}

// circleLine is a circle where only its name stands.
func (v *visit) circleLine(c *circles.Circle) CircleHead {
	return CircleHead{Circle: v.s.circleRef(c), Visibility: string(c.Visibility), Sensitive: c.Sensitive}
}

// moderates reports whether the reader's menus show what moderators do. Whether they may is the verb's
// to say.
func (v *visit) moderates(c *circles.Circle, role circles.Role) bool {
	return v.member != nil && (v.who.Moderates() || c.Local() && role.Moderates())
}

// delivery is how far the reader's own post has got. In a circle that nothing leaves there is nothing
// to say.
func (v *visit) delivery(d *app.Delivery, c *circles.Circle) *Delivery {
	if !c.Visibility.Federated() {
		return nil
	}
	out := &Delivery{Done: d.Done, Total: d.Total}
	for _, h := range d.Waiting {
		row := DeliveryHost{Host: h.Host, Error: v.undelivered(h), Failed: h.Failed, Next: at(h.NextTryAt)}
		if row.Error == "" {
			row.Error, row.Waiting = v.l.T("delivery.waiting"), true
		}
		out.Hosts = append(out.Hosts, row)
	}
	return out
}

// undelivered is what went wrong with a server, in the reader's language. The record has it in English, in
// the words that the English catalogue has, too; what is in none, an older record, is shown as it is.
func (v *visit) undelivered(h app.DeliveryHost) string {
	english := v.s.words.Localizer("en")
	args := []any{"Host", h.Host, "Status", strconv.Itoa(h.Status)}
	for _, key := range []string{
		"delivery.answered", "delivery.unreachable", "delivery.slow", "delivery.certificate", "delivery.no-https",
		"delivery.too-large", "delivery.redirects", "delivery.not-allowed", "delivery.ours", "delivery.failed",
	} {
		if english.T(key, args...) == h.Error {
			return v.l.T(key, args...)
		}
	}
	return h.Error
}

// history is /post/{id}/history.
func (s *Server) history(v *visit) error {
	id, err := v.postID()
	if err != nil {
		return err
	}
	page, err := s.app.History(v.Request().Context(), v.who, id)
	if err != nil {
		return err
	}
	p := page.Post
	title := p.Title
	if title == "" {
		title = v.l.T("history.of-comment")
	}
	view := HistoryView{Page: v.page(v.l.T("history.title")), Post: Link{Label: title, Href: placeOf(p.Root, p.ID)}}
	view.NoIndex = true
	// A revision is what was replaced, at the time it was replaced; what it said stood since the one before.
	stood := make([]int64, len(page.Revisions)+1)
	stood[0] = p.EditedAt
	for i := range page.Revisions {
		stood[i+1] = p.Published
		if i+1 < len(page.Revisions) {
			stood[i+1] = page.Revisions[i+1].At
		}
	}
	if p.EditedAt == 0 {
		stood[0] = p.Published
	}
	author := s.person(page.Editors[p.Author.Actor()])
	view.Revisions = append(view.Revisions, Revision{At: at(stood[0]), By: author, Title: p.Title, Link: p.Link, Body: clean(p.BodyHTML), First: len(page.Revisions) == 0})
	for i, r := range page.Revisions {
		view.Revisions = append(view.Revisions, Revision{At: at(stood[i+1]), By: s.person(page.Editors[r.Editor]), Title: r.Title, Link: r.Link,
			Body: clean(r.BodyHTML), First: i == len(page.Revisions)-1})
	}
	return v.show(http.StatusOK, "history", view)
}
