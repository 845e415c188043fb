package api

import (
	"net/http"
	"time"

	"halqa/circles"
	"halqa/circles/reputation"
	"halqa/internal/accounts"
)

// standingRoutes are what stands around the settings of gates: storms, what the instance lets operators
// ask at most, and what new circles begin with.
func (s *Server) standingRoutes() []route {
	const read, run, admin = accounts.ScopeRead, accounts.ScopeCircles, accounts.ScopeAdmin
	const put, del = http.MethodPut, http.MethodDelete
	return grouped("gates",
		send(put, "/circles/{id}/storm", run, "Ask what the preset storm asks, at once and for at most 72 hours, at most once in 14 days.", s.beginStorm,
			refuses(http.StatusConflict), beside("POST /c/:name/gates")),
		act(del, "/circles/{id}/storm", run, "End it before its time.", s.endStorm, beside("POST /c/:name/gates")),
		get("/gates/bounds", read, "What the instance lets operators ask at most.", s.bounds, visitors, beside("GET /admin/gates")),
		send(put, "/gates/bounds", admin, "Change that. Gates that ask more are brought within it, and their log says so.", s.setBounds, beside("POST /admin/gates")),
		get("/gates/new-circles", read, "The preset that new circles begin with.", s.newCircles, visitors, beside("GET /admin/gates")),
		send(put, "/admin/peers/{host}/trust", admin, "Trust a server in standing: ratings by its people count from its first day, and the ages it claims are believed.", s.trustPeer, anyName, beside("POST /admin/peers")),
		act(del, "/admin/peers/{host}/trust", admin, "Trust it no more than any other.", s.distrustPeer, anyName, beside("POST /admin/peers")),
		send(put, "/gates/new-circles", admin, "Change that. The first circle of an instance begins with open in any case.", s.setNewCircles, beside("POST /admin/gates")),
	)
}

// A Storm is the time for which a circle asks more.
type Storm struct {
	Hours    int    `json:"hours" doc:"1 to 72."`
	Reason   string `json:"reason" doc:"Everyone can read it."`
	Language string `json:"language,omitempty" doc:"Of the reason."`
}

func (s *Server) beginStorm(c *call, in Storm) (nothing, error) {
	id, err := c.circleID()
	if err != nil {
		return nothing{}, err
	}
	if most := int(reputation.StormMost / time.Hour.Microseconds()); in.Hours < 1 || in.Hours > most {
		return nothing{}, circles.FieldErrorf(circles.Invalid, "hours", "hours must be a number from 1 to %d.", most)
	}
	return nothing{}, s.o.Gates.Storm(c.ctx(), c.who, id, time.Duration(in.Hours)*time.Hour, in.Reason, in.Language)
}

func (s *Server) endStorm(c *call) error {
	id, err := c.circleID()
	if err != nil {
		return err
	}
	return s.o.Gates.EndStorm(c.ctx(), c.who, id)
}

// Bounds are what operators may ask at most. In a change, what is absent stays as it is.
type Bounds struct {
	Version         int    `json:"version,omitempty" doc:"Grows with every change, by itself."`
	Days            *int   `json:"days,omitempty" doc:"Of every fact counted in days; 0 to 30."`
	CommentDays     *int   `json:"comment_days,omitempty" doc:"0 to 14."`
	ReactDays       *int   `json:"react_days,omitempty" doc:"0 to 3."`
	Standing        *int   `json:"standing,omitempty" doc:"0 to 40."`
	CommentStanding *int   `json:"comment_standing,omitempty" doc:"0 to 20."`
	Accepted        *int   `json:"accepted,omitempty" doc:"Contributions; 0 to 10."`
	Vouches         *int   `json:"vouches,omitempty" doc:"0 to 2."`
	Tier            string `json:"tier,omitempty" enum:"newcomer,member,regular"`
}

func boundsOf(b reputation.Bounds) Bounds {
	return Bounds{b.Version, &b.Days, &b.CommentDays, &b.ReactDays, &b.Standing, &b.CommentStanding, &b.Accepted, &b.Vouches, b.Tier.String()}
}

func (s *Server) bounds(c *call) (Bounds, error) {
	p, err := s.o.Gates.Settings(c.ctx(), c.who, 0)
	if err != nil {
		return Bounds{}, err
	}
	return boundsOf(p.Bounds), nil
}

func (s *Server) setBounds(c *call, in Bounds) (nothing, error) {
	p, err := s.o.Gates.Settings(c.ctx(), c.who, 0)
	if err != nil {
		return nothing{}, err
	}
	b := p.Bounds
	for _, part := range []struct{ said, at *int }{{in.Days, &b.Days}, {in.CommentDays, &b.CommentDays}, {in.ReactDays, &b.ReactDays}, {in.Standing, &b.Standing},
		{in.CommentStanding, &b.CommentStanding}, {in.Accepted, &b.Accepted}, {in.Vouches, &b.Vouches}} {
		if part.said != nil {
			*part.at = *part.said
		}
	}
	if in.Tier != "" {
		tier, ok := reputation.ParseTier(in.Tier)
		if !ok {
			return nothing{}, circles.FieldErrorf(circles.Invalid, "tier", "tier must be the name of a tier.")
		}
		b.Tier = tier
	}
	return nothing{}, s.o.Gates.SetBounds(c.ctx(), c.who, b)
}

// NewCircles is what new circles begin with.
type NewCircles struct {
	Preset string `json:"preset" enum:"welcoming,open,careful,none" doc:"none asks nothing."`
}

func (s *Server) newCircles(c *call) (NewCircles, error) {
	name, err := s.o.Gates.NewCircles(c.ctx())
	return NewCircles{name}, err
}

func (s *Server) setNewCircles(c *call, in NewCircles) (nothing, error) {
	return nothing{}, s.o.Gates.SetNewCircles(c.ctx(), c.who, in.Preset)
}

// A Trust is why a server is trusted.
type Trust struct {
	Reason string `json:"reason" doc:"Everyone can read it."`
}

func (s *Server) trustPeer(c *call, in Trust) (nothing, error) {
	return nothing{}, s.moderation.TrustPeer(c.ctx(), c.who, c.echo.Param("host"), true, in.Reason)
}

func (s *Server) distrustPeer(c *call) error {
	return s.moderation.TrustPeer(c.ctx(), c.who, c.echo.Param("host"), false, "")
}
