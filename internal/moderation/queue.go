package moderation

import (
	"context"

	"halqa/circles"
	"halqa/internal/app"
	"halqa/internal/standing"
	"halqa/internal/store"
	"halqa/internal/text"
)

const (
	reportPage     = 20
	shownTexts     = 20 // of one report in a list
	maxNote        = 500
	openCountsMost = 500
)

// A Case is a report with what who decides has to see.
type Case struct {
	circles.Report
	Post       *circles.Post   // what is reported, as it is now; nil if it is none
	Person     *circles.Actor  // who wrote it, or who is reported; as ActorCards has it
	Circle     *circles.Circle // that it is in, or that is reported; as CircleCards has it
	Complaints []Complaint     // the first of them
	DecidedBy  *circles.Actor  // nil = nobody yet
}

// A Complaint is what one person said, with who it was. Only those who decide see it.
type Complaint struct {
	circles.Complaint
	Who *circles.Actor // as ActorCards has it
}

// Reports returns the open reports of a circle, or those that were decided, the newest first, with the
// cursor of the next page, "" at the end. Circle 0 stands for those that the people who run this instance
// decide: about people, about circles, and about what is in circles elsewhere.
func (m *Moderation) Reports(ctx context.Context, who circles.Viewer, circle circles.CircleID, decided bool, cursor string) (cases []Case, next string, err error) {
	after, err := decodeCursor(cursor)
	if err != nil {
		return nil, "", err
	}
	err = m.view(ctx, "reports", func(tx *store.Tx) error {
		if _, err := mayDecide(tx, who, circle); err != nil {
			return err
		}
		rows, err := tx.Reports(store.ReportQueue{Circle: circle, Decided: decided, After: after, Limit: reportPage + 1})
		if err != nil {
			return err
		}
		rows, next = cut(rows, reportPage, func(r *circles.Report) int64 { return r.ID })
		cases, err = fill(tx, rows)
		return err
	})
	return cases, next, err
}

// OpenReports counts the open reports of each of these circles that the viewer decides; of circle 0 those
// of the whole instance. Circles that the viewer has no say in are left out.
func (m *Moderation) OpenReports(ctx context.Context, who circles.Viewer, ids []circles.CircleID) (map[circles.CircleID]int64, error) {
	var counts map[circles.CircleID]int64
	err := m.view(ctx, "open reports", func(tx *store.Tx) error {
		var mine []circles.CircleID
		for _, id := range ids[:min(len(ids), openCountsMost)] {
			d, err := mayDecide(tx, who, id)
			switch {
			case err == nil:
				mine = append(mine, id)
			case d.Refusal == nil && !circles.Is(err, circles.NotFound):
				return err
			}
		}
		var err error
		counts, err = tx.OpenReports(mine)
		return err
	})
	return counts, err
}

func mayDecide(tx *store.Tx, who circles.Viewer, circle circles.CircleID) (standing.Decision, error) {
	q := standing.Question{Who: who, Action: standing.SeeReports}
	if circle != 0 {
		c, err := tx.Circle(circle)
		if err != nil {
			return standing.Decision{}, err
		}
		q.Circle = c
	}
	return allow(tx, q)
}

// fill adds to reports what stands around them.
func fill(tx *store.Tx, rows []*circles.Report) ([]Case, error) {
	var posts []circles.PostID
	var people []circles.ActorID
	var in []circles.CircleID
	cases := make([]Case, len(rows))
	for i, r := range rows {
		cases[i].Report = *r
		said, err := tx.Complaints(r.ID, shownTexts)
		if err != nil {
			return nil, err
		}
		for _, c := range said {
			cases[i].Complaints = append(cases[i].Complaints, Complaint{Complaint: c})
			people = append(people, c.By)
		}
		posts = append(posts, r.Target.Post)
		people = append(people, r.Target.Person.Actor(), r.DecidedBy)
		in = append(in, r.Target.Circle, r.Circle)
	}
	leads, err := tx.PostLeads(posts)
	if err != nil {
		return nil, err
	}
	for _, p := range leads {
		people = append(people, p.Author.Actor())
		in = append(in, p.Circle)
	}
	cards, err := tx.ActorCards(people)
	if err != nil {
		return nil, err
	}
	around, err := tx.CircleCards(in)
	if err != nil {
		return nil, err
	}
	for i := range cases {
		c := &cases[i]
		c.Post, c.Person, c.Circle = leads[c.Target.Post], cards[c.Target.Person.Actor()], around[c.Target.Circle]
		if c.Post != nil {
			c.Person, c.Circle = cards[c.Post.Author.Actor()], around[c.Post.Circle]
		}
		c.DecidedBy = cards[c.Report.DecidedBy]
		for j := range c.Complaints {
			c.Complaints[j].Who = cards[c.Complaints[j].By]
		}
	}
	return cases, nil
}

// Dismiss closes a report: nothing is wrong with what it is about. The note is for other moderators.
func (m *Moderation) Dismiss(ctx context.Context, who circles.Viewer, id int64, note string) error {
	return m.decide(ctx, who, id, note, func(tx *store.Tx, r *circles.Report) error {
		r.State = circles.ReportDismissed
		about, err := look(tx, r.Target)
		if err != nil {
			return err
		}
		return standing.Reviewed(tx, about.person, false)
	})
}

// Uphold closes a report that is right, where what there was to do was done otherwise. How grave it was
// is what it takes of the standing of who it is about; of a report about a circle it is not asked.
func (m *Moderation) Uphold(ctx context.Context, who circles.Viewer, id int64, how circles.Severity, note string) error {
	return m.decide(ctx, who, id, note, func(tx *store.Tx, r *circles.Report) error { return upheld(tx, who, r, how) })
}

// upheld writes into the ledger of standing what an upheld report takes of who it is about: in the circle
// of ours that it happened in, else on the instance.
func upheld(tx *store.Tx, who circles.Viewer, r *circles.Report, how circles.Severity) error {
	about, err := look(tx, r.Target)
	if err != nil || about.person == nil {
		return err
	}
	if how != circles.Minor && how != circles.Serious {
		return circles.FieldErrorf(circles.Invalid, "severity", "Say whether it was minor or serious.").With("refused.severity", nil)
	}
	verdict := standing.Verdict{Subject: circles.PersonID(about.person.ID), By: who.Person, Object: r.ID, Serious: how == circles.Serious}
	if about.post != nil {
		verdict.Object = int64(about.post.ID)
		if about.circle != nil && about.circle.Local() {
			verdict.Circle = about.circle.CircleID()
			role, err := tx.Role(verdict.Circle, who.Person)
			if err != nil {
				return err
			}
			verdict.Site = !role.Moderates() // then it is those who run the instance who decided
		}
	}
	if err := standing.Upheld(tx, verdict); err != nil {
		return err
	}
	return standing.Reviewed(tx, about.person, r.Category == circles.ReportSpam)
}

// Remove removes the reported post or comment, for a reason that everyone can read, and closes the report.
func (m *Moderation) Remove(ctx context.Context, who circles.Viewer, id int64, how circles.Severity, reason string) error {
	return m.decide(ctx, who, id, "", func(tx *store.Tx, r *circles.Report) error {
		if r.Target.Post == 0 {
			return circles.Errorf(circles.Invalid, "This report is not about a post that could be removed; choose something else.").
				With("refused.report-no-post", nil)
		}
		r.Decision = circles.ModRemove
		if err := upheld(tx, who, r, how); err != nil {
			return err
		}
		return m.app.RemoveTx(tx, who, r.Target.Post, reason)
	})
}

// Ban bans who wrote the reported post from its circle and closes the report. Circle and Person of in are
// ignored.
func (m *Moderation) Ban(ctx context.Context, who circles.Viewer, id int64, how circles.Severity, in app.NewBan) error {
	return m.decide(ctx, who, id, "", func(tx *store.Tx, r *circles.Report) error {
		p, err := &circles.Post{}, error(nil)
		if r.Target.Post != 0 {
			p, err = tx.Post(r.Target.Post)
		}
		if err != nil {
			return err
		}
		if p.Circle == 0 {
			return circles.Errorf(circles.Invalid, "This report is about nobody in a circle who could be banned; choose something else.").
				With("refused.report-no-person", nil)
		}
		in.Circle, in.Person = p.Circle, p.Author
		r.Decision = circles.ModBan
		if err := upheld(tx, who, r, how); err != nil {
			return err
		}
		return m.app.BanTx(tx, who, in)
	})
}

// decide closes an open report in the transaction of what is done about it.
func (m *Moderation) decide(ctx context.Context, who circles.Viewer, id int64, note string, do func(*store.Tx, *circles.Report) error) error {
	if text.Length(note) > maxNote {
		return circles.FieldErrorf(circles.TooLarge, "note", "This text is longer than %d characters; shorten it.", maxNote).
			With("refused.too-long", map[string]any{"Max": maxNote})
	}
	note = text.CleanBlock(note, maxNote)
	return m.update(ctx, "decide about a report", func(tx *store.Tx) error {
		r, err := tx.Report(id)
		if err != nil {
			return err
		}
		desk := r.Circle
		if r.Site {
			desk = 0
		}
		d, err := mayDecide(tx, who, desk)
		if err != nil {
			return err
		}
		if r.State != circles.ReportOpen {
			return circles.Errorf(circles.Conflict, "Somebody has decided about this report already; look at the list again.").With("refused.report-decided", nil)
		}
		r.State = circles.ReportUpheld
		if err := do(tx, r); err != nil {
			return err
		}
		r.DecidedBy, r.DecidedAt, r.Note = d.Actor.ID, tx.Now(), note
		return tx.DecideReport(r)
	})
}
