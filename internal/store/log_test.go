package store_test

import (
	"cmp"
	"context"
	"errors"
	"math/rand/v2"
	"reflect"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"halqa/circles"
	"halqa/internal/store"
	"halqa/internal/testdb"
)

func appendEvent(t testing.TB, s *store.Store, e circles.Event) (seq circles.Seq) {
	t.Helper()
	update(t, s, func(tx *store.Tx) (err error) {
		seq, err = tx.AppendEvent(e)
		return err
	})
	return seq
}

func TestEventComesBackWhole(t *testing.T) {
	at := time.Date(2027, 1, 2, 3, 4, 5, 6000, time.UTC)
	s := testdb.OpenAt(t, func() time.Time { return at })
	want := []circles.Event{
		{Kind: circles.PostCreated, Stream: 1, Signer: 2, OrderKey: 3, Object: 4, To: []string{"https://a.example/inbox", "https://b.example/inbox"}},
		{Kind: circles.VoteCast, Stream: 1, Signer: 1, OrderKey: circles.PairKey(9, 4), Object: 4,
			Detail: circles.EventDetail{Actor: 9, Value: -1, Of: 1, Received: 1<<53 - 1, Reason: "quote \" and 字", URI: "https://a.example/1"}},
		{Kind: circles.CircleMade, Object: 5},
	}
	for i := range want {
		want[i].Seq = appendEvent(t, s, want[i])
		want[i].At = at.UnixMicro()
	}
	var got []circles.Event
	view(t, s, func(tx *store.Tx) (err error) {
		got, err = tx.EventsAfter(0, 10)
		if err != nil {
			return err
		}
		one, err := tx.Event(want[0].Seq)
		if !reflect.DeepEqual(one, want[0]) {
			t.Errorf("Event(%d):\ngot  %+v\nwant %+v", want[0].Seq, one, want[0])
		}
		if _, e := tx.Event(want[2].Seq + 1); !circles.Is(e, circles.NotFound) {
			t.Errorf("an entry that is not there: %v, want not found", e)
		}
		return err
	})
	if !reflect.DeepEqual(got, want) {
		t.Errorf("EventsAfter(0):\ngot  %+v\nwant %+v", got, want)
	}
}

// Whoever has read the log up to n never finds an earlier entry afterwards, however many append at
// the same time.
func TestSeqOrderIsCommitOrder(t *testing.T) {
	s := openWithTables(t)
	const callers, each = 8, 20
	var wg sync.WaitGroup
	done := make(chan struct{})
	for i := range callers {
		wg.Go(func() {
			for range each {
				err := s.Update(context.Background(), func(tx *store.Tx) error {
					if _, err := tx.Exec("INSERT INTO done (id) VALUES ($1)", tx.NewID()); err != nil {
						return err
					}
					for range 1 + i%2 {
						if _, err := tx.AppendEvent(circles.Event{Kind: circles.PostCreated, Stream: circles.ActorID(i)}); err != nil {
							return err
						}
					}
					return nil
				})
				if err != nil {
					t.Errorf("append: %v", err)
				}
			}
		})
	}
	go func() { wg.Wait(); close(done) }()
	seen := map[circles.Seq]bool{}
	var last circles.Seq
	read := func() {
		for {
			wake := s.Wake()
			var some []circles.Event
			view(t, s, func(tx *store.Tx) (err error) {
				some, err = tx.EventsAfter(last, 7)
				return err
			})
			for _, e := range some {
				seen[e.Seq] = true
				last = e.Seq
			}
			if len(some) > 0 {
				continue
			}
			select {
			case <-wake:
			case <-done:
				return
			}
		}
	}
	read()
	read() // what came between the last look and the end
	if got, want := len(seen), callers*each*3/2; got != want {
		t.Errorf("a follower saw %d entries, want %d", got, want)
	}
}

func TestWake(t *testing.T) {
	s := openWithTables(t)
	woken := func(c <-chan struct{}) bool {
		select {
		case <-c:
			return true
		default:
			return false
		}
	}
	a, b := s.Wake(), s.Wake()
	update(t, s, increment)
	s.Update(context.Background(), func(tx *store.Tx) error {
		tx.AppendEvent(circles.Event{Kind: circles.CircleMade})
		return errors.New("no")
	})
	if woken(a) {
		t.Error("woken although nothing was appended")
	}
	appendEvent(t, s, circles.Event{Kind: circles.CircleMade})
	if !woken(a) || !woken(b) {
		t.Error("not everybody was woken by an entry")
	}
	if woken(s.Wake()) {
		t.Error("a new channel is closed already")
	}
}

// StreamEvents and InboxEvents are EventsAfter filtered, whatever the streams and limits.
func TestEventsOfStreams(t *testing.T) {
	s := testdb.Open(t)
	r := rand.New(rand.NewPCG(1, 2))
	update(t, s, func(tx *store.Tx) error {
		for range 200 {
			e := circles.Event{Kind: circles.PostCreated, Stream: circles.ActorID(r.IntN(6))}
			for i := range 3 {
				if r.IntN(4) == 0 {
					e.To = append(e.To, "https://example.org/"+strconv.Itoa(i))
				}
			}
			if _, err := tx.AppendEvent(e); err != nil {
				return err
			}
		}
		return nil
	})
	view(t, s, func(tx *store.Tx) error {
		all, err := tx.EventsAfter(0, 1000)
		if err != nil {
			return err
		}
		for range 100 {
			var streams []circles.ActorID
			for id := range circles.ActorID(8) { // the last two have none
				if r.IntN(2) == 0 {
					streams = append(streams, id)
				}
			}
			r.Shuffle(len(streams), func(i, j int) { streams[i], streams[j] = streams[j], streams[i] })
			after, limit := circles.Seq(r.IntN(220)), 1+r.IntN(100)
			got, err := tx.StreamEvents(streams, after, limit)
			if err != nil {
				return err
			}
			checkEvents(t, got, all, after, limit, func(e circles.Event) bool { return slices.Contains(streams, e.Stream) })

			inbox := "https://example.org/" + strconv.Itoa(r.IntN(4))
			got, err = tx.InboxEvents(inbox, after, limit)
			if err != nil {
				return err
			}
			checkEvents(t, got, all, after, limit, func(e circles.Event) bool { return slices.Contains(e.To, inbox) })
		}
		return nil
	})
}

func checkEvents(t *testing.T, got, all []circles.Event, after circles.Seq, limit int, concerns func(circles.Event) bool) {
	t.Helper()
	var want []circles.Event
	for _, e := range all {
		if e.Seq > after && concerns(e) && len(want) < limit {
			want = append(want, e)
		}
	}
	if len(got) != len(want) || len(want) > 0 && !reflect.DeepEqual(got, want) {
		t.Errorf("after %d, limit %d:\ngot  %v\nwant %v", after, limit, got, want)
	}
}

func TestTrimEvents(t *testing.T) {
	now := time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)
	s := testdb.OpenAt(t, func() time.Time { return now })
	var seqs []circles.Seq
	for range 10 {
		seq := appendEvent(t, s, circles.Event{Kind: circles.PostCreated, To: []string{"https://a.example/inbox"}})
		update(t, s, func(tx *store.Tx) error { return tx.RecordException("https://a.example/inbox", seq, 500, "no") })
		seqs = append(seqs, seq)
		now = now.Add(24 * time.Hour)
	}
	trim := func(before time.Time, limit int) (n int64) {
		t.Helper()
		update(t, s, func(tx *store.Tx) (err error) {
			n, err = tx.TrimEvents(before.UnixMicro(), limit)
			return err
		})
		return n
	}
	ends := func(wantFirst, wantLast circles.Seq) {
		t.Helper()
		view(t, s, func(tx *store.Tx) error {
			first, last, err := tx.LogEnds()
			if first != wantFirst || last != wantLast {
				t.Errorf("the log has %d to %d, want %d to %d", first, last, wantFirst, wantLast)
			}
			return err
		})
	}
	week := now.Add(-7 * 24 * time.Hour)
	for i, want := range []int64{2, 1, 0} {
		if got := trim(week, 2); got != want {
			t.Errorf("trim %d removed %d entries, want %d", i, got, want)
		}
	}
	ends(seqs[3], seqs[9])
	for _, table := range []string{"event_to", "delivery_exception"} {
		if got := number(t, s, "SELECT COUNT(*) FROM "+table); got != 7 {
			t.Errorf("%s has %d rows, want 7", table, got)
		}
	}
	if got := trim(now, 100); got != 6 {
		t.Errorf("trim of all removed %d, want 6: the last entry stays", got)
	}
	ends(seqs[9], seqs[9])
	if next := appendEvent(t, s, circles.Event{Kind: circles.PostCreated}); next <= seqs[9] {
		t.Errorf("the next entry is %d, want one after %d", next, seqs[9])
	}
}

func TestLogEndsOfAnEmptyLog(t *testing.T) {
	s := testdb.Open(t)
	view(t, s, func(tx *store.Tx) error {
		first, last, err := tx.LogEnds()
		if first != 0 || last != 0 {
			t.Errorf("the log has %d to %d, want 0 to 0", first, last)
		}
		return err
	})
}

func TestCursorsNeverMoveBack(t *testing.T) {
	s := testdb.Open(t)
	save := func(cs ...store.Cursor) {
		t.Helper()
		update(t, s, func(tx *store.Tx) error { return tx.SaveCursors(cs) })
	}
	check := func(want ...store.Cursor) {
		t.Helper()
		var got []store.Cursor
		view(t, s, func(tx *store.Tx) (err error) {
			got, err = tx.LoadCursors()
			return err
		})
		if !reflect.DeepEqual(got, want) {
			t.Errorf("cursors:\ngot  %+v\nwant %+v", got, want)
		}
	}
	a := store.Cursor{Consumer: "https://a.example/inbox", Lane: "content", Acked: 5, Beyond: []circles.Seq{7, 9}}
	n := store.Cursor{Consumer: "notifications", Acked: 3}
	save(a, n)
	check(a, n)
	save(store.Cursor{Consumer: a.Consumer, Lane: a.Lane, Acked: 4})
	check(a, n)
	a.Acked, a.Beyond = 9, nil
	save(a)
	check(a, n)
	update(t, s, func(tx *store.Tx) error { return tx.DropCursors(a.Consumer) })
	check(n)
}

func TestExceptions(t *testing.T) {
	s := testdb.Open(t)
	update(t, s, func(tx *store.Tx) error {
		return cmp.Or(
			tx.RecordException("https://a.example/inbox", 1, 500, "first"),
			tx.RecordException("https://a.example/inbox", 1, 410, "gone \x00\xff"),
			tx.RecordException("https://a.example/inbox", 3, 0, "skipped"),
			tx.RecordException("https://b.example/inbox", 1, 404, "other"),
		)
	})
	view(t, s, func(tx *store.Tx) error {
		got, err := tx.Exceptions("https://a.example/inbox", 0, 10)
		if len(got) != 2 || got[0].Status != 410 || got[0].Error != "gone " || got[1].Seq != 3 {
			t.Errorf("exceptions of an inbox: %+v", got)
		}
		if err != nil {
			return err
		}
		got, err = tx.ExceptionsOf(1, 10)
		if len(got) != 2 || got[1].Inbox != "https://b.example/inbox" {
			t.Errorf("exceptions of an entry: %+v", got)
		}
		return err
	})
}

func TestLease(t *testing.T) {
	now := time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)
	s := testdb.OpenAt(t, func() time.Time { return now })
	steps := []struct {
		after   time.Duration
		holder  string
		release bool
		want    bool
	}{
		{0, "a", false, true},
		{0, "b", false, false},
		{20 * time.Second, "a", false, true}, // prolonged to 50
		{20 * time.Second, "b", false, false},
		{10 * time.Second, "b", false, true}, // 50: a has not asked again
		{0, "a", false, false},
		{0, "a", true, false}, // not a's to give back
		{0, "a", false, false},
		{0, "b", true, false},
		{0, "a", false, true},
	}
	for i, step := range steps {
		now = now.Add(step.after)
		update(t, s, func(tx *store.Tx) error {
			if step.release {
				return tx.ReleaseLease("worker", step.holder)
			}
			got, err := tx.AcquireLease("worker", step.holder, 30*time.Second)
			if got != step.want {
				t.Errorf("step %d: %s gets the lease: %v, want %v", i, step.holder, got, step.want)
			}
			return err
		})
	}
}
