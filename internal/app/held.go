package app

import (
	"context"
	"time"

	"halqa/circles"
	"halqa/internal/standing"
	"halqa/internal/store"
	"halqa/internal/text"
)

const (
	// HeldFor is how long what a gate holds waits for a moderator. After that it is refused and says so:
	// somebody who waits longer than a week has been told no by silence.
	HeldFor = 7 * 24 * time.Hour

	heldPage = 50
)

// A Held is a post or comment that waits for a moderator, or waited.
type Held struct {
	Post   *circles.Post
	Author *circles.Actor // as ActorCards has it
	Why    *standing.Access
	At     int64 // UTC microseconds
	Until  int64 // when nobody's decision becomes a no

	Edit      bool // a change of it was refused; what was before stands there
	Elsewhere bool // a circle of another server holds it; Until is when one of Halqa refuses

	Decided bool
	Refused bool
	By      *circles.Actor // who decided; nil = nobody did in time
	Note    string         // why it was refused
}

// judged is what limits and filters look at. captions are what is said of the photos, one for each.
func (a *App) judged(title, html string, named names, captions []string) *standing.Words {
	words := title + "\n" + text.Plain(html)
	for _, c := range captions {
		if c != "" {
			words += "\n" + c
		}
	}
	return &standing.Words{Text: words, Links: text.LinksIn(html), Mentions: len(named.people), Media: len(captions) > 0, Filters: &a.filters, Begging: !a.begging}
}

// captionsOf are the descriptions of photos.
func captionsOf(photos []PhotoRef) []string {
	all := make([]string, len(photos))
	for i, p := range photos {
		all[i] = p.Alt
	}
	return all
}

// added is what an edit brings that was not there before: photos says that one of its photos is new. A
// link in the place of another is a new one, or what was let through once would stand for any.
func added(p *circles.Post, photos bool, link string) []standing.Action {
	var with []standing.Action
	if p.Kind != circles.IsPost {
		return nil
	}
	if photos {
		with = append(with, standing.PostMedia)
	}
	if link != "" && link != p.Link {
		with = append(with, standing.PostLink)
	}
	return with
}

// hold notes why a post waits. received is the row that had its author's bytes, of one from elsewhere.
func hold(tx *store.Tx, at place, d standing.Decision, received int64) error {
	if d.Gate == nil {
		return nil
	}
	why, err := d.Gate.Keep()
	if err != nil {
		return err
	}
	if err := tx.AddHeld(store.HeldPost{Post: at.post.ID, Circle: at.post.Circle, Received: received, Why: why}); err != nil {
		return err
	}
	return tx.BumpCircle(at.post.Circle, store.CircleChange{}) // its moderators see a number
}

// HeldIn returns what waits in a circle, the longest first, and the cursor of the next page, "" at the
// end. Its moderators may ask.
func (a *App) HeldIn(ctx context.Context, who circles.Viewer, circle circles.CircleID, cursor string) (all []Held, next string, err error) {
	var after circles.PostID
	if cursor != "" {
		if after, err = circles.ParsePostID(cursor); err != nil {
			return nil, "", err
		}
	}
	err = a.view(ctx, "what waits", func(tx *store.Tx) error {
		all, next = nil, ""
		c, err := tx.Circle(circle)
		if err != nil {
			return err
		}
		if _, err := allow(tx, standing.Question{Who: who, Action: standing.SeeReports, Circle: c}); err != nil {
			return err
		}
		rows, err := tx.HeldIn(circle, after, heldPage+1)
		if err != nil {
			return err
		}
		if len(rows) > heldPage {
			rows = rows[:heldPage]
			next = rows[heldPage-1].Post.String()
		}
		for _, h := range rows {
			p, err := tx.Post(h.Post)
			if err != nil {
				return err
			}
			one, err := heldOf(tx, who, p, &h)
			if err != nil {
				return err
			}
			all = append(all, *one)
		}
		return nil
	})
	return all, next, err
}

// HeldCounts returns how much waits in each of some circles, for their moderators.
func (a *App) HeldCounts(ctx context.Context, ids []circles.CircleID) (map[circles.CircleID]int64, error) {
	var counts map[circles.CircleID]int64
	err := a.view(ctx, "how much waits", func(tx *store.Tx) (err error) {
		counts, err = tx.HeldCounts(ids)
		return err
	})
	return counts, err
}

// Held returns why a post waits or waited, for its author and the moderators; to everybody else there is
// nothing.
func (a *App) Held(ctx context.Context, who circles.Viewer, id circles.PostID) (*Held, error) {
	var held *Held
	err := a.view(ctx, "held post", func(tx *store.Tx) error {
		at, err := placeOf(tx, id)
		if err != nil {
			return err
		}
		h, err := tx.Held(id)
		if err != nil {
			return err
		}
		if h == nil && who.SignedIn() && at.post.Author == who.Person {
			if held, err = answered(tx, at.post); err != nil || held != nil {
				return err
			}
		}
		if h == nil || !who.SignedIn() {
			return errNothingHeld()
		}
		if at.post.Author != who.Person {
			if d, err := standing.Judge(tx, at.question(who, standing.Approve)); err != nil || !d.Allowed() {
				return orNothingHeld(err)
			}
		}
		held, err = heldOf(tx, who, at.post, h)
		return err
	})
	return held, err
}

func orNothingHeld(err error) error {
	if err != nil {
		return err
	}
	return errNothingHeld()
}

func errNothingHeld() error {
	return circles.Errorf(circles.NotFound, "There is nothing here that waits for a moderator.").With("refused.nothing-held", nil)
}

// heldOf tells a row to who asks. A moderator is told which facts were missing, never a standing.
func heldOf(tx *store.Tx, who circles.Viewer, p *circles.Post, h *store.HeldPost) (*Held, error) {
	why, err := standing.ReadAccess(h.Why)
	if err != nil {
		return nil, err
	}
	if p.Author != who.Person {
		why = why.ForOthers()
	}
	cards, err := tx.ActorCards([]circles.ActorID{p.Author.Actor(), h.DecidedBy})
	if err != nil {
		return nil, err
	}
	return &Held{Post: p, Author: cards[p.Author.Actor()], Why: why, At: h.At, Until: h.At + HeldFor.Microseconds(),
		Decided: h.DecidedAt != 0, Refused: h.Refused, By: cards[h.DecidedBy], Note: h.Note}, nil
}

// Approve lets through what a gate held: it is published now, like anything new. base is circles.Post.Rev as
// the moderator read it; another one is a Conflict, for its author may write something else while it waits.
// nil = whatever it is.
func (a *App) Approve(ctx context.Context, who circles.Viewer, id circles.PostID, base *int64) (*circles.Post, error) {
	var p *circles.Post
	err := a.update(ctx, "approve", func(tx *store.Tx) error {
		at, h, d, err := waiting(tx, who, id, base)
		if err != nil {
			return err
		}
		p = at.post
		if err := letThrough(tx, at, h, d); err != nil {
			return err
		}
		if err := answerAppeal(tx, p, d.Actor.ID, circles.AppealGranted, ""); err != nil {
			return err
		}
		return tx.NotifyOfGate(p, store.ToldApproved)
	})
	return p, err
}

// OverruleTx is Approve within the caller's transaction, also of what was refused, or was not decided about
// in time.
func (a *App) OverruleTx(tx *store.Tx, who circles.Viewer, id circles.PostID) error {
	at, h, d, err := heldFor(tx, who, id)
	if err != nil {
		return err
	}
	if h == nil || at.post.State != circles.Held && at.post.State != circles.Refused {
		return errDecidedHeld()
	}
	return letThrough(tx, at, h, d)
}

func letThrough(tx *store.Tx, at place, h *store.HeldPost, d standing.Decision) error {
	p := at.post
	if p.Kind == circles.IsComment {
		parent, err := tx.Post(p.Parent)
		if err != nil {
			return err
		}
		if parent.State != circles.Visible {
			return circles.Errorf(circles.Conflict, "What this comment answers is not there any more; refuse it and say so.").With("refused.answers-nothing", nil)
		}
	}
	author, err := tx.Actor(p.Author.Actor())
	if err != nil {
		return err
	}
	detail := circles.EventDetail{}
	if !author.Local() && h.Received != 0 {
		raw, err := tx.PostRaw(p.ID)
		if err != nil && !circles.Is(err, circles.NotFound) {
			return err
		}
		if len(raw) > 0 { // without them it is shown here and announced nowhere
			if detail.Received, err = tx.KeepReceived(h.Received, p.URI, raw); err != nil {
				return err
			}
		}
	}
	p.State, p.Reason, p.Published = circles.Visible, "", tx.Now()
	rankNew(p, monthlyActive(at.circle))
	if err := tx.PublishHeld(p); err != nil {
		return err
	}
	if err := wantQuoted(tx, p); err != nil {
		return err
	}
	create, announce, err := sayWritten(tx, change{kind: circles.PostCreated, at: at, author: author, detail: detail})
	if err != nil {
		return err
	}
	if err := tx.SetPostSeqs(p.ID, create, announce); err != nil {
		return err
	}
	if err := tx.DecideHeld(p.ID, d.Actor.ID, false, ""); err != nil {
		return err
	}
	if err := tx.ForgetHeld(p); err != nil {
		return err
	}
	if err := noteModerated(tx, at, d.Actor, circles.ModApprove, ""); err != nil {
		return err
	}
	if err := standing.Approved(tx, p, at.circle, circles.PersonID(d.Actor.ID)); err != nil {
		return err
	}
	return count(tx, at, 1)
}

// Refuse does not let it through, for a reason that its author reads. What they wrote stays theirs to
// read and to copy. base is as for Approve.
func (a *App) Refuse(ctx context.Context, who circles.Viewer, id circles.PostID, reason string, base *int64) error {
	reason, err := line("reason", "reason", reason, maxReason)
	if err != nil {
		return err
	}
	if reason == "" {
		return circles.FieldErrorf(circles.Invalid, "reason", "Say why; its author reads it.").With("refused.no-refusal-reason", nil)
	}
	return a.update(ctx, "refuse", func(tx *store.Tx) error {
		at, _, d, err := waiting(tx, who, id, base)
		if err != nil {
			return err
		}
		if err := noteModerated(tx, at, d.Actor, circles.ModRefuse, reason); err != nil {
			return err
		}
		if err := refuseHeld(tx, at, d.Actor.ID, reason); err != nil {
			return err
		}
		return answerAppeal(tx, at.post, d.Actor.ID, circles.AppealDenied, reason)
	})
}

// waiting finds what is to be decided, and judges who wants to.
func waiting(tx *store.Tx, who circles.Viewer, id circles.PostID, base *int64) (place, *store.HeldPost, standing.Decision, error) {
	at, h, d, err := heldFor(tx, who, id)
	switch {
	case err != nil:
	case h == nil || h.DecidedAt != 0 || at.post.State != circles.Held:
		err = errDecidedHeld()
	case base != nil && *base != at.post.Rev:
		err = circles.Errorf(circles.Conflict, "Its author changed this while you were reading; read it as it is now, and decide again.").With("refused.held-changed", nil)
	}
	return at, h, d, err
}

// heldFor finds what waits or waited, nil if it never did, and judges who wants to decide about it.
func heldFor(tx *store.Tx, who circles.Viewer, id circles.PostID) (place, *store.HeldPost, standing.Decision, error) {
	at, err := placeOf(tx, id)
	if err != nil {
		return at, nil, standing.Decision{}, err
	}
	d, err := allow(tx, at.question(who, standing.Approve))
	if err != nil {
		return at, nil, d, err
	}
	h, err := tx.Held(id)
	return at, h, d, err
}

func errDecidedHeld() error {
	return circles.Errorf(circles.Conflict, "This does not wait any more; somebody has decided, or its author took it back.").With("refused.decided-held", nil)
}

func refuseHeld(tx *store.Tx, at place, by circles.ActorID, reason string) error {
	p := at.post
	if err := tx.DecideHeld(p.ID, by, true, reason); err != nil {
		return err
	}
	if p.State != circles.Held {
		return nil // its author deleted it, or a ban removed it
	}
	p.State, p.Reason = circles.Refused, reason
	if err := tx.SavePostState(p); err != nil {
		return err
	}
	if err := tx.NotifyOfGate(p, store.ToldRefused); err != nil {
		return err
	}
	if err := explainRefusal(tx, at, reason); err != nil {
		return err
	}
	return tx.BumpCircle(p.Circle, store.CircleChange{})
}

// SweepHeld refuses what nobody decided about in time. The clock calls it.
func (a *App) SweepHeld(ctx context.Context) error {
	before := a.now().Add(-HeldFor).UnixMicro()
	for {
		var found int
		err := a.update(ctx, "sweep what waits", func(tx *store.Tx) error {
			rows, err := tx.HeldBefore(before, sweepPage)
			if err != nil {
				return err
			}
			found = len(rows)
			for _, h := range rows {
				at, err := placeOf(tx, h.Post)
				if err != nil {
					return err
				}
				if err := refuseHeld(tx, at, 0, ""); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil || found < sweepPage {
			return err
		}
	}
}

// acceptMember answers the Follow of somebody elsewhere whom a circle's operator let in.
func acceptMember(tx *store.Tx, follower, followee circles.ActorID) error {
	f, err := tx.Following(follower, followee)
	if err != nil || f == nil || f.State != circles.FollowPending {
		return err
	}
	f.State = circles.FollowActive
	if f.FromSeq, err = sayAnswer(tx, circles.FollowAccepted, f); err != nil {
		return err
	}
	return tx.SaveFollow(f)
}
