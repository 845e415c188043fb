package web

import (
	"context"
	"encoding/csv"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"halqa/circles"
	"halqa/internal/app"
	"halqa/internal/store"
	"halqa/internal/tips"
	"halqa/wallet"
	"halqa/wallet/credits"
)

// A counter is a rail that is paid by hand, and knocks.
type counter struct {
	wallet.Adapter
	charges map[string]*wallet.Charge
	more    []wallet.Action // ways to pay beside its own
}

func (d *counter) Describe(context.Context) (wallet.Descriptor, error) {
	return wallet.Descriptor{Name: "desk", Version: "1", Contract: wallet.Contract, Custody: wallet.CustodyNone, PayeeKinds: []string{"ln-address"},
		Assets:       []wallet.Asset{{Code: "CNY", Exponent: 2, Min: 100, Max: 20000, Step: 1}},
		Capabilities: []string{wallet.CapPayeeCheck, wallet.CapWebhook}, ConfigSchema: map[string]any{"type": "object"}}, nil
}
func (d *counter) Health(context.Context) error { return nil }
func (d *counter) CreateCharge(_ context.Context, in wallet.CreateCharge) (wallet.Charge, error) {
	c := &wallet.Charge{ID: in.Key, Key: in.Key, Revision: 1, State: wallet.Pending, Requested: in.Amount, ExpiresAt: in.ExpiresAt, Actions: []wallet.Action{
		{Kind: wallet.ActQR, URI: "lightning:lnbc1example"}, {Kind: wallet.ActQR, URI: "javascript:alert(1)"},
		{Kind: wallet.ActRedirect, URI: "https://pay.example/do", Method: "POST", Fields: map[string]string{"sign": "abc"}},
		{Kind: wallet.ActRedirect, URI: "http://evil@pay.example/do"}}}
	c.Actions = append(c.Actions, d.more...)
	d.charges[in.Key] = c
	return *c, nil
}
func (d *counter) GetCharge(_ context.Context, id string) (wallet.Charge, error) {
	return *d.charges[id], nil
}
func (d *counter) CheckPayee(_ context.Context, kind, input string) (wallet.Payee, error) {
	return wallet.Payee{Kind: kind, Ref: input}, nil
}
func (d *counter) Webhook(_ context.Context, h http.Header, _ string, body []byte) ([]wallet.Hint, wallet.Reply, error) {
	if h.Get("Desk") != "signed" {
		return nil, wallet.Reply{}, wallet.ErrBadSignature
	}
	return []wallet.Hint{{ChargeID: string(body)}}, wallet.Reply{Status: 200, ContentType: "text/html", Body: []byte("success")}, nil
}

// tipHouse is a house with credits and a desk.
func tipHouse(t *testing.T) (*house, *counter) {
	t.Helper()
	d := &counter{charges: map[string]*wallet.Charge{}}
	h := newHouse(t)
	tp := tips.New(tips.Options{Store: h.db, Origin: h.site.URL, Now: h.clock, Log: h.log})
	h.must(tp.Use(h.ctx(), credits.New(tp.Book(), credits.Options{Code: "CRD", Max: 200, Hold: 10 * time.Minute, Now: h.clock})))
	h.must(tp.Use(h.ctx(), d))
	h.tips = tp
	h.tipRoutes()
	return h, d
}

func (h *house) pass(d time.Duration) {
	h.mu.Lock()
	h.now = h.now.Add(d)
	h.mu.Unlock()
	h.must(h.tips.Sweep(h.ctx()))
	var events []circles.Event
	h.must(h.db.View(h.ctx(), func(tx *store.Tx) (err error) { events, err = tx.EventsAfter(0, 1000); return err }))
	h.must(h.tips.Handle(h.ctx(), events))
}

// A member tips without script: amount, what will happen, done; undoes one; the other arrives, and both
// read what became of it.
func TestTipPages(t *testing.T) {
	h, _ := tipHouse(t)
	ada, bob := h.member("ada", circles.SiteAdmin), h.member("bob", circles.SiteMember)
	ada.open("/circles/new")
	ada.send("/circles/new", fill{"name": "gardening", "title": "Gardening"})
	bob.open("/c/gardening")
	bob.send("/c/gardening/join", nil)
	ada.open("/c/gardening/submit")
	ada.send("/c/gardening/submit", fill{"title": "Leeks", "body": "They stand.", "!": "do=post"})
	post := strings.SplitN(ada.path, "#", 2)[0]
	ada.hides(post + "/tip") // nobody tips themselves

	ada.open("/admin/wallets")
	ada.shows("credits", "well", "not checked as a whole yet")
	ada.send("/admin/wallets", fill{"name": "bob", "amount": "40", "!": "do=grant"})
	ada.shows("A grant needs a reason")
	ada.send("/admin/wallets", fill{"reason": "A good harvest", "!": "do=grant"})
	ada.shows("The credits were granted.", "40 credits", "A good harvest")

	bob.open(post)
	bob.shows(`href="` + post + `/tip"`)
	bob.hides("tipped")
	bob.open(post + "/tip")
	bob.shows("You have 40.", "1 to 200")
	bob.hides("desk") // ada has no account there
	bob.send(post+"/tip", fill{"amount": "1.5", "!": "do=look"})
	bob.shows("Write the amount as a number")
	bob.send(post+"/tip", fill{"amount": "41", "!": "do=look"})
	bob.shows("You have 40 credits. Nothing was paid.")
	bob.send(post+"/tip", fill{"amount": "7", "note": "For <leeks>", "!": "do=look"})
	bob.shows("Goes to", "ada", "7 credits", "33 credits left afterwards", "You can undo this for 10 minutes.", "For &lt;leeks&gt;")
	if n := len(h.history()); n != 0 {
		t.Fatalf("looking made %d tips", n)
	}
	sure := bob.values(bob.form(post+"/tip"), fill{"!": "do=give"})
	bob.send(post+"/tip", fill{"!": "do=give"})
	if !strings.HasPrefix(bob.path, "/tips/") {
		t.Fatalf("after giving bob is at %s: %s", bob.path, bob.main())
	}
	first := bob.path
	bob.shows("Held: it can still be undone.", "7 credits", "Leeks")
	bob.take(bob.client.PostForm(h.site.URL+post+"/tip", sure)) // the same form again
	if bob.path != first {
		t.Errorf("the form sent twice leads to %s, want %s", bob.path, first)
	}
	bob.send(first+"/undo", nil)
	bob.shows("The tip was undone.", "Undone; nothing was paid.")
	bob.hides(first + "/undo")

	bob.open(post + "/tip")
	bob.send(post+"/tip", fill{"amount": "5", "!": "do=look"})
	bob.send(post+"/tip", fill{"!": "do=give"})
	second := bob.path
	stranger := h.member("eve", circles.SiteMember)
	if stranger.open(second); stranger.status != http.StatusNotFound {
		t.Errorf("a stranger reads the tip: %d", stranger.status)
	}
	h.pass(11 * time.Minute)
	bob.open(second)
	bob.shows("Paid.", "Arrived")
	bob.hides(second+"/undo", second+"/refund")
	for _, page := range []string{post, "/c/gardening", "/", "/u/ada"} {
		eve := h.reader()
		eve.open(page)
		eve.shows("1 person tipped")
		eve.hides("5 credits")
	}
	ada.open("/notifications")
	ada.shows("tipped you: 5 credits", second)
	ada.open(second)
	ada.shows("A tip from bob", "5 credits")
	bob.open("/tips")
	bob.shows("You have 35 credits.", "5 credits to ada", "7 credits to ada", "Paid.")

	resp, err := bob.client.Get(h.site.URL + "/tips.csv")
	h.must(err)
	defer resp.Body.Close()
	rows, err := csv.NewReader(resp.Body).ReadAll()
	h.must(err)
	if len(rows) != 3 || strings.Join(rows[1][2:8], " ") != "gave ada 5 CRD credits paid" {
		t.Errorf("the file has %q", rows)
	}

	// One who was tipped for a comment too: what was saved, found and said by a person has the numbers as well.
	ada.open(post)
	ada.open(post + "/reply")
	ada.send(post+"/reply", fill{"body": "Leeks want water."})
	comment := "/post/" + regexp.MustCompile(`id="c([0-9]+)"`).FindStringSubmatch(ada.html)[1]
	bob.open(comment + "/tip")
	bob.send(comment+"/tip", fill{"amount": "1", "!": "do=look"})
	bob.send(comment+"/tip", fill{"!": "do=give"})
	h.pass(11 * time.Minute)
	h.catchUp()
	for _, on := range []string{post, comment} {
		bob.take(bob.client.PostForm(h.site.URL+on+"/save", map[string][]string{"back": {"/saved"}}))
	}
	for page, want := range map[string]int{"/saved": 2, "/search?q=Leeks": 1, "/search?q=water&type=comments": 1, "/u/ada?tab=comments": 1} {
		bob.open(page)
		if got := strings.Count(bob.main(), "1 person tipped"); got != want {
			t.Errorf("%s shows %d counts of tips, want %d: %s", page, got, want, bob.main())
		}
	}
}

func (h *house) history() []*tips.Row {
	h.Helper()
	a, err := h.app.Person(h.ctx(), circles.Viewer{}, "bob", "", app.PersonQuery{})
	h.must(err)
	all, err := h.tips.History(h.ctx(), circles.Viewer{Person: circles.PersonID(a.Person.ID), Role: circles.SiteMember}, 0, 10)
	h.must(err)
	return all
}

// A wallet, here or at another instance, names where its form is sent to. Sent to this server, it would be a
// form of ours, with the reader's session and from our own origin.
func TestAWalletsFormIsNeverSentToUs(t *testing.T) {
	h, d := tipHouse(t)
	ada, bob := h.member("ada", circles.SiteAdmin), h.member("bob", circles.SiteMember)
	ada.take(ada.client.PostForm(h.site.URL+"/settings/tips", map[string][]string{"do": {"payee"}, "adapter": {"desk"}, "payee": {"ada@pay.example"}, "password": {goodPassword}}))
	host := strings.TrimPrefix(h.site.URL, "http://")
	give := map[string]string{"amount": "20", "way": "credits:CRD", "do": "give", "once": "x"}
	for _, to := range []string{host, "pay;sandbox", "*", "p\u1d43y.example"} {
		d.more = append(d.more, wallet.Action{Kind: wallet.ActRedirect, URI: "https://" + to + "/u/ada/tip", Method: "POST", Fields: give})
	}
	bob.open("/u/ada/tip")
	bob.send("/u/ada/tip", fill{"amount": "5.00", "way": "desk:CNY", "!": "do=look"})
	bob.send("/u/ada/tip", fill{"!": "do=give"})
	bob.shows("Pay at pay.example", `name="sign"`)
	bob.hides(`name="once"`, "Pay at 127.0.0.1", "Pay at *")
	resp, err := bob.client.Get(h.site.URL + bob.path)
	h.must(err)
	resp.Body.Close()
	if got := resp.Header.Get("Content-Security-Policy"); !strings.Contains(got, "form-action 'self' https://pay.example;") {
		t.Errorf("forms may go to: %s", got)
	}
}

// What members and circles choose: no tips, no buttons, a limit, an account that asks the password.
func TestTipChoices(t *testing.T) {
	h, d := tipHouse(t)
	ada, bob := h.member("ada", circles.SiteAdmin), h.member("bob", circles.SiteMember)
	ada.open("/circles/new")
	ada.send("/circles/new", fill{"name": "gardening", "title": "Gardening"})
	ada.open("/c/gardening/submit")
	ada.send("/c/gardening/submit", fill{"title": "Leeks", "!": "do=post"})
	post := strings.SplitN(ada.path, "#", 2)[0]

	ada.open("/c/gardening/settings")
	ada.shows("/c/gardening/tips")
	ada.open("/c/gardening/tips")
	ada.send("/c/gardening/tips", fill{"low-CRD": "9", "high-CRD": "3"})
	ada.shows("must rise")
	ada.send("/c/gardening/tips", fill{"low-CRD": "2", "usual-CRD": "3", "high-CRD": "9"})
	bob.open(post + "/tip")
	bob.shows("2 to 9", `value="3"`)
	ada.send("/c/gardening/tips", fill{"tips": "likes-only"})
	bob.open(post)
	bob.hides(post + "/tip")
	bob.open(post + "/tip")
	bob.shows("and do not tip")
	ada.open("/c/gardening/tips")
	ada.send("/c/gardening/tips", fill{"tips": "on"})
	bob.open("/c/gardening/tips")
	if bob.status != http.StatusForbidden {
		t.Errorf("a member opens the circle's tips: %d", bob.status)
	}

	bob.open("/settings/tips")
	bob.send("/settings/tips", fill{"quiet": "1"})
	bob.open(post)
	bob.hides(post + "/tip")
	bob.open("/u/ada")
	bob.hides("/u/ada/tip")
	bob.open("/settings/tips")
	bob.send("/settings/tips", fill{"quiet": ""})
	bob.open("/u/ada")
	bob.shows("/u/ada/tip")
	ada.open("/settings/tips")
	ada.send("/settings/tips", fill{"takes": "none"})
	bob.open("/u/ada")
	bob.hides("/u/ada/tip")
	ada.send("/settings/tips", fill{"takes": "all"})

	payee := func(password string) {
		t.Helper()
		v := map[string][]string{"do": {"payee"}, "adapter": {"desk"}, "payee": {"ada@pay.example"}, "password": {password}}
		ada.take(ada.client.PostForm(h.site.URL+"/settings/tips", v))
	}
	payee("not this one at all")
	if ada.status == http.StatusOK {
		t.Error("an account was set with a wrong password")
	}
	ada.shows(`href="#password-desk"`, `id="password-desk-problem"`)
	ada.hides(`id="payee-in-desk-problem"`)
	ada.take(ada.client.PostForm(h.site.URL+"/settings/tips", map[string][]string{"do": {"payee"}, "adapter": {"desk"}, "payee": {strings.Repeat("x", 301)}, "password": {goodPassword}}))
	ada.shows(`href="#payee-in-desk"`, `id="payee-in-desk-problem"`)
	payee(goodPassword)
	ada.shows("ada@pay.example")
	bob.open(post + "/tip")
	bob.send(post+"/tip", fill{"amount": "5.00", "way": "desk:CNY", "!": "do=look"})
	bob.shows("5.00 CNY", "This cannot be undone once it is paid.")
	bob.send(post+"/tip", fill{"!": "do=give"})
	bob.shows("Waits to be paid.", `class="qr"`, `href="lightning:lnbc1example"`, "Pay at pay.example", `name="sign"`)
	bob.hides("javascript:", "evil")
	resp, err := bob.client.Get(h.site.URL + bob.path)
	h.must(err)
	resp.Body.Close()
	if got := resp.Header.Get("Content-Security-Policy"); !strings.Contains(got, "form-action 'self' https://pay.example;") {
		t.Errorf("the form cannot leave: %s", got)
	}
	tip := bob.path
	bob.send(tip+"/look", fill{})
	bob.shows("No payment has been seen yet", "Waits to be paid.")

	// The wallet knocks.
	knock := func(body, sign, to string) (int, string) {
		t.Helper()
		req, err := http.NewRequest("POST", h.site.URL+to, strings.NewReader(body))
		h.must(err)
		req.Header.Set("Desk", sign)
		req.Header.Set("Origin", "https://pay.example")
		req.Header.Set("Sec-Fetch-Site", "cross-site")
		resp, err := http.DefaultClient.Do(req)
		h.must(err)
		defer resp.Body.Close()
		b, err := io.ReadAll(resp.Body)
		h.must(err)
		if strings.Contains(resp.Header.Get("Content-Type"), "html") {
			t.Errorf("a wallet's words come as %s", resp.Header.Get("Content-Type"))
		}
		return resp.StatusCode, string(b)
	}
	var key string
	for k, c := range d.charges {
		key = k
		c.State, c.Received, c.Revision, c.Actions = wallet.Settled, 500, 2, nil
	}
	if status, _ := knock(key, "forged", "/wallet/desk/webhook"); status != http.StatusUnauthorized && status != http.StatusForbidden {
		t.Errorf("a forged knock: %d", status)
	}
	if status, _ := knock(strings.Repeat("x", tips.MaxWebhook+1), "signed", "/wallet/desk/webhook"); status != http.StatusRequestEntityTooLarge {
		t.Errorf("a knock of 64 KiB and a byte: %d", status)
	}
	if status, _ := knock(key, "signed", "/wallet/nobody/webhook"); status != http.StatusNotFound {
		t.Errorf("a knock at no wallet: %d", status)
	}
	if status, body := knock(key, "signed", "/wallet/desk/webhook"); status != http.StatusOK || body != "success" {
		t.Errorf("a knock: %d %q", status, body)
	}
	h.must(h.tips.Sweep(h.ctx())) // due at once, long before its time
	bob.open(tip)
	bob.shows("Paid.")
	bob.hides(`class="qr"`)
}

// A gift from the circle's choice to the note that is taken away, without script.
func TestGiftPages(t *testing.T) {
	h, _ := tipHouse(t)
	ada, bob, eve := h.member("ada", circles.SiteAdmin), h.member("bob", circles.SiteMember), h.member("eve", circles.SiteMember)
	ada.open("/circles/new")
	ada.send("/circles/new", fill{"name": "gardening", "title": "Gardening"})
	ada.open("/c/gardening/submit")
	ada.send("/c/gardening/submit", fill{"title": "Leeks", "!": "do=post"})
	post := strings.SplitN(ada.path, "#", 2)[0]
	ada.open("/admin/wallets")
	ada.send("/admin/wallets", fill{"name": "bob", "amount": "40", "reason": "A good harvest", "!": "do=grant"})
	bob.open(post + "/tip")
	bob.hides("As a gift")
	for _, page := range []string{"mod", "held", "appeals", "bans", "modlog"} {
		ada.open("/c/gardening/" + page)
		ada.hides(`href="/c/gardening/gifts"`)
	}
	ada.open("/c/gardening/tips")
	ada.send("/c/gardening/tips", fill{"gifts": "1"})
	for _, page := range []string{"mod", "held", "appeals", "bans", "modlog"} {
		ada.open("/c/gardening/" + page)
		ada.shows(`href="/c/gardening/gifts"`)
	}
	ada.open("/c/gardening/tips")
	ada.shows(`name="gifts" value="1" checked`)

	bob.open(post + "/tip")
	bob.shows("As a gift", "A lantern", "without your name or the amount")
	bob.send(post+"/tip", fill{"amount": "7", "gift": "lantern", "note": "For <leeks>", "!": "do=look"})
	bob.shows("A lantern", "For &lt;leeks&gt;")
	bob.send(post+"/tip", fill{"!": "do=give"})
	tip := bob.path
	bob.shows("A lantern")
	h.pass(11 * time.Minute)
	eve.open(post)
	eve.hides("A lantern", "For &lt;leeks&gt;")
	ada.open(tip)
	ada.send(tip+"/show", fill{"!": "do=show"})
	ada.shows("Show it no longer")
	eve.open(post)
	eve.shows("A lantern", "For &lt;leeks&gt;", "1 person tipped")
	eve.hides("bob", "7 credits")
	report := strings.Replace(tip, "/tips/", "/gifts/", 1) + "/report"
	eve.shows(report)
	eve.open(report)
	eve.send(report, fill{"text": "Leeks cannot read"})
	eve.shows("The moderators have this note before them")
	ada.open("/notifications")
	ada.shows("a note of a gift was reported", "/c/gardening/gifts")
	if eve.open("/c/gardening/gifts"); eve.status != http.StatusForbidden {
		t.Errorf("a reader opens the moderators' list: %d", eve.status)
	}
	ada.open("/c/gardening/gifts")
	ada.shows("For &lt;leeks&gt;", "Leeks cannot read", "bob")
	ada.send("/c/gardening/gifts", fill{"reason": "They cannot", "!": "do=take"})
	ada.shows("No note waits.")
	eve.open(post)
	eve.shows("A lantern")
	eve.hides("For &lt;leeks&gt;")
	bob.open("/notifications")
	bob.shows("took away what you wrote beside a gift")
	bob.open(tip)
	bob.shows("A moderator took it away.", "Paid.")
	bob.hides("For &lt;leeks&gt;")
	bob.open("/tips")
	bob.shows("A lantern")
}

// A red packet is laid down with a post and taken from, without script.
func TestPacketPages(t *testing.T) {
	h, _ := tipHouse(t)
	ada, bob, eve := h.member("ada", circles.SiteAdmin), h.member("bob", circles.SiteMember), h.member("eve", circles.SiteMember)
	ada.open("/circles/new")
	ada.send("/circles/new", fill{"name": "gardening", "title": "Gardening"})
	for _, r := range []*reader{bob, eve} {
		r.open("/c/gardening")
		r.send("/c/gardening/join", nil)
	}
	bob.open("/c/gardening/submit")
	bob.send("/c/gardening/submit", fill{"title": "Leeks", "!": "do=post"})
	post := strings.SplitN(bob.path, "#", 2)[0]
	ada.open("/admin/wallets")
	ada.send("/admin/wallets", fill{"name": "bob", "amount": "40", "reason": "A good harvest", "!": "do=grant"})
	bob.open("/c/gardening")
	bob.hides("/c/gardening/packets")
	bob.open("/c/gardening/packets")
	bob.shows("There are no red packets in this circle.")
	ada.open("/c/gardening/tips")
	ada.send("/c/gardening/tips", fill{"packets": "1"})
	bob.open("/c/gardening")
	bob.shows("/c/gardening/packets")
	bob.open(post)
	bob.shows("Lay down a red packet")
	bob.open("/c/gardening/packets?post=" + strings.TrimPrefix(post, "/post/"))
	bob.shows("Leeks", "You have 40 credits.", "Nothing is asked for a share")
	bob.send("/c/gardening/packets", fill{"amount": "41", "shares": "3", "!": "do=look"})
	bob.shows("You have 40 credits. Nothing was paid.")
	bob.send("/c/gardening/packets", fill{"amount": "10", "shares": "1", "!": "do=look"})
	bob.shows("A red packet is for 2 to 100 people.")
	bob.send("/c/gardening/packets", fill{"amount": "10", "shares": "3", "split": "random", "!": "do=look"})
	bob.shows("3 people, one share each", "10 credits", "By chance", "comes back to you")
	bob.send("/c/gardening/packets", fill{"!": "do=give"})
	packet := bob.path
	bob.shows("Your red packet", "0 of 3 taken", "Take it back")
	bob.hides(packet + "/take")

	ada.open(post)
	ada.shows("A red packet lies here: 0 of 3 taken", packet)
	ada.open("/c/gardening/packets")
	ada.shows("10 credits from bob", packet)
	ada.open(packet)
	ada.shows("nothing is asked for it")
	ada.send(packet+"/take", nil)
	ada.shows("You took ", "1 of 3 taken")
	ada.hides(packet + "/take")
	eve.open(packet)
	eve.shows("ada", packet+"/take")
	if got := eve.main(); strings.Count(got, "credits") != 1 {
		t.Errorf("eve reads more sums than the packet's: %s", got)
	}
	h.pass(25 * time.Hour)
	h.must(h.tips.SweepPackets(h.ctx()))
	eve.send(packet+"/take", nil)
	eve.shows("This red packet is over.")
	bob.open("/notifications")
	bob.shows("Your red packet is over", packet)
	bob.open(packet)
	bob.shows("Went back", "over")
	bob.open("/packets")
	bob.shows("1 of 3 taken")
	v := h.reader()
	if v.open(packet); v.path == packet {
		t.Error("a visitor opens a red packet")
	}
}

// When a month is over, who gave something in it reads how much, beside their own limit, and is led to the
// tips of that month; a box in their settings keeps it from them.
func TestMonthOfTips(t *testing.T) {
	h, _ := tipHouse(t)
	h.mu.Lock()
	h.now = time.Date(2027, 1, 20, 12, 0, 0, 0, time.UTC)
	h.mu.Unlock()
	ada, bob := h.member("ada", circles.SiteAdmin), h.member("bob", circles.SiteMember)
	ada.open("/admin/wallets")
	ada.send("/admin/wallets", fill{"name": "bob", "amount": "40", "reason": "A good harvest", "!": "do=grant"})
	give := func(n string) {
		bob.open("/u/ada/tip")
		bob.send("/u/ada/tip", fill{"amount": n, "!": "do=look"})
		bob.send("/u/ada/tip", fill{"!": "do=give"})
		h.pass(11 * time.Minute)
	}
	sweep := func(month time.Month) {
		h.mu.Lock()
		h.now = time.Date(2027, month, 1, 3, 0, 0, 0, time.UTC)
		h.mu.Unlock()
		h.must(h.tips.SweepMonths(h.ctx()))
	}
	give("7")
	give("5")
	h.must(h.tips.SetLimits(h.ctx(), memberOf(h, "bob"), tips.LimitWish{Asset: "CRD", Minor: 30}))
	sweep(time.February)
	give("2")
	bob.open("/notifications")
	bob.shows("In January 2027 you gave 12 credits (your own limit: 30 credits in 24 hours) to 1 person")
	link := regexp.MustCompile(`/tips\?before=\d+`).FindString(bob.html)
	bob.open(link)
	bob.shows("7 credits", "5 credits")
	bob.hides("2 credits")
	ada.open("/notifications")
	ada.hides("In January 2027")
	bob.open("/settings/tips")
	bob.send("/settings/tips", fill{"no-month": "1"})
	bob.open("/settings/tips")
	bob.shows(`name="no-month" value="1" checked`)
	sweep(time.March)
	bob.open("/notifications")
	bob.shows("In January 2027")
	bob.hides("In February 2027")
}
