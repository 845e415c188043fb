package federation

import (
	"context"
	"errors"
	"net/http"
	"strconv"

	"halqa/circles"
	"halqa/federation/as"
	"halqa/federation/httpsig"
	"halqa/internal/fetch"
	"halqa/internal/store"
)

// Private messages go to one inbox and can be fetched by one actor. Nothing here says what they say to
// a log, and no circle ever passes one on.

// chats are the families that read a message as a ChatMessage.
var chats = map[string]bool{"lemmy": true, "lemmybb": true, "piefed": true, "mbin": true, "kbin": true}

func isMessage(k circles.EventKind) bool {
	return k == circles.MessageSent || k == circles.MessageDeleted
}

// packMessage renders a message for the server it goes to. What that runs was asked just now, and may not
// stand in its row yet.
func (s *Sender) packMessage(ctx context.Context, ev circles.Event, family string) (b *bundle, err error) {
	err = s.store.View(ctx, func(tx *store.Tx) error {
		b = &bundle{}
		signer, err := tx.Actor(ev.Signer)
		if err == nil {
			var said saying
			if said, err = (speaker{site: s.site, tx: tx, family: family}).message(ev, signer, formMain); err == nil {
				b.parcels = []parcel{{said.signer, httpsig.PrepareBody(said.doc.Bytes())}}
				return nil
			}
		}
		if b.void = errors.Is(gone(err), errVoid); b.void {
			return nil
		}
		return err
	})
	return b, err
}

// message says what somebody of ours wrote to one person elsewhere, or that they took it back.
func (s speaker) message(ev circles.Event, signer *circles.Actor, form string) (saying, error) {
	if form != formMain {
		return saying{}, errNoForm
	}
	m, err := s.tx.Message(circles.MessageID(ev.Object))
	if err != nil {
		return saying{}, gone(err)
	}
	to, err := s.tx.Actor(m.Recipient.Actor())
	if err != nil {
		return saying{}, gone(err)
	}
	if m.Sender.Actor() != signer.ID || to.Local() || (m.DeletedAt != 0) != (ev.Kind == circles.MessageDeleted) {
		return saying{}, errVoid
	}
	act := as.Act{ID: s.site.activityPath(ev.Seq, formMain), Actor: s.site.ActorAddress(signer), To: []string{to.URI}}
	if ev.Kind == circles.MessageDeleted {
		return saying{doc: as.Delete(act, s.site.Address(m.URI)), signer: signer.ID, reader: to.URI}, nil
	}
	object, err := s.letter(m, signer, to)
	return saying{doc: as.Create(act, object), signer: signer.ID, reader: to.URI}, err
}

// letter is a message as its reader's server takes it.
func (s speaker) letter(m *circles.Message, from, to *circles.Actor) (as.Doc, error) {
	family := s.family
	if family == "" {
		peers, err := s.tx.PeersBy([]string{to.Host})
		if err != nil {
			return as.Doc{}, err
		}
		if len(peers) > 0 {
			family = peers[0].Family
		}
	}
	id, author, html := s.site.Address(m.URI), s.site.ActorAddress(from), s.site.absolute(m.BodyHTML)
	if chats[family] {
		return as.ChatMessage{ID: id, AttributedTo: author, To: to.URI, Content: html, Markdown: m.Body, Published: moment(m.Published)}.Doc(), nil
	}
	n := as.Note{ID: id, AttributedTo: author, To: []string{to.URI}, Content: html, URL: id,
		Tags: []as.Mark{as.Mention(to.URI, "@"+to.Name+"@"+to.Host)}, Published: moment(m.Published)}
	if c := classOf(family); c.micro() && m.Answers != 0 {
		// Mastodon shows a conversation by what answers what, and lets an answer past the filter for
		// private mentions of strangers. Lemmy takes a Note that answers something for a comment.
		before, err := s.tx.Message(m.Answers)
		if err != nil {
			return as.Doc{}, err
		}
		n.InReplyTo = s.site.Address(before.URI)
	}
	return n.Doc(), nil
}

// message serves a message of ours to whom it is to, and to nobody else.
func (p *Publisher) message(w http.ResponseWriter, r *http.Request) error {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil || strconv.FormatInt(id, 10) != r.PathValue("id") {
		return notHere()
	}
	var doc as.Doc
	reader := ""
	err = p.store.View(r.Context(), func(tx *store.Tx) error {
		m, err := tx.Message(circles.MessageID(id))
		if err != nil {
			return err
		}
		if !m.Local() || m.DeletedAt != 0 {
			return notHere()
		}
		from, err := tx.Actor(m.Sender.Actor())
		if err != nil {
			return err
		}
		to, err := tx.Actor(m.Recipient.Actor())
		if err != nil {
			return err
		}
		if to.Local() {
			return notHere()
		}
		reader = to.URI
		doc, err = speaker{site: p.site, tx: tx}.letter(m, from, to)
		return err
	})
	if err != nil {
		return err
	}
	return p.sendTo(w, r, reader, doc.Bytes())
}

// sendTo sends a document to the one actor who may read it.
func (p *Publisher) sendTo(w http.ResponseWriter, r *http.Request, reader string, body []byte) error {
	if reader == "" || !p.inbox.signedBy(r, reader) {
		return notHere()
	}
	w.Header().Set("Cache-Control", "private, no-store")
	w.Header().Set("Content-Type", as.ActivityJSON)
	w.Header().Set("Vary", "Accept, Signature")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	_, _ = w.Write(body) // who hung up does not want it
	return nil
}

// signedBy reports whether this actor signed a request without a body. Only keys that are here already
// count, as that of everyone whom we wrote to is: no stranger makes us fetch by asking.
func (in *Inbox) signedBy(r *http.Request, actor string) bool {
	sig, err := httpsig.Parse(r)
	if err != nil {
		return false
	}
	host, err := fetch.Host(sig.KeyID)
	if err != nil {
		return false
	}
	checked, err := sig.Check([]string{in.site.Host}, nil, in.now())
	if err != nil {
		return false
	}
	if blocked, err := in.blocked(r.Context(), host); err != nil || blocked {
		return false
	}
	key, known, err := in.keys.look(r.Context(), sig.KeyID, host)
	return err == nil && known && key.owner == actor && checked.Verify(key.key) == nil
}
