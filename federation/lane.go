package federation

import (
	"slices"
	"time"

	"halqa/circles"
	"halqa/internal/run"
)

// An outgoing entry of the log, shared by all inboxes it goes to and never changed.
type outgoing struct {
	circles.Event
	lane circles.Lane
	// The places of its object's Create, by the author and by the circle; 0 where there is none. A
	// vote waits for them, and a Delete goes where they went.
	created, announced circles.Seq
	late               bool // it may have been sent before: by the process before this one, or before its host was left alone
	lifts              bool // it says that a circle is there, which may have been suspended
}

// foldKey is what pending entries must share to make each other superfluous.
type foldKey struct {
	lane   circles.Lane
	stream circles.ActorID
	object int64
	actor  circles.ActorID // of votes
}

func (o *outgoing) key() foldKey {
	k := foldKey{lane: o.lane, stream: o.Stream, object: o.Object}
	if o.lane == circles.LaneVote {
		k.actor = o.Detail.Actor
	}
	return k
}

// inheritsAudience reports whether an entry concerns every inbox that its object's Create did.
func inheritsAudience(k circles.EventKind) bool {
	switch k {
	case circles.PostUpdated, circles.PostDeleted, circles.PostRestored, circles.PostRemoved,
		circles.PostReturned, circles.VoteWithdrawn, circles.PollCounted, circles.PollEnded:
		return true
	}
	return false
}

// counterpart returns what takes back an entry. If the entry turns out not to be true any more when
// its turn comes, and was never sent, the first of its counterparts need not go either. That holds
// only for what begins something: before a deletion the peer may be in either state, since deletions
// and restorations that were committed and not routed yet have been left out as untrue.
func counterpart(o *outgoing) []circles.EventKind {
	switch o.Kind {
	case circles.PostCreated:
		return []circles.EventKind{circles.PostDeleted, circles.PostRemoved}
	case circles.VoteCast:
		// People elsewhere turn a like into a dislike without taking it back first.
		if o.Detail.Received == 0 {
			return []circles.EventKind{circles.VoteWithdrawn}
		}
	case circles.FollowAsked:
		return []circles.EventKind{circles.FollowEnded}
	case circles.MessageSent:
		return []circles.EventKind{circles.MessageDeleted}
	}
	return nil
}

// replaces reports whether a newer pending entry makes an older one of the same object superfluous:
// both would be rendered from what is true now.
func replaces(newer, older circles.EventKind) bool {
	switch newer {
	case circles.PollCounted, circles.PollEnded:
		return older == circles.PollCounted
	case circles.PostUpdated, circles.ActorUpdated:
		return older == newer
	case circles.PostLocked, circles.PostUnlocked:
		return older == circles.PostLocked || older == circles.PostUnlocked
	case circles.PostPinned, circles.PostUnpinned:
		return older == circles.PostPinned || older == circles.PostUnpinned
	}
	return false
}

// An item is an entry on its way to one inbox.
type item struct {
	*outgoing
	sending bool
	held    bool // until its circle is not suspended any more
	tried   bool // some peer may have it: it cannot vanish any more
	tries   int  // that failed
	alone   int  // of those, while the host took other things
	fives   int  // of those, with 5xx
	denied  int  // answers of 401
	first   time.Time
	next    time.Time // zero = at once
}

// A laneQueue holds the entries of one lane that are to be sent to one inbox, in order, and how far
// the inbox got. It is guarded by the Sender's lock.
type laneQueue struct {
	cursor run.Cursor
	items  []*item // open, ascending
	dirty  bool    // the cursor moved since it was noted
}

// add offers an entry. Entries come in ascending order.
func (q *laneQueue) add(o *outgoing) {
	q.dirty = true
	if !q.cursor.Offer(o.Seq) {
		return
	}
	key := o.key()
	for i := len(q.items) - 1; i >= 0; i-- {
		older := q.items[i]
		if older.key() != key || older.sending {
			continue
		}
		if replaces(o.Kind, older.Kind) {
			q.drop(older)
			break
		}
		// An unsent Create will be rendered with the text of today.
		if (o.Kind == circles.PostUpdated || o.Kind == circles.PollCounted) && older.Kind == circles.PostCreated && !older.tried {
			q.cursor.Ack(o.Seq)
			return
		}
	}
	q.items = append(q.items, &item{outgoing: o, tried: o.late})
}

// next returns the entry to send now: the first of those that failed least often, so that one which
// a host cannot take does not use up its every probe. Whatever shares an order key with an entry
// before it waits for that one, whether it is under way or waits to be tried again. may is asked for
// each candidate.
func (q *laneQueue) next(now time.Time, may func(*item) bool) *item {
	var waiting, held map[int64]bool
	var best *item
	for i, it := range q.items {
		if held[it.Object] && takesAway(it.Kind) {
			q.giveWay(it)
			return q.next(now, may)
		}
		if waiting[it.OrderKey] || held[it.Object] {
			continue
		}
		if it.held {
			// What else is in its thread need not wait with it, but nothing overtakes it that is about the same.
			if held == nil {
				held = make(map[int64]bool)
			}
			held[it.Object] = true
			continue
		}
		if !it.sending && !it.next.After(now) && (best == nil || it.tries < best.tries) && may(it) {
			if it.tries == 0 {
				return it
			}
			best = it
		}
		if waiting == nil {
			waiting = make(map[int64]bool, len(q.items)-i)
		}
		waiting[it.OrderKey] = true
	}
	return best
}

// drop takes an entry off the queue as done.
func (q *laneQueue) drop(it *item) {
	if i := slices.Index(q.items, it); i >= 0 {
		q.items = slices.Delete(q.items, i, i+1)
	}
	q.cursor.Ack(it.Seq)
	q.dirty = true
}

// maxHeld bounds what one inbox waits for while circles are suspended; what is beyond it goes without.
const maxHeld = 200

// hold keeps an entry for the time when its circle is not suspended any more, and reports whether there
// is room for it.
func (q *laneQueue) hold(it *item) bool {
	n := 0
	for _, other := range q.items {
		if other.held {
			n++
		}
	}
	it.held = n < maxHeld && !q.cursor.Full()
	return it.held
}

// release lets go on what is held, and returns what it is about. What is of a circle that is still
// suspended is held again at the next attempt.
func (q *laneQueue) release() (objects []int64) {
	for _, it := range q.items {
		if it.held {
			it.held = false
			objects = append(objects, it.Object)
		}
	}
	return objects
}

// takesAway reports entries that say that something is gone. They wait for no circle: who has it hears so at
// once.
func takesAway(k circles.EventKind) bool {
	return k == circles.PostDeleted || k == circles.PostRemoved
}

// giveWay lets what is held of an object go without, for what takes the object away comes behind it.
func (q *laneQueue) giveWay(gone *item) {
	for _, it := range slices.Clone(q.items) {
		if it.held && it.Object == gone.Object && it.Seq < gone.Seq {
			q.void(it)
		}
	}
}

// relieve lets what is held go without, once too much behind it is done, or waits, for a cursor to remember.
func (q *laneQueue) relieve() {
	for _, it := range slices.Clone(q.items) {
		if it.held {
			q.void(it)
		}
	}
}

// void takes off an entry that was not true any more when its turn came, and the entry that took it
// back, if that is pending too.
func (q *laneQueue) void(it *item) {
	if !it.tried {
		back, key := counterpart(it.outgoing), it.key()
		for _, other := range q.items {
			if other.Seq > it.Seq && !other.sending && other.key() == key && slices.Contains(back, other.Kind) {
				q.drop(other)
				break
			}
		}
	}
	q.drop(it)
}
