package federation

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strconv"
	"strings"

	"halqa/circles"
	"halqa/federation/as"
	"halqa/internal/app"
	"halqa/internal/fetch"
	"halqa/internal/store"
	"halqa/internal/text"
)

// A Publisher answers other servers that ask who is here and what was said: WebFinger, NodeInfo,
// actors, posts, activities, collections. What it serves is public; unknown, private and hidden get
// the same 404. It answers unsigned requests too: two servers that both insist on signatures could
// never read each other's keys.
type Publisher struct {
	site    Site
	store   *store.Store
	app     *app.App
	log     *slog.Logger
	about   func(context.Context) (About, error)
	version string
	inbox   *Inbox // checks who asks for what is not for everyone
	mux     *http.ServeMux
}

// About is what an instance says of itself.
type About struct {
	Name        string
	Description string
	Open        bool // anyone may sign up
}

// PublisherOptions are what a Publisher is made of.
type PublisherOptions struct {
	Site    Site
	Store   *store.Store
	App     *app.App
	Inbox   *Inbox
	Log     *slog.Logger
	Version string
	About   func(context.Context) (About, error)
}

const maxReplies = 500 // what Mastodon asks for in all

// NewPublisher returns a Publisher. It serves the inboxes as well, since they lie between its
// addresses.
func NewPublisher(o PublisherOptions) *Publisher {
	p := &Publisher{site: o.Site, store: o.Store, app: o.App, log: o.Log, about: o.About, version: o.Version, inbox: o.Inbox, mux: http.NewServeMux()}
	for _, pattern := range []string{"/inbox", "/c/{name}/inbox", "/u/{name}/inbox"} {
		p.mux.Handle(pattern, o.Inbox)
	}
	for _, pattern := range []string{"POST /tip", "POST /u/{name}/tip"} {
		p.mux.HandleFunc(pattern, o.Inbox.takeTip)
	}
	for pattern, serve := range map[string]func(http.ResponseWriter, *http.Request) error{
		"/.well-known/webfinger": p.webFinger,
		"/.well-known/host-meta": p.hostMeta,
		"/.well-known/nodeinfo":  p.nodeInfoLinks,
		"/nodeinfo/{schema}":     p.nodeInfo,
		"/outbox":                p.nothing,
		"/{$}":                   p.instance,
		"/c/{name}":              p.circle,
		"/c/{name}/outbox":       p.circleOutbox,
		"/c/{name}/followers":    p.circleFollowers,
		"/c/{name}/following":    p.circleFollowing,
		"/c/{name}/featured":     p.circleFeatured,
		"/c/{name}/moderators":   p.circleModerators,
		"/u/{name}":              p.person,
		"/u/{name}/outbox":       p.personOutbox,
		"/u/{name}/followers":    p.personFollowers,
		"/u/{name}/following":    p.personFollowing,
		"/u/{name}/featured":     p.personFeatured,
		"/u/{name}/tip":          p.inbox.terms,
		"/tip":                   p.inbox.terms,
		"/post/{id}/tips":        p.tipped,
		"/comment/{id}/tips":     p.tipped,
		"/post/{id}":             p.post,
		"/post/{id}/context":     p.thread,
		"/post/{id}/replies":     p.replies,
		"/post/{id}/likes":       p.likes,
		"/post/{id}/shares":      p.shares,
		"/comment/{id}":          p.post,
		"/comment/{id}/replies":  p.replies,
		"/comment/{id}/likes":    p.likes,
		"/comment/{id}/shares":   p.shares,
		"/message/{id}":          p.message,
		"/notice/{id}":           p.notice,
		"/activity/{seq}":        p.activity,
		"/activity/{seq}/{form}": p.activity,
	} {
		p.mux.HandleFunc("GET "+pattern, func(w http.ResponseWriter, r *http.Request) {
			if err := serve(w, r); err != nil {
				p.refuse(w, r, err)
			}
		})
	}
	p.mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { p.refuse(w, r, notHere()) })
	return p
}

// Owns reports whether a request is for the Publisher rather than for the pages that share its
// addresses: by address where no page lies there, else by what is asked for.
func (p *Publisher) Owns(r *http.Request) bool {
	path := r.URL.Path
	switch {
	case strings.HasPrefix(path, "/.well-known/lnurlp/"): // for wallets, not for servers
		return false
	case path == "/inbox", path == "/outbox", path == "/tip", strings.HasPrefix(path, "/.well-known/"), strings.HasPrefix(path, "/nodeinfo/"), strings.HasPrefix(path, "/activity/"), strings.HasPrefix(path, "/notice/"):
		return true
	}
	rest := strings.Split(strings.TrimPrefix(path, "/"), "/")
	if len(rest) == 3 {
		switch rest[0] {
		case "c", "u":
			switch rest[2] {
			case "inbox", "outbox", "followers", "following", "featured":
				return true
			case "moderators":
				return wantsActivity(r)
			case "tip": // people have a page there
				return rest[0] == "u" && (wantsActivity(r) || r.Method == http.MethodPost && fetch.IsActivityPub(r.Header.Get("Content-Type")))
			}
		case "post", "comment":
			switch rest[2] {
			case "context", "replies", "likes", "shares", "tips":
				return true
			}
		}
	}
	shared := path == "/" || len(rest) == 2 && (rest[0] == "c" || rest[0] == "u" || rest[0] == "post" || rest[0] == "comment" || rest[0] == "message")
	return shared && wantsActivity(r)
}

// wantsActivity reports whether the first type that a client accepts and we have is ActivityStreams.
// Browsers name text/html; servers name activity+json or ld+json, some of them beside HTML.
func wantsActivity(r *http.Request) bool {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		return false
	}
	for _, accept := range r.Header.Values("Accept") {
		if len(accept) > 2048 {
			accept = accept[:2048]
		}
		for part := range strings.SplitSeq(accept, ",") {
			kind, _, _ := strings.Cut(strings.TrimSpace(part), ";")
			switch strings.ToLower(kind) {
			case "application/activity+json", "application/ld+json":
				return true
			case "text/html", "application/xhtml+xml":
				return false
			}
		}
	}
	return false
}

func (p *Publisher) ServeHTTP(w http.ResponseWriter, r *http.Request) { p.mux.ServeHTTP(w, r) }

// refuse answers in plain text; the requests come from programs.
func (p *Publisher) refuse(w http.ResponseWriter, r *http.Request, err error) {
	w.Header().Set("Vary", "Accept")
	switch kind := circles.KindOf(err); kind {
	case circles.NotFound, circles.Forbidden, circles.Denied, circles.Gone:
		http.Error(w, "There is nothing here.", http.StatusNotFound)
	case circles.Invalid:
		http.Error(w, message(err), http.StatusBadRequest)
	case circles.Busy:
		w.Header().Set("Retry-After", "30")
		http.Error(w, message(err), http.StatusServiceUnavailable)
	default:
		if r.Context().Err() != nil {
			return
		}
		p.log.Error("publish", "path", r.URL.Path, "error", err)
		http.Error(w, "Something went wrong here.", http.StatusInternalServerError)
	}
}

func notHere() error { return circles.Errorf(circles.NotFound, "There is nothing here.") }

// send answers with a document. Caches may keep it for a short while; a peer that must hear of a
// change at once is told of it.
func send(w http.ResponseWriter, kind string, body []byte) error {
	h := w.Header()
	h.Set("Content-Type", kind)
	if h.Get("Vary") == "" {
		h.Set("Vary", "Accept")
	}
	h.Set("Cache-Control", "max-age=60")
	h.Set("X-Content-Type-Options", "nosniff")
	_, _ = w.Write(body) // who hung up does not want it
	return nil
}

func sendDoc(w http.ResponseWriter, d as.Doc) error { return send(w, as.ActivityJSON, d.Bytes()) }

// instance is the server speaking for itself. // FEP-2677
func (p *Publisher) instance(w http.ResponseWriter, r *http.Request) error {
	return p.actor(w, r, func(tx *store.Tx) (*circles.Actor, error) { return tx.ActorByURI("/") })
}

func (p *Publisher) circle(w http.ResponseWriter, r *http.Request) error {
	return p.actor(w, r, func(tx *store.Tx) (*circles.Actor, error) { return p.named(tx, r, circles.KindCircle) })
}

func (p *Publisher) person(w http.ResponseWriter, r *http.Request) error {
	return p.actor(w, r, func(tx *store.Tx) (*circles.Actor, error) { return p.named(tx, r, circles.KindPerson) })
}

// named returns the actor of an address like /c/{name}, which may be a remote one's local page.
func (p *Publisher) named(tx *store.Tx, r *http.Request, kind circles.ActorKind) (*circles.Actor, error) {
	name, host, remote := strings.Cut(strings.ToLower(r.PathValue("name")), "@")
	var a *circles.Actor
	var err error
	if remote {
		if host, err = text.Host(host); err != nil {
			return nil, notHere()
		}
		a, err = tx.ActorByHandle(name, host)
	} else {
		a, err = tx.LocalActor(name)
	}
	if err != nil {
		return nil, err
	}
	if a.Kind != kind && !(kind == circles.KindPerson && a.Kind == circles.KindService) {
		return nil, notHere()
	}
	return a, nil
}

// actor serves a local actor's document, or sends on to the origin of a remote one.
func (p *Publisher) actor(w http.ResponseWriter, r *http.Request, find func(*store.Tx) (*circles.Actor, error)) error {
	var doc as.Doc
	origin := ""
	err := p.store.View(r.Context(), func(tx *store.Tx) error {
		a, err := find(tx)
		if err != nil {
			return err
		}
		if !a.Local() {
			if a.DeletedAt != 0 || a.SuspendedAt != 0 {
				return notHere()
			}
			origin = a.URI
			return nil
		}
		if a.DeletedAt != 0 {
			was := *a
			was.DeletedAt = 0
			if err := p.shown(tx, &was); err != nil {
				return err // nobody elsewhere was ever told of it
			}
			doc = as.Tombstone{ID: p.site.ActorAddress(a), FormerType: typeOf(a.Kind), Deleted: moment(a.DeletedAt)}.Doc()
			return errTombstone
		}
		if err := p.shown(tx, a); err != nil {
			return err
		}
		doc, err = p.site.renderActor(tx, a)
		return err
	})
	return p.finish(w, r, doc, origin, err)
}

// errTombstone says that the document is what is left of something.
var errTombstone = errors.New("gone")

// finish sends a document, the way to it, or its tombstone.
func (p *Publisher) finish(w http.ResponseWriter, r *http.Request, doc as.Doc, origin string, err error) error {
	switch {
	case errors.Is(err, errTombstone):
		w.Header().Set("Content-Type", as.ActivityJSON)
		w.Header().Set("Vary", "Accept")
		w.WriteHeader(http.StatusGone)
		_, _ = w.Write(doc.Bytes())
		return nil
	case err != nil:
		return err
	case origin != "":
		w.Header().Set("Vary", "Accept")
		http.Redirect(w, r, origin, http.StatusFound)
		return nil
	}
	return sendDoc(w, doc)
}

// post serves a post as a Page, a comment as a Note.
func (p *Publisher) post(w http.ResponseWriter, r *http.Request) error {
	id, err := circles.ParsePostID(r.PathValue("id"))
	if err != nil {
		return notHere()
	}
	var doc as.Doc
	origin := ""
	err = p.store.View(r.Context(), func(tx *store.Tx) error {
		v, err := loadPost(tx, id)
		if err != nil {
			return err
		}
		if !v.open() {
			return notHere()
		}
		if !v.post.Local() {
			if v.post.State == circles.Visible {
				origin = v.post.URI
				return nil
			}
			return notHere()
		}
		if v.post.Path() != r.URL.Path {
			return notHere() // a comment's id below /post/: ids are addresses, not numbers
		}
		switch v.post.State {
		case circles.Visible:
			doc = p.site.renderPost(v, tx.Now(), pollFormFor(r))
			if v.poll != nil {
				variesByAgent(w)
			}
			return nil
		case circles.Deleted, circles.Removed:
			if v.post.CreateSeq == 0 {
				return notHere() // it was held, and nobody elsewhere ever heard of it
			}
			doc = p.site.renderTombstone(v)
			return errTombstone
		}
		return notHere()
	})
	return p.finish(w, r, doc, origin, err)
}

// open reports whether other servers may hear of it at all.
func (v *postView) open() bool {
	return v.federated() && (v.circle == nil || v.circle.DeletedAt == 0 && v.circle.SuspendedAt == 0)
}

// activity serves what a log entry says, as long as the log keeps it and it is still true.
func (p *Publisher) activity(w http.ResponseWriter, r *http.Request) error {
	seq, err := strconv.ParseInt(r.PathValue("seq"), 10, 64)
	if err != nil || seq <= 0 {
		return notHere()
	}
	body, open, reader, err := activityFor(r.Context(), p.store, p.site, circles.Seq(seq), r.PathValue("form"), pollFormFor(r))
	if err != nil {
		return err
	}
	if !open {
		return p.sendTo(w, r, reader, body)
	}
	variesByAgent(w)
	return send(w, as.ActivityJSON, body)
}

func (p *Publisher) nothing(w http.ResponseWriter, r *http.Request) error {
	return sendDoc(w, as.ObjectCollection(p.site.Base+r.URL.Path, 0, nil))
}
