package testpeer

import (
	"encoding/json"
	"net/http"
	"strings"
	"time"
)

// A Question is a request that somebody made to a peer, whatever became of it.
type Question struct {
	Method, Target string // Target with the query
	Header         http.Header
}

// A Behaviour is how a peer mistreats requests.
type Behaviour struct {
	hang   bool
	status int
	header http.Header
	delay  time.Duration
	stream string // "endless" or "cut"
	times  int    // 0 = always
}

// Normal ends another behaviour.
func Normal() Behaviour { return Behaviour{} }

// Hang accepts the request and never answers.
func Hang() Behaviour { return Behaviour{hang: true} }

// Refuse answers a status, without reading.
func Refuse(status int) Behaviour { return Behaviour{status: status} }

// RetryAfter refuses with a status and asks for patience.
func RetryAfter(status int, after string) Behaviour {
	return Behaviour{status: status, header: http.Header{"Retry-After": {after}}}
}

// RedirectTo sends the asker elsewhere: 302 to a GET, 308 to a POST.
func RedirectTo(address string) Behaviour {
	return Behaviour{status: http.StatusFound, header: http.Header{"Location": {address}}}
}

// Endless answers 200 with a JSON document that does not end.
func Endless() Behaviour { return Behaviour{stream: "endless"} }

// Cut answers 200 and breaks off in the middle of the body.
func Cut() Behaviour { return Behaviour{stream: "cut"} }

// Slow waits before it behaves normally.
func Slow(d time.Duration) Behaviour { return Behaviour{delay: d} }

// Times limits a behaviour to the next n requests.
func (b Behaviour) Times(n int) Behaviour { b.times = n; return b }

// Behave sets how every request is treated; BehaveAt and Inboxes go before it.
func (p *Peer) Behave(b Behaviour) { p.BehaveAt("", b) }

// Inboxes sets how every POST is treated.
func (p *Peer) Inboxes(b Behaviour) { p.BehaveAt("inbox", b) }

// BehaveAt sets how requests to one path are treated, such as "/u/bob" or "/.well-known/webfinger".
func (p *Peer) BehaveAt(path string, b Behaviour) {
	p.update(func() {
		if b.hang || b.status != 0 || b.delay != 0 || b.stream != "" {
			p.behave[path] = b
		} else {
			delete(p.behave, path)
		}
	})
}

type rawDocument struct {
	contentType string
	body        []byte
}

// Serve puts any bytes at a path, with a Content-Type, before what is there otherwise. With a query
// in it the path holds for exactly that query.
func (p *Peer) Serve(path, contentType string, body []byte) (address string) {
	p.update(func() { p.raw[path] = rawDocument{contentType, body} })
	return p.URL + path
}

// enter counts a request among what the end of the test waits for; false after that.
func (p *Peer) enter() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return false
	}
	p.bg.Add(1)
	return true
}

func (p *Peer) handle(w http.ResponseWriter, r *http.Request) {
	if !p.enter() {
		panic(http.ErrAbortHandler)
	}
	defer p.bg.Done()
	b := p.arrive(r)
	switch {
	case b.hang:
		select {
		case <-r.Context().Done():
		case <-p.life.Done():
		}
		panic(http.ErrAbortHandler) // no answer, not even an empty one
	case b.stream != "":
		p.stream(w, b.stream)
		panic(http.ErrAbortHandler)
	case b.delay != 0:
		wait := time.NewTimer(b.delay)
		defer wait.Stop()
		select {
		case <-wait.C:
		case <-r.Context().Done():
			return
		case <-p.life.Done():
			return
		}
	case b.status != 0:
		for k, v := range b.header {
			w.Header()[k] = v
		}
		if b.status == http.StatusFound && r.Method == http.MethodPost {
			b.status = http.StatusPermanentRedirect
		}
		w.WriteHeader(b.status)
		return
	}
	if p.Persona == GoToSocial && r.UserAgent() == "" {
		p.complain(ReasonNoAgent, r.URL.Path, "")
		w.WriteHeader(http.StatusTeapot) // seen
		return
	}
	switch r.Method {
	case http.MethodPost:
		p.post(w, r)
	case http.MethodGet, http.MethodHead:
		p.document(w, r)
	default:
		w.WriteHeader(http.StatusMethodNotAllowed)
	}
}

// stream sends a body that does not end well. It returns when the asker has gone away.
func (p *Peer) stream(w http.ResponseWriter, how string) {
	w.Header().Set("Content-Type", activityJSON)
	if how == "cut" {
		w.Header().Set("Content-Length", "100000")
	}
	chunk := []byte(`{"@context":"https://www.w3.org/ns/activitystreams","content":"` + strings.Repeat("long ", 1000))
	for {
		if _, err := w.Write(chunk); err != nil || how == "cut" || p.life.Err() != nil {
			_ = http.NewResponseController(w).Flush() // so that the asker sees a beginning
			return
		}
		chunk = chunk[len(chunk)-5000:]
	}
}

// arrive notes the request and picks the behaviour that holds for it.
func (p *Peer) arrive(r *http.Request) Behaviour {
	var chosen Behaviour
	p.update(func() {
		p.asked = append(p.asked, Question{r.Method, r.URL.RequestURI(), r.Header.Clone()})
		keys := []string{r.URL.Path, ""}
		if r.Method == http.MethodPost {
			keys = []string{r.URL.Path, "inbox", ""}
		}
		for _, k := range keys {
			b, ok := p.behave[k]
			if !ok {
				continue
			}
			if chosen = b; b.times == 1 {
				delete(p.behave, k)
			} else if b.times > 1 {
				b.times--
				p.behave[k] = b
			}
			return
		}
	})
	return chosen
}

func (p *Peer) document(w http.ResponseWriter, r *http.Request) {
	d, ok := read2(p, func() (rawDocument, bool) {
		if d, ok := p.raw[r.URL.RequestURI()]; ok {
			return d, true
		}
		d, ok := p.raw[r.URL.Path]
		return d, ok
	})
	if ok {
		w.Header().Set("Content-Type", d.contentType)
		_, _ = w.Write(d.body)
		return
	}
	switch r.URL.Path {
	case "/.well-known/webfinger":
		p.webFinger(w, r.URL.Query().Get("resource"))
		return
	case "/.well-known/nodeinfo":
		links := []any{}
		for _, v := range []string{"2.0", "2.1"} {
			links = append(links, obj{"rel": "http://nodeinfo.diaspora.software/ns/schema/" + v, "href": p.URL + "/nodeinfo/" + v})
		}
		reply(w, http.StatusOK, "application/json", obj{"links": links})
		return
	case "/nodeinfo/2.0", "/nodeinfo/2.1":
		reply(w, http.StatusOK, "application/json", p.nodeInfo(strings.TrimPrefix(r.URL.Path, "/nodeinfo/")))
		return
	}
	id := p.URL + r.URL.Path
	if stub := p.keyStub(id); stub != nil {
		reply(w, http.StatusOK, activityJSON, stub)
		return
	}
	if p.traits.secure {
		if why := p.verifyGet(r); why != nil {
			p.complain(why.reason, r.URL.Path, why.detail)
			reply(w, http.StatusUnauthorized, "application/json", obj{"error": string(why.reason) + ": " + why.detail})
			return
		}
	} else if r.Header.Get("Signature") != "" && p.Persona == Lemmy {
		// L reads the signature for private communities alone; a keyId without fragment fails there.
		if _, why := p.traits.sigs.check(r, nil, p.now()); why != nil && why.reason == ReasonKeyForm {
			p.complain(why.reason, r.URL.Path, why.detail)
		}
	}
	doc := read(p, func() obj { return p.docs[id] })
	if doc == nil {
		doc = p.collection(r.URL.Path)
	}
	switch {
	case doc == nil:
		reply(w, http.StatusNotFound, "application/json", obj{"error": "Not Found"})
	case doc.typ() == "Tombstone":
		reply(w, http.StatusGone, activityJSON, doc)
	default:
		if !doc.has("@context") {
			doc = copyOf(doc)
			doc["@context"] = "https://www.w3.org/ns/activitystreams"
		}
		reply(w, http.StatusOK, activityJSON, doc)
	}
}

// keyStub is what GoToSocial shows to anybody at the address of a key: an actor without inbox.
func (p *Peer) keyStub(id string) obj {
	if !strings.HasPrefix(p.traits.keySuffix, "/") {
		return nil
	}
	actor, ok := strings.CutSuffix(id, p.traits.keySuffix)
	if !ok {
		return nil
	}
	doc := read(p, func() obj { return p.docs[actor] })
	if doc == nil {
		return nil
	}
	return obj{"@context": doc["@context"], "id": doc["id"], "type": doc["type"],
		"preferredUsername": doc["preferredUsername"], "publicKey": doc["publicKey"]}
}

func (p *Peer) webFinger(w http.ResponseWriter, resource string) {
	name := ""
	if acct, ok := strings.CutPrefix(resource, "acct:"); ok {
		if n, host, ok := strings.Cut(acct, "@"); ok && host == p.Host() {
			name = n
		}
	}
	p.mu.Lock()
	a := p.actors[name]
	if a == nil {
		for _, b := range p.actors {
			if b.ID == resource {
				a = b
			}
		}
	}
	p.mu.Unlock()
	if a == nil {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	typ := "Person"
	if a.group {
		typ = "Group"
	}
	self := obj{"rel": "self", "type": activityJSON, "href": a.ID}
	if p.Persona == Lemmy {
		self["properties"] = obj{"https://www.w3.org/ns/activitystreams#type": typ}
	}
	reply(w, http.StatusOK, jrdJSON, obj{
		"subject": "acct:" + a.Name + "@" + p.Host(), "aliases": []any{a.ID},
		"links": []any{obj{"rel": "http://webfinger.net/rel/profile-page", "type": "text/html", "href": a.ID}, self},
	})
}

func (p *Peer) nodeInfo(version string) obj {
	users := read(p, func() int { return len(p.actors) - 1 })
	return obj{"version": version, "software": obj{"name": string(p.Persona), "version": p.traits.version},
		"protocols": []any{"activitypub"}, "services": obj{"inbound": []any{}, "outbound": []any{}},
		"openRegistrations": true, "metadata": obj{}, "usage": obj{"users": obj{"total": users},
			"localPosts": len(p.selected(func(x *Post) bool { return p.ours(x.ID) }))}}
}

func reply(w http.ResponseWriter, status int, contentType string, doc any) {
	body, err := json.Marshal(doc)
	if err != nil {
		panic("testpeer: " + err.Error())
	}
	w.Header().Set("Content-Type", contentType)
	w.WriteHeader(status)
	_, _ = w.Write(body)
}
