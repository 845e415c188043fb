package app

import (
	"context"

	"halqa/circles"
	"halqa/internal/standing"
	"halqa/internal/store"
	"halqa/internal/text"
)

// CircleEdit is how a circle is to be from now on, as a whole.
type CircleEdit struct {
	Title       string
	Topic       string
	Language    string
	Description string // markdown
	Rules       string // markdown
	Visibility  circles.Visibility
	Posting     circles.Posting
	Sensitive   bool
	Hue         int
	Icon        circles.MediaID // an upload of the operator's; "" = none
}

// clean checks everything that can be checked without the database.
func (e CircleEdit) clean() (CircleEdit, error) {
	var err error
	if e.Title, err = line("title", "title", e.Title, maxDisplayName); err != nil {
		return e, err
	}
	if e.Topic, err = line("topic", "topic", e.Topic, maxTopic); err != nil {
		return e, err
	}
	if e.Language, err = text.Language(e.Language); err != nil {
		return e, err
	}
	if e.Description, err = block("description", "description", e.Description, maxDescription); err != nil {
		return e, err
	}
	if e.Rules, err = block("rules", "text of the rules", e.Rules, maxDescription); err != nil {
		return e, err
	}
	if e.Visibility, err = circles.ParseVisibility(string(e.Visibility)); err != nil {
		return e, err
	}
	if e.Posting, err = circles.ParsePosting(string(e.Posting)); err != nil {
		return e, err
	}
	if e.Hue < 0 || e.Hue > maxHue {
		return e, circles.FieldErrorf(circles.Invalid, "hue", "The colour must be a number from 0 to %d.", maxHue)
	}
	return e, nil
}

// put writes what was said into the rows.
func (e CircleEdit) put(c *circles.Circle, description, rules rendered) {
	c.DisplayName, c.Topic, c.Language = e.Title, e.Topic, e.Language
	c.Visibility, c.Posting, c.Sensitive, c.Hue = e.Visibility, e.Posting, e.Sensitive, e.Hue
	c.Summary, c.SummaryHTML, c.Rules, c.RulesHTML = e.Description, description.html, e.Rules, rules.html
	c.IconMedia = e.Icon
}

// EditCircle changes a circle of this instance. Its visibility can change only within what it
// promised: what was said among few is never opened to the world, and what left the instance cannot
// be called back.
func (a *App) EditCircle(ctx context.Context, who circles.Viewer, id circles.CircleID, edit CircleEdit) (*circles.Circle, error) {
	edit, err := edit.clean()
	if err != nil {
		return nil, err
	}
	description, rules, err := a.renderTwo(ctx, edit.Description, edit.Rules)
	if err != nil {
		return nil, err
	}
	var edited *circles.Circle
	err = a.update(ctx, "edit circle", func(tx *store.Tx) error {
		c, err := tx.Circle(id)
		if err != nil {
			return err
		}
		if _, err := allow(tx, standing.Question{Who: who, Action: standing.EditCircle, Circle: c}); err != nil {
			return err
		}
		if err := mayBecome(c.Visibility, edit.Visibility); err != nil {
			return err
		}
		if err := takeIcon(tx, who, edit.Icon, c.IconMedia); err != nil {
			return err
		}
		listed := edit.Visibility == circles.Public
		relist := listed != (c.Visibility == circles.Public)
		c.UpdatedAt = tx.Now()
		edit.put(c, description, rules)
		if err := sayActor(tx, circles.ActorUpdated, &c.Actor); err != nil {
			return err
		}
		if err := tx.SaveCircle(c); err != nil {
			return err
		}
		if relist {
			if err := tx.SetListed(id, listed); err != nil {
				return err
			}
		}
		edited, err = tx.Circle(id)
		return err
	})
	return edited, err
}

func (a *App) renderTwo(ctx context.Context, one, two string) (first, second rendered, err error) {
	if first, err = a.render(ctx, one); err != nil {
		return first, second, err
	}
	second, err = a.render(ctx, two)
	return first, second, err
}

// mayBecome refuses a change of visibility between what is federated, what is for this instance, and
// what is for members.
func mayBecome(from, to circles.Visibility) error {
	if from == to || from.Federated() && to.Federated() || from == circles.LocalOnly && to == circles.MembersOnly {
		return nil
	}
	return circles.FieldErrorf(circles.Conflict, "visibility", "A circle that is %s cannot become %s, because people wrote in it for another audience; open a new circle.", from, to).
		With("refused.visibility", map[string]any{"From": string(from), "To": string(to)})
}

// takeIcon makes an upload of who acts an actor's icon in place of the old one, which is swept as if
// it had never found its use.
func takeIcon(tx *store.Tx, who circles.Viewer, icon, old circles.MediaID) error {
	if icon == old {
		return nil
	}
	if old != "" {
		if err := tx.PlacePhoto(old, 0, 0); err != nil {
			return err
		}
	}
	if icon == "" {
		return nil
	}
	p, err := tx.Photo(icon)
	if err != nil && !circles.Is(err, circles.NotFound) {
		return err
	}
	if err != nil || p.Owner != who.Person.Actor() || p.Post != 0 || p.Pos != 0 {
		return circles.FieldErrorf(circles.NotFound, "icon", "There is no such picture; upload it again.").With("refused.photo-gone", nil)
	}
	return tx.PlacePhoto(icon, 0, store.IconPos)
}

// sayActor appends that an actor of ours changed. The entry of a circle that is not federated goes
// nowhere, for nobody elsewhere follows it.
func sayActor(tx *store.Tx, kind circles.EventKind, a *circles.Actor) error {
	_, err := tx.AppendEvent(circles.Event{Kind: kind, Stream: a.ID, Signer: a.ID, OrderKey: int64(a.ID), Object: int64(a.ID)})
	return err
}
