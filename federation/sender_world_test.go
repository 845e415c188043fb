package federation

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"halqa/circles"
	"halqa/federation/httpsig"
	"halqa/internal/fetch"
	"halqa/internal/run"
	"halqa/internal/store"
	"halqa/internal/testdb"
)

// stopwatch is a clock that only the test moves.
type stopwatch struct {
	mu sync.Mutex
	at time.Time
}

func (c *stopwatch) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *stopwatch) forward(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// oneKey is the key of every actor in these tests: making one takes longer than most of them.
var oneKey = sync.OnceValues(func() (private, public string) {
	key, err := httpsig.GenerateKey()
	if err != nil {
		panic(err)
	}
	if private, err = httpsig.PrivatePEM(key); err != nil {
		panic(err)
	}
	if public, err = httpsig.PublicPEM(key); err != nil {
		panic(err)
	}
	return private, public
})

// world is an instance with a circle and a member, as far as the sender sees it.
type world struct {
	t      testing.TB
	clock  *stopwatch
	store  *store.Store
	book   *run.Book
	site   Site
	client *fetch.Client
	sender *Sender
	pos    circles.Seq // the sender was offered everything up to here

	circle, alice circles.ActorID
	names         int
}

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{t: t, clock: &stopwatch{at: time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)}}
	w.store = testdb.OpenAt(t, w.clock.now)
	w.site = Site{Base: "https://h.example", Host: "h.example"}
	w.client = fetch.New(fetch.Options{
		LabNetworks: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, Now: w.clock.now,
	})
	t.Cleanup(w.client.Close)
	w.alice = w.actor(circles.KindPerson, "alice", "", "")
	w.circle = w.actor(circles.KindCircle, "gardening", "", "")
	w.begin()
	t.Cleanup(func() { w.kill() })
	return w
}

func (w *world) update(f func(*store.Tx) error) {
	w.t.Helper()
	if err := w.store.Update(context.Background(), f); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) view(f func(*store.Tx) error) {
	w.t.Helper()
	if err := w.store.View(context.Background(), f); err != nil {
		w.t.Fatal(err)
	}
}

// begin starts a sender on what the database holds.
func (w *world) begin() {
	w.t.Helper()
	w.book = run.NewBook(w.store)
	w.sender = NewSender(SenderOptions{Site: w.site, Store: w.store, Fetch: w.client, Book: w.book, Now: w.clock.now})
	w.sender.jitter = func() float64 { return 0.5 }
	var err error
	if w.pos, err = w.sender.start(context.Background()); err != nil {
		w.t.Fatal(err)
	}
}

// kill ends the sender as a killed process would: nothing more is written.
func (w *world) kill() {
	s := w.sender
	s.mu.Lock()
	s.stopping = true
	if s.cancel != nil {
		s.cancel()
	}
	s.mu.Unlock()
	s.working.Wait()
	s.stop()
}

// save writes what the worker would write every second.
func (w *world) save() {
	w.t.Helper()
	w.sender.tick()
	if err := w.book.Flush(context.Background()); err != nil {
		w.t.Fatal(err)
	}
}

// route offers the sender what the log has that is new.
func (w *world) route() {
	w.t.Helper()
	for {
		var batch []circles.Event
		w.view(func(tx *store.Tx) (err error) {
			batch, err = tx.EventsAfter(w.pos, 512)
			return err
		})
		if len(batch) == 0 {
			return
		}
		if err := w.sender.handle(context.Background(), batch); err != nil {
			w.t.Fatal(err)
		}
		w.pos = batch[len(batch)-1].Seq
	}
}

// until waits for a condition that is read under the sender's lock and can change when a request or
// a read ends.
func (w *world) until(what string, ok func() bool) {
	w.t.Helper()
	s := w.sender
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	defer context.AfterFunc(ctx, s.idle.Broadcast)()
	s.mu.Lock()
	defer s.mu.Unlock()
	for !ok() {
		if ctx.Err() != nil {
			w.t.Fatalf("never came: %s; peers: %+v", what, s.states())
		}
		s.idle.Wait()
	}
}

// quiet waits until nothing is under way; ended reports whether nothing is pending either.
func (w *world) quiet() (ended bool) {
	w.t.Helper()
	w.until("quiet", func() bool { return w.sender.requests == 0 && w.sender.loads == 0 && len(w.sender.toLoad) == 0 })
	w.sender.mu.Lock()
	defer w.sender.mu.Unlock()
	return len(w.sender.inboxes) == 0
}

// deliver routes and goes on, past all waits, until everything is delivered.
func (w *world) deliver() {
	w.t.Helper()
	w.route()
	for range 100 {
		if w.quiet() {
			return
		}
		w.clock.forward(13 * time.Hour)
		w.sender.tick()
	}
	w.t.Fatalf("does not end: %+v", w.sender.Peers())
}

// actor makes an actor; host is "" for one of this instance.
func (w *world) actor(kind circles.ActorKind, name, host, inbox string) (id circles.ActorID) {
	w.t.Helper()
	private, public := oneKey()
	w.update(func(tx *store.Tx) error {
		id = circles.ActorID(tx.NewID())
		a := circles.Actor{ID: id, Kind: kind, Name: name, Host: host, Inbox: inbox, SharedInbox: inbox, PublicKey: public,
			Published: tx.Now(), CreatedAt: tx.Now(), UpdatedAt: tx.Now(), Indexable: true}
		if host == "" {
			a.URI = "/u/" + name
			if kind == circles.KindCircle {
				a.URI = "/c/" + name
			}
		} else {
			a.URI = "https://" + host + "/u/" + name
		}
		var err error
		if kind == circles.KindCircle {
			err = tx.AddCircle(&circles.Circle{Actor: a, Visibility: circles.Public, Posting: circles.PostingOpen,
				CreatedBy: circles.PersonID(w.alice)})
		} else {
			err = tx.AddActor(&a)
		}
		if err != nil {
			return err
		}
		if host == "" {
			return tx.SetPrivateKey(id, []byte(private))
		}
		return nil
	})
	return id
}

// follow lets somebody at a peer follow an actor of ours, Accept included.
func (w *world) follow(p *peer, followee circles.ActorID) (follow int64) {
	w.t.Helper()
	w.names++
	follower := w.actor(circles.KindPerson, fmt.Sprint("bob", w.names), p.host, p.inbox)
	w.update(func(tx *store.Tx) error {
		f := circles.Follow{ID: tx.NewID(), Follower: follower, Followee: followee, State: circles.FollowActive,
			URI: "https://" + p.host + "/follows/1", Inbox: p.inbox, At: tx.Now()}
		follow = f.ID
		var err error
		f.FromSeq, err = tx.AppendEvent(circles.Event{Kind: circles.FollowAccepted, Signer: followee,
			OrderKey: circles.PairKey(int64(follower), int64(followee)), Object: f.ID, To: []string{p.inbox}})
		if err != nil {
			return err
		}
		return tx.AddFollow(&f)
	})
	return follow
}

// unfollow ends a follow, on the word of the other side.
func (w *world) unfollow(id int64) {
	w.t.Helper()
	w.update(func(tx *store.Tx) error {
		f, err := tx.Follow(id)
		if err != nil {
			return err
		}
		f.State = circles.FollowOver
		f.UntilSeq, err = tx.AppendEvent(circles.Event{Kind: circles.FollowEnded, Signer: f.Follower, Object: f.ID,
			OrderKey: circles.PairKey(int64(f.Follower), int64(f.Followee))})
		if err != nil {
			return err
		}
		return tx.SaveFollow(f)
	})
}

// post writes a post of alice's, or with a parent a comment, and the entries of both streams.
func (w *world) post(text string, parent circles.PostID, to ...string) (id circles.PostID) {
	w.t.Helper()
	w.update(func(tx *store.Tx) error {
		id = circles.PostID(tx.NewID())
		p := circles.Post{ID: id, Kind: circles.IsPost, Circle: circles.CircleID(w.circle), Author: circles.PersonID(w.alice),
			Root: id, State: circles.Visible, Title: text, Body: text, BodyHTML: "<p>" + text + "</p>", LocalTo: true,
			Published: tx.Now(), CreatedAt: tx.Now()}
		if parent != 0 {
			p.Kind, p.Parent, p.Root, p.Title, p.Depth = circles.IsComment, parent, parent, "", 1
		}
		p.URI = p.Path()
		if err := tx.AddPost(&p); err != nil {
			return err
		}
		create, announce, err := w.say(tx, circles.PostCreated, &p, 0, to)
		if err != nil {
			return err
		}
		return tx.SetPostSeqs(id, create, announce)
	})
	return id
}

// say appends the entries of what an author did.
func (w *world) say(tx *store.Tx, kind circles.EventKind, p *circles.Post, undone circles.Seq, to []string) (create, announce circles.Seq, err error) {
	e := circles.Event{Kind: kind, Stream: w.alice, Signer: w.alice, OrderKey: int64(p.Root), Object: int64(p.ID),
		Detail: circles.EventDetail{Of: undone}, To: to}
	if create, err = tx.AppendEvent(e); err != nil {
		return 0, 0, err
	}
	e.Stream, e.Signer, e.Detail.Of, e.To = w.circle, w.circle, create, nil
	announce, err = tx.AppendEvent(e)
	return create, announce, err
}

// change does something to a post and says so.
func (w *world) change(id circles.PostID, kind circles.EventKind, text string) {
	w.t.Helper()
	w.update(func(tx *store.Tx) error {
		p, err := tx.Post(id)
		if err != nil {
			return err
		}
		var undone circles.Seq
		switch kind {
		case circles.PostUpdated:
			p.Body, p.BodyHTML, p.EditedAt = text, "<p>"+text+"</p>", tx.Now()
			if err := tx.SavePostText(p); err != nil {
				return err
			}
		case circles.PostDeleted:
			p.DeletedAt = tx.Now()
		case circles.PostRestored:
			p.DeletedAt = 0
			if undone, err = tx.LastEntry(int64(id), circles.PostDeleted, w.alice); err != nil {
				return err
			}
		case circles.PostRemoved:
			p.RemovedAt, p.RemovedBy = tx.Now(), w.alice
		case circles.PostReturned:
			p.RemovedAt, p.RemovedBy = 0, 0
			if undone, err = tx.LastEntry(int64(id), circles.PostRemoved, w.circle); err != nil {
				return err
			}
		}
		switch {
		case p.DeletedAt != 0:
			p.State = circles.Deleted
		case p.RemovedAt != 0:
			p.State = circles.Removed
		default:
			p.State = circles.Visible
		}
		if err := tx.SavePostState(p); err != nil {
			return err
		}
		if kind == circles.PostRemoved || kind == circles.PostReturned {
			_, err := tx.AppendEvent(circles.Event{Kind: kind, Stream: w.circle, Signer: w.circle, OrderKey: int64(p.Root),
				Object: int64(id), Detail: circles.EventDetail{Actor: w.alice, Reason: text, Of: undone}})
			return err
		}
		_, _, err = w.say(tx, kind, p, undone, nil)
		return err
	})
}

// vote has a local person like a post, or with 0 take the like back.
func (w *world) vote(id circles.PostID, value int) {
	w.t.Helper()
	w.update(func(tx *store.Tx) error {
		voter := circles.PersonID(w.alice)
		old, err := tx.Vote(id, voter)
		if err != nil {
			return err
		}
		e := circles.Event{Kind: circles.VoteCast, Signer: w.alice, OrderKey: circles.PairKey(int64(w.alice), int64(id)),
			Object: int64(id), Detail: circles.EventDetail{Actor: w.alice, Value: value}}
		if value == 0 {
			e.Kind, e.Detail.Value, e.Detail.Of = circles.VoteWithdrawn, old.Value, old.Seq
		}
		own, err := tx.AppendEvent(e)
		if err != nil {
			return err
		}
		e.Stream, e.Signer, e.Detail.Of = w.circle, w.circle, own
		if _, err := tx.AppendEvent(e); err != nil {
			return err
		}
		if value == 0 {
			return tx.RemoveVote(id, voter)
		}
		return tx.SetVote(circles.Vote{Post: id, Actor: voter, Value: value, At: tx.Now(), Seq: own})
	})
}

// exceptions returns what is on record for a peer.
func (w *world) exceptions(p *peer) (all []store.DeliveryException) {
	w.t.Helper()
	w.view(func(tx *store.Tx) (err error) {
		all, err = tx.Exceptions(p.inbox, 0, 100)
		return err
	})
	return all
}

// row returns what the table says of a peer.
func (w *world) row(p *peer) store.Peer {
	w.t.Helper()
	var rows []store.Peer
	w.view(func(tx *store.Tx) (err error) {
		rows, err = tx.PeersBy([]string{p.host})
		return err
	})
	if len(rows) != 1 {
		w.t.Fatalf("%d rows for %s", len(rows), p.host)
	}
	return rows[0]
}

// peer is another server. answer decides what it says to a delivery; nil = 202 to everything.
type peer struct {
	host, inbox string

	mu     sync.Mutex
	conns  int
	closed *sync.Cond // conns went down
	bodies [][]byte   // taken in, with 2xx
	asked  int        // requests
	answer func(n int, body []byte) (status int, header http.Header)
	hold   chan struct{} // requests wait for it, if not nil
}

func newPeer(t testing.TB, family string) *peer {
	p := &peer{}
	p.closed = sync.NewCond(&p.mu)
	mux := http.NewServeMux()
	server := httptest.NewUnstartedServer(mux)
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		p.mu.Lock()
		defer p.mu.Unlock()
		switch state {
		case http.StateNew:
			p.conns++
		case http.StateClosed:
			p.conns--
			p.closed.Broadcast()
		}
	}
	server.Start()
	t.Cleanup(server.Close)
	p.host = strings.TrimPrefix(server.URL, "http://")
	p.inbox = server.URL + "/inbox"
	mux.HandleFunc("/.well-known/nodeinfo", func(w http.ResponseWriter, _ *http.Request) {
		if family == "" {
			http.NotFound(w, nil)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"links":[{"rel":"http://nodeinfo.diaspora.software/ns/schema/2.0","href":"%s/nodeinfo"}]}`, server.URL)
	})
	mux.HandleFunc("/nodeinfo", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"software":{"name":%q,"version":"1"}}`, family)
	})
	mux.HandleFunc("/inbox", func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		p.mu.Lock()
		p.asked++
		n, answer, hold := p.asked, p.answer, p.hold
		p.mu.Unlock()
		if hold != nil {
			select {
			case <-hold:
			case <-r.Context().Done():
				return
			}
		}
		status := http.StatusAccepted
		if answer != nil {
			var h http.Header
			status, h = answer(n, body)
			for k, v := range h {
				w.Header()[k] = v
			}
		}
		if status < 300 {
			p.mu.Lock()
			p.bodies = append(p.bodies, body)
			p.mu.Unlock()
		}
		w.WriteHeader(status)
	})
	return p
}

// drain waits until a peer has dealt with what a killed process sent it at the last moment.
func (p *peer) drain(w *world) {
	w.t.Helper()
	w.client.Close()
	// Connections are accepted in turn: when this one is served, all before it were accepted.
	last := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := last.Get(strings.TrimSuffix(p.inbox, "/inbox") + "/nodeinfo")
	if err != nil {
		w.t.Fatal(err)
	}
	resp.Body.Close()
	p.mu.Lock()
	defer p.mu.Unlock()
	for p.conns > 0 {
		p.closed.Wait()
	}
}

func (p *peer) set(answer func(n int, body []byte) (int, http.Header)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.answer = answer
}

func always(status int) func(int, []byte) (int, http.Header) {
	return func(int, []byte) (int, http.Header) { return status, nil }
}

func (p *peer) requests() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.asked
}

// heard is what a peer took in, in order.
type heardActivity struct {
	ID      string
	Says    string // "Announce Create", "Announce post", "Update" …
	Actor   string
	Object  string // the innermost object's id
	Seq     circles.Seq
	Content string // of the innermost object
	Removal bool   // a Delete with a summary
	Raw     string
}

func (p *peer) heard(t testing.TB) (all []heardActivity) {
	t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, body := range p.bodies {
		all = append(all, readActivity(t, body))
	}
	return all
}

func readActivity(t testing.TB, body []byte) heardActivity {
	t.Helper()
	h := heardActivity{Raw: string(body)}
	raw := json.RawMessage(body)
	for {
		var a struct {
			ID, Type, Actor, Content, Summary string
			Object                            json.RawMessage
		}
		if err := json.Unmarshal(raw, &a); err != nil {
			var id string
			if json.Unmarshal(raw, &id) != nil {
				t.Fatalf("not an activity: %s", body)
			}
			h.Object = id
			break
		}
		if a.Actor == "" {
			h.Object, h.Content = a.ID, a.Content
			break
		}
		if h.ID == "" {
			h.ID, h.Actor = a.ID, a.Actor
		}
		h.Removal = h.Removal || a.Type == "Delete" && a.Summary != ""
		h.Says = strings.TrimSpace(h.Says + " " + a.Type)
		raw = a.Object
	}
	seq, _, _ := strings.Cut(strings.TrimPrefix(h.ID, "https://h.example/activity/"), "/")
	n, err := strconv.ParseInt(seq, 10, 64)
	if err != nil {
		t.Fatalf("id %q is none of ours", h.ID)
	}
	h.Seq = circles.Seq(n)
	return h
}

func says(all []heardActivity) (list []string) {
	for _, h := range all {
		list = append(list, h.Says)
	}
	return list
}
