package federation

import (
	"context"
	"errors"

	"halqa/circles"
	"halqa/federation/as"
	"halqa/internal/app"
	"halqa/internal/store"
)

// What was deleted before a server got its Create is never sent there, but what hangs below it is. Its
// author's server says in a Tombstone where it stood, and that place is kept, with a notice in it, so
// that a thread is the same on both. What it said, and who said it, nobody learns. Servers that leave
// nothing but an id behind say too little for that, and answers to what they deleted are dropped.

// placeSize is what a place counts of its server's day, in bytes: a row and its indexes take more than the
// Tombstone that it is made from, which may have no hundred.
const placeSize = 4 << 10

// posted returns the post or comment with this id, if it is here. One of which only the place is here
// is NotFound: whatever is said of it is said of something that never came.
func posted(tx *store.Tx, uri string) (*circles.Post, error) {
	p, err := tx.PostByURI(uri)
	if err == nil && p.Absent {
		return nil, circles.Errorf(circles.NotFound, "Only the place of %s is here.", uri)
	}
	return p, err
}

// absent keeps the place of something that is gone, with those of its parents that it needs. size is
// that of the document; the place counts like a post of its server.
func (in *Inbox) absent(ctx context.Context, c *as.Content, l lacks, size, depth int) error {
	if len(c.ID) > maxAddress || !isContentType(c.FormerType) {
		return circles.Errorf(circles.Gone, "What was at %s is gone, and its server does not say what it was.", l.address)
	}
	host, err := hostOf(c.ID)
	if err != nil {
		return err
	}
	if err := in.keeping.full(host); err != nil {
		return err
	}
	for met := false; ; met = true {
		kept := false
		err := in.store.Update(ctx, func(tx *store.Tx) error {
			place, err := in.placeOfAbsent(tx, c, l)
			if err != nil {
				return err
			}
			o, err := in.app.ReceiveAbsent(tx, *place)
			if err == nil && o.Refusal != nil {
				return o.Refusal
			}
			kept = o.Result == app.Applied
			return err
		})
		if kept && err == nil {
			in.keeping.add(host, max(size, placeSize))
		}
		var more *lacks
		if !errors.As(err, &more) {
			return err
		}
		if met {
			return circles.Errorf(circles.Invalid, "What %s needs cannot be had.", c.ID)
		}
		more.errand = l.errand
		if err := in.meet(ctx, *more, depth+1); err != nil {
			return err
		}
	}
}

// placeOfAbsent finds the circle or the parent that a Tombstone names. What a circle elsewhere passes on
// has to be in that circle; what people say to us is placed in circles of ours only.
func (in *Inbox) placeOfAbsent(tx *store.Tx, c *as.Content, l lacks) (*app.AbsentPost, error) {
	p := &app.AbsentPost{URI: c.ID}
	if !c.Published.IsZero() {
		p.Published = c.Published.UnixMicro()
	}
	if !c.Deleted.IsZero() {
		p.Deleted = c.Deleted.UnixMicro()
	}
	if c.InReplyTo != "" {
		parent, err := tx.PostByURI(in.site.URI(c.InReplyTo))
		if circles.Is(err, circles.NotFound) && !in.site.Ours(c.InReplyTo) {
			return nil, &lacks{what: needParent, address: c.InReplyTo, circle: l.circle}
		}
		if err != nil {
			return nil, err
		}
		p.Parent, p.Circle = parent.ID, parent.Circle
	} else {
		known, err := in.addressedCircle(tx, c, nil)
		if err != nil {
			return nil, err
		}
		if known == nil {
			return nil, circles.Errorf(circles.NotFound, "Nobody here knows the circle that %s was in.", c.ID)
		}
		p.Circle = known.CircleID()
	}
	if l.circle == 0 && p.Circle != 0 {
		c, err := tx.Circle(p.Circle)
		if err != nil {
			return nil, err
		}
		if !c.Local() {
			return nil, circles.Errorf(circles.Forbidden, "What was in a circle elsewhere has its place here if that circle passes on what hangs below it.")
		}
	}
	if l.circle != 0 && p.Circle != l.circle {
		return nil, circles.Errorf(circles.Invalid, "The comment answers something in another circle.")
	}
	return p, nil
}
