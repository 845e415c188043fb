package standing

import (
	"halqa/circles"
	"halqa/circles/filter"
)

// An Action is something a person may or may not be allowed to do.
type Action string

const (
	CreateCircle Action = "create_circle"
	EditCircle   Action = "edit_circle" // Circle
	MoveCircle   Action = "move_circle" // Circle; by its owner
	SetRole      Action = "set_role"    // Circle; Person gets NewRole
	Join         Action = "join"        // Circle
	Leave        Action = "leave"       // Circle
	Follow       Action = "follow"      // Person
	Message      Action = "message"     // Person
	Upload       Action = "upload"
	EditProfile  Action = "edit_profile"

	Post      Action = "post"       // Circle
	PostMedia Action = "post_media" // Circle; beside Post
	PostLink  Action = "post_link"  // Circle; beside Post
	Comment   Action = "comment"    // Post is the parent
	React     Action = "react"      // Post
	Downvote  Action = "downvote"   // Post
	Unvote    Action = "unvote"     // Post

	Edit    Action = "edit"    // Post; by its author
	Delete  Action = "delete"  // Post; by its author
	Restore Action = "restore" // Post; by its author, after Delete

	Remove Action = "remove" // Post; by a moderator
	Return Action = "return" // Post; by a moderator, after Remove
	Lock   Action = "lock"   // Post; by a moderator; Unlock too
	Pin    Action = "pin"    // Post; by a moderator; Unpin too
	Ban    Action = "ban"    // Circle and Person; by a moderator; Unban too

	Vouch   Action = "vouch"   // Circle; Person is answered for
	Unvouch Action = "unvouch" // Circle; Person
	Helpful Action = "helpful" // Post with its Root, by the thread's author or an operator; taking it back too

	SeePeople         Action = "see_people"          // Circle; who belongs to it: no more than a count to others
	Report            Action = "report"              // Post with its Circle, Person, or Circle; nobody is kept from it
	SeeReports        Action = "see_reports"         // Circle; nil = those of the whole instance
	Suspend           Action = "suspend"             // Person, from this instance; Unsuspend too
	DecidePeers       Action = "decide_peers"        // by an admin
	DecideAudits      Action = "decide_audits"       // by an admin; seeing what was found too
	SeeMessageReports Action = "see_message_reports" // by an admin; private messages that their readers reported

	StartDM  Action = "start_dm"  // Person; a message to somebody who does not know one: a part of Message
	SetGates Action = "set_gates" // Circle; nil = the instance's, by an admin
	Approve  Action = "approve"   // Post that is held; by a moderator, who may refuse it too
)

// A Question is what Judge is asked. The rows come from the transaction that Judge is given.
type Question struct {
	Who    circles.Viewer
	Action Action
	With   []Action // what the same act does beside: a post with photos asks for PostMedia too

	Circle  *circles.Circle  // the circle it happens in; nil if none
	Post    *circles.Post    // what is acted on; for a comment its parent
	Root    *circles.Post    // the post at the top of the thread, if Post is not it
	Person  *circles.Actor   // who is acted on
	NewRole circles.Role     // of SetRole
	Via     circles.CircleID // the circle that passed it on, proven to be it; 0 = the actor said it
	Words   *Words           // of what is written, for limits and filters; nil = not known yet
}

// Words are what somebody wants to say, as far as limits and filters look at it.
type Words struct {
	Text     string // plain: title and body
	Links    []string
	Mentions int
	Media    bool
	Filters  *filter.Cache // where the circle's rules are kept compiled
	Begging  bool          // what asks for direct transfers is held, unless the circle lets it stand
}

// An Outcome is what becomes of an act.
type Outcome string

const (
	Allow   Outcome = "allow"
	Hold    Outcome = "hold"    // it is kept and waits for a person
	Request Outcome = "request" // it becomes a request: to join, or to talk
	Deny    Outcome = "deny"
)

// A Decision is the answer to a Question.
type Decision struct {
	Outcome Outcome
	Reason  Reason         // "" when allowed
	Refusal *circles.Error // for whoever asked; nil when allowed
	Gate    *Access        // what a gate, limit or filter said; nil when none had anything to say

	Actor *circles.Actor // who asked; nil if they are not known here
	Role  circles.Role   // their place in the circle

	acts []noted // what Note writes
}

// Allowed reports whether it may happen now.
func (d Decision) Allowed() bool { return d.Outcome == Allow }

// Err returns the refusal of what may not happen at all; what is held is no error.
func (d Decision) Err() error {
	if d.Outcome == Deny {
		return d.Refusal
	}
	return nil
}
