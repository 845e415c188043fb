package app

import (
	"context"

	"halqa/circles"
	"halqa/internal/store"
	"halqa/internal/text"
)

// maxBlocks is how many people, circles and servers one person can block or mute together.
const maxBlocks = 5000

// SetBlock blocks a person or a circle for the viewer, or lifts the block. Lists, threads, search and
// notifications of the viewer leave out what is blocked; a blocked person cannot answer or follow them,
// and neither follows the other any more. It is not announced to anyone.
func (a *App) SetBlock(ctx context.Context, who circles.Viewer, target circles.ActorID, blocked bool) error {
	return a.setBlock(ctx, who, target, blocked, func(tx *store.Tx, t *circles.Actor) error {
		if err := tx.SetBlock(who.Person.Actor(), target, blocked); err != nil || !blocked || t.Kind == circles.KindCircle {
			return err
		}
		return part(tx, who.Person.Actor(), t)
	})
}

// SetMute is SetBlock for what only the viewer is to notice: who is muted can still answer them.
func (a *App) SetMute(ctx context.Context, who circles.Viewer, target circles.ActorID, muted bool) error {
	return a.setBlock(ctx, who, target, muted, func(tx *store.Tx, _ *circles.Actor) error {
		return tx.SetMute(who.Person, target, muted)
	})
}

func (a *App) setBlock(ctx context.Context, who circles.Viewer, target circles.ActorID, on bool, set func(*store.Tx, *circles.Actor) error) error {
	if !who.SignedIn() {
		return errSignIn()
	}
	return a.update(ctx, "block", func(tx *store.Tx) error {
		t, err := tx.Actor(target)
		if err != nil {
			return err
		}
		if t.ID == who.Person.Actor() || t.Kind == circles.KindInstance {
			return errBlockSelf()
		}
		if t.Kind == circles.KindCircle {
			// What they may not see they cannot name by its number either.
			if _, _, err := letIn(tx, who, circles.CircleID(t.ID)); err != nil && on {
				return err
			}
		}
		if err := roomToBlock(tx, who, on); err != nil {
			return err
		}
		return set(tx, t)
	})
}

// SetHostBlock blocks all people and circles of another server for the viewer, or lifts the block.
func (a *App) SetHostBlock(ctx context.Context, who circles.Viewer, host string, blocked bool) error {
	if !who.SignedIn() {
		return errSignIn()
	}
	host, err := text.Host(host)
	if err != nil {
		return circles.FieldErrorf(circles.Invalid, "host", "That is not the name of a server; write it as example.org.").With("refused.host", nil)
	}
	if host == a.host {
		return errBlockSelf()
	}
	return a.update(ctx, "block a server", func(tx *store.Tx) error {
		if err := roomToBlock(tx, who, blocked); err != nil {
			return err
		}
		return tx.SetHostBlock(who.Person, host, blocked)
	})
}

// Blocks are what a person does not want to meet, the latest first.
type Blocks struct {
	Blocked []*circles.Actor // people and circles
	Muted   []*circles.Actor
	Hosts   []string // by name
}

// Blocks returns what the viewer does not want to meet; TagWishes has the tags.
func (a *App) Blocks(ctx context.Context, v circles.Viewer) (*Blocks, error) {
	if !v.SignedIn() {
		return nil, errSignIn()
	}
	b := new(Blocks)
	err := a.view(ctx, "blocks", func(tx *store.Tx) (err error) {
		if b.Blocked, err = tx.BlockedActors(v.Person, maxBlocks); err != nil {
			return err
		}
		if b.Muted, err = tx.MutedActors(v.Person, maxBlocks); err != nil {
			return err
		}
		b.Hosts, err = tx.BlockedHosts(v.Person, maxBlocks)
		return err
	})
	return b, err
}

// part ends how two people follow each other.
func part(tx *store.Tx, me circles.ActorID, other *circles.Actor) error {
	_, last, err := tx.LogEnds()
	if err != nil {
		return err
	}
	if other.Local() {
		if err := unfollowHere(tx, me, other.ID, last); err != nil {
			return err
		}
		return unfollowHere(tx, other.ID, me, last)
	}
	if err := unask(tx, me, other); err != nil {
		return err
	}
	return putOut(tx, other.ID, me)
}

func roomToBlock(tx *store.Tx, who circles.Viewer, on bool) error {
	if !on {
		return nil
	}
	n, err := tx.CountBlocks(who.Person)
	if err == nil && n >= maxBlocks {
		return circles.Errorf(circles.TooLarge, "That is more than one person can block or mute; let go of some first.").With("refused.too-many-blocks", nil)
	}
	return err
}

func errBlockSelf() error {
	return circles.Errorf(circles.Invalid, "You cannot block yourself or this instance.").With("refused.block-self", nil)
}
