package federation

import (
	"halqa/circles"
	"halqa/federation/as"
)

// What passes between two, and what an actor says of itself: votes, follows, profiles and farewells.

// vote says what somebody thinks of a post.
func (s speaker) vote(ev circles.Event, signer *circles.Actor, form string) (saying, error) {
	if form != formMain && form != formInner {
		return saying{}, errNoForm
	}
	v, err := loadPost(s.tx, circles.PostID(ev.Object))
	if err != nil {
		return saying{}, gone(err)
	}
	if !v.federated() {
		return saying{}, errVoid
	}
	voter := ev.Detail.Actor
	if voter == 0 {
		voter = ev.Signer
	}
	announced := signer.Kind == circles.KindCircle
	who, err := s.tx.Actor(voter)
	if err != nil {
		return saying{}, gone(err)
	}
	own := ev.Seq // the place of the voter's own entry
	if announced {
		own = ev.Detail.Of
	}
	if ev.Kind == circles.VoteCast {
		cast, err := s.tx.Vote(v.post.ID, circles.PersonID(voter))
		if err != nil {
			return saying{}, err
		}
		if cast == nil || cast.Value != ev.Detail.Value || (who.Local() && cast.Seq != 0 && own != 0 && cast.Seq != own) {
			return saying{}, errVoid
		}
	}
	var doc as.Doc
	if announced && ev.Detail.Received != 0 {
		doc, err = s.received(ev)
	} else {
		doc, err = s.votersOwn(ev, v, who, announced)
	}
	if err != nil {
		return saying{}, err
	}
	if !announced || form == formInner {
		return saying{doc: doc, signer: voter, open: true}, nil
	}
	if v.circle == nil || v.circle.ID != signer.ID {
		return saying{}, errVoid
	}
	return saying{doc: as.Announce(s.announcing(ev, v, form), doc), signer: signer.ID, open: true}, nil
}

// votersOwn is the Like or Dislike of a person of ours, or its Undo.
func (s speaker) votersOwn(ev circles.Event, v *postView, who *circles.Actor, announced bool) (as.Doc, error) {
	if !who.Local() {
		return as.Doc{}, errVoid
	}
	act := as.Act{ID: s.site.activityPath(ev.Seq, formMain), Actor: s.site.ActorAddress(who)}
	if v.circle != nil {
		act.Audience = s.site.ActorAddress(&v.circle.Actor)
	}
	like := ev.Detail.Of
	if announced {
		act.ID = s.site.activityPath(ev.Detail.Of, formMain)
		if ev.Kind == circles.VoteWithdrawn {
			own, err := s.tx.Event(ev.Detail.Of)
			switch {
			case err == nil && own.Kind == circles.VoteWithdrawn:
				like = own.Detail.Of
			case err == nil || circles.Is(err, circles.NotFound):
				act.ID = s.site.activityPath(ev.Seq, formInner) // the voter has no entry for it
			default:
				return as.Doc{}, err
			}
		}
	}
	vote := as.Like
	if ev.Detail.Value < 0 {
		vote = as.Dislike
	}
	object := s.site.Address(v.post.URI)
	if ev.Kind == circles.VoteCast {
		return vote(act, object), nil
	}
	undone := act
	undone.ID = s.site.activityPath(like, formMain)
	return as.Undo(act, vote(undone, object)), nil
}

// follow says who wants to follow whom, and how that was answered. Only the other side may read it.
func (s speaker) follow(ev circles.Event, signer *circles.Actor, form string) (saying, error) {
	if form != formMain {
		return saying{}, errNoForm
	}
	f, err := s.tx.Follow(ev.Object)
	if err != nil {
		return saying{}, gone(err)
	}
	follower, err := s.tx.Actor(f.Follower)
	if err != nil {
		return saying{}, gone(err)
	}
	followee, err := s.tx.Actor(f.Followee)
	if err != nil {
		return saying{}, gone(err)
	}
	us, them := s.site.ActorAddress(signer), s.site.ActorAddress(followee)
	if signer.ID == followee.ID {
		them = s.site.ActorAddress(follower)
	}
	asked := as.Act{ID: s.followID(ev, f), Actor: s.site.ActorAddress(follower), To: []string{s.site.ActorAddress(followee)}}
	act := as.Act{ID: s.site.activityPath(ev.Seq, formMain), Actor: us, To: []string{them}}
	request := as.Follow(asked, s.site.ActorAddress(followee))
	said := func(doc as.Doc) (saying, error) { return saying{doc: doc, signer: signer.ID}, nil }

	switch {
	case ev.Kind == circles.FollowAsked && signer.ID == follower.ID:
		if f.State == circles.FollowOver {
			return saying{}, errVoid
		}
		return said(request)
	case ev.Kind == circles.FollowAccepted && signer.ID == followee.ID:
		if f.State == circles.FollowOver {
			return saying{}, errVoid
		}
		return said(as.Accept(act, request))
	case ev.Kind == circles.FollowRefused && signer.ID == followee.ID,
		ev.Kind == circles.FollowEnded && signer.ID == followee.ID:
		return said(as.Reject(act, request))
	case ev.Kind == circles.FollowEnded && signer.ID == follower.ID:
		return said(as.Undo(act, request))
	}
	return saying{}, errVoid
}

// followID is the id of the Follow: what its server called it, or the entry in which we asked.
func (s speaker) followID(ev circles.Event, f *circles.Follow) string {
	switch {
	case ev.Kind == circles.FollowAsked:
		return s.site.activityPath(ev.Seq, formMain)
	case ev.Detail.URI != "":
		return s.site.Address(ev.Detail.URI)
	case f.URI != "":
		return s.site.Address(f.URI)
	}
	return s.site.activityPath(ev.Detail.Of, formMain)
}

// actor says that a person or circle of ours changed, or is no more. A circle's change is announced
// as its moderator's for Lemmy, which takes an Update of a Group from nobody else, and said by the
// circle itself to microblogs.
func (s speaker) actor(ev circles.Event, signer *circles.Actor, form string) (saying, error) {
	address := s.site.ActorAddress(signer)
	act := as.Act{ID: s.site.activityPath(ev.Seq, form), Actor: address, To: []string{public}, CC: []string{s.site.followers(signer)}}
	if ev.Kind == circles.ActorDeleted {
		if form != formMain || signer.DeletedAt == 0 {
			return saying{}, errVoid
		}
		return saying{doc: as.Delete(act, address), signer: signer.ID, open: true}, nil
	}
	if signer.DeletedAt != 0 {
		return saying{}, errVoid
	}
	if ev.Kind == circles.ActorMoved {
		if form != formMain || signer.MovedTo == "" {
			return saying{}, errVoid
		}
		act.To, act.CC = []string{s.site.followers(signer)}, nil
		return saying{doc: as.Move(act, s.site.moved(signer)), signer: signer.ID, open: true}, nil
	}
	if signer.Kind != circles.KindCircle {
		if form != formMain {
			return saying{}, errNoForm
		}
		doc, err := s.site.renderActor(s.tx, signer)
		return saying{doc: as.Update(act, doc), signer: signer.ID, open: true}, err
	}
	c, err := s.tx.Circle(circles.CircleID(signer.ID))
	if err != nil {
		return saying{}, gone(err)
	}
	if !c.Visibility.Federated() {
		return saying{}, errVoid
	}
	group, err := s.site.renderCircle(s.tx, c)
	if err != nil {
		return saying{}, err
	}
	if form == formPost {
		return saying{doc: as.Update(act, group), signer: signer.ID, open: true}, nil
	}
	who, err := s.moderator(ev, c)
	if err != nil {
		return saying{}, err
	}
	by := act
	by.ID, by.Actor, by.Audience = s.site.activityPath(ev.Seq, formInner), s.site.ActorAddress(who), address
	inner := as.Update(by, group)
	switch form {
	case formMain:
		return saying{doc: as.Announce(act, inner), signer: signer.ID, open: true}, nil
	case formInner:
		return saying{doc: inner, signer: who.ID, open: true}, nil
	}
	return saying{}, errNoForm
}
