package main

import (
	"context"
	"errors"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"halqa/circles"
	"halqa/internal/store"
	"halqa/internal/store/ledger"
	"halqa/internal/tips"
	"halqa/wallet"
	"halqa/wallet/hosted"
	"halqa/wallet/hosted/alipaytest"
)

// atAlipay starts an instance on which ann is paid over Alipay.
func atAlipay(t *testing.T) (*town, *alipaytest.Gateway, alipaytest.App) {
	t.Helper()
	gate := alipaytest.New(time.Now)
	t.Cleanup(gate.Close)
	app := gate.Add("2021004100001111", "2088101106499364")
	w := newTown(t, func(c *config) {
		c.Tips.Alipay = alipayConfig{Gateway: gate.URL, Merchants: []merchantConfig{{Member: "ann", App: app.ID, Seller: app.Seller, key: app.PEM(), alipayKey: gate.PublicPEM()}}}
	})
	return w, gate, app
}

// member is one of ours at a browser.
func (w *town) member(t *testing.T, name string) *browser {
	t.Helper()
	b := newBrowser(t, w.h.site.Base)
	b.open("/login")
	b.send("/login", url.Values{"name": {name}, "password": {demoPassword}})
	return b
}

// had is what the books remember that somebody got in yuan, in fen.
func (w *town) had(who circles.Viewer) (n int64) {
	w.t.Helper()
	w.must(w.h.store.View(w.t.Context(), func(tx *store.Tx) (err error) {
		n, err = ledger.Balance(tx, fmt.Sprintf("memo:got:%d:CNY", who.Person))
		return err
	}))
	return n
}

func (b *browser) wants(words ...string) {
	b.t.Helper()
	for _, s := range words {
		if !strings.Contains(html.UnescapeString(b.html), s) {
			b.t.Fatalf("%s does not say %q:\n%s", b.path, s, b.html)
		}
	}
}

func (b *browser) hides(words ...string) {
	b.t.Helper()
	for _, s := range words {
		if strings.Contains(html.UnescapeString(b.html), s) {
			b.t.Errorf("%s says %q", b.path, s)
		}
	}
}

var toGateway = regexp.MustCompile(`href="([^"]*/gateway\.do\?[^"]*)"`)

// Lin tips ann over Alipay, in a browser without script: amount, confirmation, Alipay's page, and back. What
// the address says on the way back counts for nothing, notices come twice, in the wrong order and forged, and
// the books have it once. Ann gives a part back, and Alipay the rest, after a complaint.
func TestTipOverAlipay(t *testing.T) {
	w, gate, app := atAlipay(t)
	c := w.circle("gardening")
	post := w.post(w.ann, c.CircleID(), "Leeks", "They stand.")
	lin, ann := w.member(t, "lin"), w.member(t, "ann")
	lin.refused, ann.refused = true, true
	var seen strings.Builder
	look := func(b *browser, path string) { t.Helper(); b.open(path); seen.WriteString(b.html) }
	sweep := func() { t.Helper(); w.must(w.h.tips.Sweep(t.Context())) }

	form := fmt.Sprintf("/post/%d/tip", post.ID)
	look(lin, form)
	lin.wants("alipay · CNY", "1.00 to 200.00 CNY", "Test mode")
	look(ann, fmt.Sprintf("/post/%d/tip", post.ID)) // nobody tips themselves
	ann.hides("alipay · CNY")
	look(ann, "/u/lin/tip") // lin is no merchant
	ann.hides("alipay · CNY")

	look(lin, form)
	lin.send(form, url.Values{"do": {"look"}, "way": {"alipay:CNY"}, "amount": {"1.00"}})
	lin.wants("Goes to", "ann", "1.00 CNY", "they can give it back")
	lin.send(form, url.Values{"do": {"give"}})
	if !strings.HasPrefix(lin.path, "/tips/") {
		t.Fatalf("after giving lin is at %s: %s", lin.path, lin.html)
	}
	tip := lin.path
	order := "tip_" + strings.TrimPrefix(tip, "/tips/") + "_a1"
	lin.wants("Waits to be paid.", "Pay at a computer", "Pay on this phone", "which is not part of this place")
	if gate.Orders(order) != 0 {
		t.Error("there is an order before anybody opened it")
	}
	links := toGateway.FindAllStringSubmatch(lin.html, -1)
	if len(links) != 2 || !strings.Contains(links[0][1], "alipay.trade.page.pay") || !strings.Contains(links[1][1], "alipay.trade.wap.pay") {
		t.Fatalf("links %q", links)
	}
	req, err := http.NewRequest("GET", w.h.site.Base+tip, nil)
	w.must(err)
	req.Header.Set("User-Agent", "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Mobile Safari/537.36")
	resp, err := lin.http.Do(req)
	w.must(err)
	page, err := io.ReadAll(resp.Body)
	w.must(errors.Join(err, resp.Body.Close()))
	if phone := toGateway.FindStringSubmatch(string(page)); phone == nil || !strings.Contains(phone[1], "alipay.trade.wap.pay") {
		t.Errorf("a phone is offered %q first", phone)
	}
	if resp.Header.Get("Refresh") != "" {
		t.Error("the page looks again before its reader left it")
	}

	// Lin goes to Alipay, comes back without having paid, by an address that says otherwise.
	resp, err = http.Get(html.UnescapeString(links[0][1]))
	w.must(err)
	resp.Body.Close()
	if resp.StatusCode != http.StatusOK || gate.Orders(order) != 1 {
		t.Fatalf("the gateway answers %s; it refused %q", resp.Status, gate.Refused())
	}
	resp, err = lin.http.Get(w.h.site.Base + tip + "?look=1&out_trade_no=" + order + "&trade_status=TRADE_SUCCESS&total_amount=1.00&sign=x&app_id=" + app.ID)
	w.must(err)
	page, err = io.ReadAll(resp.Body)
	w.must(errors.Join(err, resp.Body.Close()))
	if !strings.Contains(string(page), "Waits to be paid.") || !strings.Contains(string(page), "looks again by itself") || resp.Header.Get("Refresh") != "5; url="+tip+"?look=2" {
		t.Errorf("back without having paid: Refresh %q\n%s", resp.Header.Get("Refresh"), page)
	}
	if lin.open(tip + "?look=24"); strings.Contains(lin.html, "looks again by itself") {
		t.Error("the page looks again for ever")
	}

	// A lie: somebody else's key. Then the truth, the last notice first, each of them twice.
	if status, heard, err := gate.Send(order, gate.Forge(app, order, 100, alipaytest.Lie{Key: app.Key})); err != nil || status == http.StatusOK || heard == "success" {
		t.Errorf("a forged notice hears %d %q, %v", status, heard, err)
	}
	sweep()
	if w.had(w.ann) != 0 {
		t.Fatal("a lie was booked")
	}
	w.must(gate.Pay(order))
	notices := gate.Notices(order)
	slices.Reverse(notices)
	tell := func(bodies ...string) {
		t.Helper()
		for _, body := range bodies {
			if status, heard, err := gate.Send(order, body); err != nil || status != http.StatusOK || heard != "success" {
				t.Fatalf("a notice hears %d %q, %v", status, heard, err)
			}
		}
	}
	tell(append(notices, notices...)...)
	sweep()
	look(lin, tip)
	lin.wants("Paid.", "1.00 CNY")
	lin.hides("gateway.do", "looks again")
	if n := w.had(w.ann); n != 100 {
		t.Fatalf("ann has %d fen", n)
	}
	tell(notices...)
	sweep()
	if n := w.had(w.ann); n != 100 {
		t.Fatalf("after the same news ann has %d fen", n)
	}
	look(lin, "/post/"+post.ID.String())
	lin.wants("1 person tipped")

	// Ann gives 0.40 back; Alipay the rest, by hand, and its notices come twice too.
	look(ann, tip)
	ann.wants("A tip from", "Give it back")
	ann.send(tip+"/refund", url.Values{"amount": {"0.40"}, "reason": {"Too kind"}})
	sweep()
	look(ann, tip)
	ann.wants("0.40 CNY", "done", "Too kind", "0.60 CNY")
	if n := w.had(w.ann); n != 60 {
		t.Fatalf("after giving 40 back ann has %d fen", n)
	}
	w.must(gate.GiveBack(order, "COMPLAINT-1", 60))
	notices = gate.Notices(order)
	tell(notices[len(notices)-1], notices[len(notices)-1])
	sweep()
	look(lin, tip)
	lin.wants("It went back.")
	if n := w.had(w.ann); n != 0 {
		t.Errorf("after all went back ann has %d fen", n)
	}
	if _, err := w.h.tips.VerifyAll(t.Context()); err != nil {
		t.Error(err)
	}

	// The page of who runs this says how the wallet is; nothing says a word of the key.
	look(ann, "/admin/wallets")
	ann.wants("alipay", "conformance kit: 40 of 49 passed", "well")
	gate.Down(true)
	look(ann, "/admin/wallets")
	ann.wants("Alipay does not answer")
	look(lin, form)
	lin.send(form, url.Values{"do": {"look"}, "way": {"alipay:CNY"}, "amount": {"2.00"}})
	lin.send(form, url.Values{"do": {"give"}})
	lin.wants("The wallet cannot be reached. Nothing was paid; try again later.")
	gate.Down(false)
	said := seen.String() + lin.html + w.said.String()
	for _, line := range strings.Split(string(app.PEM()), "\n")[1:20] {
		if strings.Contains(said, line) {
			t.Fatal("a page or the log has a line of the key")
		}
	}
}

// A payer who does not want to pay says so, and Alipay takes the money no more.
func TestTipOverAlipayIsStopped(t *testing.T) {
	w, gate, _ := atAlipay(t)
	post := w.post(w.ann, w.circle("gardening").CircleID(), "Leeks", "They stand.")
	lin := w.member(t, "lin")
	form := fmt.Sprintf("/post/%d/tip", post.ID)
	lin.open(form)
	lin.send(form, url.Values{"do": {"look"}, "way": {"alipay:CNY"}, "amount": {"1.00"}})
	lin.send(form, url.Values{"do": {"give"}})
	tip := lin.path
	order := "tip_" + strings.TrimPrefix(tip, "/tips/") + "_a1"
	resp, err := http.Get(html.UnescapeString(toGateway.FindStringSubmatch(lin.html)[1]))
	w.must(err)
	resp.Body.Close()
	lin.send(tip+"/undo", url.Values{})
	lin.wants("Undone; nothing was paid.")
	if err := gate.Pay(order); !errors.Is(err, alipaytest.ErrRefused) {
		t.Errorf("paid although it was stopped: %v", err)
	}
	if w.had(w.ann) != 0 {
		t.Error("something was booked")
	}
}

// killedBook is the instance's, in a process that ends once the note is committed.
type killedBook struct {
	hosted.Book
	ends bool
}

func (b *killedBook) Keep(ctx context.Context, key, mark, note string) (string, error) {
	kept, err := b.Book.Keep(ctx, key, mark, note)
	if b.ends {
		return "", errors.New("the process ended")
	}
	return kept, err
}

// The process is killed between the note of an order and its answer. The next one finds it by its key, asks
// Alipay about the order, and books what was paid once, without any notice.
func TestAlipaysLostAnswerIsFound(t *testing.T) {
	w, gate, app := atAlipay(t)
	post := w.post(w.ann, w.circle("gardening").CircleID(), "Leeks", "They stand.")
	book := &killedBook{w.h.tips.Notes(hosted.Name), true}
	rail, err := hosted.New(hosted.Options{Gateway: gate.URL, Book: book, Now: time.Now, Merchants: []hosted.Merchant{{App: app.ID, Seller: app.Seller, Key: app.PEM(), AlipayKey: gate.PublicPEM()}}})
	w.must(err)
	ago := func() time.Time { return time.Now().Add(-time.Minute) } // so that the next process need not wait
	killed := tips.New(tips.Options{Store: w.h.store, Origin: w.h.site.Base, Now: ago, Log: w.h.log})
	w.must(killed.UseFor(t.Context(), rail, w.h.cfg.Tips.Alipay.payees()))
	tip, err := killed.Start(t.Context(), w.lin, tips.Intent{Post: post.ID, Adapter: hosted.Name, Amount: wallet.Amount{Minor: 100, Asset: "CNY"}, Once: "once"})
	w.must(err)
	if !tip.Asking || len(tip.Actions) != 0 {
		t.Fatalf("an answer that was lost: %+v", tip)
	}
	before := gate.Asked("alipay.trade.query")
	w.must(w.h.tips.Sweep(t.Context()))
	w.eventually("the order that was lost", func() bool {
		tip, err = w.h.tips.Tip(t.Context(), w.lin, tip.ID)
		w.must(err)
		return len(tip.Actions) == 2
	})
	if gate.Asked("alipay.trade.query") == before || w.had(w.ann) != 0 {
		t.Errorf("Alipay was asked %d times about the order, and ann has %d", gate.Asked("alipay.trade.query")-before, w.had(w.ann))
	}
	resp, err := http.Get(tip.Actions[1].URI)
	w.must(err)
	resp.Body.Close()
	w.must(gate.Pay(fmt.Sprintf("tip_%d_a1", tip.ID)))
	w.must(w.h.tips.Ask(t.Context(), w.lin, tip.ID))
	w.eventually("the payment without any notice", func() bool {
		w.must(w.h.tips.Sweep(t.Context()))
		return w.had(w.ann) == 100
	})
	if _, err := w.h.tips.VerifyAll(t.Context()); err != nil {
		t.Error(err)
	}
}
