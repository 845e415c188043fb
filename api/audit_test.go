package api

import (
	"halqa/circles"
	"halqa/circles/reputation"
	"halqa/internal/store"
)

// audit has an admin decide about what the audit found.
func (s *script) audit() {
	garden, err := parseID(s.garden.Circle.ID)
	s.must(err)
	s.must(s.db.Update(s.ctx(), func(tx *store.Tx) error {
		_, err := tx.AddAudit(circles.CircleID(garden), reputation.Finding{Kind: reputation.Inward, Ratings: 20, Percent: 70,
			People: []reputation.ActorID{reputation.ActorID(s.lin.who.Person), reputation.ActorID(s.eve.who.Person)}})
		return err
	}))
	var found Page[Finding]
	s.ann.get("/admin/audit", &found)
	if len(found.Items) != 1 || found.Items[0].Outcome != "" || len(found.Items[0].People) != 2 || found.Items[0].Circle.ID != s.garden.Circle.ID || found.Items[0].Days == 0 {
		s.Fatalf("the findings are %+v", found)
	}
	at := path("/admin/audit/%s/decision", found.Items[0].ID)
	s.lin.ask("GET", "/admin/audit", nil).problem(403, "forbidden")
	s.lin.ask("POST", at, m{"confirm": false, "reason": "x"}).problem(403, "forbidden")
	s.ann.ask("POST", at, m{"confirm": true, "reason": ""}).problem(422, "invalid")
	s.ann.post(at, m{"confirm": false, "reason": "A family"}, nil)
	s.ann.ask("POST", at, m{"confirm": true, "reason": "Or not"}).problem(409, "conflict")
	s.ann.get("/admin/audit", &found)
	if found.Items[0].Outcome != "dismissed" || found.Items[0].Reason != "A family" {
		s.Errorf("after dismissing it is %+v", found)
	}
}
