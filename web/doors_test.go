package web

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"

	"github.com/labstack/echo/v4"

	"halqa/circles"
	"halqa/circles/reputation"
	"halqa/internal/standing"
	"halqa/internal/store"
	"halqa/internal/testdb"
)

// doors stand between every reader of a test and the pages: each form is sent while every action is shut
// everywhere, and what it is refused for is first made a gate that asks for more than anybody has, and then
// opened, until it goes through. So each test of a form is one of its gates, too: a form that is refused for
// what its route does not say beside its registration fails, and so does a refusal whose body is another than
// the person would have read before.
type doors struct {
	*house
	next http.RoundTripper
	by   circles.ActorID // who set what stands in the way; 0 = nobody has signed up yet

	mu  sync.Mutex
	met map[string]map[reputation.Action]int // how often, by route
}

const (
	switchedOff = `{"off":true,"reason":{"en":"The doors are shut"}}`
	asksMuch    = `{"gate":{"any":[[{"fact":"days_known_here","gte":400}],[{"fact":"vouches","gte":5}]],"else":"deny","reason":{"en":"The doors are shut"}}}`
)

func (d *doors) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.Method != http.MethodPost {
		return d.next.RoundTrip(req)
	}
	body, err := io.ReadAll(req.Body)
	if err != nil {
		return nil, err
	}
	send := func(accept string) (*http.Response, []byte, error) {
		again := req.Clone(req.Context())
		again.Body = io.NopCloser(bytes.NewReader(body))
		if accept != "" {
			again.Header.Set("Accept", accept)
		}
		resp, err := d.next.RoundTrip(again)
		if err != nil {
			return nil, nil, err
		}
		text, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		resp.Body = io.NopCloser(bytes.NewReader(text))
		return resp, text, err
	}
	d.mu.Lock() // one form at a time, for the gates are everybody's
	defer d.mu.Unlock()
	d.swap(reputation.Actions(), "", switchedOff)
	defer d.swap(reputation.Actions(), asksMuch, "")
	defer d.swap(reputation.Actions(), switchedOff, "")
	for {
		resp, text, err := send("application/problem+json")
		if err != nil {
			return nil, err
		}
		var p refusal
		if !strings.HasPrefix(resp.Header.Get("Content-Type"), "application/problem+json") || json.Unmarshal(text, &p) != nil || p.Access == nil {
			return resp, nil
		}
		if p.Access.Reason["en"] != "The doors are shut" { // a gate of the test's own
			d.swap(reputation.Actions(), switchedOff, "")
			d.swap(reputation.Actions(), asksMuch, "")
			resp, _, err = send("")
			return resp, err
		}
		d.compare(req, resp.StatusCode, p)
		was, now := switchedOff, asksMuch
		if !p.Access.Off {
			was, now = asksMuch, ""
		}
		d.swap([]reputation.Action{p.Access.Action}, was, now)
	}
}

// A refusal is what a program reads where a gate stands.
type refusal struct {
	Status int
	Detail string
	Access *standing.Access
}

// route is the route that a form goes to, as Actions names it.
func (d *doors) route(req *http.Request) string {
	c := d.echo.NewContext(req, httptest.NewRecorder())
	d.echo.Router().Find(req.Method, echo.GetPath(req), c)
	return req.Method + " " + c.Path()
}

func (d *doors) compare(req *http.Request, status int, p refusal) {
	name, x := d.route(req), p.Access
	if d.met[name] == nil {
		d.met[name] = map[reputation.Action]int{}
	}
	d.met[name][x.Action]++
	if !slices.Contains(d.Gated()[name], x.Action) {
		d.Errorf("%s asks before %s and does not say so beside its registration", name, x.Action)
	}
	cookie, err := req.Cookie(d.sessionCookie())
	d.must(err)
	m, err := d.accounts.Member(d.ctx(), cookie.Value)
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
		before, err = standing.AccessTo(tx, m.Viewer, c, x.Action)
		return err
	}))
	want, got := *before, *x
	got.Also = nil // what else the same act asks
	a, err := json.Marshal(want)
	d.must(err)
	b, err := json.Marshal(got)
	d.must(err)
	if string(a) != string(b) {
		d.Errorf("%s refuses %s with\n%s\nand before it was tried it said\n%s", name, x.Action, b, a)
	}
	object, err := url.Parse(x.Appeal)
	if err != nil || status != http.StatusForbidden || p.Status != status || p.Detail == "" || x.Allowed || x.Outcome != standing.Deny ||
		x.SetAt == "" || d.by != 0 && x.SetBy == "" || object.Path != "/appeal" || object.Query().Get("action") != string(x.Action) || x.Text["zh"] == "" || !x.Off && len(x.Unmet) != 2 {
		d.Errorf("%s refuses %s, %d %+v", name, x.Action, status, *x)
	}
}

func (d *doors) swap(actions []reputation.Action, was, rule string) {
	var names []string
	for _, a := range actions {
		names = append(names, string(a))
	}
	if d.by == 0 {
		d.must(d.db.View(d.ctx(), func(tx *store.Tx) error {
			for _, name := range []string{"ada", "ann"} {
				if a, err := tx.ActorByURI("/u/" + name); err == nil {
					d.by = a.ID
				}
			}
			return nil
		}))
	}
	d.must(testdb.SwapGates(d.ctx(), d.db, names, was, store.GateRule{Rule: rule, SetBy: d.by}))
}
