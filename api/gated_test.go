package api

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"

	"halqa/circles"
	"halqa/circles/reputation"
	"halqa/internal/standing"
	"halqa/internal/store"
	"halqa/internal/testdb"
)

// TestEveryGatedRoute plays every route, as TestEveryRouteAnswersAsDocumented does, while every action is
// shut everywhere. What is refused is opened one action after the other, so each route is refused once for
// each action that it asks about. What was met is held against what stands beside the registrations: a route
// that asks and does not say so fails, and so does one that says so and never asks.
func TestEveryGatedRoute(t *testing.T) {
	h := newHouse(t)
	s := newScript(h)
	d := &doors{house: h, by: s.ann.who.Person.Actor(), met: map[string]map[reputation.Action]bool{}}
	gil := h.person("gil", circles.SiteMember)
	for _, c := range []*client{s.ann, s.lin, s.eve, gil, s.visitor} {
		c.http.Transport = h.recorder.Transport(d)
	}
	for _, part := range []func(){s.oauth, s.write, s.read, s.follow, s.moderate, s.appeals, s.account, s.gates, s.shelf, s.messages, s.tips, s.audit, s.admin, func() { s.rest(gil) }} {
		part()
	}
	routes := h.Routes()
	for _, complaint := range unsaid(routes, d.met) {
		t.Error(complaint)
	}
	for _, a := range reputation.Actions() {
		if !slices.ContainsFunc(routes, func(r RouteInfo) bool { return slices.Contains(r.Gates, a) }) {
			t.Errorf("no route says that it asks before %s", a)
		}
	}
	// The check can fail, on either side.
	for i, r := range routes {
		switch r.Method + " " + r.Path {
		case "PUT " + Prefix + "/circles/{id}/membership":
			routes[i].Gates = nil
		case "POST " + Prefix + "/reports":
			routes[i].Gates = []reputation.Action{reputation.Comment}
		}
	}
	if got := unsaid(routes, d.met); len(got) != 2 || !strings.Contains(got[0]+got[1], "/membership asks before join") || !strings.Contains(got[0]+got[1], "/reports says that it asks before comment") {
		t.Errorf("with a row too few and one too many the check finds %q", got)
	}
}

// rest brings those acts that the other parts of the script have no need of.
func (s *script) rest(gil *client) {
	garden := s.garden.Circle.ID
	var of, said Post
	s.lin.post("/posts", m{"circle": garden, "title": "A link", "link": "https://soil.example/"}, &of)
	s.lin.put(path("/posts/%s", of.ID), m{"title": "A link", "link": "https://seeds.example/", "photos": []m{{"id": s.lin.upload("post").ID, "alt": "Seeds"}}}, nil)
	s.lin.post(path("/posts/%s/comments", of.ID), m{"body": "In *May*"}, &said)
	s.lin.put(path("/posts/%s", said.ID), m{"body": "In *June*"}, nil)
	s.eve.put(path("/posts/%s/vote", said.ID), m{"value": -1}, nil)
	gil.post(path("/people/%s/messages", id(s.eve.who.Person)), m{"body": "We have not met"}, nil)
}

// unsaid compares what routes say of their gates with what was met.
func unsaid(routes []RouteInfo, met map[string]map[reputation.Action]bool) (complaints []string) {
	for _, r := range routes {
		name := r.Method + " " + r.Path
		for a := range met[name] {
			if !slices.Contains(r.Gates, a) {
				complaints = append(complaints, fmt.Sprintf("%s asks before %s and does not say so beside its registration", name, a))
			}
		}
		for _, a := range r.Gates {
			if !met[name][a] {
				complaints = append(complaints, fmt.Sprintf("%s says that it asks before %s, which nothing met", name, a))
			}
		}
	}
	return complaints
}

// doors send each request while everything is shut. What it is refused for is first made a gate that asks for
// more than anybody has, and then opened.
type doors struct {
	*house
	by  circles.ActorID // who set what stands in the way
	met map[string]map[reputation.Action]bool
}

const (
	switchedOff = `{"off":true,"reason":{"en":"The doors are shut"}}`
	asksMuch    = `{"gate":{"any":[[{"fact":"days_known_here","gte":400}],[{"fact":"vouches","gte":5}]],"else":"deny","reason":{"en":"The doors are shut"}}}`
)

func (d *doors) RoundTrip(req *http.Request) (*http.Response, error) {
	var body []byte
	if req.Body != nil {
		var err error
		if body, err = io.ReadAll(req.Body); err != nil {
			return nil, err
		}
	}
	name := d.route(req)
	d.set(reputation.Actions(), "", switchedOff)
	defer d.set(reputation.Actions(), asksMuch, "")
	defer d.set(reputation.Actions(), switchedOff, "")
	for opened := false; ; {
		again := req.Clone(req.Context())
		again.Body = io.NopCloser(bytes.NewReader(body))
		resp, err := http.DefaultTransport.RoundTrip(again)
		if err != nil {
			return nil, err
		}
		text, err := io.ReadAll(resp.Body)
		if err != nil {
			return nil, err
		}
		resp.Body.Close()
		resp.Body = io.NopCloser(bytes.NewReader(text))
		var p Problem
		if resp.Header.Get("Content-Type") != "application/problem+json" || json.Unmarshal(text, &p) != nil || p.Access == nil {
			if req.Method == http.MethodGet && !opened { // reading is never refused; what is read must be as it was
				d.set(reputation.Actions(), switchedOff, "")
				opened = true
				continue
			}
			return resp, nil
		}
		if req.Method == http.MethodGet {
			d.Errorf("%s is refused by a gate: reading never is", name)
		}
		x := p.Access
		if d.met[name] == nil {
			d.met[name] = map[reputation.Action]bool{}
		}
		d.met[name][x.Action] = true
		d.compare(name, req, p, string(text))
		if x.Off {
			d.set([]reputation.Action{x.Action}, switchedOff, asksMuch)
		} else {
			d.set([]reputation.Action{x.Action}, asksMuch, "")
		}
	}
}

// compare holds a refusal against what the person would have read before they tried.
func (d *doors) compare(name string, req *http.Request, p Problem, text string) {
	x := p.Access
	access, err := d.accounts.Access(d.ctx(), strings.TrimPrefix(req.Header.Get("Authorization"), "Bearer "))
	d.must(err)
	var before *standing.Access
	d.must(d.db.View(d.ctx(), func(tx *store.Tx) error {
		var c *circles.Circle
		if place := strings.TrimSuffix(strings.TrimPrefix(x.Why, "/c/"), "/why"); x.Why != "/why" {
			a, err := tx.ActorByURI("/c/" + place)
			if err != nil {
				return err
			}
			if c, err = tx.Circle(circles.CircleID(a.ID)); err != nil {
				return err
			}
		}
		before, err = standing.AccessTo(tx, access.Viewer, c, x.Action)
		return err
	}))
	want, got := *before, *x
	got.Also = nil // what else the same act asks
	if a, b := flat(d, want), flat(d, got); a != b {
		d.Errorf("%s refuses %s with\n%s\nand before it was tried it said\n%s", name, x.Action, b, a)
	}
	if p.Status != http.StatusForbidden || p.Reason != string(standing.Gated) || p.Detail == "" || x.Allowed || x.Outcome != standing.Deny || x.Path != 0 ||
		x.SetBy != "/u/ann" || x.SetAt == "" || x.Reason["en"] != "The doors are shut" || !strings.Contains(x.Appeal, "action="+string(x.Action)) || x.Text["zh"] == "" {
		d.Errorf("%s refuses %s with %s", name, x.Action, text)
	}
	if x.Off {
		return
	}
	type missing struct {
		path int
		fact reputation.Fact
		need int
		have bool
		eta  bool
	}
	var all []missing
	for _, m := range x.Unmet {
		all = append(all, missing{m.Path, m.Fact, m.Need, m.Have != nil, m.ETA != ""})
	}
	if want := []missing{{1, reputation.DaysKnown, 400, true, true}, {2, reputation.VouchesHeld, 5, true, false}}; !reflect.DeepEqual(all, want) {
		d.Errorf("%s says that %s misses %+v, want %+v", name, x.Action, all, want)
	}
}

func flat(d *doors, x standing.Access) string {
	b, err := json.Marshal(x)
	d.must(err)
	return string(b)
}

// set puts a rule in the place of another, everywhere; "" is none. Rules that the script itself makes stay.
func (d *doors) set(actions []reputation.Action, was, rule string) {
	var names []string
	for _, a := range actions {
		names = append(names, string(a))
	}
	d.must(testdb.SwapGates(d.ctx(), d.db, names, was, store.GateRule{Rule: rule, SetBy: d.by}))
}

// route is the route of a request, as Routes has it.
func (d *doors) route(req *http.Request) string {
	parts := strings.Split(req.URL.Path, "/")
	best, names := "", 100
	for _, r := range d.Routes() {
		pattern := strings.Split(r.Path, "/")
		if r.Method != req.Method || len(pattern) != len(parts) {
			continue
		}
		fits, named := true, 0
		for i, p := range pattern {
			if strings.HasPrefix(p, "{") {
				named++
			} else if p != parts[i] {
				fits = false
			}
		}
		if fits && named < names {
			best, names = r.Method+" "+r.Path, named
		}
	}
	return best
}
