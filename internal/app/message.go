package app

import (
	"context"

	"halqa/circles"
	"halqa/internal/standing"
	"halqa/internal/store"
)

// Bounds on private messages. They are the same for people of other instances, whose server is bounded
// as a whole beside: who floods somebody can make up any number of names.
const (
	messageMinute      = 60_000_000     // microseconds
	messageDay         = 86_400_000_000 // microseconds
	messagesPerMinute  = 10             // by one person
	messagesPerDay     = 300            // by one person
	requestsPerDay     = 20             // strangers that one person writes to
	requestsPerHostDay = 200            // strangers that the people of one server write to
	maxUnanswered      = 5              // messages to a stranger who has not answered
)

// NewMessage is what a person writes to another alone.
type NewMessage struct {
	To   circles.PersonID
	Body string // markdown
}

// SendMessage writes to one person, here or elsewhere. To somebody who knows the writer neither by
// following nor by having written it goes among the requests; the writer is not told. Who was declined is
// not told either.
func (a *App) SendMessage(ctx context.Context, who circles.Viewer, in NewMessage) (*circles.Message, error) {
	body, err := block("body", "message", in.Body, circles.MaxMessage)
	if err != nil {
		return nil, err
	}
	if body == "" {
		return nil, circles.FieldErrorf(circles.Invalid, "body", "The message is empty; write something first.").With("refused.empty-message", nil)
	}
	html, err := a.render(ctx, body)
	if err != nil {
		return nil, err
	}
	var made *circles.Message
	err = a.update(ctx, "send a message", func(tx *store.Tx) error {
		made = nil
		to, err := tx.Actor(in.To.Actor())
		if err != nil {
			return err
		}
		d, err := allow(tx, standing.Question{Who: who, Action: standing.Message, Person: to})
		if err != nil {
			return err
		}
		m := &circles.Message{ID: circles.MessageID(tx.NewID()), Sender: who.Person, Recipient: in.To,
			Published: tx.Now(), CreatedAt: tx.Now(), Body: body, BodyHTML: html.html}
		m.URI = m.Path()
		if err := keepMessage(tx, d.Actor, to, m); err != nil {
			return err
		}
		if to.Local() {
			made = m
			return nil
		}
		m.CreateSeq, err = sayMessage(tx, circles.MessageSent, m, to, 0)
		if err != nil || m.CreateSeq == 0 {
			made = m
			return err
		}
		made = m
		return tx.SetMessageSeq(m.ID, m.CreateSeq)
	})
	return made, err
}

// sayMessage appends the entry from which a message, or that it was taken back, travels to the one server
// it concerns. The entry names it and nothing that it says.
func sayMessage(tx *store.Tx, kind circles.EventKind, m *circles.Message, to *circles.Actor, of circles.Seq) (circles.Seq, error) {
	inboxes := addInbox(nil, to)
	if len(inboxes) == 0 {
		return 0, nil
	}
	return tx.AppendEvent(circles.Event{Kind: kind, Signer: m.Sender.Actor(),
		OrderKey: circles.PairKey(int64(m.Sender), int64(m.Recipient)), Object: int64(m.ID),
		Detail: circles.EventDetail{Of: of}, To: inboxes})
}

// keepMessage stores a message that was judged, and puts it into the conversation as each of the two who
// is of this instance sees it.
func keepMessage(tx *store.Tx, from, to *circles.Actor, m *circles.Message) error {
	var theirs *circles.Correspondence // as the recipient sees it
	stranger := false
	if to.Local() {
		g, err := tx.MessageGround(m.Recipient, m.Sender)
		if err != nil {
			return err
		}
		if theirs, err = tx.Correspondence(m.Recipient, m.Sender); err != nil {
			return err
		}
		if theirs == nil {
			theirs = &circles.Correspondence{Person: m.Recipient, Other: m.Sender, State: circles.CorrespondenceRequest, Begun: tx.Now()}
		}
		if g.Known() && theirs.State == circles.CorrespondenceRequest {
			theirs.State = circles.CorrespondenceOpen
		}
		stranger = theirs.State != circles.CorrespondenceOpen
	}
	if err := enoughMessages(tx, from, m, stranger, theirs); err != nil {
		return err
	}
	var err error
	if m.Answers, err = tx.LastMessageOf(m.Recipient, m.Sender); err != nil {
		return err
	}
	if err := tx.AddMessage(m); err != nil {
		return err
	}
	if from.Local() {
		mine, err := tx.Correspondence(m.Sender, m.Recipient)
		if err != nil {
			return err
		}
		if mine == nil {
			mine = &circles.Correspondence{Person: m.Sender, Other: m.Recipient, Begun: tx.Now()}
		}
		mine.State, mine.Last, mine.Wrote, mine.Unread = circles.CorrespondenceOpen, m.ID, true, 0
		if err := tx.SaveCorrespondence(mine); err != nil {
			return err
		}
	}
	if theirs == nil || theirs.State == circles.CorrespondenceDeclined {
		return nil
	}
	theirs.Last = m.ID
	theirs.Unread++
	return tx.SaveCorrespondence(theirs)
}

// enoughMessages refuses who has written too much, or too many strangers.
func enoughMessages(tx *store.Tx, from *circles.Actor, m *circles.Message, stranger bool, theirs *circles.Correspondence) error {
	now := tx.Now()
	for _, bound := range []struct{ within, most int64 }{{messageMinute, messagesPerMinute}, {messageDay, messagesPerDay}} {
		n, err := tx.MessagesSince(m.Sender, now-bound.within)
		if err != nil {
			return err
		}
		if n >= bound.most {
			return circles.Errorf(circles.Limited, "You have written many messages in a short time; wait a while before the next.").With("refused.many-messages", nil)
		}
	}
	if theirs == nil {
		// Elsewhere: whether they are strangers there is not known here, so answers tell.
		answered, err := tx.LastMessageOf(m.Recipient, m.Sender)
		if err != nil {
			return err
		}
		stranger = answered == 0
	}
	if !stranger {
		return nil
	}
	before, err := tx.MessagesBetween(m.Sender, m.Recipient, 0, maxUnanswered)
	if err != nil {
		return err
	}
	unanswered := 0
	for _, b := range before {
		if b.Sender == m.Sender {
			unanswered++
		}
	}
	if unanswered >= maxUnanswered {
		return circles.Errorf(circles.Limited, "They have not answered your %d messages; wait until they do.", maxUnanswered).
			With("refused.unanswered", map[string]any{"Max": maxUnanswered})
	}
	if len(before) > 0 {
		return nil // no new stranger
	}
	since := now - messageDay
	n, err := tx.StrangersSince(m.Sender, since)
	if err == nil && n < requestsPerDay && !from.Local() {
		var all int64
		if all, err = tx.RequestsFrom(from.Host, since); all >= requestsPerHostDay {
			n = requestsPerDay
		}
	}
	if err == nil && n >= requestsPerDay {
		return circles.Errorf(circles.Limited, "You have written to %d people you do not know within a day; wait until tomorrow.", requestsPerDay).
			With("refused.many-strangers", map[string]any{"Max": requestsPerDay})
	}
	return err
}

// DeleteMessage takes back a message of one's own: its text goes at both ends, as far as the other's
// server does what it is asked. It may be deleted twice.
func (a *App) DeleteMessage(ctx context.Context, who circles.Viewer, id circles.MessageID) error {
	if !who.SignedIn() {
		return errSignIn()
	}
	return a.update(ctx, "delete a message", func(tx *store.Tx) error {
		m, err := tx.Message(id)
		if err != nil {
			return err
		}
		if m.Sender != who.Person {
			return errNoMessage() // whether there is one is between the two
		}
		return a.EraseMessage(tx, m)
	})
}

// EraseMessage takes back a message of somebody of this instance, in the transaction of who decided it.
func (a *App) EraseMessage(tx *store.Tx, m *circles.Message) error {
	if m.DeletedAt != 0 {
		return nil
	}
	if m.CreateSeq != 0 {
		to, err := tx.Actor(m.Recipient.Actor())
		if err != nil {
			return err
		}
		if _, err := sayMessage(tx, circles.MessageDeleted, m, to, m.CreateSeq); err != nil {
			return err
		}
	}
	return tx.EraseMessage(m.ID)
}

func errNoMessage() error {
	return circles.Errorf(circles.NotFound, "There is no such message.").With("refused.no-message", nil)
}
