package federation

import (
	"cmp"
	"strings"

	"halqa/circles"
	"halqa/federation/as"
	"halqa/internal/app"
	"halqa/internal/fetch"
	"halqa/internal/moderation"
	"halqa/internal/store"
)

// isModeration tells what a moderator does from what people do with their own. A circle answers for its
// moderators, and for nothing that is not in it.
func isModeration(kind string) bool {
	switch kind {
	case "Block", "Lock", "Add", "Remove":
		return true
	}
	return false
}

// lock closes a thread to comments, or opens it.
func (in *Inbox) lock(tx *store.Tx, a act, object string, locked bool) error {
	post, err := in.moderated(tx, a, object)
	if err != nil {
		return err
	}
	actor, err := in.voter(tx, a)
	if err != nil {
		return err
	}
	if locked {
		if gone, err := in.buried(tx, a, a.ID, a.Actor); err != nil || gone {
			return err
		}
	} else if !post.Locked {
		return in.bury(tx, a.Object.ID, a)
	}
	return in.outcome(a)(in.app.ReceiveLock(tx, said(actor, a), post.ID, locked))
}

// closes returns the post that an Update by somebody other than its author closes to comments, or opens,
// with commentsEnabled, as Lemmy said it before it knew Lock; nil if the Update says no such thing. It
// changes nothing else, whatever stands in it.
func (in *Inbox) closes(tx *store.Tx, update *as.Envelope) (*circles.Post, error) {
	if !update.Object.Embedded() || !isContentType(update.Object.Type) {
		return nil, nil
	}
	c, err := update.Object.Content()
	if err != nil || c.AttributedTo == update.Actor || c.CommentsEnabled == nil {
		return nil, nil // what is wrong with it is said when it is read
	}
	post, err := posted(tx, in.site.URI(c.ID))
	if circles.Is(err, circles.NotFound) || err == nil && (post.Kind != circles.IsPost || post.Locked != *c.CommentsEnabled) {
		return nil, nil
	}
	return post, err
}

// relock closes or opens a thread on an Update's word. A circle of ours passes that on as a Lock.
func (in *Inbox) relock(tx *store.Tx, a act, post *circles.Post, locked bool) error {
	if a.via != nil && post.Circle != a.via.CircleID() {
		return circles.Errorf(circles.Forbidden, "A circle moderates only what is in it.")
	}
	actor, err := in.voter(tx, a)
	if err != nil {
		return err
	}
	by := said(actor, a)
	by.Received = 0
	return in.outcome(a)(in.app.ReceiveLock(tx, by, post.ID, locked))
}

// closedWith takes commentsEnabled from an author's own new version. Of a circle elsewhere only its own
// server says whether a thread is closed. In a circle of ours an author who moderates it may close one so;
// that comments are enabled says nothing there, since every edit on a server that missed the lock says it.
func (in *Inbox) closedWith(tx *store.Tx, author *circles.Actor, known *circles.Post, a act) error {
	enabled := a.content.CommentsEnabled
	if enabled == nil || known.Kind != circles.IsPost || known.Circle == 0 || known.Locked != *enabled {
		return nil
	}
	circle, err := tx.Circle(known.Circle)
	if err != nil {
		return err
	}
	by := said(author, a)
	by.Received = 0
	switch {
	case circle.Local() && *enabled:
		return nil
	case !circle.Local():
		if !fetch.SameHost(circle.URI, author.URI) {
			return nil
		}
		by.Via = circle.CircleID()
	}
	return in.outcome(a)(in.app.ReceiveLock(tx, by, known.ID, !*enabled))
}

// moderated returns the post that a moderator's act is about.
func (in *Inbox) moderated(tx *store.Tx, a act, object string) (*circles.Post, error) {
	post, err := posted(tx, in.site.URI(object))
	if err == nil && a.via != nil && post.Circle != a.via.CircleID() {
		err = circles.Errorf(circles.Forbidden, "A circle moderates only what is in it.")
	}
	return post, err
}

// block bans a person from a circle, or lifts that; a Block without a target is between two people, as
// Mastodon and GoToSocial send it. block is the activity that says whom and where, a who says it now.
func (in *Inbox) block(tx *store.Tx, a act, block *as.Envelope, on bool) error {
	if block.Target.IsZero() {
		return in.shun(tx, a, block.Object.ID, on)
	}
	circle, err := in.circleAt(tx, a, block.Target.ID)
	if err != nil {
		return err
	}
	actor, err := in.voter(tx, a)
	if err != nil {
		return err
	}
	person, err := in.concerned(tx, a, actor, circle, block.Object.ID)
	if err != nil {
		return err
	}
	if on {
		if gone, err := in.buried(tx, a, a.ID, a.Actor); err != nil || gone {
			return err
		}
	} else {
		known, err := tx.Ban(circle.CircleID(), circles.PersonID(person.ID))
		if err != nil {
			return err
		}
		if known == nil {
			return in.bury(tx, block.ID, a)
		}
		return in.outcome(a)(in.app.ReceiveUnban(tx, said(actor, a), circle.CircleID(), circles.PersonID(person.ID)))
	}
	ban := app.NewBan{Circle: circle.CircleID(), Person: circles.PersonID(person.ID), Reason: cmp.Or(block.Summary, block.Content), Remove: block.RemoveData}
	if !block.EndTime.IsZero() {
		ban.Until = block.EndTime.UnixMicro()
	}
	return in.outcome(a)(in.app.ReceiveBan(tx, said(actor, a), ban))
}

// shun notes that somebody elsewhere blocks a person here.
func (in *Inbox) shun(tx *store.Tx, a act, object string, on bool) error {
	if a.via != nil || !in.site.Ours(object) {
		return nil
	}
	by, err := in.actorOf(tx, a.Actor)
	if err != nil {
		return err
	}
	person, err := tx.ActorByURI(in.site.URI(object))
	if err != nil {
		return err
	}
	receive := in.app.ReceiveBlock
	if !on {
		receive = in.app.ReceiveUnblock
	}
	return in.outcome(a)(receive(tx, said(by, a), circles.PersonID(person.ID)))
}

// circleAt returns the circle that a moderator's act names: the one that passes it on, or one of ours.
func (in *Inbox) circleAt(tx *store.Tx, a act, address string) (*circles.Circle, error) {
	if a.via != nil {
		if address != a.via.URI {
			return nil, circles.Errorf(circles.Forbidden, "A circle moderates only itself.")
		}
		return a.via, nil
	}
	if !in.site.Ours(address) {
		return nil, circles.Errorf(circles.Forbidden, "A circle elsewhere passes on itself what its moderators do.")
	}
	known, err := tx.ActorByURI(in.site.URI(address))
	if err != nil {
		return nil, err
	}
	return tx.Circle(circles.CircleID(known.ID))
}

// concerned returns the person that a moderator's act is about. One whom nobody here knows is noted by
// address where the circle passes it on, and fetched where a moderator of a circle of ours says it.
func (in *Inbox) concerned(tx *store.Tx, a act, by *circles.Actor, circle *circles.Circle, address string) (*circles.Actor, error) {
	if in.site.Ours(address) {
		return tx.ActorByURI(in.site.URI(address))
	}
	if a.via != nil {
		return in.noted(tx, address, a.via)
	}
	known, err := tx.ActorByURI(address)
	if !circles.Is(err, circles.NotFound) {
		return known, err
	}
	role, err := tx.Role(circle.CircleID(), circles.PersonID(by.ID))
	if err != nil {
		return nil, err
	}
	if !role.Moderates() {
		return nil, circles.Errorf(circles.Forbidden, "Only a moderator can do that.")
	}
	return nil, &lacks{what: needActor, address: address}
}

// collect takes an Add to one of a circle's two collections, or a Remove from it: the pinned posts, and
// the moderators. Of a circle elsewhere only the address of the latter is known; what concerns a post
// that is in it is a pin.
func (in *Inbox) collect(tx *store.Tx, a act, add bool) error {
	var circle *circles.Circle
	var moderators bool
	if a.via != nil {
		circle = a.via
		moderators = a.Target.ID != "" && a.Target.ID == circle.Moderators
		if !fetch.SameHost(a.Target.ID, circle.URI) {
			return circles.Errorf(circles.Forbidden, "A circle moderates only itself.")
		}
	} else {
		owner, featured := strings.CutSuffix(a.Target.ID, "/featured")
		if !featured {
			if owner, moderators = strings.CutSuffix(a.Target.ID, "/moderators"); !moderators {
				return nil
			}
		}
		var err error
		if circle, err = in.circleAt(tx, a, owner); err != nil {
			return err
		}
	}
	actor, err := in.voter(tx, a)
	if err != nil {
		return err
	}
	if moderators {
		person, err := in.concerned(tx, a, actor, circle, a.Object.ID)
		if err != nil {
			return err
		}
		return in.outcome(a)(in.app.ReceiveModerator(tx, said(actor, a), circle.CircleID(), circles.PersonID(person.ID), add))
	}
	post, err := in.moderated(tx, a, a.Object.ID)
	if err != nil {
		return err
	}
	if post.Circle != circle.CircleID() {
		return circles.Errorf(circles.Forbidden, "A circle pins only what is in it.")
	}
	return in.outcome(a)(in.app.ReceivePin(tx, said(actor, a), post.ID, add))
}

// maxFlagged bounds the objects of a Flag that are looked for.
const maxFlagged = 20

// flag takes a report. What it names and is not here is never worth a fetch.
func (in *Inbox) flag(tx *store.Tx, a act) error {
	actor, err := in.voter(tx, a)
	if err != nil {
		return err
	}
	var targets []circles.ReportTarget
	for _, o := range a.Objects[:min(len(a.Objects), maxFlagged)] {
		uri := in.site.URI(o.ID)
		post, err := tx.PostByURI(uri)
		if err == nil {
			targets = append(targets, circles.ReportTarget{Post: post.ID})
			continue
		}
		if !circles.Is(err, circles.NotFound) {
			return err
		}
		known, err := tx.ActorByURI(uri)
		switch {
		case circles.Is(err, circles.NotFound):
		case err != nil:
			return err
		case known.Kind == circles.KindCircle:
			targets = append(targets, circles.ReportTarget{Circle: circles.CircleID(known.ID)})
		default:
			targets = append(targets, circles.ReportTarget{Person: circles.PersonID(known.ID)})
		}
	}
	// Lemmy's words are in summary, Mastodon's in content.
	return in.outcome(a)(moderation.ReceiveFlag(tx, said(actor, a), targets, cmp.Or(a.Content, a.Summary)))
}
