package federation

import (
	"halqa/circles"
	"halqa/federation/as"
)

// governs reports whether an entry is about who may do what in a circle, or about a report, not about a
// post.
func governs(k circles.EventKind) bool {
	switch k {
	case circles.MemberBanned, circles.MemberUnbanned, circles.ModeratorAdded, circles.ModeratorRemoved, circles.ReportSent:
		return true
	}
	return false
}

// governing says what a circle decided about a person, announced as its moderator's, which is how Lemmy,
// PieFed and Mbin take it; or what the people who run this instance decided; or a report.
func (s speaker) governing(ev circles.Event, signer *circles.Actor, form string) (saying, error) {
	switch {
	case form != formMain && form != formInner:
		return saying{}, errNoForm
	case signer.Kind == circles.KindCircle:
	case form == formInner:
		return saying{}, errNoForm
	case ev.Kind == circles.ReportSent:
		return s.flag(ev, signer)
	default:
		return s.suspension(ev, signer)
	}
	c, err := s.tx.Circle(circles.CircleID(signer.ID))
	if err != nil {
		return saying{}, gone(err)
	}
	if !c.Visibility.Federated() {
		return saying{}, errVoid
	}
	if err := s.holds(ev, c); err != nil {
		return saying{}, err
	}
	var inner as.Doc
	who := signer
	if ev.Detail.Received != 0 {
		inner, err = s.received(ev)
	} else {
		inner, who, err = s.decided(ev, c)
	}
	if err != nil {
		return saying{}, err
	}
	if form == formInner {
		return saying{doc: inner, signer: who.ID, open: true}, nil
	}
	return saying{doc: as.Announce(s.announcing(ev, &postView{circle: c}, form), inner), signer: signer.ID, open: true}, nil
}

// holds checks that what was decided still is so.
func (s speaker) holds(ev circles.Event, c *circles.Circle) error {
	person := circles.PersonID(ev.Object)
	ok := false
	switch ev.Kind {
	case circles.MemberBanned, circles.MemberUnbanned:
		ban, err := s.tx.Ban(c.CircleID(), person)
		if err != nil {
			return err
		}
		ok = (ban != nil) == (ev.Kind == circles.MemberBanned)
	case circles.ModeratorAdded, circles.ModeratorRemoved:
		role, err := s.tx.Role(c.CircleID(), person)
		if err != nil {
			return err
		}
		ok = role.Moderates() == (ev.Kind == circles.ModeratorAdded)
	}
	if !ok {
		return errVoid
	}
	return nil
}

// decided is what a moderator of ours says about a person.
func (s speaker) decided(ev circles.Event, c *circles.Circle) (as.Doc, *circles.Actor, error) {
	person, err := s.tx.Actor(circles.ActorID(ev.Object))
	if err != nil {
		return as.Doc{}, nil, gone(err)
	}
	who, err := s.moderator(ev, c)
	if err != nil {
		return as.Doc{}, nil, err
	}
	circle, object := s.site.ActorAddress(&c.Actor), s.site.ActorAddress(person)
	act := as.Act{
		ID: s.site.activityPath(ev.Seq, formInner), Actor: s.site.ActorAddress(who),
		To: []string{public}, CC: []string{circle}, Audience: circle,
	}
	switch ev.Kind {
	case circles.ModeratorAdded:
		return as.Add(act, object, circle+"/moderators"), who, nil
	case circles.ModeratorRemoved:
		return as.Remove(act, object, circle+"/moderators"), who, nil
	}
	return s.block(ev, act, object, circle, formInner), who, nil
}

// block is a Block, or the Undo of one.
func (s speaker) block(ev circles.Event, act as.Act, person, target, form string) as.Doc {
	ban := as.Ban{Target: target, Reason: ev.Detail.Reason, RemoveData: ev.Detail.Remove}
	if ev.Detail.Until != 0 {
		ban.Until = moment(ev.Detail.Until)
	}
	if ev.Kind == circles.MemberBanned {
		return as.Block(act, person, ban)
	}
	undone := act
	undone.ID = s.site.activityPath(ev.Detail.Of, form)
	return as.Undo(act, as.Block(undone, person, ban))
}

// suspension says that somebody may not act here any more, or may again: a Block whose target is the
// instance. Lemmy takes it from a person of ours, not from the instance.
func (s speaker) suspension(ev circles.Event, signer *circles.Actor) (saying, error) {
	person, err := s.tx.Actor(circles.ActorID(ev.Object))
	if err != nil {
		return saying{}, gone(err)
	}
	if (person.SuspendedAt != 0) != (ev.Kind == circles.MemberBanned) {
		return saying{}, errVoid
	}
	act := as.Act{ID: s.site.activityPath(ev.Seq, formMain), Actor: s.site.ActorAddress(signer), To: []string{public}}
	return saying{doc: s.block(ev, act, s.site.ActorAddress(person), s.site.Base+"/", formMain), signer: signer.ID, open: true}, nil
}

// categoryName is what a category of reports is called for whoever moderates another server.
func categoryName(c circles.ReportCategory) string {
	switch c {
	case circles.ReportSpam:
		return "Spam or advertising"
	case circles.ReportHarassment:
		return "Harassment or hate"
	case circles.ReportIllegal:
		return "Against the law"
	case circles.ReportIntimate:
		return "Intimate pictures without consent"
	case circles.ReportImpersonation:
		return "Impersonation"
	case circles.ReportRules:
		return "Against the rules"
	}
	return "Reported"
}

// flag is a member's report, for the one who answers for its object. Nobody else may read it. To a circle
// it names the object; to another server the person, too, for without them Mastodon files nothing. A server
// of communities is told of a post as if by the circle: Lemmy takes a report for a community only, and
// PieFed (find_reported_object) one about a single object.
func (s speaker) flag(ev circles.Event, signer *circles.Actor) (saying, error) {
	report, err := s.tx.Report(ev.Object)
	if err != nil {
		return saying{}, gone(err)
	}
	said, err := s.tx.Complaint(ev.Object, signer.ID)
	if err != nil {
		return saying{}, gone(err)
	}
	to, err := s.tx.Actor(ev.Detail.Actor)
	if err != nil {
		return saying{}, gone(err)
	}
	recipient := s.site.ActorAddress(to)
	var objects []string
	switch t := report.Target; {
	case t.Post != 0:
		p, err := s.tx.Post(t.Post)
		if err != nil {
			return saying{}, gone(err)
		}
		objects = append(objects, s.site.Address(p.URI))
		switch {
		case to.Kind == circles.KindCircle:
		case s.class.threaded() && p.Circle != 0:
			c, err := s.tx.Circle(p.Circle)
			if err != nil {
				return saying{}, gone(err)
			}
			recipient = s.site.ActorAddress(&c.Actor)
		default:
			objects = append([]string{recipient}, objects...)
		}
	default: // a person or a circle: whom it goes to
		objects = append(objects, recipient)
	}
	words := categoryName(said.Category)
	if said.Text != "" {
		words += ": " + said.Text
	}
	act := as.Act{ID: s.site.activityPath(ev.Seq, formMain), Actor: s.site.ActorAddress(signer), To: []string{recipient}}
	return saying{doc: as.Flag(act, objects, words), signer: signer.ID}, nil
}
