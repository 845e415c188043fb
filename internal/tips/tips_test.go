package tips_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"halqa/circles"
	"halqa/internal/store"
	"halqa/internal/store/ledger"
	"halqa/wallet"
)

// memo is what the books remember of a rail's money.
func memo(tx *store.Tx, person circles.PersonID) (int64, error) {
	return ledger.Balance(tx, fmt.Sprintf("memo:got:%d:CNY", person))
}

func TestCreditsReachThePayeeAfterTenMinutes(t *testing.T) {
	w := newWorld(t)
	w.grant(100)
	tip := w.start(w.intent("credits", "CRD", 30))
	if tip.State != ledger.TipHeld || w.balance(w.ann) != 70 || w.balance(w.bob) != 0 || w.tippers() != 0 {
		t.Fatalf("just given: %s, ann has %d, bob %d, %d tipped", tip.State, w.balance(w.ann), w.balance(w.bob), w.tippers())
	}
	if want := w.now.Add(10 * time.Minute).UnixMicro(); tip.UndoEnds != want {
		t.Errorf("undo until %d, want %d", tip.UndoEnds, want)
	}
	w.pass(10 * time.Minute)
	tip = w.tip(tip.ID)
	if tip.State != ledger.TipPaid || w.balance(w.bob) != 30 || w.tippers() != 1 || tip.UndoEnds != 0 {
		t.Errorf("ten minutes later: %s, bob has %d, %d tipped", tip.State, w.balance(w.bob), w.tippers())
	}
	if got := w.kinds(); !slices.Equal(got, []circles.EventKind{circles.TipPaid}) {
		t.Errorf("the log says %v, want the payment once", got)
	}
	_, err := w.tips.Undo(context.Background(), w.ann, tip.ID)
	wantKind(t, err, circles.Forbidden)
	w.verify()
}

func TestCreditsCanBeUndone(t *testing.T) {
	w := newWorld(t)
	w.grant(100)
	tip := w.start(w.intent("credits", "CRD", 30))
	_, err := w.tips.Undo(context.Background(), w.bob, tip.ID)
	wantKind(t, err, circles.Forbidden) // only its payer
	_, err = w.tips.Undo(context.Background(), w.carl, tip.ID)
	wantKind(t, err, circles.NotFound)
	w.now = w.now.Add(9*time.Minute + 59*time.Second)
	tip, err = w.tips.Undo(context.Background(), w.ann, tip.ID)
	if err != nil || tip.State != ledger.TipCanceled || w.balance(w.ann) != 100 {
		t.Fatalf("undone: %v, %v, ann has %d", tip, err, w.balance(w.ann))
	}
	w.pass(time.Hour)
	if w.balance(w.ann) != 100 || w.balance(w.bob) != 0 || len(w.kinds()) != 0 {
		t.Errorf("an hour later ann has %d, bob %d; the log says %v", w.balance(w.ann), w.balance(w.bob), w.kinds())
	}
	w.verify()
}

func TestWhoMayTip(t *testing.T) {
	w := newWorld(t)
	w.grant(10)
	one := w.intent("credits", "CRD", 5)
	for _, c := range []struct {
		name   string
		who    circles.Viewer
		change func()
		in     func() (i int)
		kind   circles.Kind
		amount int64
	}{
		{name: "nobody", who: circles.Viewer{}, amount: 5, kind: circles.Denied},
		{name: "the author", who: w.bob, amount: 5, kind: circles.Forbidden},
		{name: "without enough", who: w.ann, amount: 11, kind: circles.Forbidden},
		{name: "too little", who: w.ann, amount: 0, kind: circles.Invalid},
		{name: "too much", who: w.ann, amount: 1001, kind: circles.Invalid},
	} {
		in := one
		in.Once, in.Amount.Minor = c.name, c.amount
		_, err := w.tips.Start(context.Background(), c.who, in)
		t.Log(c.name, err)
		wantKind(t, err, c.kind)
	}
	update := func(f func(*store.Tx) error) {
		t.Helper()
		if err := w.store.Update(context.Background(), f); err != nil {
			t.Fatal(err)
		}
	}
	for name, pair := range map[string][2]circles.Viewer{"blocked by bob": {w.bob, w.ann}, "blocks bob": {w.ann, w.bob}} {
		update(func(tx *store.Tx) error { return tx.SetBlock(pair[0].Person.Actor(), pair[1].Person.Actor(), true) })
		in := one
		in.Once = name
		_, err := w.tips.Start(context.Background(), w.ann, in)
		wantKind(t, err, circles.Forbidden)
		update(func(tx *store.Tx) error { return tx.SetBlock(pair[0].Person.Actor(), pair[1].Person.Actor(), false) })
	}
	answer := circles.PostID(0)
	update(func(tx *store.Tx) error {
		p, err := tx.Post(w.post)
		if err != nil {
			return err
		}
		p.Sensitive = true
		if err := tx.SavePostText(p); err != nil {
			return err
		}
		answer = circles.PostID(tx.NewID())
		return tx.AddPost(&circles.Post{ID: answer, URI: "/comment/answer", Kind: circles.IsComment, Circle: w.circle, Author: w.bob.Person,
			Root: w.post, Parent: w.post, Depth: 1, State: circles.Visible})
	})
	below := one
	below.Post, below.Once = answer, "below a sensitive post"
	if _, err := w.tips.Start(context.Background(), w.ann, below); err == nil {
		t.Error("an answer below a sensitive post was tipped")
	} else {
		wantKind(t, err, circles.Forbidden)
	}
	update(func(tx *store.Tx) error {
		c, err := tx.Circle(w.circle)
		if err != nil {
			return err
		}
		c.Sensitive = true
		return tx.SaveCircle(c)
	})
	_, err := w.tips.Start(context.Background(), w.ann, one)
	wantKind(t, err, circles.Forbidden)
	if w.balance(w.ann) != 10 {
		t.Errorf("after nothing but refusals ann has %d", w.balance(w.ann))
	}
	w.verify()
}

// What stands in no circle is tipped by who may read it: anybody, or who follows whoever began the thread.
func TestLoosePostsAreTippedByWhoMayReadThem(t *testing.T) {
	w := newWorld(t)
	w.rich(100)
	var listed, quiet, answer, below, sensitive circles.PostID
	w.update(func(tx *store.Tx) error {
		add := func(p circles.Post) (circles.PostID, error) {
			p.ID = circles.PostID(tx.NewID())
			p.URI, p.State = fmt.Sprintf("/post/%d", p.ID), circles.Visible
			if p.Root == 0 {
				p.Root, p.Kind = p.ID, circles.IsPost
			} else {
				p.Parent, p.Kind, p.Depth = p.Root, circles.IsComment, 1
			}
			return p.ID, tx.AddPost(&p)
		}
		var err error
		for _, x := range []struct {
			id *circles.PostID
			p  func() circles.Post
		}{
			{&listed, func() circles.Post { return circles.Post{Author: w.bob.Person, Listed: true} }},
			{&quiet, func() circles.Post { return circles.Post{Author: w.bob.Person} }},
			{&answer, func() circles.Post { return circles.Post{Author: w.carl.Person, Root: quiet} }},
			{&sensitive, func() circles.Post { return circles.Post{Author: w.bob.Person, Listed: true, Sensitive: true} }},
			{&below, func() circles.Post { return circles.Post{Author: w.carl.Person, Root: sensitive, Listed: true} }},
		} {
			if *x.id, err = add(x.p()); err != nil {
				return err
			}
		}
		return nil
	})
	try := func(post circles.PostID) string {
		in := w.intent("credits", "CRD", 1)
		in.Post = post
		_, err := w.tips.Check(context.Background(), w.ann, in)
		_, started := w.tips.Start(context.Background(), w.ann, in)
		if textOf(err) != textOf(started) {
			t.Errorf("post %d: looking says %v, giving %v", post, err, started)
		}
		if err == nil {
			return ""
		}
		return textOf(err)
	}
	for _, c := range []struct {
		name          string
		post          circles.PostID
		as, following string // what ann is told before and after she follows bob
	}{
		{"in lists", listed, "", ""},
		{"out of lists", quiet, "refused.tip-no-post", ""},
		{"answer in a thread out of lists", answer, "refused.tip-no-post", ""},
		{"sensitive", sensitive, "refused.tip-sensitive", "refused.tip-sensitive"},
		{"answer below a sensitive post", below, "refused.tip-sensitive", "refused.tip-sensitive"},
	} {
		if got := try(c.post); got != c.as {
			t.Errorf("%s: %q, want %q", c.name, got, c.as)
		}
	}
	var follow int64
	w.update(func(tx *store.Tx) error {
		follow = tx.NewID()
		return tx.AddFollow(&circles.Follow{ID: follow, Follower: w.ann.Person.Actor(), Followee: w.bob.Person.Actor(), State: circles.FollowPending, At: tx.Now()})
	})
	if got := try(quiet); got != "refused.tip-no-post" {
		t.Errorf("who only asked to follow: %q", got)
	}
	w.update(func(tx *store.Tx) error {
		f, err := tx.Following(w.ann.Person.Actor(), w.bob.Person.Actor())
		if err != nil {
			return err
		}
		f.State = circles.FollowActive
		return tx.SaveFollow(f)
	})
	for post, want := range map[circles.PostID]string{listed: "", quiet: "", answer: "", sensitive: "refused.tip-sensitive", below: "refused.tip-sensitive"} {
		if got := try(post); got != want {
			t.Errorf("post %d, following: %q, want %q", post, got, want)
		}
	}
}

func TestAFormSentTwiceIsOneTip(t *testing.T) {
	w := newWorld(t)
	w.grant(100)
	in := w.intent("credits", "CRD", 30)
	first, again := w.start(in), w.start(in)
	if first.ID != again.ID || w.balance(w.ann) != 70 {
		t.Errorf("tips %d and %d, ann has %d", first.ID, again.ID, w.balance(w.ann))
	}
}

func TestCountersAreBookedByTheirDifferences(t *testing.T) {
	const key = ""
	for _, c := range []struct {
		name    string
		script  func(*world)
		state   ledger.TipState
		got     int64
		tippers int
		late    bool
	}{
		{"exact", func(w *world) { w.rail.pay(key, 500) }, ledger.TipPaid, 500, 1, false},
		{"under", func(w *world) { w.rail.pay(key, 300) }, ledger.TipShort, 300, 1, false},
		{"in two parts", func(w *world) { w.rail.pay(key, 300); w.pass(time.Minute); w.rail.pay(key, 200) }, ledger.TipPaid, 500, 1, false},
		{"over", func(w *world) { w.rail.pay(key, 700) }, ledger.TipPaid, 700, 1, false},
		{"late", func(w *world) {
			w.pass(2 * time.Hour)
			w.rail.change(key, func(c *wallet.Charge) { c.State, c.Actions = wallet.Expired, nil })
			w.pass(time.Hour)
			w.rail.pay(key, 500)
		}, ledger.TipPaid, 500, 1, true},
		{"expired", func(w *world) {
			w.rail.change(key, func(c *wallet.Charge) { c.State, c.Actions = wallet.Expired, nil })
		}, ledger.TipExpired, 0, 0, false},
		{"seen and gone", func(w *world) {
			w.rail.change(key, func(c *wallet.Charge) { c.State, c.Pending = wallet.Processing, 500 })
			w.pass(time.Minute)
			w.rail.change(key, func(c *wallet.Charge) { c.State, c.Pending = wallet.Pending, 0 })
		}, ledger.TipOpen, 0, 0, false},
		{"charged back", func(w *world) {
			w.rail.pay(key, 500)
			w.pass(time.Minute)
			w.rail.change(key, func(c *wallet.Charge) { c.State, c.Reversed = wallet.Reversed, 500 })
			w.knock()
		}, ledger.TipReturned, 0, 0, false},
		{"partly charged back", func(w *world) {
			w.rail.pay(key, 500)
			w.pass(time.Minute)
			w.rail.change(key, func(c *wallet.Charge) { c.Reversed = 200 })
			w.knock()
		}, ledger.TipShort, 300, 1, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			tip := w.start(w.intent("scripted", "CNY", 500))
			if tip.State != ledger.TipOpen || len(tip.Actions) != 1 {
				t.Fatalf("begun: %+v", tip)
			}
			c.script(w)
			w.pass(3 * time.Hour)
			tip = w.tip(tip.ID)
			if tip.State != c.state || tip.Net != c.got || w.got(w.bob) != c.got || w.tippers() != c.tippers || tip.Late != c.late {
				t.Errorf("%s, net %d, late %t, the books say %d, %d tipped; want %s, %d, %t, %d", tip.State, tip.Net, tip.Late, w.got(w.bob), w.tippers(), c.state, c.got, c.late, c.tippers)
			}
			w.verify()
		})
	}
}

// knock is the rail's webhook for all it has.
func (w *world) knock() {
	w.t.Helper()
	for _, c := range w.rail.charges {
		reply, err := w.tips.Webhook(context.Background(), w.rail.d.Name, http.Header{"Signature": {"good"}}, "", []byte(c.ID))
		if err != nil || string(reply.Body) != "success" {
			w.t.Fatalf("webhook: %v, %q", err, reply.Body)
		}
	}
}

func TestAnAnswerThatWasLost(t *testing.T) {
	t.Run("after the rail made it", func(t *testing.T) {
		w := newWorld(t)
		w.rail.lose = true
		tip := w.start(w.intent("scripted", "CNY", 500))
		if tip.State != ledger.TipOpen || !tip.Asking {
			t.Fatalf("nobody knows, and the tip is %s, asking %t", tip.State, tip.Asking)
		}
		w.rail.lose = false
		w.pass(time.Minute)
		if tip = w.tip(tip.ID); tip.Asking || len(tip.Actions) != 1 {
			t.Errorf("asked by its key: asking %t, %d actions", tip.Asking, len(tip.Actions))
		}
		w.rail.pay("", 500)
		w.pass(time.Hour)
		if w.got(w.bob) != 500 || w.rail.creates != 1 {
			t.Errorf("bob got %d in %d charges", w.got(w.bob), w.rail.creates)
		}
	})
	t.Run("before", func(t *testing.T) {
		w := newWorld(t)
		w.rail.down = wallet.ErrIndeterminate
		tip := w.start(w.intent("scripted", "CNY", 500))
		w.rail.down = nil
		w.pass(time.Minute)
		if tip = w.tip(tip.ID); tip.State != ledger.TipFailed {
			t.Errorf("a key that the rail never heard of: %s, want failed", tip.State)
		}
	})
	t.Run("nothing happened", func(t *testing.T) {
		w := newWorld(t)
		w.rail.down = wallet.ErrTemporary
		_, err := w.tips.Start(context.Background(), w.ann, w.intent("scripted", "CNY", 500))
		wantKind(t, err, circles.Busy)
		w.rail.down = nil
		w.pass(time.Hour)
		if len(w.rail.charges) != 0 {
			t.Error("a charge was made behind the payer's back")
		}
	})
	t.Run("the rail is down for a while", func(t *testing.T) {
		w := newWorld(t)
		tip := w.start(w.intent("scripted", "CNY", 500))
		w.rail.down = wallet.ErrIndeterminate
		w.pass(30 * time.Minute)
		if tip = w.tip(tip.ID); tip.State != ledger.TipOpen {
			t.Errorf("an outage made it %s", tip.State)
		}
		w.rail.down = nil
		w.rail.pay("", 500)
		w.pass(30 * time.Minute)
		if w.got(w.bob) != 500 {
			t.Errorf("after the outage bob got %d", w.got(w.bob))
		}
	})
}

func TestARailThatLies(t *testing.T) {
	for name, lie := range map[string]func(*wallet.Charge){
		"another amount":          func(c *wallet.Charge) { c.Requested.Minor = 1 },
		"another asset":           func(c *wallet.Charge) { c.Requested.Asset = "BTC" },
		"another key":             func(c *wallet.Charge) { c.Key = "tip_1_a1" },
		"another charge":          func(c *wallet.Charge) { c.ID = "other" },
		"less than before":        func(c *wallet.Charge) { c.Received = 100 },
		"more back than came":     func(c *wallet.Charge) { c.Reversed = 900 },
		"the same revision":       func(c *wallet.Charge) { c.Received, c.Revision = 900, c.Revision-1 },
		"a state there is not":    func(c *wallet.Charge) { c.State = "done" },
		"an earlier revision":     func(c *wallet.Charge) { c.Received, c.Revision = 900, 0 },
		"sums that do not fit":    func(c *wallet.Charge) { c.Refunded, c.Reversed = 1<<62, 1<<62 },
		"more actions than there": func(c *wallet.Charge) { c.Actions = make([]wallet.Action, 100) },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			tip := w.start(w.intent("scripted", "CNY", 500))
			w.rail.pay("", 500)
			w.pass(time.Minute)
			w.rail.change("", lie)
			w.knock()
			w.pass(time.Hour)
			if tip = w.tip(tip.ID); tip.State != ledger.TipPaid || w.got(w.bob) != 500 {
				t.Errorf("believed: %s, bob got %d", tip.State, w.got(w.bob))
			}
			w.verify()
		})
	}
}

func TestWebhook(t *testing.T) {
	w := newWorld(t)
	tip := w.start(w.intent("scripted", "CNY", 500))
	w.rail.pay("", 500)
	for name, c := range map[string]struct {
		rail, signature string
		kind            circles.Kind
	}{
		"a stranger's": {"scripted", "bad", circles.Denied},
		"no such rail": {"nowhere", "good", circles.NotFound},
		"no listener":  {"credits", "good", circles.NotFound},
	} {
		_, err := w.tips.Webhook(context.Background(), c.rail, http.Header{"Signature": {c.signature}}, "", []byte("x"))
		t.Log(name)
		wantKind(t, err, c.kind)
	}
	for range 50 {
		w.knock()
	}
	if w.got(w.bob) != 0 {
		t.Error("a webhook moved money")
	}
	if err := w.tips.Sweep(context.Background()); err != nil {
		t.Fatal(err)
	}
	if w.got(w.bob) != 500 || w.tip(tip.ID).State != ledger.TipPaid {
		t.Errorf("looked: bob got %d", w.got(w.bob))
	}
}

func TestFeedFindsWhatWebhooksLost(t *testing.T) {
	w := newWorld(t)
	var ids []int64
	for range 5 {
		ids = append(ids, w.start(w.intent("scripted", "CNY", 500)).ID)
	}
	w.rail.pay("", 500)
	w.pass(time.Minute)
	// Chargebacks come without a poll: nothing is due any more.
	w.rail.change("", func(c *wallet.Charge) { c.State, c.Reversed = wallet.Reversed, 500 })
	w.pass(time.Hour)
	if w.got(w.bob) != 2500 {
		t.Fatalf("before the feed was read bob got %d", w.got(w.bob))
	}
	for range 2 {
		if err := w.tips.ReadFeeds(context.Background()); err != nil {
			t.Fatal(err)
		}
		if err := w.tips.Sweep(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
	for _, id := range ids {
		if tip := w.tip(id); tip.State != ledger.TipReturned {
			t.Errorf("tip %d: %s, want returned", id, tip.State)
		}
	}
	if w.got(w.bob) != 0 || w.tippers() != 0 {
		t.Errorf("after the feed was read bob got %d, %d tipped", w.got(w.bob), w.tippers())
	}
	w.verify()
}

func TestRefund(t *testing.T) {
	w := newWorld(t)
	tip := w.start(w.intent("scripted", "CNY", 500))
	w.rail.pay("", 500)
	w.pass(time.Minute)
	ctx := context.Background()
	err := w.tips.Refund(ctx, w.ann, tip.ID, 100, "")
	wantKind(t, err, circles.Forbidden) // only its payee gives back
	err = w.tips.Refund(ctx, w.bob, tip.ID, 501, "")
	wantKind(t, err, circles.Invalid)
	if err := w.tips.Refund(ctx, w.bob, tip.ID, 400, "a mistake"); err != nil {
		t.Fatal(err)
	}
	err = w.tips.Refund(ctx, w.bob, tip.ID, 200, "") // 400 are on their way
	wantKind(t, err, circles.Invalid)
	w.pass(time.Hour)
	if got := w.tip(tip.ID); got.Net != 500 || len(got.Refunds) != 1 {
		t.Errorf("pending: net %d, %d refunds", got.Net, len(got.Refunds))
	}
	w.rail.finishRefund()
	w.pass(2 * time.Hour)
	if got := w.tip(tip.ID); got.Net != 100 || got.State != ledger.TipShort || w.got(w.bob) != 100 {
		t.Errorf("given back: net %d, %s, the books say %d", got.Net, got.State, w.got(w.bob))
	}
	if got := w.kinds(); !slices.Equal(got, []circles.EventKind{circles.TipPaid, circles.TipReturned}) {
		t.Errorf("the log says %v", got)
	}
	w.verify()
}

func TestGrant(t *testing.T) {
	w := newWorld(t)
	ctx := context.Background()
	crd := wallet.Amount{Minor: 5, Asset: "CRD"}
	admin := circles.Viewer{Person: w.carl.Person, Role: circles.SiteAdmin}
	wantKind(t, w.tips.Grant(ctx, w.carl, w.ann.Person, crd, "why", "1"), circles.Forbidden)
	wantKind(t, w.tips.Grant(ctx, admin, w.ann.Person, crd, "", "1"), circles.Invalid)
	wantKind(t, w.tips.Grant(ctx, admin, w.ann.Person, wallet.Amount{Minor: 5, Asset: "CNY"}, "why", "1"), circles.Invalid)
	wantKind(t, w.tips.Grant(ctx, admin, circles.PersonID(w.circle), crd, "why", "1"), circles.NotFound)
	for range 3 {
		if err := w.tips.Grant(ctx, admin, w.ann.Person, crd, "why", "1"); err != nil {
			t.Fatal(err)
		}
	}
	if w.balance(w.ann) != 5 {
		t.Errorf("ann has %d, want 5", w.balance(w.ann))
	}
	for i, who := range []circles.Viewer{w.ann, w.bob} {
		err := w.store.Update(ctx, func(tx *store.Tx) error {
			return tx.AddAccount(&store.Account{Person: who.Person, Password: "x", Role: circles.SiteMember})
		})
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if err := w.tips.Welcome(ctx, wallet.Amount{Minor: 10, Asset: "CRD"}); err != nil {
				t.Fatal(err)
			}
		}
		if ann, bob := w.balance(w.ann), w.balance(w.bob); ann != 15 || bob != int64(10*i) {
			t.Errorf("welcomed %d: ann has %d, bob %d", i+1, ann, bob)
		}
	}
	w.verify()
}
