package federation

import (
	"errors"
	"fmt"

	"halqa/circles"
	"halqa/federation/as"
	"halqa/internal/store"
)

// The forms of what a log entry says. An entry of a circle says it as an Announce of an activity; a
// microblog gets the post's address instead (formPost). What a moderator does has no entry of its
// own, so the activity inside the Announce takes its address from the circle's (formInner). What
// comes back after a deletion or removal is said once more as it is now (formAgain, with the activity
// inside as formAgainInner): who never got it, because it was gone when its turn came, has nothing
// to undo. So is a post that was closed or opened, for who reads no Lock.
const (
	formMain       = ""
	formPost       = "post"
	formInner      = "inner"
	formAgain      = "again"
	formAgainInner = "again-inner"
)

// A saying is one activity of ours, rendered from what is true now.
type saying struct {
	doc    as.Doc
	signer circles.ActorID
	open   bool   // anyone may read it at its address
	reader string // else who may, by address; "" = nobody
}

var (
	// errVoid says that an entry has nothing true to say any more.
	errVoid = errors.New("not true any more")
	// errHeld says the same for now: the circle is suspended, and nobody is told what is in it.
	errHeld = errors.New("not while the circle is suspended")
	// errNoForm says that an entry has no such form.
	errNoForm = errors.New("no such form")
)

// A speaker turns entries of the log into activities, inside one View. It is used by one goroutine.
type speaker struct {
	site   Site
	tx     *store.Tx
	brief  bool   // objects by their address, for who reads no long bodies
	class  class  // whom it is for; "" for whoever asks at the address
	family string // of the server that a message goes to; "" = as its row says
	polls  pollForm
}

// say renders one form of an entry. Two entries of one change (the author's, and the circle's about
// it) come to the same bytes where the one stands inside the other.
func (s speaker) say(ev circles.Event, form string) (saying, error) {
	signer, err := s.tx.Actor(ev.Signer)
	if err != nil {
		return saying{}, gone(err)
	}
	if !signer.Local() {
		return saying{}, errVoid
	}
	switch ev.Kind.Lane() {
	case circles.LaneContent:
		if isMessage(ev.Kind) {
			return s.message(ev, signer, form)
		}
		if ev.Kind == circles.GateTold {
			return s.gateTold(ev, signer, form)
		}
		if isTip(ev.Kind) {
			return s.tip(ev, signer, form)
		}
		if governs(ev.Kind) {
			return s.governing(ev, signer, form)
		}
		return s.content(ev, signer, form)
	case circles.LaneVote:
		if ev.Kind == circles.PollVoted {
			return s.pollVote(ev, signer, form)
		}
		return s.vote(ev, signer, form)
	case circles.LaneControl:
		if ev.Kind == circles.ActorUpdated || ev.Kind == circles.ActorDeleted || ev.Kind == circles.ActorMoved {
			return s.actor(ev, signer, form)
		}
		return s.follow(ev, signer, form)
	}
	return saying{}, errVoid
}

// gone turns "not found" into "not true any more": rows that an entry speaks of may have been purged.
func gone(err error) error {
	if circles.Is(err, circles.NotFound) {
		return errVoid
	}
	return err
}

// shows reports entries that say what a post is, which nobody is told while its circle is suspended. That
// something was taken away is told all the same.
func shows(k circles.EventKind) bool {
	switch k {
	case circles.PostCreated, circles.PostUpdated, circles.PostRestored, circles.PostReturned, circles.PollCounted, circles.PollEnded:
		return true
	}
	return false
}

// content says what became of a post or comment.
func (s speaker) content(ev circles.Event, signer *circles.Actor, form string) (saying, error) {
	v, err := loadPost(s.tx, circles.PostID(ev.Object))
	if err != nil {
		return saying{}, gone(err)
	}
	if !v.federated() {
		return saying{}, errVoid
	}
	if !v.open() && shows(ev.Kind) {
		if v.post.State == circles.Visible && v.circle.Local() && v.circle.DeletedAt == 0 {
			return saying{}, errHeld
		}
		return saying{}, errVoid
	}
	if signer.Kind != circles.KindCircle {
		switch form {
		case formMain:
			doc, err := s.authors(ev, ev.Seq, v)
			return saying{doc: doc, signer: signer.ID, open: true}, err
		case formAgain:
			doc, err := s.again(ev, v, form)
			return saying{doc: doc, signer: signer.ID, open: true}, err
		}
		return saying{}, errNoForm
	}
	if v.circle == nil || v.circle.ID != signer.ID {
		return saying{}, errVoid
	}
	switch form {
	case formMain:
		inner, err := s.inner(ev, v)
		if err != nil {
			return saying{}, err
		}
		return saying{doc: as.Announce(s.announcing(ev, v, form), inner), signer: signer.ID, open: true}, nil
	case formInner:
		unsigned, err := s.unsigned(ev, v)
		if err != nil {
			return saying{}, err
		}
		if !moderates(ev.Kind) && !unsigned {
			return saying{}, errNoForm
		}
		doc, err := s.moderators(ev, v)
		return saying{doc: doc, signer: ev.Detail.Actor, open: true}, err
	case formPost:
		return s.boost(ev, v)
	case formAgain, formAgainInner:
		doc, err := s.again(ev, v, formAgainInner)
		if err != nil {
			return saying{}, err
		}
		if form == formAgainInner {
			return saying{doc: doc, signer: v.author.ID, open: true}, nil
		}
		return saying{doc: as.Announce(s.announcing(ev, v, form), doc), signer: signer.ID, open: true}, nil
	}
	return saying{}, errNoForm
}

// again is the Update that brings a post of ours back, or says by commentsEnabled that it is closed or
// open, for servers that read no Lock. It is said in the author's name, who is of the circle's own server:
// Lemmy before it knew Lock took such an Update from there only, and no server takes one of a post of
// somebody elsewhere.
func (s speaker) again(ev circles.Event, v *postView, form string) (as.Doc, error) {
	switch ev.Kind {
	case circles.PostRestored, circles.PostReturned:
	case circles.PostLocked, circles.PostUnlocked:
		if err := stands(ev.Kind, v.post); err != nil {
			return as.Doc{}, err
		}
		v.opened = ev.Kind == circles.PostUnlocked
	default:
		return as.Doc{}, errNoForm
	}
	if !v.author.Local() {
		return as.Doc{}, errNoForm
	}
	if v.post.State != circles.Visible {
		return as.Doc{}, errVoid
	}
	return as.Update(s.act(v, s.site.ActorAddress(v.author), s.site.activityPath(ev.Seq, form)), s.object(v)), nil
}

// authors is what the author says; seq is the place of the author's own entry.
func (s speaker) authors(ev circles.Event, seq circles.Seq, v *postView) (as.Doc, error) {
	act := s.act(v, s.site.ActorAddress(v.author), s.site.activityPath(seq, formMain))
	object := s.site.Address(v.post.URI)
	switch ev.Kind {
	case circles.PostCreated:
		if v.post.State != circles.Visible {
			return as.Doc{}, errVoid
		}
		return as.Create(act, s.object(v)), nil
	case circles.PostUpdated, circles.PollCounted, circles.PollEnded:
		if v.post.State != circles.Visible {
			return as.Doc{}, errVoid
		}
		return as.Update(act, s.object(v)), nil
	case circles.PostDeleted:
		if !v.takenBack() {
			return as.Doc{}, errVoid
		}
		return as.Delete(act, object), nil
	case circles.PostRestored:
		// Said even if it was deleted again since: that will be said next, unless by then it is back.
		deleted := ev.Detail.Of
		if seq != ev.Seq {
			own, err := s.tx.Event(seq)
			if err != nil {
				return as.Doc{}, gone(err)
			}
			deleted = own.Detail.Of
		}
		undone := act
		undone.ID = s.site.activityPath(deleted, formMain)
		return as.Undo(act, as.Delete(undone, object)), nil
	}
	return as.Doc{}, errVoid
}

// takenBack reports whether the author, or in a circle elsewhere this instance in the author's name,
// took the post back.
func (v *postView) takenBack() bool {
	elsewhere := v.circle == nil || !v.circle.Local()
	return v.post.DeletedAt != 0 || elsewhere && v.post.RemovedAt != 0
}

// object is the post inside an activity.
func (s speaker) object(v *postView) as.Doc {
	if s.brief {
		return as.ByID(s.site.Address(v.post.URI))
	}
	return s.site.renderPost(v, 0, s.polls)
}

// act is what all activities about a post have.
func (s speaker) act(v *postView, actor, id string) as.Act {
	to, cc := v.audience(s.site)
	a := as.Act{ID: id, Actor: actor, To: to, CC: cc}
	if v.circle != nil {
		a.Audience = s.site.ActorAddress(&v.circle.Actor)
	}
	return a
}

// announcing is what all activities of a circle have. An unlisted circle's are public, but in
// nobody's timeline of everything.
func (s speaker) announcing(ev circles.Event, v *postView, form string) as.Act {
	c := v.circle
	a := as.Act{
		ID: s.site.activityPath(ev.Seq, form), Actor: s.site.ActorAddress(&c.Actor),
		To: []string{public}, CC: []string{s.site.followers(&c.Actor)},
	}
	if c.Visibility == circles.Unlisted {
		a.To, a.CC = a.CC, a.To
	}
	return a
}

func moderates(k circles.EventKind) bool {
	switch k {
	case circles.PostRemoved, circles.PostReturned, circles.PostLocked, circles.PostUnlocked, circles.PostPinned, circles.PostUnpinned:
		return true
	}
	return false
}

// inner is the activity that a circle announces: its local author's, its moderator's, or the very
// bytes that came from elsewhere.
func (s speaker) inner(ev circles.Event, v *postView) (as.Doc, error) {
	unsigned, err := s.unsigned(ev, v)
	if err != nil {
		return as.Doc{}, err
	}
	if ev.Detail.Received != 0 && !unsigned {
		if err := stands(ev.Kind, v.post); err != nil {
			return as.Doc{}, err
		}
		return s.received(ev)
	}
	if moderates(ev.Kind) || unsigned {
		return s.moderators(ev, v)
	}
	if !v.author.Local() || ev.Detail.Of == 0 {
		return as.Doc{}, errVoid
	}
	return s.authors(ev, ev.Detail.Of, v)
}

// wordless reports whether a circle's entry about something new has no words of its author to announce:
// it was fetched, since what answers it or somebody else's copy led to it, and its server does not
// give its Create away. Who can fetch it, too, is told where it is.
func wordless(ev circles.Event) bool {
	return ev.Kind == circles.PostCreated && ev.Detail.Received == 0 && ev.Detail.Of == 0
}

// tookBack is the reason of a removal that says what an author elsewhere did.
const tookBack = "Deleted by its author"

// unsigned reports whether an author elsewhere deleted a post without saying so of that post: the whole
// account went, or its server answers that the post is gone. There are no bytes of theirs to announce
// then, and a circle must not make any up, so it takes the post away itself, as its moderators do. When it is
// back, the circle undoes what it said itself, whatever words its author has for it: to who reads circles the post
// was removed, and no author can undo that.
func (s speaker) unsigned(ev circles.Event, v *postView) (bool, error) {
	switch {
	case v.author.Local():
	case ev.Kind == circles.PostDeleted:
		return ev.Detail.Received == 0, nil
	case ev.Kind == circles.PostRestored && ev.Detail.Of != 0:
		deleted, err := s.tx.Event(ev.Detail.Of)
		if circles.Is(err, circles.NotFound) {
			return false, nil
		}
		return err == nil && deleted.Kind == circles.PostDeleted && deleted.Detail.Received == 0, err
	}
	return false, nil
}

// stands checks that what somebody else said still holds.
func stands(k circles.EventKind, p *circles.Post) error {
	ok := true
	switch k {
	case circles.PostCreated, circles.PostUpdated, circles.PollCounted, circles.PollEnded:
		ok = p.State == circles.Visible
	case circles.PostDeleted:
		ok = p.DeletedAt != 0
	case circles.PostRemoved:
		ok = p.RemovedAt != 0
	case circles.PostLocked:
		ok = p.Locked
	case circles.PostUnlocked:
		ok = !p.Locked
	case circles.PostPinned:
		ok = p.Pinned
	case circles.PostUnpinned:
		ok = !p.Pinned
	}
	if !ok {
		return errVoid
	}
	return nil
}

// received is an activity as its author sent it.
func (s speaker) received(ev circles.Event) (as.Doc, error) {
	raw, err := s.tx.Received(ev.Detail.Received)
	if err != nil {
		return as.Doc{}, err
	}
	if len(raw) == 0 {
		return as.Doc{}, errVoid
	}
	if s.brief {
		id, _, err := as.Identify(raw)
		if err != nil {
			return as.Doc{}, fmt.Errorf("received %d: %w", ev.Detail.Received, err)
		}
		return as.ByID(id), nil
	}
	doc, err := as.Raw(raw)
	if err != nil {
		return as.Doc{}, fmt.Errorf("received %d: %w", ev.Detail.Received, err)
	}
	return doc, nil
}

// moderators is what a moderator of ours says. Lemmy takes it from a person of the circle's host.
func (s speaker) moderators(ev circles.Event, v *postView) (as.Doc, error) {
	if err := stands(ev.Kind, v.post); err != nil {
		return as.Doc{}, err
	}
	who, err := s.moderator(ev, v.circle)
	if err != nil {
		return as.Doc{}, err
	}
	act := s.act(v, s.site.ActorAddress(who), s.site.activityPath(ev.Seq, formInner))
	undone := act
	undone.ID = s.site.activityPath(ev.Detail.Of, formInner)
	object := s.site.Address(v.post.URI)
	switch ev.Kind {
	case circles.PostDeleted:
		return as.DeleteRemoval(act, object, tookBack, false), nil
	case circles.PostRestored:
		return as.Undo(act, as.DeleteRemoval(undone, object, tookBack, false)), nil
	case circles.PostRemoved:
		return as.DeleteRemoval(act, object, ev.Detail.Reason, false), nil
	case circles.PostReturned:
		reason := ev.Detail.Reason
		if removed, err := s.tx.Event(ev.Detail.Of); err == nil {
			reason = removed.Detail.Reason
		} else if !circles.Is(err, circles.NotFound) {
			return as.Doc{}, err
		}
		return as.Undo(act, as.DeleteRemoval(undone, object, reason, false)), nil
	case circles.PostLocked:
		return as.Lock(act, object, ev.Detail.Reason), nil
	case circles.PostUnlocked:
		return as.Undo(act, as.Lock(undone, object, ev.Detail.Reason)), nil
	case circles.PostPinned:
		return as.Add(act, object, act.Audience+"/featured"), nil
	case circles.PostUnpinned:
		return as.Remove(act, object, act.Audience+"/featured"), nil
	}
	return as.Doc{}, errVoid
}

// moderator is who acted, if of this instance, else the circle's owner.
func (s speaker) moderator(ev circles.Event, c *circles.Circle) (*circles.Actor, error) {
	for _, id := range []circles.ActorID{ev.Detail.Actor, c.CreatedBy.Actor()} {
		if id == 0 {
			continue
		}
		who, err := s.tx.Actor(id)
		if err != nil && !circles.Is(err, circles.NotFound) {
			return nil, err
		}
		if err == nil && who.Local() {
			return who, nil
		}
	}
	return &c.Actor, nil
}

// boost is what a circle says to a microblog: look at this post, or look no longer.
func (s speaker) boost(ev circles.Event, v *postView) (saying, error) {
	if v.post.Kind != circles.IsPost && !(wordless(ev) && s.class != unknown && !s.class.micro()) {
		return saying{}, errNoForm // a boosted comment floods timelines (mastodon#18069)
	}
	act := s.announcing(ev, v, formPost)
	object, at := s.site.Address(v.post.URI), moment(v.post.Published)
	said := func(doc as.Doc) (saying, error) { return saying{doc: doc, signer: v.circle.ID, open: true}, nil }
	switch ev.Kind {
	case circles.PostCreated, circles.PostRestored, circles.PostReturned:
		if v.post.State != circles.Visible {
			return saying{}, errVoid
		}
		return said(as.AnnounceID(act, object, at))
	case circles.PostRemoved, circles.PostDeleted:
		if err := stands(ev.Kind, v.post); err != nil {
			return saying{}, err
		}
		// A boost that was made again after a removal has another id than the first.
		boosted := v.post.AnnounceSeq
		for _, k := range []circles.EventKind{circles.PostReturned, circles.PostRestored} {
			again, err := s.tx.LastEntry(ev.Object, k, ev.Signer)
			if err != nil {
				return saying{}, err
			}
			if again < ev.Seq {
				boosted = max(boosted, again)
			}
		}
		undone := act
		undone.ID = s.site.activityPath(boosted, formPost)
		return said(as.Undo(act, as.AnnounceID(undone, object, at)))
	}
	return saying{}, errNoForm
}
