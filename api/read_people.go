package api

import (
	"fmt"
	"net/http"
	"net/url"
	"time"

	"halqa/circles"
	"halqa/internal/accounts"
	"halqa/internal/app"
)

// A PersonView is a person as the reader stands to them.
type PersonView struct {
	Person    Person `json:"person"`
	Self      bool   `json:"self"`
	Blocked   bool   `json:"blocked"`
	Muted     bool   `json:"muted"`
	Following string `json:"following,omitempty" enum:"pending,accepted" doc:"How the reader follows them; absent = not."`
}

func (c *call) personTab(tab app.PersonTab) (*app.PersonPage, error) {
	id, err := c.actor()
	if err != nil {
		return nil, err
	}
	return c.s.app.PersonByID(c.ctx(), c.who, circles.PersonID(id), app.PersonQuery{Tab: tab, Cursor: c.cursor(), Limit: c.size()})
}

func (s *Server) personPage(c *call) (PersonView, error) {
	p, err := c.personTab(app.PersonCircles)
	if err != nil {
		return PersonView{}, err
	}
	following := string(p.Following)
	if p.Following == circles.FollowOver {
		following = ""
	}
	return PersonView{Person: *s.person(p.Person), Self: p.Self, Blocked: p.Blocked, Muted: p.Muted, Following: following}, nil
}

func (s *Server) postsOf(c *call) (Page[Post], error) {
	p, err := c.personTab(app.PersonPosts)
	if err != nil {
		return Page[Post]{}, err
	}
	return pageOf(s.cards(p.Posts), p.Next), nil
}

func (s *Server) commentsOf(c *call) (Page[Post], error) {
	p, err := c.personTab(app.PersonComments)
	if err != nil {
		return Page[Post]{}, err
	}
	var out []Post
	for _, x := range p.Sayings {
		out = append(out, s.saying(x))
	}
	return pageOf(out, p.Next), nil
}

func (s *Server) circlesOf(c *call) (Page[Circle], error) {
	if c.cursor() != "" {
		return Page[Circle]{}, errCursor()
	}
	p, err := c.personTab(app.PersonCircles)
	if err != nil {
		return Page[Circle]{}, err
	}
	return pageOf(s.circleRows(p.Circles), ""), nil
}

// errCursor refuses the cursor of a list that has one page.
func errCursor() error {
	return circles.Errorf(circles.Invalid, "This list cannot be continued from there; begin with its first page.").With("refused.cursor", nil)
}

// A Hit is something that a search found: one of these.
type Hit struct {
	Post   *Post   `json:"post,omitempty"`
	Circle *Circle `json:"circle,omitempty"`
	Person *Person `json:"person,omitempty"`
}

func (s *Server) search(c *call) (Page[Hit], error) {
	q := app.SearchQuery{Text: c.query("q"), Type: app.SearchType(c.query("type")), Cursor: c.cursor(), Limit: c.size()}
	var err error
	if q.Circle, err = idIn[circles.CircleID](ID(c.query("circle")), "circle"); err != nil {
		return Page[Hit]{}, err
	}
	if q.Author, err = idIn[circles.PersonID](ID(c.query("author")), "author"); err != nil {
		return Page[Hit]{}, err
	}
	found, err := s.app.Search(c.ctx(), c.who, q)
	if err != nil {
		return Page[Hit]{}, err
	}
	var out []Hit
	for _, p := range s.items(found.Items) {
		out = append(out, Hit{Post: &p})
	}
	for _, one := range s.circleRows(found.Circles) {
		out = append(out, Hit{Circle: &one})
	}
	for _, a := range found.People {
		out = append(out, Hit{Person: s.person(a)})
	}
	return pageOf(out, found.Next), nil
}

// A Found is what a name stands for: one of these.
type Found struct {
	Kind string `json:"kind" enum:"person,circle,post,comment"`
	ID   ID     `json:"id"`
	Root ID     `json:"root,omitempty" doc:"The post of the thread."`
}

func (s *Server) find(c *call) (Found, error) {
	f, err := s.app.Find(c.ctx(), c.who, s.o.Resolver, c.query("what"))
	if err != nil {
		return Found{}, err
	}
	if f.Actor == nil {
		out := Found{Kind: string(circles.IsPost), ID: id(f.Post), Root: id(f.Root)}
		if f.Post != f.Root {
			out.Kind = string(circles.IsComment)
		}
		return out, nil
	}
	out := Found{Kind: "person", ID: id(f.Actor.ID)}
	if f.Actor.Kind == circles.KindCircle {
		out.Kind = "circle"
	}
	return out, nil
}

// A Tag is a word that posts are found by.
type Tag struct {
	Tag    string `json:"tag" doc:"Folded, without its #."`
	People int64  `json:"people,omitempty" doc:"Who used it within a month."`
	Posts  int64  `json:"posts,omitempty" doc:"Posts and comments within a month."`
	Wish   string `json:"wish,omitempty" enum:"follow,block" doc:"What the reader wants of it."`
}

func (s *Server) tags(c *call) (Page[Tag], error) {
	if c.cursor() != "" {
		return Page[Tag]{}, errCursor()
	}
	all, err := s.app.PopularTags(c.ctx(), c.who, 100)
	if err != nil {
		return Page[Tag]{}, err
	}
	var out []Tag
	for _, t := range all {
		out = append(out, Tag{Tag: t.Tag, People: t.People, Posts: t.Posts})
	}
	return pageOf(out, ""), nil
}

func (s *Server) tag(c *call) (Tag, error) {
	p, err := s.app.Tag(c.ctx(), c.who, c.tagName())
	if err != nil {
		return Tag{}, err
	}
	return Tag{Tag: p.Tag, Wish: string(p.Wish)}, nil
}

func (c *call) tagName() string {
	tag, err := url.PathUnescape(c.echo.Param("tag"))
	if err != nil {
		return ""
	}
	return tag
}

func (s *Server) media(c *call) (Photo, error) {
	p, err := s.app.Photo(c.ctx(), c.who, circles.MediaID(c.echo.Param("id")))
	if err != nil {
		return Photo{}, err
	}
	return s.photo(p.Photo), nil
}

// mediaRoute is the file of a photo, for who may see its post.
func mediaRoute(s *Server) route {
	r := newRoute(http.MethodGet, "/media/{id}/{file}", accounts.ScopeRead, "A file of a photo, for who may see its post.", []option{visitors, beside("GET /media/:id/:file")})
	r.binary = true
	r.do = func(c *call) (any, error) {
		f, err := s.app.PhotoFile(c.ctx(), c.who, circles.MediaID(c.echo.Param("id")), c.echo.Param("file"))
		if err != nil {
			return nil, err
		}
		defer f.Close()
		h := c.echo.Response().Header()
		h.Set("Content-Type", f.Mime)
		h.Set("ETag", fmt.Sprintf("%q", f.Hash[:32]))
		h.Set("Cache-Control", "private, no-cache")
		http.ServeContent(c.echo.Response(), c.echo.Request(), "", time.Time{}, f.File)
		return nil, nil
	}
	return r
}

func (s *Server) saved(c *call) (Page[Post], error) {
	p, err := s.app.Saved(c.ctx(), c.who, c.cursor(), c.size())
	if err != nil {
		return Page[Post]{}, err
	}
	return pageOf(s.items(p.Items), p.Next), nil
}

// A CirclePerson is somebody who belongs to a circle.
type CirclePerson struct {
	Person   Person       `json:"person"`
	Role     circles.Role `json:"role" enum:"member,moderator,operator,owner"`
	JoinedAt Time         `json:"joined_at" doc:"When they joined the circle, or asked to."`
	Tier     string       `json:"tier,omitempty" enum:"newcomer,member,regular,trusted" doc:"What their standing in the circle comes to, for its operators; absent of who runs it, for they have none."`
	MayVouch bool         `json:"may_vouch" doc:"The reader may vouch for them, or did."`
	Vouched  bool         `json:"vouched" doc:"The reader vouches for them."`
}

func (s *Server) circlePeople(c *call) (Page[CirclePerson], error) {
	id, err := c.circleID()
	if err != nil {
		return Page[CirclePerson]{}, err
	}
	p, err := s.app.CirclePeople(c.ctx(), c.who, id, c.cursor(), c.size())
	if err != nil {
		return Page[CirclePerson]{}, err
	}
	var out []CirclePerson
	for _, x := range p.People {
		one := CirclePerson{Person: *s.person(x.Person), Role: x.Role, JoinedAt: at(x.JoinedAt), MayVouch: x.MayVouch, Vouched: x.Vouched}
		if x.Tier != nil {
			one.Tier = x.Tier.String()
		}
		out = append(out, one)
	}
	return pageOf(out, p.Next), nil
}
