package app

import (
	"context"
	"fmt"

	"halqa/circles"
	"halqa/internal/store"
	"halqa/internal/text"
)

const (
	maxRemoteName    = 128 // runes; Mastodon has no limit of its own for remote names
	maxRemoteSummary = 100_000

	// deletedPerUpdate is how many posts of a deleted actor go in one transaction.
	deletedPerUpdate = 200
)

// A RemoteActor is a person, a circle or a server as its own server describes it. Of the Actor its ID
// and what only we know (CreatedAt, SuspendedAt, Summary) are ignored; SummaryHTML is what arrived.
type RemoteActor struct {
	circles.Actor

	// Of circles only.
	Topic     string
	Language  string
	Unlisted  bool // it asks to be left out of directories
	Posting   circles.Posting
	Sensitive bool
	RulesHTML string

	Emojis []circles.Emoji // small pictures that its texts name

	prepared bool
}

// PrepareActor cleans a remote actor, as Prepare does posts.
func (a *App) PrepareActor(r *RemoteActor) {
	if r.prepared {
		return
	}
	r.prepared = true
	r.Name = text.CleanLine(r.Name, maxRemoteName)
	r.DisplayName = text.CleanLine(r.DisplayName, maxDisplayName)
	r.Summary = ""
	r.Emojis = cleanEmoji(r.Emojis)
	r.Actor.Emoji = circles.KeepNameEmoji(r.DisplayName, r.Emojis)
	r.SummaryHTML, _ = withEmoji(a.sanitizer.Sanitize(cutBytes(r.SummaryHTML, maxRemoteSummary)), r.Emojis)
	r.RulesHTML = a.sanitizer.Sanitize(cutBytes(r.RulesHTML, maxRemoteSummary))
	r.IconMedia, r.IconURL, r.URL = "", remoteURL(r.IconURL), remoteURL(r.URL)
	r.Topic = text.CleanLine(r.Topic, maxTopic)
	r.Language, _ = text.Language(r.Language)
	for _, address := range []*string{&r.SharedInbox, &r.Outbox, &r.Followers, &r.Moderators, &r.MovedTo} {
		*address = remoteURL(*address)
	}
	if r.Posting != circles.PostingOperators {
		r.Posting = circles.PostingOpen
	}
}

// UpsertRemoteActor stores a remote actor, or what changed about one, and returns its id. The caller
// has read it from its own address, or has it signed by its own key.
func (a *App) UpsertRemoteActor(tx *store.Tx, in RemoteActor) (circles.ActorID, error) {
	a.PrepareActor(&in)
	if in.Host == "" || in.Host == a.host || !sameHost(in.URI, in.Host) {
		return 0, circles.Errorf(circles.Invalid, "The id of an actor must lie on its own server, and not on this one.")
	}
	if in.Name == "" || remoteURL(in.Inbox) == "" || !sameHost(in.Inbox, in.Host) {
		return 0, circles.Errorf(circles.Invalid, "An actor must have a name, and an inbox on its own server.")
	}
	if !sameHost(in.SharedInbox, in.Host) {
		in.SharedInbox = "" // whoever owns that one did not ask for our deliveries
	}
	old, err := tx.ActorByURI(in.URI)
	now := tx.Now()
	switch {
	case circles.Is(err, circles.NotFound):
		in.ID, in.CreatedAt = circles.ActorID(tx.NewID()), now
	case err != nil:
		return 0, err
	case old.Local():
		return 0, circles.Errorf(circles.Forbidden, "This actor lives here; nobody elsewhere can change it.")
	case old.Inbox != "" && (old.Kind == circles.KindCircle) != (in.Kind == circles.KindCircle):
		return 0, circles.Errorf(circles.Conflict, "A circle cannot become a person, nor a person a circle.")
	default:
		in.ID, in.CreatedAt, in.SuspendedAt = old.ID, old.CreatedAt, old.SuspendedAt
		if in.PublicKey == "" {
			in.PublicKey, in.KeyID = old.PublicKey, old.KeyID
		}
	}
	in.Published = clampTime(in.Published, now)
	in.UpdatedAt = now
	if in.FetchedAt == 0 {
		in.FetchedAt = now
	}
	if err := tx.KeepEmoji(in.Emojis); err != nil {
		return 0, err
	}
	known := old != nil && err == nil
	// One noted by address alone may be anything: a circle elsewhere can name another one as a voter.
	noted := known && old.Inbox == ""
	if in.Kind != circles.KindCircle {
		if known {
			return in.ID, tx.SaveActor(&in.Actor)
		}
		return in.ID, tx.AddActor(&in.Actor)
	}
	return in.ID, saveRemoteCircle(tx, in, known, noted)
}

func saveRemoteCircle(tx *store.Tx, in RemoteActor, known, noted bool) error {
	c := &circles.Circle{}
	if known && !noted {
		var err error
		if c, err = tx.Circle(circles.CircleID(in.ID)); err != nil {
			return err
		}
	}
	was := c.Visibility
	c.Actor = in.Actor
	c.Topic, c.Language, c.Posting, c.Sensitive, c.RulesHTML = in.Topic, in.Language, in.Posting, in.Sensitive, in.RulesHTML
	c.Visibility = circles.Public
	if in.Unlisted {
		c.Visibility = circles.Unlisted
	}
	switch {
	case noted:
		return tx.MakeCircle(c)
	case !known:
		return tx.AddCircle(c)
	}
	if err := tx.SaveCircle(c); err != nil {
		return err
	}
	if was == c.Visibility {
		return nil
	}
	return tx.SetListed(c.CircleID(), c.Visibility == circles.Public)
}

// ReceiveActorDelete takes a remote actor away: who follows whom ends, and of what they wrote the
// first part is deleted. FinishDeletions does the rest; it is safe to lose everything in between.
func (a *App) ReceiveActorDelete(tx *store.Tx, id circles.ActorID) (Outcome, error) {
	actor, err := tx.Actor(id)
	if err != nil {
		return refused(0, err)
	}
	if actor.DeletedAt != 0 {
		return done(0, false, nil)
	}
	if actor.Local() {
		return refused(0, circles.Errorf(circles.Forbidden, "This actor lives here; nobody elsewhere can delete it."))
	}
	roles, err := tx.MembershipsOf(circles.PersonID(id))
	if err != nil {
		return Outcome{}, err
	}
	// Nothing of this entry is sent: its own server tells whom it told before. The posts have their own.
	seq, err := tx.AppendEvent(circles.Event{Kind: circles.ActorDeleted, Signer: id, OrderKey: int64(id), Object: int64(id)})
	if err != nil {
		return Outcome{}, err
	}
	actor.DeletedAt, actor.UpdatedAt = tx.Now(), tx.Now()
	actor.Summary, actor.SummaryHTML, actor.IconURL = "", "", ""
	if err := tx.SaveActor(actor); err != nil {
		return Outcome{}, err
	}
	if err := tx.EndFollowsBy(id, seq); err != nil {
		return Outcome{}, err
	}
	if err := tx.EndFollowsOf(id, seq); err != nil {
		return Outcome{}, err
	}
	for _, m := range roles {
		c, err := tx.Circle(m.Circle)
		if err != nil {
			return Outcome{}, err
		}
		if err := enter(tx, c, m.Person, circles.NoRole); err != nil {
			return Outcome{}, err
		}
	}
	return done(0, true, deleteSome(tx, store.Deletion{Actor: id}))
}

// FinishDeletions deletes what is left of what deleted actors wrote. The clock calls it.
func (a *App) FinishDeletions(ctx context.Context) error {
	for more := true; more; {
		err := a.update(ctx, "finish deletions", func(tx *store.Tx) error {
			more = false
			d, err := tx.NextDeletion()
			if err != nil || d.Actor == 0 {
				return err
			}
			more = true
			return deleteSome(tx, d)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// deleteSome deletes the next part of what an actor wrote and notes how far that came.
func deleteSome(tx *store.Tx, d store.Deletion) error {
	posts, err := tx.LivePostsOf(circles.PersonID(d.Actor), d.Kind, d.After, deletedPerUpdate)
	if err != nil {
		return err
	}
	author, err := tx.Actor(d.Actor)
	if err != nil {
		return err
	}
	for _, p := range posts {
		at, err := placeAround(tx, p)
		if err != nil {
			return fmt.Errorf("post %s: %w", p.ID, err)
		}
		if author.Local() {
			err = deletePost(tx, at, author, circles.EventDetail{})
		} else {
			// Their own server tells whom it told before; who heard of it by a circle of ours hears so again.
			if p.State == circles.Visible && at.circle != nil && at.circle.Local() {
				_, _, err = sayWritten(tx, change{kind: circles.PostDeleted, at: at, author: author})
			}
			if err == nil {
				p.DeletedAt = tx.Now()
				err = settle(tx, at)
			}
		}
		if err != nil {
			return fmt.Errorf("post %s: %w", p.ID, err)
		}
		d.Kind, d.After = p.Kind, p.ID
	}
	if len(posts) < deletedPerUpdate {
		if author.Local() && author.DeletedAt == 0 {
			if err := finishPerson(tx, author); err != nil {
				return err
			}
		}
		return tx.DeletionDone(d.Actor)
	}
	return tx.SaveDeletion(d)
}
