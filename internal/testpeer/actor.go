package testpeer

import (
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"strconv"
	"time"
)

// An Actor is a person or a community of a Peer.
type Actor struct {
	ID   string
	Name string

	peer *Peer
	mods []string // of a community
	bold bool     // see Daring

	key   *rsa.PrivateKey // guarded by peer.mu, as the rest
	group bool
}

// Person returns the person of that name, who is created at the first call.
func (p *Peer) Person(name string) *Actor {
	p.t.Helper()
	return p.actor(name, "Person", p.traits.user, nil)
}

// Group returns the community of that name, which is created at the first call. Only threadiverse
// personas and Unknown have any. It admits everybody who follows.
func (p *Peer) Group(name string, moderators ...*Actor) *Actor {
	p.t.Helper()
	if p.traits.group == "" {
		p.t.Fatalf("testpeer: %s has no communities", p.Persona)
	}
	var mods []string
	for _, m := range moderators {
		mods = append(mods, m.ID)
	}
	return p.actor(name, "Group", p.traits.group, mods)
}

// Service returns a bot.
func (p *Peer) Service(name string) *Actor {
	p.t.Helper()
	return p.actor(name, "Service", p.traits.user, nil)
}

func (p *Peer) instanceActor() *Actor {
	path := "/actor"
	if p.Persona == Lemmy {
		path = "/" // L objects/src/objects/instance.rs:190
	}
	return p.actor("instance", "Application", path, nil)
}

func (p *Peer) actor(name, typ, path string, mods []string) *Actor {
	p.t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	if a := p.actors[name]; a != nil {
		return a
	}
	key := p.newKey()
	if typ != "Application" {
		at := name
		if p.Persona == NodeBB {
			at = strconv.Itoa(len(p.actors)) // NodeBB numbers people and categories
		}
		path = fmt.Sprintf(path, at)
	}
	a := &Actor{ID: p.URL + path, Name: name, peer: p, key: key, group: typ == "Group", mods: mods}
	p.actors[name] = a
	p.docs[a.ID] = a.document(typ)
	return a
}

// Handle is the address by which others find the actor: @name@host.
func (a *Actor) Handle() string { return "@" + a.Name + "@" + a.peer.Host() }

// Inbox is the actor's own.
func (a *Actor) Inbox() string {
	if a.Name == "instance" {
		return a.peer.URL + "/instance-inbox"
	}
	return a.ID + "/inbox"
}

// KeyID is what the actor signs with.
func (a *Actor) KeyID() string { return a.ID + a.peer.traits.keySuffix }

// Daring is the same actor, whose verbs do not fail the test when an inbox answers other than 2xx.
func (a *Actor) Daring() *Actor {
	b := *a
	b.bold = true
	return &b
}

// Rewrite changes the actor's document as it is served. Nobody is told.
func (a *Actor) Rewrite(change func(doc map[string]any)) {
	a.peer.update(func() {
		doc := copyOf(a.peer.docs[a.ID])
		change(doc)
		a.peer.docs[a.ID] = doc
	})
}

// RotateKey gives the actor another key under the same id. Nobody is told.
func (a *Actor) RotateKey() {
	a.peer.update(func() {
		key := a.peer.newKey()
		real := a.peer.actors[a.Name]
		real.key, a.key = key, key
		doc := copyOf(a.peer.docs[a.ID])
		doc["publicKey"] = a.publicKey()
		a.peer.docs[a.ID] = doc
	})
}

// newKey is a key that no other actor of this peer has or had. The caller holds mu.
func (p *Peer) newKey() *rsa.PrivateKey {
	p.keys++
	key, err := keyNumber(p.keys)
	if err != nil {
		panic("testpeer: " + err.Error())
	}
	return key
}

func (a *Actor) signer() signer {
	a.peer.mu.Lock()
	defer a.peer.mu.Unlock()
	return signer{keyID: a.KeyID(), key: a.peer.actors[a.Name].key, algorithm: a.peer.traits.algorithm,
		now: a.peer.now(), pathOnly: a.peer.Persona == NodeBB, cover: a.peer.traits.covers}
}

func (a *Actor) publicKey() map[string]any {
	der, err := x509.MarshalPKIXPublicKey(&a.key.PublicKey)
	if err != nil {
		panic("testpeer: " + err.Error())
	}
	return map[string]any{"id": a.KeyID(), "owner": a.ID,
		"publicKeyPem": string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))}
}

// document is the actor as its server shows it.
func (a *Actor) document(typ string) obj {
	p := a.peer
	d := obj{
		"@context": []any{"https://www.w3.org/ns/activitystreams", "https://w3id.org/security/v1"},
		"id":       a.ID, "type": typ, "preferredUsername": a.Name, "name": a.Name, "url": a.ID,
		"inbox": a.Inbox(), "outbox": a.ID + "/outbox", "publicKey": a.publicKey(),
		"published": p.now().UTC().Format(time.RFC3339),
	}
	if typ == "Application" {
		d["preferredUsername"] = p.Host()
		return d
	}
	d["followers"], d["following"] = a.ID+"/followers", a.ID+"/following"
	if p.traits.sharedInbox != "" {
		d["endpoints"] = map[string]any{"sharedInbox": p.URL + p.traits.sharedInbox}
	}
	switch p.Persona {
	case Mastodon:
		d["featured"], d["manuallyApprovesFollowers"] = a.ID+"/collections/featured", false
		d["discoverable"], d["indexable"] = true, true
		d["tag"], d["attachment"] = []any{}, []any{}
	case GoToSocial: // seen: no sharedInbox, and following approved by hand unless told otherwise
		d["@context"] = []any{"https://gotosocial.org/ns", "https://www.w3.org/ns/activitystreams", "https://w3id.org/security/v1"}
		d["featured"], d["manuallyApprovesFollowers"] = a.ID+"/collections/featured", false
		d["hidesToPublicFromUnauthedWeb"], d["hidesCcPublicFromUnauthedWeb"] = false, true
	case Snac:
		d["featured"], d["summary"] = a.ID+"/featured", "<br>"
	case Misskey:
		d["sharedInbox"] = p.URL + p.traits.sharedInbox
		d["_misskey_summary"], d["isCat"] = "", false
	}
	if typ != "Group" {
		return d
	}
	switch p.Persona {
	case NodeBB:
		d["summary"] = "A category"
		d["postingRestrictedToMods"] = false
	default:
		d["attributedTo"] = a.ID + "/moderators"
		d["moderators"] = a.ID + "/moderators"
		d["featured"] = a.ID + "/featured"
		d["summary"], d["mediaType"] = "<p>A community</p>", "text/html"
		d["source"] = map[string]any{"content": "A community", "mediaType": "text/markdown"}
		d["postingRestrictedToMods"], d["sensitive"] = false, false
		d["language"] = []any{map[string]any{"identifier": "en", "name": "English"}}
	}
	return d
}
