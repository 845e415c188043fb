package accounts

import (
	"context"

	"halqa/circles"
	"halqa/internal/store"
)

// Confirm asks the viewer to prove once more who they are, before something that cannot be taken back.
func (a *Accounts) Confirm(ctx context.Context, v circles.Viewer, password string, client Client) error {
	return a.proveAgain(ctx, v, "password", password, client)
}

// Remove deletes the viewer's account, and begins to delete them and what they wrote; the clock goes on
// with that. They prove once more who they are. The last admin, and the only owner of a circle, are
// refused.
func (a *Accounts) Remove(ctx context.Context, v circles.Viewer, password string, client Client) error {
	if err := a.proveAgain(ctx, v, "password", password, client); err != nil {
		return err
	}
	return a.update(ctx, "remove account", func(tx *store.Tx) error {
		account, err := tx.Account(v.Person)
		if err != nil {
			return err
		}
		if err := notTheLastAdmin(tx, &account.Account); err != nil {
			return err
		}
		if err := a.app.DeletePerson(tx, v.Person); err != nil {
			return err
		}
		return tx.RemoveAccount(v.Person)
	})
}

// notTheLastAdmin refuses to lose the only admin.
func notTheLastAdmin(tx *store.Tx, account *store.Account) error {
	if account.Role != circles.SiteAdmin {
		return nil
	}
	other, err := tx.OtherAdmin(account.Person)
	if err == nil && !other {
		return circles.Errorf(circles.Conflict, "This is the last admin; make somebody else one first.").With("refused.last-admin", nil)
	}
	return err
}
