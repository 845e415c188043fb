package moderation

import (
	"context"

	"halqa/circles"
	"halqa/circles/reputation"
	"halqa/internal/standing"
	"halqa/internal/store"
	"halqa/internal/text"
)

const (
	appealPage    = 20
	appealsSwept  = 100
	maxAppealNote = 500
)

// An AppealCase is an appeal with what who reads it has to see.
type AppealCase struct {
	circles.Appeal
	Who     *circles.Actor   // as ActorCards has it
	Around  *circles.Circle  // as CircleCards has it; nil = the instance, or no circle
	About   *circles.Post    // as PostLeads has it; nil if it is about none
	Gate    *standing.Access // of a gate and of what it held, for others than its owner
	May     bool             // the viewer may answer it
	Penalty *reputation.Event
}

// Appeals returns the viewer's own, the newest first, and the cursor of the next page, "" at the end.
func (m *Moderation) Appeals(ctx context.Context, who circles.Viewer, cursor string) (cases []AppealCase, next string, err error) {
	before, err := decodeCursor(cursor)
	if err != nil {
		return nil, "", err
	}
	if !who.SignedIn() {
		return nil, "", circles.Errorf(circles.Denied, "Sign in to do that.").With("refused.not-signed-in", nil)
	}
	err = m.view(ctx, "own appeals", func(tx *store.Tx) error {
		rows, err := tx.AppealsOf(who.Person, before, appealPage+1)
		if err != nil {
			return err
		}
		rows, next = cut(rows, appealPage, func(a *circles.Appeal) int64 { return a.ID })
		cases, err = fillAppeals(tx, rows)
		return err
	})
	return cases, next, err
}

// AppealQueue returns the open appeals of a circle, or with 0 those that the people who run the instance
// answer, the longest waiting first, and the cursor of the next page, "" at the end.
func (m *Moderation) AppealQueue(ctx context.Context, who circles.Viewer, circle circles.CircleID, cursor string) (cases []AppealCase, next string, err error) {
	after, err := decodeCursor(cursor)
	if err != nil {
		return nil, "", err
	}
	err = m.view(ctx, "appeals", func(tx *store.Tx) error {
		if _, err := mayDecide(tx, who, circle); err != nil {
			return err
		}
		rows, err := tx.OpenAppeals(circle, after, appealPage+1)
		if err != nil {
			return err
		}
		rows, next = cut(rows, appealPage, func(a *circles.Appeal) int64 { return a.ID })
		if cases, err = fillAppeals(tx, rows); err != nil {
			return err
		}
		refused, err := tx.HeldDecidedBy(heldPosts(rows))
		if err != nil {
			return err
		}
		for i := range cases {
			cases[i].May = party(who, &cases[i].Appeal) == nil && refused[cases[i].Post()] != who.Person.Actor()
		}
		return nil
	})
	return cases, next, err
}

// OpenAppealCounts returns how many appeals wait in each of some circles, and with 0 for those who run the
// instance. It tells nothing of them, and is asked for lists that the viewer decides.
func (m *Moderation) OpenAppealCounts(ctx context.Context, ids []circles.CircleID) (map[circles.CircleID]int64, error) {
	var counts map[circles.CircleID]int64
	err := m.view(ctx, "open appeals", func(tx *store.Tx) (err error) {
		counts, err = tx.AppealCounts(ids)
		return err
	})
	return counts, err
}

func fillAppeals(tx *store.Tx, rows []*circles.Appeal) ([]AppealCase, error) {
	var people []circles.ActorID
	var in []circles.CircleID
	var posts []circles.PostID
	cases := make([]AppealCase, len(rows))
	for i, a := range rows {
		cases[i].Appeal = *a
		people, in, posts = append(people, a.Person.Actor()), append(in, a.Circle), append(posts, a.Post())
		switch a.Kind {
		case circles.AppealGate, circles.AppealHeld:
			x, err := standing.ReadAccess(a.Said)
			if err != nil {
				return nil, err
			}
			cases[i].Gate = x.ForOthers()
		case circles.AppealPenalty:
			e, err := tx.StandingEvent(reputation.EventID(a.Object))
			if err != nil {
				return nil, err
			}
			cases[i].Penalty = &e.Event
		}
	}
	cards, err := tx.ActorCards(people)
	if err != nil {
		return nil, err
	}
	around, err := tx.CircleCards(in)
	if err != nil {
		return nil, err
	}
	leads, err := tx.PostLeads(posts)
	if err != nil {
		return nil, err
	}
	for i := range cases {
		c := &cases[i]
		c.Who, c.Around, c.About = cards[c.Person.Actor()], around[c.Circle], leads[c.Post()]
	}
	return cases, nil
}

// party refuses to let somebody answer about themselves or about their own decision.
func party(who circles.Viewer, a *circles.Appeal) error {
	switch me := who.Person.Actor(); {
	case me == a.Person.Actor(), me == a.Decider, me == a.FirstBy:
		return errOwnDecision()
	}
	return nil
}

func errOwnDecision() error {
	return circles.Errorf(circles.Forbidden, "This is about you, or about what you decided; somebody else answers it.").With("refused.appeal-own", nil)
}

// refusedIt is party for who refused what waited while an appeal against the hold was open.
func refusedIt(tx *store.Tx, who circles.Viewer, a *circles.Appeal) error {
	if a.Kind != circles.AppealHeld {
		return nil
	}
	by, err := tx.HeldDecidedBy([]circles.PostID{a.Post()})
	if err == nil && by[a.Post()] == who.Person.Actor() {
		err = errOwnDecision()
	}
	return err
}

// heldPosts are the posts of those appeals that are against a hold.
func heldPosts(rows []*circles.Appeal) (ids []circles.PostID) {
	for _, a := range rows {
		if a.Kind == circles.AppealHeld {
			ids = append(ids, a.Post())
		}
	}
	return ids
}

// Answer decides about an appeal. What is granted is undone: a gate lets the person through as one who is
// approved, what was held, refused or removed is published, a ban or suspension is lifted and what went with it returns,
// and what a report took of standing is given back. A no needs a reason, which the person reads.
func (m *Moderation) Answer(ctx context.Context, who circles.Viewer, id int64, grant bool, note string) error {
	if text.Length(note) > maxAppealNote {
		return circles.FieldErrorf(circles.TooLarge, "reason", "This text is longer than %d characters; shorten it.", maxAppealNote).
			With("refused.too-long", map[string]any{"Max": maxAppealNote})
	}
	note = text.CleanLine(note, maxAppealNote)
	if note == "" && !grant {
		return circles.FieldErrorf(circles.Invalid, "reason", "Say why; the person who objects reads it.").With("refused.no-appeal-reason", nil)
	}
	return m.update(ctx, "answer an appeal", func(tx *store.Tx) error {
		a, err := tx.Appeal(id)
		if err != nil {
			return err
		}
		desk := a.Circle
		if a.Site {
			desk = 0
		}
		d, err := mayDecide(tx, who, desk)
		if err != nil {
			return err
		}
		if err := party(who, a); err != nil {
			return err
		}
		if err := refusedIt(tx, who, a); err != nil {
			return err
		}
		if a.State != circles.AppealOpen {
			return errAnswered()
		}
		a.State = circles.AppealDenied
		if grant {
			a.State = circles.AppealGranted
			if err := m.undo(tx, who, a); err != nil {
				return err
			}
		}
		return closeAppeal(tx, a, d.Actor.ID, note)
	})
}

// undo takes back what an appeal is against, where it still stands.
func (m *Moderation) undo(tx *store.Tx, who circles.Viewer, a *circles.Appeal) error {
	over, err := overtaken(tx, a)
	if err != nil || over {
		return err
	}
	switch a.Kind {
	case circles.AppealGate:
		return standing.Welcomed(tx, a.Circle, a.Person, who.Person)
	case circles.AppealHeld:
		return m.app.OverruleTx(tx, who, a.Post())
	case circles.AppealRemoval:
		return m.app.ReturnTx(tx, who, a.Post())
	case circles.AppealPenalty:
		return standing.OverturnPenalty(tx, reputation.EventID(a.Object))
	}
	if a.Suspension() {
		return suspendTx(tx, who, a.Person.Actor(), "", false)
	}
	if err := standing.OverturnWith(tx, banOf(a)); err != nil {
		return err
	}
	if err := m.app.UnbanTx(tx, who, a.Circle, a.Person); err != nil {
		return err
	}
	a.Restoring, err = m.app.ReturnBanned(tx, who.Person.Actor(), banOf(a))
	return err
}

// banOf is the ban that an appeal is against.
func banOf(a *circles.Appeal) circles.Ban {
	return circles.Ban{Circle: a.Circle, Person: a.Person, By: a.Decider, At: a.ActedAt, Reason: a.Said}
}

// overtaken reports whether what an appeal is against is no more, by whatever else happened.
func overtaken(tx *store.Tx, a *circles.Appeal) (bool, error) {
	switch a.Kind {
	case circles.AppealHeld, circles.AppealRemoval:
		p, err := tx.Post(a.Post())
		if err != nil {
			return false, err
		}
		if a.Kind == circles.AppealRemoval {
			return p.RemovedAt == 0, nil
		}
		return p.State != circles.Held && p.State != circles.Refused, nil
	case circles.AppealBan:
		if a.Suspension() {
			p, err := tx.Actor(a.Person.Actor())
			return err == nil && p.SuspendedAt != a.ActedAt, err
		}
		b, err := tx.Ban(a.Circle, a.Person)
		return b == nil || b.At != a.ActedAt, err
	}
	return false, nil
}

// closeAppeal writes an answer down, into the log that everyone reads, too. What concerns somebody's
// standing names nobody there.
func closeAppeal(tx *store.Tx, a *circles.Appeal, by circles.ActorID, note string) error {
	a.DecidedBy, a.DecidedAt, a.Note, a.DueAt = by, tx.Now(), note, 0
	if err := tx.SaveAppeal(a); err != nil {
		return err
	}
	entry := circles.ModEntry{By: by, Circle: a.Circle, Post: a.Post(), Action: circles.ModDenyAppeal}
	switch a.State {
	case circles.AppealGranted:
		entry.Action = circles.ModGrantAppeal
	case circles.AppealPassed:
		entry.Action = circles.ModPassAppeal
	}
	if a.Kind == circles.AppealBan {
		entry.Person = a.Person.Actor()
	}
	if a.Kind == circles.AppealHeld {
		entry.Post = 0 // nobody but its author and the moderators knows of it
	}
	if err := tx.AddModEntry(entry); err != nil {
		return err
	}
	return sayAppeal(tx, circles.AppealAnswered, a)
}

// SweepAppeals answers in the place of those who did not: an appeal against a gate that waited for a week
// lets its person through for a fortnight. Where as many as may have passes it goes to those who run the instance;
// after a week of theirs it gets the next pass that is over. It also finishes what lifted bans return. The clock calls it.
func (m *Moderation) SweepAppeals(ctx context.Context) error {
	for more := true; more; {
		err := m.update(ctx, "sweep appeals", func(tx *store.Tx) error {
			due, err := tx.AppealsDue(appealsSwept)
			if err != nil {
				return err
			}
			more = len(due) == appealsSwept
			for _, a := range due {
				if err := unanswered(tx, a); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	for more := true; more; {
		err := m.update(ctx, "return what a ban took", func(tx *store.Tx) error {
			more = false
			a, err := tx.NextRestoring()
			if err != nil || a == nil {
				return err
			}
			more = true
			if a.Restoring, err = m.app.ReturnBanned(tx, a.DecidedBy, banOf(a)); err != nil {
				return err
			}
			return tx.SaveAppeal(a)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func unanswered(tx *store.Tx, a *circles.Appeal) error {
	over, err := overtaken(tx, a)
	if err != nil {
		return err
	}
	if over {
		a.State, a.DecidedAt, a.DueAt = circles.AppealWithdrawn, tx.Now(), 0
		return tx.SaveAppeal(a)
	}
	answer, err := standing.GrantPass(tx, a.Circle, a.Person, a.At, a.ID)
	switch {
	case err != nil:
		return err
	case answer == reputation.Passes:
		a.State = circles.AppealPassed
		return closeAppeal(tx, a, 0, "")
	case answer == reputation.ToAdmin && !a.Site: // those who run the instance have a week, too
		a.Site, a.DueAt = true, tx.Now()+AppealFor.Microseconds()
		if err := tx.SaveAppeal(a); err != nil {
			return err
		}
		return sayAppeal(tx, circles.AppealOpened, a)
	}
	// As many as may have a pass, or the clock was put back. Passes end as days begin; who waits longest is first.
	a.DueAt = (reputation.DayOf(tx.Now()) + 1).Start()
	return tx.SaveAppeal(a)
}
