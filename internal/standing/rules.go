package standing

import (
	"halqa/circles"
)

// rule asks what the action itself demands.
func (j *judgement) rule() (Reason, error) {
	switch j.Action {
	case CreateCircle, Upload, EditProfile, Unvote:
		return "", nil
	case StartDM:
		return j.follow() // one does not talk to oneself, nor to who is gone
	case SetGates:
		return j.setsGates()
	case Follow:
		return j.follow()
	case Message:
		return j.message()
	case Join:
		if j.Who.Remote && !j.Circle.Visibility.Federated() {
			return NotVisible, nil
		}
		if j.asker.PeerLimited && !j.role.Member() {
			return PeerLimited, nil
		}
		return "", nil
	case Leave:
		return j.leave()
	case EditCircle:
		return j.operates()
	case MoveCircle:
		if r, err := j.operates(); r != "" || err != nil {
			return r, err
		}
		if j.role != circles.RoleOwner && j.Who.Role != circles.SiteAdmin {
			return RankTooLow, nil
		}
		return "", nil
	case SetRole:
		return j.setRole()
	case Post:
		if r := j.post(); r != "" {
			return r, nil
		}
		return j.limited()
	case Comment:
		if r := j.comment(); r != "" {
			return r, nil
		}
		return j.limited()
	case React, Downvote:
		return j.there(j.Post), nil
	case Vouch:
		if !j.Circle.Local() {
			return Elsewhere, nil
		}
		return "", nil // who may is the formula's to say
	case Unvouch:
		return "", nil
	case Helpful:
		return j.helpful(), nil
	case Edit, Delete, Restore:
		return j.author(), nil
	case Remove, Return, Lock, Pin, SeeReports:
		return j.moderates(), nil
	case Approve:
		if j.Post.Author == j.Who.Person {
			return Oneself, nil // whoever moderates now and was held before
		}
		return j.moderates(), nil
	case Ban:
		return j.shutOut()
	case SeePeople:
		return j.amongThem(), nil
	case Report:
		return j.report(), nil
	case Suspend:
		return j.suspend()
	case DecidePeers, DecideAudits, SeeMessageReports:
		if !j.Who.SignedIn() || j.Who.Role != circles.SiteAdmin {
			return NotSiteStaff, nil
		}
		return "", nil
	}
	return NotVisible, nil
}

// limited asks who comes from a limited instance whether somebody here wants to read them: a follower, or
// the circle that they belong to. A circle of that instance that is followed here brings what its own
// people write in it.
func (j *judgement) limited() (Reason, error) {
	if !j.asker.PeerLimited || j.role.Member() || j.vouched() && j.Circle.Host == j.asker.Actor.Host {
		return "", nil
	}
	followed, err := j.tx.HasLocalFollower(j.Who.Person.Actor())
	if err == nil && !followed {
		return PeerLimited, err
	}
	return "", err
}

// report refuses only what there is nothing to report of.
func (j *judgement) report() Reason {
	switch {
	case j.Person != nil && j.Person.ID == j.Who.Person.Actor():
		return Oneself
	case j.Post != nil && !circles.MaySeePost(j.Who, j.role, j.Post):
		return NotVisible
	}
	return ""
}

func (j *judgement) follow() (Reason, error) {
	switch {
	case j.Person.ID == j.Who.Person.Actor():
		return Oneself, nil
	case j.Person.DeletedAt != 0, j.Person.SuspendedAt != 0:
		return NotVisible, nil
	}
	return j.peer(j.Person)
}

// message asks whether the person may be written to at all, and by this one. That they are strangers is
// no reason to refuse: app puts such a message among the requests.
func (j *judgement) message() (Reason, error) {
	switch {
	case j.Person.Kind != circles.KindPerson && j.Person.Kind != circles.KindService:
		return NotAPerson, nil
	case !j.Person.Local():
		// Whom they want to hear from is for their own server to say.
		return j.follow()
	}
	if r, err := j.follow(); r != "" || err != nil {
		return r, err
	}
	g, err := j.tx.MessageGround(circles.PersonID(j.Person.ID), j.Who.Person)
	switch {
	case err != nil:
		return "", err
	case g.Wish == circles.MessagesFromNobody, g.Wish == circles.MessagesFromFollowed && !g.Known():
		return NotWanted, nil
	case j.asker.PeerLimited && !g.Known():
		return PeerLimited, nil
	}
	return "", nil
}

// leave refuses the last owner: nobody could change the circle after that.
func (j *judgement) leave() (Reason, error) {
	if j.role != circles.RoleOwner || !j.Circle.Local() {
		return "", nil
	}
	other, err := j.tx.OtherOwner(j.Circle.CircleID(), j.Who.Person)
	if err == nil && !other {
		return LastOwner, nil
	}
	return "", err
}

// operates asks for an operator of a circle of ours; an admin of the instance is one everywhere.
func (j *judgement) operates() (Reason, error) {
	switch {
	case !j.Circle.Local():
		return Elsewhere, nil
	case j.role.Operates(), j.Who.Role == circles.SiteAdmin:
		return "", nil
	}
	return NotAnOperator, nil
}

// setsGates asks for an operator of a circle of ours, or for the whole instance for an admin.
func (j *judgement) setsGates() (Reason, error) {
	switch {
	case j.Circle != nil:
		return j.operates()
	case !j.Who.SignedIn() || j.Who.Role != circles.SiteAdmin:
		return NotSiteStaff, nil
	}
	return "", nil
}

// setRole lets owners give every role and operators those below their own, to people below them.
func (j *judgement) setRole() (Reason, error) {
	if j.vouched() {
		return "", nil
	}
	if r, err := j.operates(); r != "" || err != nil {
		return r, err
	}
	person := circles.PersonID(j.Person.ID)
	old, err := j.tx.Role(j.Circle.CircleID(), person)
	if err != nil {
		return "", err
	}
	owner := j.role == circles.RoleOwner || j.Who.Role == circles.SiteAdmin
	if !owner && (old.Operates() || j.NewRole.Operates()) {
		return RankTooLow, nil
	}
	if old != circles.RoleOwner || j.NewRole == circles.RoleOwner {
		return "", nil
	}
	other, err := j.tx.OtherOwner(j.Circle.CircleID(), person)
	if err == nil && !other {
		return LastOwner, nil
	}
	return "", err
}

// post asks the circle's posting mode. In a remote circle that is its own instance's to judge, for
// we know few of its roles; what we know to be closed is refused early.
func (j *judgement) post() Reason {
	switch {
	case j.Circle == nil: // a remote person's own page
		return ""
	case j.Circle.Visibility == circles.MembersOnly && !j.role.Member():
		return NotAMember
	case j.Circle.Posting == circles.PostingOperators && j.Via != j.Circle.CircleID() && !j.role.Operates():
		return OperatorsOnly
	}
	return ""
}

func (j *judgement) comment() Reason {
	// Who is elsewhere may have answered before their server heard that it is gone. What they wrote stands
	// there below a notice, and so it does here; nobody is shown a form to answer it. Not what was removed as
	// well, nor what a circle of ours never announced, since it was held or refused.
	p := j.Post
	late := j.Who.Remote && p.State == circles.Deleted && p.RemovedAt == 0 && p.Reason == "" && (!p.LocalTo || p.AnnounceSeq != 0 || p.Absent)
	if r := j.there(j.Post); r != "" && !late {
		return r
	}
	root := j.Root
	if root == nil {
		root = j.Post
	}
	if (root.Locked || j.Post.Locked) && !j.mayModerate() && !j.vouched() {
		return Locked
	}
	if j.Circle != nil && j.Circle.Visibility == circles.MembersOnly && !j.role.Member() {
		return NotAMember
	}
	return ""
}

// there asks whether a post is there to be answered or voted on.
func (j *judgement) there(p *circles.Post) Reason {
	switch {
	case p.State == circles.Visible:
		return ""
	case circles.MaySeePost(j.Who, j.role, p), p.State == circles.Deleted, p.State == circles.Removed:
		return PostGone
	}
	return NotVisible
}

// helpful lets the author of a thread and the operators of its circle say so of what others wrote.
func (j *judgement) helpful() Reason {
	root := j.Root
	if root == nil {
		root = j.Post
	}
	switch {
	case j.Circle == nil || !j.Circle.Local():
		return Elsewhere
	case j.Post.Author == j.Who.Person:
		return Oneself
	case !j.role.Operates() && (root.Author != j.Who.Person || j.Post.ID == root.ID):
		return NotTheThreads
	}
	return j.there(j.Post)
}

// author asks for the one who wrote it. What a moderator removed its author cannot bring back or
// change.
func (j *judgement) author() Reason {
	switch {
	case j.Post.Author != j.Who.Person:
		if !circles.MaySeePost(j.Who, j.role, j.Post) {
			return NotVisible
		}
		return NotTheAuthor
	case j.Action == Delete:
		return ""
	case j.Post.RemovedAt != 0:
		return RemovedAlready
	case j.Action == Edit && j.Post.State == circles.Deleted:
		return PostGone
	}
	return ""
}

// moderates asks for a moderator of the circle or of the instance. A circle's own word, proven by
// its signature, stands for its moderators, whom we cannot know all.
func (j *judgement) moderates() Reason {
	switch {
	case j.vouched(), j.mayModerate():
		return ""
	case j.Circle != nil && !j.Circle.Local() && j.Who.SignedIn() && j.role.Moderates():
		return Elsewhere
	}
	return NotAModerator
}

// shutOut lets moderators ban people below them. Nobody bans themselves.
func (j *judgement) shutOut() (Reason, error) {
	if r := j.moderates(); r != "" {
		return r, nil
	}
	if j.Person.ID == j.Who.Person.Actor() {
		return Oneself, nil
	}
	if j.vouched() {
		return "", nil
	}
	theirs, err := j.tx.Role(j.Circle.CircleID(), circles.PersonID(j.Person.ID))
	if err != nil {
		return "", err
	}
	mine := rank(j.role)
	if j.Who.SignedIn() && j.Who.Moderates() {
		mine = rank(circles.RoleOwner)
		if j.Who.Role == circles.SiteAdmin {
			mine++
		}
	}
	if theirs.Moderates() && rank(theirs) >= mine {
		return RanksHigher, nil
	}
	if theirs != circles.RoleOwner {
		return "", nil
	}
	other, err := j.tx.OtherOwner(j.Circle.CircleID(), circles.PersonID(j.Person.ID))
	if err == nil && !other {
		return LastOwner, nil
	}
	return "", err
}

// rank orders roles by what they may do to each other.
func rank(r circles.Role) int {
	switch r {
	case circles.RoleOwner:
		return 3
	case circles.RoleOperator:
		return 2
	case circles.RoleModerator:
		return 1
	}
	return 0
}

// suspend lets moderators of the instance suspend people and circles, but none of those who run it
// except by an admin.
func (j *judgement) suspend() (Reason, error) {
	switch {
	case !j.Who.SignedIn() || !j.Who.Moderates():
		return NotSiteStaff, nil
	case j.Person.ID == j.Who.Person.Actor():
		return Oneself, nil
	case j.Person.Kind == circles.KindInstance:
		return NotAPerson, nil
	case !j.Person.Local() || j.Person.Kind == circles.KindCircle:
		return "", nil
	}
	account, err := j.tx.Account(circles.PersonID(j.Person.ID))
	if circles.Is(err, circles.NotFound) {
		return "", nil
	}
	if err == nil && account.Role != circles.SiteMember && j.Who.Role != circles.SiteAdmin {
		return RanksHigher, nil
	}
	return "", err
}

// mayModerate reports whether the person moderates this circle, or this whole instance.
func (j *judgement) mayModerate() bool {
	if j.Who.SignedIn() && j.Who.Moderates() {
		return true
	}
	return j.Circle != nil && j.Circle.Local() && j.role.Moderates()
}

// vouched reports whether a remote circle passed on what happened in it.
func (j *judgement) vouched() bool {
	return j.Circle != nil && !j.Circle.Local() && j.Via == j.Circle.CircleID()
}

// amongThem lets the people of a circle of ours see each other, and those who run the instance see them. Who
// belongs to a circle elsewhere is not known here.
func (j *judgement) amongThem() Reason {
	switch {
	case !j.Circle.Local():
		return Elsewhere
	case j.role.Member(), j.Who.SignedIn() && j.Who.Moderates():
		return ""
	}
	return NotAMember
}
