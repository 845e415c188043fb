package api

import (
	"context"
	"net/http"

	"halqa/circles"
	"halqa/circles/reputation"
	"halqa/internal/accounts"
	"halqa/internal/moderation"
)

func (s *Server) appealRoutes() []route {
	const read, write, mod = accounts.ScopeRead, accounts.ScopeWrite, accounts.ScopeModerate
	const post = http.MethodPost
	return grouped("appeals",
		list("/me/appeals", read, "What the owner objected to, and what became of it.", s.myAppeals, beside("GET /appeals")),
		send(post, "/appeals", write, "Object to what was decided about the owner. Somebody who took no part in it looks at it again.", s.object,
			refuses(http.StatusNotFound), beside("POST /appeal", "GET /appeal")),
		act(post, "/appeals/{id}/withdraw", write, "Take an open appeal back.", moveAppeal((*moderation.Moderation).Withdraw), beside("POST /appeals")),
		act(post, "/appeals/{id}/further", write, "Take an appeal that the circle denied to the people who run the instance.", moveAppeal((*moderation.Moderation).GoOn), beside("POST /appeals")),
		list("/moderation/appeals", mod, "Appeals that wait for an answer, the longest first: of a circle, or those that the people who run the instance answer.", s.appealQueue,
			refuses(http.StatusNotFound), with(word("circle", "The id of the circle; absent = the instance.")), beside("GET /mod/appeals", "GET /c/:name/appeals"), refuses(http.StatusGone)),
		send(post, "/moderation/appeals/{id}/decision", mod, "Answer an appeal. What is granted is undone.", s.answerAppeal, beside("POST /mod/appeals", "POST /c/:name/appeals")),
	)
}

// A NewAppeal says what somebody objects to, and why.
type NewAppeal struct {
	About  circles.AppealKind `json:"about" enum:"gate,held,removal,ban,penalty" doc:"gate goes with action and circle, ban with circle, held and removal with post, penalty with line."`
	Circle ID                 `json:"circle,omitempty" doc:"Absent = the instance."`
	Action reputation.Action  `json:"action,omitempty" doc:"What the gate does not let the owner do, as /access names it."`
	Post   ID                 `json:"post,omitempty"`
	Line   ID                 `json:"line,omitempty" doc:"Of the ledger of the owner's standing."`
	Body   string             `json:"body" doc:"Why it is wrong; only who decides reads it. Plain text."`
}

// An Appeal is somebody's word against one thing that was decided about them.
type Appeal struct {
	ID        ID                  `json:"id"`
	About     circles.AppealKind  `json:"about" enum:"gate,held,removal,ban,penalty"`
	Action    string              `json:"action,omitempty" doc:"Of a gate."`
	Circle    *Circle             `json:"circle,omitempty" doc:"Absent = the instance, or no circle."`
	Person    *Person             `json:"person,omitempty" doc:"Who objects."`
	Post      *Post               `json:"post,omitempty" doc:"With the beginning of its text."`
	Said      string              `json:"said,omitempty" doc:"What was said of the decision."`
	Penalty   string              `json:"penalty,omitempty" doc:"The kind of the ledger's line."`
	Body      string              `json:"body"`
	State     circles.AppealState `json:"state" enum:"open,granted,denied,passed,withdrawn" doc:"passed = nobody answered in time, so a gate opened for a while."`
	Site      bool                `json:"site" doc:"The people who run the instance answer, not those of the circle."`
	At        Time                `json:"at"`
	DueAt     Time                `json:"due_at,omitempty" doc:"When nobody's answer opens the gate."`
	FirstNote string              `json:"first_note,omitempty" doc:"The circle's answer to one that was taken further."`
	DecidedAt Time                `json:"decided_at,omitempty"`
	Note      string              `json:"note,omitempty" doc:"The answer."`
	Further   bool                `json:"further" doc:"The person may take it to the people who run the instance."`
	Mine      bool                `json:"mine" doc:"The token's owner may answer it; always false in /me/appeals."`
}

// appealCase shows an appeal. With a gate, what was said is in the reader's language.
func (c *call) appealCase(a moderation.AppealCase) Appeal {
	out := Appeal{ID: id(a.ID), About: a.Kind, Action: a.Action, Circle: c.s.circle(a.Around), Person: c.s.person(a.Who), Said: a.Said, Body: a.Body, State: a.State,
		Site: a.Site, At: at(a.At), DueAt: at(a.DueAt), FirstNote: a.FirstNote, DecidedAt: at(a.DecidedAt), Note: a.Note, Further: a.MayGoOn(), Mine: a.May}
	if a.Gate != nil {
		out.Said = a.Gate.Say(c.words().Tag())
	}
	if a.Penalty != nil {
		out.Penalty = string(a.Penalty.Kind)
	}
	if a.About != nil {
		out.Post = c.s.post(a.About)
	}
	return out
}

func (c *call) appealCases(all []moderation.AppealCase, next string, err error) (Page[Appeal], error) {
	if err != nil {
		return Page[Appeal]{}, err
	}
	var out []Appeal
	for _, a := range all {
		out = append(out, c.appealCase(a))
	}
	return pageOf(out, next), nil
}

func (s *Server) myAppeals(c *call) (Page[Appeal], error) {
	return c.appealCases(s.moderation.Appeals(c.ctx(), c.who, c.cursor()))
}

// Objected is an appeal that was written down.
type Objected struct {
	ID    ID   `json:"id"`
	Site  bool `json:"site" doc:"The people who run the instance answer, not those of the circle."`
	At    Time `json:"at"`
	DueAt Time `json:"due_at,omitempty" doc:"When nobody's answer opens the gate."`
}

func (s *Server) object(c *call, in NewAppeal) (Objected, error) {
	g := moderation.Grievance{Kind: in.About, Action: in.Action}
	var err error
	if g.Circle, err = idIn[circles.CircleID](in.Circle, "circle"); err != nil {
		return Objected{}, err
	}
	if g.Post, err = idIn[circles.PostID](in.Post, "post"); err != nil {
		return Objected{}, err
	}
	if g.Line, err = idIn[reputation.EventID](in.Line, "line"); err != nil {
		return Objected{}, err
	}
	a, err := s.moderation.Object(c.ctx(), c.who, g, in.Body)
	if err != nil {
		return Objected{}, err
	}
	return Objected{id(a.ID), a.Site, at(a.At), at(a.DueAt)}, nil
}

func moveAppeal(move func(*moderation.Moderation, context.Context, circles.Viewer, int64) error) func(*call) error {
	return func(c *call) error {
		id, err := c.number("id")
		if err != nil {
			return err
		}
		return move(c.s.moderation, c.ctx(), c.who, id)
	}
}

func (s *Server) appealQueue(c *call) (Page[Appeal], error) {
	circle, err := idIn[circles.CircleID](ID(c.query("circle")), "circle")
	if err != nil {
		return Page[Appeal]{}, err
	}
	return c.appealCases(s.moderation.AppealQueue(c.ctx(), c.who, circle, c.cursor()))
}

// An AppealAnswer decides about an appeal.
type AppealAnswer struct {
	Grant  bool   `json:"grant"`
	Reason string `json:"reason,omitempty" doc:"Who objects reads it; a no needs one."`
}

func (s *Server) answerAppeal(c *call, in AppealAnswer) (nothing, error) {
	id, err := c.number("id")
	if err != nil {
		return nothing{}, err
	}
	return nothing{}, s.moderation.Answer(c.ctx(), c.who, id, in.Grant, in.Reason)
}

// A Suspension is a person or a circle that is out of use on the instance.
type Suspension struct {
	Person *Person `json:"person,omitempty"`
	Circle *Circle `json:"circle,omitempty"`
	At     Time    `json:"at"`
	Reason string  `json:"reason,omitempty" doc:"The last that was given."`
}

func (s *Server) suspensions(c *call) (Page[Suspension], error) {
	all, next, err := s.moderation.Suspensions(c.ctx(), c.who, c.cursor())
	if err != nil {
		return Page[Suspension]{}, err
	}
	var out []Suspension
	for _, x := range all {
		row := Suspension{At: at(x.At), Reason: x.Reason}
		if x.Actor.Kind == circles.KindCircle {
			row.Circle = s.circle(&circles.Circle{Actor: *x.Actor})
		} else {
			row.Person = s.person(x.Actor)
		}
		out = append(out, row)
	}
	return pageOf(out, next), nil
}
