package accounts

import (
	"context"

	"halqa/circles"
	"halqa/internal/store"
)

// A Session is one browser that a person is signed in with. Times are UTC microseconds.
type Session struct {
	ID        string // to end it by; opens nothing
	Agent     string // how the browser describes itself
	CreatedAt int64
	SeenAt    int64 // to the hour
	ExpiresAt int64
}

// sessionID is the beginning of the token's hash: enough to tell a person's sessions apart.
func sessionID(s *store.Session) string { return s.Hash[:16] }

// Sessions returns the viewer's sessions, the last used first.
func (a *Accounts) Sessions(ctx context.Context, v circles.Viewer) ([]Session, error) {
	if !v.SignedIn() {
		return nil, errSession()
	}
	var all []Session
	err := a.view(ctx, "sessions", func(tx *store.Tx) error {
		all = nil
		sessions, err := tx.Sessions(v.Person)
		for _, s := range sessions {
			all = append(all, Session{ID: sessionID(s), Agent: s.Agent, CreatedAt: s.CreatedAt, SeenAt: s.SeenAt, ExpiresAt: s.ExpiresAt})
		}
		return err
	})
	return all, err
}

// EndSession ends one of the viewer's sessions by its id.
func (a *Accounts) EndSession(ctx context.Context, v circles.Viewer, id string) error {
	if !v.SignedIn() {
		return errSession()
	}
	return a.update(ctx, "end session", func(tx *store.Tx) error {
		sessions, err := tx.Sessions(v.Person)
		if err != nil {
			return err
		}
		for _, s := range sessions {
			if sessionID(s) == id {
				return tx.EndSession(s.Hash)
			}
		}
		return circles.Errorf(circles.NotFound, "This session has ended already.").With("refused.session-over", nil)
	})
}

// Sweep deletes sessions that have expired. The clock calls it every few hours.
func (a *Accounts) Sweep(ctx context.Context) error {
	const batch = 500
	for {
		var n int64
		err := a.update(ctx, "sweep sessions", func(tx *store.Tx) (err error) {
			n, err = tx.SweepSessions(batch)
			return err
		})
		if err != nil || n < batch {
			return err
		}
	}
}

// ChangePassword sets the viewer's password and ends their other sessions, and all tokens. keep is the token of the
// one they are in.
func (a *Accounts) ChangePassword(ctx context.Context, v circles.Viewer, old, new, keep string, client Client) error {
	name, err := a.nameOf(ctx, v)
	if err != nil {
		return err
	}
	if err := a.checkPassword("new", name, new); err != nil {
		return err
	}
	if err := a.proveAgain(ctx, v, "old", old, client); err != nil {
		return err
	}
	phc, err := a.hasher.hash(ctx, new)
	if err != nil {
		return err
	}
	return a.update(ctx, "change password", func(tx *store.Tx) error {
		// Whoever had got in may have made themselves a token, which needs no password.
		if err := tx.EndGrants(v.Person); err != nil {
			return err
		}
		return setPassword(tx, v.Person, phc, tokenHash(keep))
	})
}

// proveAgain asks somebody who is signed in for their password, in the form field of that name.
func (a *Accounts) proveAgain(ctx context.Context, v circles.Viewer, field, password string, client Client) error {
	name, err := a.nameOf(ctx, v)
	if err != nil {
		return err
	}
	_, err = a.prove(ctx, name, password, client)
	if circles.Is(err, circles.Denied) {
		return circles.FieldErrorf(circles.Denied, field, "This is not your password; type the one you sign in with.").
			With("refused.password-wrong", nil)
	}
	return err
}

func (a *Accounts) nameOf(ctx context.Context, v circles.Viewer) (string, error) {
	if !v.SignedIn() {
		return "", errSession()
	}
	var name string
	err := a.view(ctx, "account", func(tx *store.Tx) error {
		account, err := tx.Account(v.Person)
		if err == nil {
			name = account.Actor.Name
		}
		return err
	})
	return name, err
}

func setPassword(tx *store.Tx, person circles.PersonID, phc, keep string) error {
	account, err := tx.Account(person)
	if err != nil {
		return err
	}
	account.Password = phc
	if err := tx.SaveAccount(&account.Account); err != nil {
		return err
	}
	return tx.EndSessions(person, keep)
}
