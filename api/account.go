package api

import (
	"net/http"

	"halqa/circles"
	"halqa/internal/accounts"
	"halqa/internal/app"
)

func (s *Server) accountRoutes() []route {
	const account = accounts.ScopeAccount
	const put, del = http.MethodPut, http.MethodDelete
	return grouped("account",
		get("/me", accounts.ScopeRead, "Whom the token acts for, and what it may do.", s.me),
		get("/me/profile", account, "How the owner is shown.", s.profile, beside("GET /settings/profile")),
		send(put, "/me/profile", account, "Change how the owner is shown.", s.setProfile, beside("POST /settings/profile")),
		get("/me/settings", account, "How the owner wants their pages.", s.settings, beside("GET /settings/appearance")),
		send(put, "/me/settings", account, "Change how the owner wants their pages.", s.setSettings, beside("POST /settings/appearance", "POST /preferences")),
		list("/me/sessions", account, "The browsers that the owner is signed in with.", s.sessions, beside("GET /settings/sessions")),
		act(del, "/me/sessions/{session}", account, "Sign one of them out.", s.endSession, beside("POST /settings/sessions")),
		list("/me/grants", account, "The programs and tokens that the owner gave leave.", s.grants, beside("GET /settings/tokens")),
		act(del, "/me/grants/{grant}", account, "Take leave back; every token of it is refused at once.", s.endGrant, beside("POST /settings/tokens/end")),
		list("/me/bans", account, "The circles that the owner is banned from.", s.myBans),
	)
}

// Me is whom a token acts for.
type Me struct {
	Person    Person             `json:"person"`
	Role      circles.SiteRole   `json:"role" enum:"member,moderator,admin"`
	Kind      accounts.TokenKind `json:"kind" enum:"personal,app,session"`
	Scopes    []accounts.Scope   `json:"scopes"`
	ExpiresAt Time               `json:"expires_at"`
}

func (c *call) self(tab app.PersonTab) (*app.PersonPage, error) {
	return c.s.app.PersonByID(c.ctx(), c.who, c.who.Person, app.PersonQuery{Tab: tab})
}

func (s *Server) me(c *call) (Me, error) {
	p, err := c.self(app.PersonCircles)
	if err != nil {
		return Me{}, err
	}
	return Me{*s.person(p.Person), c.who.Role, c.access.Kind, c.access.Scopes, at(c.access.ExpiresAt)}, nil
}

// A Profile is how somebody is shown, as a whole.
type Profile struct {
	DisplayName string `json:"display_name"`
	About       string `json:"about" doc:"Markdown."`
	Icon        string `json:"icon,omitempty" doc:"The id of an upload; absent = none."`
	Bot         bool   `json:"bot"`
	Locked      bool   `json:"locked" doc:"Approves followers."`
	Indexable   bool   `json:"indexable" doc:"Search engines may show them."`
}

func (s *Server) profile(c *call) (Profile, error) {
	p, err := c.self(app.PersonCircles)
	if err != nil {
		return Profile{}, err
	}
	a := p.Person
	return Profile{a.DisplayName, a.Summary, string(a.IconMedia), a.Bot, a.Locked, a.Indexable}, nil
}

func (s *Server) setProfile(c *call, in Profile) (nothing, error) {
	return nothing{}, s.app.EditProfile(c.ctx(), c.who, app.Profile{DisplayName: in.DisplayName, Summary: in.About, Icon: circles.MediaID(in.Icon),
		Bot: in.Bot, Locked: in.Locked, Indexable: in.Indexable})
}

// Settings are how somebody wants their pages.
type Settings struct {
	Language string `json:"language" doc:"BCP 47; empty = as the browser asks."`
	Theme    string `json:"theme" enum:",light,dark"`
	Density  string `json:"density" enum:",compact"`
	Reveal   bool   `json:"reveal" doc:"Sensitive things are shown at once."`
	HideRead bool   `json:"hide_read" doc:"Lists leave out what was read."`
}

func (s *Server) settings(c *call) (Settings, error) {
	set, err := s.accounts.Settings(c.ctx(), c.who)
	return Settings(set), err
}

func (s *Server) setSettings(c *call, in Settings) (nothing, error) {
	return nothing{}, s.accounts.SaveSettings(c.ctx(), c.who, accounts.Settings(in))
}

// A Session is one browser that somebody is signed in with.
type Session struct {
	ID        string `json:"id"`
	Agent     string `json:"agent"`
	CreatedAt Time   `json:"created_at"`
	SeenAt    Time   `json:"seen_at"`
	ExpiresAt Time   `json:"expires_at"`
}

func (s *Server) sessions(c *call) (Page[Session], error) {
	all, err := s.accounts.Sessions(c.ctx(), c.who)
	if err != nil {
		return Page[Session]{}, err
	}
	var out []Session
	for _, x := range all {
		out = append(out, Session{x.ID, x.Agent, at(x.CreatedAt), at(x.SeenAt), at(x.ExpiresAt)})
	}
	return none(c, out)
}

func (s *Server) endSession(c *call) error {
	return s.accounts.EndSession(c.ctx(), c.who, c.echo.Param("session"))
}

// A Grant is leave that somebody gave.
type Grant struct {
	ID        string             `json:"id"`
	Program   bool               `json:"program" doc:"To a program; else it is a token of their own."`
	Kind      accounts.TokenKind `json:"kind" enum:"personal,app,session"`
	Name      string             `json:"name"`
	Scopes    []accounts.Scope   `json:"scopes"`
	Current   bool               `json:"current" doc:"The token of this request."`
	CreatedAt Time               `json:"created_at"`
	UsedAt    Time               `json:"used_at" doc:"To the hour."`
	ExpiresAt Time               `json:"expires_at"`
}

func (s *Server) grants(c *call) (Page[Grant], error) {
	all, err := s.accounts.Grants(c.ctx(), c.who)
	if err != nil {
		return Page[Grant]{}, err
	}
	var out []Grant
	for _, g := range all {
		out = append(out, Grant{g.ID, g.Client != "", g.Kind, g.Name, g.Scopes, g.ID == c.access.Grant, at(g.CreatedAt), at(g.UsedAt), at(g.ExpiresAt)})
	}
	return none(c, out)
}

func (s *Server) endGrant(c *call) error {
	return s.accounts.EndGrant(c.ctx(), c.who, c.echo.Param("grant"))
}

// A BannedFrom is a circle that somebody is banned from.
type BannedFrom struct {
	Circle *Circle `json:"circle"`
	At     Time    `json:"at"`
	Until  Time    `json:"until,omitempty" doc:"Absent = for good."`
	Reason string  `json:"reason,omitempty"`
}

func (s *Server) myBans(c *call) (Page[BannedFrom], error) {
	all, err := s.app.BansOf(c.ctx(), c.who)
	if err != nil {
		return Page[BannedFrom]{}, err
	}
	var out []BannedFrom
	for _, b := range all {
		out = append(out, BannedFrom{s.circle(b.Circle), at(b.At), at(b.Until), b.Reason})
	}
	return none(c, out)
}
