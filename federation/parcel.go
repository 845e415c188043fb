package federation

import (
	"container/list"
	"context"
	"errors"
	"fmt"
	"sync"

	"halqa/circles"
	"halqa/federation/httpsig"
	"halqa/internal/store"
)

// A parcel is one request body and who signs it.
type parcel struct {
	signer circles.ActorID
	body   httpsig.Body
}

// A bundle is what one entry means to one class of servers: usually one parcel, none if the class
// gets nothing of the kind, two where it is unknown what the server reads.
type bundle struct {
	parcels []parcel
	instead []parcel // for a server that answers 400 to the first ones
	void    bool     // it is not true any more
	held    bool     // it may be told when its circle is not suspended any more
	author  string   // the host whose author is boosted, and who needs no boost of it
}

func (b *bundle) size() int {
	n := 256
	for _, p := range b.parcels {
		n += len(p.body.Bytes) + 128
	}
	return n
}

// pack renders an entry for a class.
func pack(site Site, tx *store.Tx, ev circles.Event, c class) (*bundle, error) {
	s := speaker{site: site, tx: tx, class: c, polls: c.pollForm()}
	signer, err := tx.Actor(ev.Signer)
	if err != nil {
		if circles.Is(err, circles.NotFound) {
			return &bundle{void: true}, nil
		}
		return nil, err
	}
	b := &bundle{}
	voids, held := 0, 0
	for _, form := range forms(ev, signer, c) {
		said, err := s.sayTo(ev, form)
		if err == nil && form != formPost && !c.threaded() && c != microblog && len(said.doc.Bytes()) > maxBrief {
			brief := s
			brief.brief = true
			said, err = brief.sayTo(ev, form)
		}
		switch {
		case errors.Is(err, errHeld):
			held++
		case errors.Is(err, errVoid):
			voids++
		case errors.Is(err, errNoForm):
		case err != nil:
			return nil, err
		default:
			b.parcels = append(b.parcels, parcel{said.signer, httpsig.PrepareBody(said.doc.Bytes())})
		}
	}
	b.held = held > 0 && len(b.parcels) == 0
	b.void = voids > 0 && len(b.parcels) == 0 && !b.held
	if ev.Kind == circles.PostCreated && signer.Kind == circles.KindCircle && c.micro() && len(b.parcels) > 0 {
		p, err := tx.Post(circles.PostID(ev.Object))
		if err != nil {
			return nil, err
		}
		author, err := tx.Actor(p.Author.Actor())
		if err != nil {
			return nil, err
		}
		b.author = author.Host
	}
	return b, nil
}

// formOwn is what a microblog gets of a change to a post by an author of ours: the author's own
// activity, since it takes an edit or a deletion from nobody else. Its address is that of the
// author's entry.
const formOwn = "own"

// forms lists how an entry is told to a class.
func forms(ev circles.Event, signer *circles.Actor, c class) []string {
	if ev.Kind == circles.PollCounted && c.pollForm() == pollListed {
		return nil // it lists no counts before the last
	}
	if signer.Kind != circles.KindCircle {
		if ev.Kind.Lane() == circles.LaneVote && ev.Detail.Value < 0 && c.micro() {
			return nil // they have no dislikes
		}
		if ev.Kind == circles.PostRestored {
			return []string{formMain, formAgain}
		}
		if c.micro() && (ev.Kind == circles.MemberBanned || ev.Kind == circles.MemberUnbanned) {
			return nil // to them a Block is between two people
		}
		return []string{formMain}
	}
	var to []string
	switch ev.Kind.Lane() {
	case circles.LaneContent:
		if !c.micro() && wordless(ev) {
			if c == embedded {
				return []string{formMain} // which says nothing
			}
			return []string{formPost}
		}
		if !c.micro() {
			to = append(to, formMain)
			switch ev.Kind {
			case circles.PostRestored, circles.PostReturned:
				to = append(to, formAgain)
			case circles.PostLocked, circles.PostUnlocked:
				if c != asking { // they read Lock, all of them
					to = append(to, formAgain)
				}
			}
		}
		if !c.threaded() {
			switch ev.Kind {
			case circles.PostCreated, circles.PostRemoved, circles.PostReturned:
				to = append(to, formPost)
			case circles.PostUpdated, circles.PollCounted, circles.PollEnded:
				to = append(to, formOwn)
			case circles.PostDeleted, circles.PostRestored:
				to = append(to, formOwn, formPost)
			}
		}
		return to
	case circles.LaneVote:
		if !c.micro() {
			to = append(to, formMain)
		}
		return to
	}
	if ev.Kind == circles.ActorUpdated {
		if !c.micro() {
			to = append(to, formMain)
		}
		if !c.threaded() {
			to = append(to, formPost)
		}
		return to
	}
	return []string{formMain}
}

// sayTo is say, with the form that only deliveries have.
func (s speaker) sayTo(ev circles.Event, form string) (saying, error) {
	if form != formOwn && !(form == formPost && (ev.Kind == circles.PostDeleted || ev.Kind == circles.PostRestored)) {
		return s.say(ev, form)
	}
	v, err := loadPost(s.tx, circles.PostID(ev.Object))
	if err != nil {
		return saying{}, gone(err)
	}
	if !v.federated() {
		return saying{}, errVoid
	}
	own := v.author.Local() && ev.Detail.Of != 0
	if form == formPost {
		// The author's own Delete takes the boost with it; nobody but the circle can make it again.
		if own && ev.Kind == circles.PostDeleted {
			return saying{}, errNoForm
		}
		return s.say(ev, form)
	}
	if !own || v.post.Kind != circles.IsPost {
		return saying{}, errNoForm
	}
	doc, err := s.authors(ev, ev.Detail.Of, v)
	return saying{doc: doc, signer: v.author.ID, open: true}, err
}

// Activity renders what a log entry says for its address. open reports whether anyone may read it;
// otherwise only reader, or nobody if that is empty. An entry that is unknown, trimmed or not true any
// more is NotFound.
func Activity(ctx context.Context, st *store.Store, site Site, seq circles.Seq, form string) (body []byte, open bool, reader string, err error) {
	return activityFor(ctx, st, site, seq, form, pollListed)
}

// activityFor is Activity for who reads polls in this form.
func activityFor(ctx context.Context, st *store.Store, site Site, seq circles.Seq, form string, polls pollForm) (body []byte, open bool, reader string, err error) {
	err = st.View(ctx, func(tx *store.Tx) error {
		ev, err := tx.Event(seq)
		if err != nil {
			return err
		}
		said, err := speaker{site: site, tx: tx, polls: polls}.say(ev, form)
		if errors.Is(err, errVoid) || errors.Is(err, errHeld) || errors.Is(err, errNoForm) {
			return circles.Errorf(circles.NotFound, "There is no activity at this address.")
		}
		if err != nil {
			return fmt.Errorf("activity %s: %w", seq, err)
		}
		body, open, reader = said.doc.Bytes(), said.open, said.reader
		return nil
	})
	return body, open, reader, err
}

// cacheBytes bounds what is kept of rendered bodies while they go round: a few hundred long posts.
const cacheBytes = 16 << 20

// A press renders each entry once per class and keeps the bytes while they go round. It is safe for
// concurrent use.
type press struct {
	site  Site
	store *store.Store

	mu    sync.Mutex
	all   map[pressKey]*printed
	order *list.List // of *printed, most recent first
	by    map[int64][]pressKey
	bytes int
}

type pressKey struct {
	seq   circles.Seq
	class class
}

type printed struct {
	key    pressKey
	object int64
	done   chan struct{}
	bundle *bundle
	err    error
	place  *list.Element
	bytes  int
}

func newPress(site Site, st *store.Store) *press {
	return &press{site: site, store: st, all: make(map[pressKey]*printed), order: list.New(), by: make(map[int64][]pressKey)}
}

// bundle returns what an entry means to a class. Who asks while somebody else renders it waits.
func (p *press) bundle(ctx context.Context, ev circles.Event, c class) (*bundle, error) {
	key := pressKey{ev.Seq, c}
	p.mu.Lock()
	if e := p.all[key]; e != nil {
		p.order.MoveToFront(e.place)
		p.mu.Unlock()
		<-e.done
		return e.bundle, e.err
	}
	e := &printed{key: key, object: ev.Object, done: make(chan struct{})}
	e.place = p.order.PushFront(e)
	p.all[key] = e
	p.by[ev.Object] = append(p.by[ev.Object], key)
	p.mu.Unlock()

	e.err = p.store.View(ctx, func(tx *store.Tx) (err error) {
		e.bundle, err = pack(p.site, tx, ev, c)
		return err
	})
	close(e.done)

	p.mu.Lock()
	defer p.mu.Unlock()
	if p.all[key] != e {
		return e.bundle, e.err // the object changed meanwhile: good for those who asked before
	}
	if e.err != nil {
		p.forget(e)
		return nil, e.err
	}
	e.bytes = e.bundle.size()
	p.bytes += e.bytes
	for p.bytes > cacheBytes && p.order.Len() > 1 {
		oldest := p.order.Back().Value.(*printed)
		if oldest == e || oldest.bytes == 0 {
			break // still being rendered
		}
		p.forget(oldest)
	}
	return e.bundle, nil
}

// changed forgets what was rendered of an object: it is not the truth any more.
func (p *press) changed(object int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for len(p.by[object]) > 0 {
		p.forget(p.all[p.by[object][0]])
	}
}

func (p *press) forget(e *printed) {
	delete(p.all, e.key)
	p.order.Remove(e.place)
	p.bytes -= e.bytes
	keys := p.by[e.object]
	for i, k := range keys {
		if k == e.key {
			keys = append(keys[:i], keys[i+1:]...)
			break
		}
	}
	if len(keys) == 0 {
		delete(p.by, e.object)
	} else {
		p.by[e.object] = keys
	}
}
