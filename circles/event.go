package circles

import (
	"encoding/binary"
	"hash/fnv"
)

// An EventKind says what changed. The log says only that it changed; who follows the log reads what
// is true now from the tables.
type EventKind string

const (
	PostCreated  EventKind = "post.created"  // Object: the post; Create
	PostUpdated  EventKind = "post.updated"  // Object: the post; Update
	PostDeleted  EventKind = "post.deleted"  // by its author; Delete
	PostRestored EventKind = "post.restored" // by its author; Undo of the Delete
	PostRemoved  EventKind = "post.removed"  // by a moderator; Delete with summary
	PostReturned EventKind = "post.returned" // Undo of the removal
	PostLocked   EventKind = "post.locked"
	PostUnlocked EventKind = "post.unlocked"
	PostPinned   EventKind = "post.pinned" // Add to the circle's featured posts
	PostUnpinned EventKind = "post.unpinned"

	VoteCast      EventKind = "vote.cast"      // Object: the post; Detail.Actor, Detail.Value
	VoteWithdrawn EventKind = "vote.withdrawn" // Detail.Actor, Detail.Value as it was, Detail.Of the Like's seq

	PollVoted   EventKind = "poll.voted"   // Object: the post; Detail.Actor voted for option Detail.Value - 1 of somebody elsewhere; a Note to its author
	PollCounted EventKind = "poll.counted" // Object: the post, whose poll has new counts; Update
	PollEnded   EventKind = "poll.ended"   // Object: the post, whose poll has its last counts; Update

	FollowAsked    EventKind = "follow.asked"    // Object: the follow row; Follow to the followee's inbox
	FollowAccepted EventKind = "follow.accepted" // Object: the follow row; Accept to the follower's inbox
	FollowRefused  EventKind = "follow.refused"  // Reject
	FollowEnded    EventKind = "follow.ended"    // Undo of the Follow

	ActorUpdated EventKind = "actor.updated" // Object: the actor
	ActorDeleted EventKind = "actor.deleted" // Object: the actor
	ActorMoved   EventKind = "actor.moved"   // Object: the actor; Move to its MovedTo
	CircleMade   EventKind = "circle.made"   // Object: the circle; nothing is sent
	MemberJoined EventKind = "member.joined" // Object: the circle; Detail.Actor; nothing is sent
	MemberLeft   EventKind = "member.left"

	// Object: the person; Detail.Actor who did it; the stream is the circle, of a suspension the person.
	MemberBanned     EventKind = "member.banned"   // Block; Detail.Reason, Until, Remove
	MemberUnbanned   EventKind = "member.unbanned" // Undo of the Block
	ModeratorAdded   EventKind = "moderator.added" // Add to the circle's moderators
	ModeratorRemoved EventKind = "moderator.removed"

	TipPaid     EventKind = "tip.paid"     // Object: the tip; nothing is sent
	TipReturned EventKind = "tip.returned" // Object: the tip; some or all of it went back; nothing is sent
	TipFailed   EventKind = "tip.failed"   // Object: the tip; it was not paid after all; nothing is sent

	// Object: the tip, from somebody elsewhere to the signer.
	TipReceipted EventKind = "tip.receipted" // Create of a TipReceipt
	TipRevoked   EventKind = "tip.revoked"   // some or all of it went back; Create of a TipRevoked

	// Object: a report that is new, or to which somebody added. The stream is the circle whose moderators decide
	// it; 0 = the people who run this instance do. Nothing is sent.
	ReportFiled EventKind = "report.filed"
	ReportSent  EventKind = "report.sent" // Object: the report; the signer reported; Flag to who answers for it

	AppealOpened   EventKind = "appeal.opened"   // Object: the appeal, which waits for somebody's answer, perhaps another's than before; nothing is sent
	AppealAnswered EventKind = "appeal.answered" // Object: the appeal; nothing is sent

	// Object: the message, to somebody elsewhere. Nothing of what it says stands in the log.
	MessageSent    EventKind = "message.sent"    // Create
	MessageDeleted EventKind = "message.deleted" // Delete

	GateTold EventKind = "gate.told" // Object: the notice; the circle says to its author's server why a gate held or refused a post; Reject, and a Create of a message
)

// A Lane keeps what is sent to an inbox in order without letting votes hold up words.
type Lane string

const (
	LaneControl Lane = "control" // Follow, Accept, Reject, actor updates
	LaneContent Lane = "content" // what people wrote, ordered by thread
	LaneVote    Lane = "vote"    // each waits until the content lane has passed its object's Create
)

// Lane returns the lane that an entry of this kind travels in, or "" if nothing is ever sent for it.
func (k EventKind) Lane() Lane {
	switch k {
	case PostCreated, PostUpdated, PostDeleted, PostRestored, PostRemoved, PostReturned, PostLocked, PostUnlocked,
		PostPinned, PostUnpinned, MemberBanned, MemberUnbanned, ModeratorAdded, ModeratorRemoved, ReportSent,
		PollCounted, PollEnded, MessageSent, MessageDeleted, GateTold, TipReceipted, TipRevoked:
		return LaneContent
	case VoteCast, VoteWithdrawn, PollVoted:
		return LaneVote
	case FollowAsked, FollowAccepted, FollowRefused, FollowEnded, ActorUpdated, ActorDeleted, ActorMoved:
		return LaneControl
	}
	return ""
}

// An Event is one row of the log, written in the transaction of the change itself.
type Event struct {
	Seq      Seq
	At       int64 // UTC microseconds
	Kind     EventKind
	Stream   ActorID // the circle or person whose followers it concerns; 0 = only who is named in To
	Signer   ActorID // who says it to other servers
	OrderKey int64   // what must stay in order: the thread's root, or voter and post, or the two actors
	Object   int64
	Detail   EventDetail
	To       []string // inboxes named beside the stream's followers
}

// EventDetail is the little that no table keeps. It is stored as JSON.
type EventDetail struct {
	Actor    ActorID `json:"actor,omitempty"`    // who voted, joined, or moderated
	Value    int     `json:"value,omitempty"`    // of a vote
	Of       Seq     `json:"of,omitempty"`       // the author's own entry that a circle's entry announces, or the entry being undone
	Received int64   `json:"received,omitempty"` // the row of received whose bytes the circle announces
	Reason   string  `json:"reason,omitempty"`
	URI      string  `json:"uri,omitempty"`    // the remote activity that is answered or undone
	Until    int64   `json:"until,omitempty"`  // of a ban, UTC microseconds
	Remove   bool    `json:"remove,omitempty"` // of a ban: what they wrote goes too
	Past     bool    `json:"past,omitempty"`   // of a post: it was fetched as part of somebody's past and is no news
}

// PairKey is the order key of something between two: a voter and a post, a follower and a followee.
func PairKey(a, b int64) int64 {
	var buf [16]byte
	binary.BigEndian.PutUint64(buf[:8], uint64(a))
	binary.BigEndian.PutUint64(buf[8:], uint64(b))
	h := fnv.New64a()
	h.Write(buf[:])
	return int64(h.Sum64() >> 1)
}

// A Follow is one actor following another.
type Follow struct {
	ID       int64
	Follower ActorID
	Followee ActorID
	State    FollowState
	URI      string // the Follow activity's id; "" = ours, whose id is the FollowAsked entry's
	Inbox    string // where the follower's copies go; "" for local followers
	At       int64
	FromSeq  Seq // entries after it concern the follower; 0 until accepted
	UntilSeq Seq // 0 = still following
}

// A FollowState is how far a follow got.
type FollowState string

const (
	FollowPending FollowState = "pending"
	FollowActive  FollowState = "accepted"
	FollowOver    FollowState = "ended"
)
