package app

import (
	"html"

	"halqa/circles"
	"halqa/internal/standing"
	"halqa/internal/store"
	"halqa/internal/text"
)

const (
	maxMessageHTML = 128 << 10 // bytes of a stranger's message that are looked at
	maxMessageFile = 10        // files of a message that are named
)

// A RemoteMessage is a message as another server sent it. PrepareMessage makes it fit to be stored.
type RemoteMessage struct {
	URI       string
	HTML      string
	Plain     bool // HTML is plain text or markdown
	Warning   string
	Shared    bool  // it was sent to others too
	Published int64 // UTC microseconds, as claimed; 0 = not said
	Updated   int64
	Files     []RemotePhoto // pictures and other files

	prepared bool
}

// PrepareMessage cleans a remote message, before the transaction. Files become links that carry their
// description: nothing is fetched for a message unless its reader follows one.
func (a *App) PrepareMessage(m *RemoteMessage) {
	if m.prepared {
		return
	}
	m.prepared = true
	m.HTML = cutBytes(m.HTML, maxMessageHTML)
	if m.Plain {
		m.HTML = a.text.Render(text.CleanBlock(m.HTML, circles.MaxMessage), func(text.Kind, string, string) (string, bool) { return "", false }).HTML
	} else {
		m.HTML = a.sanitizer.Sanitize(m.HTML)
	}
	if plain := text.Plain(m.HTML); text.Length(plain) > circles.MaxMessage {
		// Half of the marks could be gone with the end, so none are kept.
		m.HTML = "<p>" + html.EscapeString(text.Excerpt(plain, circles.MaxMessage)) + "</p>"
	}
	for _, f := range m.Files[:min(len(m.Files), maxMessageFile)] {
		address := remoteURL(f.URL)
		if address == "" {
			continue
		}
		name := text.CleanLine(f.Alt, 200)
		if name == "" {
			name = address
		}
		m.HTML += a.sanitizer.Sanitize(`<p><a href="` + html.EscapeString(address) + `">` + html.EscapeString(name) + `</a></p>`)
	}
	m.Warning = text.CleanLine(text.Plain(cutBytes(m.Warning, 16*circles.MaxWarning)), circles.MaxWarning)
	m.Files = nil
}

// ReceiveMessage takes what somebody elsewhere writes to one person here. Who may not write to them, or
// writes too much, is refused, and nothing is kept.
func (a *App) ReceiveMessage(tx *store.Tx, said Said, to circles.PersonID, in RemoteMessage) (Outcome, error) {
	person, err := tx.Actor(to.Actor())
	if err != nil {
		return refused(0, err)
	}
	if !person.Local() || len(in.URI) > circles.MaxLink {
		return refused(0, circles.Errorf(circles.Invalid, "Only people of this instance take messages here."))
	}
	d, err := allow(tx, standing.Question{Who: said.viewer(), Action: standing.Message, Person: person})
	if err != nil {
		return refused(0, err)
	}
	if !sameHost(in.URI, d.Actor.Host) {
		return refused(0, circles.Errorf(circles.Forbidden, "The message and its sender are on different servers."))
	}
	known, err := tx.MessagesByURI(in.URI)
	if err != nil {
		return Outcome{}, err
	}
	for _, k := range known {
		if k.Recipient == to {
			return done(0, false, nil)
		}
	}
	a.PrepareMessage(&in)
	if in.HTML == "" {
		return done(0, false, nil)
	}
	declined, err := tx.Correspondence(to, said.By)
	if err != nil {
		return Outcome{}, err
	}
	if declined != nil && declined.State == circles.CorrespondenceDeclined {
		return done(0, false, nil)
	}
	m := &circles.Message{ID: circles.MessageID(tx.NewID()), URI: in.URI, Sender: said.By, Recipient: to, Shared: in.Shared,
		Published: clampTime(in.Published, tx.Now()), CreatedAt: tx.Now(), Warning: in.Warning, BodyHTML: in.HTML}
	if err := keepMessage(tx, d.Actor, person, m); err != nil {
		return refused(0, err) // too much: from before the first change
	}
	return done(0, true, nil)
}

// ReceiveMessageUpdate takes a new version of a message from who wrote it, and from nobody else.
// // CVE-2024-37903
func (a *App) ReceiveMessageUpdate(tx *store.Tx, said Said, in RemoteMessage) (Outcome, error) {
	known, err := tx.MessagesByURI(in.URI)
	if err != nil {
		return Outcome{}, err
	}
	a.PrepareMessage(&in)
	changed := false
	for _, m := range known {
		if m.Sender != said.By {
			return refused(0, circles.Errorf(circles.Forbidden, "Only who wrote a message can change it."))
		}
		if m.DeletedAt != 0 || in.HTML == "" || m.BodyHTML == in.HTML && m.Warning == in.Warning {
			continue
		}
		m.BodyHTML, m.Warning, m.EditedAt = in.HTML, in.Warning, clampTime(in.Updated, tx.Now())
		if err := tx.EditMessage(m); err != nil {
			return Outcome{}, err
		}
		changed = true
	}
	return done(0, changed, nil)
}

// ReceiveMessageDelete takes back a message for who wrote it.
func (a *App) ReceiveMessageDelete(tx *store.Tx, said Said, uri string) (Outcome, error) {
	known, err := tx.MessagesByURI(uri)
	if err != nil {
		return Outcome{}, err
	}
	changed := false
	for _, m := range known {
		if m.Sender != said.By {
			return refused(0, circles.Errorf(circles.Forbidden, "Only who wrote a message can take it back."))
		}
		if m.DeletedAt != 0 {
			continue
		}
		if err := tx.EraseMessage(m.ID); err != nil {
			return Outcome{}, err
		}
		changed = true
	}
	return done(0, changed, nil)
}
