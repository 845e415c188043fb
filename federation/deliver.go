package federation

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"sync"
	"time"

	"github.com/maypok86/otter/v2"

	"halqa/circles"
	"halqa/federation/as"
	"halqa/federation/httpsig"
	"halqa/internal/fetch"
	"halqa/internal/store"
)

// maxAnswer bounds what is read of an answer to a delivery; it is thrown away.
const maxAnswer = 64 << 10

// An outcome is how one attempt to deliver an entry ended.
type outcome struct {
	status int           // 0 = no answer
	wait   time.Duration // what Retry-After asked for
	err    error         // nil = delivered
	ours   bool          // the fault is ours, not the host's
	void   bool          // nothing was sent: not true any more
	held   bool          // nothing was sent: not while its circle is suspended
	asOf   int           // Sender.released as it began
	began  time.Time
	took   time.Duration // of the slowest request
}

// deliver sends an entry to an inbox and settles it.
func (s *Sender) deliver(st *inboxState, q *laneQueue, it *item) {
	s.mu.Lock()
	peer := as.Software{Name: st.host.family, Version: st.host.version}
	ctx, asOf := s.ctx, s.released
	s.mu.Unlock()
	out := s.attempt(ctx, st, it, peer)
	out.asOf = asOf
	s.mu.Lock()
	defer s.mu.Unlock()
	it.sending = false
	if ctx.Err() == nil || out.err == nil {
		s.settle(st, q, it, out)
		if !s.stopping {
			s.refill(st)
		}
	}
	s.end(st.host)
}

// attempt renders, signs and posts.
func (s *Sender) attempt(ctx context.Context, st *inboxState, it *item, peer as.Software) outcome {
	out := outcome{began: s.now()}
	var b *bundle
	var err error
	if isMessage(it.Kind) {
		b, err = s.packMessage(ctx, it.Event, peer.Name) // for this one inbox: nobody else would find it kept
	} else if it.Kind == circles.GateTold {
		b, err = s.packGate(ctx, it.Event, peer)
	} else {
		b, err = s.press.bundle(ctx, it.Event, classOf(peer.Name))
	}
	if err != nil {
		out.err, out.ours = err, true
		return out
	}
	if b.void || b.held {
		out.void, out.held = b.void, b.held
		return out
	}
	if classOf(peer.Name).micro() && b.author != "" && b.author == st.host.name {
		return out // its own author's post needs no boost there
	}
	s.hand(ctx, st, b.parcels, &out)
	// After a failure the server may have taken it, and refuse it as something that it has.
	if out.status == http.StatusBadRequest && b.instead != nil && it.tries == 0 {
		s.hand(ctx, st, b.instead, &out)
	}
	return out
}

// hand posts parcels in order until one fails.
func (s *Sender) hand(ctx context.Context, st *inboxState, parcels []parcel, out *outcome) {
	out.err = nil
	for _, p := range parcels {
		signer, err := s.keys.signer(ctx, p.signer)
		if err != nil {
			out.err, out.ours = err, true
			return
		}
		began := s.now()
		out.status, out.wait, out.err = s.post(ctx, st.url, signer, p.body)
		out.took = max(out.took, s.now().Sub(began))
		if out.err != nil {
			return
		}
	}
}

// post sends one body. The error says in a sentence what became of it.
func (s *Sender) post(ctx context.Context, inbox string, signer *httpsig.Signer, body httpsig.Body) (status int, wait time.Duration, err error) {
	req, err := http.NewRequest(http.MethodPost, inbox, bytes.NewReader(body.Bytes))
	if err != nil {
		return 0, 0, err
	}
	req.Header.Set("Content-Type", fetch.ActivityJSON)
	resp, err := s.client.Do(ctx, req, fetch.Limits{Body: maxAnswer, Total: requestTimeout}, func(r *http.Request) error {
		return signer.SignRequest(r, body, s.now())
	})
	if err != nil {
		return 0, 0, err
	}
	if err := resp.Err(); err != nil {
		var answered *fetch.StatusError
		if errors.As(err, &answered) {
			wait = answered.RetryAfter
		}
		return resp.Status, wait, err
	}
	return resp.Status, 0, nil
}

// settle decides what an attempt means for the entry and for the host.
func (s *Sender) settle(st *inboxState, q *laneQueue, it *item, out outcome) {
	h, now := st.host, s.now()
	s.dirty[st] = struct{}{}
	switch {
	case out.held && out.asOf != s.released: // what was rendered before need not be true now
		s.press.changed(it.Object)
		return
	case out.held && q.hold(it):
		return
	case out.void, out.held:
		q.void(it)
		return
	case out.err == nil:
		q.drop(it)
		if out.status != 0 {
			h.succeeded(now, out.took)
		}
		return
	}
	it.tried = true
	if it.tries == 0 {
		it.first = now
	}
	it.tries++
	sentence := sentenceOf(out.err)
	if out.ours {
		s.log.Error("deliver", "inbox", st.url, "seq", it.Seq, "err", out.err)
		it.next = now.Add(max(after(it.tries, s.jitter), time.Second))
		if it.tries < poisonTries {
			return
		}
		sentence = "This server could not put the activity together."
	} else if !final(out, it) {
		// While the host fails, its own pause is enough; a failure between successes is the entry's.
		alone := h.fails == 0 && out.status != statusTooMany
		h.failed(out.began, now, out.status, out.wait, sentence, s.jitter)
		if !alone {
			return
		}
		if out.status >= 500 {
			it.fives++
		}
		it.alone++
		it.next = now.Add(max(after(it.alone, s.jitter), out.wait))
		if it.fives < poisonTries || !h.reachedAt.After(it.first) {
			return
		}
	} else {
		h.refused(now, out.status, sentence)
	}
	// It will not get better: the inbox goes without, and that is on record.
	q.drop(it)
	inbox, seq, status := st.url, it.Seq, out.status
	s.book.Also(func(tx *store.Tx) error { return tx.RecordException(inbox, seq, status, sentence) })
}

// final reports whether the same request would fail the same way again. A 401 gets a second chance:
// the host may have had an old key of ours.
func final(out outcome, it *item) bool {
	switch {
	case out.status == 0:
		var e *circles.Error
		return errors.As(out.err, &e) && e.Reason == fetch.ReasonAddress
	case out.status == http.StatusRequestTimeout || out.status == statusTooMany || out.status >= 500:
		return false
	case out.status == http.StatusUnauthorized:
		it.denied++
		return it.denied > 1
	}
	return true
}

func sentenceOf(err error) string {
	var e *circles.Error
	if errors.As(err, &e) {
		return e.Message
	}
	return "The delivery failed."
}

// ask learns what software a host runs. A host that does not tell stays unknown for a day.
func (s *Sender) ask(h *peerHost, inbox string) {
	s.mu.Lock()
	ctx := s.ctx
	s.mu.Unlock()
	began := s.now()
	asking, cancel := context.WithTimeout(ctx, requestTimeout)
	info, err := software(asking, s.client, inbox, h.name)
	cancel()
	s.mu.Lock()
	defer s.mu.Unlock()
	h.asking = false
	if ctx.Err() == nil {
		now := s.now()
		h.askedAt, h.changed = now, true
		switch {
		case err == nil && info.Name != "":
			h.family, h.version = info.Name, info.Version
		case circles.Is(err, circles.Busy) && !answered(err):
			// It does not answer at all. Say so now: the delivery to come may take as long again.
			h.failed(began, now, 0, 0, sentenceOf(err), s.jitter)
			h.askedAt = now.Add(askSoon - askAgain)
		}
	}
	s.end(h)
}

// answered reports whether an error is a server's answer rather than the lack of one.
func answered(err error) bool {
	var status *fetch.StatusError
	return errors.As(err, &status)
}

// keysKeptParsed bounds the signing keys in memory, about 4 KiB each.
const keysKeptParsed = 1024

// signers holds the parsed keys of local actors: parsing one takes a third of a signature. It is
// safe for concurrent use.
type signers struct {
	site  Site
	store *store.Store
	known *otter.Cache[circles.ActorID, *httpsig.Signer]
	mu    sync.Mutex // one reads at a time: a post for a thousand hosts asks for one key at once
}

func newSigners(site Site, st *store.Store) *signers {
	return &signers{site: site, store: st,
		known: otter.Must(&otter.Options[circles.ActorID, *httpsig.Signer]{MaximumSize: keysKeptParsed})}
}

func (k *signers) signer(ctx context.Context, id circles.ActorID) (*httpsig.Signer, error) {
	if known, ok := k.known.GetIfPresent(id); ok {
		return known, nil
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if known, ok := k.known.GetIfPresent(id); ok {
		return known, nil
	}
	var a *circles.Actor
	var private []byte
	err := k.store.View(ctx, func(tx *store.Tx) (err error) {
		if a, err = tx.Actor(id); err != nil {
			return err
		}
		private, err = tx.PrivateKey(id)
		return err
	})
	if err != nil {
		return nil, err
	}
	key, err := httpsig.ParsePrivatePEM(string(private))
	if err != nil {
		return nil, err
	}
	made := &httpsig.Signer{KeyID: k.site.keyID(a), Key: key}
	k.known.Set(id, made)
	return made, nil
}

// forget drops a key that may have been replaced.
func (k *signers) forget(id circles.ActorID) { k.known.Invalidate(id) }
