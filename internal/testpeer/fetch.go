package testpeer

import (
	"context"
	"crypto"
	"errors"
	"fmt"
	"io"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

func (p *Peer) newClient() *http.Client {
	redirects := 3
	if p.Persona == Lemmy {
		redirects = 1 // F src/fetch/mod.rs
	}
	return &http.Client{
		Transport: &http.Transport{MaxIdleConnsPerHost: 4},
		Timeout:   patience,
		CheckRedirect: func(_ *http.Request, via []*http.Request) error {
			if len(via) > redirects {
				return errors.New("too many redirects")
			}
			return nil
		},
	}
}

// get fetches a JSON document as the instance. The signature is over the asked address; servers
// that follow redirects do not sign again.
func (p *Peer) get(ctx context.Context, address, accept string) (doc obj, final string, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, withoutFragment(address), nil)
	if err != nil {
		return nil, "", err
	}
	req.Header.Set("Accept", accept)
	req.Header.Set("User-Agent", fmt.Sprintf(p.traits.agent, p.URL))
	p.mu.Lock()
	p.fetched = append(p.fetched, address)
	self := p.actors["instance"]
	p.mu.Unlock()
	if self != nil && accept != jrdJSON {
		if err := self.signer().cavage(req, nil); err != nil {
			return nil, "", err
		}
	}
	res, err := p.client.Do(req)
	if err != nil {
		return nil, "", err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		p.noteGone(req.URL.Host, res.StatusCode)
		return nil, "", fmt.Errorf("GET %s: status %d", address, res.StatusCode)
	}
	typ, params, err := mime.ParseMediaType(res.Header.Get("Content-Type"))
	as2 := typ == activityJSON || typ == "application/ld+json" && strings.Contains(params["profile"], "activitystreams")
	if err != nil || accept == activityAccept && !as2 {
		return nil, "", fmt.Errorf("GET %s: Content-Type %q", address, res.Header.Get("Content-Type"))
	}
	body, err := io.ReadAll(io.LimitReader(res.Body, maxDocument+1))
	if err != nil {
		return nil, "", err
	}
	if len(body) > maxDocument {
		return nil, "", fmt.Errorf("GET %s: over %d bytes", address, maxDocument)
	}
	if doc, err = parse(body); err != nil {
		return nil, "", fmt.Errorf("GET %s: %w", address, err)
	}
	return doc, res.Request.URL.String(), nil
}

// Get asks for a document as the actor, or unsigned if it is nil, and returns what was answered.
func (p *Peer) Get(ctx context.Context, as *Actor, address string) (status int, body string) {
	p.t.Helper()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, withoutFragment(address), nil)
	if err != nil {
		p.t.Fatalf("testpeer: %v", err)
	}
	req.Header.Set("Accept", activityAccept)
	if as != nil {
		if err := as.signer().cavage(req, nil); err != nil {
			p.t.Fatalf("testpeer: %v", err)
		}
	}
	ans := p.roundTrip(req, nil)
	if ans.Err != nil {
		p.t.Fatalf("testpeer: GET %s: %v", address, ans.Err)
	}
	return ans.Status, ans.Body
}

const (
	activityAccept = `application/activity+json, application/ld+json; profile="https://www.w3.org/ns/activitystreams"`
	jrdJSON        = "application/jrd+json"
)

// noteGone remembers hosts that answer 410 or 418: PieFed takes that as gone for ever.
func (p *Peer) noteGone(host string, status int) {
	if p.Persona == PieFed && (status == http.StatusGone || status == http.StatusTeapot) {
		p.update(func() { p.gone[host] = true })
	}
}

// object returns the document with an id: ours, or fetched, with id and final address of one host.
// A document that says another id of the same host is fetched once more, there.
func (p *Peer) object(ctx context.Context, id string) (obj, error) {
	if p.ours(id) {
		if doc := read(p, func() obj { return p.docs[id] }); doc != nil {
			return copyOf(doc), nil
		}
		return nil, fmt.Errorf("%s is not here", id)
	}
	asked := id
	for range 2 {
		doc, final, err := p.get(ctx, asked, activityAccept)
		if err != nil {
			return nil, err
		}
		switch got := doc.str("id"); {
		case got == final && sameHost(got, id):
			p.damage(doc)
			return doc, nil
		case !sameHost(got, final):
			return nil, fmt.Errorf("%s: the document there is %q", final, got)
		default:
			asked = got
		}
	}
	return nil, fmt.Errorf("%s: no document says this is its id", id)
}

// damage applies the mutation in force to a document of another host.
func (p *Peer) damage(doc obj) {
	if m := read(p, func() *Mutation { return p.mutation }); m != nil {
		m.Apply(doc)
	}
}

// actorOf returns a person or group, fetched once and checked as this server checks it.
func (p *Peer) actorOf(ctx context.Context, id string) (obj, *denial) {
	id = withoutFragment(id)
	if doc := read(p, func() obj { return p.remotes[id] }); doc != nil {
		return doc, nil
	}
	doc, err := p.object(ctx, id)
	if err != nil {
		return nil, deny(ReasonKeyUnavailable, err.Error())
	}
	if p.ours(id) {
		return doc, nil
	}
	if why := p.acceptActor(ctx, doc); why != nil {
		p.complain(why.reason, id, why.detail)
		return nil, why
	}
	p.update(func() { p.remotes[id] = doc })
	return doc, nil
}

// acceptActor asks for what every server needs, then for what this one does.
func (p *Peer) acceptActor(ctx context.Context, a obj) *denial {
	key := a.sub("publicKey")
	if a.str("id") == "" || a.str("inbox") == "" || a.str("preferredUsername") == "" || key == nil {
		return deny(ReasonActorShape, "id, inbox, preferredUsername and publicKey are needed: "+a.str("id"))
	}
	if key.str("owner") != a.str("id") {
		return deny(ReasonKeyOwner, key.str("owner"))
	}
	if _, err := parseKey(key.str("publicKeyPem")); err != nil {
		return deny(ReasonActorShape, err.Error())
	}
	if p.rules.actor != nil {
		return p.rules.actor(ctx, p, a)
	}
	return nil
}

// forget makes the next use of an actor and its key fetch them again.
func (p *Peer) forget(id string) {
	p.update(func() {
		delete(p.remotes, id)
		maps.DeleteFunc(p.stubs, func(_ string, s obj) bool { return s.str("id") == id })
	})
}

// keyOf returns a key and the id of its owner. A key with a fragment is part of the actor; one
// without has a document of its own, as GoToSocial's, which is all that may be read by one who has
// not been verified: two servers in secure mode would wait for each other.
func (p *Peer) keyOf(ctx context.Context, keyID string) (owner string, key crypto.PublicKey, why *denial) {
	var doc obj
	if strings.Contains(keyID, "#") {
		if doc, why = p.actorOf(ctx, keyID); why != nil {
			return "", nil, why
		}
	} else if doc = read(p, func() obj { return p.stubs[keyID] }); doc == nil {
		got, _, err := p.get(ctx, keyID, activityAccept)
		if err != nil {
			return "", nil, deny(ReasonKeyUnavailable, err.Error())
		}
		doc = got
		p.damage(doc)
		p.update(func() { p.stubs[keyID] = doc })
	}
	k := doc.sub("publicKey")
	if owner = k.str("owner"); owner != doc.str("id") || !sameHost(owner, keyID) {
		return "", nil, deny(ReasonKeyOwner, owner)
	}
	stated, wanted := k.str("id"), keyID
	if p.Persona == NodeBB { // N index.js: without the fragment
		stated, wanted = withoutFragment(stated), withoutFragment(wanted)
	}
	if stated != wanted {
		return "", nil, deny(ReasonKeyOwner, "the actor's key is "+stated+", not "+wanted)
	}
	key, err := parseKey(k.str("publicKeyPem"))
	if err != nil {
		return "", nil, deny(ReasonActorShape, err.Error())
	}
	return owner, key, nil
}

// webFingers tells whether the actor's own host says that its handle is this actor.
func (p *Peer) webFingers(ctx context.Context, a obj) *denial {
	u, err := url.Parse(a.str("id"))
	if err != nil {
		return deny(ReasonWebFinger, err.Error())
	}
	acct := "acct:" + a.str("preferredUsername") + "@" + u.Host
	at := u.Scheme + "://" + u.Host + "/.well-known/webfinger?resource=" + url.QueryEscape(acct)
	doc, _, err := p.get(ctx, at, jrdJSON)
	if err != nil {
		return deny(ReasonWebFinger, err.Error())
	}
	p.damage(doc)
	if got := doc.str("subject"); !strings.EqualFold(got, acct) {
		return deny(ReasonWebFinger, fmt.Sprintf("subject %q for %q", got, acct))
	}
	ok := slices.ContainsFunc(doc.list("links"), func(v any) bool {
		l := asObj(v)
		typ := l.str("type")
		return l.str("rel") == "self" && l.str("href") == a.str("id") &&
			(typ == activityJSON || strings.HasPrefix(typ, "application/ld+json"))
	})
	if !ok {
		return deny(ReasonWebFinger, "no self link to "+a.str("id"))
	}
	return nil
}

func read2[T, U any](p *Peer, f func() (T, U)) (T, U) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return f()
}
