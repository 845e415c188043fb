package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"halqa/internal/tips"
	"halqa/wallet"
	"halqa/wallet/remote"
	"halqa/wallet/wallettest"
)

// People tip across two instances, over a wallet, and in credits, while now the payer's instance, now the
// payee's, now the wallet's adapter is killed. When they have settled, both ledgers, and the bank that saw
// the money itself, agree to the unit; and whatever form was sent, however often, is one tip.
//
// HALQA_TEST_SEED plays a seed again, as far as processes do; HALQA_TEST_SLOW=1 kills more often.
func TestTipCrash(t *testing.T) {
	kills, seed := crashPlan(t)
	chance := rand.New(rand.NewPCG(seed, 0))

	bank := newBank(t)
	adapter := newProcess(t, "TestCrashWallet", envCrashBank+"="+bank.url)
	adapter.start()
	here, there := newChild(t), newChild(t)
	there.env = []string{envCrashWallet + "=" + adapter.base}
	for i, c := range []*child{here, there} {
		c.start()
		for _, who := range crashPeople[i] {
			c.must(deed{Verb: "person", Who: who})
		}
		c.must(deed{Verb: "circle", Who: crashPeople[i][0], Circle: crashCircles[i]})
		c.must(deed{Verb: "join", Who: crashPeople[i][1], Circle: crashCircles[i] + "@" + c.host()})
	}
	post := func(c *child, who, circle string) string {
		answer, err := c.do(t.Context(), deed{Verb: "post", Who: who, Circle: circle, Title: "Leeks", Text: "My first."})
		if err != nil || answer.Address == "" {
			t.Fatalf("%+v, %v", answer, err)
		}
		return answer.Address
	}
	far, near := post(there, "bela", "beta"), post(here, "arno", "alpha")
	if !within(patience, func() bool {
		answer, err := there.do(t.Context(), deed{Verb: "payee", Who: "bela"}) // the wallet is added by the clock
		return err == nil && answer.Refused == ""
	}) {
		t.Fatal("the wallet was not added")
	}
	here.must(deed{Verb: "fetch", At: far})
	const rich = 100_000
	here.must(deed{Verb: "rich", Who: "anna", Value: rich, Text: "once"})

	bank.hook = there.base + "/wallet/fake/webhook"
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	givers := []*giver{
		{name: "anna", at: far, wallet: tips.Abroad, child: here},
		{name: "arno", at: far, wallet: tips.Abroad, child: here},
		{name: "boris", at: far, wallet: "fake", child: there},
		{name: "anna", at: near, wallet: "credits", child: here},
	}
	var people sync.WaitGroup
	for i, g := range givers {
		g.bank, g.there, g.chance = bank, there, rand.New(rand.NewPCG(seed, uint64(1+i)))
		people.Go(func() { g.work(ctx) })
	}
	pause := func(most time.Duration) {
		select {
		case <-time.After(time.Duration(chance.Int64N(int64(most)))):
		case <-ctx.Done():
		}
	}
	answered := func() (n int) {
		for _, g := range givers {
			n += g.given()
		}
		return n
	}
	for n := range kills {
		within(settled, func() bool { return answered() >= 4*(n+1) }) // however busy the machine is
		pause(500 * time.Millisecond)
		one := []*child{here, there, adapter}[chance.IntN(3)]
		one.kill()
		if chance.IntN(4) == 0 {
			pause(300 * time.Millisecond) // it stays away
		}
		one.start()
	}
	pause(500 * time.Millisecond)
	stop()
	people.Wait()
	bank.letters.Wait()
	for _, g := range givers {
		if g.failed != nil {
			t.Fatal(g.failed)
		}
	}

	// While they settle nobody is killed, and the clock runs faster.
	processes := []*child{here, there, adapter}
	var wrong []string
	agree := within(settled, func() bool {
		bank.must(bank.fake.Advance(t.Context(), settleStep))
		for _, c := range processes {
			c.ahead += int(settleStep / time.Second)
			c.must(deed{Verb: "clock", Value: c.ahead})
		}
		one, two := here.books(), there.books()
		for _, id := range two.Refunds {
			bank.must(bank.fake.TakeRefund(t.Context(), id))
		}
		wrong = bank.compare(one, two)
		for _, g := range givers {
			wrong = append(wrong, g.compare(one, two)...)
		}
		if have := one.spent("anna") + one.Have["anna"]; have != rich {
			wrong = append(wrong, fmt.Sprintf("of %d credits there are %d", rich, have))
		}
		return len(wrong) == 0
	})
	if !agree {
		t.Fatalf("after %v:\n%s", settled, strings.Join(wrong, "\n"))
	}
	for _, c := range []*child{here, there} {
		c.kill()
		c.intact()
	}
	lost := 0
	for _, g := range givers {
		lost += g.lost
	}
	t.Logf("%d tips were answered, %d answers lost; %d units moved in %d payments, %d went back", answered(), lost, bank.moved, bank.payments, bank.back)
	if answered() < 4*kills || bank.payments < kills {
		t.Error("too little happened to say anything")
	}
}

// settleStep is by how much the clock is put forward at once while they settle: clocks that differ by more
// than five minutes do not believe each other.
const settleStep = 30 * time.Second

// books reads a child's books, after it has asked its wallets.
func (c *child) books() *crashBooks {
	c.t.Helper()
	c.must(deed{Verb: "sweep", Who: crashOwner(c)})
	answer, err := c.do(c.t.Context(), deed{Verb: "books", Who: crashOwner(c)})
	if err != nil || answer.Books == nil {
		c.t.Fatalf("books: %+v, %v\n%s", answer, err, c.said)
	}
	return answer.Books
}

// crashOwner is somebody of an instance: of which of the two, its wallet says.
func crashOwner(c *child) string {
	if len(c.env) > 0 {
		return crashPeople[1][0]
	}
	return crashPeople[0][0]
}

// spent is what a person's tips in credits took from them.
func (b *crashBooks) spent(name string) (sum int64) {
	for _, tip := range b.Tips {
		if tip.Wallet == "credits" && tip.Payer == name && tip.State != "canceled" && tip.State != "failed" {
			sum += tip.Amount
		}
	}
	return sum
}

// A bank is where the money of the story is. Nobody kills it. What it writes to the payee's instance may be
// lost, doubled or late, and other people write in its name.
type bank struct {
	t       *testing.T
	fake    *wallettest.Fake
	url     string
	hook    string
	letters sync.WaitGroup

	mu       sync.Mutex
	paid     map[string]int64 // by bill, what its payer handed over
	taken    map[string]int64 // by bill, what the bank took back
	payments int
	moved    int64
	back     int64
}

func newBank(t *testing.T) *bank {
	t.Helper()
	b := &bank{t: t, paid: map[string]int64{}, taken: map[string]int64{}}
	b.fake = wallettest.NewFake("", time.Now)
	srv := httptest.NewServer(remote.Serve(b.fake, crashSecret, b.fake.Now))
	t.Cleanup(srv.Close)
	b.url = srv.URL
	return b
}

func (b *bank) must(err error) {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
}

// pay is a payer at the counter.
func (b *bank) pay(bill string, minor int64) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.paid[bill] += minor
	b.payments++
	b.moved += minor
	return b.fake.Pay(context.Background(), bill, minor, true)
}

// dispute takes back part of what was paid.
func (b *bank) dispute(bill string, minor int64) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.taken[bill] += minor
	b.back += minor
	return b.fake.Dispute(context.Background(), bill, minor)
}

// write sends the bank's letters about a bill, and a forged one.
func (b *bank) write(bill string, chance *rand.Rand) error {
	all, err := b.fake.Messages(context.Background(), bill)
	if err != nil {
		return err
	}
	forged, err := b.fake.Forge(context.Background(), bill, wallettest.ForgeSignature)
	if err != nil {
		return err
	}
	chance.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	all = slices.DeleteFunc(append(all, forged), func(wallettest.Message) bool { return chance.IntN(4) == 0 })
	for _, m := range all {
		b.letters.Go(func() {
			for range 3 { // a bank gives up at some time
				if b.deliver(m) == http.StatusOK {
					return
				}
			}
		})
	}
	return nil
}

func (b *bank) deliver(m wallettest.Message) int {
	req, err := http.NewRequest(http.MethodPost, b.hook, bytes.NewReader(m.Body))
	if err != nil {
		b.t.Error(err)
		return 0
	}
	maps.Copy(req.Header, m.Header)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0
	}
	defer res.Body.Close()
	_, _ = io.Copy(io.Discard, res.Body)
	return res.StatusCode
}

// compare asks whether the books of both instances are what the bank saw.
func (b *bank) compare(one, two *crashBooks) (wrong []string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	say := func(format string, args ...any) { wrong = append(wrong, fmt.Sprintf(format, args...)) }
	if one.Verified+two.Verified != "" {
		say("the ledgers: %q, %q", one.Verified, two.Verified)
	}
	var sum int64
	orders := map[string]crashTip{}
	bills := map[string]bool{}
	for _, tip := range two.Tips {
		bill := fmt.Sprintf("bill-tip_%d_a1", tip.ID)
		bills[bill] = true
		if orders[tip.Once].ID != 0 && tip.Once != "" {
			say("tips %d and %d are of one order %s", orders[tip.Once].ID, tip.ID, tip.Once)
		}
		orders[tip.Once] = tip
		c, err := b.fake.GetCharge(context.Background(), bill)
		if errors.Is(err, wallet.ErrNotFound) && tip.Net == 0 {
			continue
		}
		if err != nil || c.Net() != tip.Net || c.Received != wallet.Units(b.paid[bill]) || c.Reversed != wallet.Units(b.taken[bill]) {
			say("tip %d is %s with %d; its payer paid %d and the bank has %+v, %v", tip.ID, tip.State, tip.Net, b.paid[bill], c, err)
		}
		if n, err := b.fake.Requests(context.Background(), strings.TrimPrefix(bill, "bill-")); err != nil || n != 1 {
			say("the bank was asked for tip %d %d times, %v", tip.ID, n, err)
		}
		sum += tip.Net
	}
	for bill := range b.paid {
		if !bills[bill] {
			say("%s was paid, and no tip has it", bill)
		}
	}
	var got int64
	for _, n := range two.Got {
		got += n
	}
	if got != sum {
		say("the payees' ledger remembers %d, their tips are %d", got, sum)
	}
	for _, tip := range one.Tips {
		if tip.Wallet != tips.Abroad {
			continue
		}
		theirs := theirsOf(tip, orders)
		want := int64(0) // a receipt is for a tip that was paid in full, and for no more than was meant
		if theirs.WasPaid {
			want = min(theirs.Net, tip.Amount)
		}
		if tip.Net != want || theirs.ID != 0 && theirs.Amount != tip.Amount {
			say("tip %d is %s with %d of %d, there it is %s with %d", tip.ID, tip.State, tip.Net, tip.Amount, theirs.State, theirs.Net)
		}
	}
	return wrong
}

// theirsOf is the payee's half of a tip.
func theirsOf(tip crashTip, orders map[string]crashTip) crashTip {
	suffix := fmt.Sprintf("/tips/%d", tip.ID)
	for once, theirs := range orders {
		if strings.HasSuffix(once, suffix) {
			return theirs
		}
	}
	return crashTip{}
}

// A giver tips as long as the story lasts. A form that is not answered is sent again, as people do.
type giver struct {
	*bank
	name   string
	at     string
	wallet string
	child  *child
	there  *child // of the payee
	chance *rand.Rand
	failed error

	mu    sync.Mutex
	forms map[string]int64 // the tips that they were answered with, by form
	lost  int              // answers
}

func (g *giver) given() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return len(g.forms)
}

func (g *giver) work(ctx context.Context) {
	tick := time.NewTicker(pace)
	defer tick.Stop()
	g.forms = map[string]int64{}
	for n := 0; g.failed == nil; n++ {
		select {
		case <-tick.C:
			g.give(ctx, n)
		case <-ctx.Done():
			return
		}
	}
}

func (g *giver) give(ctx context.Context, n int) {
	minor := 1000 + 10*g.chance.Int64N(1000)
	if g.wallet == "credits" {
		minor = 1 + g.chance.Int64N(20)
	}
	form := deed{Verb: "give", Who: g.name, At: g.at, Wallet: g.wallet, Value: int(minor), Text: fmt.Sprintf("%s over %s %d", g.name, g.wallet, n)}
	answer, ok := g.insist(ctx, form)
	if !ok || answer.Refused != "" {
		return
	}
	g.mu.Lock()
	g.forms[form.Text] = answer.Tip
	g.mu.Unlock()
	if g.wallet == "credits" {
		if g.chance.IntN(3) == 0 {
			g.insist(ctx, deed{Verb: "undo", Who: g.name, Tip: answer.Tip})
		}
		return
	}
	bill := ""
	for _, way := range answer.Ways {
		bill, _ = strings.CutPrefix(way, wallettest.PayAt)
	}
	if bill == "" {
		return // the wallet has not answered; this person goes home
	}
	if err := g.pays(ctx, bill, minor); err != nil {
		g.failed = fmt.Errorf("%s, %s: %w", g.name, bill, err)
	}
}

// pays pays as people do: mostly what they were asked for.
func (g *giver) pays(ctx context.Context, bill string, minor int64) error {
	parts := []int64{minor}
	switch g.chance.IntN(10) {
	case 0:
		return nil
	case 1:
		parts = []int64{minor / 2, minor - minor/2}
	case 2:
		parts = []int64{minor / 2}
	case 3:
		parts = []int64{minor, 500}
	}
	var sum int64
	for _, p := range parts {
		if err := g.pay(bill, p); err != nil {
			return err
		}
		sum += p
	}
	if err := g.write(bill, g.chance); err != nil {
		return err
	}
	switch g.chance.IntN(6) {
	case 0:
		if err := g.dispute(bill, 1+g.chance.Int64N(sum)); err != nil {
			return err
		}
		return g.write(bill, g.chance)
	case 1:
		id, _, _ := strings.Cut(strings.TrimPrefix(bill, "bill-tip_"), "_")
		tip, err := strconv.ParseInt(id, 10, 64)
		if err != nil {
			return err
		}
		g.ask(ctx, g.there, deed{Verb: "refund", Who: "bela", Tip: tip, Value: int(1 + g.chance.Int64N(sum))}) // refused, where the payment has not been seen yet
	}
	return nil
}

// insist asks for a deed until it is answered.
func (g *giver) insist(ctx context.Context, d deed) (answer done, ok bool) {
	for ctx.Err() == nil && g.failed == nil {
		if answer, ok = g.ask(ctx, g.child, d); ok && answer.Refused != "it is down" {
			return answer, true
		}
		select {
		case <-time.After(pace):
		case <-ctx.Done():
		}
	}
	return answer, false
}

func (g *giver) ask(ctx context.Context, c *child, d deed) (answer done, ok bool) {
	answer, err := c.do(context.WithoutCancel(ctx), d)
	switch {
	case errors.Is(err, errNoAnswer):
		g.lost++
		return answer, false
	case err != nil && strings.Contains(err.Error(), "try again later"):
		return answer, false // the other process is down
	case err != nil:
		g.failed = fmt.Errorf("%s: %w", g.name, err)
	}
	return answer, err == nil
}

// compare asks whether every form is one tip, and the one that its sender was told of.
func (g *giver) compare(one, two *crashBooks) (wrong []string) {
	b := one
	if g.child == g.there {
		b = two
	}
	all := map[string]int{}
	for _, tip := range b.Tips {
		all[tip.Once]++
		if id, ok := g.forms[tip.Once]; ok && id != tip.ID {
			wrong = append(wrong, fmt.Sprintf("%q is tip %d, its sender was told %d", tip.Once, tip.ID, id))
		}
	}
	for form, id := range g.forms {
		if all[form] != 1 {
			wrong = append(wrong, fmt.Sprintf("%q is %d tips, its sender was told of %d", form, all[form], id))
		}
	}
	return wrong
}
