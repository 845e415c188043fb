package federation

import (
	"context"
	"net/http"

	"halqa/circles"
	"halqa/federation/as"
	"halqa/internal/fetch"
	"halqa/internal/store"
)

// forwarded parks the wish to look at an object's origin; nothing of what was forwarded is believed.
// Mastodon passes on replies to what its people wrote, signed inside (LD signatures, which are not
// read: CVE-2022-24307, CVE-2026-46349) and outside by somebody else.
//
// The wish has an id and an order key of its own. Under those of what was forwarded, anybody could
// have the real thing taken for a repetition, or made to wait.
func (in *Inbox) forwarded(ctx context.Context, d delivery) (int, error) {
	a := d.activity
	what := a.Object.ID
	switch a.Type {
	case "Create", "Update", "Delete":
	default:
		return http.StatusAccepted, nil
	}
	if what == "" || in.site.Ours(what) || !fetch.SameHost(what, a.Actor) {
		return http.StatusAccepted, nil
	}
	var content *as.Content
	if a.Type == "Create" {
		var err error
		if content, err = a.Object.Content(); err != nil {
			return http.StatusAccepted, nil
		}
	}
	if err := in.waiting.recount(ctx, in.store); err != nil {
		return 0, err
	}
	key := bounded("fresh " + what)
	parked := false
	err := in.store.Update(ctx, func(tx *store.Tx) error {
		parked = false
		concerns, err := in.concernsUs(tx, a, content)
		if err != nil || !concerns {
			return err
		}
		parked = true
		need := lacks{what: needFresh, address: what}
		return in.park(tx, store.Parked{URI: key, OrderKey: key, Signer: d.signer, Needs: need.String(), Raw: d.body})
	})
	if err == nil && parked {
		in.waiting.add(d.signer)
		in.nudge()
	}
	return in.taken(a, err)
}

// concernsUs reports whether it is worth asking: a change only of what is here, something new only if
// it answers what is here or names a circle of ours.
func (in *Inbox) concernsUs(tx *store.Tx, a *as.Envelope, content *as.Content) (bool, error) {
	if content == nil {
		return here(tx, a.Object.ID)
	}
	if content.IsPollVote() {
		return false, nil // between its voter and the poll's author
	}
	if content.InReplyTo != "" {
		if known, err := here(tx, in.site.URI(content.InReplyTo)); known || err != nil {
			return known, err
		}
	}
	c, err := in.addressedCircle(tx, content, a)
	return c != nil && c.Local(), err
}

// here reports whether a post or comment is known.
func here(tx *store.Tx, uri string) (bool, error) {
	_, err := posted(tx, uri)
	if circles.Is(err, circles.NotFound) {
		return false, nil
	}
	return err == nil, err
}
