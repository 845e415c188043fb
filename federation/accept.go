package federation

import (
	"context"
	"errors"
	"net/http"
	"time"

	"halqa/circles"
	"halqa/federation/as"
	"halqa/internal/app"
	"halqa/internal/fetch"
	"halqa/internal/store"
	"halqa/internal/tips"
)

// A delivery is an activity that somebody signed.
type delivery struct {
	activity *as.Envelope
	signer   string    // address of the actor whose key signed the request
	stranger *as.Actor // the signer, fetched just now and not stored yet; nil = known
	verdict  *verdict  // where what a gate says is noted; nil = nobody asks
	body     []byte
}

// accept applies or parks a verified delivery and returns the status for its sender. The origin rule
// comes first: an activity counts as what its actor says only if that actor's own key signed it and
// its id lies on the actor's host. What somebody forwards (Mastodon passes replies on) is never
// taken from the forwarder: what it is about is fetched from its own server.
func (in *Inbox) accept(ctx context.Context, d delivery) (int, error) {
	a := d.activity
	if !fetch.SameHost(a.ID, a.Actor) {
		return 0, &httpError{http.StatusUnauthorized, "The activity's id and its actor are on different servers."}
	}
	forwarded := a.Actor != d.signer
	if forwarded {
		if fetch.SameHost(a.Actor, d.signer) {
			return 0, &httpError{http.StatusUnauthorized, "The activity was not signed by its actor."}
		}
		host, err := hostOf(d.signer)
		if err != nil {
			return 0, err
		}
		if blocked, err := in.blocked(ctx, host); err != nil {
			return 0, err
		} else if blocked {
			return 0, errBlocked
		}
		return in.forwarded(ctx, d)
	}
	if in.site.Ours(a.Actor) {
		return 0, &httpError{http.StatusUnauthorized, "The activity claims an actor of this instance."}
	}

	host, err := hostOf(a.Actor)
	if err != nil {
		return 0, err
	}
	writes := a.Type == "Create" || a.Type == "Update"
	if writes {
		if err := in.keeping.full(host); err != nil {
			return 0, err
		}
	}
	announced := false
	p := store.Parked{URI: a.ID, OrderKey: orderKey(a), Signer: d.signer, Raw: d.body}
	var stranger *portrait
	if d.stranger != nil {
		described, err := in.describe(d.stranger)
		if err != nil {
			return in.taken(a, err)
		}
		stranger = &described
	}
	keep := func(tx *store.Tx) error {
		if stranger == nil {
			return nil
		}
		_, err := in.keep(tx, *stranger)
		return err
	}
	var lacking *lacks
	begun := in.begun(a)
	begun.grave = grave(a.ID, a.Actor)
	if a.Type == "Create" && begun.content != nil {
		begun.grave = grave(begun.content.ID, a.Actor)
	}
	begun.verdict = d.verdict
	err = in.store.Update(ctx, func(tx *store.Tx) error {
		lacking, announced = nil, false
		arrival, err := tx.Arrives(p.OrderKey, host, begun.grave)
		if err != nil {
			return err
		}
		if arrival.Blocked {
			return errBlocked
		}
		begun.buried = arrival.Buried
		if err := keep(tx); err != nil {
			return err
		}
		if arrival.Waits {
			lacking = &lacks{} // behind what came before it
			return in.park(tx, p)
		}
		err = in.admit(tx, begun)
		announced = tx.Appended()
		return err
	})
	if err == nil && writes && announced {
		in.keeping.add(host, len(d.body))
	}
	if errors.As(err, &lacking) {
		if err := in.waiting.recount(ctx, in.store); err != nil {
			return 0, err
		}
		if lacking.behind != "" {
			p.OrderKey = lacking.behind
		}
		p.Needs = lacking.String()
		err = in.store.Update(ctx, func(tx *store.Tx) error {
			if err := keep(tx); err != nil {
				return err
			}
			return in.park(tx, p)
		})
	}
	if stranger != nil && refusedHere(err) {
		// What they said is not wanted; who they are is, or it would be asked for with the next word.
		if kerr := in.store.Update(ctx, keep); kerr != nil && !refusedHere(kerr) {
			return 0, kerr
		}
	}
	if a.Type == "Accept" && err == nil {
		select {
		case in.past <- struct{}{}:
		default:
		}
	}
	if lacking != nil && err == nil {
		in.waiting.add(d.signer)
		in.nudge()
	}
	return in.taken(a, err)
}

// taken is the answer for what was applied, parked, or understood and not wanted.
func (in *Inbox) taken(a *as.Envelope, err error) (int, error) {
	if err != nil && !refusedHere(err) {
		return 0, err
	}
	if err != nil {
		in.log.Debug("inbox: not taken", "id", a.ID, "type", a.Type, "error", err)
	}
	return http.StatusAccepted, nil
}

// refusedHere reports whether an activity was understood and not wanted: its sender has done nothing
// that sending it again would mend, so it is told 202.
func refusedHere(err error) bool {
	switch circles.KindOf(err) {
	case circles.Invalid, circles.Denied, circles.Forbidden, circles.NotFound, circles.Conflict, circles.Gone, circles.TooLarge:
		return true
	}
	return false
}

// admit dedupes and applies an activity in one Update.
func (in *Inbox) admit(tx *store.Tx, a act) error {
	received, fresh, err := tx.Admit(a.ID, kept(a.Envelope))
	if err != nil || !fresh {
		return err
	}
	a.received = received
	if err := in.apply(tx, a); err != nil {
		return err
	}
	if understood(a.Type) && !tx.Appended() {
		// No circle announces it, so nothing will ask for its bytes. Otherwise whoever has a key could
		// fill the disk with what concerns nobody here.
		return tx.DropReceived(received)
	}
	return nil
}

// begun reads an activity's object before the transaction, where it has one. What is wrong with it is
// found again, and said, when it is applied.
func (in *Inbox) begun(e *as.Envelope) act {
	a := act{Envelope: e}
	switch {
	case ofTips(e):
	case e.Type == "Create", e.Type == "Update" && isContentType(e.Object.Type):
		_ = in.read(&a)
	case e.Type == "Update" && e.Object.ID == e.Actor:
		if described, err := in.profile(e); err == nil {
			a.actor = described
		}
	}
	return a
}

// maxUnknown bounds what is kept of an activity that nobody here understands yet: a Lemmy ban takes
// less than 4 KiB, and whoever has a key could fill the disk with larger ones.
const maxUnknown = 16 << 10

// kept returns the bytes that have to be remembered: of what a circle here may announce, and of what
// is not understood yet.
func kept(a *as.Envelope) []byte {
	switch a.Type {
	case "Announce", "Follow", "Accept", "Reject", "Flag", "Move":
		return nil
	}
	if ofTips(a) { // nobody announces it, and a preimage is between the two
		return nil
	}
	if !understood(a.Type) && len(a.Raw) > maxUnknown {
		return nil
	}
	return a.Raw
}

// understood reports whether a type is one whose bytes only an announcing circle needs.
func understood(typ string) bool {
	switch typ {
	case "Create", "Update", "Delete", "Undo", "Like", "Dislike", "EmojiReact", "PollVote":
		return true
	}
	return false
}

// An act is an activity being applied: one that was signed by its actor, or one that a circle passed
// on.
type act struct {
	*as.Envelope
	received int64           // its row of received, whose bytes a circle of ours announces
	via      *circles.Circle // the remote circle that announced it; nil = its actor said it to us
	asked    bool            // its object was fetched because somebody here asked for it
	past     bool            // its object was fetched as part of somebody's past

	content *as.Content        // of a Create or Update, once it was read
	post    *app.RemotePost    // the same, made fit to be stored
	letter  *app.RemoteMessage // the same, where it is not for everyone

	actor *portrait // of an Update of somebody's profile

	grave  string // the tombstone that was asked for with the arrival; "" = none was
	buried bool   // and whether it stands

	verdict *verdict // for the answer to its sender; nil = nobody waits for one
}

// said names who says it, for app.
func said(by *circles.Actor, a act) app.Said {
	s := app.Said{By: circles.PersonID(by.ID), Received: a.received, Past: a.past}
	if (a.Type == "Create" || a.Type == "Update") && a.via == nil && !a.asked && !a.past && a.received != 0 {
		s.Activity = a.ID
	}
	if a.via != nil {
		s.Via = a.via.CircleID()
	}
	return s
}

// outcome passes on what went wrong and notes what was refused: for the sender both what was taken and
// what was refused is done.
func (in *Inbox) outcome(a act) func(app.Outcome, error) error {
	return func(o app.Outcome, err error) error {
		if err == nil && o.Result == app.Refused {
			in.log.Debug("inbox: refused", "id", a.ID, "type", a.Type, "reason", o.Reason)
		}
		if err == nil && o.Gate != nil {
			in.log.Debug("inbox: gate", "id", a.ID, "type", a.Type, "action", o.Gate.Action)
			a.verdict.of(o)
		}
		return err
	}
}

// apply does what an activity says. It returns *lacks if something has to be fetched first.
func (in *Inbox) apply(tx *store.Tx, a act) error {
	if a.verdict != nil {
		*a.verdict = verdict{} // the transaction may be another try
	}
	if k, ok := in.kinds[a.Type]; ok {
		return k.take(in, tx, a)
	}
	return nil
}

// actorOf returns the actor of an activity as it is known here.
func (in *Inbox) actorOf(tx *store.Tx, address string) (*circles.Actor, error) {
	a, err := tx.ActorByURI(address)
	if circles.Is(err, circles.NotFound) || err == nil && !a.Local() && a.Inbox == "" {
		return nil, &lacks{what: needActor, address: address} // unknown, or noted by address alone
	}
	if err != nil {
		return nil, err
	}
	if a.DeletedAt != 0 {
		return nil, circles.Errorf(circles.Gone, "The actor %s was deleted.", address)
	}
	return a, nil
}

// describe makes an actor's document fit to be stored. Cleaning its texts takes time, so that is done
// before a transaction.
func (in *Inbox) describe(a *as.Actor) (portrait, error) {
	remote, err := remoteActor(a, in.now())
	if err != nil {
		return portrait{}, err
	}
	in.app.PrepareActor(&remote)
	return portrait{remote, paymentsOf(a), a.TipPolicy}, nil
}

// A portrait is an actor's document, fit to be stored.
type portrait struct {
	app.RemoteActor
	links  []tips.Link // where they can be paid
	policy string      // a circle's of tips
}

// keep stores what an actor's own server says of it.
func (in *Inbox) keep(tx *store.Tx, described portrait) (*circles.Actor, error) {
	id, err := in.app.UpsertRemoteActor(tx, described.RemoteActor)
	if err != nil {
		return nil, err
	}
	kept, err := tx.Actor(id)
	if err != nil {
		return nil, err
	}
	return kept, keepPayments(tx, kept, described)
}

// remoteActor turns an actor's document into what app stores. checkActor has passed.
func remoteActor(a *as.Actor, now time.Time) (app.RemoteActor, error) {
	host, err := fetch.Host(a.ID)
	if err != nil {
		return app.RemoteActor{}, err
	}
	r := app.RemoteActor{Actor: circles.Actor{
		Kind: circles.KindPerson, Name: a.Username, Host: host, URI: a.ID, URL: a.URL,
		DisplayName: a.Name, SummaryHTML: a.Summary, IconURL: a.Icon,
		Inbox: a.Inbox, SharedInbox: a.SharedInbox, Outbox: a.Outbox, Followers: a.Followers, Moderators: a.Moderators,
		Bot: a.Type == "Service", Locked: a.ManuallyApproves, Indexable: a.Indexable == nil || *a.Indexable, AlsoKnownAs: circles.AliasesOf(a.AlsoKnownAs),
		Published: a.Published.UnixMicro(), FetchedAt: now.UnixMicro(), MovedTo: a.MovedTo,
	}}
	for _, t := range a.Tags {
		if t.Type == "Emoji" {
			r.Emojis = append(r.Emojis, circles.Emoji{Code: t.Name, URL: t.Icon})
		}
	}
	switch a.Type {
	case "Person", "Service", "Organization":
	case "Group":
		r.Actor.Kind = circles.KindCircle
	case "Application":
		r.Actor.Kind = circles.KindInstance
	default:
		return r, circles.Errorf(circles.Invalid, "An actor of type %q is not known.", a.Type)
	}
	if a.Published.IsZero() {
		r.Actor.Published = now.UnixMicro()
	}
	for _, k := range a.Keys {
		// A key that calls itself one of another server would be found when that server's signs.
		if k.PEM != "" && (k.Owner == "" || k.Owner == a.ID) && fetch.SameHost(k.ID, a.ID) {
			r.Actor.KeyID, r.Actor.PublicKey = k.ID, k.PEM
			break
		}
	}
	if a.IsGroup() {
		r.Sensitive = a.Sensitive
		if a.RestrictedToMods {
			r.Posting = circles.PostingOperators
		}
		r.Unlisted = a.Discoverable != nil && !*a.Discoverable
		if len(a.Languages) == 1 {
			r.Language = a.Languages[0]
		}
	}
	return r, nil
}
