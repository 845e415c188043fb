package standing

import (
	"fmt"

	"halqa/circles"
	"halqa/internal/store"
)

// Judge answers a question in the transaction that will act on the answer, so that both see the same
// rows. The error is for a database that did not answer; a refusal is a Decision.
func Judge(tx *store.Tx, q Question) (Decision, error) {
	j := judgement{tx: tx, Question: q}
	reason, err := j.reason()
	if err != nil {
		return Decision{}, fmt.Errorf("judge %s: %w", q.Action, err)
	}
	d := Decision{Outcome: Allow}
	if reason != "" {
		d = refuse(reason)
	}
	d.Actor, d.Role = j.actor, j.role
	return d, nil
}

// A judgement is one question with what was found out so far.
type judgement struct {
	tx *store.Tx
	Question
	actor *circles.Actor
	role  circles.Role
}

// reason returns the first thing that speaks against it, "" if nothing does.
func (j *judgement) reason() (Reason, error) {
	for _, ask := range []func() (Reason, error){j.account, j.circle, j.audience, j.ban, j.rule} {
		if r, err := ask(); r != "" || err != nil {
			return r, err
		}
	}
	return "", nil
}

// account asks whether who acts is a person that is still there and whose instance we talk to.
func (j *judgement) account() (Reason, error) {
	if j.Who.Person == 0 {
		return NotSignedIn, nil
	}
	a, err := j.tx.Actor(j.Who.Person.Actor())
	switch {
	case circles.Is(err, circles.NotFound):
		return NoAccount, nil
	case err != nil:
		return "", err
	}
	j.actor = a
	switch {
	case a.DeletedAt != 0:
		return NoAccount, nil
	case a.SuspendedAt != 0 && !j.leaving():
		return Suspended, nil
	case a.Kind != circles.KindPerson && a.Kind != circles.KindService:
		return NotAPerson, nil
	case a.Local() == j.Who.Remote:
		return NotSignedIn, nil // a signature is no session, and a session no signature
	case j.leaving():
		return "", nil
	}
	return j.peer(a)
}

// peer asks whether we exchange anything with the instance of an actor.
func (j *judgement) peer(a *circles.Actor) (Reason, error) {
	if a == nil || a.Local() {
		return "", nil
	}
	blocked, err := j.tx.PeerBlocked(a.Host)
	if blocked {
		return PeerBlocked, err
	}
	return "", err
}

// circle asks whether the circle is there.
func (j *judgement) circle() (Reason, error) {
	c := j.Circle
	if c == nil {
		return "", nil
	}
	switch {
	case j.leaving():
		return "", nil
	case c.DeletedAt != 0, c.SuspendedAt != 0:
		return CircleGone, nil
	}
	return j.peer(&c.Actor)
}

// leaving reports acts that only take back what the person did, which stay possible when a circle
// closes or bans them.
func (j *judgement) leaving() bool {
	switch j.Action {
	case Leave, Delete, Unvote:
		return true
	}
	return false
}

// audience asks whether the person may see the circle and the post at all. A no sounds as if
// neither existed.
func (j *judgement) audience() (Reason, error) {
	if j.Circle == nil {
		return "", nil
	}
	var err error
	if j.role, err = j.tx.Role(j.Circle.CircleID(), j.Who.Person); err != nil {
		return "", err
	}
	own := j.Post != nil && j.Post.Author == j.Who.Person
	switch {
	case circles.MaySee(j.Who, j.Circle.Visibility, j.role):
	case j.Action == Join && j.Who.SignedIn(): // members-only circles are asked by those who know the name
	case j.Action == Leave && j.role != circles.NoRole:
	case j.Action == Delete && own: // what one wrote before leaving
	default:
		return NotVisible, nil
	}
	return "", nil
}

// ban asks whether the circle, or the person who is answered, has shut this person out.
func (j *judgement) ban() (Reason, error) {
	if j.leaving() {
		return "", nil
	}
	me := j.Who.Person.Actor()
	if j.Circle != nil {
		banned, err := j.tx.Blocked(j.Circle.ID, me)
		if banned || err != nil {
			return Banned, err
		}
	}
	var other circles.ActorID
	switch j.Action {
	case Comment, React, Downvote:
		other = j.Post.Author.Actor()
	case Follow:
		other = j.Person.ID
	}
	if other == 0 || other == me {
		return "", nil
	}
	blocked, err := j.tx.Blocked(other, me)
	if blocked || err != nil {
		return BlockedBy, err
	}
	return "", nil
}
