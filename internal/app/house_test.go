package app

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"halqa/circles"
	"halqa/internal/media"
	"halqa/internal/store"
	"halqa/internal/testdb"
	"halqa/internal/text"
)

const home = "home.example"

// onePair saves each test half a second of looking for primes.
var onePair = sync.OnceValues(NewKeys)

// A house is an instance with people in it.
type house struct {
	testing.TB
	*App
	now time.Time
	mu  sync.Mutex
}

func newHouse(t testing.TB) *house {
	t.Helper()
	h := &house{TB: t, now: time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)}
	blobs, err := media.OpenBlobs(t.TempDir(), h.clock)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { blobs.Close() })
	h.App = New(Options{Store: testdb.OpenAt(t, h.clock), Text: text.NewRenderer("https://" + home), Sanitizer: text.NewSanitizer(),
		Pictures: media.NewProcessor(1), Blobs: blobs, Host: home, Origin: "https://" + home, Now: h.clock})
	h.newKeys = onePair
	return h
}

// clock moves on by a millisecond with each look.
func (h *house) clock() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.now = h.now.Add(time.Millisecond)
	return h.now
}

func (h *house) pass(d time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.now = h.now.Add(d)
}

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

func (h *house) ctx() context.Context { return context.Background() }

// person makes a person of this instance.
func (h *house) person(name string) circles.Viewer {
	h.Helper()
	keys, err := onePair()
	h.must(err)
	v := circles.Viewer{Role: circles.SiteMember}
	h.update(func(tx *store.Tx) (err error) {
		v.Person, err = h.CreatePerson(tx, NewPerson{Name: name, Keys: keys})
		return err
	})
	return v
}

// admin makes a person who runs this instance.
func (h *house) admin(name string) circles.Viewer {
	v := h.person(name)
	v.Role = circles.SiteAdmin
	return v
}

func remoteActor(kind circles.ActorKind, name, host string) RemoteActor {
	base := "https://" + host
	return RemoteActor{Actor: circles.Actor{Kind: kind, Name: name, Host: host, URI: base + "/" + name,
		Inbox: base + "/" + name + "/inbox", SharedInbox: base + "/inbox", PublicKey: "key of " + name, KeyID: base + "/" + name + "#key"}}
}

// stranger makes a person of another instance known here.
func (h *house) stranger(name, host string) circles.PersonID {
	h.Helper()
	var id circles.ActorID
	h.update(func(tx *store.Tx) (err error) {
		id, err = h.UpsertRemoteActor(tx, remoteActor(circles.KindPerson, name, host))
		return err
	})
	return circles.PersonID(id)
}

// farCircle makes a circle of another instance known here.
func (h *house) farCircle(name, host string) circles.CircleID {
	h.Helper()
	var id circles.ActorID
	h.update(func(tx *store.Tx) (err error) {
		id, err = h.UpsertRemoteActor(tx, remoteActor(circles.KindCircle, name, host))
		return err
	})
	return circles.CircleID(id)
}

func (h *house) open(owner circles.Viewer, name string, v circles.Visibility) circles.CircleID {
	h.Helper()
	c, err := h.CreateCircle(h.ctx(), owner, NewCircle{Name: name, Visibility: v})
	h.must(err)
	return c.CircleID()
}

func (h *house) write(who circles.Viewer, c circles.CircleID, title string) *circles.Post {
	h.Helper()
	p, err := h.Post(h.ctx(), who, NewPost{Circle: c, Title: title})
	h.must(err)
	return p
}

func (h *house) answer(who circles.Viewer, parent circles.PostID, body string) *circles.Post {
	h.Helper()
	p, err := h.Comment(h.ctx(), who, NewComment{Parent: parent, Body: body})
	h.must(err)
	return p
}

func (h *house) post(id circles.PostID) (p *circles.Post) {
	h.Helper()
	h.update(func(tx *store.Tx) (err error) {
		p, err = tx.Post(id)
		return err
	})
	return p
}

func (h *house) circle(id circles.CircleID) (c *circles.Circle) {
	h.Helper()
	h.update(func(tx *store.Tx) (err error) {
		c, err = tx.Circle(id)
		return err
	})
	return c
}

func (h *house) role(c circles.CircleID, p circles.PersonID) (r circles.Role) {
	h.Helper()
	h.update(func(tx *store.Tx) (err error) {
		r, err = tx.Role(c, p)
		return err
	})
	return r
}

// receive runs a Receive method in an Update, as the inbox does.
func (h *house) receive(f func(tx *store.Tx) (Outcome, error)) (out Outcome) {
	h.Helper()
	h.update(func(tx *store.Tx) (err error) {
		out, err = f(tx)
		return err
	})
	return out
}

// mark returns the end of the log; since returns what was appended behind it.
func (h *house) mark() (last circles.Seq) {
	h.Helper()
	h.update(func(tx *store.Tx) (err error) {
		_, last, err = tx.LogEnds()
		return err
	})
	return last
}

func (h *house) since(seq circles.Seq) (all []circles.Event) {
	h.Helper()
	h.update(func(tx *store.Tx) (err error) {
		all, err = tx.EventsAfter(seq, 1000)
		return err
	})
	return all
}

// said tells the entries behind seq in short: "post.created in circle by circle to inbox,inbox". Names
// stand for ids.
func (h *house) said(seq circles.Seq, names map[circles.ActorID]string) []string {
	h.Helper()
	var all []string
	for _, e := range h.since(seq) {
		stream, signer := "nobody", names[e.Signer]
		if e.Stream != 0 {
			stream = names[e.Stream]
		}
		s := fmt.Sprintf("%s in %s by %s", e.Kind, stream, signer)
		if len(e.To) > 0 {
			slices.Sort(e.To)
			s += " to " + strings.Join(e.To, ",")
		}
		all = append(all, s)
	}
	return all
}

func (h *house) wantSaid(seq circles.Seq, names map[circles.ActorID]string, want ...string) []circles.Event {
	h.Helper()
	if got := h.said(seq, names); !slices.Equal(got, want) {
		h.Errorf("the log got\n\t%s\nwant\n\t%s", strings.Join(got, "\n\t"), strings.Join(want, "\n\t"))
	}
	return h.since(seq)
}

func wantKind(t testing.TB, what string, err error, kind circles.Kind) {
	t.Helper()
	if got := circles.KindOf(err); got != kind {
		t.Errorf("%s: got %q (%v), want %q", what, got, err, kind)
	}
}

// picture is a small PNG that differs with n.
func picture(n uint8) *bytes.Reader {
	m := image.NewRGBA(image.Rect(0, 0, 40, 30))
	for i := range 40 {
		m.Set(i, int(n)%30, color.RGBA{n, uint8(i), 200, 255})
	}
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		panic(err)
	}
	return bytes.NewReader(b.Bytes())
}
