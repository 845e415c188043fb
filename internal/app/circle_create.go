package app

import (
	"context"

	"halqa/circles"
	"halqa/internal/standing"
	"halqa/internal/store"
	"halqa/internal/text"
)

// NewCircle is what a person says about the circle they open.
type NewCircle struct {
	Name        string             // !name; never changes
	Title       string             // "" = the name
	Topic       string             // one line
	Language    string             // BCP 47; "" = any
	Description string             // markdown
	Rules       string             // markdown
	Visibility  circles.Visibility // "" = public
	Posting     circles.Posting    // "" = open
	Sensitive   bool
	Hue         int // 0–11
}

// CreateCircle opens a circle. Whoever opens it owns it and follows it.
func (a *App) CreateCircle(ctx context.Context, who circles.Viewer, in NewCircle) (*circles.Circle, error) {
	if err := text.ValidName(in.Name); err != nil {
		return nil, err
	}
	said := CircleEdit{Title: in.Title, Topic: in.Topic, Language: in.Language, Description: in.Description, Rules: in.Rules,
		Visibility: in.Visibility, Posting: in.Posting, Sensitive: in.Sensitive, Hue: in.Hue}
	if said.Visibility == "" {
		said.Visibility = circles.Public
	}
	if said.Posting == "" {
		said.Posting = circles.PostingOpen
	}
	said, err := said.clean()
	if err != nil {
		return nil, err
	}
	description, rules, err := a.renderTwo(ctx, said.Description, said.Rules)
	if err != nil {
		return nil, err
	}
	keys, err := a.newKeys()
	if err != nil {
		return nil, err
	}
	var made *circles.Circle
	err = a.update(ctx, "create circle", func(tx *store.Tx) error {
		if _, err := allow(tx, standing.Question{Who: who, Action: standing.CreateCircle}); err != nil {
			return err
		}
		if err := claimName(tx, in.Name); err != nil {
			return err
		}
		now := tx.Now()
		c := &circles.Circle{CreatedBy: who.Person}
		c.Actor = circles.Actor{
			ID: circles.ActorID(tx.NewID()), Kind: circles.KindCircle, Name: in.Name, URI: "/c/" + in.Name,
			PublicKey: keys.Public, Indexable: true, Published: now, CreatedAt: now, UpdatedAt: now,
		}
		said.put(c, description, rules)
		if err := tx.AddCircle(c); err != nil {
			return err
		}
		if err := tx.SetPrivateKey(c.ID, keys.Private); err != nil {
			return err
		}
		if err := tx.SetRole(c.CircleID(), who.Person, circles.RoleOwner); err != nil {
			return err
		}
		if err := standing.Placed(tx, c, who.Person, circles.NoRole, circles.RoleOwner); err != nil {
			return err
		}
		seq, err := tx.AppendEvent(circles.Event{Kind: circles.CircleMade, Stream: c.ID, Signer: c.ID, OrderKey: int64(c.ID),
			Object: int64(c.ID), Detail: circles.EventDetail{Actor: who.Person.Actor()}})
		if err != nil {
			return err
		}
		if err := followHere(tx, who.Person.Actor(), c.ID, seq); err != nil {
			return err
		}
		if err := tx.BumpCircle(c.CircleID(), store.CircleChange{Members: 1}); err != nil {
			return err
		}
		if err := standing.BeginCircle(tx, c); err != nil {
			return err
		}
		made, err = tx.Circle(c.CircleID())
		return err
	})
	return made, err
}

// claimName takes a name for good. People and circles share one name space.
func claimName(tx *store.Tx, name string) error {
	free, err := tx.ClaimName(name)
	if err == nil && !free {
		return circles.FieldErrorf(circles.Conflict, "name", "The name %q is taken, now or in the past; choose another.", name).
			With("refused.name-taken", map[string]any{"Name": name})
	}
	return err
}
