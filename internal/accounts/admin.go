package accounts

import (
	"context"

	"halqa/circles"
	"halqa/internal/store"
	"halqa/internal/text"
)

// What admins do in the browser.

// SetSite says what the instance calls itself and who may sign up from now on. It is an admin's to say.
func (a *Accounts) SetSite(ctx context.Context, v circles.Viewer, site Site) error {
	if err := admin(v); err != nil {
		return err
	}
	if _, err := ParseRegistration(string(site.Registration)); err != nil {
		return err
	}
	return a.update(ctx, "set site", func(tx *store.Tx) error {
		for name, value := range map[store.Setting]string{
			store.SettingName:         text.CleanLine(site.Name, maxSite),
			store.SettingDescription:  text.CleanLine(site.Description, maxDescription),
			store.SettingRegistration: string(site.Registration),
		} {
			if err := tx.SetSetting(name, value); err != nil {
				return err
			}
		}
		return nil
	})
}

// GiveRole is SetRole on an admin's word.
func (a *Accounts) GiveRole(ctx context.Context, v circles.Viewer, name string, role circles.SiteRole) error {
	if err := admin(v); err != nil {
		return err
	}
	return a.SetRole(ctx, name, role)
}

const peoplePage = 100

// People returns a page of accounts in the order of their making, behind the one named after (0 = from the
// first), and the one to continue behind, 0 at the end. It is for admins.
func (a *Accounts) People(ctx context.Context, v circles.Viewer, after circles.PersonID) (people []Listed, next circles.PersonID, err error) {
	if err := admin(v); err != nil {
		return nil, 0, err
	}
	err = a.view(ctx, "people", func(tx *store.Tx) error {
		people, next = nil, 0
		page, err := tx.Accounts(after, peoplePage+1)
		if len(page) > peoplePage {
			page = page[:peoplePage]
			next = page[peoplePage-1].Person
		}
		for _, p := range page {
			people = append(people, Listed{Person: p.Person, Name: p.Actor.Name, Title: p.Actor.Title(), Role: p.Role,
				Suspended: p.Actor.SuspendedAt != 0, CreatedAt: p.CreatedAt, SeenAt: p.SeenAt})
		}
		return err
	})
	return people, next, err
}
