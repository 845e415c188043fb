package app

import (
	"cmp"
	"context"
	"net/url"
	"slices"

	"halqa/circles"
	"halqa/internal/store"
)

// Delivery tells how far a post has got on its way to other servers.
type Delivery struct {
	Total   int            // inboxes it is for
	Done    int            // those that have it
	Failed  int            // those it was given up for
	Waiting []DeliveryHost // servers that do not have it, those in trouble first; at most maxHosts
}

// A DeliveryHost is a server that does not have a post, or not for all of its inboxes.
type DeliveryHost struct {
	Host      string
	Inboxes   int    // of this post's, that do not have it
	Failed    bool   // it was given up; no attempt follows
	Status    int    // HTTP status of the last answer; 0 = there was none
	Error     string // what went wrong last, in English, for people; "" = nothing yet
	Since     int64  // the server has been failing since then; UTC microseconds, 0 = it is not
	NextTryAt int64  // UTC microseconds; 0 = at once, or never again
}

// maxHosts bounds the servers that Delivery names.
const maxHosts = 50

// Delivery says how far a post or comment has got. It is for its author and for admins; to anyone else
// it is NotFound.
func (a *App) Delivery(ctx context.Context, v circles.Viewer, id circles.PostID) (*Delivery, error) {
	var d *Delivery
	err := a.view(ctx, "delivery of "+id.String(), func(tx *store.Tx) error {
		p, err := tx.Post(id)
		if err != nil {
			return err
		}
		if !v.SignedIn() || v.Person != p.Author && v.Role != circles.SiteAdmin {
			return errNoPost()
		}
		d, err = delivery(tx, p)
		return err
	})
	return d, err
}

func delivery(tx *store.Tx, p *circles.Post) (*Delivery, error) {
	targets, err := tx.Reached(p)
	if err != nil {
		return nil, err
	}
	d := &Delivery{Total: len(targets)}
	late := map[string]*DeliveryHost{}
	for _, t := range targets {
		switch {
		case t.Done:
			d.Done++
			continue
		case t.Failed:
			d.Failed++
		}
		host := hostOf(t.Inbox)
		h := late[host]
		if h == nil {
			h = &DeliveryHost{Host: host}
			late[host] = h
		}
		h.Inboxes++
		if t.Failed {
			h.Failed, h.Status, h.Error = true, t.Status, t.Error
		}
	}
	if len(late) == 0 {
		return d, nil
	}
	hosts := make([]string, 0, len(late))
	for host := range late {
		hosts = append(hosts, host)
	}
	peers, err := tx.PeersBy(hosts)
	if err != nil {
		return nil, err
	}
	for _, peer := range peers {
		h := late[peer.Host]
		h.Since = peer.FailingSince
		if h.Failed {
			continue
		}
		if peer.FailingSince != 0 || peer.NextTryAt != 0 { // a server that asks for patience is not failing
			h.Status, h.Error, h.NextTryAt = peer.LastStatus, peer.LastError, peer.NextTryAt
		}
	}
	for _, h := range late {
		d.Waiting = append(d.Waiting, *h)
	}
	slices.SortFunc(d.Waiting, func(a, b DeliveryHost) int {
		return cmp.Or(-cmp.Compare(trouble(a), trouble(b)), cmp.Compare(a.Host, b.Host))
	})
	d.Waiting = d.Waiting[:min(len(d.Waiting), maxHosts)]
	return d, nil
}

func trouble(h DeliveryHost) int {
	switch {
	case h.Failed:
		return 2
	case h.Error != "":
		return 1
	}
	return 0
}

// hostOf is the host of an inbox, with its port if it has one, as peers are named.
func hostOf(inbox string) string {
	u, err := url.Parse(inbox)
	if err != nil {
		return inbox
	}
	return u.Host
}
