package testpeer

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"
)

// An Answer is what one inbox said.
type Answer struct {
	Inbox  string
	Status int // 0 if there was no answer
	Err    error
	Body   string

	request *http.Request // as sent, for Replay
	payload []byte
}

// OK tells whether the inbox took it.
func (a Answer) OK() bool { return a.Err == nil && a.Status >= 200 && a.Status < 300 }

// A Sent is an activity that one of this peer's people sent out.
type Sent struct {
	ID       string // of the activity
	Object   string // id of what was written, or of what the activity is about
	Activity map[string]any
	Answers  []Answer

	to []string // actors
}

// A Knob makes one request of Send hostile. Without any, it is as this server makes it.
type Knob func(*request)

type request struct {
	signer
	body        []byte // what is signed
	sent        []byte // what goes over the wire, if other
	contentType string
	unsigned    bool
	newFamily   bool
	prepare     []func(*http.Request) // before it is signed
	finish      []func(*http.Request) // after
}

// Unsigned leaves out the signature.
func Unsigned() Knob { return func(r *request) { r.unsigned = true } }

// SignedAt dates the signature.
func SignedAt(t time.Time) Knob { return func(r *request) { r.now = t } }

// SignedBy signs with another's key, and says so in keyId.
func SignedBy(a *Actor) Knob {
	return func(r *request) { r.signer.key, r.keyID = a.signer().key, a.KeyID() }
}

// WithKeyOf signs with another's key under one's own keyId.
func WithKeyOf(a *Actor) Knob { return func(r *request) { r.signer.key = a.signer().key } }

// WithKeyID states another keyId.
func WithKeyID(id string) Knob { return func(r *request) { r.keyID = id } }

// Covering signs these components only: "(request-target)", "host", "date", "digest"… or, with
// InRFC9421, "@method", "@target-uri", "content-digest"…
func Covering(components ...string) Knob {
	return func(r *request) { r.cover, r.cover9421 = components, components }
}

// Tampered changes the body after it was signed: the digest no longer fits.
func Tampered() Knob {
	return func(r *request) { r.sent = append(slices.Clone(r.body), ' ') }
}

// WrongDigest signs a digest of something else.
func WrongDigest() Knob {
	return func(r *request) {
		r.prepare = append(r.prepare, func(req *http.Request) {
			req.Header.Set("Digest", "SHA-256="+digestOf([]byte("something else")))
			req.Header.Set("Content-Digest", "sha-256=:"+digestOf([]byte("something else"))+":")
		})
	}
}

// ToHost signs for, and sends with, another Host header.
func ToHost(host string) Knob {
	return func(r *request) { r.prepare = append(r.prepare, func(req *http.Request) { req.Host = host }) }
}

// Typed sends another Content-Type.
func Typed(contentType string) Knob { return func(r *request) { r.contentType = contentType } }

// WithHeader sets a header after signing.
func WithHeader(name, value string) Knob {
	return func(r *request) {
		r.finish = append(r.finish, func(req *http.Request) { req.Header.Set(name, value) })
	}
}

// PaddedTo makes the body n bytes long, with blanks after the JSON.
func PaddedTo(n int) Knob {
	return func(r *request) {
		r.body = append(slices.Clone(r.body), bytes.Repeat([]byte(" "), max(n-len(r.body), 0))...)
	}
}

// InRFC9421 signs in the newer family.
func InRFC9421() Knob { return func(r *request) { r.newFamily = true } }

// Send posts bytes to an inbox, signed by the actor. It never fails the test.
func (a *Actor) Send(ctx context.Context, inbox string, body []byte, knobs ...Knob) Answer {
	p := a.peer
	if p.doubleKnock && len(knobs) == 0 {
		first := a.Send(ctx, inbox, body, InRFC9421())
		if first.Status != http.StatusUnauthorized && first.Status != http.StatusBadRequest {
			return first
		}
		return a.Send(ctx, inbox, body, func(*request) {})
	}
	r := request{signer: a.signer(), body: body, contentType: activityJSON, newFamily: p.signRFC9421}
	if p.Persona == GoToSocial { // seen
		r.contentType = `application/ld+json; profile="https://www.w3.org/ns/activitystreams"`
	}
	for _, k := range knobs {
		k(&r)
	}
	if r.sent == nil {
		r.sent = r.body
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, inbox, bytes.NewReader(r.sent))
	if err != nil {
		return Answer{Inbox: inbox, Err: err}
	}
	req.Header.Set("Content-Type", r.contentType)
	req.Header.Set("User-Agent", fmt.Sprintf(p.traits.agent, p.URL))
	for _, f := range r.prepare {
		f(req)
	}
	switch {
	case r.unsigned:
		req.Header.Set("Date", r.now.UTC().Format(http.TimeFormat))
	case r.newFamily:
		err = r.rfc9421(req, r.body)
	default:
		err = r.cavage(req, r.body)
	}
	if err != nil {
		return Answer{Inbox: inbox, Err: err}
	}
	for _, f := range r.finish {
		f(req)
	}
	return p.roundTrip(req, r.sent)
}

// Replay sends again, to the byte, what was answered by an Answer.
func (p *Peer) Replay(ctx context.Context, a Answer) Answer {
	req := a.request.Clone(ctx)
	req.Body = io.NopCloser(bytes.NewReader(a.payload))
	return p.roundTrip(req, a.payload)
}

func (p *Peer) roundTrip(req *http.Request, payload []byte) Answer {
	ans := Answer{Inbox: req.URL.String(), request: req, payload: payload}
	res, err := p.client.Do(req)
	if err != nil {
		ans.Err = err
		return ans
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, maxDocument))
	ans.Status, ans.Body, ans.Err = res.StatusCode, string(body), err
	p.noteGone(req.URL.Host, res.StatusCode)
	return ans
}

// send delivers an activity to the inboxes of some actors, each inbox once. It fails the test if one
// does not take it, unless the actor is Daring.
func (a *Actor) send(ctx context.Context, act obj, to []string) Sent {
	p := a.peer
	p.t.Helper()
	wire := copyOf(act)
	if !wire.has("@context") {
		wire["@context"] = []any{"https://www.w3.org/ns/activitystreams", "https://w3id.org/security/v1"}
	}
	if p.Persona == GoToSocial || p.Persona == Snac {
		collapse(wire)
	}
	body, err := json.Marshal(wire)
	if err != nil {
		p.t.Errorf("testpeer: %v", err)
		return Sent{}
	}
	sent := Sent{ID: act.str("id"), Object: act.ref("object"), Activity: act, to: to}
	for _, inbox := range p.inboxesOf(ctx, to, &sent) {
		if p.GaveUp(hostOf(inbox)) {
			sent.Answers = append(sent.Answers, Answer{Inbox: inbox, Err: fmt.Errorf("%s", ReasonGoneForEver)})
			continue
		}
		sent.Answers = append(sent.Answers, a.Send(ctx, inbox, body))
	}
	p.update(func() { p.sent = append(p.sent, sent) })
	if !a.bold && !p.mutating() {
		for _, ans := range sent.Answers {
			if !ans.OK() {
				p.t.Fatalf("%s: %s of %s was not taken by %s: status %d, %v, %s",
					p.Persona, shapeOf(act), a.ID, ans.Inbox, ans.Status, ans.Err, ans.Body)
			}
		}
	}
	return sent
}

// inboxesOf finds where to send. An actor that cannot be read becomes an Answer with an error.
func (p *Peer) inboxesOf(ctx context.Context, to []string, sent *Sent) []string {
	var inboxes []string
	for _, id := range to {
		if id == "" || id == public || p.ours(id) || strings.HasSuffix(id, "/followers") {
			continue
		}
		actor, why := p.actorOf(ctx, id)
		if why != nil {
			sent.Answers = append(sent.Answers, Answer{Inbox: id, Err: fmt.Errorf("%s: %s", why.reason, why.detail)})
			continue
		}
		inbox := actor.sub("endpoints").str("sharedInbox")
		if inbox == "" {
			inbox = actor.str("inbox")
		}
		if !slices.Contains(inboxes, inbox) {
			inboxes = append(inboxes, inbox)
		}
	}
	return inboxes
}

// collapse turns lists of one into the one, as GoToSocial and snac do (seen).
func collapse(o obj) {
	for key, v := range o {
		switch v := v.(type) {
		case map[string]any:
			collapse(v)
		case []any:
			for _, m := range v {
				if sub := asObj(m); sub != nil {
					collapse(sub)
				}
			}
			if len(v) == 1 && (key == "to" || key == "cc" || key == "tag") {
				o[key] = v[0]
			} else if len(v) == 0 && (key == "to" || key == "cc") {
				delete(o, key)
			}
		}
	}
}

// inOrder runs something that is not waited for, except at the end of the test, after all that was
// to go to the same host before it: a server sends what happened in the order in which it happened.
func (p *Peer) inOrder(host string, f func(context.Context)) {
	done := make(chan struct{})
	p.mu.Lock()
	before := p.tails[host]
	p.tails[host] = done
	p.mu.Unlock()
	p.bg.Go(func() {
		defer close(done)
		if before != nil {
			<-before // ends, at the latest, with the test
		}
		ctx, cancel := context.WithTimeout(p.life, patience)
		defer cancel()
		f(ctx)
	})
}

// Outgoing is all that this peer's people have sent, in order.
func (p *Peer) Outgoing() []Sent { return read(p, func() []Sent { return slices.Clone(p.sent) }) }
