package tips_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"halqa/circles"
	"halqa/internal/store"
	"halqa/internal/store/ledger"
	"halqa/internal/testdb"
	"halqa/internal/tips"
	"halqa/wallet"
)

// A pair is two instances: ann is a member of a, and bob, whose post she tips, one of b. What a asks goes
// straight to b, and what b says waits until deliver.
type pair struct {
	t    testing.TB
	a, b *world

	bob  *circles.Actor // as a knows him
	ann  *circles.Actor // as b knows her
	post circles.PostID // of bob's, as a knows it

	drop, lose bool // the next order does not arrive; its answer does not
	twist      func(*tips.Quote)
	kill       string // where the next process ends
	orders     []tips.Order
	heard      circles.Seq // up to where b's log was delivered
}

const aSite, bSite = "https://a.example", "https://b.example"

func newPair(t testing.TB) *pair { return brokenPair(t, nil) }

// brokenPair is a pair whose databases ask before each statement whether it fails.
func brokenPair(t testing.TB, fault func(string) error) *pair {
	p := &pair{t: t}
	at := time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
	for _, w := range []**world{&p.a, &p.b} {
		*w = &world{t: t, now: at}
		h := *w
		h.store = testdb.OpenFaulty(t, func() time.Time { return h.now }, fault)
	}
	p.a.site, p.b.site = aSite, bSite
	p.fill("")
	return p
}

// fill puts people into both, in place of those that were there.
func (p *pair) fill(suffix string) {
	p.a.fill(suffix)
	p.b.fill(suffix)
	p.open()
	ctx := context.Background()
	p.must(p.b.tips.SetWish(ctx, p.b.bob, tips.Wish{Takes: tips.TakesAll, Abroad: true}))
	p.bob = &circles.Actor{Kind: circles.KindPerson, Name: "bob" + suffix, Host: "b.example", URI: bSite + "/u/bob" + suffix, Inbox: bSite + "/inbox"}
	p.ann = &circles.Actor{Kind: circles.KindPerson, Name: "ann" + suffix, Host: "a.example", URI: aSite + "/u/ann" + suffix, Inbox: aSite + "/inbox"}
	object := fmt.Sprintf("%s/post/%d", bSite, p.b.post)
	p.a.update(func(tx *store.Tx) error {
		p.bob.ID = circles.ActorID(tx.NewID())
		if err := tx.AddActor(p.bob); err != nil {
			return err
		}
		p.post = circles.PostID(tx.NewID())
		if err := tx.AddPost(&circles.Post{ID: p.post, URI: object, Kind: circles.IsPost, Author: circles.PersonID(p.bob.ID), Root: p.post, State: circles.Visible, Listed: true}); err != nil {
			return err
		}
		return tips.KeepLinks(tx, p.bob.ID, []tips.Link{{Kind: tips.LinkEndpoint, Href: p.bob.URI + "/tip"}})
	})
	p.b.update(func(tx *store.Tx) error {
		p.ann.ID = circles.ActorID(tx.NewID())
		if err := tx.AddActor(p.ann); err != nil {
			return err
		}
		return tips.KeepOrigin(tx, "a.example", aSite+"/tip")
	})
}

// open starts a process on each side.
func (p *pair) open() {
	p.t.Helper()
	for _, w := range []*world{p.a, p.b} {
		w.tips = w.open()
		w.tips.Connect(tips.Carrier{Terms: p.terms, Order: p.order})
	}
}

func (p *pair) must(err error) {
	p.t.Helper()
	if err != nil {
		p.t.Fatal(err)
	}
}

func (p *pair) terms(ctx context.Context, endpoint, object string) (*tips.Terms, error) {
	return p.b.tips.TermsOf(ctx, object, p.b.bob.Person)
}

func (p *pair) order(ctx context.Context, payer circles.PersonID, endpoint string, o tips.Order) (*tips.Quote, error) {
	p.orders = append(p.orders, o)
	if p.drop {
		p.drop = false
		return nil, circles.Errorf(circles.Busy, "Their server cannot be reached.")
	}
	p.dies("before the order")
	q, err := (*tips.Quote)(nil), errors.New("connection reset")
	process(func() { q, err = p.b.tips.Answer(ctx, p.ann, o, p.b.bob.Person) })
	p.dies("after the quote")
	if p.lose {
		p.lose = false
		return nil, errors.New("connection reset")
	}
	if err == nil && p.twist != nil {
		p.twist(q)
	}
	if circles.KindOf(err) == circles.Busy { // a 503 does not say what was done before
		err = &circles.Error{Kind: circles.Internal, Message: "Their server is in trouble.", Err: err}
	}
	return q, err
}

// process runs until it is done, or is killed on the way: then nothing of it runs any more.
func process(f func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		f()
	}()
	<-done
}

// dies ends the process that calls it, if its end was meant to be here.
func (p *pair) dies(at string) {
	if p.kill == at {
		p.kill = ""
		runtime.Goexit()
	}
}

func (p *pair) intent(minor int64) tips.Intent {
	in := p.a.intent(tips.Abroad, "CNY", minor)
	in.Post = p.post
	return in
}

func (p *pair) give(minor int64) *tips.Tip {
	p.t.Helper()
	tip, err := p.a.tips.Start(context.Background(), p.a.ann, p.intent(minor))
	p.must(err)
	return tip
}

// taken is b's record of an order, nil if it has none.
func (p *pair) taken(intent string) (tip *ledger.Tip, net int64) {
	p.t.Helper()
	err := p.b.store.View(context.Background(), func(tx *store.Tx) error {
		a, err := ledger.AbroadByIntent(tx, intent)
		if err != nil {
			return err
		}
		if tip, err = ledger.TipBy(tx, a.Tip); err != nil {
			return err
		}
		all, err := ledger.ChargesOf(tx, tip.ID)
		for _, c := range all {
			net += c.Received - c.Refunded - c.Reversed
		}
		return err
	})
	if circles.Is(err, circles.NotFound) {
		return nil, 0
	}
	p.must(err)
	return tip, net
}

// pays sends money over b's rail for an order, and has the rail say so.
func (p *pair) pays(intent string, minor int64) {
	p.t.Helper()
	tip, _ := p.taken(intent)
	p.b.rail.pay(fmt.Sprintf("tip_%d_a1", tip.ID), minor)
	p.b.knock()
	p.b.pass(time.Minute)
}

// news is what b has to say to a since position, in order.
func (p *pair) news(since circles.Seq) []circles.Event {
	p.t.Helper()
	all, err := p.read(since)
	p.must(err)
	return all
}

func (p *pair) read(since circles.Seq) (all []circles.Event, err error) {
	err = p.b.store.View(context.Background(), func(tx *store.Tx) error {
		events, err := tx.EventsAfter(since, 1000)
		for _, e := range events {
			if e.Kind == circles.TipReceipted || e.Kind == circles.TipRevoked {
				all = append(all, e)
			}
		}
		return err
	})
	return all, err
}

// deliver tells a one thing that b says.
func (p *pair) deliver(e circles.Event) error {
	p.t.Helper()
	var r tips.Receipt
	var back int64
	err := p.b.store.View(context.Background(), func(tx *store.Tx) (err error) {
		if len(e.To) != 1 || e.To[0] != aSite+"/inbox" || e.Signer != p.b.bob.Person.Actor() {
			return fmt.Errorf("it goes to %v, signed by %v", e.To, e.Signer)
		}
		r, _, back, err = tips.ReceiptOf(tx, bSite, e.Object)
		return err
	})
	if err != nil {
		return err
	}
	if e.Kind == circles.TipRevoked {
		if back == 0 {
			return nil
		}
		return p.revoke(tips.Revocation{Receipt: r.ID, Payee: r.Payee, Intent: r.Intent, Minor: back, Asset: r.Asset, Exponent: r.Exponent})
	}
	return p.receive(p.bob, r)
}

func (p *pair) receive(from *circles.Actor, r tips.Receipt) (refusal error) {
	p.t.Helper()
	err := p.a.store.Update(context.Background(), func(tx *store.Tx) (err error) {
		refusal, err = p.a.tips.ReceiveReceipt(tx, from, r)
		return err
	})
	return errors.Join(refusal, err)
}

func (p *pair) revoke(r tips.Revocation) (refusal error) {
	p.t.Helper()
	err := p.a.store.Update(context.Background(), func(tx *store.Tx) (err error) {
		refusal, err = p.a.tips.ReceiveRevocation(tx, p.bob, r)
		return err
	})
	return errors.Join(refusal, err)
}

// all delivers what was not delivered yet.
func (p *pair) all() {
	p.t.Helper()
	for _, e := range p.news(p.heard) {
		if err := p.deliver(e); err != nil {
			p.t.Errorf("%s was refused: %v", e.Kind, err)
		}
		p.heard = e.Seq
	}
}

// refusedReceipts is how many the audit tells of.
func (w *world) refusedReceipts() (n int64) {
	for _, a := range w.audits() {
		if a.Rule == "receipt-refused" {
			n += a.N
		}
	}
	return n
}

func intentOf(id int64) string { return fmt.Sprintf("%s/tips/%d", aSite, id) }

// receipt is a good one for a tip.
func (p *pair) receipt(id int64) (r tips.Receipt) {
	p.t.Helper()
	tip, _ := p.taken(intentOf(id))
	p.must(p.b.store.View(context.Background(), func(tx *store.Tx) (err error) {
		r, _, _, err = tips.ReceiptOf(tx, bSite, tip.ID)
		return err
	}))
	return r
}

// Each receipt that is not for this very tip, from who was tipped, is refused with one sentence, and books
// nothing.
func TestReceiptsThatAreRefused(t *testing.T) {
	p := newPair(t)
	ctx := context.Background()
	before := p.give(500)
	p.pays(intentOf(before.ID), 500)
	used := p.receipt(before.ID)
	used.Proof = wallet.Proof{Type: "test-proof", Data: map[string]string{"payment": "one"}}
	p.a.tips.Proves("test-proof", func(q wallet.Proof, _ *tips.Quote) (string, error) {
		if q.Data["payment"] == "" {
			return "", errors.New("nothing is proven")
		}
		return q.Data["payment"], nil
	})
	p.twist = func(q *tips.Quote) { q.Proofs = append(q.Proofs, "test-proof", "another-proof") }
	// The quote of the first was kept without that type.
	if err := p.receive(p.bob, used); err == nil || !strings.Contains(err.Error(), "not quoted") {
		t.Errorf("a proof that was not quoted: %v", err)
	}
	first := p.give(500)
	p.pays(intentOf(first.ID), 500)
	good := p.receipt(first.ID)
	good.Proof = used.Proof
	if err := p.receive(p.bob, good); err != nil {
		t.Fatal(err)
	}

	tip := p.give(700)
	p.pays(intentOf(tip.ID), 700)
	right := p.receipt(tip.ID)
	stranger := &circles.Actor{Kind: circles.KindPerson, Name: "eve", Host: "b.example", URI: bSite + "/u/eve", Inbox: bSite + "/inbox"}
	p.a.update(func(tx *store.Tx) error { stranger.ID = circles.ActorID(tx.NewID()); return tx.AddActor(stranger) })
	for _, c := range []struct {
		what string
		from *circles.Actor
		make func(*tips.Receipt)
		want string
	}{
		{"another post", nil, func(r *tips.Receipt) { r.Object = bSite + "/post/1" }, "for another post"},
		{"more", nil, func(r *tips.Receipt) { r.Minor++ }, "for another amount"},
		{"less", nil, func(r *tips.Receipt) { r.Minor-- }, "for another amount"},
		{"the most there is", nil, func(r *tips.Receipt) { r.Minor = 1<<63 - 1 }, "for another amount"},
		{"below nothing", nil, func(r *tips.Receipt) { r.Minor = -700 }, "for another amount"},
		{"another asset", nil, func(r *tips.Receipt) { r.Asset = "USD" }, "in another asset"},
		{"another division", nil, func(r *tips.Receipt) { r.Exponent = 3 }, "in another asset"},
		{"another binding", nil, func(r *tips.Receipt) { r.Binding[0]++ }, "not bound"},
		{"another's binding", nil, func(r *tips.Receipt) { r.Binding = good.Binding }, "not bound"},
		{"no id", nil, func(r *tips.Receipt) { r.ID = "" }, "no usable id"},
		{"a used id", nil, func(r *tips.Receipt) { r.ID = good.ID }, "used for another tip"},
		{"a used payment", nil, func(r *tips.Receipt) { r.Proof = good.Proof }, "used for another tip"},
		{"no proof", nil, func(r *tips.Receipt) { r.Proof = wallet.Proof{} }, "not quoted"},
		{"an unknown proof", nil, func(r *tips.Receipt) { r.Proof.Type = "another-proof" }, "cannot be checked"},
		{"an empty proof", nil, func(r *tips.Receipt) { r.Proof = wallet.Proof{Type: "test-proof"} }, "does not show"},
		{"an intent of nobody", nil, func(r *tips.Receipt) { r.Intent = aSite + "/tips/1" }, "no such tip"},
		{"no intent", nil, func(r *tips.Receipt) { r.Intent = "" }, "no such tip"},
		{"somebody else's word", stranger, nil, "Only who was tipped"},
		{"in somebody else's name", nil, func(r *tips.Receipt) { r.Payee = stranger.URI }, "Only who was tipped"},
		{"in another's name, with it", stranger, func(r *tips.Receipt) { r.Payee = stranger.URI }, "Only who was tipped"},
	} {
		r, from := right, p.bob
		if c.make != nil {
			c.make(&r)
		}
		if c.from != nil {
			from = c.from
		}
		noted := p.a.refusedReceipts()
		err := p.receive(from, r)
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Count(err.Error(), ".") != 1 {
			t.Errorf("%s: got %v, want one sentence with %q", c.what, err, c.want)
		}
		if now := p.a.tip(tip.ID); now.State != tips.Open || now.Net != 0 || p.a.got(circles.Viewer{Person: circles.PersonID(p.bob.ID)}) != 500 {
			t.Fatalf("%s: it was booked: %+v", c.what, now)
		}
		if p.a.refusedReceipts() != noted+1 {
			t.Errorf("%s: it is not written down", c.what)
		}
	}
	if err := p.revoke(tips.Revocation{Receipt: right.ID, Payee: right.Payee, Intent: right.Intent, Minor: 1, Asset: "CNY", Exponent: 2}); err == nil || !strings.Contains(err.Error(), "no such receipt") {
		t.Errorf("revoked before it was received: %v", err)
	}
	late := right
	p.a.now = p.a.now.Add(15 * 24 * time.Hour)
	if err := p.receive(p.bob, late); err == nil || !strings.Contains(err.Error(), "too late") {
		t.Errorf("after two weeks: %v", err)
	}
	p.a.now = p.a.now.Add(-2 * 24 * time.Hour)
	p.a.pass(time.Minute)
	if now := p.a.tip(tip.ID); now.State != tips.Expired {
		t.Errorf("the tip is %s", now.State)
	}
	for range 2 { // the second time is nothing new
		if err := p.receive(p.bob, right); err != nil {
			t.Fatal(err)
		}
		if now := p.a.tip(tip.ID); now.State != tips.Paid || now.Net != 700 || !now.Late {
			t.Errorf("the right one, after thirteen days: %+v", now)
		}
	}
	again := right
	again.ID += "2"
	if err := p.receive(p.bob, again); err == nil || !strings.Contains(err.Error(), "already") {
		t.Errorf("a second receipt: %v", err)
	}
	for _, c := range []struct {
		r    tips.Revocation
		want string
	}{
		{tips.Revocation{Receipt: right.ID, Payee: right.Payee, Intent: right.Intent, Minor: 701, Asset: "CNY", Exponent: 2}, "More was revoked"},
		{tips.Revocation{Receipt: right.ID, Payee: right.Payee, Intent: right.Intent, Minor: -1, Asset: "CNY", Exponent: 2}, "More was revoked"},
		{tips.Revocation{Receipt: good.ID, Payee: right.Payee, Intent: right.Intent, Minor: 100, Asset: "CNY", Exponent: 2}, "no such receipt"},
		{tips.Revocation{Receipt: right.ID, Payee: right.Payee, Intent: right.Intent, Minor: 100, Asset: "BTC", Exponent: 11}, "another asset"},
		{tips.Revocation{Receipt: right.ID, Payee: stranger.URI, Intent: right.Intent, Minor: 100, Asset: "CNY", Exponent: 2}, "Only who was tipped"},
	} {
		if err := p.revoke(c.r); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: got %v, want %q", c.r, err, c.want)
		}
	}
	if now, err := p.a.tips.Tip(ctx, p.a.ann, tip.ID); err != nil || now.Net != 700 {
		t.Errorf("after all that %+v, %v", now, err)
	}
	p.a.verify()
	p.b.verify()
}

// What the payee's instance will not take it says in one sentence, and neither side has a tip of it.
func TestOrdersThatAreRefused(t *testing.T) {
	p := newPair(t)
	ctx := context.Background()
	right := tips.Order{ID: aSite + "/tips/7", Payer: p.ann.URI, Object: fmt.Sprintf("%s/post/%d", bSite, p.b.post), Minor: 500, Asset: "CNY", Exponent: 2,
		Nonce: "0123456789abcdef", Expires: p.b.now.Add(time.Hour)}
	policy := func(policy tips.Policy) func() {
		return func() {
			p.b.update(func(tx *store.Tx) error {
				return ledger.SavePolicy(tx, ledger.CirclePolicy{Circle: p.b.circle, Policy: policy})
			})
		}
	}
	wish := func(w tips.Wish) func() { return func() { p.must(p.b.tips.SetWish(ctx, p.b.bob, w)) } }
	block := func(actor, target circles.ActorID, on bool) func() {
		return func() {
			p.b.update(func(tx *store.Tx) error { return tx.SetBlock(actor, target, on) })
		}
	}
	bob := p.b.bob.Person.Actor()
	shows := wish(tips.Wish{Takes: tips.TakesAll, Abroad: true})
	for _, c := range []struct {
		what       string
		make       func(*tips.Order)
		before, do func()
		want       string
	}{
		{what: "another's payer", make: func(o *tips.Order) { o.Payer = aSite + "/u/carl" }, want: "signed by somebody other"},
		{what: "no post", make: func(o *tips.Order) { o.Object = bSite + "/post/1" }, want: "nothing here"},
		{what: "a post of somebody elsewhere", make: func(o *tips.Order) { o.Object = "https://c.example/post/1" }, want: "nothing here"},
		{what: "one that only begins like ours", make: func(o *tips.Order) { o.Object = bSite + ".evil/post/1" }, want: "nothing here"},
		{what: "somebody else than asked", make: func(o *tips.Order) { o.Object = bSite + "/u/carl" }, want: "nothing here"},
		{what: "nothing", make: func(o *tips.Order) { o.Minor = 0 }, want: "above zero"},
		{what: "less than nothing", make: func(o *tips.Order) { o.Minor = -500 }, want: "above zero"},
		{what: "less than the least", make: func(o *tips.Order) { o.Minor = 99 }, want: "A tip is"},
		{what: "more than the most", make: func(o *tips.Order) { o.Minor = 1<<63 - 1 }, want: "A tip is"},
		{what: "a foreign asset", make: func(o *tips.Order) { o.Asset = "USD" }, want: "no wallet"},
		{what: "our own credits", make: func(o *tips.Order) { o.Asset, o.Exponent = "CRD", 0 }, want: "no wallet"},
		{what: "another division", make: func(o *tips.Order) { o.Exponent = 3 }, want: "divided otherwise"},
		{what: "an impossible division", make: func(o *tips.Order) { o.Exponent = 13 }, want: "above zero and an asset"},
		{what: "no nonce", make: func(o *tips.Order) { o.Nonce = "" }, want: "nonce"},
		{what: "a note of two lines", make: func(o *tips.Order) { o.Note = "a\nb" }, want: "one line"},
		{what: "a note that turns round", make: func(o *tips.Order) { o.Note = "a\u202eb" }, want: "one line"},
		{what: "a long note", make: func(o *tips.Order) { o.Note = strings.Repeat("x", tips.MaxNote+1) }, want: "one line"},
		{what: "what is over", make: func(o *tips.Order) { o.Expires = p.b.now }, want: "over"},
		{what: "what never ends", make: func(o *tips.Order) { o.Expires = p.b.now.AddDate(1, 0, 0) }, want: "ends within"},
		{what: "half a second", make: func(o *tips.Order) { o.Expires = o.Expires.Add(-time.Second / 2) }, want: "whole second"},
		{what: "likes only", before: policy(tips.PolicyLikesOnly), do: policy(tips.PolicyOn), want: "do not tip"},
		{what: "off", before: policy(tips.PolicyOff), do: policy(tips.PolicyOn), want: "no tips in this circle"},
		{what: "nobody may", before: wish(tips.Wish{Takes: tips.TakesNone, Abroad: true}), do: shows, want: "does not take tips from you"},
		{what: "only whom they follow", before: wish(tips.Wish{Takes: tips.TakesFollowed, Abroad: true}), do: shows, want: "does not take tips from you"},
		{what: "not from elsewhere", before: wish(tips.Wish{Takes: tips.TakesAll}), do: shows, want: "no tips from other servers"},
		{what: "blocked", before: block(bob, p.ann.ID, true), do: block(bob, p.ann.ID, false), want: "cannot tip"},
		{what: "a blocked server", before: func() {
			p.b.update(func(tx *store.Tx) error { return tx.SetHostBlock(p.b.bob.Person, "a.example", true) })
		}, do: func() {
			p.b.update(func(tx *store.Tx) error { return tx.SetHostBlock(p.b.bob.Person, "a.example", false) })
		}, want: "cannot tip"},
		{what: "a server that shows nothing", before: func() {
			p.b.update(func(tx *store.Tx) error { return tips.KeepOrigin(tx, "a.example", "") })
		}, do: func() {
			p.b.update(func(tx *store.Tx) error { return tips.KeepOrigin(tx, "a.example", aSite+"/tip") })
		}, want: "does not show"},
		{what: "a wallet that refuses", before: func() { p.b.rail.down = wallet.ErrLimit }, do: func() { p.b.rail.down = nil }, make: func(o *tips.Order) { o.ID += "1" }, want: "Nothing was paid"},
	} {
		if c.before != nil {
			c.before()
		}
		o := right
		if c.make != nil {
			c.make(&o)
		}
		q, err := p.b.tips.Answer(ctx, p.ann, o, p.b.bob.Person)
		var e *circles.Error
		if !errors.As(err, &e) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %+v, %v, want a sentence with %q", c.what, q, err, c.want)
		}
		if c.do != nil {
			c.do()
		}
		if len(p.b.rail.charges) > 0 {
			t.Fatalf("%s: the wallet was asked for money", c.what)
		}
	}
	if n := p.b.got(p.b.bob); n != 0 {
		t.Errorf("%d were booked", n)
	}

	first, err := p.b.tips.Answer(ctx, p.ann, right, p.b.bob.Person)
	if err != nil {
		t.Fatal(err)
	}
	again, err := p.b.tips.Answer(ctx, p.ann, right, 0)
	if err != nil || fmt.Sprintf("%+v", again) != fmt.Sprintf("%+v", first) || p.b.rail.creates != 2 { // one was refused
		t.Errorf("the same order again: %+v, %v, want %+v; %d times asked", again, err, first, p.b.rail.creates)
	}
	other := right
	other.Minor++
	if _, err := p.b.tips.Answer(ctx, p.ann, other, 0); !circles.Is(err, circles.Conflict) {
		t.Errorf("the same id for another amount: %v", err)
	}
	policy(tips.PolicyOff)()
	if _, err := p.b.tips.Answer(ctx, p.ann, right, 0); err == nil || !strings.Contains(err.Error(), "no tips in this circle") {
		t.Errorf("the same order after the policy changed: %v", err)
	}
	p.b.verify()
}

// A quote that is not for what was asked is worth nothing to the payer, who is told so at once.
func TestQuotesThatAreRefused(t *testing.T) {
	p := newPair(t)
	for what, twist := range map[string]func(*tips.Quote){
		"another payee":   func(q *tips.Quote) { q.Payee = bSite + "/u/carl" },
		"another amount":  func(q *tips.Quote) { q.Minor++ },
		"another asset":   func(q *tips.Quote) { q.Asset = "USD" },
		"another order":   func(q *tips.Quote) { q.Intent += "0" },
		"another binding": func(q *tips.Quote) { q.Binding[3]++ },
		"no way to pay":   func(q *tips.Quote) { q.Actions = nil },
		"a greedy fee":    func(q *tips.Quote) { q.Fee = q.Minor + 1 },
		"no end":          func(q *tips.Quote) { q.Expires = q.Expires.AddDate(1, 0, 0) },
	} {
		p.twist = twist
		tip, err := p.a.tips.Start(context.Background(), p.a.ann, p.intent(500))
		var e *circles.Error
		if !errors.As(err, &e) || e.Text != "refused.tip-they-say" {
			t.Errorf("%s: got %+v, %v", what, tip, err)
		}
		all, err := p.a.tips.History(context.Background(), p.a.ann, 0, 1)
		p.must(err)
		if all[0].State != tips.Failed {
			t.Errorf("%s: the tip is %s", what, all[0].State)
		}
	}
	p.a.verify()
}

// Either process is killed wherever the tip is between two transactions. The clocks bring it to its end: the
// wallet is asked for one charge, the money is booked once on both sides, and the payer sees how to pay; or
// both know that nothing will come of it.
func TestKilledBetweenTwoSteps(t *testing.T) {
	for _, at := range []string{"before the order", "before the wallet", "after the wallet", "after the quote", "paid", "told"} {
		p := newPair(t)
		p.kill = at
		p.b.rail.dies = p.dies
		process(func() { _, _ = p.a.tips.Start(context.Background(), p.a.ann, p.intent(500)) })
		restart := func() {
			p.open()
			for _, w := range []*world{p.b, p.a, p.b, p.a} {
				w.pass(time.Minute)
			}
		}
		restart()
		all, err := p.a.tips.History(context.Background(), p.a.ann, 0, 10)
		if err != nil || len(all) != 1 {
			t.Fatalf("%s: a has %v, %v", at, all, err)
		}
		id := all[0].ID
		if at == "before the wallet" { // which says that it never heard of it: both sides begin anew
			theirs, net := p.taken(intentOf(id))
			if tip := p.a.tip(id); tip.State != tips.Failed || theirs.State != tips.Failed || net != 0 || len(p.b.rail.charges) != 0 || p.b.got(p.b.bob) != 0 {
				t.Errorf("%s: a has %+v, b %+v", at, tip, theirs)
			}
			continue
		}
		if tip := p.a.tip(id); tip.State != tips.Open || len(tip.Actions) != 1 {
			t.Errorf("%s: a has %+v", at, tip)
		}
		if len(p.b.rail.charges) != 1 {
			t.Errorf("%s: the wallet has %d charges", at, len(p.b.rail.charges))
		}
		p.pays(intentOf(id), 500)
		if at == "paid" {
			restart()
		}
		for range 2 { // b is killed before it notes that a took it
			p.heard = 0
			p.all()
			if at == "told" {
				restart()
			}
		}
		_, net := p.taken(intentOf(id))
		if tip := p.a.tip(id); tip.State != tips.Paid || tip.Net != 500 || net != 500 || p.b.got(p.b.bob) != 500 ||
			p.a.got(circles.Viewer{Person: circles.PersonID(p.bob.ID)}) != 500 || p.b.tippers() != 1 {
			t.Errorf("%s: a has %d (%s), b %d; booked %d", at, tip.Net, tip.State, net, p.b.got(p.b.bob))
		}
		p.a.verify()
		p.b.verify()
	}
}

// TestPropertyBothSidesAgree plays what can happen to a tip between two instances, with orders and answers
// lost, processes that end anywhere, and what b says told twice, late or not at once. In the end both have
// the same.
func TestPropertyBothSidesAgree(t *testing.T) {
	p := newPair(t)
	plays := 0
	ctx := context.Background()
	rapid.Check(t, func(rt *rapid.T) {
		if plays++; plays > 1 {
			p.heard = 0
			if all := p.news(0); len(all) > 0 {
				p.heard = all[len(all)-1].Seq
			}
			p.fill(fmt.Sprint(plays))
		}
		var told []circles.Event
		var mine []int64
		for range rapid.IntRange(1, 12).Draw(rt, "steps") {
			pick := func() int64 {
				if len(mine) == 0 {
					return 0
				}
				return mine[rapid.IntRange(0, len(mine)-1).Draw(rt, "which")]
			}
			switch rapid.IntRange(0, 8).Draw(rt, "what") {
			case 0, 1:
				p.drop, p.lose = rapid.IntRange(0, 3).Draw(rt, "drop") == 0, rapid.IntRange(0, 3).Draw(rt, "lose") == 0
				_, err := p.a.tips.Start(ctx, p.a.ann, p.intent(rapid.Int64Range(100, 900).Draw(rt, "minor")))
				var refused *circles.Error
				if err != nil && !errors.As(err, &refused) {
					rt.Fatal(err)
				}
				p.drop, p.lose = false, false
				all, err := p.a.tips.History(ctx, p.a.ann, 0, 1)
				if err != nil {
					rt.Fatal(err)
				}
				mine = append(mine, all[0].ID)
			case 2, 3:
				if id := pick(); id != 0 {
					if tip, _ := p.taken(intentOf(id)); tip != nil {
						p.pays(intentOf(id), rapid.Int64Range(50, 900).Draw(rt, "paid"))
					}
				}
			case 4:
				if id := pick(); id != 0 {
					if tip, net := p.taken(intentOf(id)); tip != nil && net > 0 {
						back := rapid.Int64Range(1, net).Draw(rt, "back")
						p.b.rail.change(fmt.Sprintf("tip_%d_a1", tip.ID), func(c *wallet.Charge) { c.Reversed += wallet.Units(back) })
						p.b.knock()
						p.b.pass(time.Minute)
					}
				}
			case 5:
				for _, e := range p.news(p.heard) {
					if err := p.deliver(e); err != nil {
						rt.Fatalf("%s: %v", e.Kind, err)
					}
					told, p.heard = append(told, e), e.Seq
				}
			case 6: // told again, and out of order
				for i := len(told) - 1; i >= 0; i-- {
					if err := p.deliver(told[i]); err != nil {
						rt.Fatalf("%s again: %v", told[i].Kind, err)
					}
				}
			case 7:
				p.open() // other processes
			case 8:
				for _, w := range []*world{p.a, p.b} {
					w.pass(2 * time.Minute)
				}
			}
		}
		for _, w := range []*world{p.a, p.b} {
			w.pass(3 * time.Minute)
		}
		for _, e := range p.news(p.heard) {
			if err := p.deliver(e); err != nil {
				rt.Fatalf("%s: %v", e.Kind, err)
			}
			p.heard = e.Seq
		}
		var sum int64
		for _, id := range mine {
			tip := p.a.tip(id)
			theirs, net := p.taken(intentOf(id))
			want := int64(0)
			if theirs != nil && theirs.PaidAt != 0 {
				want = min(max(net, 0), theirs.Amount)
			}
			if tip.Net != want {
				rt.Fatalf("tip %d: a has %d (%s), b has %d of %d paid at %d", id, tip.Net, tip.State, net, tip.Amount, theirs.PaidAt)
			}
			sum += want
		}
		if got := p.a.got(circles.Viewer{Person: circles.PersonID(p.bob.ID)}); got != sum {
			rt.Fatalf("a's books remember %d for bob, want %d", got, sum)
		}
	})
	p.a.verify()
	p.b.verify()
}

// The binding is the digest of the order in canonical JSON, which others can make with any library for that.
func TestBindingIsCanonical(t *testing.T) {
	o := tips.Order{ID: aSite + "/tips/7", Payer: aSite + "/u/ann", Object: bSite + "/post/9", Minor: 21000, Asset: "BTC", Exponent: 11,
		Nonce: "0123456789abcdef", Expires: time.Date(2026, 11, 22, 11, 0, 0, 0, time.UTC), Note: "<leeks> & \"tea\" \\ \u2028 茶"}
	// sha256 of {"actor":"https://a.example/u/ann","amountMinor":"21000","asset":"BTC/11","content":"<leeks> & \"tea\" \\ \u2028 茶", …} with U+2028 as it is
	const want = "989e5bfbd482681f836f336dfdd888271b4581395c1c87dbb9aeaff8f8cf85ff"
	got, err := o.Binding().MarshalText()
	if err != nil || string(got) != want {
		t.Errorf("got %s, %v, want %s", got, err, want)
	}
}
