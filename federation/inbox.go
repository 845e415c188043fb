package federation

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/netip"
	"time"

	"halqa/circles"
	"halqa/federation/as"
	"halqa/federation/httpsig"
	"halqa/internal/app"
	"halqa/internal/fetch"
	"halqa/internal/store"
	"halqa/internal/tips"
)

const (
	keyPatience  = 8 * time.Second  // Lemmy's client gives up after 10 s
	bodyPatience = 10 * time.Second // for the whole body; servers send it at once
)

// An Inbox takes in what other servers send. Each request is answered when what it says is durable:
// applied, or parked until something was fetched.
//
// The order of checks is from cheap to costly, and nothing a stranger says is believed before the
// signature proves who speaks: content type, size, the sender's share of slots, JSON, digest and
// clock, key, signature, origin; then one Update, which asks the block list first. Before a key is looked up
// or fetched for a host, the list is asked as well. A slot is held only while something is
// worked on, never while bytes or keys are waited for, since how long that takes the sender chooses.
type Inbox struct {
	site    Site
	store   *store.Store
	app     *app.App
	log     *slog.Logger
	now     func() time.Time
	bodies  *bodies
	slots   *slots
	keys    *keyRing
	fetcher *documents
	heard   func(host string)
	client  func(*http.Request) netip.Addr
	wake    chan struct{} // something was parked
	past    chan struct{} // somebody's past may be wanted
	kinds   map[string]kind
	waiting waiting
	keeping keeping
	strange noting

	tips    *tips.Tips // nil = none
	signers *signers
	quotes  chan struct{}
}

// InboxOptions are what an Inbox is made of.
type InboxOptions struct {
	Site   Site
	Store  *store.Store
	App    *app.App
	Tips   *tips.Tips // nil = tips neither come nor go
	Fetch  *fetch.Client
	Log    *slog.Logger
	Now    func() time.Time
	Heard  func(host string)              // told of every host that proved itself; may be nil
	Client func(*http.Request) netip.Addr // the address a request came from, behind trusted proxies
}

// NewInbox returns an Inbox. Resume must run for what it parks to go on.
func NewInbox(o InboxOptions) *Inbox {
	d := &documents{client: o.Fetch, store: o.Store, site: o.Site, now: o.Now}
	in := &Inbox{
		site: o.Site, store: o.Store, app: o.App, log: o.Log, now: o.Now,
		bodies: newBodies(), slots: newSlots(o.Now), keys: newKeyRing(o.Store, d, o.Now), fetcher: d,
		heard: o.Heard, client: o.Client, kinds: kinds(), wake: make(chan struct{}, 1), past: make(chan struct{}, 1),
		waiting: waiting{now: o.Now}, keeping: keeping{now: o.Now, daily: keptDaily}, strange: noting{now: o.Now},
		tips: o.Tips, signers: newSigners(o.Site, o.Store), quotes: make(chan struct{}, quotesAtOnce),
	}
	if in.heard == nil {
		in.heard = func(string) {}
	}
	if in.client == nil {
		in.client = func(r *http.Request) netip.Addr {
			ap, _ := netip.ParseAddrPort(r.RemoteAddr)
			return ap.Addr().Unmap()
		}
	}
	return in
}

// ServeHTTP answers POST to the shared inbox and to every actor's own; they are the same place, since
// an activity says itself whom it concerns.
func (in *Inbox) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		http.Error(w, "An inbox takes POST only.", http.StatusMethodNotAllowed)
		return
	}
	var said verdict
	status, err := in.take(w, r, &said)
	if err == nil && said.said != nil {
		err = said.write(w, in.site)
		if err == nil {
			return
		}
	}
	if err == nil {
		w.WriteHeader(status)
		return
	}
	in.answer(w, r, err)
}

// take returns the status for what was taken in.
func (in *Inbox) take(w http.ResponseWriter, r *http.Request, said *verdict) (int, error) {
	if !fetch.IsActivityPub(r.Header.Get("Content-Type")) {
		return 0, &httpError{http.StatusUnsupportedMediaType, "The inbox takes application/activity+json."}
	}
	sig, err := httpsig.Parse(r)
	if err != nil {
		return 0, err
	}
	host, err := fetch.Host(sig.KeyID)
	if err != nil {
		return 0, &httpError{http.StatusUnauthorized, "The signature names a key that has no usable address."}
	}
	from := block(in.client(r))
	body, done, err := in.body(w, r, from)
	if err != nil {
		return 0, err
	}
	defer done()
	slot := slot{slots: in.slots, share: host + " " + from}
	if err := slot.take(r.Context(), w); err != nil {
		return 0, err
	}
	defer slot.release()

	activity, err := as.Parse(body)
	if err != nil {
		return 0, err
	}
	if activity.Actor == "" || activity.Type == "" {
		return 0, &httpError{http.StatusBadRequest, "An activity needs a type and an actor."}
	}
	if activity.ID == "" {
		// WordPress sends Update of an actor without one. Its bytes stand for it.
		sum := sha256.Sum256(body)
		activity.ID = activity.Actor + "#" + hex.EncodeToString(sum[:])
	}

	// Mastodon tells every server it ever heard of about a deleted account, whose key is gone by
	// then. Who was never known here has left nothing to delete.
	leaves := activity.Type == "Delete" && activity.Object.ID == activity.Actor
	signer, stranger, err := in.proven(w, r, sig, host, body, &slot, !leaves)
	if errors.Is(err, errNeverMet) {
		return http.StatusAccepted, nil
	}
	if err != nil {
		return 0, err
	}
	status, err := in.accept(r.Context(), delivery{activity: activity, signer: signer, stranger: stranger, body: body, verdict: said})
	if err != errBlocked {
		in.heard(host)
	}
	return status, err
}

// errBlocked is for who speaks for a server that nothing is exchanged with.
var errBlocked = &httpError{http.StatusForbidden, "This server does not talk to yours."}

// errNeverMet says that a request is signed by somebody whose key is not here and may not be fetched.
var errNeverMet = errors.New("the signer was never met")

// proven checks whose key signed a request with this body, and returns that actor's address; stranger is the
// actor if they had to be fetched just now, which meet allows. The slot is given back meanwhile and held
// again afterwards. Nothing is fetched from a blocked server; whether the server of a key that was at hand
// is blocked is asked by the transaction that acts, which costs nothing more there.
func (in *Inbox) proven(w http.ResponseWriter, r *http.Request, sig *httpsig.Signature, host string, body []byte, slot *slot, meet bool) (signer string, stranger *as.Actor, err error) {
	checked, err := sig.Check([]string{in.site.Host}, body, in.now())
	if err != nil {
		return "", nil, err
	}
	key, known, err := in.keys.look(r.Context(), sig.KeyID, host)
	if err != nil {
		return "", nil, err
	}
	if !known {
		if !meet {
			return "", nil, errNeverMet
		}
		slot.release()
		if key, stranger, err = in.fetchKey(r.Context(), sig.KeyID, len(body), knownKey{}); err != nil {
			return "", nil, err
		}
		if err := slot.take(r.Context(), w); err != nil {
			return "", nil, err
		}
	}
	if err := checked.Verify(key.key); err != nil {
		if stranger != nil || in.now().Sub(key.at) < keyRefreshes {
			return "", nil, err
		}
		// The key may have been replaced since it was fetched: ask once more.
		if blocked, err := in.blocked(r.Context(), host); err != nil {
			return "", nil, err
		} else if blocked {
			return "", nil, errBlocked
		}
		slot.release()
		old := key
		if key, stranger, err = in.fetchKey(r.Context(), sig.KeyID, len(body), old); err != nil {
			return "", nil, err
		}
		if key.key.Equal(old.key) {
			return "", nil, &httpError{http.StatusUnauthorized, "The signature does not fit the key."}
		}
		if err := slot.take(r.Context(), w); err != nil {
			return "", nil, err
		}
		if err := checked.Verify(key.key); err != nil {
			return "", nil, err
		}
	}
	return key.owner, stranger, nil
}

// body reads what was sent. It holds no slot, so that who sends a byte a second takes nothing from
// others but the room for the bytes, of which each part of the network has a share.
func (in *Inbox) body(w http.ResponseWriter, r *http.Request, from string) (body []byte, done func(), err error) {
	tooLarge := &httpError{http.StatusRequestEntityTooLarge, "An activity may be 1 MiB long."}
	size := r.ContentLength
	if size > as.MaxBody {
		return nil, nil, tooLarge
	}
	if size < 0 {
		size = as.MaxBody // it does not say
	}
	if !in.bodies.take(from, size) {
		w.Header().Set("Retry-After", "5")
		return nil, nil, &httpError{http.StatusTooManyRequests, "Too much is being sent here at the moment; send this again later."}
	}
	done = func() { in.bodies.give(from, size) }
	// The deadline is one of the connection; what cannot set it (a recorder, in tests) does not wait.
	limit := http.NewResponseController(w)
	_ = limit.SetReadDeadline(time.Now().Add(bodyPatience))
	body, err = io.ReadAll(http.MaxBytesReader(w, r.Body, as.MaxBody))
	_ = limit.SetReadDeadline(time.Time{})
	if err == nil {
		return body, done, nil
	}
	done()
	var long *http.MaxBytesError
	if errors.As(err, &long) {
		return nil, nil, tooLarge
	}
	return nil, nil, &httpError{http.StatusRequestTimeout, "The body did not arrive whole."}
}

// fetchKey fetches a key without holding a slot. size is what is kept in memory meanwhile, old the key that
// does not fit.
func (in *Inbox) fetchKey(ctx context.Context, keyID string, size int, old knownKey) (knownKey, *as.Actor, error) {
	found, actor, err := in.keys.fetch(ctx, keyID, size, old)
	if err == nil {
		return found, actor, nil
	}
	if ctx.Err() != nil || circles.Is(err, circles.Limited) || circles.Is(err, circles.Busy) {
		return knownKey{}, nil, &httpError{http.StatusTooManyRequests, "Your key could not be fetched in time; send this again later."}
	}
	in.log.Debug("inbox: key", "key", keyID, "error", err)
	return knownKey{}, nil, &httpError{http.StatusUnauthorized, "Your key could not be fetched, so the signature could not be checked."}
}

func (in *Inbox) blocked(ctx context.Context, host string) (blocked bool, err error) {
	err = in.store.View(ctx, func(tx *store.Tx) error {
		var err error
		blocked, err = tx.PeerBlocked(host)
		return err
	})
	return blocked, err
}

// An httpError is a refusal with a status of its own.
type httpError struct {
	status  int
	message string
}

func (e *httpError) Error() string { return e.message }

// answer maps an error to the status that makes its sender behave: Lemmy, Mastodon and Mbin drop
// what was answered with 4xx, except 408 and 429, and Mastodon 4.7 sends everything twice on 400 and
// 401, so those are for signatures and nonsense only.
func (in *Inbox) answer(w http.ResponseWriter, r *http.Request, err error) {
	var own *httpError
	if errors.As(err, &own) {
		if own.status == http.StatusTooManyRequests && w.Header().Get("Retry-After") == "" {
			w.Header().Set("Retry-After", "60")
		}
		http.Error(w, own.message, own.status)
		return
	}
	switch circles.KindOf(err) {
	case circles.Denied:
		http.Error(w, message(err), http.StatusUnauthorized)
	case circles.Invalid:
		http.Error(w, message(err), http.StatusBadRequest)
	case circles.TooLarge:
		http.Error(w, message(err), http.StatusRequestEntityTooLarge)
	case circles.Limited:
		w.Header().Set("Retry-After", "60")
		http.Error(w, message(err), http.StatusTooManyRequests)
	case circles.Busy:
		w.Header().Set("Retry-After", "30")
		http.Error(w, message(err), http.StatusServiceUnavailable)
	default:
		if r.Context().Err() != nil {
			return // the sender hung up
		}
		in.log.Error("inbox", "error", err)
		http.Error(w, "Something went wrong here; send this again later.", http.StatusInternalServerError)
	}
}

func message(err error) string {
	var e *circles.Error
	if errors.As(err, &e) {
		return e.Message
	}
	return "The request was refused."
}

// block is the part of an address that one owner is likely to hold.
func block(a netip.Addr) string {
	bits := 32
	if a.Is6() {
		bits = 64
	}
	p, err := a.Prefix(bits)
	if err != nil {
		return ""
	}
	return p.String()
}
