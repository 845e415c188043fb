package consumers

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"halqa/circles"
	"halqa/internal/app"
	"halqa/internal/fetch"
	"halqa/internal/store"
)

const (
	hooksAtOnce   = 8                // addresses that are sent to at a time
	hooksPerLook  = 100              // due ones that one look at the database returns
	entriesAHook  = 50               // sent to one address before others get their turn
	hookPatience  = 10 * time.Second // for one answer
	hookAnswer    = 16 << 10         // bytes of it that are read
	hookRetry     = 30 * time.Second // after the first failure; then as long again as it has failed, up to
	hookRetryMost = 6 * time.Hour
	hookGivenUp   = 5 * 24 * time.Hour // less than the log keeps, so that nothing is lost without a word
	hookPoll      = 15 * time.Second   // how often retries are looked for
)

// Webhooks tell the addresses that operators named of what happens in their circles. Each address has its
// own position in the log, so one that fails holds up nobody, and one that was down gets what it missed.
type Webhooks struct {
	store  *store.Store
	fetch  *fetch.Client
	origin string
	now    func() time.Time
	log    *slog.Logger
	wake   chan struct{}
}

// NewWebhooks returns the consumer. origin is this instance's address: "https://h.example".
func NewWebhooks(st *store.Store, client *fetch.Client, origin string, now func() time.Time, log *slog.Logger) *Webhooks {
	return &Webhooks{store: st, fetch: client, origin: origin, now: now, log: log, wake: make(chan struct{}, 1)}
}

// Handle notes that the log grew. What is delivered follows from the position of each address, which is
// written when it was taken.
func (w *Webhooks) Handle(_ context.Context, batch []circles.Event) error {
	if slices.ContainsFunc(batch, func(e circles.Event) bool { return hookWord(e.Kind) != "" }) {
		select {
		case w.wake <- struct{}{}:
		default:
		}
	}
	return nil
}

// hookWord is what happened, as a delivery says it; "" = nobody is told.
func hookWord(k circles.EventKind) string {
	switch k {
	case circles.PostCreated, circles.MemberJoined, circles.ReportFiled:
		return map[circles.EventKind]string{circles.PostCreated: "created", circles.MemberJoined: "joined", circles.ReportFiled: "filed"}[k]
	case circles.PostUpdated, circles.PostDeleted, circles.PostRestored, circles.PostRemoved, circles.PostReturned, circles.PostLocked, circles.PostUnlocked,
		circles.MemberLeft, circles.MemberBanned, circles.MemberUnbanned:
		_, word, _ := strings.Cut(string(k), ".")
		return word
	}
	return ""
}

// Run delivers until ctx ends.
func (w *Webhooks) Run(ctx context.Context) error {
	poll := time.NewTicker(hookPoll)
	defer poll.Stop()
	for {
		more, err := w.Deliver(ctx)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			w.log.ErrorContext(ctx, "webhooks", "err", err)
		}
		if more && err == nil {
			continue
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-w.wake:
		case <-poll.C:
		}
	}
}

// Deliver sends what is due to every address whose time has come, and reports whether there may be more.
func (w *Webhooks) Deliver(ctx context.Context) (more bool, err error) {
	var due []*store.Webhook
	err = w.store.View(ctx, func(tx *store.Tx) (err error) {
		due, err = tx.DueWebhooks(hooksPerLook)
		return err
	})
	if err != nil || len(due) == 0 {
		return false, err
	}
	var all sync.WaitGroup
	var mu sync.Mutex
	var errs []error
	slots := make(chan struct{}, hooksAtOnce)
	for _, hook := range due {
		slots <- struct{}{}
		all.Go(func() {
			defer func() { <-slots }()
			if err := w.serve(ctx, hook); err != nil {
				mu.Lock()
				defer mu.Unlock()
				errs = append(errs, fmt.Errorf("webhook %d: %w", hook.ID, err))
			}
		})
	}
	all.Wait()
	return true, errors.Join(errs...)
}

// serve sends one address what comes next for it, until something fails.
func (w *Webhooks) serve(ctx context.Context, hook *store.Webhook) error {
	var entries []circles.Event
	err := w.store.View(ctx, func(tx *store.Tx) (err error) {
		entries, err = tx.StreamEvents([]circles.ActorID{hook.Circle.Actor()}, hook.Acked, entriesAHook)
		return err
	})
	if err != nil {
		return err
	}
	at := hook.Acked
	for _, e := range entries {
		body, may, err := w.say(ctx, hook, e)
		if err != nil {
			return err
		}
		if !may {
			hook.DisabledAt, hook.LastError = w.now().UnixMicro(), "Who made it may not have it any more; somebody who runs the circle can resume it."
			_, err := w.note(ctx, hook)
			return err
		}
		if body != nil {
			if err := w.send(ctx, hook, e, body); err != nil {
				return err
			}
			if hook.FailingSince == 0 {
				at = e.Seq
			}
			hook.Acked = at
			if same, err := w.note(ctx, hook); err != nil || !same || hook.FailingSince != 0 {
				return err
			}
		}
		at = e.Seq
	}
	hook.Acked = at
	return w.store.Update(ctx, func(tx *store.Tx) error { return tx.MoveWebhook(hook.ID, at) })
}

// note writes how far an address got and how it went. Somebody may have resumed or removed it while it was
// being sent to: then the former is kept, the latter is theirs to say, and same is false.
func (w *Webhooks) note(ctx context.Context, hook *store.Webhook) (same bool, err error) {
	err = w.store.Update(ctx, func(tx *store.Tx) error {
		if err := tx.MoveWebhook(hook.ID, hook.Acked); err != nil {
			return err
		}
		same, err = tx.NoteWebhook(hook)
		return err
	})
	return same, err
}

// A delivery is what an address gets: what happened to what, by name. Whoever wants more asks the API.
type delivery struct {
	ID     string      `json:"id"`
	Event  string      `json:"event"`
	Action string      `json:"action"`
	At     string      `json:"at"`
	Circle hookActor   `json:"circle"`
	Post   *hookPost   `json:"post,omitempty"`
	Person *hookActor  `json:"person,omitempty"`
	Report *hookReport `json:"report,omitempty"`
}

type hookActor struct {
	ID     string `json:"id"`
	Handle string `json:"handle"`
	URL    string `json:"url"`
}

type hookPost struct {
	ID     string `json:"id"`
	Root   string `json:"root"`
	Parent string `json:"parent,omitempty"`
	URL    string `json:"url"`
	Title  string `json:"title,omitempty"` // only while it is visible
	State  string `json:"state"`
}

type hookReport struct {
	ID       string `json:"id"`
	Category string `json:"category"`
	Count    int64  `json:"count"`
}

func (w *Webhooks) actor(a *circles.Actor) hookActor {
	sign, handle := "@", a.Name
	if a.Kind == circles.KindCircle {
		sign = "!"
	}
	if !a.Local() {
		handle += "@" + a.Host
	}
	return hookActor{strconv.FormatInt(int64(a.ID), 10), sign + handle, w.origin + a.Path()}
}

// say writes what an address is told of an entry; nil = nothing. may is whether its maker may still have it,
// which is asked for each entry: a role may be taken away between two.
func (w *Webhooks) say(ctx context.Context, hook *store.Webhook, e circles.Event) (body []byte, may bool, err error) {
	word := hookWord(e.Kind)
	if word == "" {
		return nil, true, nil
	}
	d := delivery{ID: e.Seq.String(), Action: word, At: time.UnixMicro(e.At).UTC().Format(time.RFC3339Nano)}
	err = w.store.View(ctx, func(tx *store.Tx) (err error) {
		if may, err = app.MayHook(tx, hook); err != nil || !may {
			return err
		}
		c, err := tx.Circle(hook.Circle)
		if err != nil {
			return err
		}
		d.Circle = w.actor(&c.Actor)
		person := circles.ActorID(0)
		switch e.Kind {
		case circles.ReportFiled:
			r, err := tx.Report(e.Object)
			if err != nil {
				return err
			}
			d.Event, d.Report = "report", &hookReport{strconv.FormatInt(r.ID, 10), string(r.Category), r.Count}
			if r.Target.Post == 0 {
				return nil
			}
			e.Object = int64(r.Target.Post)
		case circles.MemberJoined, circles.MemberLeft:
			d.Event, person = "member", e.Detail.Actor
		case circles.MemberBanned, circles.MemberUnbanned:
			d.Event, person = "member", circles.ActorID(e.Object)
		}
		if person != 0 {
			a, err := tx.Actor(person)
			if err == nil {
				who := w.actor(a)
				d.Person = &who
			}
			return err
		}
		p, err := tx.Post(circles.PostID(e.Object))
		if err != nil {
			return err
		}
		d.Post = &hookPost{ID: p.ID.String(), Root: p.Root.String(), URL: w.origin + p.Path(), State: string(p.State)}
		if p.Parent != 0 {
			d.Post.Parent = p.Parent.String()
		}
		if p.State == circles.Visible {
			d.Post.Title = p.Title
		}
		if d.Event == "" {
			d.Event = string(p.Kind)
		}
		if a, err := tx.Actor(p.Author.Actor()); err == nil {
			who := w.actor(a)
			d.Person = &who
		} else if !circles.Is(err, circles.NotFound) {
			return err
		}
		return nil
	})
	if circles.Is(err, circles.NotFound) {
		return nil, may, nil // it went meanwhile
	}
	if err != nil || !may || !slices.Contains(strings.Fields(hook.Events), d.Event) {
		return nil, may, err
	}
	body, err = json.Marshal(d)
	return body, true, err
}

// send makes one delivery and notes in hook how it went.
func (w *Webhooks) send(ctx context.Context, hook *store.Webhook, e circles.Event, body []byte) error {
	now := w.now()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, hook.URL, bytes.NewReader(body))
	if err != nil {
		return err
	}
	stamp := strconv.FormatInt(now.Unix(), 10)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Webhook-Id", e.Seq.String())
	req.Header.Set("Webhook-Timestamp", stamp)
	req.Header.Set("Webhook-Signature", SignWebhook(hook.Secret, e.Seq.String(), stamp, body))
	resp, err := w.fetch.Do(ctx, req, fetch.Limits{Body: hookAnswer, Total: hookPatience}, nil)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	hook.LastStatus = 0
	if err == nil {
		hook.LastStatus = resp.Status
		err = resp.Err()
	}
	if err == nil {
		hook.DeliveredAt, hook.FailingSince, hook.NextTryAt, hook.LastError = now.UnixMicro(), 0, 0, ""
		return nil
	}
	var refusal *circles.Error
	hook.LastError = "It did not take the delivery."
	if errors.As(err, &refusal) {
		hook.LastError = refusal.Message
	}
	if hook.FailingSince == 0 {
		hook.FailingSince = now.UnixMicro()
	}
	failing := now.Sub(time.UnixMicro(hook.FailingSince))
	hook.NextTryAt = now.Add(min(max(failing, hookRetry), hookRetryMost)).UnixMicro()
	if failing >= hookGivenUp || hook.LastStatus == http.StatusGone {
		hook.DisabledAt = now.UnixMicro()
	}
	return nil
}

// SignWebhook is the signature of a delivery: HMAC-SHA256 over its id, its time and its body, with points
// between them, under what stands behind whsec_ in base64. Its form is that of standardwebhooks.com.
func SignWebhook(secret, id, stamp string, body []byte) string {
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
	if err != nil {
		key = []byte(secret)
	}
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(id + "." + stamp + "."))
	mac.Write(body)
	return "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
}
