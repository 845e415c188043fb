package api

import (
	"halqa/circles"
)

// appeals has a removal looked at by the circle and then by the instance, and one taken back.
func (s *script) appeals() {
	garden, eve := s.garden.Circle.ID, id(s.eve.who.Person)
	mia := s.person("mia", circles.SiteAdmin)
	s.eve.put(path("/circles/%s/membership", garden), nil, nil)
	s.ann.put(path("/circles/%s/roles/%s", garden, eve), m{"role": "moderator"}, nil)
	var slugs Post
	s.lin.post("/posts", m{"circle": garden, "title": "Slugs"}, &slugs)
	why := m{"about": "removal", "post": slugs.ID, "body": "They belong to gardens."}
	s.lin.ask("POST", "/appeals", why).problem(409, "conflict") // nobody removed it
	s.lin.ask("POST", "/appeals", m{"about": "removal", "post": "999", "body": "x"}).problem(404, "not-found")
	s.lin.ask("POST", "/appeals", m{"about": "removal", "post": "x", "body": "x"}).problem(422, "invalid")
	s.ann.post(path("/posts/%s/remove", slugs.ID), m{"reason": "off topic"}, nil)
	var a Objected
	s.lin.post("/appeals", why, &a)
	s.lin.ask("POST", "/appeals", why).problem(409, "conflict")
	s.eve.ask("POST", path("/appeals/%s/withdraw", a.ID), nil).problem(404, "not-found")
	s.lin.post(path("/appeals/%s/withdraw", a.ID), nil, nil)
	s.lin.ask("POST", path("/appeals/%s/further", a.ID), nil).problem(409, "conflict")

	s.lin.post("/appeals", why, &a)
	var queue Page[Appeal]
	at := "/moderation/appeals?circle=" + string(garden)
	s.ann.get(at, &queue)
	if len(queue.Items) != 1 || queue.Items[0].Mine {
		s.Errorf("ann decides about her own decision: %+v", queue)
	}
	s.ann.ask("POST", path("/moderation/appeals/%s/decision", a.ID), m{"grant": true}).problem(403, "forbidden")
	s.eve.get(at, &queue)
	if len(queue.Items) != 1 || !queue.Items[0].Mine || queue.Items[0].Said != "off topic" || queue.Items[0].Body != why["body"] || queue.Items[0].Post.ID != slugs.ID ||
		queue.Items[0].Person.ID != id(s.lin.who.Person) || queue.Items[0].Site {
		s.Fatalf("eve has to answer %+v", queue)
	}
	s.ann.ask("GET", "/moderation/appeals?circle=999", nil).problem(404, "not-found")
	s.lin.ask("GET", at, nil).problem(403, "forbidden")
	s.eve.ask("POST", path("/moderation/appeals/%s/decision", a.ID), m{"grant": false}).problem(422, "invalid")
	s.eve.post(path("/moderation/appeals/%s/decision", a.ID), m{"grant": false, "reason": "Not here."}, nil)
	var mine Page[Appeal]
	s.lin.get("/me/appeals", &mine)
	if len(mine.Items) != 2 || mine.Items[0].State != "denied" || mine.Items[0].Note != "Not here." || !mine.Items[0].Further || mine.Items[1].State != "withdrawn" {
		s.Errorf("lin's appeals are %+v", mine)
	}
	s.lin.post(path("/appeals/%s/further", a.ID), nil, nil)
	mia.get("/moderation/appeals", &queue)
	if len(queue.Items) != 1 || !queue.Items[0].Mine || queue.Items[0].FirstNote != "Not here." || !queue.Items[0].Site {
		s.Fatalf("the instance has to answer %+v", queue)
	}
	mia.post(path("/moderation/appeals/%s/decision", a.ID), m{"grant": true}, nil)
	var v PostView
	s.visitor.get(path("/posts/%s", slugs.ID), &v)
	if v.Post.State != "visible" {
		s.Errorf("after a granted appeal the post is %s", v.Post.State)
	}
	s.lin.drop(path("/posts/%s", slugs.ID))
	s.ann.put(path("/circles/%s/roles/%s", garden, eve), m{"role": "member"}, nil)
}
