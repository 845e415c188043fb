package api

import (
	"net/http"

	"halqa/circles"
	"halqa/circles/ranking"
	"halqa/internal/accounts"
	"halqa/internal/app"
	"halqa/internal/moderation"
)

func (s *Server) readRoutes() []route {
	const read = accounts.ScopeRead
	sort := choice("sort", "The order of the list.", ranking.FeedOrders()...)
	return grouped("read",
		list("/posts", read, "Posts, as a feed lists them.", s.feed, visitors, sized,
			with(choice("scope", "Whose posts: all public circles, those that live here, those the owner belongs to, one circle, or a tag.", app.All, app.Local, app.Subscribed, app.InCircle, app.Tagged, app.InList),
				word("circle", "The id of the circle, with scope=circle."), word("tag", "The tag, with scope=tag."), word("list", "The id of a list, with scope=list."), sort,
				choice("window", "How old posts may be, with sort=top and sort=controversial.", app.Windows()...), flag("unread", "Leave out what was read.")),
			beside("GET /", "GET /c/:name"), refuses(http.StatusNotFound), refuses(http.StatusGone)),
		get("/posts/{id}", read, "A post or comment, whole, with what the reader may do about it.", s.readPost, visitors,
			beside("GET /post/:id", "GET /post/:id/:slug", "GET /comment/:id", "GET /post/:id/reply")),
		list("/posts/{id}/comments", read, "The comments of a thread, as trees.", s.comments, visitors,
			with(choice("sort", "The order of comments.", ranking.CommentOrders()...), word("focus", "The id of a comment: only it, with what hangs below it."), flag("author", "Only what the author of the post said."))),
		get("/posts/{id}/history", read, "How a post or comment stood before its edits.", s.history, visitors, beside("GET /post/:id/history")),
		get("/posts/{id}/source", read, "A post or comment with its markdown, for its author.", s.source, beside("GET /post/:id/edit", "GET /post/:id/delete", "GET /post/:id/restore", "GET /post/:id/remove", "GET /post/:id/return")),
		get("/posts/{id}/delivery", read, "How far a post has got on its way to other servers, for its author and admins.", s.delivery, lasts),
		list("/circles", read, "The directory of circles, the liveliest first.", s.directory, visitors, sized, beside("GET /circles"),
			with(word("topic", "Only circles about this."), word("language", "BCP 47."), flag("local", "Only circles that live here."))),
		get("/circles/{id}", read, "A circle with what the reader may do in it.", s.circlePage, visitors, beside("GET /c/:name", "GET /c/:name/submit", "GET /c/:name/interact", "GET /c/:name/settings", "GET /circles/new"), refuses(http.StatusGone)),
		list("/circles/{id}/people", read, "Who belongs to a circle of this instance, the latest first, for its members.", s.circlePeople, sized, beside("GET /c/:name/people")),
		list("/circles/{id}/modlog", read, "What moderators did in a circle.", s.modlogOf, visitors, beside("GET /c/:name/modlog"), lasts),
		list("/modlog", read, "What moderators did everywhere.", s.modlog, visitors, beside("GET /modlog")),
		get("/people/{id}", read, "A person.", s.personPage, visitors, beside("GET /u/:name", "GET /@:name", "GET /~:name", "GET /u/:name/interact"), refuses(http.StatusGone)),
		list("/people/{id}/posts", read, "A person's posts.", s.postsOf, visitors, sized, refuses(http.StatusGone)),
		list("/people/{id}/comments", read, "A person's comments.", s.commentsOf, visitors, sized, refuses(http.StatusGone)),
		list("/people/{id}/circles", read, "The circles that a person runs; of the token's owner, those they belong to.", s.circlesOf, visitors, refuses(http.StatusGone)),
		list("/search", read, "Posts, comments, circles or people by words.", s.search, visitors, sized, beside("GET /search"), refuses(http.StatusNotFound),
			with(word("q", "Words that must all occur, \"words in quotes\" that follow each other, -word for what must not, gard* for beginnings."),
				choice("type", "What is looked for.", app.SearchTypes()...), word("circle", "The id of the circle to look in."), word("author", "The id of who wrote it."))),
		get("/find", read, "Who or what a name or an address stands for, asked of its server if nobody here knows it.", s.find, with(word("what", "@name, !name, either with @host, or an address.")),
			beside("POST /lookup", "GET /authorize_interaction"), refuses(http.StatusNotFound), refuses(http.StatusGone)),
		list("/tags", read, "The tags that most people used of late.", s.tags, visitors),
		get("/tags/{tag}", read, "A tag and what the reader wants of it; its posts are a feed.", s.tag, visitors, beside("GET /tag/:tag")),
		get("/media/{id}", read, "A photo.", s.media, visitors, beside("GET /media/:id")),
		mediaRoute(s),
		list("/saved", read, "What the owner saved.", s.saved, sized, beside("GET /saved")),
		list("/peers", read, "Servers that are limited or blocked here, and why.", s.policies, visitors, beside("GET /about/peers")),
	)
}

func (s *Server) feed(c *call) (Page[Post], error) {
	q := app.FeedQuery{Scope: app.Scope(c.query("scope")), Tag: c.query("tag"), Unread: c.query("unread") == "true", Sort: ranking.Order(c.query("sort")),
		Window: app.Window(c.query("window")), Cursor: c.cursor(), Limit: c.size()}
	var err error
	if q.Circle, err = idIn[circles.CircleID](ID(c.query("circle")), "circle"); err != nil {
		return Page[Post]{}, err
	}
	if q.List, err = idIn[circles.ListID](ID(c.query("list")), "list"); err != nil {
		return Page[Post]{}, err
	}
	switch {
	case q.Scope == "" && q.List != 0:
		q.Scope = app.InList
	case q.Scope == "" && q.Circle != 0:
		q.Scope = app.InCircle
	case q.Scope == "" && q.Tag != "":
		q.Scope = app.Tagged
	}
	page, err := s.app.Feed(c.ctx(), c.who, q)
	if err != nil {
		return Page[Post]{}, err
	}
	return pageOf(s.cards(page.Posts), page.Next), nil
}

// A PostView is a post with what stands around it.
type PostView struct {
	Post      Post         `json:"post"`
	Role      circles.Role `json:"role,omitempty" enum:"pending,member,moderator,operator,owner" doc:"The reader's place in the circle."`
	Wish      string       `json:"wish,omitempty" enum:"follow,mute" doc:"What the reader wants to be told of the thread."`
	SeenAt    Time         `json:"seen_at,omitempty" doc:"When the reader last looked at the thread."`
	NoComment string       `json:"no_comment,omitempty" doc:"Why the reader may not comment; absent if they may."`
	NoVote    string       `json:"no_vote,omitempty" doc:"Why the reader may not vote; absent if they may."`
}

func (s *Server) readPost(c *call) (PostView, error) {
	id, err := c.post()
	if err != nil {
		return PostView{}, err
	}
	root, err := s.app.Root(c.ctx(), c.who, id)
	if err != nil {
		return PostView{}, err
	}
	q := app.ThreadQuery{}
	if root != id {
		q.Focus = id
	}
	t, err := s.app.Thread(c.ctx(), c.who, root, q)
	if err != nil {
		return PostView{}, err
	}
	v := PostView{Post: s.full(&t.FullPost), Role: t.Role, Wish: string(t.Wish), SeenAt: at(t.SeenAt), NoComment: c.why(t.NoComment), NoVote: c.why(t.NoVote)}
	if root != id {
		if len(t.Comments) == 0 {
			return PostView{}, circles.Errorf(circles.NotFound, "There is no such comment.")
		}
		circle := v.Post.Circle
		v.Post = s.comment(t.Comments[0]).Post
		v.Post.Circle = circle
	}
	return v, nil
}

// A Comment is a comment with what hangs below it.
type Comment struct {
	Post
	New     bool      `json:"new,omitempty" doc:"It came since the reader last looked, from somebody else."`
	Answers []Comment `json:"answers"`
	Below   int64     `json:"below" doc:"Visible comments below it, shown or not."`
	Hidden  int64     `json:"hidden,omitempty" doc:"Of these, those that are not on this page: ask with focus."`
}

func (s *Server) comment(n *app.CommentNode) Comment {
	p := s.post(n.Post)
	p.Notice, p.Author, p.Vote, p.Saved, p.Photos = n.Notice || n.Blocked, s.person(n.Author), n.Vote, n.Saved, s.photos(n.Photos)
	p.Helped = n.Helped
	out := Comment{Post: *p, New: n.New, Answers: []Comment{}, Below: n.Below, Hidden: n.Hidden}
	for _, k := range n.Kids {
		out.Answers = append(out.Answers, s.comment(k))
	}
	return out
}

func (s *Server) comments(c *call) (Page[Comment], error) {
	root, err := c.post()
	if err != nil {
		return Page[Comment]{}, err
	}
	focus, err := idIn[circles.PostID](ID(c.query("focus")), "focus")
	if err != nil {
		return Page[Comment]{}, err
	}
	t, err := s.app.Thread(c.ctx(), c.who, root, app.ThreadQuery{Sort: c.order(ranking.CommentOrders()), Focus: focus, Author: c.query("author") == "true", Cursor: c.cursor()})
	if err != nil {
		return Page[Comment]{}, err
	}
	var out []Comment
	for _, n := range t.Comments {
		out = append(out, s.comment(n))
	}
	return pageOf(out, t.Next), nil
}

// A Revision is how a post stood before an edit.
type Revision struct {
	At       Time    `json:"at" doc:"When this text was replaced."`
	Editor   *Person `json:"editor,omitempty"`
	Title    string  `json:"title,omitempty"`
	Link     string  `json:"link,omitempty"`
	BodyHTML string  `json:"body_html"`
}

// A History is how a post stood over time.
type History struct {
	Post      Post       `json:"post"`
	Revisions []Revision `json:"revisions" doc:"The newest first."`
}

func (s *Server) history(c *call) (History, error) {
	id, err := c.post()
	if err != nil {
		return History{}, err
	}
	h, err := s.app.History(c.ctx(), c.who, id)
	if err != nil {
		return History{}, err
	}
	out := History{Post: *s.post(h.Post), Revisions: []Revision{}}
	out.Post.Circle = s.circle(h.Circle)
	for _, r := range h.Revisions {
		out.Revisions = append(out.Revisions, Revision{At: at(r.At), Editor: s.person(h.Editors[r.Editor]), Title: r.Title, Link: r.Link, BodyHTML: r.BodyHTML})
	}
	return out, nil
}

func (s *Server) source(c *call) (Post, error) {
	id, err := c.post()
	if err != nil {
		return Post{}, err
	}
	f, err := s.app.Source(c.ctx(), c.who, id)
	if err != nil {
		return Post{}, err
	}
	return s.full(f), nil
}

// A Delivery is how far a post has got.
type Delivery struct {
	Total   int            `json:"total" doc:"Inboxes it is for."`
	Done    int            `json:"done"`
	Failed  int            `json:"failed"`
	Waiting []DeliveryHost `json:"waiting" doc:"Servers that do not have it, those in trouble first."`
}

// A DeliveryHost is a server that does not have a post.
type DeliveryHost struct {
	Host      string `json:"host"`
	Failed    bool   `json:"failed"`
	Status    int    `json:"status,omitempty"`
	Error     string `json:"error,omitempty"`
	Since     Time   `json:"since,omitempty"`
	NextTryAt Time   `json:"next_try_at,omitempty"`
}

func (s *Server) delivery(c *call) (Delivery, error) {
	id, err := c.post()
	if err != nil {
		return Delivery{}, err
	}
	d, err := s.app.Delivery(c.ctx(), c.who, id)
	if err != nil {
		return Delivery{}, err
	}
	out := Delivery{Total: d.Total, Done: d.Done, Failed: d.Failed, Waiting: []DeliveryHost{}}
	for _, h := range d.Waiting {
		out.Waiting = append(out.Waiting, DeliveryHost{Host: h.Host, Failed: h.Failed, Status: h.Status, Error: h.Error, Since: at(h.Since), NextTryAt: at(h.NextTryAt)})
	}
	return out, nil
}

func (s *Server) directory(c *call) (Page[Circle], error) {
	page, err := s.app.Directory(c.ctx(), c.who, app.DirectoryQuery{Topic: c.query("topic"), Language: c.query("language"), Local: c.query("local") == "true",
		Cursor: c.cursor(), Limit: c.size()})
	if err != nil {
		return Page[Circle]{}, err
	}
	return pageOf(s.circleRows(page.Rows), page.Next), nil
}

// A CircleView is a circle with what the reader may do in it.
type CircleView struct {
	Circle      Circle      `json:"circle"`
	Description string      `json:"description,omitempty" doc:"Markdown, of a circle that lives here."`
	Rules       string      `json:"rules,omitempty" doc:"Markdown, likewise."`
	Closed      bool        `json:"closed" doc:"The reader is not let in; only the name is told."`
	Moderators  []Moderator `json:"moderators"`
	NoPost      string      `json:"no_post,omitempty" doc:"Why the reader may not start a post; absent if they may."`
	NoJoin      string      `json:"no_join,omitempty" doc:"Why the reader may not join; absent if they may, or are in it."`
	Door        string      `json:"door,omitempty" doc:"Why the circle, which is elsewhere, did not let the reader in or, while their role is pending, why its operators decide."`
	MayEdit     bool        `json:"may_edit"`
	MayModerate bool        `json:"may_moderate"`
	Blocked     bool        `json:"blocked"`
	Muted       bool        `json:"muted"`
}

// A Moderator is somebody who runs a circle.
type Moderator struct {
	Person Person       `json:"person"`
	Role   circles.Role `json:"role" enum:"moderator,operator,owner"`
}

func (v CircleView) location() string { return v.Circle.URL }

func (c *call) circleView(p *app.CirclePage) CircleView {
	s := c.s
	v := CircleView{Circle: *s.circle(p.Circle), Description: p.Circle.Summary, Rules: p.Circle.Rules, Closed: p.Closed, Moderators: []Moderator{},
		NoPost: c.why(p.NoPost), NoJoin: c.why(p.NoJoin), MayEdit: p.MayEdit, MayModerate: p.MayMod, Blocked: p.Blocked, Muted: p.Muted}
	v.Circle.Role = p.Role
	if p.Door != nil {
		v.Door = p.Door.Say(c.words().Tag())
	}
	for _, m := range p.Moderators {
		v.Moderators = append(v.Moderators, Moderator{*s.person(m.Actor), m.Role})
	}
	return v
}

func (s *Server) circlePage(c *call) (CircleView, error) {
	id, err := c.circleID()
	if err != nil {
		return CircleView{}, err
	}
	return c.readCircle(id)
}

func (c *call) readCircle(id circles.CircleID) (CircleView, error) {
	p, err := c.s.app.CircleByID(c.ctx(), c.who, id)
	if err != nil {
		return CircleView{}, err
	}
	return c.circleView(p), nil
}

// A ModEntry is a line of the moderators' log.
type ModEntry struct {
	ID     ID                `json:"id"`
	At     Time              `json:"at"`
	By     *Person           `json:"by,omitempty"`
	Action circles.ModAction `json:"action" enum:"remove,return,lock,unlock,pin,unpin,ban,unban,appoint,retire,suspend,unsuspend,peer,trust,distrust,approve,refuse,appeal-grant,appeal-deny,appeal-pass,confirm,clear,note"`
	Circle *Circle           `json:"circle,omitempty" doc:"Absent if it concerns the whole instance."`
	Post   ID                `json:"post,omitempty"`
	Title  string            `json:"title,omitempty" doc:"Of the post, while it is visible."`
	Person *Person           `json:"person,omitempty" doc:"Whom, or whose post, it concerns."`
	Host   string            `json:"host,omitempty"`
	Policy string            `json:"policy,omitempty"`
	Until  Time              `json:"until,omitempty" doc:"Of a ban; absent = for good."`
	Reason string            `json:"reason,omitempty"`
}

func (s *Server) modlog(c *call) (Page[ModEntry], error) { return s.logOf(c, 0) }

func (s *Server) modlogOf(c *call) (Page[ModEntry], error) {
	id, err := c.circleID()
	if err != nil {
		return Page[ModEntry]{}, err
	}
	return s.logOf(c, id)
}

func (s *Server) logOf(c *call, circle circles.CircleID) (Page[ModEntry], error) {
	entries, next, err := s.moderation.Log(c.ctx(), c.who, circle, c.cursor())
	if err != nil {
		return Page[ModEntry]{}, err
	}
	var out []ModEntry
	for _, e := range entries {
		row := ModEntry{ID: id(e.ID), At: at(e.At), By: s.person(e.By), Action: e.Action, Circle: s.circle(e.Circle), Post: id(e.ModEntry.Post), Person: s.person(e.Person),
			Host: e.Host, Policy: e.Policy, Until: at(e.Until), Reason: e.Reason}
		if e.Post != nil {
			row.Title = e.Post.Title
		}
		out = append(out, row)
	}
	return pageOf(out, next), nil
}

// A Policy is what is exchanged with a server, where that is not everything.
type Policy struct {
	Host   string            `json:"host"`
	Policy moderation.Policy `json:"policy" enum:"limited,blocked"`
	Reason string            `json:"reason,omitempty"`
}

func (s *Server) policies(c *call) (Page[Policy], error) {
	peers, next, err := s.moderation.Policies(c.ctx(), c.cursor())
	if err != nil {
		return Page[Policy]{}, err
	}
	var out []Policy
	for _, p := range peers {
		out = append(out, Policy{p.Host, p.Policy, p.Reason})
	}
	return pageOf(out, next), nil
}
