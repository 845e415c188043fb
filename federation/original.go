package federation

import (
	"context"
	"errors"

	"halqa/federation/as"
	"halqa/internal/fetch"
	"halqa/internal/store"
)

// original takes the Create of which somebody else passed on a copy, if its author's server gives it
// away at its id, as Mastodon does: with its bytes a circle of ours can announce what they wrote, which
// it cannot with a post that was merely fetched. It reports whether it took it; if not, the post itself
// is asked for.
func (in *Inbox) original(ctx context.Context, p store.Parked, need lacks) (bool, error) {
	var raw []byte
	known := false
	err := in.store.View(ctx, func(tx *store.Tx) (err error) {
		if known, err = here(tx, need.address); err != nil || known {
			return err
		}
		raw, err = tx.ParkedRaw(p.ID)
		return err
	})
	if err != nil || known || raw == nil {
		return false, err
	}
	copied, err := as.Parse(raw)
	if err != nil || copied.Type != "Create" || copied.Object.ID != need.address || !fetch.SameHost(copied.ID, need.address) {
		return false, nil
	}
	a, ok := in.fetchCreate(ctx, copied.ID, need.address)
	if !ok {
		return false, nil
	}
	had := map[string]bool{need.String(): true}
	for {
		announced := false
		err := in.store.Update(ctx, func(tx *store.Tx) error {
			err := in.admit(tx, a)
			announced = tx.Appended()
			return err
		})
		if err == nil && announced {
			if host, err := hostOf(a.Actor); err == nil {
				in.keeping.add(host, len(a.Raw))
			}
		}
		var more *lacks
		if !errors.As(err, &more) {
			return err == nil, err
		}
		if more.behind != "" || had[more.String()] {
			return false, nil // the way of the post alone says what is wrong
		}
		had[more.String()] = true
		if err := in.meet(ctx, *more, 1); err != nil {
			return false, err
		}
	}
}

// fetchCreate reads a Create at its own server; ok is false if there is none that can be believed and
// kept.
func (in *Inbox) fetchCreate(ctx context.Context, id, object string) (a act, ok bool) {
	host, err := hostOf(id)
	if err != nil || in.mayAsk(ctx, id) != nil || in.keeping.full(host) != nil {
		return act{}, false
	}
	ctx, cancel := context.WithTimeout(ctx, fetchPatience)
	defer cancel()
	body, err := in.fetcher.get(ctx, id)
	if err != nil {
		return act{}, false
	}
	e, err := as.Parse(body)
	if err != nil || e.ID != id || e.Type != "Create" || e.Object.ID != object || !fetch.SameHost(e.Actor, id) {
		return act{}, false
	}
	a = in.begun(e)
	if a.content == nil || a.content.IsPollVote() || !forEveryone(a.content, e) {
		return act{}, false
	}
	return a, true
}
