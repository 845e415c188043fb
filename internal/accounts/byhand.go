package accounts

import (
	"context"

	"halqa/circles"
	"halqa/internal/store"
	"halqa/internal/text"
)

// What operators do from the command line. Nobody's leave is asked: whoever runs commands on the
// server runs the instance.

// Create makes an account with this role, whatever the registration mode. Without a password one is
// made. The password is returned, to be shown once.
func (a *Accounts) Create(ctx context.Context, name, password string, role circles.SiteRole) (string, error) {
	name = a.cleanName(name)
	if err := text.ValidName(name); err != nil {
		return "", err
	}
	if _, err := circles.ParseSiteRole(string(role)); err != nil {
		return "", err
	}
	if password == "" {
		password = newPassword()
	} else if err := a.checkPassword("password", name, password); err != nil {
		return "", err
	}
	in := newAccount{SignUp: SignUp{Name: name, Password: password}, role: role, byHand: true, may: func(tx *store.Tx) error {
		used, err := tx.NameUsed(name)
		if used {
			return errNameTaken(name)
		}
		return err
	}}
	if role == circles.SiteAdmin {
		in.also = func(tx *store.Tx) error { return tx.SetSetting(store.SettingSetupToken, "") }
	}
	if _, err := a.make(ctx, "create account", in, Client{}); err != nil {
		return "", err
	}
	return password, nil
}

// A Listed is an account as a list of all shows it. Times are UTC microseconds.
type Listed struct {
	Person    circles.PersonID
	Name      string
	Title     string
	Role      circles.SiteRole
	Suspended bool
	CreatedAt int64
	SeenAt    int64 // to the hour; 0 = never
}

// List calls f for each account in the order of their making, until it returns an error.
func (a *Accounts) List(ctx context.Context, f func(Listed) error) error {
	const batch = 200
	var last circles.PersonID
	for {
		var page []*store.AnAccount
		err := a.view(ctx, "list accounts", func(tx *store.Tx) (err error) {
			page, err = tx.Accounts(last, batch)
			return err
		})
		if err != nil {
			return err
		}
		for _, p := range page {
			last = p.Person
			if err := f(Listed{Person: p.Person, Name: p.Actor.Name, Title: p.Actor.Title(), Role: p.Role,
				Suspended: p.Actor.SuspendedAt != 0, CreatedAt: p.CreatedAt, SeenAt: p.SeenAt}); err != nil {
				return err
			}
		}
		if len(page) < batch {
			return nil
		}
	}
}

// ResetPassword gives an account a new password, ends all its sessions and tokens, and returns the
// password, to be shown once.
func (a *Accounts) ResetPassword(ctx context.Context, name string) (string, error) {
	password := newPassword()
	phc, err := a.hasher.hash(ctx, password)
	if err != nil {
		return "", err
	}
	err = a.update(ctx, "reset password", func(tx *store.Tx) error {
		account, err := a.named(tx, name)
		if err != nil {
			return err
		}
		if err := tx.EndGrants(account.Person); err != nil {
			return err
		}
		return setPassword(tx, account.Person, phc, "")
	})
	if err != nil {
		return "", err
	}
	return password, nil
}

// SetRole gives an account a role. The last admin stays one.
func (a *Accounts) SetRole(ctx context.Context, name string, role circles.SiteRole) error {
	if _, err := circles.ParseSiteRole(string(role)); err != nil {
		return err
	}
	return a.update(ctx, "set role", func(tx *store.Tx) error {
		account, err := a.named(tx, name)
		if err != nil {
			return err
		}
		if role != circles.SiteAdmin {
			if err := notTheLastAdmin(tx, &account.Account); err != nil {
				return err
			}
		}
		account.Role = role
		if err := tx.TokensChanged(); err != nil {
			return err
		}
		if role == circles.SiteAdmin {
			if err := tx.SetSetting(store.SettingSetupToken, ""); err != nil {
				return err
			}
		}
		return tx.SaveAccount(&account.Account)
	})
}

func (a *Accounts) named(tx *store.Tx, name string) (*store.AnAccount, error) {
	account, err := tx.AccountByName(a.cleanName(name))
	if circles.Is(err, circles.NotFound) {
		return nil, circles.Errorf(circles.NotFound, "There is no account called %q here.", a.cleanName(name)).
			With("refused.no-such-account", map[string]any{"Name": a.cleanName(name)})
	}
	return account, err
}

// admin refuses who does not run the instance.
func admin(v circles.Viewer) error {
	if v.SignedIn() && v.Role == circles.SiteAdmin {
		return nil
	}
	return circles.Errorf(circles.Forbidden, "Only an admin can do that.").With("refused.not-an-admin", nil)
}
