package app

import (
	"context"
	"time"

	"halqa/circles"
	"halqa/internal/standing"
	"halqa/internal/store"
	"halqa/internal/text"
)

const (
	// GateName is the account that writes to people elsewhere about gates. Lemmy takes a message from neither
	// a Group nor an Application.
	GateName = "gate"

	noticeWithin  = 24 * time.Hour      // somebody reads of one gate of a circle once in this time
	maxTellings   = 50                  // answers to the server of one person, in one circle and that time
	noticesKept   = 30 * 24 * time.Hour // longer than anything waits
	noticesAtOnce = 500

	maxGateText = 1000 // of a sentence that another server says about its gate
	maxGateName = 40
)

// EnsureGateActor returns the Service that tells people elsewhere about gates, and makes it the first time.
func (a *App) EnsureGateActor(ctx context.Context) (*circles.Actor, error) {
	return a.ensureActor(ctx, &circles.Actor{Kind: circles.KindService, Name: GateName, URI: "/u/" + GateName, Locked: true, Bot: true,
		SummaryHTML: "<p>Tells people of other servers why something they wrote in a circle here waits or was refused. Nobody reads answers.</p>",
		Summary:     "Tells people of other servers why something they wrote in a circle here waits or was refused. Nobody reads answers."})
}

// explain answers somebody elsewhere whose post or comment a gate of a circle of ours held or refused. Their
// server is told each time, up to a bound; they themselves at most once a day of one gate.
func explain(tx *store.Tx, c *circles.Circle, author *circles.Actor, x *standing.Access, n store.GateNotice) error {
	if author.Local() || c == nil || !c.Local() || !c.Visibility.Federated() || n.Activity == "" {
		return nil
	}
	inboxes := addInbox(nil, author)
	if len(inboxes) == 0 {
		return nil
	}
	n.Person, n.Circle, n.Gate = circles.PersonID(author.ID), c.CircleID(), string(x.Action)
	before, told, err := tx.GateNoticesSince(n.Person, n.Circle, n.Gate, tx.Now()-noticeWithin.Microseconds(), maxTellings)
	if err != nil || before >= maxTellings {
		return err
	}
	if n.Why, err = x.Keep(); err != nil {
		return err
	}
	// That a request waits, other servers show themselves.
	n.Told = !told && (n.About != store.GateOfFollow || n.Decision != store.GateHeld)
	if err := tx.AddGateNotice(&n); err != nil {
		return err
	}
	_, err = tx.AppendEvent(circles.Event{Kind: circles.GateTold, Signer: c.ID, OrderKey: circles.PairKey(int64(n.Person), int64(c.ID)),
		Object: n.ID, To: inboxes})
	return err
}

// explainEdit says that a change of what somebody elsewhere wrote is not taken.
func explainEdit(tx *store.Tx, said Said, p *circles.Post, x *standing.Access, in RemotePost) error {
	at, err := placeAround(tx, p)
	if err != nil {
		return err
	}
	author, err := tx.Actor(p.Author.Actor())
	if err != nil {
		return err
	}
	return explain(tx, at.circle, author, x, store.GateNotice{Post: p.ID, Activity: said.Activity, Object: in.URI, Decision: store.GateRefused,
		Language: in.Language, About: store.GateOfEdit})
}

// explainRefusal says that what waited is refused after all.
func explainRefusal(tx *store.Tx, at place, reason string) error {
	first, err := tx.FirstGateNotice(at.post.ID)
	if err != nil || first == nil {
		return err
	}
	author, err := tx.Actor(at.post.Author.Actor())
	if err != nil {
		return err
	}
	x, err := standing.ReadAccess(first.Why)
	if err != nil {
		return err
	}
	return explain(tx, at.circle, author, x, store.GateNotice{Post: at.post.ID, Activity: first.Activity, Object: first.Object,
		Decision: store.GateRefused, Note: reason, Language: first.Language})
}

// SweepGateNotices forgets what people elsewhere were told long ago. The clock calls it.
func (a *App) SweepGateNotices(ctx context.Context) error {
	before := a.now().Add(-noticesKept).UnixMicro()
	for {
		var n int64
		err := a.update(ctx, "sweep notices of gates", func(tx *store.Tx) (err error) {
			n, err = tx.TrimGateNotices(before, noticesAtOnce)
			return err
		})
		if err != nil || n < noticesAtOnce {
			return err
		}
	}
}

// A RemoteGate is what a circle elsewhere says about something that one of ours wrote in it.
type RemoteGate struct {
	standing.Told
	Note string // why a moderator refused it
}

// ReceiveGate notes that a circle elsewhere holds or refused what one of ours wrote in it, so that they read
// why. The caller has proven that the circle says so.
func (a *App) ReceiveGate(tx *store.Tx, circle circles.CircleID, post circles.PostID, in RemoteGate) (Outcome, error) {
	at, err := placeOf(tx, post)
	if err != nil {
		return refused(0, err)
	}
	if at.circle == nil || at.circle.Local() || at.circle.CircleID() != circle || !at.post.Local() {
		return refused(post, circles.Errorf(circles.Forbidden, "A circle decides about what was written in it alone."))
	}
	had, err := tx.GateAnswer(post)
	if err != nil {
		return Outcome{}, err
	}
	if had != nil && (had.Decision == store.GateRefused || had.Decision == store.GateHeld && in.Held) {
		return done(post, false, nil)
	}
	why, err := in.why(tx, at.circle)
	if err != nil {
		return refused(post, err)
	}
	now := store.GateAnswer{Post: post, Circle: circle, At: tx.Now(), Decision: store.GateRefused, Decided: tx.Now(), Why: why,
		Note: text.CleanLine(in.Note, maxGateText)}
	kind := store.ToldRefused
	if in.Held {
		now.Decision, now.Decided, kind = store.GateHeld, 0, store.ToldHeld
	}
	if had != nil {
		now.At = had.At
	}
	if err := tx.SaveGateAnswer(&now); err != nil {
		return Outcome{}, err
	}
	return done(post, true, tx.NotifyOfGate(at.post, kind))
}

// why is what a circle elsewhere says, clean and with sentences of ours, as it is kept.
func (in RemoteGate) why(tx *store.Tx, c *circles.Circle) (string, error) {
	said := in.Told
	said.Action, said.Reason = standing.Action(text.CleanLine(string(in.Action), maxGateName)), text.CleanLine(in.Reason, maxGateText)
	said.Appeal, said.Text = remoteURL(in.Appeal), map[string]string{}
	for lang, s := range in.Text {
		said.Text[lang] = text.CleanLine(s, maxGateText)
	}
	x, err := standing.FromElsewhere(tx, c, said)
	if err != nil {
		return "", err
	}
	return x.Keep()
}

// ReceiveGateOfEdit notes that a circle elsewhere did not take a change of what one of ours wrote in it: there,
// what was before stands.
func (a *App) ReceiveGateOfEdit(tx *store.Tx, circle circles.CircleID, post circles.PostID, in RemoteGate) (Outcome, error) {
	at, err := placeOf(tx, post)
	if err != nil {
		return refused(0, err)
	}
	if at.circle == nil || at.circle.Local() || at.circle.CircleID() != circle || !at.post.Local() {
		return refused(post, circles.Errorf(circles.Forbidden, "A circle decides about what was written in it alone."))
	}
	why, err := in.why(tx, at.circle)
	if err != nil {
		return refused(post, err)
	}
	return done(post, true, tx.SaveGateReply(&store.GateReply{Person: at.post.Author, Circle: circle, Post: post, Decision: store.GateRefused, Why: why}))
}

// ReceiveGateOfJoin notes why a circle elsewhere does not let one of ours in, or not yet. Who is in it by now
// need not know.
func (a *App) ReceiveGateOfJoin(tx *store.Tx, circle circles.CircleID, person circles.PersonID, in RemoteGate) (Outcome, error) {
	c, err := tx.Circle(circle)
	if err != nil {
		return refused(0, err)
	}
	role, err := tx.Role(circle, person)
	if err != nil || role.Member() {
		return done(0, false, err)
	}
	decision := store.GateRefused
	if in.Held {
		if decision = store.GateHeld; role != circles.RolePending {
			return done(0, false, nil) // they left meanwhile
		}
	}
	why, err := in.why(tx, c)
	if err != nil {
		return refused(0, err)
	}
	return done(0, true, tx.SaveGateReply(&store.GateReply{Person: person, Circle: circle, Decision: decision, Why: why}))
}

// ReceiveTaken notes that a circle elsewhere passes on what one of ours wrote in it, or a change of it: if it
// held it, it does no more.
func (a *App) ReceiveTaken(tx *store.Tx, circle circles.CircleID, post circles.PostID, changed bool) (Outcome, error) {
	if changed {
		p, err := tx.Post(post)
		if err != nil {
			return Outcome{}, err
		}
		return done(post, false, tx.DropGateReply(p.Author, circle, post))
	}
	had, err := tx.GateAnswer(post)
	if err != nil || had == nil || had.Circle != circle || had.Decision == store.GateApproved {
		return done(post, false, err)
	}
	had.Decision, had.Decided, had.Note = store.GateApproved, tx.Now(), ""
	if err := tx.SaveGateAnswer(had); err != nil {
		return Outcome{}, err
	}
	p, err := tx.Post(post)
	if err != nil {
		return Outcome{}, err
	}
	return done(post, true, tx.NotifyOfGate(p, store.ToldApproved))
}

// A Ruling is what a circle elsewhere says of something that stands here as its author wrote it.
type Ruling string

const (
	RuledHeld    Ruling = store.GateHeld    // it waits for the circle's moderators
	RuledRefused Ruling = store.GateRefused // they did not let it through
	RuledEdit    Ruling = store.GateOfEdit  // a change of it was not taken there; what was before stands
)

// addRulings notes what the viewer's own posts and comments of a page wait for elsewhere. Nobody else there sees
// them, and only their author is told.
func addRulings(tx *store.Tx, v circles.Viewer, t *Thread) error {
	if !v.SignedIn() || t.Post.Circle == 0 || t.Circle.Local() {
		return nil
	}
	var own []circles.PostID
	if t.Post.Author == v.Person {
		own = append(own, t.Post.ID)
	}
	var walk func([]*CommentNode)
	walk = func(all []*CommentNode) {
		for _, n := range all {
			if n.Post.Author == v.Person {
				own = append(own, n.Post.ID)
			}
			walk(n.Kids)
		}
	}
	walk(t.Above)
	walk(t.Comments)
	found, err := tx.GateAnswersTo(v.Person, own)
	if err != nil || len(found) == 0 {
		return err
	}
	t.Ruled = map[circles.PostID]Ruling{}
	for id, decision := range found {
		t.Ruled[id] = Ruling(decision)
	}
	return nil
}

// answered is what a circle elsewhere decided, for the author; nil if it said nothing.
func answered(tx *store.Tx, p *circles.Post) (*Held, error) {
	g, err := tx.GateAnswer(p.ID)
	if err != nil {
		return nil, err
	}
	change, err := tx.GateReply(p.Author, p.Circle, p.ID)
	if err != nil {
		return nil, err
	}
	edit := change != nil && (g == nil || g.At < change.At && g.Decided < change.At) // the last that was heard
	if edit {
		g = &store.GateAnswer{Circle: change.Circle, At: change.At, Decision: change.Decision, Decided: change.At, Why: change.Why}
	}
	if g == nil {
		return nil, nil
	}
	why, err := standing.ReadAccess(g.Why)
	if err != nil {
		return nil, err
	}
	cards, err := tx.ActorCards([]circles.ActorID{p.Author.Actor(), g.Circle.Actor()})
	if err != nil {
		return nil, err
	}
	h := &Held{Post: p, Author: cards[p.Author.Actor()], Why: why, At: g.At, Until: g.At + HeldFor.Microseconds(), Elsewhere: true, Edit: edit,
		Decided: g.Decided != 0, Refused: g.Decision == store.GateRefused, Note: g.Note}
	if h.Decided {
		h.By = cards[g.Circle.Actor()]
	}
	return h, nil
}
