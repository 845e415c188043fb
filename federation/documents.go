package federation

import (
	"context"
	"net/http"
	"sync"
	"time"

	"halqa/circles"
	"halqa/federation/as"
	"halqa/federation/httpsig"
	"halqa/internal/fetch"
	"halqa/internal/store"
)

// documents fetches what other servers publish, signed by the instance, because servers in secure
// mode (GoToSocial always) answer nobody else. What it returns is what its own server says about
// itself: the id of a document lies on the host that served it.
type documents struct {
	client *fetch.Client
	store  *store.Store
	site   Site
	now    func() time.Time

	mu     sync.Mutex
	signer *httpsig.Signer
}

// get fetches the document whose id is address. A document that calls itself otherwise is fetched
// once more under that name, which must be on the host that answered. Where its server says that it is
// gone, what is left at this address comes with the error, if anything is. // CVE-2024-23832
func (d *documents) get(ctx context.Context, address string) ([]byte, error) {
	if d.site.Ours(address) {
		return nil, circles.Errorf(circles.Invalid, "The address %s is on this instance.", address)
	}
	sign, err := d.sign(ctx)
	if err != nil {
		return nil, err
	}
	resp, err := d.client.Document(ctx, address, sign)
	if err != nil {
		return remains(resp, address), err
	}
	id, _, err := as.Identify(resp.Body)
	if err != nil {
		return nil, err
	}
	final := resp.FinalURL.String()
	if d.site.Ours(final) {
		return nil, circles.Errorf(circles.Invalid, "The address %s leads to this instance.", address)
	}
	if id == final || id == "" {
		return resp.Body, nil
	}
	if !fetch.SameHost(id, final) {
		return nil, circles.Errorf(circles.Invalid, "The document at %s claims to be one of another server.", address)
	}
	if id == address {
		return resp.Body, nil // it was redirected within its own host
	}
	resp, err = d.client.Document(ctx, id, sign)
	if err != nil {
		return nil, err
	}
	again, _, err := as.Identify(resp.Body)
	if err != nil {
		return nil, err
	}
	if again != id || !fetch.SameHost(id, resp.FinalURL.String()) {
		return nil, circles.Errorf(circles.Invalid, "The document at %s does not keep to one address.", address)
	}
	return resp.Body, nil
}

// remains returns what a server has left at an address of its own.
func remains(resp *fetch.Response, address string) []byte {
	if resp == nil || !fetch.SameHost(address, resp.FinalURL.String()) {
		return nil
	}
	if id, _, err := as.Identify(resp.Body); err != nil || id != address {
		return nil
	}
	return resp.Body
}

// actor fetches an actor. A key's address may bring a stub without an inbox (GoToSocial); the actor
// it names is then fetched itself.
func (d *documents) actor(ctx context.Context, address string) (*as.Actor, error) {
	body, err := d.get(ctx, address)
	if err != nil {
		return nil, err
	}
	a, err := as.ParseActor(body)
	if err != nil {
		return nil, err
	}
	if a.Inbox == "" && a.ID != "" && a.ID != address && fetch.SameHost(a.ID, address) {
		if body, err = d.get(ctx, a.ID); err != nil {
			return nil, err
		}
		if a, err = as.ParseActor(body); err != nil {
			return nil, err
		}
	}
	return a, checkActor(a)
}

// collection fetches a collection or a page of one. Its id is not asked for: servers have no common idea
// of what a page is called, and nothing is believed of it but what its own host may say.
func (d *documents) collection(ctx context.Context, address string) (*as.Collection, error) {
	if d.site.Ours(address) {
		return nil, circles.Errorf(circles.Invalid, "The address %s is on this instance.", address)
	}
	sign, err := d.sign(ctx)
	if err != nil {
		return nil, err
	}
	resp, err := d.client.Document(ctx, address, sign)
	if err != nil {
		return nil, err
	}
	if !fetch.SameHost(address, resp.FinalURL.String()) {
		return nil, circles.Errorf(circles.Invalid, "The collection at %s lies on another server.", address)
	}
	return as.ParseCollection(resp.Body)
}

// checkActor refuses an actor that cannot be one: no inbox, or addresses on another host than its
// own, where somebody else would read what is meant for it.
func checkActor(a *as.Actor) error {
	if a.ID == "" || a.Inbox == "" || a.Username == "" {
		return circles.Errorf(circles.Invalid, "The document is not an actor: it lacks an id, an inbox or a name.")
	}
	if !fetch.SameHost(a.ID, a.Inbox) {
		return circles.Errorf(circles.Invalid, "The actor %s has its inbox on another server.", a.ID)
	}
	if a.SharedInbox != "" && !fetch.SameHost(a.ID, a.SharedInbox) {
		a.SharedInbox = ""
	}
	return nil
}

// sign returns the function that signs a GET as the instance.
func (d *documents) sign(ctx context.Context) (fetch.Sign, error) {
	d.mu.Lock()
	signer := d.signer
	d.mu.Unlock()
	if signer == nil {
		var pem []byte
		err := d.store.View(ctx, func(tx *store.Tx) error {
			a, err := tx.ActorByURI("/")
			if err != nil {
				return err
			}
			pem, err = tx.PrivateKey(a.ID)
			return err
		})
		if err != nil {
			return nil, err
		}
		key, err := httpsig.ParsePrivatePEM(string(pem))
		if err != nil {
			return nil, err
		}
		signer = &httpsig.Signer{KeyID: d.site.Base + "/#main-key", Key: key}
		d.mu.Lock()
		d.signer = signer
		d.mu.Unlock()
	}
	return func(r *http.Request) error {
		return signer.SignRequest(r, httpsig.Body{}, d.now())
	}, nil
}
