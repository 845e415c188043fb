package standing

import (
	"halqa/circles"
)

// rule asks what the action itself demands.
func (j *judgement) rule() (Reason, error) {
	switch j.Action {
	case CreateCircle, Upload, EditProfile, Unvote:
		return "", nil
	case Follow:
		return j.follow()
	case Join:
		if j.Who.Remote && !j.Circle.Visibility.Federated() {
			return NotVisible, nil
		}
		return "", nil
	case Leave:
		return j.leave()
	case EditCircle:
		return j.operates()
	case SetRole:
		return j.setRole()
	case Post:
		return j.post(), nil
	case Comment:
		return j.comment(), nil
	case React, Downvote:
		return j.there(j.Post), nil
	case Edit, Delete, Restore:
		return j.author(), nil
	case Remove, Return, Lock:
		return j.moderates(), nil
	}
	return NotVisible, nil
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

// setRole lets owners give every role and operators those below their own, to people below them.
func (j *judgement) setRole() (Reason, error) {
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
	if r := j.there(j.Post); r != "" {
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
