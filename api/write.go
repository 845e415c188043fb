package api

import (
	"bytes"
	"context"
	"mime"
	"mime/multipart"
	"net/http"

	"halqa/circles"
	"halqa/circles/reputation"
	"halqa/internal/accounts"
	"halqa/internal/app"
	"halqa/internal/media"
	"halqa/internal/moderation"
)

func (s *Server) writeRoutes() []route {
	const write = accounts.ScopeWrite
	const post, put, del = http.MethodPost, http.MethodPut, http.MethodDelete
	return grouped("write",
		send(post, "/posts", write, "Start a thread in a circle.", s.newPost, gated(reputation.Post, reputation.PostMedia, reputation.PostLink), beside("POST /c/:name/submit"), refuses(http.StatusNotFound), refuses(http.StatusGone)),
		send(post, "/posts/{id}/comments", write, "Answer a post or a comment.", s.newComment, gated(reputation.Comment), beside("POST /post/:id/reply")),
		send(put, "/posts/{id}", write, "Say how a post or comment of the owner's is to be from now on.", s.edit, gated(reputation.Post, reputation.PostMedia, reputation.PostLink, reputation.Comment), beside("POST /post/:id/edit"), refuses(http.StatusConflict)),
		act(del, "/posts/{id}", write, "Take back what the owner wrote.", c1((*app.App).Delete), beside("POST /post/:id/delete"), lasts),
		act(post, "/posts/{id}/restore", write, "Bring back what the owner deleted.", c1((*app.App).Restore), beside("POST /post/:id/restore")),
		send(put, "/posts/{id}/vote", write, "Vote for a post or comment, against it, or not.", s.vote, gated(reputation.React, reputation.Downvote), beside("POST /post/:id/vote")),
		act(put, "/posts/{id}/saved", write, "Keep a post or comment in the owner's list.", c1((*app.App).Save), beside("POST /post/:id/save")),
		act(del, "/posts/{id}/saved", write, "Take it out of the list.", c1((*app.App).Unsave), beside("POST /post/:id/unsave"), lasts),
		act(put, "/posts/{id}/read", write, "Note that the owner has read a thread, as it is now.", s.markRead, beside("GET /post/:id")),
		send(put, "/posts/{id}/wish", write, "Be told of every comment in a thread, or of none.", s.threadWish, beside("POST /post/:id/watch")),
		upload(s),
		send(put, "/media/{id}", write, "Say what a photo shows.", s.setAlt, gated(reputation.Post), refuses(http.StatusGone)),
		send(post, "/reports", write, "Tell moderators about a post, a person or a circle.", s.report, refuses(http.StatusNotFound),
			beside("POST /post/:id/report", "POST /u/:name/report", "POST /c/:name/report", "GET /post/:id/report", "GET /u/:name/report", "GET /c/:name/report")),
	)
}

// c1 makes a handler of a verb that only needs a post.
func c1(verb func(*app.App, context.Context, circles.Viewer, circles.PostID) error) func(*call) error {
	return func(c *call) error {
		id, err := c.post()
		if err != nil {
			return err
		}
		return verb(c.s.app, c.ctx(), c.who, id)
	}
}

// A PhotoRef is an upload that is to become a photo of a post.
type PhotoRef struct {
	ID  string `json:"id"`
	Alt string `json:"alt,omitempty" doc:"What it shows, for who cannot see it."`
}

func refs(all []PhotoRef) []app.PhotoRef {
	out := make([]app.PhotoRef, len(all))
	for i, p := range all {
		out[i] = app.PhotoRef{ID: circles.MediaID(p.ID), Alt: p.Alt}
	}
	return out
}

// A NewPost starts a thread.
type NewPost struct {
	Circle    ID         `json:"circle"`
	Title     string     `json:"title"`
	Body      string     `json:"body,omitempty" doc:"Markdown."`
	Link      string     `json:"link,omitempty" doc:"The page it is about."`
	Photos    []PhotoRef `json:"photos,omitempty" doc:"Uploads of the owner's, in order."`
	Language  string     `json:"language,omitempty" doc:"BCP 47."`
	Sensitive bool       `json:"sensitive,omitempty"`
	Warning   string     `json:"warning,omitempty" doc:"Makes it sensitive."`
	Poll      *NewPoll   `json:"poll,omitempty"`
	Draft     string     `json:"draft,omitempty" doc:"The name of the draft that this was, which is forgotten with it."`
}

func (s *Server) newPost(c *call, in NewPost) (Post, error) {
	circle, err := idIn[circles.CircleID](in.Circle, "circle")
	if err != nil {
		return Post{}, err
	}
	made, err := s.app.Post(c.ctx(), c.who, app.NewPost{Circle: circle, Title: in.Title, Body: in.Body, Link: in.Link, Photos: refs(in.Photos),
		Language: in.Language, Sensitive: in.Sensitive, Warning: in.Warning, Poll: in.Poll.verb(), Draft: in.Draft})
	if err != nil {
		return Post{}, err
	}
	return *s.post(made), nil
}

// A NewComment answers a post or a comment.
type NewComment struct {
	Body     string `json:"body" doc:"Markdown."`
	Language string `json:"language,omitempty" doc:"BCP 47."`
}

func (s *Server) newComment(c *call, in NewComment) (Post, error) {
	parent, err := c.post()
	if err != nil {
		return Post{}, err
	}
	made, err := s.app.Comment(c.ctx(), c.who, app.NewComment{Parent: parent, Body: in.Body, Language: in.Language})
	if err != nil {
		return Post{}, err
	}
	return *s.post(made), nil
}

// An Edit is how a post or comment is to be, as a whole.
type Edit struct {
	Title     string     `json:"title,omitempty" doc:"Of a post."`
	Body      string     `json:"body,omitempty" doc:"Markdown."`
	Link      string     `json:"link,omitempty" doc:"Of a post."`
	Photos    []PhotoRef `json:"photos,omitempty" doc:"Of a post: those it has and keeps, and new uploads, in order."`
	Language  string     `json:"language,omitempty"`
	Sensitive bool       `json:"sensitive,omitempty"`
	Warning   string     `json:"warning,omitempty"`
	Poll      *NewPoll   `json:"poll,omitempty" doc:"In the place of the poll it has, as long as that is open; minutes do not count. If it asks something else, all votes are forgotten. Without it the poll stays as it is."`
	Base      *int64     `json:"base,omitempty" doc:"rev of the post as it was read; if it has another one, the edit is refused."`
}

func (s *Server) edit(c *call, in Edit) (Post, error) {
	id, err := c.post()
	if err != nil {
		return Post{}, err
	}
	p, err := s.app.Edit(c.ctx(), c.who, id, app.Edit{Title: in.Title, Body: in.Body, Link: in.Link, Photos: refs(in.Photos), Language: in.Language,
		Sensitive: in.Sensitive, Warning: in.Warning, Poll: in.Poll.verb(), Base: in.Base})
	if err != nil {
		return Post{}, err
	}
	return *s.post(p), nil
}

// A Vote is one person's.
type Vote struct {
	Value int `json:"value" enum:"-1,0,1"`
}

func (s *Server) vote(c *call, in Vote) (Post, error) {
	id, err := c.post()
	if err != nil {
		return Post{}, err
	}
	p, err := s.app.Vote(c.ctx(), c.who, id, in.Value)
	if err != nil {
		return Post{}, err
	}
	out := *s.post(p)
	out.Vote = in.Value
	return out, nil
}

func (s *Server) markRead(c *call) error {
	id, err := c.post()
	if err != nil {
		return err
	}
	t, err := s.app.Thread(c.ctx(), c.who, id, app.ThreadQuery{})
	if err != nil {
		return err
	}
	return s.app.MarkRead(c.ctx(), c.who, t)
}

// A Wish is what somebody wants of a thread.
type Wish struct {
	Wish string `json:"wish" enum:"follow,mute,none"`
}

func (s *Server) threadWish(c *call, in Wish) (nothing, error) {
	id, err := c.post()
	if err != nil {
		return nothing{}, err
	}
	wish, ok := map[string]app.ThreadWish{"follow": app.FollowThread, "mute": app.MuteThread, "none": app.NoThreadWish}[in.Wish]
	if !ok {
		return nothing{}, circles.FieldErrorf(circles.Invalid, "wish", "wish must be follow, mute or none.")
	}
	return nothing{}, s.app.SetThreadWish(c.ctx(), c.who, id, wish)
}

// upload takes in a picture.
func upload(s *Server) route {
	r := newRoute(http.MethodPost, "/media", accounts.ScopeWrite, "Upload a picture, for a post or as an icon. It is forgotten after a day if nothing takes it.", []option{
		with(choice("use", "What it is for.", "post", "icon"))})
	r.upload, r.out, r.status = true, typeOf[Photo](), http.StatusCreated
	r.do = func(c *call) (any, error) {
		_, p, err := mime.ParseMediaType(c.echo.Request().Header.Get("Content-Type"))
		if err != nil || p["boundary"] == "" {
			return nil, badUpload()
		}
		parts := multipart.NewReader(bytes.NewReader(c.raw), p["boundary"])
		part, err := parts.NextPart() // the only one: a picture a request
		if err != nil {
			return nil, badUpload()
		}
		if part.FormName() != "file" {
			return nil, parameter("unknown-field", part.FormName(), "This route takes no field %.40q; it takes file.", part.FormName())
		}
		use := media.Post
		if c.query("use") == "icon" {
			use = media.Icon
		}
		made, err := s.app.Upload(c.ctx(), c.who, part, use)
		if err != nil {
			return nil, err
		}
		return s.photo(&made), nil
	}
	return r
}

func badUpload() error {
	return circles.FieldErrorf(circles.Invalid, "file", "The body must be multipart/form-data with the picture as file.")
}

// An Alt is what a photo shows.
type Alt struct {
	Alt string `json:"alt"`
}

func (s *Server) setAlt(c *call, in Alt) (nothing, error) {
	return nothing{}, s.app.SetAlt(c.ctx(), c.who, circles.MediaID(c.echo.Param("id")), in.Alt)
}

// A NewReport is what somebody says against one thing.
type NewReport struct {
	Post     ID                     `json:"post,omitempty"`
	Person   ID                     `json:"person,omitempty"`
	Circle   ID                     `json:"circle,omitempty"`
	Category circles.ReportCategory `json:"category" enum:"spam,harassment,illegal,intimate,impersonation,rules,other"`
	Text     string                 `json:"text,omitempty"`
}

func (s *Server) report(c *call, in NewReport) (nothing, error) {
	var t circles.ReportTarget
	var err error
	if t.Post, err = idIn[circles.PostID](in.Post, "post"); err != nil {
		return nothing{}, err
	}
	if t.Person, err = idIn[circles.PersonID](in.Person, "person"); err != nil {
		return nothing{}, err
	}
	if t.Circle, err = idIn[circles.CircleID](in.Circle, "circle"); err != nil {
		return nothing{}, err
	}
	return nothing{}, s.moderation.Report(c.ctx(), c.who, moderation.NewReport{Target: t, Category: in.Category, Text: in.Text})
}
