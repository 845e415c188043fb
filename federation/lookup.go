package federation

import (
	"cmp"
	"context"
	"net/url"

	"halqa/circles"
	"halqa/federation/as"
	"halqa/internal/fetch"
	"halqa/internal/store"
)

// Lookup finds who a handle names on another server and brings them up to date here. kind is empty
// where the handle does not say: Lemmy may list a person and a group under one name, and its own
// clients take the group, as we do.
func (in *Inbox) Lookup(ctx context.Context, kind circles.ActorKind, name, host string) (*circles.Actor, error) {
	host, err := fetch.NormalHost(host)
	if err != nil {
		return nil, err
	}
	if host == in.site.Host {
		var own *circles.Actor
		err := in.store.View(ctx, func(tx *store.Tx) error {
			var err error
			own, err = tx.LocalActor(name)
			return err
		})
		return own, err
	}
	if blocked, err := in.blocked(ctx, host); err != nil || blocked {
		return nil, cmp.Or(err, error(circles.Errorf(circles.Forbidden, "The server %s is blocked here.", host)))
	}
	nobody := circles.Errorf(circles.NotFound, "%s knows nobody by the name of %s.", host, name)
	finger, err := in.finger(ctx, name, host)
	if isGone(err) {
		return nil, nobody
	}
	if err != nil {
		return nil, err
	}
	address := ""
	for _, self := range finger.Selves {
		switch {
		case self.Href == "":
		case kind == circles.KindPerson && self.Type != "" && self.Type != "Person":
		case kind == circles.KindCircle && self.Type != "" && self.Type != "Group":
		case self.Type == "Group" || address == "":
			address = self.Href
		}
	}
	if address == "" {
		return nil, nobody
	}
	found, err := in.fetchActor(ctx, address)
	if err != nil {
		return nil, err
	}
	if kind != "" && found.Kind != kind {
		return nil, nobody
	}
	return found, nil
}

// finger asks a server who a name is: over https, or in a test network over http. // RFC 7033
func (in *Inbox) finger(ctx context.Context, name, host string) (*as.Finger, error) {
	query := "/.well-known/webfinger?resource=" + url.QueryEscape("acct:"+name+"@"+host)
	resp, err := in.fetcher.client.JSON(ctx, in.scheme()+host+query)
	if err != nil {
		return nil, err
	}
	return as.ParseWebFinger(resp.Body)
}

// Subscribe asks a server where it takes its person of this name who wants to follow or join something:
// an address of http or https with {uri} in it, as the server wrote it. // OStatus, as Mastodon has it
func (in *Inbox) Subscribe(ctx context.Context, name, host string) (string, error) {
	if blocked, err := in.blocked(ctx, host); err != nil || blocked {
		return "", cmp.Or(err, error(circles.Errorf(circles.Forbidden, "The server %s is blocked here.", host)))
	}
	f, err := in.finger(ctx, name, host)
	if err != nil {
		return "", err
	}
	u, err := url.Parse(f.Subscribe)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme+"://" != in.scheme() {
		return "", circles.Errorf(circles.NotFound, "%s does not say how to join from there.", host)
	}
	return f.Subscribe, nil
}

// scheme is that of our own address: an instance that is reached over http is in a test network, and
// so are its peers.
func (in *Inbox) scheme() string {
	u, err := url.Parse(in.site.Base)
	if err != nil {
		return "https://"
	}
	return u.Scheme + "://"
}

// FetchActor brings the actor at an address up to date.
func (in *Inbox) FetchActor(ctx context.Context, address string) (*circles.Actor, error) {
	return in.fetchActor(ctx, address)
}

// FetchPost brings the post or comment at an address here, with what it needs to be shown, and
// returns its id. It belongs to the circle that it is addressed to.
func (in *Inbox) FetchPost(ctx context.Context, address string) (circles.PostID, error) {
	uri, err := in.met(ctx, lacks{what: needObject, address: address}, true, 0)
	if err != nil {
		return 0, err
	}
	var id circles.PostID
	err = in.store.View(ctx, func(tx *store.Tx) error {
		p, err := tx.PostByURI(uri)
		if err == nil {
			id = p.ID
		}
		return err
	})
	return id, err
}
