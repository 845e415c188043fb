package api

import (
	"net/http"

	"halqa/circles"
	"halqa/internal/accounts"
	"halqa/internal/tips"
)

func (s *Server) giftRoutes() []route {
	const read, tip, write, moderate = accounts.ScopeRead, accounts.ScopeTip, accounts.ScopeWrite, accounts.ScopeModerate
	const post = http.MethodPost
	return grouped("tips",
		get("/posts/{id}/gifts", read, "The gifts for a post or comment that its author shows, the latest first.", s.shownGifts, visitors),
		send(post, "/tips/{id}/show", tip, "Show a gift that the owner got under its post, or no longer.", s.showGift, beside("POST /tips/:id/show")),
		send(post, "/gifts/{id}/report", write, "Report the note of a gift that the owner may read; its number is the tip's.", s.reportGift,
			beside("GET /gifts/:id/report", "POST /gifts/:id/report"), refuses(http.StatusRequestEntityTooLarge)),
		get("/circles/{id}/gifts", moderate, "The notes of gifts that wait for a moderator.", s.reportedGifts, beside("GET /c/:name/gifts")),
		send(post, "/gifts/{id}/decision", moderate, "Take a reported note away, or let it stand.", s.decideGift, beside("POST /c/:name/gifts")),
	)
}

// A Gift is one that is shown: without who gave it and how much.
type Gift struct {
	ID   ID     `json:"id" doc:"The tip's."`
	Gift string `json:"gift" enum:"flower,tea,cake,book,lantern,star"`
	Note string `json:"note,omitempty"`
	Post ID     `json:"post"`
}

// Gifts are some.
type Gifts struct {
	Items []Gift `json:"items"`
}

func (s *Server) shownGifts(c *call) (Gifts, error) {
	post, err := c.post()
	if err != nil {
		return Gifts{}, err
	}
	if _, err := s.app.Root(c.ctx(), c.who, post); err != nil { // who may not read it learns nothing of it
		return Gifts{}, err
	}
	all, err := s.o.Tips.ShownGifts(c.ctx(), c.who, []circles.PostID{post})
	out := Gifts{Items: []Gift{}}
	for _, g := range all {
		out.Items = append(out.Items, Gift{id(g.Tip), g.Kind, g.Note, id(g.Post)})
	}
	return out, err
}

// GiftShown says whether a gift is shown.
type GiftShown struct {
	Shown bool `json:"shown"`
}

func (s *Server) showGift(c *call, in GiftShown) (nothing, error) {
	id, err := c.number("id")
	if err != nil {
		return nothing{}, err
	}
	return nothing{}, s.o.Tips.ShowGift(c.ctx(), c.who, id, in.Shown)
}

// GiftReport is what is wrong with a note.
type GiftReport struct {
	Text string `json:"text,omitempty"`
}

func (s *Server) reportGift(c *call, in GiftReport) (nothing, error) {
	id, err := c.number("id")
	if err != nil {
		return nothing{}, err
	}
	return nothing{}, s.o.Tips.ReportGift(c.ctx(), c.who, id, in.Text)
}

// A GiftCase is a note that waits for a moderator.
type GiftCase struct {
	Gift
	From   *Person `json:"from,omitempty"`
	To     *Person `json:"to,omitempty"`
	Report string  `json:"report,omitempty"`
	At     Time    `json:"at"`
	Shown  bool    `json:"shown" doc:"Others read it."`
}

// GiftCases are those of a circle.
type GiftCases struct {
	Items []GiftCase `json:"items" doc:"The oldest first."`
}

func (s *Server) reportedGifts(c *call) (GiftCases, error) {
	circle, err := c.circleID()
	if err != nil {
		return GiftCases{}, err
	}
	if _, err := s.app.CircleByID(c.ctx(), c.who, circle); err != nil {
		return GiftCases{}, err
	}
	all, rows, err := s.o.Tips.ReportedGifts(c.ctx(), c.who, circle)
	if err != nil {
		return GiftCases{}, err
	}
	people, _, err := s.o.Tips.Faces(c.ctx(), c.who, rows)
	out := GiftCases{Items: []GiftCase{}}
	for i, g := range all {
		out.Items = append(out.Items, GiftCase{Gift{id(g.Tip), g.Kind, g.Note, id(g.Post)}, s.person(people[rows[i].Payer.Actor()]),
			s.person(people[rows[i].Payee.Actor()]), g.Report, at(g.ReportedAt), g.ShownAt != 0})
	}
	return out, err
}

// A GiftDecision is what a moderator decides about a note.
type GiftDecision struct {
	Take   bool   `json:"take" doc:"false: it stands."`
	Reason string `json:"reason,omitempty" doc:"Whoever reads the circle reads it in its log."`
}

func (s *Server) decideGift(c *call, in GiftDecision) (nothing, error) {
	id, err := c.number("id")
	if err != nil {
		return nothing{}, err
	}
	return nothing{}, s.o.Tips.DecideGift(c.ctx(), c.who, id, in.Take, in.Reason)
}

// giftOf says of what kind a tip is; "" = it is no gift.
func giftOf(all map[int64]*tips.Gift, tip int64) (kind string, shown bool) {
	if g := all[tip]; g != nil {
		return g.Kind, g.ShownAt != 0
	}
	return "", false
}
