package api

import (
	"net/http"
	"reflect"
	"time"

	"halqa/circles"
	"halqa/circles/reputation"
	"halqa/internal/accounts"
	"halqa/internal/app"
)

func (s *Server) shelfRoutes() []route {
	const read, write, follow = accounts.ScopeRead, accounts.ScopeWrite, accounts.ScopeFollow
	const post, put, del = http.MethodPost, http.MethodPut, http.MethodDelete
	return grouped("shelf",
		list("/people/{id}/lists", read, "The lists of circles that a person of this instance made: the public ones, and all to themselves.", s.lists, visitors, beside("GET /lists")),
		get("/people/{id}/lists/{slug}", read, "A list with its circles; its posts are a feed.", s.list, visitors, beside("GET /lists/:slug", "GET /u/:name/lists/:slug"), refuses(http.StatusGone)),
		send(post, "/me/lists", follow, "Make a list.", s.newList, beside("POST /lists")),
		send(put, "/me/lists/{slug}", follow, "Say how a list is to be from now on.", s.editList, beside("POST /lists/:slug")),
		act(del, "/me/lists/{slug}", follow, "Take a list apart.", s.deleteList, beside("POST /lists/:slug")),
		act(put, "/me/lists/{slug}/circles/{id}", follow, "Put a circle into a list.", s.setListed(true), beside("POST /c/:name/lists", "GET /c/:name/lists"), refuses(http.StatusGone)),
		act(del, "/me/lists/{slug}/circles/{id}", follow, "Take it out.", s.setListed(false), beside("POST /c/:name/lists")),
		list("/drafts", write, "What the owner has begun to write.", s.drafts, beside("GET /drafts")),
		send(post, "/drafts", write, "Begin a draft.", s.newDraft),
		get("/drafts/{name}", write, "A draft.", s.draft, beside("GET /drafts/:name")),
		send(put, "/drafts/{name}", write, "Keep what was written so far. A reply's draft is called re- and the id of what it answers. An empty one is forgotten.", s.setDraft, anyName, beside("POST /drafts/:name")),
		act(del, "/drafts/{name}", write, "Forget a draft.", s.dropDraft, anyName, beside("POST /drafts/:name/delete")),
		get("/posts/{id}/crosspost", write, "What a post begins with that takes this one over into another circle.", s.crosspost, beside("GET /post/:id/crosspost")),
		send(put, "/posts/{id}/poll", write, "Answer the poll of a post, once.", s.votePoll, gated(reputation.React), beside("POST /post/:id/poll")),
	)
}

// A List is circles that a person reads as one.
type List struct {
	ID      ID     `json:"id"`
	Slug    string `json:"slug" doc:"The last part of its address; it never changes."`
	Title   string `json:"title"`
	About   string `json:"about,omitempty"`
	Public  bool   `json:"public"`
	Circles int    `json:"circles"`
}

func listOf(l *circles.List, n int) List {
	return List{id(l.ID), l.Slug, l.Title, l.About, l.Public, n}
}

func (s *Server) lists(c *call) (Page[List], error) {
	person, err := c.actor()
	if err != nil {
		return Page[List]{}, err
	}
	rows, err := s.app.ListsOf(c.ctx(), c.who, circles.PersonID(person), 0)
	if err != nil {
		return Page[List]{}, err
	}
	var out []List
	for _, r := range rows {
		out = append(out, listOf(&r.List, r.Circles))
	}
	return none(c, out)
}

// A ListView is a list with its circles.
type ListView struct {
	List    List     `json:"list"`
	Owner   Person   `json:"owner"`
	Circles []Circle `json:"circles"`
}

func (s *Server) list(c *call) (ListView, error) {
	who, err := c.personTab(app.PersonCircles)
	if err != nil {
		return ListView{}, err
	}
	p, err := s.app.List(c.ctx(), c.who, who.Person.Name, c.echo.Param("slug"))
	if err != nil {
		return ListView{}, err
	}
	return ListView{listOf(p.List, len(p.Rows)), *s.person(p.Owner), s.circleRows(p.Rows)}, nil
}

// A NewList is how a list is to be.
type NewList struct {
	Title  string `json:"title"`
	About  string `json:"about,omitempty" doc:"One line."`
	Public bool   `json:"public,omitempty" doc:"Everyone may read it at its address."`
}

func (s *Server) newList(c *call, in NewList) (List, error) {
	made, err := s.app.CreateList(c.ctx(), c.who, app.List(in))
	if err != nil {
		return List{}, err
	}
	return listOf(made, 0), nil
}

func (s *Server) editList(c *call, in NewList) (nothing, error) {
	return nothing{}, s.app.EditList(c.ctx(), c.who, c.echo.Param("slug"), app.List(in))
}

func (s *Server) deleteList(c *call) error {
	return s.app.DeleteList(c.ctx(), c.who, c.echo.Param("slug"))
}

func (s *Server) setListed(on bool) func(*call) error {
	return func(c *call) error {
		id, err := c.circleID()
		if err != nil {
			return err
		}
		return s.app.SetListed(c.ctx(), c.who, c.echo.Param("slug"), id, on)
	}
}

// A DraftRow is a draft in a list.
type DraftRow struct {
	Name    string  `json:"name"`
	Comment bool    `json:"comment"`
	Title   string  `json:"title,omitempty"`
	Excerpt string  `json:"excerpt,omitempty"`
	Circle  *Circle `json:"circle,omitempty"`
	Root    ID      `json:"root,omitempty" doc:"Of a comment: the post of the thread."`
	Photos  int     `json:"photos"`
	SavedAt Time    `json:"saved_at"`
}

func (s *Server) drafts(c *call) (Page[DraftRow], error) {
	all, err := s.app.Drafts(c.ctx(), c.who)
	if err != nil {
		return Page[DraftRow]{}, err
	}
	var out []DraftRow
	for _, d := range all {
		row := DraftRow{d.Name, d.Comment, d.Title, d.Excerpt, s.circle(d.Circle), "", d.Photos, at(d.SavedAt)}
		if d.Root != nil {
			row.Root = id(d.Root.ID)
		}
		out = append(out, row)
	}
	return none(c, out)
}

// A Draft is what somebody has begun to write.
type Draft struct {
	Circle    ID         `json:"circle,omitempty" doc:"Of a post."`
	Parent    ID         `json:"parent,omitempty" doc:"Of a comment: what it answers."`
	Title     string     `json:"title,omitempty"`
	Body      string     `json:"body,omitempty" doc:"Markdown."`
	Link      string     `json:"link,omitempty"`
	Photos    []PhotoRef `json:"photos,omitempty"`
	Language  string     `json:"language,omitempty"`
	Sensitive bool       `json:"sensitive,omitempty"`
	Warning   string     `json:"warning,omitempty"`
	Poll      *NewPoll   `json:"poll,omitempty" doc:"Of a post."`
}

// A KeptDraft is a draft as it was kept.
type KeptDraft struct {
	Name    string `json:"name"`
	Draft   Draft  `json:"draft"`
	SavedAt Time   `json:"saved_at"`
}

func photoRefs(all []app.PhotoRef) []PhotoRef {
	var out []PhotoRef
	for _, p := range all {
		out = append(out, PhotoRef{string(p.ID), p.Alt})
	}
	return out
}

func (c *call) keep(name string, in Draft) error {
	circle, err := idIn[circles.CircleID](in.Circle, "circle")
	if err != nil {
		return err
	}
	parent, err := idIn[circles.PostID](in.Parent, "parent")
	if err != nil {
		return err
	}
	return c.s.app.SaveDraft(c.ctx(), c.who, app.Draft{Name: name, Circle: circle, Parent: parent, Title: in.Title, Body: in.Body, Link: in.Link, Photos: refs(in.Photos),
		Language: in.Language, Sensitive: in.Sensitive, Warning: in.Warning, Poll: in.Poll.verb()})
}

func (c *call) kept(name string) (KeptDraft, error) {
	d, err := c.s.app.Draft(c.ctx(), c.who, name)
	if err != nil {
		return KeptDraft{}, err
	}
	return KeptDraft{name, Draft{id(d.Circle), id(d.Parent), d.Title, d.Body, d.Link, photoRefs(d.Photos), d.Language, d.Sensitive, d.Warning, newPollOf(d.Poll)}, at(d.SavedAt)}, nil
}

func (s *Server) newDraft(c *call, in Draft) (KeptDraft, error) {
	name, err := app.NewDraftName()
	if err != nil {
		return KeptDraft{}, err
	}
	if reflect.ValueOf(in).IsZero() {
		return KeptDraft{}, circles.Errorf(circles.Invalid, "A draft must hold something.")
	}
	if err := c.keep(name, in); err != nil {
		return KeptDraft{}, err
	}
	return c.kept(name)
}

func (s *Server) draft(c *call) (KeptDraft, error) { return c.kept(c.echo.Param("name")) }

func (s *Server) setDraft(c *call, in Draft) (nothing, error) {
	return nothing{}, c.keep(c.echo.Param("name"), in)
}

func (s *Server) dropDraft(c *call) error {
	return s.app.DropDraft(c.ctx(), c.who, c.echo.Param("name"))
}

func (s *Server) crosspost(c *call) (Draft, error) {
	from, err := c.post()
	if err != nil {
		return Draft{}, err
	}
	d, err := s.app.Crosspost(c.ctx(), c.who, from)
	if err != nil {
		return Draft{}, err
	}
	return Draft{Title: d.Title, Body: d.Body, Link: d.Link, Photos: photoRefs(d.Photos), Language: d.Language, Sensitive: d.Sensitive, Warning: d.Warning}, nil
}

// A NewPoll is a question that somebody puts into a post.
type NewPoll struct {
	Options  []string `json:"options"`
	Multiple bool     `json:"multiple,omitempty" doc:"Several options may be chosen."`
	Minutes  int64    `json:"minutes" doc:"How long votes are taken."`
}

func (p *NewPoll) verb() *app.NewPoll {
	if p == nil {
		return nil
	}
	const most = 400 * 24 * 60 // minutes; the verb has its own limit below
	return &app.NewPoll{Options: p.Options, Multiple: p.Multiple, For: time.Duration(min(max(p.Minutes, -1), most)) * time.Minute}
}

func newPollOf(p *app.NewPoll) *NewPoll {
	if p == nil {
		return nil
	}
	return &NewPoll{p.Options, p.Multiple, int64(p.For / time.Minute)}
}

// A Poll is the question of a post, with the answers so far.
type Poll struct {
	Multiple bool         `json:"multiple"`
	Open     bool         `json:"open" doc:"Votes are taken."`
	EndsAt   Time         `json:"ends_at,omitempty"`
	Voters   int64        `json:"voters"`
	Options  []PollOption `json:"options"`
	Mine     []int        `json:"mine" doc:"The options that the token's owner chose, by their places from 0."`
}

// A PollOption is one answer.
type PollOption struct {
	Text  string `json:"text"`
	Votes int64  `json:"votes"`
}

func pollOf(v *app.PollView) *Poll {
	if v == nil {
		return nil
	}
	out := &Poll{Multiple: v.Multiple, Open: v.Open, EndsAt: at(v.EndsAt), Voters: v.Voters, Options: []PollOption{}, Mine: append([]int{}, v.Mine...)}
	for _, o := range v.Options {
		out.Options = append(out.Options, PollOption{o.Text, o.Votes})
	}
	return out
}

// A PollVote answers a poll.
type PollVote struct {
	Choices []int `json:"choices" doc:"Options by their places from 0: one, or where the poll allows it several."`
}

func (s *Server) votePoll(c *call, in PollVote) (Poll, error) {
	id, err := c.post()
	if err != nil {
		return Poll{}, err
	}
	v, err := s.app.VotePoll(c.ctx(), c.who, id, in.Choices)
	if err != nil {
		return Poll{}, err
	}
	return *pollOf(v), nil
}
