package accounts

import (
	"context"

	"halqa/circles"
	"halqa/internal/store"
	"halqa/internal/text"
)

// Settings are how a person wants their pages. How they are shown to others is app.EditProfile's.
type Settings struct {
	Language string // BCP 47; "" = as the browser asks
	Theme    string // "light", "dark" or "" for the system's
	Density  string // "compact" or ""
	Reveal   bool   // sensitive things are shown at once
	HideRead bool   // lists leave out what was read, until it has new comments
}

func settingsOf(a *store.Account) Settings {
	return Settings{Language: a.Language, Theme: a.Theme, Density: a.Density, Reveal: a.Reveal, HideRead: a.HideRead}
}

// SaveSettings sets all of the viewer's settings.
func (a *Accounts) SaveSettings(ctx context.Context, v circles.Viewer, s Settings) error {
	if !v.SignedIn() {
		return errSession()
	}
	var err error
	if s.Language != "" {
		if s.Language, err = text.Language(s.Language); err != nil {
			return err
		}
	}
	switch s.Theme {
	case "", "light", "dark":
	default:
		return circles.FieldErrorf(circles.Invalid, "theme", "The theme must be light, dark or the system's; choose one of them.").With("refused.theme", nil)
	}
	switch s.Density {
	case "", "compact":
	default:
		return circles.FieldErrorf(circles.Invalid, "density", "The density must be compact or empty; choose one of them.").With("refused.density", nil)
	}
	return a.update(ctx, "save settings", func(tx *store.Tx) error {
		account, err := tx.Account(v.Person)
		if err != nil {
			return err
		}
		account.Language, account.Theme, account.Density, account.Reveal, account.HideRead = s.Language, s.Theme, s.Density, s.Reveal, s.HideRead
		return tx.SaveAccount(&account.Account)
	})
}

// Settings returns the viewer's settings.
func (a *Accounts) Settings(ctx context.Context, v circles.Viewer) (Settings, error) {
	if !v.SignedIn() {
		return Settings{}, errSession()
	}
	var set Settings
	err := a.view(ctx, "settings", func(tx *store.Tx) error {
		account, err := tx.Account(v.Person)
		if err == nil {
			set = settingsOf(&account.Account)
		}
		return err
	})
	return set, err
}
