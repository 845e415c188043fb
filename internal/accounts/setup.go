package accounts

import (
	"context"
	"crypto/subtle"

	"halqa/circles"
	"halqa/internal/store"
	"halqa/internal/text"
)

// SetupToken returns a new one-time token for SetUp, if nobody runs this instance yet; "" if somebody
// does. An older token is worth nothing after that. serve calls it at each start and shows it to whoever
// started it.
func (a *Accounts) SetupToken(ctx context.Context) (string, error) {
	token := newToken()
	needed := false
	err := a.update(ctx, "set-up token", func(tx *store.Tx) error {
		done, err := tx.OtherAdmin(0)
		if err != nil {
			return err
		}
		if needed = !done; done {
			return tx.SetSetting(store.SettingSetupToken, "")
		}
		return tx.SetSetting(store.SettingSetupToken, tokenHash(token))
	})
	if err != nil || !needed {
		return "", err
	}
	return token, nil
}

// CheckSetup says whether the token is the one that SetUp will take. Before and after there is no such
// page.
func (a *Accounts) CheckSetup(ctx context.Context, token string) error {
	return a.view(ctx, "set-up", func(tx *store.Tx) error { return checkSetup(tx, token) })
}

func checkSetup(tx *store.Tx, token string) error {
	want, err := tx.Setting(store.SettingSetupToken)
	if err != nil {
		return err
	}
	if want == "" || subtle.ConstantTimeCompare([]byte(want), []byte(tokenHash(token))) != 1 {
		return circles.Errorf(circles.NotFound, "This set-up address is not valid, or was used already; a restart shows a new one while nobody runs this instance.").
			With("refused.setup-token", nil)
	}
	return nil
}

// A SetUp is what the first person says.
type SetUp struct {
	Token        string
	Name         string
	Password     string
	Language     string
	Site         string       // what to call the instance; "" = its host
	Description  string       // one sentence; may be empty
	Registration Registration // "" = closed
}

// Limits of what an instance says about itself, in runes.
const (
	maxSite        = 60
	maxDescription = 300
)

// SetUp makes the first admin, names the instance, uses the token up and signs the admin in.
func (a *Accounts) SetUp(ctx context.Context, in SetUp, client Client) (*Login, error) {
	// Nobody without the token makes us hash.
	if err := a.CheckSetup(ctx, in.Token); err != nil {
		return nil, err
	}
	in.Name = a.cleanName(in.Name)
	if err := text.ValidName(in.Name); err != nil {
		return nil, err
	}
	if err := a.checkPassword("password", in.Name, in.Password); err != nil {
		return nil, err
	}
	if in.Registration == "" {
		in.Registration = Closed
	}
	if _, err := ParseRegistration(string(in.Registration)); err != nil {
		return nil, err
	}
	return a.make(ctx, "set up", newAccount{
		SignUp: SignUp{Name: in.Name, Password: in.Password, Language: in.Language},
		role:   circles.SiteAdmin,
		may:    func(tx *store.Tx) error { return checkSetup(tx, in.Token) },
		also: func(tx *store.Tx) error {
			for name, v := range map[store.Setting]string{
				store.SettingSetupToken:   "",
				store.SettingRegistration: string(in.Registration),
				store.SettingName:         text.CleanLine(in.Site, maxSite),
				store.SettingDescription:  text.CleanLine(in.Description, maxDescription),
			} {
				if err := tx.SetSetting(name, v); err != nil {
					return err
				}
			}
			return nil
		},
	}, client)
}

// A Site is what the instance says about itself.
type Site struct {
	Name         string // "" = its host
	Description  string
	Registration Registration
	SetUp        bool // somebody runs it
}

// Site returns what the instance says about itself.
func (a *Accounts) Site(ctx context.Context) (Site, error) {
	var s Site
	err := a.view(ctx, "site", func(tx *store.Tx) (err error) {
		if s.Name, err = tx.Setting(store.SettingName); err != nil {
			return err
		}
		if s.Description, err = tx.Setting(store.SettingDescription); err != nil {
			return err
		}
		if s.Registration, err = registration(tx); err != nil {
			return err
		}
		s.SetUp, err = tx.OtherAdmin(0)
		return err
	})
	return s, err
}
