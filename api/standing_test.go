package api

import (
	"slices"
	"strings"
	"testing"

	"halqa/circles/reputation"
	"halqa/internal/standing"
)

// storms has an operator ask for a storm, and an admin set what operators may ask.
func (s *script) storms() {
	garden := s.garden.Circle.ID
	at := path("/circles/%s/storm", garden)
	for hours, status := range map[int]int{0: 422, -1: 422, 73: 422} {
		s.ann.ask("PUT", at, m{"hours": hours, "reason": "spam"}).is(status)
	}
	s.lin.ask("PUT", at, m{"hours": 1, "reason": "spam"}).problem(403, "forbidden")
	s.lin.ask("DELETE", at, nil).problem(403, "forbidden")
	s.ann.put(at, m{"hours": 72, "reason": "A wave of spam", "language": "en"}, nil)
	var now struct {
		StormUntil Time `json:"storm_until"`
		Bounds     Bounds
	}
	s.visitor.get(path("/circles/%s/gates", garden), &now)
	if now.StormUntil == "" || now.Bounds.Days == nil || *now.Bounds.Days != 30 {
		s.Errorf("in a storm it asks %+v", now)
	}
	s.ann.drop(at)
	if p := s.ann.ask("PUT", at, m{"hours": 1, "reason": "again"}).problem(409, "conflict"); !strings.Contains(p.Detail, "once in 14 days") {
		s.Errorf("a storm too early is refused with %q", p.Detail)
	}

	var was, is Bounds
	s.visitor.get("/gates/bounds", &was)
	s.ann.put("/gates/bounds", m{"comment_days": 7, "tier": "member"}, nil)
	s.visitor.get("/gates/bounds", &is)
	if *is.CommentDays != 7 || is.Tier != "member" || *is.Days != *was.Days || is.Version != was.Version+1 {
		s.Errorf("the bounds became %+v", is)
	}
	for _, wrong := range []m{{"days": 31}, {"days": -1}, {"tier": "admin"}, {"tier": "trusted"}} {
		s.ann.ask("PUT", "/gates/bounds", wrong).problem(422, "invalid")
	}
	s.lin.ask("PUT", "/gates/bounds", m{"days": 1}).problem(403, "forbidden")
	s.ann.put("/gates/bounds", was, nil)

	var begin NewCircles
	for _, name := range standing.NewCirclePresets() {
		s.ann.put("/gates/new-circles", m{"preset": name}, nil)
		if s.visitor.get("/gates/new-circles", &begin); begin.Preset != name {
			s.Errorf("new circles begin with %q, want %q", begin.Preset, name)
		}
	}
	s.ann.ask("PUT", "/admin/peers/friend.example/trust", m{"reason": " "}).problem(422, "invalid")
	s.lin.ask("PUT", "/admin/peers/friend.example/trust", m{"reason": "x"}).problem(403, "forbidden")
	s.lin.ask("DELETE", "/admin/peers/friend.example/trust", nil).problem(403, "forbidden")
	var peers Page[Peer]
	trusted := func() bool {
		s.ann.get("/admin/peers", &peers)
		return slices.ContainsFunc(peers.Items, func(p Peer) bool { return p.Host == "friend.example" && p.Trusted })
	}
	s.ann.put("/admin/peers/friend.example/trust", m{"reason": "We know them"}, nil)
	if !trusted() {
		s.Errorf("trusted, and the servers are %+v", peers.Items)
	}
	s.ann.drop("/admin/peers/friend.example/trust")
	if trusted() {
		s.Error("still trusted")
	}

	s.ann.ask("PUT", "/gates/new-circles", m{"preset": "storm"}).problem(422, "invalid")
	s.lin.ask("PUT", "/gates/new-circles", m{"preset": "open"}).problem(403, "forbidden")
}

// What the document offers is what there is.
func TestNamesInTheDocument(t *testing.T) {
	h := newHouse(t)
	doc := string(h.Document())
	for _, want := range []string{strings.Join(standing.NewCirclePresets(), `","`), strings.Join([]string{reputation.Newcomer.String(), reputation.Member.String(), reputation.Regular.String()}, `","`)} {
		if !strings.Contains(doc, `"`+want+`"`) {
			t.Errorf("the document offers no %s", want)
		}
	}
	if slices.Contains(standing.NewCirclePresets(), "storm") {
		t.Error("a circle can begin with a storm")
	}
}
