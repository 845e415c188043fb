package api

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"

	"halqa/circles"
	"halqa/circles/filter"
	"halqa/circles/reputation"
	"halqa/internal/accounts"
	"halqa/internal/app"
	"halqa/internal/standing"
)

func (s *Server) gateRoutes() []route {
	const read, write, run, mod, admin = accounts.ScopeRead, accounts.ScopeWrite, accounts.ScopeCircles, accounts.ScopeModerate, accounts.ScopeAdmin
	const post, put, del = http.MethodPost, http.MethodPut, http.MethodDelete
	here := func(do func(*call, circles.CircleID) (any, error)) func(*call) (object, error) {
		return func(c *call) (object, error) { return c.plain(do(c, 0)) }
	}
	inCircle := func(do func(*call, circles.CircleID) (any, error)) func(*call) (object, error) {
		return func(c *call) (object, error) {
			id, err := c.circleID()
			if err != nil {
				return nil, err
			}
			return c.plain(do(c, id))
		}
	}
	return grouped("gates",
		get("/access", read, "What the reader may do on the instance, action by action, with what is missing and until when.", here(s.access), visitors, beside("GET /why")),
		get("/circles/{id}/access", read, "What the reader may do in a circle, action by action, with what is missing and until when.", inCircle(s.access), visitors, beside("GET /c/:name/why"), lasts),
		get("/gates", read, "What the instance asks before people act.", here(s.gates), visitors, beside("GET /admin/gates")),
		get("/circles/{id}/gates", read, "What a circle asks before people act.", inCircle(s.gates), visitors, beside("GET /c/:name/gates"), lasts),
		list("/gates/log", read, "How that changed, for the instance.", func(c *call) (Page[GateChange], error) { return s.gateLog(c, 0) }, visitors, beside("GET /gates/log", "GET /gates/log.atom")),
		list("/circles/{id}/gates/log", read, "How that changed, for a circle.", s.gateLogOf, visitors, beside("GET /c/:name/gates/log", "GET /c/:name/gates/log.atom"), lasts),
		send(put, "/gates", admin, "Say what the instance asks. What tightens is announced 72 hours before it holds.", func(c *call, in NewGates) (GatesSaved, error) { return s.setGates(c, 0, in) }, beside("POST /admin/gates")),
		send(put, "/circles/{id}/gates", run, "Say what a circle asks. What tightens is announced 72 hours before it holds.", s.setGatesOf, beside("POST /c/:name/gates")),
		act(del, "/circles/{id}/gates/announced", run, "Take back what is announced.", s.withdraw, beside("POST /c/:name/gates")),
		get("/circles/{id}/filter", mod, "The words and links that a circle holds for a moderator.", s.filter, beside("GET /c/:name/filter")),
		send(put, "/circles/{id}/filter", run, "Set them.", s.setFilter, beside("POST /c/:name/filter")),
		list("/circles/{id}/held", mod, "What waits for a moderator of a circle, the longest first.", s.held, beside("GET /c/:name/held")),
		get("/posts/{id}/held", read, "Why a post waits or waited, for its author and moderators.", s.heldPost, beside("GET /post/:id/held"), lasts),
		send(post, "/posts/{id}/held/decision", mod, "Let through what waits, or do not.", s.decideHeld, beside("POST /post/:id/held")),
		get("/me/standing", read, "The owner's own standing, and what it comes from.", s.standing, with(word("circle", "The name of a circle; absent = the instance."), word("cursor", "next of the page before.")),
			beside("GET /me/standing", "GET /me/standing.csv", "GET /me/standing.json"), refuses(http.StatusNotFound)),
		act(put, "/circles/{id}/vouches/{person}", write, "Answer for a person in a circle, for a year.", s.vouch((*app.App).Vouch), refuses(http.StatusConflict), gated(reputation.GiveVouch), beside("POST /c/:name/vouch", "GET /c/:name/vouch", "GET /post/:id/vouch")),
		act(del, "/circles/{id}/vouches/{person}", write, "Take that back from now on.", s.vouch((*app.App).Unvouch), refuses(http.StatusConflict), beside("POST /c/:name/vouch"), lasts),
		act(put, "/posts/{id}/helpful", write, "Say that something in a thread of the owner's helped.", s.helpful(true), beside("POST /post/:id/helpful", "GET /post/:id/helpful")),
		act(del, "/posts/{id}/helpful", write, "Take that back.", s.helpful(false), beside("POST /post/:id/helpful")),
		send(put, "/circles/{id}/aliases", run, "Say which circles elsewhere may move here.", s.setAliases, beside("POST /c/:name/aliases", "GET /c/:name/move")),
	)
}

// plain makes JSON of what other rooms write as such.
func (c *call) plain(v any, err error) (object, error) {
	if err != nil {
		return nil, err
	}
	b, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	out := object{}
	return out, json.Unmarshal(b, &out)
}

func (s *Server) access(c *call, id circles.CircleID) (any, error) {
	all, err := s.o.Gates.Access(c.ctx(), c.who, id)
	return object{"items": all}, err
}

func (s *Server) gates(c *call, id circles.CircleID) (any, error) {
	p, err := s.o.Gates.Settings(c.ctx(), c.who, id)
	if err != nil {
		return nil, err
	}
	out := object{"version": p.Version, "settings": p.Settings, "preset": p.Preset, "pilot": p.Pilot, "bounds": boundsOf(p.Bounds)}
	if p.Next != nil {
		out["next"], out["next_at"], out["next_reason"] = p.Next, at(p.NextAt), p.NextReason
	}
	if p.StormUntil != 0 {
		out["storm_until"] = at(p.StormUntil)
	}
	return out, nil
}

// A GateChange is a line of how gates changed.
type GateChange struct {
	ID   ID      `json:"id"`
	At   Time    `json:"at"`
	Kind string  `json:"kind"`
	By   *Person `json:"by,omitempty" doc:"Absent = a rule of the program."`
}

func (s *Server) gateLogOf(c *call) (Page[GateChange], error) {
	id, err := c.circleID()
	if err != nil {
		return Page[GateChange]{}, err
	}
	return s.gateLog(c, id)
}

func (s *Server) gateLog(c *call, circle circles.CircleID) (Page[GateChange], error) {
	before := int64(0)
	if cursor := c.cursor(); cursor != "" {
		var err error
		if before, err = strconv.ParseInt(cursor, 10, 64); err != nil || before <= 0 {
			return Page[GateChange]{}, errCursor()
		}
	}
	entries, next, err := s.o.Gates.Log(c.ctx(), c.who, circle, before)
	if err != nil {
		return Page[GateChange]{}, err
	}
	var out []GateChange
	for _, e := range entries {
		out = append(out, GateChange{id(e.ID), at(e.At), e.Kind, s.person(e.By)})
	}
	return pageOf(out, string(id(next))), nil
}

// NewGates are what a place is to ask: a preset, or settings as a whole.
type NewGates struct {
	Preset   string          `json:"preset,omitempty"`
	Settings json.RawMessage `json:"settings,omitempty" doc:"As they are read."`
	Reason   string          `json:"reason" doc:"Everyone can read it."`
	Language string          `json:"language,omitempty" doc:"Of the reason."`
	Base     int64           `json:"base,omitempty" doc:"version as it was read; if it has another one, the change is refused."`
	Preview  bool            `json:"preview,omitempty" doc:"Only say what it would do."`
}

// GatesSaved is what a change does.
type GatesSaved struct {
	Tighter bool `json:"tighter" doc:"Something of it waits."`
	HoldsAt Time `json:"holds_at,omitempty" doc:"From when all of it holds."`
}

func (s *Server) setGatesOf(c *call, in NewGates) (GatesSaved, error) {
	id, err := c.circleID()
	if err != nil {
		return GatesSaved{}, err
	}
	return s.setGates(c, id, in)
}

func (s *Server) setGates(c *call, id circles.CircleID, in NewGates) (GatesSaved, error) {
	change := standing.Change{Preset: in.Preset, Reason: in.Reason, Language: in.Language, Base: in.Base}
	if in.Preset == "" {
		var err error
		if change.Settings, err = reputation.ReadSettings(in.Settings); err != nil {
			return GatesSaved{}, circles.FieldErrorf(circles.Invalid, "settings", "%s.", err)
		}
	}
	do := s.o.Gates.Save
	if in.Preview {
		do = s.o.Gates.Preview
	}
	p, err := do(c.ctx(), c.who, id, change)
	if err != nil {
		return GatesSaved{}, err
	}
	out := GatesSaved{Tighter: p.Tighter}
	if p.Tighter {
		out.HoldsAt = at(p.At)
	}
	return out, nil
}

func (s *Server) withdraw(c *call) error {
	id, err := c.circleID()
	if err != nil {
		return err
	}
	return s.o.Gates.Withdraw(c.ctx(), c.who, id)
}

// A Filter is what a circle holds for a word or a link.
type Filter struct {
	Words    []string `json:"words"`
	Hosts    []string `json:"hosts"`
	Links    *int     `json:"links,omitempty" doc:"More links than this are held; absent = any number passes."`
	Mentions *int     `json:"mentions,omitempty" doc:"Likewise of people named."`
	Below    string   `json:"below,omitempty" doc:"People of this tier and above are not looked at; absent = everyone is."`
	Begging  bool     `json:"begging,omitempty" doc:"What asks for direct transfers stands; else it is held, whoever wrote it."`
}

func (s *Server) filter(c *call) (Filter, error) {
	id, err := c.circleID()
	if err != nil {
		return Filter{}, err
	}
	f, err := s.o.Gates.Filter(c.ctx(), c.who, id)
	if err != nil {
		return Filter{}, err
	}
	r := f.Rules
	return Filter{append([]string{}, r.Words...), append([]string{}, r.Hosts...), r.Links, r.Mentions, f.Below.String(), f.Begging}, nil
}

func (s *Server) setFilter(c *call, in Filter) (nothing, error) {
	id, err := c.circleID()
	if err != nil {
		return nothing{}, err
	}
	below, ok := reputation.ParseTier(in.Below)
	if !ok && in.Below != "" {
		return nothing{}, circles.FieldErrorf(circles.Invalid, "below", "below must be the name of a tier.")
	}
	return nothing{}, s.o.Gates.SetFilter(c.ctx(), c.who, id, standing.CircleFilter{
		Rules: filter.Rules{Words: in.Words, Hosts: in.Hosts, Links: in.Links, Mentions: in.Mentions}, Below: below, Begging: in.Begging})
}

// A Held is a post or comment that waits for a moderator, or waited.
type Held struct {
	Post    Post    `json:"post"`
	Why     string  `json:"why"`
	At      Time    `json:"at"`
	Until   Time    `json:"until,omitempty" doc:"When nobody's decision becomes a no."`
	Decided bool    `json:"decided"`
	Refused bool    `json:"refused"`
	Edit    bool    `json:"edit,omitempty" doc:"It is a change of the post that was refused; what was before stands in the circle, which is elsewhere."`
	By      *Person `json:"by,omitempty"`
	Note    string  `json:"note,omitempty"`
}

func (c *call) heldOf(h *app.Held) Held {
	p := *c.s.post(h.Post)
	p.Author = c.s.person(h.Author)
	out := Held{Post: p, At: at(h.At), Until: at(h.Until), Decided: h.Decided, Refused: h.Refused, Edit: h.Edit, By: c.s.person(h.By), Note: h.Note}
	if h.Why != nil {
		out.Why = h.Why.Say(c.words().Tag())
	}
	return out
}

func (s *Server) held(c *call) (Page[Held], error) {
	id, err := c.circleID()
	if err != nil {
		return Page[Held]{}, err
	}
	all, next, err := s.app.HeldIn(c.ctx(), c.who, id, c.cursor())
	if err != nil {
		return Page[Held]{}, err
	}
	var out []Held
	for i := range all {
		out = append(out, c.heldOf(&all[i]))
	}
	return pageOf(out, next), nil
}

func (s *Server) heldPost(c *call) (Held, error) {
	id, err := c.post()
	if err != nil {
		return Held{}, err
	}
	h, err := s.app.Held(c.ctx(), c.who, id)
	if err != nil {
		return Held{}, err
	}
	return c.heldOf(h), nil
}

// A HeldDecision lets through what waits, or does not.
type HeldDecision struct {
	Approve bool   `json:"approve"`
	Reason  string `json:"reason,omitempty" doc:"Of a no; its author reads it."`
	Base    *int64 `json:"base,omitempty" doc:"rev of the post as it was read; if it has another one, nothing is decided."`
}

func (s *Server) decideHeld(c *call, in HeldDecision) (nothing, error) {
	id, err := c.post()
	if err != nil {
		return nothing{}, err
	}
	if in.Approve {
		_, err = s.app.Approve(c.ctx(), c.who, id, in.Base)
	} else {
		err = s.app.Refuse(c.ctx(), c.who, id, in.Reason, in.Base)
	}
	return nothing{}, err
}

// A Standing is what the ledger says of somebody.
type Standing struct {
	In    []StandingIn   `json:"in"`
	Lines []StandingLine `json:"lines" doc:"The newest first."`
	Next  string         `json:"next,omitempty"`
}

// A StandingIn is what somebody's standing in a circle comes to.
type StandingIn struct {
	Circle     *Circle `json:"circle,omitempty" doc:"Absent = the instance."`
	Tier       string  `json:"tier"`
	Accepted   int     `json:"accepted" doc:"Contributions that were taken well."`
	KnownDays  int     `json:"known_days"`
	ActiveDays int     `json:"active_days"`
}

// A StandingLine is a line of the ledger.
type StandingLine struct {
	At        Time    `json:"at"`
	Reason    string  `json:"reason"`
	TakenBack bool    `json:"taken_back"`
	Circle    *Circle `json:"circle,omitempty"`
	Post      ID      `json:"post,omitempty"`
	By        *Person `json:"by,omitempty" doc:"Who vouches, or does no longer; of all else it is not told."`
}

func (s *Server) standing(c *call) (Standing, error) {
	own, err := s.app.Standing(c.ctx(), c.who, c.query("circle"), c.query("cursor"))
	if err != nil {
		return Standing{}, err
	}
	out := Standing{In: []StandingIn{}, Lines: []StandingLine{}, Next: own.Next}
	for _, in := range append([]app.StandingIn{own.Here}, own.In...) {
		out.In = append(out.In, StandingIn{s.circle(in.Circle), in.Tier.String(), in.Accepted, in.KnownDays, in.ActiveDays})
	}
	for _, l := range own.Lines {
		row := StandingLine{At: at(int64(l.At)), Reason: string(l.Reason), TakenBack: l.TakenBack, Circle: s.circle(l.Circle), By: s.person(l.By)}
		if l.Post != nil {
			row.Post = id(l.Post.ID)
		}
		out.Lines = append(out.Lines, row)
	}
	return out, nil
}

// vouching is answering for somebody, or no longer.
type vouching func(*app.App, context.Context, circles.Viewer, circles.CircleID, circles.PersonID) error

func (s *Server) vouch(verb vouching) func(*call) error {
	return func(c *call) error {
		circle, person, err := c.pair()
		if err != nil {
			return err
		}
		return verb(s.app, c.ctx(), c.who, circle, person)
	}
}

func (s *Server) helpful(is bool) func(*call) error {
	return func(c *call) error {
		id, err := c.post()
		if err != nil {
			return err
		}
		return s.app.SetHelpful(c.ctx(), c.who, id, is)
	}
}

// Aliases are the circles elsewhere that may move here.
type Aliases struct {
	Addresses []string `json:"addresses"`
}

func (s *Server) setAliases(c *call, in Aliases) (nothing, error) {
	id, err := c.circleID()
	if err != nil {
		return nothing{}, err
	}
	return nothing{}, s.app.SetAliases(c.ctx(), c.who, id, in.Addresses)
}
