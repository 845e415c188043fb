package federation

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"halqa/circles"
	"halqa/federation/as"
	"halqa/internal/app"
	"halqa/internal/store"
)

// owner returns the actor whose collection is asked for.
func (p *Publisher) owner(r *http.Request, kind circles.ActorKind) (*circles.Actor, error) {
	var a *circles.Actor
	err := p.store.View(r.Context(), func(tx *store.Tx) error {
		var err error
		if a, err = p.named(tx, r, kind); err != nil {
			return err
		}
		return p.shown(tx, a)
	})
	return a, err
}

// circleOutbox is the newest posts, wrapped as their followers got them: Lemmy fills a circle that it
// has just met from it.
func (p *Publisher) circleOutbox(w http.ResponseWriter, r *http.Request) error {
	a, err := p.owner(r, circles.KindCircle)
	if err != nil {
		return err
	}
	docs, err := p.app.PublicPostsOfCircle(r.Context(), circles.CircleID(a.ID))
	if err != nil {
		return err
	}
	return p.outbox(w, r, docs, func(tx *store.Tx, d app.Document) (as.Doc, error) {
		return p.announced(tx, a, d, pollFormFor(r))
	})
}

// outbox serves what render makes of each post. What has nothing true to say any more is left out.
func (p *Publisher) outbox(w http.ResponseWriter, r *http.Request, docs []app.Document, render func(*store.Tx, app.Document) (as.Doc, error)) error {
	var items []as.Doc
	err := p.store.View(r.Context(), func(tx *store.Tx) error {
		items = nil
		for _, d := range docs {
			item, err := render(tx, d)
			if errors.Is(err, errVoid) {
				continue
			}
			if err != nil {
				return fmt.Errorf("outbox: post %s: %w", d.Post.ID, err)
			}
			items = append(items, item)
		}
		return nil
	})
	if err != nil {
		return err
	}
	variesByAgent(w)
	return sendDoc(w, as.ObjectCollection(p.site.Base+r.URL.Path, len(items), items))
}

// announced is a post as its circle announced it.
func (p *Publisher) announced(tx *store.Tx, circle *circles.Actor, d app.Document, polls pollForm) (as.Doc, error) {
	v, err := viewOf(tx, d.Post)
	if err != nil {
		return as.Doc{}, err
	}
	ev := circles.Event{
		Seq: d.Post.AnnounceSeq, Kind: circles.PostCreated, Stream: circle.ID, Signer: circle.ID,
		OrderKey: int64(d.Post.Root), Object: int64(d.Post.ID), Detail: circles.EventDetail{Of: d.Post.CreateSeq},
	}
	sp := speaker{site: p.site, tx: tx, polls: polls}
	var inner as.Doc
	if v.author.Local() {
		inner, err = sp.authors(ev, d.Post.CreateSeq, v)
	} else {
		inner, err = p.kept(tx, d.Post.ID)
	}
	if err != nil {
		return as.Doc{}, err
	}
	return as.Announce(sp.announcing(ev, v, formMain), inner), nil
}

// kept is a remote author's Create in their own bytes. Lemmy gives up on a whole outbox for one entry
// that it cannot read, so anything else is left out.
func (p *Publisher) kept(tx *store.Tx, id circles.PostID) (as.Doc, error) {
	raw, err := tx.PostRaw(id)
	if circles.Is(err, circles.NotFound) {
		return as.Doc{}, errVoid // it was fetched, so there is no activity of its author's
	}
	if err != nil {
		return as.Doc{}, err
	}
	if _, kind, err := as.Identify(raw); err != nil || kind != "Create" {
		return as.Doc{}, errVoid
	}
	return as.Raw(raw)
}

// personOutbox is what a person wrote last.
func (p *Publisher) personOutbox(w http.ResponseWriter, r *http.Request) error {
	a, err := p.owner(r, circles.KindPerson)
	if err != nil {
		return err
	}
	docs, err := p.app.PublicPostsOfPerson(r.Context(), circles.PersonID(a.ID))
	if err != nil {
		return err
	}
	return p.outbox(w, r, docs, func(tx *store.Tx, d app.Document) (as.Doc, error) {
		v, err := viewOf(tx, d.Post)
		if err != nil {
			return as.Doc{}, err
		}
		ev := circles.Event{Kind: circles.PostCreated, Seq: d.Post.CreateSeq, Signer: a.ID}
		return speaker{site: p.site, tx: tx, polls: pollFormFor(r)}.authors(ev, d.Post.CreateSeq, v)
	})
}

func (p *Publisher) circleFollowers(w http.ResponseWriter, r *http.Request) error {
	return p.followers(w, r, circles.KindCircle)
}

func (p *Publisher) personFollowers(w http.ResponseWriter, r *http.Request) error {
	return p.followers(w, r, circles.KindPerson)
}

// followers tells how many they are, never who.
func (p *Publisher) followers(w http.ResponseWriter, r *http.Request, kind circles.ActorKind) error {
	a, err := p.owner(r, kind)
	if err != nil {
		return err
	}
	n, err := p.app.FollowersCount(r.Context(), a.ID)
	if err != nil {
		return err
	}
	return sendDoc(w, as.CountCollection(p.site.Base+r.URL.Path, int(n)))
}

func (p *Publisher) circleFollowing(w http.ResponseWriter, r *http.Request) error {
	return p.empty(w, r, circles.KindCircle)
}

func (p *Publisher) personFollowing(w http.ResponseWriter, r *http.Request) error {
	return p.empty(w, r, circles.KindPerson)
}

// empty is a collection whose members nobody is told of.
func (p *Publisher) empty(w http.ResponseWriter, r *http.Request, kind circles.ActorKind) error {
	if _, err := p.owner(r, kind); err != nil {
		return err
	}
	return sendDoc(w, as.CountCollection(p.site.Base+r.URL.Path, 0))
}

func (p *Publisher) circleFeatured(w http.ResponseWriter, r *http.Request) error {
	a, err := p.owner(r, circles.KindCircle)
	if err != nil {
		return err
	}
	var items []as.Doc
	err = p.store.View(r.Context(), func(tx *store.Tx) error {
		pinned, err := tx.PinnedPosts(circles.CircleID(a.ID))
		if err != nil {
			return err
		}
		for _, id := range pinned {
			v, err := loadPost(tx, id)
			if err != nil {
				return err
			}
			items = append(items, p.site.renderPost(v, 0, pollFormFor(r)))
		}
		return nil
	})
	if err != nil {
		return err
	}
	variesByAgent(w)
	return sendDoc(w, as.ObjectCollection(p.site.Base+r.URL.Path, len(items), items))
}

func (p *Publisher) personFeatured(w http.ResponseWriter, r *http.Request) error {
	if _, err := p.owner(r, circles.KindPerson); err != nil {
		return err
	}
	return sendDoc(w, as.ObjectCollection(p.site.Base+r.URL.Path, 0, nil))
}

func (p *Publisher) circleModerators(w http.ResponseWriter, r *http.Request) error {
	a, err := p.owner(r, circles.KindCircle)
	if err != nil {
		return err
	}
	people, err := p.app.ModeratorsOf(r.Context(), circles.CircleID(a.ID))
	if err != nil {
		return err
	}
	var items []string
	for _, m := range people {
		items = append(items, p.site.ActorAddress(m.Actor))
	}
	return sendDoc(w, as.AddressCollection(p.site.Base+r.URL.Path, "", items))
}

// thread is a post with its comments, oldest first. // FEP-7888, FEP-f228
func (p *Publisher) thread(w http.ResponseWriter, r *http.Request) error {
	id, err := circles.ParsePostID(r.PathValue("id"))
	if err != nil {
		return notHere()
	}
	root, comments, err := p.app.CommentsOfThread(r.Context(), id, 0)
	if err != nil {
		return err
	}
	if !root.Local() {
		return notHere()
	}
	items := []string{p.site.Address(root.URI)}
	for _, c := range comments {
		items = append(items, p.site.Address(c.URI))
	}
	circle := ""
	err = p.store.View(r.Context(), func(tx *store.Tx) error {
		c, err := tx.Actor(root.Circle.Actor())
		if err == nil {
			circle = p.site.ActorAddress(c)
		}
		return err
	})
	if err != nil {
		return err
	}
	return sendDoc(w, as.AddressCollection(p.site.Base+r.URL.Path, circle, items))
}

// local returns a visible, federated post or comment of ours.
func (p *Publisher) local(tx *store.Tx, r *http.Request) (*postView, error) {
	id, err := circles.ParsePostID(r.PathValue("id"))
	if err != nil {
		return nil, notHere()
	}
	v, err := loadPost(tx, id)
	if err != nil {
		return nil, err
	}
	if !v.open() || !v.post.Local() || v.post.State != circles.Visible || !strings.HasPrefix(r.URL.Path, v.post.Path()+"/") {
		return nil, notHere()
	}
	return v, nil
}

// replies names the direct answers.
func (p *Publisher) replies(w http.ResponseWriter, r *http.Request) error {
	var items []string
	err := p.store.View(r.Context(), func(tx *store.Tx) error {
		v, err := p.local(tx, r)
		if err != nil {
			return err
		}
		uris, err := tx.ReplyURIs(v.post.ID, maxReplies)
		for _, u := range uris {
			items = append(items, p.site.Address(u))
		}
		return err
	})
	if err != nil {
		return err
	}
	return sendDoc(w, as.AddressCollection(p.site.Base+r.URL.Path, "", items))
}

func (p *Publisher) likes(w http.ResponseWriter, r *http.Request) error {
	n := 0
	err := p.store.View(r.Context(), func(tx *store.Tx) error {
		v, err := p.local(tx, r)
		if err == nil {
			n = int(v.post.Ups)
		}
		return err
	})
	if err != nil {
		return err
	}
	return sendDoc(w, as.CountCollection(p.site.Base+r.URL.Path, n))
}

func (p *Publisher) shares(w http.ResponseWriter, r *http.Request) error {
	err := p.store.View(r.Context(), func(tx *store.Tx) error {
		_, err := p.local(tx, r)
		return err
	})
	if err != nil {
		return err
	}
	return sendDoc(w, as.CountCollection(p.site.Base+r.URL.Path, 0))
}
