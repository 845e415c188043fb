package federation

import (
	"slices"
	"testing"

	"halqa/circles"
	"halqa/internal/store"
)

// suspend takes the circle out of use, or lifts that, as moderation does.
func (w *world) suspend(at int64) {
	w.t.Helper()
	w.update(func(tx *store.Tx) error {
		if at == 0 {
			e := circles.Event{Kind: circles.ActorUpdated, Stream: w.circle, Signer: w.circle, OrderKey: int64(w.circle), Object: int64(w.circle)}
			if _, err := tx.AppendEvent(e); err != nil {
				return err
			}
		}
		return tx.SetSuspended(w.circle, at)
	})
}

// What was on its way when the circle was suspended is held, and goes on when that is lifted, in order
// and with the votes on it, although the process stopped in between. What was deleted meanwhile is not
// sent, nor is its deletion; that something was deleted that the peer has is told at once.
func TestWhatASuspendedCircleSaidIsSentWhenItIsLifted(t *testing.T) {
	for _, stops := range []bool{false, true} {
		w := newWorld(t)
		p := newPeer(t, "lemmy")
		w.follow(p, w.circle)
		had := w.post("had", 0)
		w.deliver()

		w.suspend(w.clock.now().UnixMicro())
		waits := w.post("waits", 0)
		below := w.post("below", waits)
		gone := w.post("gone", 0)
		w.change(below, circles.PostUpdated, "below, better")
		w.change(gone, circles.PostDeleted, "")
		w.change(had, circles.PostDeleted, "")
		w.vote(waits, 1)
		before := len(p.heard(t))
		w.route()
		w.quiet()
		if got := says(p.heard(t)[before:]); !slices.Equal(got, []string{"Announce Delete"}) {
			t.Fatalf("while the circle is suspended it hears %v, want that alice deleted what it has", got)
		}
		if stops {
			w.save()
			w.kill()
			w.begin()
			w.route()
			w.quiet()
			if got := len(p.heard(t)); got != before+1 {
				t.Fatalf("after a start it hears %v", says(p.heard(t)[before+1:]))
			}
		}
		w.suspend(0)
		w.deliver()
		got := p.heard(t)[before+1:]
		var of []string
		for _, a := range got {
			if a.Says != "Announce Update" { // of the circle; nothing else was edited that it has
				of = append(of, a.Says)
			}
		}
		first := append([]string{""}, of...)[min(len(of), 1)]
		slices.Sort(of) // the vote may come before the comment
		if want := []string{"Announce Create", "Announce Create", "Announce Like"}; !slices.Equal(of, want) || first != want[0] {
			t.Errorf("stops %v: when it is lifted it hears %v, want %v with the post first", stops, says(got), want)
		}
		if left := w.exceptions(p); len(left) != 0 {
			t.Errorf("on record as not delivered: %+v", left)
		}
	}
}

// Who has a post hears at once that it was taken away, although an edit of it is held: its author, or whoever
// removed it, need not wait for the circle.
func TestATakingAwayPassesWhatIsHeld(t *testing.T) {
	for _, kind := range []circles.EventKind{circles.PostDeleted, circles.PostRemoved} {
		w := newWorld(t)
		p := newPeer(t, "lemmy")
		w.follow(p, w.circle)
		had := w.post("had", 0)
		w.deliver()

		w.suspend(w.clock.now().UnixMicro())
		w.change(had, circles.PostUpdated, "had, edited")
		before := len(p.heard(t))
		w.route()
		w.quiet()
		if got := says(p.heard(t)[before:]); len(got) != 0 {
			t.Fatalf("while the circle is suspended it hears %v of an edit", got)
		}
		w.change(had, kind, "")
		w.route()
		w.quiet()
		if got := says(p.heard(t)[before:]); !slices.Equal(got, []string{"Announce Delete"}) {
			t.Errorf("%s behind a held edit: it hears %v, want a Delete at once", kind, got)
		}
	}
}

// What is held keeps no neighbour waiting: entries of others go on, however many, and what is held goes
// without once the cursor could not remember more behind it.
func TestWhatIsHeldKeepsNobodyWaiting(t *testing.T) {
	q := laneQueue{}
	for i := range 2 * maxHeld {
		q.add(&outgoing{Event: circles.Event{Seq: circles.Seq(i + 1), Kind: circles.PostCreated, OrderKey: 1, Object: int64(i + 1)}})
	}
	held := 0
	for _, it := range slices.Clone(q.items) {
		if q.hold(it) {
			held++
		}
	}
	if held != maxHeld {
		t.Errorf("held %d, want %d", held, maxHeld)
	}
	now := newWorld(t).clock.now()
	if it := q.next(now, func(*item) bool { return true }); it == nil || it.Seq != maxHeld+1 {
		t.Fatalf("next is %+v, want the first that is not held, though of the same thread", it)
	}
	seq := circles.Seq(2*maxHeld + 1)
	for ; !q.cursor.Full(); seq++ {
		q.add(&outgoing{Event: circles.Event{Seq: seq, Kind: circles.PostCreated, OrderKey: 2, Object: int64(seq)}})
		q.drop(q.items[len(q.items)-1])
	}
	q.relieve()
	for _, it := range q.items {
		if it.held {
			t.Fatalf("%d is held still", it.Seq)
		}
	}
}

// Votes on what is held wait in a lane of their own. When they fill it, the inbox goes on without what is held:
// it would hear of no other circle any more.
func TestVotesOnWhatIsHeldStopNoInbox(t *testing.T) {
	st := &inboxState{}
	content, votes := &st.lanes[laneIndex(circles.LaneContent)], &st.lanes[laneIndex(circles.LaneVote)]
	st.offer(&outgoing{lane: circles.LaneContent, Event: circles.Event{Seq: 1, Kind: circles.PostCreated, OrderKey: 1, Object: 1}})
	if !content.hold(content.items[0]) || st.full() {
		t.Fatal("the first entry is not held, or fills its inbox")
	}
	for seq := circles.Seq(2); !votes.cursor.Full(); seq++ {
		st.offer(&outgoing{lane: circles.LaneVote, created: 1, Event: circles.Event{Seq: seq, Kind: circles.VoteCast, OrderKey: int64(seq), Object: 1}})
	}
	st.relieved()
	if len(content.items) != 0 || !content.cursor.Settled(1) {
		t.Errorf("%d entries are held still while the votes on them fill the inbox", len(content.items))
	}
}
