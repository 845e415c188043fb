package app

import (
	"net/url"
	"path"
	"strings"

	"halqa/circles"
	"halqa/internal/store"
	"halqa/internal/text"
)

// NotePerson returns the person with this address, noting one who was never heard of by the address
// alone: no name is believed but the last part of it, nothing can be delivered to them, and they are
// filled in by UpsertRemoteActor when they say something themselves.
func (a *App) NotePerson(tx *store.Tx, address string) (*circles.Actor, error) {
	known, err := tx.ActorByURI(address)
	if !circles.Is(err, circles.NotFound) {
		return known, err
	}
	u, err := url.Parse(address)
	if err != nil || remoteURL(address) == "" {
		return nil, circles.Errorf(circles.Invalid, "The address of a person cannot be read.")
	}
	host, err := text.Host(u.Host)
	if err != nil {
		return nil, err
	}
	if host == a.host {
		return nil, circles.Errorf(circles.NotFound, "There is nobody here at that address.")
	}
	name := text.CleanLine(strings.TrimPrefix(path.Base(u.Path), "@"), maxRemoteName)
	if name == "" || name == "/" || name == "." {
		name = "?"
	}
	noted := &circles.Actor{
		ID: circles.ActorID(tx.NewID()), Kind: circles.KindPerson, Name: name, Host: host, URI: address,
		Published: tx.Now(), CreatedAt: tx.Now(), UpdatedAt: tx.Now(),
	}
	return noted, tx.AddActor(noted)
}
