package federation

import (
	"slices"
	"strings"
	"time"

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
	if ofTips(a.Envelope) {
		return in.tipNews(tx, a)
	}
	if err := in.read(&a); err != nil {
		return err
	}
	if a.content.IsPollVote() { // to one person, and no message to them
		return in.receive(tx, a)
	}
	to, shared, err := in.readers(tx, a)
	if err != nil {
		return err
	}
	if len(to) > 0 {
		return in.letters(tx, a, to, shared)
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
	if c.IsPollVote() {
		if c.AttributedTo != a.Actor { // its own id is nobody's business, and some leave it out
			return circles.Errorf(circles.Forbidden, "Nobody votes in another's name.")
		}
		a.content = c
		return nil
	}
	if err := authored(c, *a); err != nil {
		return err
	}
	a.content, a.post = c, in.prepared(c)
	if a.via == nil && isLetter(c) && !forEveryone(c, a.Envelope) {
		in.letterOf(a)
	}
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
	if c.IsPollVote() {
		if a.Type != "Create" || a.via != nil {
			return circles.Errorf(circles.Invalid, "A vote in a poll is its voter's own Create.")
		}
		return in.ballot(tx, a)
	}
	if gone, err := in.buried(tx, a, c.ID, c.AttributedTo); err != nil || gone {
		return err
	}
	if _, err := posted(tx, c.ID); !circles.Is(err, circles.NotFound) {
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
	if a.via == nil && a.Type == "Create" {
		placed.Raw = a.Raw // its circle, if that is ours, shows it in its outbox
	}
	return in.outcome(a)(in.app.ReceivePost(tx, said(author, a), *placed))
}

// place puts a post in its circle, a comment in its thread. It returns nil if it belongs to neither.
func (in *Inbox) place(tx *store.Tx, a act) (*app.RemotePost, error) {
	c := a.content
	if !forEveryone(c, a.Envelope) {
		// Addressed to somebody, and so never a circle's, even if it names one.
		return nil, nil
	}
	p := *a.post
	circle, err := in.circleOf(tx, a)
	if err != nil {
		return nil, err
	}
	if c.InReplyTo != "" {
		parent, err := tx.PostByURI(in.site.URI(c.InReplyTo))
		switch {
		case err == nil:
			if a.via != nil && parent.Circle != a.via.CircleID() {
				return nil, circles.Errorf(circles.Invalid, "The comment answers something in another circle.")
			}
			p.Parent = parent.ID
			p.Mentions, err = in.mentioned(tx, c)
			return &p, err
		case !circles.Is(err, circles.NotFound):
			return nil, err
		case circle == nil || in.site.Ours(c.InReplyTo):
			return nil, nil // an answer to something that is not here, or no longer
		case a.via == nil && !circle.Local() && !a.asked:
			return nil, nil // that circle passes it on, if it takes it
		}
		need := &lacks{what: needParent, address: c.InReplyTo}
		if a.via != nil {
			need.circle = a.via.CircleID()
		}
		return nil, need
	}
	switch {
	case circle == nil:
		wanted, err := in.wanted(tx, a)
		if err != nil || !wanted {
			return nil, err
		}
		said := c.To
		if len(c.To)+len(c.CC) == 0 {
			said = a.To
		}
		p.Unlisted = !slices.Contains(said, as.Public)
	case !circle.Local() && a.via == nil && !a.asked:
		// A post in a circle elsewhere counts when that circle passes it on.
		return nil, nil
	default:
		p.Circle = circle.CircleID()
	}
	p.Mentions, err = in.mentioned(tx, c)
	return &p, err
}

// wanted reports whether what somebody wrote in no circle is for anybody here: who follows its author, or
// asked for it. Everything else that people write elsewhere is not this instance's to keep.
func (in *Inbox) wanted(tx *store.Tx, a act) (bool, error) {
	if a.asked {
		return true, nil
	}
	author, err := tx.ActorByURI(a.content.AttributedTo)
	if circles.Is(err, circles.NotFound) {
		return false, nil
	}
	if err != nil || author.Kind == circles.KindCircle {
		return false, err
	}
	return tx.FollowedHere(author.ID)
}

// forEveryone reports whether everyone may read an object. What it says itself counts; only where it names
// nobody at all its activity speaks for it.
func forEveryone(c *as.Content, a *as.Envelope) bool {
	if len(c.To) > 0 || len(c.CC) > 0 {
		return c.IsPublic()
	}
	return a.IsPublic()
}

// circleOf returns the circle that something is in: the one that passed it on, unless it was meant for
// another one, from which it must not be taken; else the one that it is addressed to.
func (in *Inbox) circleOf(tx *store.Tx, a act) (*circles.Circle, error) {
	if a.via == nil {
		return in.addressedCircle(tx, a.content, a.Envelope)
	}
	c := a.content
	for _, list := range [][]string{c.Audience, c.To, c.CC} {
		if slices.Contains(list, a.via.URI) {
			return a.via, nil
		}
	}
	if c.InReplyTo != "" {
		return a.via, nil // its parent says where it is
	}
	other, err := in.addressedCircle(tx, c, nil)
	if err != nil {
		return nil, err
	}
	if len(c.Audience) > 0 || other != nil && other.ID != a.via.ID {
		return nil, circles.Errorf(circles.Forbidden, "What was written for another circle is not this one's.")
	}
	return a.via, nil
}

// addressedCircle returns the circle known here that an object or its activity is addressed to:
// audience first, which is what it is for; then one of ours among recipients and mentions, which is how
// people on Mastodon post; then one elsewhere. // FEP-1b12
func (in *Inbox) addressedCircle(tx *store.Tx, c *as.Content, a *as.Envelope) (*circles.Circle, error) {
	audience := slices.Clone(c.Audience)
	var ours, others []string
	add := func(addresses ...string) {
		for _, address := range addresses {
			if in.site.Ours(address) {
				ours = append(ours, address)
			} else {
				others = append(others, address)
			}
		}
	}
	add(c.To...)
	add(c.CC...)
	for _, t := range c.Tags {
		if t.Type == "Mention" {
			add(t.Href)
		}
	}
	if a != nil {
		audience = append(audience, a.Audience...)
		add(a.To...)
		add(a.CC...)
	}
	const maxLooks = 60 // a stranger chooses how many there are
	seen := map[string]bool{as.Public: true}
	for _, address := range slices.Concat(audience, ours, others) {
		if seen[address] || len(seen) > maxLooks {
			continue
		}
		seen[address] = true
		known, err := tx.CircleByURI(in.site.URI(address))
		if err == nil && known.DeletedAt == 0 {
			return known, nil
		}
		if err != nil && !circles.Is(err, circles.NotFound) {
			return nil, err
		}
	}
	return nil, nil
}

// mentioned returns the people known here that an object names.
func (in *Inbox) mentioned(tx *store.Tx, c *as.Content) ([]circles.ActorID, error) {
	var ids []circles.ActorID
	seen := map[string]bool{}
	for _, t := range c.Tags {
		if t.Type != "Mention" || seen[t.Href] || len(ids) == circles.MaxMentions {
			continue
		}
		seen[t.Href] = true
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
	if p.Quote = c.Quote; p.Quote != "" {
		p.Quote = in.site.URI(c.Quote)
	}
	p.NoQuote = c.NoQuote
	for _, t := range c.Tags {
		switch t.Type {
		case "Hashtag":
			p.Tags = append(p.Tags, t.Name)
		case "Emoji":
			p.Emojis = append(p.Emojis, circles.Emoji{Code: t.Name, URL: t.Icon})
		}
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
		case at.Type == "Link" && len(at.Rel) == 0 && p.Link == "":
			p.Link = at.URL
		}
	}
	if len(p.Photos) == 0 && c.Image != nil && p.Link == "" {
		p.Photos = append(p.Photos, remotePhoto(*c.Image))
	}
	if c.Poll != nil {
		p.Poll = remotePoll(c.Poll, in.now())
	}
	in.app.Prepare(p)
	return p
}

// remotePoll is a Question's part. One that was closed before its time is over now.
func remotePoll(q *as.Poll, now time.Time) *app.RemotePoll {
	p := &app.RemotePoll{Multiple: q.Multiple, Closed: q.Closed, Voters: q.Voters}
	switch {
	case q.Closed && q.EndTime.After(now):
		p.EndsAt = now.UnixMicro()
	case !q.EndTime.IsZero():
		p.EndsAt = q.EndTime.UnixMicro()
	}
	for _, o := range q.Options {
		p.Options = append(p.Options, app.RemoteOption{Name: o.Name, Votes: o.Votes})
	}
	return p
}

func remotePhoto(at as.Attachment) app.RemotePhoto {
	return app.RemotePhoto{URL: at.URL, Alt: at.Name, Mime: at.MediaType, Width: at.Width, Height: at.Height, Blurhash: at.Blurhash}
}

// update takes a new version of a post, or of an actor.
func (in *Inbox) update(tx *store.Tx, a act) error {
	if !a.Object.Embedded() {
		if !fetch.SameHost(a.Object.ID, a.Actor) {
			return circles.Errorf(circles.Forbidden, "Only its own server can change a post.")
		}
		if known, err := here(tx, a.Object.ID); !known || err != nil {
			return err
		}
		return &lacks{what: needFresh, address: a.Object.ID}
	}
	if !isContentType(a.Object.Type) {
		return in.updateActor(tx, a)
	}
	if post, err := in.closes(tx, a.Envelope); err != nil {
		return err
	} else if post != nil {
		return in.relock(tx, a, post, !post.Locked)
	}
	if err := in.read(&a); err != nil {
		return err
	}
	if a.content.IsPollVote() {
		return circles.Errorf(circles.Invalid, "A vote in a poll is not changed.")
	}
	known, err := posted(tx, a.content.ID)
	if circles.Is(err, circles.NotFound) {
		if letter, err := knownLetter(tx, a.content.ID); err != nil {
			return err
		} else if letter {
			return in.reviseLetter(tx, a)
		}
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
	if err := in.returned(tx, author, known, a); err != nil {
		return err
	}
	if err := in.outcome(a)(in.app.ReceiveUpdate(tx, said(author, a), p)); err != nil {
		return err
	}
	return in.closedWith(tx, author, known, a)
}

// returned brings back what was taken for gone because its server said so, and which that server has after
// all. What its author deleted in their own words comes back by their words alone: a page that was kept too long
// somewhere undoes nothing.
func (in *Inbox) returned(tx *store.Tx, author *circles.Actor, known *circles.Post, a act) error {
	if known.DeletedAt == 0 || known.Circle == 0 {
		return nil
	}
	seq, err := tx.LastEntry(int64(known.ID), circles.PostDeleted, known.Circle.Actor())
	if err != nil || seq == 0 {
		return err
	}
	deleted, err := tx.Event(seq)
	if err != nil || deleted.Detail.Received != 0 {
		return err
	}
	return in.outcome(a)(in.app.ReceiveUndoDelete(tx, said(author, a), known.ID))
}

// updateActor takes an actor's new version on its own word. Of a circle a moderator on its server may
// say that it changed, but not what it is now: its server is asked, or anybody there could give it
// another key.
func (in *Inbox) updateActor(tx *store.Tx, a act) error {
	if !fetch.SameHost(a.Object.ID, a.Actor) {
		return circles.Errorf(circles.Forbidden, "An actor is changed by its own server only.")
	}
	known, err := tx.ActorByURI(a.Object.ID)
	if err != nil {
		return err // nobody here knows them, so there is nothing to change
	}
	if a.Object.ID != a.Actor {
		if known.Kind != circles.KindCircle {
			return circles.Errorf(circles.Forbidden, "Only a person can change their own profile.")
		}
		return &lacks{what: needRenew, address: known.URI}
	}
	if a.actor == nil {
		if a.actor, err = in.profile(a.Envelope); err != nil {
			return err
		}
	}
	kept, err := in.keep(tx, *a.actor)
	if err == nil && known.KeyID != "" && kept.PublicKey != known.PublicKey {
		in.keys.forget(known.KeyID)
	}
	return err
}

// profile reads what somebody says of themselves.
func (in *Inbox) profile(a *as.Envelope) (*portrait, error) {
	doc, err := a.Object.Actor()
	if err != nil {
		return nil, err
	}
	if err := checkActor(doc); err != nil {
		return nil, err
	}
	described, err := in.describe(doc)
	if err != nil {
		return nil, err
	}
	return &described, nil
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
	known, err := posted(tx, in.site.URI(a.Object.ID))
	if circles.Is(err, circles.NotFound) {
		if letter, err := knownLetter(tx, a.Object.ID); err != nil {
			return err
		} else if letter {
			return in.takeBackLetter(tx, a)
		}
		return in.bury(tx, a.Object.ID, a)
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
	actor, err := in.noted(tx, a.Actor, a.via)
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
	known, err := posted(tx, in.site.URI(inner.Object.ID))
	if circles.Is(err, circles.NotFound) {
		if a.via != nil && !fetch.SameHost(a.via.URI, a.Actor) {
			return nil
		}
		return tx.RemoveTombstone(grave(inner.Object.ID, a.Actor))
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
