package api

import (
	"context"
	"net/http"
	"strconv"

	"halqa/circles"
	"halqa/circles/reputation"
	"halqa/internal/accounts"
	"halqa/internal/app"
	"halqa/internal/tips"
)

func (s *Server) followRoutes() []route {
	const follow, notes = accounts.ScopeFollow, accounts.ScopeNotifications
	const post, put, del = http.MethodPost, http.MethodPut, http.MethodDelete
	return append(grouped("follow",
		list("/me/circles", accounts.ScopeRead, "The circles that the owner has a place in.", s.myCircles),
		send(put, "/circles/{id}/membership", follow, "Join a circle. One elsewhere, and one for members only, decide; until then the role is pending.", s.join, gated(reputation.Join), beside("POST /c/:name/join")),
		act(del, "/circles/{id}/membership", follow, "Leave a circle.", s.leave, beside("POST /c/:name/leave"), lasts),
		send(put, "/people/{id}/following", follow, "Follow a person.", s.follow, beside("POST /u/:name/follow")),
		act(del, "/people/{id}/following", follow, "Follow them no more.", s.unfollow, beside("POST /u/:name/unfollow")),
		list("/me/followers/asking", follow, "Who wants to follow the owner, where the owner approves followers.", s.followersAsking, beside("GET /settings/followers")),
		send(put, "/me/followers/{id}", follow, "Let somebody follow, or refuse them.", s.answerFollower, beside("POST /settings/followers")),
		get("/me/blocks", follow, "What the owner does not want to meet.", s.blocks, beside("GET /settings/blocks")),
		act(put, "/actors/{id}/block", follow, "Block a person or a circle.", s.setBlock((*app.App).SetBlock, true), beside("POST /u/:name/block", "POST /c/:name/block"), refuses(http.StatusGone)),
		act(del, "/actors/{id}/block", follow, "Lift the block.", s.setBlock((*app.App).SetBlock, false), beside("POST /u/:name/unblock", "POST /c/:name/unblock")),
		act(put, "/actors/{id}/mute", follow, "Mute a person or a circle.", s.setBlock((*app.App).SetMute, true), beside("POST /u/:name/mute", "POST /c/:name/mute"), refuses(http.StatusGone)),
		act(del, "/actors/{id}/mute", follow, "Lift the mute.", s.setBlock((*app.App).SetMute, false), beside("POST /u/:name/unmute", "POST /c/:name/unmute")),
		act(put, "/me/blocked-hosts/{host}", follow, "Block all people and circles of a server.", s.setHostBlock(true), anyName, beside("POST /settings/blocks")),
		act(del, "/me/blocked-hosts/{host}", follow, "Lift that.", s.setHostBlock(false), anyName, beside("POST /settings/blocks")),
		get("/me/tags", follow, "The tags that the owner follows and blocks.", s.myTags),
		send(put, "/tags/{tag}/wish", follow, "Follow or block a tag, or neither.", s.tagWish, beside("POST /tag/:tag")),
	), grouped("notifications",
		list("/notifications", notes, "What the owner was told, by thread.", s.notifications, sized, beside("GET /notifications")),
		get("/notifications/unseen", notes, "How much of it they have not seen.", s.unseen),
		send(post, "/notifications/seen", notes, "Mark notifications as seen.", s.see, beside("POST /notifications")),
	)...)
}

// none refuses a cursor where a list is always whole.
func none[T any](c *call, items []T) (Page[T], error) {
	if c.cursor() != "" {
		return Page[T]{}, errCursor()
	}
	return pageOf(items, ""), nil
}

func (s *Server) myCircles(c *call) (Page[Circle], error) {
	rows, err := s.app.JoinedCircles(c.ctx(), c.who)
	if err != nil {
		return Page[Circle]{}, err
	}
	return none(c, s.circleRows(rows))
}

// A Membership is somebody's place in a circle.
type Membership struct {
	Role circles.Role `json:"role" enum:"pending,member,moderator,operator,owner"`
}

func (s *Server) join(c *call, _ nothing) (Membership, error) {
	id, err := c.circleID()
	if err != nil {
		return Membership{}, err
	}
	role, err := s.app.Join(c.ctx(), c.who, id)
	return Membership{role}, err
}

func (s *Server) leave(c *call) error {
	id, err := c.circleID()
	if err != nil {
		return err
	}
	return s.app.Leave(c.ctx(), c.who, id)
}

// A Following is how somebody follows a person.
type Following struct {
	State circles.FollowState `json:"state" enum:"pending,accepted"`
}

func (s *Server) follow(c *call, _ nothing) (Following, error) {
	id, err := c.actor()
	if err != nil {
		return Following{}, err
	}
	state, err := s.app.Follow(c.ctx(), c.who, id)
	return Following{state}, err
}

func (s *Server) unfollow(c *call) error {
	id, err := c.actor()
	if err != nil {
		return err
	}
	return s.app.Unfollow(c.ctx(), c.who, id)
}

func (s *Server) followersAsking(c *call) (Page[Person], error) {
	all, err := s.app.FollowRequests(c.ctx(), c.who)
	if err != nil {
		return Page[Person]{}, err
	}
	return none(c, s.people(all))
}

// An Answer is one to somebody who asked.
type Answer struct {
	Accept bool `json:"accept"`
}

func (s *Server) answerFollower(c *call, in Answer) (nothing, error) {
	id, err := c.actor()
	if err != nil {
		return nothing{}, err
	}
	return nothing{}, s.app.AnswerFollower(c.ctx(), c.who, id, in.Accept)
}

// Blocks are what somebody does not want to meet.
type Blocks struct {
	Blocked Shut     `json:"blocked"`
	Muted   Shut     `json:"muted"`
	Hosts   []string `json:"hosts"`
}

// A Shut is a list of people and of circles.
type Shut struct {
	People  []Person `json:"people"`
	Circles []Circle `json:"circles"`
}

func (s *Server) shut(all []*circles.Actor) Shut {
	out := Shut{[]Person{}, []Circle{}}
	for _, a := range all {
		if a.Kind == circles.KindCircle {
			out.Circles = append(out.Circles, *s.circle(&circles.Circle{Actor: *a}))
		} else {
			out.People = append(out.People, *s.person(a))
		}
	}
	return out
}

func (s *Server) blocks(c *call) (Blocks, error) {
	b, err := s.app.Blocks(c.ctx(), c.who)
	if err != nil {
		return Blocks{}, err
	}
	return Blocks{s.shut(b.Blocked), s.shut(b.Muted), append([]string{}, b.Hosts...)}, nil
}

func (s *Server) setBlock(verb func(*app.App, context.Context, circles.Viewer, circles.ActorID, bool) error, on bool) func(*call) error {
	return func(c *call) error {
		id, err := c.actor()
		if err != nil {
			return err
		}
		return verb(s.app, c.ctx(), c.who, id, on)
	}
}

func (s *Server) setHostBlock(on bool) func(*call) error {
	return func(c *call) error { return s.app.SetHostBlock(c.ctx(), c.who, c.echo.Param("host"), on) }
}

// Tags are those that somebody follows and blocks.
type Tags struct {
	Followed []string `json:"followed"`
	Blocked  []string `json:"blocked"`
}

func (s *Server) myTags(c *call) (Tags, error) {
	followed, blocked, err := s.app.TagWishes(c.ctx(), c.who)
	return Tags{append([]string{}, followed...), append([]string{}, blocked...)}, err
}

// A TagWish is what somebody wants of a tag.
type TagWish struct {
	Wish string `json:"wish" enum:"follow,block,none"`
}

func (s *Server) tagWish(c *call, in TagWish) (nothing, error) {
	wish, ok := map[string]app.TagWish{"follow": app.FollowTag, "block": app.BlockTag, "none": app.NoTagWish}[in.Wish]
	if !ok {
		return nothing{}, circles.FieldErrorf(circles.Invalid, "wish", "wish must be follow, block or none.")
	}
	p, err := s.app.Tag(c.ctx(), c.who, c.tagName())
	if err != nil {
		return nothing{}, err
	}
	return nothing{}, s.app.SetTagWish(c.ctx(), c.who, p.Tag, wish)
}

// A Notification is one thing that somebody was told.
type Notification struct {
	ID      ID                   `json:"id"`
	Kind    app.NotificationKind `json:"kind"`
	At      Time                 `json:"at"`
	Seen    bool                 `json:"seen"`
	Person  *Person              `json:"person,omitempty" doc:"Who wrote, removed or follows."`
	Post    *Post                `json:"post,omitempty" doc:"What was written or removed."`
	Excerpt string               `json:"excerpt,omitempty"`
	Circle  *Circle              `json:"circle,omitempty" doc:"Which has banned the person, or in which reports wait; absent of the latter for the whole instance."`
	Reason  string               `json:"reason,omitempty" doc:"Of a ban."`
	Until   Time                 `json:"until,omitempty" doc:"When a ban ends; absent if it does not."`
	Waiting int64                `json:"waiting,omitempty" doc:"Reports that nobody has decided about."`
	Given   *MonthGiven          `json:"given,omitempty" doc:"Of the kind month: what they gave in it."`
}

// MonthGiven is what somebody gave in tips in one month.
type MonthGiven struct {
	Month  string   `json:"month" doc:"Of UTC, such as 2026-11."`
	People int      `json:"people" doc:"Who got something of it."`
	Sums   []Amount `json:"sums" doc:"By asset."`
}

// months are those that the owner was told of on a page, one question for all.
func (s *Server) months(c *call, p *app.NotificationPage) (map[int64]tips.Month, error) {
	since := int64(0)
	for _, g := range p.Groups {
		for _, n := range g.Shown {
			if n.Month != 0 && (since == 0 || n.Month < since) {
				since = n.Month
			}
		}
	}
	if since == 0 || s.o.Tips == nil {
		return nil, nil
	}
	return s.o.Tips.Months(c.ctx(), c.who, since)
}

func givenIn(m tips.Month) *MonthGiven {
	out := &MonthGiven{Month: m.Begins.Format("2006-01"), People: m.People}
	for _, sum := range m.Sums {
		out.Sums = append(out.Sums, amount(sum.Minor, sum.Asset))
	}
	return out
}

// A NotificationGroup is what somebody was told of one thread, or of new followers.
type NotificationGroup struct {
	Thread *Post          `json:"thread,omitempty"`
	Circle *Circle        `json:"circle,omitempty"`
	Latest ID             `json:"latest" doc:"To mark the group as seen, with the thread."`
	Count  int            `json:"count"`
	Unseen int            `json:"unseen"`
	Shown  []Notification `json:"shown" doc:"The latest few."`
}

func (s *Server) notifications(c *call) (Page[NotificationGroup], error) {
	p, err := s.app.Notifications(c.ctx(), c.who, c.cursor(), c.size())
	if err != nil {
		return Page[NotificationGroup]{}, err
	}
	months, err := s.months(c, p)
	if err != nil {
		return Page[NotificationGroup]{}, err
	}
	var out []NotificationGroup
	for _, g := range p.Groups {
		row := NotificationGroup{Circle: s.circle(g.Circle), Latest: id(g.Latest), Count: g.Count, Unseen: g.Unseen, Shown: []Notification{}}
		if g.Thread != nil {
			row.Thread = s.post(g.Thread)
		}
		for _, n := range g.Shown {
			one := Notification{ID: id(n.ID), Kind: n.Kind, At: at(n.At), Seen: n.Seen, Person: s.person(n.Actor), Excerpt: n.Excerpt,
				Circle: s.circle(n.Circle), Reason: n.Ban.Reason, Until: at(n.Ban.Until), Waiting: n.Waiting}
			if n.Post != nil {
				one.Post = s.post(n.Post)
			}
			if m, ok := months[n.Month]; ok {
				one.Given = givenIn(m)
			}
			row.Shown = append(row.Shown, one)
		}
		out = append(out, row)
	}
	return pageOf(out, p.Next), nil
}

// An Unseen is how much somebody has not seen.
type Unseen struct {
	Count int64 `json:"count" doc:"100 stands for more."`
}

func (s *Server) unseen(c *call) (Unseen, error) {
	n, err := s.app.UnseenNotifications(c.ctx(), c.who)
	return Unseen{n}, err
}

// A Seen says up to where notifications were seen.
type Seen struct {
	UpTo   ID `json:"up_to" doc:"The id of a notification, or latest of a group."`
	Thread ID `json:"thread,omitempty" doc:"Only those of this thread."`
}

func (s *Server) see(c *call, in Seen) (nothing, error) {
	upTo, err := strconv.ParseInt(string(in.UpTo), 10, 64)
	if err != nil || upTo < 0 {
		return nothing{}, circles.FieldErrorf(circles.Invalid, "up_to", "up_to must be an id: a string of digits.")
	}
	thread, err := idIn[circles.PostID](in.Thread, "thread")
	if err != nil {
		return nothing{}, err
	}
	return nothing{}, s.app.SeeNotifications(c.ctx(), c.who, upTo, thread)
}
