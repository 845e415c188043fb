package app

import (
	"context"
	"fmt"

	"halqa/circles"
	"halqa/internal/standing"
	"halqa/internal/store"
	"halqa/internal/text"
)

// NewPerson is what becomes a person of this instance.
type NewPerson struct {
	Name        string
	DisplayName string // "" = the name
	Bot         bool
	Keys        Keys // made before the transaction; see NewKeys
}

// CreatePerson makes the actor of a person of this instance, in the transaction that makes their
// account. A name that anyone or any circle ever had is a Conflict on field "name".
func (a *App) CreatePerson(tx *store.Tx, in NewPerson) (circles.PersonID, error) {
	if err := text.ValidName(in.Name); err != nil {
		return 0, err
	}
	name, err := line("display_name", "name to show", in.DisplayName, maxDisplayName)
	if err != nil {
		return 0, err
	}
	if in.Keys.Public == "" || len(in.Keys.Private) == 0 {
		return 0, fmt.Errorf("create person %s: no keys", in.Name)
	}
	if err := claimName(tx, in.Name); err != nil {
		return 0, err
	}
	now := tx.Now()
	p := &circles.Actor{
		ID: circles.ActorID(tx.NewID()), Kind: circles.KindPerson, Name: in.Name, URI: "/u/" + in.Name, DisplayName: name,
		Bot: in.Bot, Indexable: true, PublicKey: in.Keys.Public, Published: now, CreatedAt: now, UpdatedAt: now,
	}
	if err := tx.AddActor(p); err != nil {
		return 0, fmt.Errorf("create person %s: %w", in.Name, err)
	}
	if err := standing.Known(tx, circles.PersonID(p.ID)); err != nil {
		return 0, err
	}
	return circles.PersonID(p.ID), tx.SetPrivateKey(p.ID, in.Keys.Private)
}

// EnsureInstanceActor returns the actor that this instance speaks as, and makes it the first time.
func (a *App) EnsureInstanceActor(ctx context.Context) (*circles.Actor, error) {
	return a.ensureActor(ctx, &circles.Actor{Kind: circles.KindInstance, Name: a.host, URI: "/", Locked: true})
}

// ensureActor returns the actor at an address of this instance, and makes it as it is given the first time.
func (a *App) ensureActor(ctx context.Context, as *circles.Actor) (*circles.Actor, error) {
	var found *circles.Actor
	look := func(tx *store.Tx) (err error) {
		found, err = tx.ActorByURI(as.URI)
		return err
	}
	err := a.store.View(ctx, look)
	if !circles.Is(err, circles.NotFound) {
		return found, err
	}
	keys, err := a.newKeys()
	if err != nil {
		return nil, err
	}
	err = a.update(ctx, "make the instance's actor", func(tx *store.Tx) error {
		if err := look(tx); !circles.Is(err, circles.NotFound) {
			return err // another process made it meanwhile, or the database did not answer
		}
		made, now := *as, tx.Now()
		made.ID, made.PublicKey = circles.ActorID(tx.NewID()), keys.Public
		made.Published, made.CreatedAt, made.UpdatedAt = now, now, now
		found = &made
		if err := tx.AddActor(found); err != nil {
			return err
		}
		return tx.SetPrivateKey(found.ID, keys.Private)
	})
	return found, err
}

// Profile is how a person wants to be shown, as a whole.
type Profile struct {
	DisplayName string
	Summary     string          // markdown
	Icon        circles.MediaID // an upload of theirs; "" = none
	Bot         bool
	Locked      bool // approves followers
	Indexable   bool
}

// EditProfile changes how a person is shown.
func (a *App) EditProfile(ctx context.Context, who circles.Viewer, in Profile) error {
	name, err := line("display_name", "name to show", in.DisplayName, maxDisplayName)
	if err != nil {
		return err
	}
	summary, err := block("summary", "text about you", in.Summary, maxDescription)
	if err != nil {
		return err
	}
	about, err := a.render(ctx, summary)
	if err != nil {
		return err
	}
	return a.update(ctx, "edit profile", func(tx *store.Tx) error {
		d, err := allow(tx, standing.Question{Who: who, Action: standing.EditProfile})
		if err != nil {
			return err
		}
		if err := takeIcon(tx, who, in.Icon, d.Actor.IconMedia); err != nil {
			return err
		}
		p := d.Actor
		p.DisplayName, p.Summary, p.IconMedia, p.Bot, p.Locked, p.Indexable = name, summary, in.Icon, in.Bot, in.Locked, in.Indexable
		p.SummaryHTML = about.html
		p.UpdatedAt = tx.Now()
		if err := sayActor(tx, circles.ActorUpdated, p); err != nil {
			return err
		}
		return tx.SaveActor(p)
	})
}
