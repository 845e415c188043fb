package standing

import (
	"fmt"

	"halqa/circles"
	"halqa/circles/reputation"
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
	} else if d, err = j.gates(); err != nil {
		return Decision{}, fmt.Errorf("judge %s: %w", q.Action, err)
	}
	d.Actor, d.Role = j.asker.Actor, j.role
	return d, nil
}

// A judgement is one question with what was found out so far.
type judgement struct {
	tx *store.Tx
	Question
	asker store.Asker
	role  circles.Role

	known   *reputation.Facts // of who asks, at a place; nil = not read yet
	knownAt circles.CircleID
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
	var in circles.CircleID
	if j.Circle != nil {
		in = j.Circle.CircleID()
	}
	var err error
	j.asker, err = j.tx.Asker(j.Who.Person, in, j.other())
	switch a := j.asker.Actor; {
	case circles.Is(err, circles.NotFound):
		j.asker.Actor = nil
		return NoAccount, nil
	case err != nil:
		return "", err
	case a.DeletedAt != 0:
		return NoAccount, nil
	case a.SuspendedAt != 0 && !j.leaving():
		return Suspended, nil
	case a.Kind != circles.KindPerson && a.Kind != circles.KindService &&
		!(j.Action == Report && a.Kind == circles.KindInstance): // Mastodon's reports come from the server itself
		return NotAPerson, nil
	case a.Local() == j.Who.Remote:
		return NotSignedIn, nil // a signature is no session, and a session no signature
	case j.asker.PeerBlocked && !j.leaving():
		return PeerBlocked, nil
	}
	j.role = j.asker.Role
	return "", nil
}

// other is the person who is answered, voted on or followed, if it is not the same one.
func (j *judgement) other() circles.ActorID {
	var other circles.ActorID
	switch j.Action {
	case Comment, React, Downvote:
		other = j.Post.Author.Actor()
	case Follow, Message, StartDM:
		other = j.Person.ID
	}
	if other == j.Who.Person.Actor() {
		return 0
	}
	return other
}

// peer asks whether we exchange anything with the instance of an actor.
func (j *judgement) peer(a *circles.Actor) (Reason, error) {
	if a.Local() {
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
	case j.leaving(), j.Action == Report:
		return "", nil
	case c.DeletedAt != 0, c.SuspendedAt != 0:
		return CircleGone, nil
	case c.Local() && c.MovedTo != "" && (j.Action == Post || j.Action == Comment || j.Action == Join):
		return CircleMoved, nil
	}
	return j.peer(&c.Actor)
}

// leaving reports acts that only take back what the person did, which stay possible when a circle
// closes or bans them.
func (j *judgement) leaving() bool {
	switch j.Action {
	case Leave, Delete, Unvote, Unvouch:
		return true
	}
	return false
}

// audience asks whether the person may see the circle and the post at all. A no sounds as if
// neither existed.
func (j *judgement) audience() (Reason, error) {
	if j.Circle == nil {
		return j.loose()
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

// loose asks whether the person may see what is in no circle.
func (j *judgement) loose() (Reason, error) {
	if j.Post == nil || j.Post.Circle != 0 || !j.Who.SignedIn() {
		return "", nil
	}
	root := j.Post
	if j.Root != nil {
		root = j.Root
	}
	if root.Listed || j.Post.Author == j.Who.Person {
		return "", nil
	}
	f, err := j.tx.Following(j.Who.Person.Actor(), root.Author.Actor())
	if err != nil || circles.MaySeeLoose(j.Who, root.Listed, f != nil && f.State == circles.FollowActive) {
		return "", err
	}
	return NotVisible, nil
}

// ban asks whether the circle, or the person who is answered, has shut this person out.
func (j *judgement) ban() (Reason, error) {
	switch {
	case j.leaving(), j.Action == Report:
		return "", nil
	case j.asker.Banned:
		return Banned, nil
	case j.asker.BlockedBy:
		return BlockedBy, nil
	}
	return "", nil
}
