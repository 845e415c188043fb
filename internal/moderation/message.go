package moderation

import (
	"context"
	"strings"

	"halqa/circles"
	"halqa/internal/standing"
	"halqa/internal/store"
	"halqa/internal/text"
)

const (
	messageCases = 50
	maxQuoted    = circles.MaxMessage
)

// ReportMessage shows one message to the admins of this instance: the person it was written to decides
// that, and what they show is the copy that is kept until it was decided. Nobody else sees it, no moderator
// of a circle and no other server. // CVE-2024-23649
func (m *Moderation) ReportMessage(ctx context.Context, who circles.Viewer, id circles.MessageID, category circles.ReportCategory, words string) error {
	category, err := circles.ParseReportCategory(string(category))
	if err != nil {
		return err
	}
	if text.Length(words) > maxText {
		return circles.FieldErrorf(circles.TooLarge, "text", "This text is longer than %d characters; shorten it.", maxText).
			With("refused.too-long", map[string]any{"Max": maxText})
	}
	words = strings.TrimSpace(text.CleanBlock(words, maxText))
	return m.update(ctx, "report a message", func(tx *store.Tx) error {
		msg, err := tx.Message(id)
		if err != nil {
			return err
		}
		if !who.SignedIn() || msg.Recipient != who.Person || msg.DeletedAt != 0 {
			return circles.Errorf(circles.NotFound, "There is no such message.").With("refused.no-message", nil)
		}
		now := tx.Now()
		n, err := tx.MessageReportsSince(who.Person, now-day)
		if err != nil {
			return err
		}
		if n >= perDay {
			return circles.Errorf(circles.Limited, "You have reported %d things within a day; the moderators have those, try again tomorrow.", perDay).
				With("refused.too-many-reports", map[string]any{"Max": perDay})
		}
		quoted := text.Plain(msg.BodyHTML)
		if msg.Warning != "" {
			quoted = msg.Warning + "\n\n" + quoted
		}
		_, err = tx.AddMessageReport(&circles.MessageReport{ID: tx.NewID(), Message: msg.ID, Sender: msg.Sender, By: who.Person, At: now,
			Category: category, Words: words, Quoted: text.CleanBlock(quoted, maxQuoted)})
		return err
	})
}

// A MessageCase is a reported message with the two it is between.
type MessageCase struct {
	circles.MessageReport
	From *circles.Actor // who wrote it
	Who  *circles.Actor // who reported it
}

// MessageReports returns the open reports of messages, the first first. They are for admins alone.
func (m *Moderation) MessageReports(ctx context.Context, who circles.Viewer) ([]MessageCase, error) {
	var cases []MessageCase
	err := m.view(ctx, "message reports", func(tx *store.Tx) error {
		cases = nil
		if _, err := allow(tx, standing.Question{Who: who, Action: standing.SeeMessageReports}); err != nil {
			return err
		}
		rows, err := tx.OpenMessageReports(messageCases)
		if err != nil {
			return err
		}
		var people []circles.ActorID
		for _, r := range rows {
			people = append(people, r.Sender.Actor(), r.By.Actor())
		}
		cards, err := tx.ActorCards(people)
		for _, r := range rows {
			cases = append(cases, MessageCase{*r, cards[r.Sender.Actor()], cards[r.By.Actor()]})
		}
		return err
	})
	return cases, err
}

// DecideMessage closes a report of a message. With erase the message is taken away for both of its people;
// what else there is to do about its writer is done on their page. The copy that was shown goes in either
// case.
func (m *Moderation) DecideMessage(ctx context.Context, who circles.Viewer, id int64, uphold, erase bool) error {
	return m.update(ctx, "decide about a message", func(tx *store.Tx) error {
		d, err := allow(tx, standing.Question{Who: who, Action: standing.SeeMessageReports})
		if err != nil {
			return err
		}
		r, err := tx.MessageReport(id)
		if err != nil {
			return err
		}
		if r.State != circles.ReportOpen {
			return circles.Errorf(circles.Conflict, "Somebody has decided about this report already; look at the list again.").With("refused.report-decided", nil)
		}
		r.State = circles.ReportDismissed
		if uphold || erase {
			r.State = circles.ReportUpheld
		}
		r.DecidedBy, r.DecidedAt = d.Actor.ID, tx.Now()
		if erase {
			msg, err := tx.Message(r.Message)
			if err != nil && !circles.Is(err, circles.NotFound) {
				return err
			}
			if err == nil {
				if err := m.app.EraseMessage(tx, msg); err != nil {
					return err
				}
			}
		}
		return tx.DecideMessageReport(r)
	})
}
