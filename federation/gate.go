package federation

import (
	"context"
	"errors"
	"fmt"
	"html"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"halqa/circles"
	"halqa/circles/reputation"
	"halqa/federation/as"
	"halqa/federation/httpsig"
	"halqa/internal/app"
	"halqa/internal/standing"
	"halqa/internal/store"
)

// What a gate of ours holds or refuses is explained to its author's server, and what a circle elsewhere says
// of its gates is read. Nothing of it is for anybody but the author.

// formNotice is the message to the author; formMain is the Reject for a server of our kind. // FEP-1b12
const formNotice = "notice"

// packGate renders why something was held or refused for its author's server. One of our own kind is told of
// each and shows it itself. People of others get a message or a Warn, once a day; a Reject of anything but a
// Follow would be ignored there, and Lemmy answers it with 400.
func (s *Sender) packGate(ctx context.Context, ev circles.Event, peer as.Software) (b *bundle, err error) {
	err = s.store.View(ctx, func(tx *store.Tx) error {
		b = &bundle{}
		n, err := tx.GateNotice(ev.Object)
		if err != nil {
			b.void = true
			return orVoid(err)
		}
		signer, err := tx.Actor(ev.Signer)
		if err != nil {
			b.void = true
			return orVoid(err)
		}
		forms, instead := gateForms(n, peer)
		say := speaker{site: s.site, tx: tx, family: peer.Name}
		for at, forms := range map[*[]parcel][]string{&b.parcels: forms, &b.instead: instead} {
			for _, form := range forms {
				said, err := say.gateTold(ev, signer, form)
				if errors.Is(err, errNoForm) {
					continue
				}
				if err != nil {
					b.void = true
					return orVoid(err)
				}
				*at = append(*at, parcel{said.signer, httpsig.PrepareBody(said.doc.Bytes())})
			}
		}
		return nil
	})
	return b, err
}

func orVoid(err error) error {
	if errors.Is(gone(err), errVoid) {
		return nil
	}
	return err
}

// gateForms are the forms that a server of this kind gets of a notice, and which instead, if it refuses those.
func gateForms(n *store.GateNotice, peer as.Software) (forms, instead []string) {
	switch {
	case peer.Name == "halqa":
		return []string{formMain}, nil
	case n.Told && n.About != store.GateOfFollow && n.Note == "" && warned(peer): // a moderator wrote the note to its author
		return []string{formWarn}, []string{formNotice}
	case n.Told:
		return []string{formNotice}, nil
	}
	return nil, nil
}

// gateTold says why a gate of ours held or refused what somebody elsewhere wrote.
func (s speaker) gateTold(ev circles.Event, signer *circles.Actor, form string) (saying, error) {
	n, err := s.tx.GateNotice(ev.Object)
	if err != nil {
		return saying{}, gone(err)
	}
	if n.Circle.Actor() != signer.ID {
		return saying{}, errVoid
	}
	if n.Decision == store.GateHeld {
		waits, err := s.waits(n)
		if err != nil {
			return saying{}, gone(err)
		}
		if !waits {
			return saying{}, errVoid // somebody was quicker
		}
	}
	l, err := s.noticeOf(n, signer)
	if err != nil {
		return saying{}, err
	}
	to := []string{l.author.URI}
	switch form {
	case formWarn, formWarnInner:
		return s.warning(ev, n, l, form)
	case formMain:
		act := as.Act{ID: s.site.activityPath(ev.Seq, formMain), Actor: s.site.ActorAddress(signer), To: to}
		return saying{doc: as.RejectGated(act, n.Activity, l.plain, l.html, l.gate), signer: signer.ID, reader: l.author.URI}, nil
	case formNotice:
		if !n.Told {
			return saying{}, errNoForm
		}
		from, object, err := s.gateLetter(n, l)
		if err != nil {
			return saying{}, err
		}
		act := as.Act{ID: s.site.activityPath(ev.Seq, formNotice), Actor: s.site.ActorAddress(from), To: to}
		return saying{doc: as.Create(act, object), signer: from.ID, reader: l.author.URI}, nil
	}
	return saying{}, errNoForm
}

// waits reports whether what a notice calls held still waits.
func (s speaker) waits(n *store.GateNotice) (bool, error) {
	if n.About == store.GateOfFollow {
		f, err := s.tx.Following(n.Person.Actor(), n.Circle.Actor())
		return f != nil && f.State == circles.FollowPending, err
	}
	p, err := s.tx.Post(n.Post)
	return err == nil && p.State == circles.Held, err
}

// A noticeLetter is what is said about one notice, in the language of what it is about.
type noticeLetter struct {
	circle, author *circles.Actor
	plain, html    string
	gate           *as.Gate

	why  *standing.Access // as its reader's server may know it
	name string           // of the circle
	page string           // that explains it
}

func (s speaker) noticeOf(n *store.GateNotice, circle *circles.Actor) (*noticeLetter, error) {
	author, err := s.tx.Actor(n.Person.Actor())
	if err != nil {
		return nil, gone(err)
	}
	if author.DeletedAt != 0 {
		return nil, errVoid
	}
	x, err := standing.ReadAccess(n.Why)
	if err != nil {
		return nil, fmt.Errorf("notice %d: %w", n.ID, err)
	}
	told, err := x.Tellable()
	if err != nil {
		return nil, fmt.Errorf("notice %d: %w", n.ID, err)
	}
	why := s.site.ActorAddress(circle) + "/why"
	l := &noticeLetter{circle: circle, author: author, why: x.ForOthers(), name: "!" + circle.Name + "@" + s.site.Host}
	// The page says what is missing for its reader. Unescaped, an @ of theirs would become a mention at some peers.
	l.page = why + "?" + url.Values{"of": {"@" + author.Name + "@" + author.Host}}.Encode()
	lines := l.lines(n, l.why.Say(n.Language))
	l.plain = strings.Join(lines, " ")
	page := html.EscapeString(l.page)
	for _, line := range lines {
		line = html.EscapeString(line)
		line = strings.ReplaceAll(line, page, `<a href="`+page+`">`+page+`</a>`)
		l.html += "<p>" + line + "</p>"
	}
	if l.gate, err = s.site.gate(told, n.Decision); err != nil {
		return nil, fmt.Errorf("notice %d: %w", n.ID, err)
	}
	l.gate.About, l.gate.Object, l.gate.Note, l.gate.Appeal = n.About, n.Object, n.Note, why
	return l, nil
}

// gate is what others are told of an Access.
func (s Site) gate(told standing.Told, decision string) (*as.Gate, error) {
	g := &as.Gate{Action: string(told.Action), Decision: decision, Text: told.Text, SetBy: s.Address(told.SetBy), Reason: told.Reason, Appeal: s.Address(told.Appeal)}
	if told.SetAt != 0 {
		g.SetAt = time.UnixMicro(told.SetAt).UTC()
	}
	for _, m := range told.Unmet {
		u := as.Unmet{Path: m.Path, Fact: string(m.Fact), Scope: string(m.Scope), Have: -1, Need: int64(m.Need)}
		if m.Have != nil {
			u.Have = int64(*m.Have)
		}
		if m.ETA != "" {
			var err error
			if u.ETA, err = time.Parse(time.RFC3339, m.ETA); err != nil {
				return nil, err
			}
		}
		g.Unmet = append(g.Unmet, u)
	}
	return g, nil
}

func chinese(lang string) bool { return lang == "zh" || strings.HasPrefix(lang, "zh-") }

// lines are what a person reads: what became of what they wrote, what is missing and until when, who asks it
// and why, and where it can be objected to.
func (l *noticeLetter) lines(n *store.GateNotice, missing ...string) []string {
	zh, circle, why := chinese(n.Language), l.name, l.page
	days := strconv.Itoa(int(app.HeldFor / (24 * time.Hour)))
	what := map[reputation.Action]string{reputation.Comment: "comment"}[l.why.Action]
	if what == "" {
		what = "post"
	}
	first := "Your " + what + " in " + circle + " was not taken: " + n.Object + " ."
	last := "What this circle asks of you, and how to object: " + why
	switch {
	case n.Decision == store.GateHeld && n.Post != 0:
		first = "Your " + what + " in " + circle + " is held, not lost: " + n.Object + " . A moderator can let it through; it is kept for " + days + " days."
	case n.Note != "":
		first = "Your " + what + " in " + circle + " was held, and a moderator did not let it through: " + n.Object + " ."
	}
	if zh {
		what = map[string]string{"comment": "评论", "post": "帖子"}[what]
		first = "您在 " + circle + " 的" + what + "未被接收：" + n.Object + " 。"
		last = "本圈对您的要求以及申诉方式：" + why
		switch {
		case n.Decision == store.GateHeld && n.Post != 0:
			first = "您在 " + circle + " 的" + what + "已保留，不会丢失：" + n.Object + " 。管理者可以放行；内容保留 " + days + " 天。"
		case n.Note != "":
			first = "您在 " + circle + " 的" + what + "曾被保留，管理者未予放行：" + n.Object + " 。"
		}
	}
	switch { // what they wrote stands, or there is none
	case n.About == store.GateOfEdit && zh:
		first = "您在 " + circle + " 的" + what + "的修改未被接收：" + n.Object + " 。原内容保持不变。"
	case n.About == store.GateOfEdit:
		first = "The change of your " + what + " in " + circle + " was not taken: " + n.Object + " . There, what was before stands."
	case n.About == store.GateOfFollow && n.Decision == store.GateHeld: // for servers of our kind, which say it themselves
		first = "Those who run " + circle + " decide whether you are let in."
	case n.About == store.GateOfFollow:
		first = "You were not let into " + circle + "."
	}
	lines := []string{first}
	if n.Note != "" {
		lines = append(lines, n.Note)
	}
	for _, m := range missing {
		if m != "" {
			lines = append(lines, m)
		}
	}
	return append(lines, last)
}

// gateLetter is the message as its reader's server takes it, with who sends it. People of microblogs who
// follow the circle are shown it among their notices; to others a Service writes.
func (s speaker) gateLetter(n *store.GateNotice, l *noticeLetter) (from *circles.Actor, doc as.Doc, err error) {
	family := s.family
	if family == "" {
		peers, err := s.tx.PeersBy([]string{l.author.Host})
		if err != nil {
			return nil, as.Doc{}, err
		}
		if len(peers) > 0 {
			family = peers[0].Family
		}
	}
	micro := classOf(family).micro()
	if from = l.circle; !micro {
		if from, err = s.tx.ActorByURI("/u/" + app.GateName); err != nil {
			return nil, as.Doc{}, err
		}
	}
	id, author, at := s.site.Base+"/notice/"+strconv.FormatInt(n.ID, 10), s.site.ActorAddress(from), moment(n.At)
	if chats[family] {
		return from, as.ChatMessage{ID: id, AttributedTo: author, To: l.author.URI, Content: l.html, Markdown: l.plain, Published: at}.Doc(), nil
	}
	note := as.Note{ID: id, AttributedTo: author, To: []string{l.author.URI}, Content: l.html, URL: id, Language: languageOf(n.Language),
		Tags: []as.Mark{as.Mention(l.author.URI, "@"+l.author.Name+"@"+l.author.Host)}, Published: at, Gate: l.gate}
	if micro {
		note.InReplyTo = n.Object // else Mastodon files it under filtered notices
	}
	return from, note.Doc(), nil
}

// notice serves the message to whom it is to, and to nobody else.
func (p *Publisher) notice(w http.ResponseWriter, r *http.Request) error {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil || strconv.FormatInt(id, 10) != r.PathValue("id") {
		return notHere()
	}
	var doc as.Doc
	reader := ""
	err = p.store.View(r.Context(), func(tx *store.Tx) error {
		n, err := tx.GateNotice(id)
		if err != nil {
			return err
		}
		if !n.Told {
			return notHere()
		}
		circle, err := tx.Actor(n.Circle.Actor())
		if err != nil {
			return err
		}
		s := speaker{site: p.site, tx: tx}
		l, err := s.noticeOf(n, circle)
		if errors.Is(err, errVoid) {
			return notHere()
		}
		if err != nil {
			return err
		}
		reader = l.author.URI
		_, doc, err = s.gateLetter(n, l)
		return err
	})
	if err != nil {
		return err
	}
	return p.sendTo(w, r, reader, doc.Bytes())
}

// gateAnswer takes what a circle elsewhere says about something that one of ours wrote in it, about a change of
// that, or about their wish to join it: that it is held or refused, and why.
func (in *Inbox) gateAnswer(tx *store.Tx, a act) error {
	circle, err := in.actorOf(tx, a.Actor)
	if err != nil {
		return err
	}
	if a.via != nil || circle.Kind != circles.KindCircle {
		return circles.Errorf(circles.Forbidden, "Only a circle itself says what became of a post in it.")
	}
	g := app.RemoteGate{Note: a.Gate.Note, Told: standing.Told{Action: standing.Action(a.Gate.Action), Held: a.Gate.Decision == store.GateHeld,
		Text: a.Gate.Text, SetBy: a.Gate.SetBy, Reason: a.Gate.Reason, Appeal: a.Gate.Appeal}}
	if !a.Gate.SetAt.IsZero() {
		g.SetAt = a.Gate.SetAt.UnixMicro()
	}
	for _, u := range a.Gate.Unmet {
		m := standing.Missing{Path: u.Path, Fact: reputation.Fact(u.Fact), Scope: reputation.Scope(u.Scope), Need: int(u.Need)}
		if u.Have >= 0 {
			have := int(u.Have)
			m.Have = &have
		}
		if !u.ETA.IsZero() {
			m.ETA = u.ETA.Format(time.RFC3339)
		}
		g.Unmet = append(g.Unmet, m)
	}
	id := circles.CircleID(circle.ID)
	if a.Gate.About == store.GateOfFollow {
		follower, _, err := in.ourFollow(tx, a)
		if err != nil {
			return err
		}
		return in.outcome(a)(in.app.ReceiveGateOfJoin(tx, id, circles.PersonID(follower), g))
	}
	post, err := in.ourPost(tx, a)
	if err != nil {
		return err
	}
	if a.Gate.About == store.GateOfEdit {
		return in.outcome(a)(in.app.ReceiveGateOfEdit(tx, id, post, g))
	}
	return in.outcome(a)(in.app.ReceiveGate(tx, id, post, g))
}

// ourPost finds the post of ours whose Create is answered: as the gate names it, for the log forgets the
// Create sooner, or by the Create.
func (in *Inbox) ourPost(tx *store.Tx, a act) (circles.PostID, error) {
	nothing := circles.Errorf(circles.NotFound, "There is no such post here.")
	if a.Gate.Object != "" {
		if !in.site.Ours(a.Gate.Object) {
			return 0, nothing
		}
		p, err := tx.PostByURI(in.site.URI(a.Gate.Object))
		if err != nil {
			return 0, err
		}
		return p.ID, nil
	}
	path, ours := strings.CutPrefix(in.site.URI(a.Object.ID), "/activity/")
	seq, err := strconv.ParseInt(path, 10, 64)
	if !ours || err != nil {
		return 0, nothing
	}
	e, err := tx.Event(circles.Seq(seq))
	if err != nil {
		return 0, err
	}
	if e.Kind != circles.PostCreated {
		return 0, nothing
	}
	return circles.PostID(e.Object), nil
}

// tookOurs notes that a circle passes on what one of ours wrote in it, or a change of it, which it may have held
// or refused before.
func (in *Inbox) tookOurs(tx *store.Tx, circle *circles.Circle, inner *as.Envelope) error {
	if inner.Type != "Create" && inner.Type != "Update" || !in.site.Ours(inner.Object.ID) {
		return nil
	}
	p, err := tx.PostByURI(in.site.URI(inner.Object.ID))
	if circles.Is(err, circles.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	_, err = in.app.ReceiveTaken(tx, circle.CircleID(), p.ID, inner.Type == "Update")
	return err
}
