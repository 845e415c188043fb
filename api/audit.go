package api

import (
	"net/http"

	"halqa/circles/reputation"
	"halqa/internal/accounts"
)

func (s *Server) auditRoutes() []route {
	const admin = accounts.ScopeAdmin
	return grouped("admin",
		list("/admin/audit", admin, "What the nightly audit of ratings found, the latest first.", s.findings, beside("GET /admin/audit")),
		send(http.MethodPost, "/admin/audit/{id}/decision", admin, "Say whether a finding is abuse.", s.decideFinding, beside("POST /admin/audit")),
	)
}

// A Finding is a set of people whose ratings look arranged. They do not count until somebody decides.
type Finding struct {
	ID        ID                     `json:"id"`
	Circle    *Circle                `json:"circle,omitempty"`
	Kind      reputation.FindingKind `json:"kind" enum:"alike,inward" doc:"They rate the same things, or mostly each other."`
	At        Time                   `json:"at"`
	Ratings   int                    `json:"ratings"`
	Percent   int                    `json:"percent" doc:"Of the ratings, those that are shared or stay among them."`
	People    []FoundPerson          `json:"people" doc:"At most 50."`
	Outcome   string                 `json:"outcome" enum:",confirmed,dismissed,lapsed" doc:"Empty = nobody has decided."`
	Days      int                    `json:"days,omitempty" doc:"Until an open one lapses."`
	DecidedAt Time                   `json:"decided_at,omitempty"`
	Reason    string                 `json:"reason,omitempty"`
}

// A FoundPerson is somebody in a finding.
type FoundPerson struct {
	Person *Person `json:"person,omitempty"`
	Found  bool    `json:"found" doc:"By the audit; else brought in by somebody who was."`
	Cut    bool    `json:"cut" doc:"Their introduction was taken back."`
}

func (s *Server) findings(c *call) (Page[Finding], error) {
	all, next, err := s.moderation.Findings(c.ctx(), c.who, c.cursor())
	if err != nil {
		return Page[Finding]{}, err
	}
	var out []Finding
	for _, f := range all {
		row := Finding{ID: id(f.ID), Circle: s.circle(f.Circle), Kind: f.Kind, At: at(f.At), Ratings: f.Ratings, Percent: f.Percent, People: []FoundPerson{},
			Outcome: string(f.Outcome), Days: f.Days, DecidedAt: at(f.DecidedAt), Reason: f.Reason}
		for _, p := range f.People {
			row.People = append(row.People, FoundPerson{s.person(p.Actor), p.Found, p.Cut})
		}
		out = append(out, row)
	}
	return pageOf(out, next), nil
}

// A FindingDecision closes a finding.
type FindingDecision struct {
	Confirm bool   `json:"confirm" doc:"The ratings stay without effect; else they count again."`
	Reason  string `json:"reason" doc:"Everyone can read it, without the names."`
}

func (s *Server) decideFinding(c *call, in FindingDecision) (nothing, error) {
	id, err := c.number("id")
	if err != nil {
		return nothing{}, err
	}
	return nothing{}, s.moderation.DecideFinding(c.ctx(), c.who, id, in.Confirm, in.Reason)
}
