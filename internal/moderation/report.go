package moderation

import (
	"context"
	"strings"

	"halqa/circles"
	"halqa/internal/app"
	"halqa/internal/standing"
	"halqa/internal/store"
	"halqa/internal/text"
)

const (
	maxText    = 1000          // runes of what a person says in a report
	keptTexts  = 50            // of one report; later ones are counted, and their words let go
	perDay     = 20            // things that one person reports within a day
	perHostDay = 200           // things that the people of one server do
	day        = 86400_000_000 // microseconds
	maxFlagged = 20            // objects of one Flag that are looked at; Mastodon lets people choose some posts
)

// NewReport is what a person says against something.
type NewReport struct {
	Target   circles.ReportTarget
	Category circles.ReportCategory
	Text     string // may be empty
}

// Report takes what a member says against a post, a person or a circle. Whoever reports the same thing
// adds to the one report that is open about it; doing so twice changes nothing. What is in a circle
// elsewhere, or by somebody elsewhere, is reported there as well, in the member's name: to the circle if
// it lives elsewhere, else to the server of who wrote it.
func (m *Moderation) Report(ctx context.Context, who circles.Viewer, in NewReport) error {
	category, err := circles.ParseReportCategory(string(in.Category))
	if err != nil {
		return err
	}
	if text.Length(in.Text) > maxText {
		return circles.FieldErrorf(circles.TooLarge, "text", "This text is longer than %d characters; shorten it.", maxText).
			With("refused.too-long", map[string]any{"Max": maxText})
	}
	words := strings.TrimSpace(text.CleanBlock(in.Text, maxText))
	return m.update(ctx, "report", func(tx *store.Tx) error {
		about, err := look(tx, in.Target)
		if err != nil {
			return err
		}
		d, err := allow(tx, about.question(who, standing.Report))
		if err != nil {
			return err
		}
		report, fresh, err := file(tx, about, d.Actor, category, words, perDay)
		if err != nil || !fresh {
			return err
		}
		return send(tx, about, d.Actor, report)
	})
}

// ReceiveFlag takes what somebody elsewhere, or a server in their name, says against things here. Of all
// it names only what people of this instance wrote, what is in a circle of ours, and what is in the
// circle that passed it on count; a person only where no post of theirs is named.
func ReceiveFlag(tx *store.Tx, said app.Said, targets []circles.ReportTarget, words string) (app.Outcome, error) {
	const most = 4 * maxText // bytes of a character
	if len(words) > most {
		words = words[:most]
	}
	words = strings.TrimSpace(text.CleanBlock(words, maxText))
	who := circles.Viewer{Person: said.By, Remote: true}
	var all []subject
	wrote := map[circles.ActorID]bool{}
	for _, t := range targets[:min(len(targets), maxFlagged)] {
		about, err := look(tx, t)
		if circles.Is(err, circles.NotFound) {
			continue
		}
		if err != nil {
			return app.Outcome{}, err
		}
		if !about.ours(said.Via) {
			continue
		}
		if about.post != nil {
			wrote[about.person.ID] = true
		}
		all = append(all, about)
	}
	out := app.Outcome{Result: app.Nothing}
	for _, about := range all {
		if about.target.Person != 0 && wrote[about.person.ID] {
			continue
		}
		q := about.question(who, standing.Report)
		q.Via = said.Via
		d, err := standing.Judge(tx, q)
		if err != nil {
			return app.Outcome{}, err
		}
		if !d.Allowed() {
			out.Reason, out.Refusal = d.Reason, d.Refusal
			continue
		}
		most := int64(perDay)
		if d.Actor.Kind == circles.KindInstance {
			most = perHostDay // it speaks for all of its people
		}
		_, fresh, err := file(tx, about, d.Actor, circles.ReportOther, words, most)
		if circles.Is(err, circles.Limited) {
			break
		}
		if err != nil {
			return app.Outcome{}, err
		}
		if fresh {
			out.Result, out.Post = app.Applied, about.target.Post
		}
	}
	if out.Result == app.Nothing && out.Refusal != nil {
		out.Result = app.Refused
	}
	return out, nil
}

// A subject is what is reported, with what stands around it.
type subject struct {
	target circles.ReportTarget
	post   *circles.Post   // nil if it is none
	circle *circles.Circle // that it is in, or is; nil = none
	person *circles.Actor  // who wrote it, or is it; nil for a circle
}

func look(tx *store.Tx, t circles.ReportTarget) (s subject, err error) {
	s.target = t
	switch {
	case t.Post != 0 && t.Person == 0 && t.Circle == 0:
		if s.post, err = tx.Post(t.Post); err != nil {
			return s, err
		}
		if s.person, err = tx.Actor(s.post.Author.Actor()); err != nil {
			return s, err
		}
		if s.post.Circle != 0 {
			s.circle, err = tx.Circle(s.post.Circle)
		}
	case t.Person != 0 && t.Post == 0 && t.Circle == 0:
		s.person, err = tx.Actor(t.Person.Actor())
		if err == nil && s.person.Kind != circles.KindPerson && s.person.Kind != circles.KindService {
			err = circles.Errorf(circles.NotFound, "There is no such person.")
		}
	case t.Circle != 0 && t.Post == 0 && t.Person == 0:
		s.circle, err = tx.Circle(t.Circle)
	default:
		err = circles.Errorf(circles.Invalid, "Say what you report: one post, one person or one circle.").With("refused.report-target", nil)
	}
	return s, err
}

func (s subject) question(who circles.Viewer, action standing.Action) standing.Question {
	q := standing.Question{Who: who, Action: action, Circle: s.circle, Post: s.post}
	if s.post == nil {
		q.Person = s.person
	}
	return q
}

// ours reports whether it is for somebody here to decide.
func (s subject) ours(via circles.CircleID) bool {
	switch {
	case s.person != nil && s.person.Local():
		return true
	case s.circle == nil:
		return false
	}
	return s.circle.Local() || s.circle.CircleID() == via
}

// desk is the list that a report belongs in.
func (s subject) desk() (circle circles.CircleID, site bool) {
	if s.post == nil || s.circle == nil {
		return 0, true // who runs a circle does not judge of it
	}
	return s.circle.CircleID(), !s.circle.Local()
}

// file puts what somebody says into the open report about it. fresh reports whether they had not said it
// before.
func file(tx *store.Tx, about subject, by *circles.Actor, category circles.ReportCategory, words string, most int64) (r *circles.Report, fresh bool, err error) {
	if r, err = tx.OpenReport(about.target); err != nil {
		return nil, false, err
	}
	if r != nil {
		said, err := tx.Complained(r.ID, by.ID)
		if err != nil || said {
			return r, false, err
		}
	}
	if err := enough(tx, by, most); err != nil {
		return nil, false, err
	}
	now := tx.Now()
	if r == nil {
		r = &circles.Report{ID: tx.NewID(), Target: about.target, Category: category, State: circles.ReportOpen, Count: 1, FirstAt: now, LastAt: now}
		r.Circle, r.Site = about.desk()
		err = tx.AddReport(r)
	} else {
		if r.Count >= keptTexts {
			words = ""
		}
		err = tx.CountReport(r.ID)
	}
	if err != nil {
		return nil, false, err
	}
	filed := circles.Event{Kind: circles.ReportFiled, OrderKey: r.ID, Object: r.ID}
	if !r.Site {
		filed.Stream = r.Circle.Actor()
	}
	if _, err := tx.AppendEvent(filed); err != nil {
		return nil, false, err
	}
	return r, true, tx.AddComplaint(circles.Complaint{Report: r.ID, By: by.ID, At: now, Category: category, Text: words})
}

// enough refuses who has reported too much already: a flood of reports hides those that matter.
func enough(tx *store.Tx, by *circles.Actor, most int64) error {
	since := tx.Now() - day
	n, err := tx.ComplaintsSince(by.ID, since)
	if err != nil {
		return err
	}
	if n < most && !by.Local() {
		all, err := tx.ComplaintsFrom(by.Host, since)
		if err != nil {
			return err
		}
		if all >= perHostDay {
			n = most
		}
	}
	if n >= most {
		return circles.Errorf(circles.Limited, "You have reported %d things within a day; the moderators have those, try again tomorrow.", most).
			With("refused.too-many-reports", map[string]any{"Max": most})
	}
	return nil
}

// send appends the entry from which the report travels to who answers for its object elsewhere, if
// anybody does: exactly one, as Lemmy demands.
func send(tx *store.Tx, about subject, by *circles.Actor, r *circles.Report) error {
	var to *circles.Actor
	switch {
	case about.circle != nil && !about.circle.Local():
		to = &about.circle.Actor
	case about.person != nil && !about.person.Local():
		to = about.person
	default:
		return nil
	}
	inbox := to.DeliveryInbox()
	if inbox == "" || to.DeletedAt != 0 {
		return nil
	}
	_, err := tx.AppendEvent(circles.Event{Kind: circles.ReportSent, Signer: by.ID, OrderKey: r.ID, Object: r.ID,
		Detail: circles.EventDetail{Actor: to.ID}, To: []string{inbox}})
	return err
}
