package tips_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"halqa/circles"
	"halqa/internal/store"
	"halqa/internal/store/ledger"
	"halqa/internal/tips"
	"halqa/wallet"
)

// crowd puts n members into the circle, each with an account.
func (w *world) crowd(n int) (all []circles.Viewer) {
	w.t.Helper()
	w.update(func(tx *store.Tx) error {
		all = nil
		for range n {
			id := circles.ActorID(tx.NewID())
			name := fmt.Sprintf("m%d", id)
			if err := tx.AddActor(&circles.Actor{ID: id, Kind: circles.KindPerson, Name: name, URI: "/u/" + name}); err != nil {
				return err
			}
			if err := tx.SetRole(w.circle, circles.PersonID(id), circles.RoleMember); err != nil {
				return err
			}
			all = append(all, circles.Viewer{Person: circles.PersonID(id), Role: circles.SiteMember})
		}
		return nil
	})
	return all
}

// packets is a world where ann and others are members of a circle that wants red packets.
func packets(t testing.TB, n int) (*world, []circles.Viewer) {
	w := newWorld(t)
	w.rules = tips.Rules{PacketShares: 10, PacketLife: 24 * time.Hour}
	w.tips = w.open()
	w.rich(200)
	members := w.crowd(n)
	w.update(func(tx *store.Tx) error {
		for _, v := range []circles.Viewer{w.ann, w.bob} {
			if err := tx.SetRole(w.circle, v.Person, circles.RoleMember); err != nil {
				return err
			}
		}
		return nil
	})
	w.enrol(w.ann)
	w.allow(tips.CirclePolicy{Policy: tips.PolicyOn, Packets: true})
	w.now = w.now.Add(time.Minute)
	return w, members
}

func (w *world) lay(v circles.Viewer, total int64, shares int, random bool) (*tips.Packet, error) {
	w.forms++
	return w.tips.MakePacket(context.Background(), v, tips.NewPacket{Circle: w.circle, Amount: wallet.Amount{Minor: total, Asset: "CRD"}, Shares: shares, Random: random, Once: fmt.Sprint("packet", w.forms)})
}

func (w *world) mustLay(total int64, shares int, random bool) *tips.Packet {
	w.t.Helper()
	p, err := w.lay(w.ann, total, shares, random)
	if err != nil {
		w.t.Fatal(err)
	}
	return p
}

func (w *world) account(code string) (n int64) {
	w.t.Helper()
	err := w.store.View(context.Background(), func(tx *store.Tx) (err error) { n, err = ledger.Balance(tx, code); return err })
	if err != nil {
		w.t.Fatal(err)
	}
	return n
}

func TestSplit(t *testing.T) {
	if got := tips.Split(10, 3, false, nil); !slices.Equal(got, []int64{4, 3, 3}) {
		t.Errorf("10 for 3 alike: %v", got)
	}
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 100).Draw(t, "n")
		total := rapid.Int64Range(int64(n), 1_000_000).Draw(t, "total")
		seed := rapid.Uint64().Draw(t, "seed")
		for _, random := range []bool{false, true} {
			parts := tips.Split(total, n, random, rand.New(rand.NewPCG(seed, 1)))
			again := tips.Split(total, n, random, rand.New(rand.NewPCG(seed, 1)))
			var sum int64
			for _, p := range parts {
				if sum += p; p < 1 || p > max(2*total/int64(n), 1) {
					t.Fatalf("%d of %d for %d: more than twice the mean, or nothing: %v", p, total, n, parts)
				}
				if d := p - total/int64(n); !random && (d < 0 || d > 1) {
					t.Fatalf("alike, and %d is %d from the mean", p, d)
				}
			}
			if sum != total || len(parts) != n || !slices.Equal(parts, again) {
				t.Fatalf("%v are %d of %d, and again %v", parts, sum, total, again)
			}
		}
	})
}

// A packet of three is laid down, two take, the rest comes back after a day.
func TestRedPacket(t *testing.T) {
	w, m := packets(t, 3)
	ctx := context.Background()
	p := w.mustLay(10, 3, false)
	if w.balance(w.ann) != 190 || w.account(p.Account().Code) != 10 || p.EndsAt != w.now.Add(24*time.Hour).UnixMicro() {
		t.Fatalf("laid down: ann has %d, the packet %d until %d", w.balance(w.ann), w.account(p.Account().Code), p.EndsAt)
	}
	for i, want := range []int64{4, 3} {
		for range 2 { // twice is once
			got, err := w.tips.ClaimPacket(ctx, m[i], p.ID)
			if err != nil || got.Mine != want || got.Taken != i+1 || w.balance(m[i]) != want {
				t.Fatalf("%d takes: %+v, %v, has %d", i, got, err, w.balance(m[i]))
			}
		}
	}
	w.now = w.now.Add(24 * time.Hour)
	if _, err := w.tips.ClaimPacket(ctx, m[2], p.ID); textOf(err) != "refused.packet-over" {
		t.Errorf("after its time, before the clock came: %v", err)
	}
	for range 2 {
		if err := w.tips.SweepPackets(ctx); err != nil {
			t.Fatal(err)
		}
	}
	got, err := w.tips.Packet(ctx, w.ann, p.ID)
	if err != nil || got.Back != 3 || got.ClosedAt == 0 || w.balance(w.ann) != 193 || w.account(p.Account().Code) != 0 {
		t.Errorf("over: %+v, %v, ann has %d", got, err, w.balance(w.ann))
	}
	if told := w.told(w.ann); !slices.Equal(told, []store.NotificationKind{store.ToldPacket}) {
		t.Errorf("ann was told %v", told)
	}
	w.verify()
}

func TestAPacketThatIsTakenWholeIsOver(t *testing.T) {
	w, m := packets(t, 3)
	p := w.mustLay(60, 3, true)
	var sum int64
	for _, v := range m {
		got, err := w.tips.ClaimPacket(context.Background(), v, p.ID)
		if err != nil {
			t.Fatal(err)
		}
		sum += got.Mine
		for _, taker := range got.Takers { // of others nobody reads how much
			if (taker.Amount != 0) != (taker.Person == v.Person) {
				t.Errorf("%v reads that %v took %d", v.Person, taker.Person, taker.Amount)
			}
		}
	}
	got, err := w.tips.Packet(context.Background(), w.ann, p.ID)
	if err != nil || got.ClosedAt == 0 || got.Back != 0 || sum != 60 {
		t.Errorf("taken whole: %+v, %v, %d in all", got, err, sum)
	}
	if _, err := w.tips.ClaimPacket(context.Background(), w.bob, p.ID); textOf(err) != "refused.packet-over" {
		t.Errorf("one more: %v", err)
	}
	w.verify()
}

func TestWhoMayTakeFromAPacket(t *testing.T) {
	w, m := packets(t, 3)
	ctx := context.Background()
	waited := m[2] // asked to join before, and was let in afterwards
	w.update(func(tx *store.Tx) error {
		if err := tx.SetRole(w.circle, waited.Person, circles.NoRole); err != nil {
			return err
		}
		return tx.SetRole(w.circle, waited.Person, circles.RolePending)
	})
	p := w.mustLay(10, 2, false)
	w.now = w.now.Add(time.Minute)
	late := w.crowd(1)[0]
	w.update(func(tx *store.Tx) error { return tx.SetRole(w.circle, waited.Person, circles.RoleMember) })
	try := func(who circles.Viewer, want string) {
		t.Helper()
		_, err := w.tips.ClaimPacket(ctx, who, p.ID)
		if got := asText(err); got != want {
			t.Errorf("%v: %q (%v), want %q", who.Person, got, err, want)
		}
	}
	try(circles.Viewer{}, "refused.packet-member")
	try(w.ann, "refused.packet-own")
	try(w.carl, "refused.packet-member")
	try(late, "refused.packet-late")
	try(waited, "refused.packet-late")
	w.update(func(tx *store.Tx) error { return tx.SetBlock(m[0].Person.Actor(), w.ann.Person.Actor(), true) })
	try(m[0], "refused.packet-person")
	w.update(func(tx *store.Tx) error {
		if err := tx.SetBlock(m[0].Person.Actor(), w.ann.Person.Actor(), false); err != nil {
			return err
		}
		return tx.SetBlock(w.ann.Person.Actor(), m[0].Person.Actor(), true)
	})
	try(m[0], "refused.packet-person")
	w.update(func(tx *store.Tx) error { return tx.SetBlock(w.ann.Person.Actor(), m[0].Person.Actor(), false) })
	for _, c := range []tips.CirclePolicy{{Policy: tips.PolicyOn}, {Policy: tips.PolicyLikesOnly, Packets: true}, {Policy: tips.PolicyOff, Packets: true}} {
		w.allow(c)
		try(m[0], "refused.packet-off")
	}
	w.allow(tips.CirclePolicy{Policy: tips.PolicyOn, Packets: true})
	suspend := func(v circles.Viewer, at int64) {
		w.update(func(tx *store.Tx) error {
			return tx.SetSuspended(v.Person.Actor(), at)
		})
	}
	suspend(m[0], w.now.UnixMicro())
	try(m[0], "refused.packet-person")
	suspend(m[0], 0)
	// Neither a like nor a word was asked for: m[0] never said anything here.
	try(m[0], "")
	if _, err := w.tips.ReturnPacket(ctx, w.ann, p.ID); textOf(err) != "refused.packet-taken" {
		t.Errorf("taken back after somebody took: %v", err)
	}
	var rules []string
	for _, a := range w.audits() {
		rules = append(rules, a.Rule)
	}
	for _, want := range []string{"packet-own", "packet-stranger", "blocked"} {
		if !slices.Contains(rules, want) {
			t.Errorf("written down are %v, want %s among them", rules, want)
		}
	}
	w.verify()
}

func asText(err error) string {
	if err == nil {
		return ""
	}
	return textOf(err)
}

func TestWhatMayBeLaidDown(t *testing.T) {
	w, m := packets(t, 2)
	ctx := context.Background()
	w.rules.Assets = map[string]tips.Bounds{"CRD": {Min: 1, Max: 50, PayerDay: 60}}
	w.tips = w.open()
	for _, c := range []struct {
		name   string
		who    circles.Viewer
		total  int64
		shares int
		want   string
	}{
		{"no member", w.carl, 10, 2, "refused.packet-member"},
		{"nobody", circles.Viewer{}, 10, 2, "refused.tip-sign-in"},
		{"for one", w.ann, 10, 1, "refused.packet-shares"},
		{"for a crowd", w.ann, 50, 11, "refused.packet-shares"},
		{"less than shares", w.ann, 9, 10, "refused.packet-small"},
		{"more than a tip may be", w.ann, 51, 2, "refused.tip-outside"},
		{"below zero", w.ann, -5, 2, "refused.tip-outside"},
		{"more than there is", m[0], 10, 2, "refused.tip-have"},
	} {
		if _, err := w.lay(c.who, c.total, c.shares, false); asText(err) != c.want {
			t.Errorf("%s: %v, want %s", c.name, err, c.want)
		}
	}
	p := w.mustLay(50, 2, true)
	if _, err := w.lay(w.ann, 5, 2, false); asText(err) != "refused.packet-open" {
		t.Errorf("a second beside the first: %v", err)
	}
	if _, err := w.give(w.ann, w.bob, 11); asText(err) != "refused.tip-payer-day" {
		t.Errorf("a packet does not count against the day: %v", err)
	}
	if got, err := w.tips.ReturnPacket(ctx, w.ann, p.ID); err != nil || got.Back != 50 || w.balance(w.ann) != 200 {
		t.Errorf("taken back: %+v, %v, ann has %d", got, err, w.balance(w.ann))
	}
	if _, err := w.give(w.ann, w.bob, 11); err != nil {
		t.Errorf("what came back counts: %v", err)
	}

	// Who took from a random one makes none of that sort the same day.
	p = w.mustLay(20, 2, true)
	if _, err := w.tips.ClaimPacket(ctx, w.bob, p.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := w.lay(w.bob, 5, 2, true); asText(err) != "refused.packet-chain" {
		t.Errorf("the next in a chain: %v", err)
	}
	if got := w.audits(); !slices.ContainsFunc(got, func(a ledger.Audit) bool { return a.Rule == "packet-chain" && a.Review }) {
		t.Errorf("written down: %+v", got)
	}
	if _, err := w.lay(w.bob, 5, 2, false); err != nil {
		t.Errorf("alike: %v", err)
	}
	w.update(func(tx *store.Tx) error {
		c, err := tx.Circle(w.circle)
		if err != nil {
			return err
		}
		c.Sensitive = true
		return tx.SaveCircle(c)
	})
	if _, err := w.lay(m[1], 5, 2, false); asText(err) != "refused.packet-off" {
		t.Errorf("in a sensitive circle: %v", err)
	}
	w.rules.PacketShares = 0
	w.tips = w.open()
	w.verify()
}

// Money that went from ann to bob and comes back out of a packet goes round.
func TestPacketsAreOfRings(t *testing.T) {
	w, _ := packets(t, 1)
	w.rules.Ring = 7 * 24 * time.Hour
	w.tips = w.open()
	if _, err := w.give(w.bob, w.ann, 3); err != nil {
		t.Fatal(err)
	}
	w.pass(11 * time.Minute)
	p := w.mustLay(10, 2, false)
	if _, err := w.tips.ClaimPacket(context.Background(), w.bob, p.ID); err != nil {
		t.Fatal(err)
	}
	got := slices.DeleteFunc(w.audits(), func(a ledger.Audit) bool { return a.Rule != "ring" })
	if len(got) != 1 || got[0].Rule != "ring" || !got[0].Review || got[0].Actor != w.ann.Person.Actor() || got[0].Other != w.bob.Person.Actor() {
		t.Errorf("written down: %+v", got)
	}
}

// All at once: each gets one, and none is given twice.
func TestManyTakeAtOnce(t *testing.T) {
	w, m := packets(t, 16)
	w.rules.PacketShares = 16
	w.tips = w.open()
	p := w.mustLay(100, 10, true)
	var wg sync.WaitGroup
	var mu sync.Mutex
	over := 0
	for range 3 { // everybody presses three times
		for _, v := range m {
			wg.Go(func() {
				for {
					_, err := w.tips.ClaimPacket(context.Background(), v, p.ID)
					if circles.Is(err, circles.Busy) {
						continue
					}
					mu.Lock()
					defer mu.Unlock()
					if err != nil && asText(err) != "refused.packet-over" {
						t.Errorf("take: %v", err)
					}
					if err != nil {
						over++
					}
					return
				}
			})
		}
	}
	wg.Wait()
	var sum int64
	some := 0
	for _, v := range m {
		if n := w.balance(v); n > 0 {
			some++
			sum += n
		}
	}
	if some != 10 || sum != 100 || over != 3*6 || w.account(p.Account().Code) != 0 {
		t.Errorf("%d have %d in all, %d came too late, %d are left; want 10, 100, 18, 0", some, sum, over, w.account(p.Account().Code))
	}
	w.verify()
}

// Whatever people do with packets, the books hold: shares are of the packet, one a person, and what is
// not taken is its maker's.
func TestPropertyPackets(t *testing.T) {
	w, m := packets(t, 6)
	defer w.verify()
	ctx := context.Background()
	everybody := append([]circles.Viewer{w.ann, w.bob, w.carl}, m...)
	wealth := func() (sum int64) {
		for _, v := range everybody {
			sum += w.balance(v)
		}
		return sum
	}
	rapid.Check(t, func(rt *rapid.T) {
		w.now = w.now.Add(25 * time.Hour) // whatever the check before left behind
		if err := w.tips.SweepPackets(ctx); err != nil {
			rt.Fatal(err)
		}
		w.grant(50) // what others took is theirs
		before, had := wealth(), w.balance(w.ann)
		total, shares := rapid.Int64Range(2, 50).Draw(rt, "total"), rapid.IntRange(2, 6).Draw(rt, "shares")
		p, err := w.lay(w.ann, max(total, int64(shares)), shares, rapid.Bool().Draw(rt, "random"))
		if err != nil {
			rt.Fatal(err)
		}
		took := map[circles.PersonID]int64{}
		for _, i := range rapid.SliceOfN(rapid.IntRange(0, len(everybody)), 0, 20).Draw(rt, "takers") {
			if i == len(everybody) {
				w.now = w.now.Add(3 * time.Hour)
				if err := w.tips.SweepPackets(ctx); err != nil {
					rt.Fatal(err)
				}
				continue
			}
			v := everybody[i]
			have := w.balance(v)
			_, err := w.tips.ClaimPacket(ctx, v, p.ID)
			var refusal *circles.Error
			if err != nil && !errors.As(err, &refusal) {
				rt.Fatal(err)
			}
			if by := w.balance(v) - have; by != 0 && err == nil {
				if took[v.Person] != 0 {
					rt.Fatalf("%v took twice", v.Person)
				}
				took[v.Person] = by
			}
			var held, gone int64 = w.account(p.Account().Code), 0
			for _, n := range took {
				gone += n
			}
			now, err := w.tips.Packet(ctx, w.ann, p.ID)
			if err != nil {
				rt.Fatal(err)
			}
			if held+gone+now.Back != p.Total || len(took) > p.Shares || took[w.ann.Person] != 0 {
				rt.Fatalf("%d held, %d taken by %d, %d back of %d", held, gone, len(took), now.Back, p.Total)
			}
		}
		w.now = w.now.Add(25 * time.Hour)
		if err := w.tips.SweepPackets(ctx); err != nil {
			rt.Fatal(err)
		}
		var gone int64
		for _, n := range took {
			gone += n
		}
		if w.balance(w.ann) != had-gone || wealth() != before || w.account(p.Account().Code) != 0 {
			rt.Fatalf("over: ann has %d of %d, %d were taken, all have %d of %d", w.balance(w.ann), had, gone, wealth(), before)
		}
	})
}

// Two accounts that are paid to one place are one person's: they neither feed each other nor take two shares.
func TestAccountsOfOneOwnerAreOneTaker(t *testing.T) {
	w, m := packets(t, 4)
	rail := &addressed{newScripted()}
	ctx := context.Background()
	if err := w.tips.Use(ctx, rail); err != nil {
		t.Fatal(err)
	}
	for i, at := range []string{"mallory@pay.example", "mallory@pay.example", "ann@pay.example", "else@pay.example"} {
		if err := w.tips.SetPayee(ctx, m[i], "addressed", "", at); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.tips.SetPayee(ctx, w.ann, "addressed", "", "ann@pay.example"); err != nil {
		t.Fatal(err)
	}
	w.now = w.now.Add(100 * time.Hour)
	p := w.mustLay(12, 4, false)
	for i, want := range []string{"", "refused.packet-person", "refused.packet-person", ""} {
		if _, err := w.tips.ClaimPacket(ctx, m[i], p.ID); asText(err) != want {
			t.Errorf("%d takes: %v, want %q", i, err, want)
		}
	}
	if got, err := w.tips.ClaimPacket(ctx, m[0], p.ID); err != nil || got.Mine != 3 {
		t.Errorf("asking again: %+v, %v", got, err)
	}
	w.verify()
}
