package web

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"halqa/circles"
	"halqa/internal/app"
	"halqa/internal/standing"
	"halqa/internal/store"
)

// A month is a circle with thirty days of posts by people who began to write on different days.
type month struct {
	*house
	ada    *reader
	garden *circles.Circle
	acts   []monthAct
}

// A monthAct is what somebody did, when.
type monthAct struct {
	who circles.Viewer
	at  time.Time
}

// asksDays is the form of the gate that is tried: a post takes so many days here, or a vouch.
var asksDays = fill{"post.else": "hold", "post.0.days_known_here.instance": "6", "preset": "own"}

func newMonth(t *testing.T) *month {
	t.Helper()
	m := &month{house: newHouse(t)}
	m.ada = m.member("ada", circles.SiteMember)
	m.ada.open("/circles/new")
	m.ada.send("/circles/new", fill{"name": "garden"})
	page, err := m.app.Circle(m.ctx(), circles.Viewer{}, "garden", "")
	m.must(err)
	m.garden = page.Circle
	var people []circles.Viewer
	for i := range 9 { // all come on one day and begin to write on different ones
		name := fmt.Sprintf("grower%d", i)
		_, err := m.accounts.Create(m.ctx(), name, goodPassword, circles.SiteMember)
		m.must(err)
		people = append(people, memberOf(m.house, name))
		m.must(m.db.Update(m.ctx(), func(tx *store.Tx) error { return standing.Known(tx, people[i].Person) }))
	}
	for i, who := range people {
		for range i%3 + 1 {
			m.pass(time.Duration(i%2*24+24) * time.Hour)
			_, err := m.app.Post(m.ctx(), who, app.NewPost{Circle: m.garden.CircleID(), Title: fmt.Sprintf("Of grower %d", i)})
			m.must(err)
			m.mu.Lock()
			m.acts = append(m.acts, monthAct{who, m.now})
			m.mu.Unlock()
		}
	}
	first := people[2] // stopped at first, and not at last
	_, err = m.app.Post(m.ctx(), first, app.NewPost{Circle: m.garden.CircleID(), Title: "Long here"})
	m.must(err)
	m.mu.Lock()
	m.acts = append(m.acts, monthAct{first, m.now})
	m.mu.Unlock()
	return m
}

func (m *month) pass(d time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.now = m.now.Add(d)
}

// applied puts the gate before the circle and takes each act of the month through it, at the time it was done:
// the sentence that the preview owes.
func (m *month) applied() string {
	m.Helper()
	m.must(m.db.Update(m.ctx(), func(tx *store.Tx) error {
		return tx.SetGateRule(m.garden.CircleID(), store.GateRule{Action: "post", Rule: `{"gate":{"any":[[{"fact":"days_known_here","scope":"instance","gte":6}],[{"fact":"vouches","scope":"circle","gte":1}]],"else":"hold"}}`})
	}))
	m.mu.Lock()
	today := m.now
	m.mu.Unlock()
	all, stopped := map[circles.PersonID]bool{}, map[circles.PersonID]bool{}
	held := 0
	for _, act := range m.acts {
		m.mu.Lock()
		m.now = act.at
		m.mu.Unlock()
		m.must(m.db.View(m.ctx(), func(tx *store.Tx) error {
			d, err := standing.Judge(tx, standing.Question{Who: act.who, Action: standing.Post, Circle: m.garden})
			all[act.who.Person] = true
			if d.Outcome == standing.Hold {
				stopped[act.who.Person] = true
				held++
			}
			return err
		}))
	}
	m.mu.Lock()
	m.now = today
	m.mu.Unlock()
	if held == 0 || held == len(m.acts) || len(stopped) == len(all) {
		m.Fatalf("the gate stopped %d of %d acts by %d of %d people: nothing is shown by that", held, len(m.acts), len(stopped), len(all))
	}
	return m.words.Localizer("en").T("gates.trial", "Action", "Post", "Stopped", len(stopped), "People", len(all), "Acts", held, "All", len(m.acts))
}

// TestThePreviewEqualsTheGate: the numbers that the editor shows, without any script, are those that the gate
// gives for the same thirty days. Looking changes nothing.
func TestThePreviewEqualsTheGate(t *testing.T) {
	m := newMonth(t)
	f := url.Values{"do": {"preview"}, "post.1.vouches.circle": {"1"}}
	for name, value := range asksDays {
		f.Set(name, value)
	}
	m.ada.take(m.ada.client.PostForm(m.site.URL+"/c/garden/gates", f))
	if m.ada.status != http.StatusOK {
		t.Fatalf("the preview is %d: %s", m.ada.status, m.ada.main())
	}
	m.ada.shows("What this would change", "post: 6 days known here")
	page := m.ada.main()
	m.ada.open("/c/garden/gates/log")
	m.ada.hides("6 days known here")
	if want := m.applied(); !strings.Contains(page, want) {
		t.Errorf("the gate did %q; the preview said %s", want, page)
	}
}

// TestThePreviewInABrowser: the same with the hand of a person in a browser, with its modules and without.
func TestThePreviewInABrowser(t *testing.T) {
	if testing.Short() {
		// -short is for where no browser is; .ci/run never says it here, and TestThePreviewEqualsTheGate still runs.
		t.Skip("starts a browser")
	}
	for _, scripts := range []bool{true, false} {
		t.Run(fmt.Sprintf("scripts=%v", scripts), func(t *testing.T) {
			ctx := browser(t)
			m := newMonth(t)
			if _, err := chromedp.Call(ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: !scripts}); err != nil {
				t.Fatal(err)
			}
			w := &walk{T: t, ctx: ctx, house: m.house}
			w.open("/login")
			w.fill("name", "ada")
			w.fill("password", goodPassword)
			w.press("main .btn.pri")
			w.until("logging in leads home", `location.pathname === "/"`)
			w.open("/c/garden/gates")
			w.press("#preset-own")
			// The form has one empty way; the page that comes back has the next.
			w.do(`const f = (n, v) => document.getElementsByName(n)[0].value = v; f("post.else", "hold"); f("post.0.days_known_here.instance", "6"); document.querySelector("main form.form button[value=preview]").click()`)
			w.until("the page asks for a person's way, too", `!!document.querySelector("main .summary") && document.getElementsByName("post.1.vouches.circle").length === 1`)
			w.do(`document.getElementsByName("post.1.vouches.circle")[0].value = "1"; document.querySelector("main form.form button[value=preview]").click()`)
			w.until("the preview", `document.readyState === "complete" && !!document.querySelector("#preview") && document.querySelector("#preview").innerText.includes("6 days known here")`)
			said := script(t, ctx, `document.querySelector("#preview").innerText`)
			if want := m.applied(); !strings.Contains(said, want) {
				t.Errorf("the gate did %q; the preview said %s", want, said)
			}
			if n := strings.Count(m.logs.String(), "level=ERROR"); n > 0 {
				t.Errorf("%d errors in the log:\n%s", n, m.logs)
			}
		})
	}
}
