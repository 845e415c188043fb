package api

import (
	"net/http"
	"slices"

	"halqa/circles"
	"halqa/internal/media"
)

// table is every route there is.
func (s *Server) table() []route {
	return slices.Concat(s.oauthRoutes(), s.instanceRoutes(), s.readRoutes(), s.writeRoutes(), s.followRoutes(), s.messageRoutes(), s.gateRoutes(), s.appealRoutes(), s.tipRoutes(), s.giftRoutes(), s.packetRoutes(), s.shelfRoutes(), s.manageRoutes(), s.accountRoutes(), s.adminRoutes(), s.moneyRoutes(), s.auditRoutes(), s.standingRoutes())
}

func (s *Server) instanceRoutes() []route {
	return grouped("instance",
		get("/instance", "", "What this instance is, and its limits.", s.instance, unscoped("it is the same for everybody"), beside("GET /about")),
		documentRoute(s),
	)
}

// An Instance is what an instance says of itself.
type Instance struct {
	Host         string `json:"host"`
	Name         string `json:"name"`
	Description  string `json:"description,omitempty"`
	Version      string `json:"version"`
	Registration string `json:"registration" enum:"open,closed"`
	People       int64  `json:"people"`
	ActiveMonth  int64  `json:"active_month"`
	Circles      int64  `json:"circles" doc:"Public ones that live here."`
	Posts        int64  `json:"posts"`
	Comments     int64  `json:"comments"`
	Limits       Limits `json:"limits"`
}

// Limits are how much things may be.
type Limits struct {
	Title    int `json:"title" doc:"Characters."`
	Body     int `json:"body" doc:"Characters of markdown."`
	Alt      int `json:"alt" doc:"Characters."`
	Photos   int `json:"photos" doc:"Of one post."`
	Upload   int `json:"upload" doc:"Bytes of a picture."`
	Requests int `json:"requests" doc:"A minute, of one token."`
}

func (s *Server) instance(c *call) (Instance, error) {
	counts, err := s.app.Counts(c.ctx())
	if err != nil {
		return Instance{}, err
	}
	site, err := s.accounts.Site(c.ctx())
	if err != nil {
		return Instance{}, err
	}
	if site.Name == "" {
		site.Name = s.host
	}
	return Instance{Host: s.host, Name: site.Name, Description: site.Description, Version: s.o.Version, Registration: string(site.Registration),
		People: counts.People, ActiveMonth: counts.ActiveMonth, Circles: counts.Circles, Posts: counts.Posts, Comments: counts.Comments,
		Limits: Limits{circles.MaxTitle, circles.MaxBody, circles.MaxAlt, circles.MaxPhotos, media.MaxFile, s.o.Limit}}, nil
}

// documentRoute is the OpenAPI document.
func documentRoute(s *Server) route {
	r := newRoute(http.MethodGet, "/openapi.json", "", "This document.", []option{unscoped("it is the same for everybody")})
	r.out = typeOf[map[string]any]()
	r.do = func(*call) (any, error) { return rawJSON(s.document), nil }
	return r
}

// rawJSON is a document that is written already.
type rawJSON []byte

func (r rawJSON) MarshalJSON() ([]byte, error) { return r, nil }
