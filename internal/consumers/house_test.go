package consumers

import (
	"context"
	"io"
	"log/slog"
	"sync"
	"testing"
	"time"

	"halqa/circles"
	"halqa/internal/app"
	"halqa/internal/media"
	"halqa/internal/store"
	"halqa/internal/testdb"
	"halqa/internal/text"
)

// onePair saves each test the time of looking for primes.
var onePair = sync.OnceValues(app.NewKeys)

// A house is an instance whose consumers run when the test says so.
type house struct {
	testing.TB
	*app.App
	store  *store.Store
	now    time.Time
	mu     sync.Mutex
	at     circles.Seq // how far the consumers got
	told   *Notifications
	search *Search
}

func newHouse(t testing.TB) *house {
	t.Helper()
	h := &house{TB: t, now: time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)}
	blobs, err := media.OpenBlobs(t.TempDir(), h.clock)
	h.must(err)
	t.Cleanup(func() { blobs.Close() })
	h.store = testdb.OpenAt(t, h.clock)
	h.App = app.New(app.Options{Store: h.store, Text: text.NewRenderer("https://home.example"), Sanitizer: text.NewSanitizer(),
		Pictures: media.NewProcessor(1), Blobs: blobs, Host: "home.example", Origin: "https://home.example", Now: h.clock})
	h.told, h.search = NewNotifications(h.store), NewSearch(h.store, slog.New(slog.NewTextHandler(io.Discard, nil)))
	return h
}

// clock moves on by a millisecond with each look.
func (h *house) clock() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.now = h.now.Add(time.Millisecond)
	return h.now
}

func (h *house) ctx() context.Context { return context.Background() }

func (h *house) must(err error) {
	h.Helper()
	if err != nil {
		h.Fatal(err)
	}
}

func (h *house) update(f func(*store.Tx) error) {
	h.Helper()
	h.must(h.store.Update(h.ctx(), f))
}

// person makes a person with an account here.
func (h *house) person(name string, role circles.SiteRole) circles.Viewer {
	h.Helper()
	keys, err := onePair()
	h.must(err)
	v := circles.Viewer{Role: role}
	h.update(func(tx *store.Tx) (err error) {
		if v.Person, err = h.CreatePerson(tx, app.NewPerson{Name: name, Keys: keys}); err != nil {
			return err
		}
		return tx.AddAccount(&store.Account{Person: v.Person, Role: role})
	})
	return v
}

// far makes an actor of far.example known here.
func (h *house) far(kind circles.ActorKind, name string) (id circles.ActorID) {
	h.Helper()
	base := "https://far.example/" + name
	h.update(func(tx *store.Tx) (err error) {
		id, err = h.UpsertRemoteActor(tx, app.RemoteActor{Actor: circles.Actor{Kind: kind, Name: name, Host: "far.example", URI: base,
			Inbox: base + "/inbox", PublicKey: "key of " + name, KeyID: base + "#key", Indexable: true}})
		return err
	})
	return id
}

func (h *house) open(owner circles.Viewer, name string, v circles.Visibility) circles.CircleID {
	h.Helper()
	keys, err := onePair()
	h.must(err)
	var c circles.Circle
	h.update(func(tx *store.Tx) error {
		c = circles.Circle{Visibility: v, Posting: circles.PostingOpen, CreatedBy: owner.Person}
		c.Actor = circles.Actor{ID: circles.ActorID(tx.NewID()), Kind: circles.KindCircle, Name: name, URI: "/c/" + name, PublicKey: keys.Public}
		if err := tx.AddCircle(&c); err != nil {
			return err
		}
		return tx.SetRole(c.CircleID(), owner.Person, circles.RoleOwner)
	})
	return c.CircleID()
}

func (h *house) write(who circles.Viewer, c circles.CircleID, title, body string) *circles.Post {
	h.Helper()
	p, err := h.Post(h.ctx(), who, app.NewPost{Circle: c, Title: title, Body: body})
	h.must(err)
	return p
}

func (h *house) answer(who circles.Viewer, parent circles.PostID, body string) *circles.Post {
	h.Helper()
	p, err := h.Comment(h.ctx(), who, app.NewComment{Parent: parent, Body: body})
	h.must(err)
	return p
}

// catchUp offers the consumers what they have not had yet.
func (h *house) catchUp() {
	h.Helper()
	for {
		var batch []circles.Event
		h.must(h.store.View(h.ctx(), func(tx *store.Tx) (err error) {
			batch, err = tx.EventsAfter(h.at, 100)
			return err
		}))
		if len(batch) == 0 {
			return
		}
		h.must(h.told.Handle(h.ctx(), batch))
		h.must(h.search.Handle(h.ctx(), batch))
		h.at = batch[len(batch)-1].Seq
	}
}
