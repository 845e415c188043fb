package accounts

import (
	"context"

	"halqa/circles"
	"halqa/internal/app"
	"halqa/internal/store"
	"halqa/internal/text"
)

// A Registration mode says who may sign up.
type Registration string

const (
	Open   Registration = "open"
	Closed Registration = "closed"
)

// ParseRegistration reads a registration mode's name.
func ParseRegistration(s string) (Registration, error) {
	switch r := Registration(s); r {
	case Open, Closed:
		return r, nil
	}
	return "", circles.FieldErrorf(circles.Invalid, "registration", "Registration must be open or closed, not %q.", s)
}

// Registration returns who may sign up. Until somebody opened it, it is closed.
func (a *Accounts) Registration(ctx context.Context) (Registration, error) {
	mode := Closed
	err := a.view(ctx, "registration", func(tx *store.Tx) (err error) {
		mode, err = registration(tx)
		return err
	})
	return mode, err
}

func registration(tx *store.Tx) (Registration, error) {
	v, err := tx.Setting(store.SettingRegistration)
	if Registration(v) == Open {
		return Open, err
	}
	return Closed, err
}

// SetRegistration says who may sign up from now on. It is an admin's to say.
func (a *Accounts) SetRegistration(ctx context.Context, v circles.Viewer, mode Registration) error {
	if err := admin(v); err != nil {
		return err
	}
	if _, err := ParseRegistration(string(mode)); err != nil {
		return err
	}
	return a.update(ctx, "set registration", func(tx *store.Tx) error {
		return tx.SetSetting(store.SettingRegistration, string(mode))
	})
}

// A SignUp is what a new person says.
type SignUp struct {
	Name        string
	DisplayName string // "" = the name
	Password    string
	Language    string // of the pages they signed up on; "" = as the browser asks
}

// SignUp makes a member and signs them in, if registration is open.
func (a *Accounts) SignUp(ctx context.Context, in SignUp, client Client) (*Login, error) {
	in.Name = a.cleanName(in.Name)
	if err := text.ValidName(in.Name); err != nil {
		return nil, err
	}
	if err := a.checkPassword("password", in.Name, in.Password); err != nil {
		return nil, err
	}
	// Asked before a password is hashed and keys are made, which is what costs.
	err := a.view(ctx, "sign up", func(tx *store.Tx) error {
		if err := mayRegister(tx); err != nil {
			return err
		}
		used, err := tx.NameUsed(in.Name)
		if used {
			return errNameTaken(in.Name)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	if !a.signups.take(addressKey(client.Address)) {
		return nil, errOften()
	}
	return a.make(ctx, "sign up", newAccount{SignUp: in, role: circles.SiteMember, may: mayRegister}, client)
}

func mayRegister(tx *store.Tx) error {
	mode, err := registration(tx)
	if err == nil && mode != Open {
		return circles.Errorf(circles.Forbidden, "Nobody can sign up here at the moment; ask the people who run this instance.").
			With("refused.registration-closed", nil)
	}
	return err
}

func errNameTaken(name string) error {
	return circles.FieldErrorf(circles.Conflict, "name", "The name “%s” is taken, now or in the past; choose another.", name).
		With("refused.name-taken", map[string]any{"Name": name})
}

// A newAccount is an account to be made.
type newAccount struct {
	SignUp
	role   circles.SiteRole
	may    func(*store.Tx) error // asked in the same transaction
	also   func(*store.Tx) error // done in the same transaction; nil = nothing
	byHand bool                  // nobody is at a browser: there is no session
}

// make makes an account and, unless it is made by hand, begins its first session.
func (a *Accounts) make(ctx context.Context, what string, in newAccount, client Client) (*Login, error) {
	phc, err := a.hasher.hash(ctx, in.Password)
	if err != nil {
		return nil, err
	}
	keys, err := a.newKeys()
	if err != nil {
		return nil, err
	}
	language := ""
	if in.Language != "" {
		if language, err = text.Language(in.Language); err != nil {
			return nil, err
		}
	}
	token := newToken()
	login := &Login{Token: token}
	err = a.update(ctx, what, func(tx *store.Tx) error {
		if err := in.may(tx); err != nil {
			return err
		}
		person, err := a.app.CreatePerson(tx, app.NewPerson{Name: in.Name, DisplayName: in.DisplayName, Keys: keys})
		if err != nil {
			return err
		}
		account := &store.Account{Person: person, Password: phc, Role: in.role, Language: language, CreatedAt: tx.Now(), SeenAt: tx.Now()}
		if err := tx.AddAccount(account); err != nil {
			return err
		}
		if in.also != nil {
			if err := in.also(tx); err != nil {
				return err
			}
		}
		login.Viewer = circles.Viewer{Person: person, Role: in.role}
		if in.byHand {
			return nil
		}
		login.ExpiresAt, err = addSession(tx, person, token, client)
		return err
	})
	if err != nil {
		return nil, err
	}
	return login, nil
}
