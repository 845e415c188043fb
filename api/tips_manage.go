package api

import (
	"net/http"
	"strconv"

	"halqa/circles"
	"halqa/internal/accounts"
	"halqa/internal/tips"
)

// A TipWish is what somebody wants of tips.
type TipWish struct {
	Takes   tips.Takes `json:"takes" enum:"all,followed,none" doc:"Who may tip the owner."`
	Quiet   bool       `json:"quiet" doc:"The pages do not offer the owner to tip."`
	Abroad  bool       `json:"abroad" doc:"Other servers are shown that the owner takes tips."`
	NoMonth bool       `json:"no_month" doc:"The owner is not told at the end of a month what they gave in it."`
	Limits  []TipLimit `json:"limits,omitempty" doc:"What the owner lets themselves give in 24 hours. Those that are left out stay."`
}

// A TipLimit is that of one asset.
type TipLimit struct {
	Asset   string `json:"asset"`
	Minor   string `json:"minor" doc:"Minor units; empty = none is set."`
	Later   string `json:"later,omitempty" doc:"What was asked for since. Read only."`
	LaterAt Time   `json:"later_at,omitempty" doc:"From when that holds. Read only; with it, an empty later is no limit."`
}

func limitWord(minor int64) string {
	if minor < 0 {
		return ""
	}
	return strconv.FormatInt(minor, 10)
}

func (s *Server) tipWish(c *call) (TipWish, error) {
	w, err := s.o.Tips.Choice(c.ctx(), c.who)
	if err != nil {
		return TipWish{}, err
	}
	out, now := TipWish{Takes: w.Takes, Quiet: w.Quiet, Abroad: w.Abroad, NoMonth: w.NoMonth}, s.o.Now().UnixMicro()
	for _, l := range w.Limits {
		row := TipLimit{Asset: l.Asset, Minor: limitWord(l.At(now))}
		if l.LaterAt > now {
			row.Later, row.LaterAt = limitWord(l.Later), at(l.LaterAt)
		}
		out.Limits = append(out.Limits, row)
	}
	return out, nil
}

func (s *Server) setTipWish(c *call, in TipWish) (nothing, error) {
	limits := make([]tips.LimitWish, len(in.Limits))
	for i, l := range in.Limits {
		limits[i] = tips.LimitWish{Asset: l.Asset, Minor: -1}
		if l.Minor != "" {
			a, err := units(Amount{l.Minor, l.Asset}, "limits")
			if err != nil {
				return nothing{}, err
			}
			limits[i].Minor = a.Minor
		}
	}
	return nothing{}, s.o.Tips.SetWish(c.ctx(), c.who, tips.Wish{Takes: in.Takes, Quiet: in.Quiet, Abroad: in.Abroad, NoMonth: in.NoMonth}, limits...)
}

// CircleTips is what a circle wants of tips.
type CircleTips struct {
	Policy  tips.Policy `json:"policy" enum:"on,likes-only,off" doc:"off says nothing of those there were, either."`
	Gifts   bool        `json:"gifts" doc:"Tips can be gifts."`
	Packets bool        `json:"packets" doc:"Members can lay down red packets."`
	Bounds  []TipBounds `json:"bounds,omitempty" doc:"They narrow those of the instance."`
}

// TipBounds are the amounts of one asset that a circle wants, in minor units; empty = as the instance has it.
type TipBounds struct {
	Asset string `json:"asset"`
	Low   string `json:"low,omitempty"`
	Usual string `json:"usual,omitempty"`
	High  string `json:"high,omitempty"`
}

func (s *Server) circleTips(c *call) (CircleTips, error) {
	id, err := c.circleID()
	if err != nil {
		return CircleTips{}, err
	}
	if _, err := s.app.CircleByID(c.ctx(), c.who, id); err != nil { // who may not see it learns nothing of it
		return CircleTips{}, err
	}
	p, err := s.o.Tips.Policy(c.ctx(), id)
	if err != nil {
		return CircleTips{}, err
	}
	say := func(n int64) string {
		if n == 0 {
			return ""
		}
		return strconv.FormatInt(n, 10)
	}
	out := CircleTips{Policy: p.Policy, Gifts: p.Gifts, Packets: p.Packets}
	for _, b := range p.Bounds {
		out.Bounds = append(out.Bounds, TipBounds{b.Asset, say(b.Low), say(b.Usual), say(b.High)})
	}
	return out, nil
}

func (s *Server) setCircleTips(c *call, in CircleTips) (nothing, error) {
	id, err := c.circleID()
	if err != nil {
		return nothing{}, err
	}
	p := tips.CirclePolicy{Circle: id, Policy: in.Policy, Gifts: in.Gifts, Packets: in.Packets}
	for _, b := range in.Bounds {
		row := tips.CircleBounds{Asset: b.Asset}
		for _, part := range []struct {
			to   *int64
			said string
		}{{&row.Low, b.Low}, {&row.Usual, b.Usual}, {&row.High, b.High}} {
			if part.said == "" {
				continue
			}
			a, err := units(Amount{part.said, b.Asset}, "bounds")
			if err != nil {
				return nothing{}, err
			}
			*part.to = a.Minor
		}
		p.Bounds = append(p.Bounds, row)
	}
	return nothing{}, s.o.Tips.SetPolicy(c.ctx(), c.who, p)
}

func (s *Server) moneyRoutes() []route {
	const admin = accounts.ScopeAdmin
	return grouped("admin",
		get("/admin/wallets", admin, "How the wallets and the ledger are, what the rules did, and what credits were granted.", s.wallets, beside("GET /admin/wallets")),
		send(http.MethodPost, "/admin/credits", admin, "Give credits to a member. Needs an Idempotency-Key, and is done once for it.", s.grantCredits, refuses(http.StatusNotFound), beside("POST /admin/wallets")),
		act(http.MethodPut, "/admin/wallets/review/{id}/seen", admin, "Take something off the list of what is to be looked at.", s.seeReview, beside("POST /admin/wallets")),
	)
}

// Wallets is how the money part of the instance is.
type Wallets struct {
	Wallets   []Wallet      `json:"wallets"`
	Bookings  int64         `json:"bookings" doc:"Of the ledger."`
	Checked   int64         `json:"checked" doc:"How many of them were found whole."`
	CheckedAt Time          `json:"checked_at,omitempty"`
	Problems  []TipProblem  `json:"problems" doc:"The latest charges with which something is wrong."`
	Review    []TipRule     `json:"review" doc:"What the rules want looked at."`
	Rules     []TipRule     `json:"rules" doc:"What they did of late."`
	Grants    []CreditGrant `json:"grants" doc:"The latest."`
}

// A Wallet is one that is configured.
type Wallet struct {
	Name    string   `json:"name"`
	Version string   `json:"version"`
	Assets  []string `json:"assets"`
	Open    int      `json:"open" doc:"Charges that are asked about again."`
	Problem string   `json:"problem,omitempty" doc:"What is wrong, in its own words."`
	Test    bool     `json:"test" doc:"No real money moves."`
}

// A TipProblem is a charge with which something is wrong.
type TipProblem struct {
	Key     string `json:"key"`
	Wallet  string `json:"wallet"`
	Problem string `json:"problem"`
	At      Time   `json:"at"`
	NextAt  Time   `json:"next_at,omitempty" doc:"When it is asked about again."`
}

// A TipRule is what a rule did between two people on a day.
type TipRule struct {
	ID     ID      `json:"id"`
	Rule   string  `json:"rule"`
	Person *Person `json:"person,omitempty"`
	Other  *Person `json:"other,omitempty"`
	Count  int64   `json:"count"`
	LastAt Time    `json:"last_at"`
}

// A CreditGrant is credits that were given out.
type CreditGrant struct {
	To     *Person `json:"to,omitempty"`
	By     *Person `json:"by,omitempty" doc:"Absent = the instance, on somebody's arrival."`
	Amount Amount  `json:"amount"`
	Reason string  `json:"reason,omitempty"`
	At     Time    `json:"at"`
}

func (s *Server) wallets(c *call) (Wallets, error) {
	if err := c.mustAdmin(); err != nil {
		return Wallets{}, err
	}
	o, err := s.o.Tips.Overview(c.ctx(), c.who)
	if err != nil {
		return Wallets{}, err
	}
	out := Wallets{Wallets: []Wallet{}, Bookings: o.Ledger.Bookings, Checked: o.Ledger.Checked, CheckedAt: at(o.Ledger.CheckedAt), Problems: []TipProblem{},
		Review: s.tipRules(o, o.Review), Rules: s.tipRules(o, o.Audits), Grants: []CreditGrant{}}
	for _, w := range o.Wallets {
		row := Wallet{Name: w.Name, Version: w.Version, Assets: []string{}, Open: w.Open, Problem: w.Health, Test: w.TestMode}
		for _, a := range w.Assets {
			row.Assets = append(row.Assets, a.Code)
		}
		out.Wallets = append(out.Wallets, row)
	}
	for _, p := range o.Problems {
		out.Problems = append(out.Problems, TipProblem{p.Key, p.Adapter, p.Problem, at(p.CreatedAt), at(p.DueAt)})
	}
	for _, g := range o.Grants {
		out.Grants = append(out.Grants, CreditGrant{s.person(o.People[g.Person.Actor()]), s.person(o.People[g.By.Actor()]), amount(g.Amount, g.Asset), g.Reason, at(g.At)})
	}
	return out, nil
}

func (s *Server) tipRules(o *tips.Overview, all []tips.Audit) []TipRule {
	out := []TipRule{}
	for _, a := range all {
		out = append(out, TipRule{id(a.ID), a.Rule, s.person(o.People[a.Actor]), s.person(o.People[a.Other]), a.N, at(a.LastAt)})
	}
	return out
}

// NewCredits are credits that an admin gives.
type NewCredits struct {
	Person ID     `json:"person"`
	Amount Amount `json:"amount"`
	Reason string `json:"reason" doc:"It stays."`
}

func (s *Server) grantCredits(c *call, in NewCredits) (nothing, error) {
	once, err := c.formKey()
	if err != nil {
		return nothing{}, err
	}
	person, err := idIn[circles.PersonID](in.Person, "person")
	if err != nil {
		return nothing{}, err
	}
	sum, err := units(in.Amount, "amount")
	if err != nil {
		return nothing{}, err
	}
	return nothing{}, s.o.Tips.Grant(c.ctx(), c.who, person, sum, in.Reason, once)
}

func (s *Server) seeReview(c *call) error {
	id, err := c.number("id")
	if err != nil {
		return err
	}
	if err := c.mustAdmin(); err != nil {
		return err
	}
	return s.o.Tips.SeeAudit(c.ctx(), c.who, id)
}
