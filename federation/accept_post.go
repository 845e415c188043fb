package federation

import (
	"strings"

	"halqa/circles"
	"halqa/federation/as"
	"halqa/internal/app"
	"halqa/internal/fetch"
	"halqa/internal/store"
)

const maxAddress = 2048 // bytes of an id; peers store them in columns of about this size

func hostOf(address string) (string, error) { return fetch.Host(address) }

// create takes a post or comment that its author sends, or that a circle passes on.
func (in *Inbox) create(tx *store.Tx, a act) error {
	if err := in.read(&a); err != nil {
		return err
	}
	return in.receive(tx, a)
}

// read makes the object of a Create or an Update fit to be stored. It takes time, so it is done before
// the transaction where that is possible.
func (in *Inbox) read(a *act) error {
	if a.content != nil {
		return nil
	}
	c, err := a.Object.Content()
	if err != nil {
		return err
	}
	if err := authored(c, *a); err != nil {
		return err
	}
	a.content, a.post = c, in.prepared(c)
	return nil
}

// authored checks that an object is its author's own: the three hosts are one, and nobody writes in
// another's name.
func authored(c *as.Content, a act) error {
	if c.ID == "" || len(c.ID) > maxAddress || !isContentType(c.Type) {
		return circles.Errorf(circles.Invalid, "The object is not a post or comment with an id.")
	}
	if c.AttributedTo != a.Actor {
		return circles.Errorf(circles.Forbidden, "The object is attributed to somebody other than the actor.")
	}
	if !fetch.SameHost(c.ID, a.Actor) {
		return circles.Errorf(circles.Forbidden, "The object and its author are on different servers.")
	}
	return nil
}

// receive stores a post or comment whose origin is proven.
func (in *Inbox) receive(tx *store.Tx, a act) error {
	c := a.content
	if gone, err := in.buried(tx, c.ID, c.AttributedTo); err != nil || gone {
		return err
	}
	if _, err := tx.PostByURI(c.ID); !circles.Is(err, circles.NotFound) {
		return err // here already, whichever way it came first
	}
	placed, err := in.place(tx, a)
	if err != nil || placed == nil {
		return err
	}
	author, err := in.actorOf(tx, c.AttributedTo)
	if err != nil {
		return err
	}
	return in.outcome(a)(in.app.ReceivePost(tx, said(author, a), *placed))
}

// place puts a post in its circle, a comment in its thread. It returns nil if it belongs to neither.
func (in *Inbox) place(tx *store.Tx, a act) (*app.RemotePost, error) {
	c := a.content
	if !c.IsPublic() && !a.IsPublic() {
		// Addressed to somebody, and so never a circle's, even if it names one.
		return nil, nil
	}
	p := *a.post
	circle := a.via
	if circle == nil {
		var err error
		if circle, err = in.addressedCircle(tx, c, a.Envelope); err != nil {
			return nil, err
		}
	}
	if c.InReplyTo != "" {
		parent, err := tx.PostByURI(in.site.URI(c.InReplyTo))
		switch {
		case err == nil:
			if parent.Circle == 0 || a.via != nil && parent.Circle != circle.CircleID() {
				return nil, circles.Errorf(circles.Invalid, "The comment answers something in another circle.")
			}
			p.Parent = parent.ID
			p.Mentions, err = in.mentioned(tx, c)
			return &p, err
		case !circles.Is(err, circles.NotFound):
			return nil, err
		case circle == nil || in.site.Ours(c.InReplyTo):
			return nil, nil // an answer to something that is not here, or no longer
		}
		return nil, &lacks{what: needObject, address: c.InReplyTo, circle: circle.CircleID()}
	}
	if circle == nil || !circle.Local() && a.via == nil && !a.fetched {
		// A post in a circle elsewhere counts when that circle passes it on.
		return nil, nil
	}
	p.Circle = circle.CircleID()
	var err error
	p.Mentions, err = in.mentioned(tx, c)
	return &p, err
}

// addressedCircle returns the first circle known here that an object or its activity is addressed
// to: audience first, which is what it is for, then recipients, then mentions, which is how people on
// Mastodon post. // FEP-1b12
func (in *Inbox) addressedCircle(tx *store.Tx, c *as.Content, a *as.Envelope) (*circles.Circle, error) {
	var addresses []string
	addresses = append(addresses, c.Audience...)
	if a != nil {
		addresses = append(addresses, a.Audience...)
	}
	addresses = append(addresses, c.To...)
	addresses = append(addresses, c.CC...)
	for _, t := range c.Tags {
		if t.Type == "Mention" {
			addresses = append(addresses, t.Href)
		}
	}
	if a != nil {
		addresses = append(addresses, a.To...)
		addresses = append(addresses, a.CC...)
	}
	const maxLooks = 60 // a stranger chooses how many there are
	seen := map[string]bool{as.Public: true}
	for _, address := range addresses {
		if seen[address] || len(seen) > maxLooks {
			continue
		}
		seen[address] = true
		known, err := tx.ActorByURI(in.site.URI(address))
		if circles.Is(err, circles.NotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if known.Kind == circles.KindCircle && known.DeletedAt == 0 {
			return tx.Circle(circles.CircleID(known.ID))
		}
	}
	return nil, nil
}

// mentioned returns the people known here that an object names.
func (in *Inbox) mentioned(tx *store.Tx, c *as.Content) ([]circles.ActorID, error) {
	var ids []circles.ActorID
	for _, t := range c.Tags {
		if t.Type != "Mention" || len(ids) == circles.MaxMentions {
			continue
		}
		known, err := tx.ActorByURI(in.site.URI(t.Href))
		if circles.Is(err, circles.NotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if known.Kind == circles.KindPerson {
			ids = append(ids, known.ID)
		}
	}
	return ids, nil
}

// unplaced is the parent of a comment whose place in a thread is not known yet: app derives a title
// only for posts.
const unplaced circles.PostID = -1

// prepared turns an object into what app stores; app cleans and cuts every text.
func (in *Inbox) prepared(c *as.Content) *app.RemotePost {
	p := &app.RemotePost{
		URI: c.ID, URL: c.URL, Title: c.Name, HTML: c.Content, Language: c.Language,
		Sensitive: c.Sensitive, Warning: c.Summary,
		Locked: c.CommentsEnabled != nil && !*c.CommentsEnabled,
	}
	if c.InReplyTo != "" {
		p.Parent = unplaced
	}
	if strings.HasPrefix(c.MediaType, "text/plain") || strings.HasPrefix(c.MediaType, "text/markdown") {
		p.Source, p.HTML = c.Content, ""
	}
	if c.Source.MediaType == "text/markdown" {
		p.Source = c.Source.Content
	}
	if c.Type == "Article" && !c.Sensitive {
		p.Warning = "" // an Article's summary is an extract, not a warning
	}
	if !c.Published.IsZero() {
		p.Published = c.Published.UnixMicro()
	}
	if !c.Updated.IsZero() {
		p.Updated = c.Updated.UnixMicro()
	}
	for _, at := range c.Attachments {
		switch {
		case at.Type == "Image", strings.HasPrefix(at.MediaType, "image/"):
			p.Photos = append(p.Photos, remotePhoto(at))
		case at.Type == "Link" && at.Rel == "" && p.Link == "":
			p.Link = at.URL
		}
	}
	if len(p.Photos) == 0 && c.Image != nil && p.Link == "" {
		p.Photos = append(p.Photos, remotePhoto(*c.Image))
	}
	in.app.Prepare(p)
	return p
}

func remotePhoto(at as.Attachment) app.RemotePhoto {
	return app.RemotePhoto{URL: at.URL, Alt: at.Name, Mime: at.MediaType, Width: at.Width, Height: at.Height, Blurhash: at.Blurhash}
}

// update takes a new version of a post, or of an actor.
func (in *Inbox) update(tx *store.Tx, a act) error {
	if !isContentType(a.Object.Type) {
		return in.updateActor(tx, a)
	}
	if err := in.read(&a); err != nil {
		return err
	}
	known, err := tx.PostByURI(a.content.ID)
	if circles.Is(err, circles.NotFound) {
		return in.receive(tx, a)
	}
	if err != nil {
		return err
	}
	return in.revise(tx, known, a)
}

// revise takes over a new version. Only the author's own words change a post, and never who may read
// it. // CVE-2024-37903
func (in *Inbox) revise(tx *store.Tx, known *circles.Post, a act) error {
	author, err := in.actorOf(tx, a.content.AttributedTo)
	if err != nil {
		return err
	}
	if known.Author.Actor() != author.ID {
		return circles.Errorf(circles.Forbidden, "Only its author can change a post.")
	}
	p := *a.post
	if p.Mentions, err = in.mentioned(tx, a.content); err != nil {
		return err
	}
	return in.outcome(a)(in.app.ReceiveUpdate(tx, said(author, a), p))
}

// updateActor takes an actor's new version: its own word, or for a circle that of its server.
func (in *Inbox) updateActor(tx *store.Tx, a act) error {
	if !fetch.SameHost(a.Object.ID, a.Actor) {
		return circles.Errorf(circles.Forbidden, "An actor is changed by its own server only.")
	}
	if a.Object.ID != a.Actor && a.Object.Type != "Group" {
		return circles.Errorf(circles.Forbidden, "Only a person can change their own profile.")
	}
	doc, err := a.Object.Actor()
	if err != nil {
		return err
	}
	if err := checkActor(doc); err != nil {
		return err
	}
	known, err := tx.ActorByURI(doc.ID)
	if err != nil {
		return err // nobody here knows them, so there is nothing to change
	}
	kept, err := in.keep(tx, doc)
	if err == nil && known.KeyID != "" && kept.PublicKey != known.PublicKey {
		in.keys.forget(known.KeyID)
	}
	return err
}

// delete takes away a post or comment, or an account with all it wrote.
func (in *Inbox) delete(tx *store.Tx, a act) error {
	if a.Object.ID == a.Actor && a.via == nil {
		gone, err := tx.ActorByURI(a.Actor)
		if err != nil {
			return err
		}
		in.keys.forget(gone.KeyID)
		return in.outcome(a)(in.app.ReceiveActorDelete(tx, gone.ID))
	}
	known, err := tx.PostByURI(in.site.URI(a.Object.ID))
	if circles.Is(err, circles.NotFound) {
		return in.bury(tx, a.Object.ID, a.Actor)
	}
	if err != nil {
		return err
	}
	if a.via != nil {
		return in.deleteVia(tx, known, a)
	}
	actor, err := in.actorOf(tx, a.Actor)
	if err != nil {
		return err
	}
	if known.Author.Actor() == actor.ID {
		return in.outcome(a)(in.app.ReceiveDelete(tx, said(actor, a), known.ID))
	}
	// By somebody else it is a removal, which needs a moderator's place in the circle.
	return in.outcome(a)(in.app.ReceiveRemoval(tx, said(actor, a), known.ID, a.Summary))
}

// deleteVia takes a deletion that a circle passes on. With a summary it is a moderator's removal,
// and the circle answers for its moderators.
func (in *Inbox) deleteVia(tx *store.Tx, known *circles.Post, a act) error {
	if known.Circle != a.via.CircleID() {
		return circles.Errorf(circles.Forbidden, "A circle can take away only what is in it.")
	}
	actor, err := in.noted(tx, a.Actor)
	if err != nil {
		return err
	}
	if actor.ID == known.Author.Actor() && !a.HasSummary {
		return in.outcome(a)(in.app.ReceiveDelete(tx, said(actor, a), known.ID))
	}
	return in.outcome(a)(in.app.ReceiveRemoval(tx, said(actor, a), known.ID, a.Summary))
}

// undelete brings back what its author deleted or a moderator removed.
func (in *Inbox) undelete(tx *store.Tx, a act, inner *as.Envelope) error {
	known, err := tx.PostByURI(in.site.URI(inner.Object.ID))
	if circles.Is(err, circles.NotFound) {
		by, err := tx.Tombstone(inner.Object.ID)
		if host, herr := hostOf(a.Actor); err == nil && herr == nil && by == host {
			return tx.RemoveTombstone(inner.Object.ID)
		}
		return err
	}
	if err != nil {
		return err
	}
	if a.via != nil && known.Circle != a.via.CircleID() {
		return circles.Errorf(circles.Forbidden, "A circle can bring back only what is in it.")
	}
	actor, err := in.voter(tx, a)
	if err != nil {
		return err
	}
	if known.Author.Actor() == actor.ID && !inner.HasSummary {
		return in.outcome(a)(in.app.ReceiveUndoDelete(tx, said(actor, a), known.ID))
	}
	return in.outcome(a)(in.app.ReceiveUndoRemoval(tx, said(actor, a), known.ID))
}
