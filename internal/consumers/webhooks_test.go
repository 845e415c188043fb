package consumers

import (
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"halqa/circles"
	"halqa/internal/app"
	"halqa/internal/fetch"
	"halqa/internal/moderation"
	"halqa/internal/store"
)

// A catcher is a program that is told of things.
type catcher struct {
	*httptest.Server
	mu     sync.Mutex
	status int
	got    []map[string]any
	heads  []http.Header
	bodies [][]byte
}

func newCatcher(t *testing.T) *catcher {
	c := &catcher{status: 204}
	c.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		var said map[string]any
		if err := json.Unmarshal(body, &said); err != nil {
			t.Errorf("delivery %q: %v", body, err)
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.status < 300 {
			c.got, c.heads, c.bodies = append(c.got, said), append(c.heads, r.Header), append(c.bodies, body)
		}
		w.WriteHeader(c.status)
	}))
	t.Cleanup(c.Close)
	return c
}

func (c *catcher) answer(status int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.status = status
}

// words are what it was told, in order.
func (c *catcher) words() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	var out []string
	for _, d := range c.got {
		out = append(out, d["event"].(string)+" "+d["action"].(string))
	}
	return out
}

func (h *house) hooks() *Webhooks {
	client := fetch.New(fetch.Options{LabNetworks: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, UserAgent: "test", Now: h.clock})
	h.Cleanup(client.Close)
	return NewWebhooks(h.store, client, "https://home.example", h.clock, slog.New(slog.NewTextHandler(io.Discard, nil)))
}

// deliver sends what is due, all of it.
func (h *house) deliver(w *Webhooks) {
	h.Helper()
	for {
		more, err := w.Deliver(h.ctx())
		h.must(err)
		if !more {
			return
		}
	}
}

func (h *house) pass(d time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.now = h.now.Add(d)
}

func TestWebhooksTellWhatHappens(t *testing.T) {
	h := newHouse(t)
	ann, bob := h.person("ann", circles.SiteMember), h.person("bob", circles.SiteMember)
	garden, other := h.open(ann, "garden", circles.Public), h.open(ann, "other", circles.Public)
	h.write(ann, garden, "before", "nobody is told")
	all, posts := newCatcher(t), newCatcher(t)
	w := h.hooks()
	made, err := h.AddWebhook(h.ctx(), ann, app.NewWebhook{Circle: garden, URL: all.URL, Events: app.WebhookEvents()})
	h.must(err)
	_, err = h.AddWebhook(h.ctx(), ann, app.NewWebhook{Circle: garden, URL: posts.URL, Events: []string{"post"}})
	h.must(err)

	_, err = h.Join(h.ctx(), bob, garden)
	h.must(err)
	p := h.write(bob, garden, "Peas", "They climb.")
	c := h.answer(ann, p.ID, "They do.")
	h.write(ann, other, "elsewhere", "not told")
	h.must(moderation.New(moderation.Options{Store: h.store, App: h.App, Host: "home.example"}).Report(h.ctx(), ann, moderation.NewReport{
		Target: circles.ReportTarget{Post: p.ID}, Category: circles.ReportOther, Text: "secret words"}))
	h.must(h.Delete(h.ctx(), bob, p.ID))
	h.deliver(w)
	want := []string{"member joined", "post created", "comment created", "report filed", "post deleted"}
	if got := all.words(); !slices.Equal(got, want) {
		t.Errorf("all was told %q, want %q", got, want)
	}
	if got, want := posts.words(), []string{"post created", "post deleted"}; !slices.Equal(got, want) {
		t.Errorf("posts was told %q, want %q", got, want)
	}
	for i, head := range all.heads {
		if got, want := head.Get("Webhook-Signature"), SignWebhook(made.Secret, head.Get("Webhook-Id"), head.Get("Webhook-Timestamp"), all.bodies[i]); got != want {
			t.Errorf("delivery %d is signed %q, want %q", i, got, want)
		}
		if strings.Contains(string(all.bodies[i]), "secret words") || strings.Contains(string(all.bodies[i]), `"Peas"`) {
			t.Errorf("delivery %d tells what is not for it: %s", i, all.bodies[i])
		}
	}
	if said := all.got[2]; said["post"].(map[string]any)["id"] != c.ID.String() || said["person"].(map[string]any)["handle"] != "@ann" || said["circle"].(map[string]any)["handle"] != "!garden" {
		t.Errorf("of the comment it says %v", said)
	}
	// Nothing twice.
	h.deliver(w)
	if got := len(all.words()); got != len(want) {
		t.Errorf("told %d things after a second look, want %d", got, len(want))
	}
	// A worked example of standardwebhooks.com.
	if got, want := SignWebhook("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", []byte(`{"test": 2432232314}`)),
		"v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="; got != want {
		t.Errorf("the example is signed %q, want %q", got, want)
	}
}

func TestWebhooksOutliveTrouble(t *testing.T) {
	h := newHouse(t)
	ann, bob := h.person("ann", circles.SiteMember), h.person("bob", circles.SiteMember)
	garden := h.open(ann, "garden", circles.Public)
	c := newCatcher(t)
	c.answer(500)
	w := h.hooks()
	made, err := h.AddWebhook(h.ctx(), ann, app.NewWebhook{Circle: garden, URL: c.URL, Events: []string{"post"}})
	h.must(err)
	state := func() app.Webhook {
		all, err := h.Webhooks(h.ctx(), ann, garden)
		h.must(err)
		return all[0]
	}
	h.write(ann, garden, "one", "")
	h.write(ann, garden, "two", "")
	h.deliver(w)
	if s := state(); s.FailingSince == 0 || s.LastStatus != 500 || s.LastError == "" || s.NextTryAt <= s.FailingSince || s.DisabledAt != 0 {
		t.Errorf("after a failure: %+v", s)
	}
	// Before its time it is left alone; then it gets both, in order, from a consumer that was started anew.
	c.answer(204)
	h.deliver(w)
	if got := c.words(); len(got) != 0 {
		t.Errorf("told %q before its time", got)
	}
	h.pass(hookRetry)
	h.deliver(h.hooks())
	if got := c.words(); len(got) != 2 || c.got[0]["post"].(map[string]any)["title"] != "one" {
		t.Errorf("told %v", c.got)
	}
	if s := state(); s.FailingSince != 0 || s.DeliveredAt == 0 {
		t.Errorf("after the trouble: %+v", s)
	}

	// Days of failure put it out of use, with the waits growing; who runs the circle takes it back into use.
	c.answer(503)
	h.write(ann, garden, "three", "")
	tries := 0
	for s := state(); s.DisabledAt == 0; s = state() {
		h.deliver(w)
		h.pass(hookRetry)
		if s := state(); s.NextTryAt > 0 {
			if wait := time.Duration(s.NextTryAt-h.clock().UnixMicro()) * time.Microsecond; wait > 0 {
				h.pass(wait)
			}
		}
		if tries++; tries > 200 {
			t.Fatalf("still in use after %d tries: %+v", tries, state())
		}
	}
	if tries > 60 {
		t.Errorf("it was tried %d times in five days", tries)
	}
	c.answer(204)
	h.pass(24 * time.Hour)
	h.deliver(w)
	if got := c.words(); len(got) != 2 {
		t.Errorf("one out of use was told %q", got)
	}
	if err := h.ResumeWebhook(h.ctx(), bob, garden, made.ID); !circles.Is(err, circles.Forbidden) {
		t.Errorf("bob resumes it: %v", err)
	}
	h.must(h.ResumeWebhook(h.ctx(), ann, garden, made.ID))
	h.deliver(w)
	if got := c.words(); len(got) != 3 {
		t.Errorf("after resuming it was told %q", got)
	}

	// Gone is gone at once.
	c.answer(410)
	h.write(ann, garden, "four", "")
	h.deliver(w)
	if s := state(); s.DisabledAt == 0 {
		t.Errorf("after 410: %+v", s)
	}
	h.must(h.RemoveWebhook(h.ctx(), ann, garden, made.ID))
	h.must(h.store.View(h.ctx(), func(tx *store.Tx) error {
		if due, err := tx.DueWebhooks(10); err != nil || len(due) != 0 {
			t.Errorf("after removal %v are due, %v", due, err)
		}
		return nil
	}))
}

func TestWebhooksAreRefused(t *testing.T) {
	h := newHouse(t)
	ann, bob := h.person("ann", circles.SiteMember), h.person("bob", circles.SiteMember)
	garden := h.open(ann, "garden", circles.Public)
	good := app.NewWebhook{Circle: garden, URL: "https://hook.example/", Events: []string{"post"}}
	for name, c := range map[string]struct {
		who    circles.Viewer
		change func(*app.NewWebhook)
		want   circles.Kind
	}{
		"a member":      {bob, func(*app.NewWebhook) {}, circles.Forbidden},
		"a visitor":     {circles.Viewer{}, func(*app.NewWebhook) {}, circles.Denied},
		"no address":    {ann, func(w *app.NewWebhook) { w.URL = "hook.example" }, circles.Invalid},
		"a file":        {ann, func(w *app.NewWebhook) { w.URL = "file:///etc/passwd" }, circles.Invalid},
		"a password":    {ann, func(w *app.NewWebhook) { w.URL = "https://u:p@hook.example/" }, circles.Invalid},
		"no event":      {ann, func(w *app.NewWebhook) { w.Events = nil }, circles.Invalid},
		"another event": {ann, func(w *app.NewWebhook) { w.Events = []string{"post", "vote"} }, circles.Invalid},
		"no circle":     {ann, func(w *app.NewWebhook) { w.Circle = 999 }, circles.NotFound},
	} {
		in := good
		c.change(&in)
		if _, err := h.AddWebhook(h.ctx(), c.who, in); !circles.Is(err, c.want) {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
	}
	for range 10 {
		_, err := h.AddWebhook(h.ctx(), ann, good)
		h.must(err)
	}
	if _, err := h.AddWebhook(h.ctx(), ann, good); !circles.Is(err, circles.TooLarge) {
		t.Errorf("one too many: %v", err)
	}
}

// TestWebhooksStopWithTheirMaker: who runs the circle no more is told nothing more, from the next entry on;
// who takes the webhook into use again answers for it.
func TestWebhooksStopWithTheirMaker(t *testing.T) {
	h := newHouse(t)
	ann, bob := h.person("ann", circles.SiteMember), h.person("bob", circles.SiteMember)
	garden := h.open(ann, "garden", circles.MembersOnly)
	h.update(func(tx *store.Tx) error { return tx.SetRole(garden, bob.Person, circles.RoleOperator) })
	c := newCatcher(t)
	w := h.hooks()
	made, err := h.AddWebhook(h.ctx(), bob, app.NewWebhook{Circle: garden, URL: c.URL, Events: []string{"post"}})
	h.must(err)
	h.write(ann, garden, "one", "")
	h.deliver(w)
	for _, role := range []circles.Role{circles.RoleModerator, circles.RoleMember, circles.NoRole} {
		h.update(func(tx *store.Tx) error { return tx.SetRole(garden, bob.Person, role) })
		h.write(ann, garden, "behind bob's back", "")
		h.deliver(w)
		all, err := h.Webhooks(h.ctx(), ann, garden)
		h.must(err)
		if got := c.words(); len(got) != 1 || all[0].DisabledAt == 0 || all[0].LastError == "" {
			t.Errorf("its maker has the role %q: told %q, %+v", role, got, all[0])
		}
		if err := h.ResumeWebhook(h.ctx(), bob, garden, made.ID); err == nil {
			t.Errorf("with the role %q its maker resumes it", role)
		}
		h.update(func(tx *store.Tx) error { return tx.ResumeWebhook(made.ID, bob.Person) }) // as if he had before
	}
	h.must(h.ResumeWebhook(h.ctx(), ann, garden, made.ID))
	h.deliver(w)
	if got := c.words(); len(got) != 4 {
		t.Errorf("after ann resumed it, it was told %q, want four posts", got)
	}
	h.update(func(tx *store.Tx) error { return tx.SetSuspended(ann.Person.Actor(), tx.Now()) })
	h.update(func(tx *store.Tx) error {
		_, err := tx.AppendEvent(circles.Event{Kind: circles.MemberJoined, Stream: garden.Actor(), Signer: garden.Actor(), Object: int64(garden), Detail: circles.EventDetail{Actor: bob.Person.Actor()}})
		return err
	})
	h.deliver(w)
	h.must(h.store.View(h.ctx(), func(tx *store.Tx) error {
		if got, err := tx.Webhook(made.ID); err != nil || got.DisabledAt == 0 {
			t.Errorf("of somebody who is suspended: %+v, %v", got, err)
		}
		return nil
	}))
}

// TestResumingWinsOverADelivery: a delivery that was under way when somebody took the webhook into use again
// knows nothing of that, and neither may undo the other.
func TestResumingWinsOverADelivery(t *testing.T) {
	h := newHouse(t)
	ann := h.person("ann", circles.SiteMember)
	garden := h.open(ann, "garden", circles.Public)
	var made app.Webhook
	status, resume := 410, true
	hooked := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if resume {
			h.must(h.ResumeWebhook(h.ctx(), ann, garden, made.ID))
		}
		rw.WriteHeader(status)
	}))
	t.Cleanup(hooked.Close)
	w := h.hooks()
	var err error
	made, err = h.AddWebhook(h.ctx(), ann, app.NewWebhook{Circle: garden, URL: hooked.URL, Events: []string{"post"}})
	h.must(err)
	state := func() (out *store.Webhook) {
		h.must(h.store.View(h.ctx(), func(tx *store.Tx) (err error) {
			out, err = tx.Webhook(made.ID)
			return err
		}))
		return out
	}
	before := state()
	h.write(ann, garden, "one", "")
	if _, err := w.Deliver(h.ctx()); err != nil {
		t.Fatal(err)
	}
	if got := state(); got.DisabledAt != 0 || got.FailingSince != 0 || got.Acked != before.Acked {
		t.Errorf("resumed during a failure: %+v", got)
	}
	status = 204
	if _, err := w.Deliver(h.ctx()); err != nil {
		t.Fatal(err)
	}
	if got := state(); got.DisabledAt != 0 || got.Acked <= before.Acked {
		t.Errorf("resumed during a delivery that went well: %+v", got)
	}
	status, resume = 410, false
	h.write(ann, garden, "two", "")
	h.deliver(w)
	if got := state(); got.DisabledAt == 0 || got.LastStatus != 410 {
		t.Errorf("without that it is put out of use: %+v", got)
	}
}
