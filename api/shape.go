package api

import (
	"strconv"
	"time"

	"halqa/circles"
	"halqa/internal/app"
	"halqa/internal/text"
)

// An ID is an id as a string: some languages' numbers cannot hold it.
type ID string

// A Time is a moment in UTC, to the microsecond. RFC 3339 5.6
type Time string

func id[T ~int64](n T) ID {
	if n == 0 {
		return ""
	}
	return ID(strconv.FormatInt(int64(n), 10))
}

func at(micros int64) Time {
	if micros == 0 {
		return ""
	}
	return Time(time.UnixMicro(micros).UTC().Format("2006-01-02T15:04:05.000000Z"))
}

// A Person is somebody, here or elsewhere.
type Person struct {
	ID          ID     `json:"id"`
	Handle      string `json:"handle" doc:"@name, or @name@host of somebody elsewhere."`
	Name        string `json:"name"`
	Host        string `json:"host,omitempty" doc:"The server of somebody elsewhere."`
	DisplayName string `json:"display_name"`
	URL         string `json:"url" format:"uri" doc:"Their page on this instance."`
	Origin      string `json:"origin,omitempty" doc:"Their page on their own server."`
	AboutHTML   string `json:"about_html,omitempty" doc:"What they say of themselves, as clean HTML."`
	Icon        string `json:"icon,omitempty" format:"uri" doc:"Their picture."`
	Bot         bool   `json:"bot"`
	Locked      bool   `json:"locked" doc:"They approve who follows them."`
	Suspended   bool   `json:"suspended"`
	JoinedAt    Time   `json:"joined_at,omitempty"`
	MovedTo     string `json:"moved_to,omitempty" doc:"Where they are now."`
}

func (s *Server) person(a *circles.Actor) *Person {
	if a == nil {
		return nil
	}
	return &Person{
		ID: id(a.ID), Handle: "@" + handleOf(a), Name: a.Name, Host: a.Host, DisplayName: a.Title(), URL: s.o.Origin + a.Path(),
		Origin: originOf(a), AboutHTML: a.SummaryHTML, Icon: s.icon(a), Bot: a.Bot, Locked: a.Locked, Suspended: a.SuspendedAt != 0,
		JoinedAt: at(a.Published), MovedTo: a.MovedTo,
	}
}

func (s *Server) people(all []*circles.Actor) []Person {
	out := make([]Person, 0, len(all))
	for _, a := range all {
		out = append(out, *s.person(a))
	}
	return out
}

func handleOf(a *circles.Actor) string {
	if a.Local() {
		return a.Name
	}
	return a.Name + "@" + a.Host
}

func originOf(a *circles.Actor) string {
	switch {
	case a.Local():
		return ""
	case a.URL != "":
		return a.URL
	}
	return a.URI
}

func (s *Server) icon(a *circles.Actor) string {
	if a.IconMedia == "" {
		return ""
	}
	return s.o.Origin + "/media/" + string(a.IconMedia) + "/400.webp"
}

// A Circle is a group of people around an interest.
type Circle struct {
	ID          ID                 `json:"id"`
	Handle      string             `json:"handle" doc:"!name, or !name@host of one elsewhere."`
	Name        string             `json:"name"`
	Host        string             `json:"host,omitempty"`
	Title       string             `json:"title"`
	URL         string             `json:"url" format:"uri" doc:"Its page on this instance."`
	Origin      string             `json:"origin,omitempty" doc:"Its page on its own server."`
	Topic       string             `json:"topic,omitempty"`
	Language    string             `json:"language,omitempty" doc:"BCP 47."`
	Visibility  circles.Visibility `json:"visibility,omitempty" enum:"public,unlisted,local,members"`
	Posting     circles.Posting    `json:"posting,omitempty" enum:"open,operators"`
	Sensitive   bool               `json:"sensitive"`
	Hue         int                `json:"hue" doc:"0 to 11, a twelfth of the colour circle."`
	Icon        string             `json:"icon,omitempty" format:"uri"`
	About       string             `json:"about,omitempty" doc:"The beginning of its description, plain text, one line; in lists of circles."`
	AboutHTML   string             `json:"about_html,omitempty" doc:"Its description, as clean HTML; not in lists."`
	RulesHTML   string             `json:"rules_html,omitempty"`
	Members     int64              `json:"members"`
	Posts       int64              `json:"posts"`
	Comments    int64              `json:"comments"`
	ActiveMonth int64              `json:"active_month" doc:"People who wrote or voted there in thirty days."`
	Role        circles.Role       `json:"role,omitempty" enum:"pending,member,moderator,operator,owner" doc:"The token's owner's place in it."`
}

func (s *Server) circle(c *circles.Circle) *Circle {
	if c == nil {
		return nil
	}
	return &Circle{
		ID: id(c.ID), Handle: "!" + handleOf(&c.Actor), Name: c.Name, Host: c.Host, Title: c.Title(), URL: s.o.Origin + c.Path(), Origin: originOf(&c.Actor),
		Topic: c.Topic, Language: c.Language, Visibility: c.Visibility, Posting: c.Posting, Sensitive: c.Sensitive, Hue: c.Hue, Icon: s.icon(&c.Actor),
		AboutHTML: c.SummaryHTML, RulesHTML: c.RulesHTML, Members: c.Members, Posts: c.Posts, Comments: c.Comments, ActiveMonth: c.ActiveMonth,
	}
}

// aboutLen is how many runes of a description stand in lists, as on the pages.
const aboutLen = 200

func (s *Server) circleRows(rows []app.CircleRow) []Circle {
	out := make([]Circle, 0, len(rows))
	for _, r := range rows {
		c := s.circle(r.Circle)
		c.Role = r.Role
		c.About, c.AboutHTML = text.ExcerptHTML(r.Circle.SummaryHTML, aboutLen), "" // half of it, which may end inside a tag
		out = append(out, *c)
	}
	return out
}

// A Photo is a picture of a post.
type Photo struct {
	ID       string      `json:"id"`
	Alt      string      `json:"alt" doc:"What it shows, for who cannot see it."`
	Width    int         `json:"width"`
	Height   int         `json:"height"`
	Blurhash string      `json:"blurhash,omitempty"`
	Animated bool        `json:"animated,omitempty"`
	Remote   string      `json:"remote,omitempty" doc:"Its address on another server; shown through /media/{id}/remote."`
	Files    []PhotoFile `json:"files" doc:"Those of an upload are handed out once a post has it."`
}

// A PhotoFile is one encoding of a photo.
type PhotoFile struct {
	Name   string `json:"name"`
	URL    string `json:"url" format:"uri" doc:"For anybody if the photo is public, and for a browser with a session. With a token ask /api/circles/v1/media/{id}/{name}."`
	Type   string `json:"type"`
	Width  int    `json:"width"`
	Height int    `json:"height"`
	Bytes  int64  `json:"bytes"`
}

func (s *Server) photo(p *circles.Photo) Photo {
	out := Photo{ID: string(p.ID), Alt: p.Alt, Width: p.Width, Height: p.Height, Blurhash: p.Blurhash, Animated: p.Animated, Remote: p.RemoteURL, Files: []PhotoFile{}}
	for _, f := range p.Files {
		out.Files = append(out.Files, PhotoFile{Name: f.Name, URL: s.o.Origin + "/media/" + string(p.ID) + "/" + f.Name, Type: f.Mime, Width: f.Width, Height: f.Height, Bytes: f.Bytes})
	}
	return out
}

func (s *Server) photos(all []*circles.Photo) []Photo {
	out := make([]Photo, 0, len(all))
	for _, p := range all {
		out = append(out, s.photo(p))
	}
	return out
}

// A Post is a post or a comment.
type Post struct {
	ID        ID                `json:"id"`
	Kind      circles.PostKind  `json:"kind" enum:"post,comment"`
	State     circles.PostState `json:"state" enum:"visible,held,refused,removed,deleted"`
	Reason    string            `json:"reason,omitempty" doc:"Why it was removed, held or refused."`
	Notice    bool              `json:"notice,omitempty" doc:"The reader gets no text: it was deleted or removed, or they blocked its author."`
	URL       string            `json:"url" format:"uri" doc:"Its page on this instance."`
	Origin    string            `json:"origin,omitempty" doc:"Its page on its own server."`
	Circle    *Circle           `json:"circle,omitempty" doc:"Not in the answer to a change, which has no author and no photos either; ask for the post."`
	Author    *Person           `json:"author,omitempty"`
	Root      ID                `json:"root" doc:"The post of the thread; of a post itself."`
	Parent    ID                `json:"parent,omitempty" doc:"What a comment answers."`
	Title     string            `json:"title,omitempty"`
	Link      string            `json:"link,omitempty" doc:"The page that the post is about."`
	Excerpt   string            `json:"excerpt,omitempty" doc:"Plain text, one line; in lists."`
	BodyHTML  string            `json:"body_html,omitempty" doc:"Clean HTML; not in lists."`
	Source    string            `json:"source,omitempty" doc:"Markdown; only where it is asked for."`
	Language  string            `json:"language,omitempty" doc:"BCP 47."`
	Sensitive bool              `json:"sensitive"`
	Warning   string            `json:"warning,omitempty"`
	Locked    bool              `json:"locked"`
	Pinned    bool              `json:"pinned"`
	Tags      []string          `json:"tags,omitempty"`
	Photos    []Photo           `json:"photos,omitempty" doc:"In lists only the first."`
	Poll      *Poll             `json:"poll,omitempty"`
	PhotoN    int               `json:"photo_count"`
	Ups       int64             `json:"ups"`
	Downs     int64             `json:"downs"`
	Score     int64             `json:"score"`
	Comments  int64             `json:"comments"`
	Published Time              `json:"published_at"`
	EditedAt  Time              `json:"edited_at,omitempty"`
	Rev       int64             `json:"rev" doc:"Grows with every change; base of an edit."`
	Vote      int               `json:"vote" doc:"The token's owner's: 1, -1 or 0."`
	Saved     bool              `json:"saved"`
	Helped    bool              `json:"helped,omitempty" doc:"The author of the thread, or who runs the circle, called it helpful; not in lists."`
	Unread    int64             `json:"unread,omitempty" doc:"Comments since the owner last looked."`
}

func (p Post) location() string { return p.URL }

func (s *Server) post(p *circles.Post) *Post {
	out := new(Post)
	s.shape(out, p)
	return out
}

// shape writes what post returns into out.
func (s *Server) shape(out *Post, p *circles.Post) {
	*out = Post{
		ID: id(p.ID), Kind: p.Kind, State: p.State, Reason: p.Reason, URL: s.o.Origin + p.Path(), Root: id(p.Root), Parent: id(p.Parent), Title: p.Title,
		Link: p.Link, BodyHTML: p.BodyHTML, Language: p.Language, Sensitive: p.Sensitive, Warning: p.Warning, Locked: p.Locked, Pinned: p.Pinned,
		PhotoN: p.PhotoN, Ups: p.Ups, Downs: p.Downs, Score: p.Score, Comments: p.Comments, Published: at(p.Published), EditedAt: at(p.EditedAt), Rev: p.Rev,
	}
	if out.Kind == "" { // of a notice only little is set
		out.Kind = circles.IsPost
		if p.Parent != 0 {
			out.Kind = circles.IsComment
		}
	}
	if !p.Local() && p.URI != "" {
		out.Origin = p.URL
		if out.Origin == "" {
			out.Origin = p.URI
		}
	}
}

// A cast is who and what stands beside the posts of one answer. Each is shaped once, however many posts it
// stands beside.
type cast struct {
	s       *Server
	people  map[*circles.Actor]*Person
	circles map[*circles.Circle]*Circle
}

func (s *Server) newCast() *cast {
	return &cast{s, map[*circles.Actor]*Person{}, map[*circles.Circle]*Circle{}}
}

func (k *cast) card(out *Post, c *app.PostCard) {
	k.s.shape(out, c.Post)
	author, known := k.people[c.Author]
	if !known {
		author = k.s.person(c.Author)
		k.people[c.Author] = author
	}
	circle, known := k.circles[c.Circle]
	if !known {
		circle = k.s.circle(c.Circle)
		k.circles[c.Circle] = circle
	}
	out.Excerpt, out.Author, out.Circle, out.Vote, out.Saved, out.Unread = c.Excerpt, author, circle, c.Vote, c.Saved, c.Unread
	if c.Photo != nil {
		out.Photos = []Photo{k.s.photo(c.Photo)}
	}
}

func (s *Server) cards(all []app.PostCard) []Post {
	k := s.newCast()
	out := make([]Post, len(all))
	for i := range all {
		k.card(&out[i], &all[i])
	}
	return out
}

func (s *Server) full(f *app.FullPost) Post {
	p := s.post(f.Post)
	p.Notice, p.Author, p.Circle, p.Photos, p.Tags, p.Vote, p.Saved = f.Notice, s.person(f.Author), s.circle(f.Circle), s.photos(f.Photos), f.Tags, f.Vote, f.Saved
	p.Helped = f.Helped
	p.Source, p.Poll = f.Post.Body, pollOf(f.Poll)
	return *p
}

func (s *Server) saying(x app.Saying) Post {
	p := s.post(x.Comment)
	p.Author, p.Circle, p.Vote, p.Saved = s.person(x.Author), s.circle(x.Circle), x.Vote, x.Saved
	if x.Root != nil {
		p.Title = x.Root.Title
	}
	return *p
}

func (s *Server) items(all []app.Item) []Post {
	k := s.newCast()
	out := make([]Post, len(all))
	for i, item := range all {
		if item.Post != nil {
			k.card(&out[i], item.Post)
		} else {
			out[i] = s.saying(*item.Comment)
		}
	}
	return out
}

// why is the sentence of a refusal in the reader's language; "" for none.
func (c *call) why(e *circles.Error) string {
	if e == nil {
		return ""
	}
	return c.words().Error(e)
}
