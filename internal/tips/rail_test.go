package tips_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"halqa/circles"
	"halqa/internal/store"
	"halqa/internal/testdb"
	"halqa/internal/tips"
	"halqa/wallet"
	"halqa/wallet/credits"
)

// A rail that does what the test says, with everything an adapter can do.
type scripted struct {
	mu      sync.Mutex
	d       wallet.Descriptor
	charges map[string]*wallet.Charge // by key
	asked   map[string]wallet.CreateCharge
	refunds map[string]*wallet.Refund
	changed []string        // ids, in order; the feed
	down    error           // what every call returns
	lose    bool            // do it, and do not say so
	dies    func(at string) // ends the process that asks
	creates int
	letters []string          // what it wrote of its own accord, in order
	page    int               // most hints in one page of the feed
	ids     map[string]string // keys by id
}

func newScripted() *scripted {
	return &scripted{
		d: wallet.Descriptor{
			Name: "scripted", Version: "1", Contract: wallet.Contract, Custody: wallet.CustodyNone, PayeeKinds: []string{"local-user"},
			Assets:       []wallet.Asset{{Code: "CNY", Exponent: 2, Min: 100, Max: 20000, Step: 1}},
			Capabilities: []string{wallet.CapFind, wallet.CapCancel, wallet.CapWebhook, wallet.CapFeed, wallet.CapRefund},
			LateFunds:    true, InexactFunds: true, SplitFunds: true, Reversible: true,
		},
		page: 2, // short, so that the cursor is used
		ids:  map[string]string{}, charges: map[string]*wallet.Charge{}, asked: map[string]wallet.CreateCharge{}, refunds: map[string]*wallet.Refund{},
	}
}

func (s *scripted) Describe(context.Context) (wallet.Descriptor, error) { return s.d, nil }
func (s *scripted) Health(context.Context) error                        { return nil }

func (s *scripted) CreateCharge(_ context.Context, in wallet.CreateCharge) (wallet.Charge, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.creates++
	if s.dies != nil {
		s.dies("before the wallet")
		defer s.dies("after the wallet")
	}
	if s.down != nil {
		return wallet.Charge{}, s.down
	}
	if old, ok := s.asked[in.Key]; ok && !old.Same(in) {
		return wallet.Charge{}, wallet.ErrKeyReuse
	}
	c, ok := s.charges[in.Key]
	if !ok {
		c = &wallet.Charge{
			ID: "rail-" + in.Key, Key: in.Key, Revision: 1, State: wallet.Pending, Requested: in.Amount, ExpiresAt: in.ExpiresAt,
			Actions: []wallet.Action{{Kind: wallet.ActQR, URI: "lightning:x"}},
		}
		s.asked[in.Key], s.charges[in.Key], s.ids[c.ID] = in, c, in.Key
	}
	if s.lose {
		return wallet.Charge{}, fmt.Errorf("%w: connection reset", wallet.ErrIndeterminate)
	}
	return *c, nil
}

func (s *scripted) by(id string) (wallet.Charge, error) {
	if s.down != nil {
		return wallet.Charge{}, s.down
	}
	for _, key := range []string{s.ids[id], id} {
		if c, ok := s.charges[key]; ok {
			return *c, nil
		}
	}
	return wallet.Charge{}, wallet.ErrNotFound
}

func (s *scripted) GetCharge(_ context.Context, id string) (wallet.Charge, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.by(id)
}

func (s *scripted) FindCharge(_ context.Context, key string) (wallet.Charge, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.by(key)
}

func (s *scripted) CancelCharge(_ context.Context, id string) (wallet.Charge, error) {
	s.mu.Lock()
	c, err := s.by(id)
	s.mu.Unlock()
	if err == nil && c.State == wallet.Pending {
		s.change(c.Key, func(c *wallet.Charge) { c.State, c.Actions = wallet.Canceled, nil })
		return s.by(id)
	}
	return c, err
}

func (s *scripted) Webhook(_ context.Context, h http.Header, _ string, body []byte) ([]wallet.Hint, wallet.Reply, error) {
	if h.Get("Signature") != "good" {
		return nil, wallet.Reply{}, wallet.ErrBadSignature
	}
	id, _, _ := strings.Cut(string(body), " ") // what it says besides is not asked
	return []wallet.Hint{{ChargeID: id}}, wallet.Reply{Status: 200, ContentType: "text/plain", Body: []byte("success")}, nil
}

func (s *scripted) Feed(_ context.Context, cursor string, limit int) (wallet.Page, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.down != nil {
		return wallet.Page{}, s.down
	}
	from, _ := strconv.Atoi(cursor)
	to := min(from+min(s.page, limit), len(s.changed))
	p := wallet.Page{Cursor: strconv.Itoa(to), More: to < len(s.changed)}
	for _, id := range s.changed[from:to] {
		p.Hints = append(p.Hints, wallet.Hint{ChargeID: id})
	}
	return p, nil
}

func (s *scripted) Refund(_ context.Context, in wallet.RefundRequest) (wallet.Refund, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.down != nil {
		return wallet.Refund{}, s.down
	}
	r, ok := s.refunds[in.Key]
	if !ok {
		r = &wallet.Refund{ID: "rail-" + in.Key, Key: in.Key, ChargeID: in.ChargeID, Revision: 1, State: wallet.Pending, Amount: in.Amount}
		s.refunds[in.Key] = r
	}
	return *r, nil
}

func (s *scripted) GetRefund(_ context.Context, id string) (wallet.Refund, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range s.refunds {
		if r.ID == id {
			return *r, nil
		}
	}
	return wallet.Refund{}, wallet.ErrNotFound
}

// change alters the only charge, or the one of a key, and lists it in the feed.
func (s *scripted) change(key string, f func(*wallet.Charge)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.charges {
		if key == "" || c.Key == key {
			f(c)
			c.Revision++
			s.changed = append(s.changed, c.ID)
			s.letters = append(s.letters, fmt.Sprintf("%s %s %d", c.ID, c.State, c.Received))
		}
	}
}

// pay is money that arrived for good.
func (s *scripted) pay(key string, minor int64) {
	s.change(key, func(c *wallet.Charge) {
		c.Late = c.Late || c.State == wallet.Expired || c.State == wallet.Canceled
		c.Received += wallet.Units(minor)
		c.State = wallet.Settled
		if c.Received < wallet.Units(c.Requested.Minor) {
			c.State = wallet.Pending
		}
	})
}

// finishRefund hands the money back.
func (s *scripted) finishRefund() {
	s.mu.Lock()
	var id string
	var minor int64
	for _, r := range s.refunds {
		if r.State == wallet.Pending {
			r.State = wallet.Settled
			r.Revision++
			id, minor = r.ChargeID, r.Amount.Minor
		}
	}
	s.mu.Unlock()
	s.change("", func(c *wallet.Charge) {
		if c.ID == id {
			c.Refunded += wallet.Units(minor)
		}
	})
}

// A world is a circle with a post by bob, which ann can tip.
type world struct {
	t     testing.TB
	store *store.Store
	tips  *tips.Tips
	rail  *scripted
	other *scripted  // a second rail; nil = there is none
	rules tips.Rules // none, unless a test is about them
	now   time.Time
	site  string

	ann, bob, carl circles.Viewer
	circle         circles.CircleID
	post           circles.PostID
	forms          int
}

func newWorld(t testing.TB) *world {
	w := &world{t: t, now: time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC), site: "https://h.example"}
	w.store = testdb.OpenAt(t, func() time.Time { return w.now })
	w.fill("")
	return w
}

// fill puts people, a post and an empty rail into the world, in place of those that were there.
func (w *world) fill(suffix string) {
	w.rail = newScripted()
	w.rail.d.Name += suffix // a rail's place in its feed is kept by its name
	w.tips = w.open()
	err := w.store.Update(context.Background(), func(tx *store.Tx) error {
		for i, v := range []*circles.Viewer{&w.ann, &w.bob, &w.carl} {
			id := circles.ActorID(tx.NewID())
			*v = circles.Viewer{Person: circles.PersonID(id), Role: circles.SiteMember}
			name := []string{"ann", "bob", "carl"}[i] + suffix
			if err := tx.AddActor(&circles.Actor{ID: id, Kind: circles.KindPerson, Name: name, URI: "/u/" + name}); err != nil {
				return err
			}
		}
		id := circles.CircleID(tx.NewID())
		w.circle = id
		c := &circles.Circle{Actor: circles.Actor{ID: id.Actor(), Kind: circles.KindCircle, Name: "plants" + suffix, URI: "/c/plants" + suffix}, Visibility: circles.Public, Posting: circles.PostingOpen}
		if err := tx.AddCircle(c); err != nil {
			return err
		}
		w.post = circles.PostID(tx.NewID())
		return tx.AddPost(&circles.Post{ID: w.post, URI: fmt.Sprintf("/post/%d", w.post), Kind: circles.IsPost, Circle: id, Author: w.bob.Person, Root: w.post, State: circles.Visible})
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

// open is a process that starts on the same database and the same rail.
func (w *world) open() *tips.Tips {
	w.t.Helper()
	tp := tips.New(tips.Options{Store: w.store, Origin: w.site, Now: func() time.Time { return w.now }, Log: slog.New(slog.NewTextHandler(io.Discard, nil)), Rules: &w.rules})
	all := []wallet.Adapter{
		credits.New(tp.Book(), credits.Options{Code: "CRD", Max: 1000, Hold: 10 * time.Minute, Now: func() time.Time { return w.now }}),
		w.rail,
	}
	if w.other != nil {
		all = append(all, w.other)
	}
	for _, a := range all {
		if err := tp.Use(context.Background(), a); err != nil {
			w.t.Fatal(err)
		}
	}
	return tp
}

func (w *world) intent(adapter, asset string, minor int64) tips.Intent {
	w.forms++
	return tips.Intent{Post: w.post, Adapter: adapter, Amount: wallet.Amount{Minor: minor, Asset: asset}, Once: fmt.Sprint("form", w.forms)}
}

func (w *world) start(in tips.Intent) *tips.Tip {
	w.t.Helper()
	tip, err := w.tips.Start(context.Background(), w.ann, in)
	if err != nil {
		w.t.Fatal(err)
	}
	return tip
}

func (w *world) grant(minor int64) {
	w.t.Helper()
	w.forms++
	admin := circles.Viewer{Person: w.carl.Person, Role: circles.SiteAdmin}
	err := w.tips.Grant(context.Background(), admin, w.ann.Person, wallet.Amount{Minor: minor, Asset: "CRD"}, "for a good harvest", fmt.Sprint("grant", w.forms))
	if err != nil {
		w.t.Fatal(err)
	}
}

// pass lets time go by in steps, sweeping after each as the clock does.
func (w *world) pass(d time.Duration) {
	w.t.Helper()
	for step := d / 5; d > 0; d -= step {
		w.now = w.now.Add(step)
		if err := w.tips.Sweep(context.Background()); err != nil {
			w.t.Fatal(err)
		}
	}
}

func (w *world) tip(id int64) *tips.Tip {
	w.t.Helper()
	tip, err := w.tips.Tip(context.Background(), w.ann, id)
	if err != nil {
		w.t.Fatal(err)
	}
	return tip
}

func (w *world) balance(v circles.Viewer) int64 {
	w.t.Helper()
	n, err := w.tips.Balance(context.Background(), v.Person, "CRD")
	if err != nil {
		w.t.Fatal(err)
	}
	return n
}

// got is what the books remember that a person received over rails that are not credits.
func (w *world) got(v circles.Viewer) int64 {
	w.t.Helper()
	var n int64
	err := w.store.View(context.Background(), func(tx *store.Tx) (err error) {
		n, err = memo(tx, v.Person)
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return n
}

func (w *world) tippers() int {
	w.t.Helper()
	all, err := w.tips.Tippers(context.Background(), []circles.PostID{w.post})
	if err != nil {
		w.t.Fatal(err)
	}
	return all[w.post]
}

func (w *world) verify() {
	w.t.Helper()
	if _, err := w.tips.VerifyAll(context.Background()); err != nil {
		w.t.Error(err)
	}
}

func (w *world) kinds() (all []circles.EventKind) {
	w.t.Helper()
	err := w.store.View(context.Background(), func(tx *store.Tx) error {
		events, err := tx.EventsAfter(0, 1000)
		for _, e := range events {
			all = append(all, e.Kind)
		}
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return all
}

func wantKind(t testing.TB, err error, kind circles.Kind) {
	t.Helper()
	var e *circles.Error
	if !errors.As(err, &e) || e.Kind != kind || e.Message == "" {
		t.Errorf("got %v, want a refusal of kind %s", err, kind)
	}
}
