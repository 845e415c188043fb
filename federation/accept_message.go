package federation

import (
	"slices"
	"strings"

	"halqa/circles"
	"halqa/federation/as"
	"halqa/internal/app"
	"halqa/internal/store"
)

// maxLetters is for how many people here one message is kept. Who writes to more has a circle.
const maxLetters = 10

// isLetter reports whether an object can be a private message. An answer in a poll is none: Mastodon sends
// it as a Note with a name and nothing else.
func isLetter(c *as.Content) bool {
	switch c.Type {
	case "ChatMessage":
		return true
	case "Note":
		return c.Name == "" || c.Content != ""
	}
	return false
}

// readers returns the people here that a message is to; nil if it is none, because it is to everyone or to
// somebody's followers. Whoever it names beside makes it shared. Answering a post in a circle makes it no
// part of the circle: on Mastodon people answer in private what was said in public.
func (in *Inbox) readers(tx *store.Tx, a act) (to []*circles.Actor, shared bool, err error) {
	c := a.content
	if a.via != nil || !isLetter(c) {
		return nil, false, nil
	}
	var all []string
	for _, address := range slices.Concat(c.To, c.CC, a.To, a.CC) {
		switch {
		case address == as.Public, strings.HasSuffix(address, "/followers"):
			return nil, false, nil
		case address == a.Actor, slices.Contains(all, address):
			continue
		}
		if all = append(all, address); len(all) > as.MaxList {
			return nil, false, nil // nobody writes to a hundred people in private
		}
	}
	from, err := in.actorOf(tx, a.Actor)
	if err != nil {
		return nil, false, err
	}
	if from.Followers != "" && slices.Contains(all, from.Followers) {
		return nil, false, nil
	}
	for _, address := range all {
		if !in.site.Ours(address) || len(to) == maxLetters {
			continue
		}
		known, err := tx.ActorByURI(in.site.URI(address))
		if circles.Is(err, circles.NotFound) {
			continue
		}
		if err != nil {
			return nil, false, err
		}
		if known.Kind == circles.KindPerson && known.Local() {
			to = append(to, known)
		}
	}
	return to, len(all) > 1, nil
}

// letters keeps a message for each of its readers here. The rules of one do not bind the other.
func (in *Inbox) letters(tx *store.Tx, a act, to []*circles.Actor, shared bool) error {
	if gone, err := in.buried(tx, a, a.content.ID, a.Actor); err != nil || gone {
		return err
	}
	from, err := in.actorOf(tx, a.Actor)
	if err != nil {
		return err
	}
	m := *in.letterOf(&a)
	m.Shared = shared
	for _, person := range to {
		if err := in.outcome(a)(in.app.ReceiveMessage(tx, said(from, a), circles.PersonID(person.ID), m)); err != nil {
			return err
		}
	}
	return nil
}

// letterOf makes an object fit to be stored as a message. That takes time, so it is best done before the
// transaction.
func (in *Inbox) letterOf(a *act) *app.RemoteMessage {
	if a.letter != nil {
		return a.letter
	}
	c := a.content
	m := &app.RemoteMessage{URI: c.ID, HTML: c.Content, Warning: c.Summary,
		Plain: strings.HasPrefix(c.MediaType, "text/plain") || strings.HasPrefix(c.MediaType, "text/markdown")}
	if !c.Published.IsZero() {
		m.Published = c.Published.UnixMicro()
	}
	if !c.Updated.IsZero() {
		m.Updated = c.Updated.UnixMicro()
	}
	for _, at := range c.Attachments {
		m.Files = append(m.Files, remotePhoto(at))
	}
	in.app.PrepareMessage(m)
	a.letter = m
	return m
}

// knownLetter reports whether an id is that of a message here.
func knownLetter(tx *store.Tx, uri string) (bool, error) {
	known, err := tx.MessagesByURI(uri)
	return len(known) > 0, err
}

// reviseLetter takes a new version of a message, whatever audience it claims now: it stays between the two.
func (in *Inbox) reviseLetter(tx *store.Tx, a act) error {
	if a.via != nil {
		return nil
	}
	from, err := in.actorOf(tx, a.Actor)
	if err != nil {
		return err
	}
	return in.outcome(a)(in.app.ReceiveMessageUpdate(tx, said(from, a), *in.letterOf(&a)))
}

// takeBackLetter takes a message away.
func (in *Inbox) takeBackLetter(tx *store.Tx, a act) error {
	if a.via != nil {
		return nil
	}
	from, err := in.actorOf(tx, a.Actor)
	if err != nil {
		return err
	}
	return in.outcome(a)(in.app.ReceiveMessageDelete(tx, said(from, a), a.Object.ID))
}
