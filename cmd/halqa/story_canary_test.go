package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"database/sql"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"io"
	"io/fs"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"halqa/api"
	"halqa/internal/accounts"
	"halqa/internal/tips"
	"halqa/wallet"
	"halqa/wallet/hosted"
	"halqa/wallet/hosted/alipaytest"
	"halqa/wallet/lightning"
	"halqa/wallet/lightning/lntest"
	"halqa/wallet/remote"
	"halqa/wallet/wallettest"
)

// Canaries are secrets that nobody may ever read, in each form that they could be written in.
type canaries struct {
	t     *testing.T
	forms map[string]string // form → which secret
	looks int
}

func (c *canaries) add(name string, secret []byte) {
	for _, form := range []string{
		string(secret), hex.EncodeToString(secret), strings.ToUpper(hex.EncodeToString(secret)), url.QueryEscape(string(secret)), html.EscapeString(string(secret)),
		// Whole groups only: what stands before a secret in base64 moves its ends.
		base64.StdEncoding.EncodeToString(secret[:len(secret)/3*3]), base64.URLEncoding.EncodeToString(secret[:len(secret)/3*3]),
	} {
		c.forms[form] = name
	}
}

// canaryPart is how much of a secret is too much of it: what was cut off to fit is searched for too.
const canaryPart = 24

// search fails the test if a place holds a secret.
func (c *canaries) search(place string, text []byte) {
	c.t.Helper()
	c.looks++
	for form, name := range c.forms {
		if at := bytes.Index(text, []byte(form[:min(len(form), canaryPart)])); at >= 0 {
			c.t.Errorf("%s holds the %s: …%q", place, name, text[max(0, at-120):at])
		}
	}
}

// A tellingWallet is an adapter that tells its secret whenever something goes wrong, as programs do that put
// their settings into their errors.
type tellingWallet struct {
	*wallettest.Fake
	secret string
	tells  atomic.Bool
}

func (w *tellingWallet) told(err error) error {
	if !w.tells.Load() {
		return nil
	}
	return fmt.Errorf("%w: the desk refused the key %s (%x)", err, w.secret, w.secret)
}

func (w *tellingWallet) Health(ctx context.Context) error {
	return errors.Join(w.told(wallet.ErrTemporary), w.Fake.Health(ctx))
}

func (w *tellingWallet) CreateCharge(ctx context.Context, in wallet.CreateCharge) (wallet.Charge, error) {
	if err := w.told(wallet.ErrInvalid); err != nil {
		return wallet.Charge{}, err
	}
	return w.Fake.CreateCharge(ctx, in)
}

func (w *tellingWallet) GetCharge(ctx context.Context, id string) (wallet.Charge, error) {
	if err := w.told(wallet.ErrIndeterminate); err != nil {
		return wallet.Charge{}, err
	}
	return w.Fake.GetCharge(ctx, id)
}

func (w *tellingWallet) Feed(ctx context.Context, cursor string, limit int) (wallet.Page, error) {
	if err := w.told(wallet.ErrTemporary); err != nil {
		return wallet.Page{}, err
	}
	return w.Fake.Feed(ctx, cursor, limit)
}

func (w *tellingWallet) Webhook(ctx context.Context, h http.Header, query string, body []byte) ([]wallet.Hint, wallet.Reply, error) {
	if err := w.told(wallet.ErrInvalid); err != nil {
		return nil, wallet.Reply{}, err
	}
	return w.Fake.Webhook(ctx, h, query, body)
}

// Every kind of wallet is configured at once, with secrets that occur nowhere else. Tips go well over each of
// them, and then wrong, with providers that put what they were sent into their answers. Then everything that
// anybody could read is read: the log at its most talkative, every page as an admin, a member and a visitor
// find it, the API, the commands, every column of the database, every file of the data folder, and a backup.
func TestNoSecretIsToldAnywhere(t *testing.T) {
	secrets := &canaries{t: t, forms: map[string]string{}}
	dir := t.TempDir()
	file := func(name string, b []byte) string {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	env := map[string]string{
		"DESK_SECRET": "canary-desk " + strings.Repeat("d&sk", 10), "NODE_SECRET": "canary-node " + strings.Repeat("n<de", 10),
	}
	macaroon := []byte("canary-macaroon " + strings.Repeat("\x01m@c\xff", 8))
	secrets.add("secret of the wallet", []byte(env["DESK_SECRET"]))
	secrets.add("secret of the node's wallet", []byte(env["NODE_SECRET"]))
	secrets.add("macaroon", macaroon)

	desk := &tellingWallet{Fake: wallettest.NewFake("", time.Now), secret: env["DESK_SECRET"]}
	deskSrv := httptest.NewServer(remote.Serve(desk, []byte(env["DESK_SECRET"]), time.Now))
	t.Cleanup(deskSrv.Close)
	node := lntest.NewNode(time.Now, macaroon)
	t.Cleanup(node.Close)
	gate := alipaytest.New(time.Now)
	t.Cleanup(gate.Close)
	merchant := gate.Add("2021004100002222", "2088101106499364")
	for i, line := range strings.Split(strings.TrimSpace(string(merchant.PEM())), "\n") {
		if i > 0 && len(line) == 64 {
			secrets.forms[line] = "key of the merchant"
		}
	}
	secrets.add("key of the merchant", merchant.Key.D.Bytes())

	text := fmt.Sprintf(`log = "debug"
[tips.alipay]
gateway = %q
merchants = [{ member = "ann", app = %q, seller = %q, key = %q, alipay_key = %q }]
[tips.lightning]
network = "simnet"
nodes = [{ name = "node", url = %q, cert = %q, macaroon = %q, secret = "NODE_SECRET", payee = "anns-node" }]
[[tips.wallets]]
url = %q
secret = "DESK_SECRET"
`, gate.URL, merchant.ID, merchant.Seller, file("key.pem", merchant.PEM()), file("alipay.pem", gate.PublicPEM()),
		node.URL, file("tls.cert", node.Cert()), file("invoice.macaroon", macaroon), deskSrv.URL)
	path := file("halqa.toml", []byte(text))
	w := newTown(t, func(c *config) {
		loaded, err := loadConfig(path, func(name string) string { return env[name] })
		if err != nil {
			t.Fatal(err)
		}
		loaded.Listen, loaded.Data, loaded.database = c.Listen, c.Data, c.database
		*c = loaded
		if c.database != "" {
			env["HALQA_DATABASE"] = c.database
			if u, err := url.Parse(c.database); err == nil && u.User != nil {
				if password, ok := u.User.Password(); ok {
					secrets.forms[password] = "password of the database"
				}
			}
		}
	})
	w.level.Set(slog.LevelDebug - 100)
	s := &canaryStory{town: w, secrets: secrets, desk: desk, node: node, gate: gate, provider: lntest.NewProvider(time.Now)}
	addresses, err := lightning.NewAddresses(lightning.AddressesOptions{Name: addressWallet, Client: &http.Client{Transport: s.provider}, Notes: w.h.tips.Notes(addressWallet), Now: time.Now})
	w.must(err)
	w.must(w.h.tips.Use(t.Context(), addresses))
	s.set(path, env)
	s.well()
	s.wrong()
	s.read()
	t.Logf("%d places were searched for %d forms of the secrets", secrets.looks, len(secrets.forms))
}

type canaryStory struct {
	*town
	secrets  *canaries
	desk     *tellingWallet
	node     *lntest.Node
	gate     *alipaytest.Gateway
	provider *lntest.Provider

	in    *instance // the same, for commands
	token string
	post  note
	forms int
	tips  []int64
}

// set makes the people, what they may be paid over, and a program.
func (s *canaryStory) set(path string, env map[string]string) {
	s.t.Helper()
	ctx := s.t.Context()
	if !within(patience, func() bool {
		return slices.ContainsFunc(s.h.tips.Rails(), func(d wallet.Descriptor) bool { return d.Name == "fake" })
	}) {
		s.t.Fatal("the wallet was not added")
	}
	s.must(s.h.tips.SetPayee(ctx, s.ann, "fake", "fake-account", "ann"))
	s.must(s.h.tips.SetPayee(ctx, s.ann, "node", lightning.PayeeNode, "anns-node"))
	s.must(s.h.tips.SetPayee(ctx, s.ann, addressWallet, lightning.PayeeAddress, "bob@pay.example"))
	s.must(s.h.tips.SetWish(ctx, s.ann, tips.Wish{Takes: tips.TakesAll, Abroad: true}))
	s.must(s.h.tips.Grant(ctx, s.ann, s.lin.Person, wallet.Amount{Minor: 100, Asset: creditsCode}, "for the story", "once"))
	s.post = s.town.post(s.ann, s.circle("gardening").CircleID(), "Leeks", "They stand.")
	scopes, err := accounts.ParseScopes("read notifications tip account admin")
	s.must(err)
	s.token, _, err = s.h.accounts.MakeTokenFor(ctx, "ann", accounts.NewToken{Name: "reader", Scopes: scopes, Days: 1})
	s.must(err)
	s.secrets.forms[s.token] = "token of a program"
	s.secrets.forms[demoPassword] = "password of the members"

	text, err := os.ReadFile(path)
	s.must(err)
	config := filepath.Join(filepath.Dir(path), "beside.toml")
	s.must(os.WriteFile(config, append([]byte(fmt.Sprintf("listen = \"localhost:0\"\ndata = %q\n", s.h.cfg.Data)), text...), 0o600))
	s.in = &instance{t: s.t.(*testing.T), config: config, data: s.h.cfg.Data, env: env}
}

func (s *canaryStory) start(adapter, asset string, minor int64) (*tips.Tip, error) {
	s.t.Helper()
	s.forms++
	tip, err := s.h.tips.Start(s.t.Context(), s.lin, tips.Intent{Post: s.post.ID, Adapter: adapter, Amount: wallet.Amount{Minor: minor, Asset: asset}, Note: "Für den Lauch", Once: fmt.Sprint("form", s.forms), Locale: "en"})
	if err == nil {
		s.tips = append(s.tips, tip.ID)
	}
	return tip, err
}

func (s *canaryStory) give(adapter, asset string, minor int64) *tips.Tip {
	s.t.Helper()
	tip, err := s.start(adapter, asset, minor)
	s.must(err)
	return tip
}

// well pays a tip over each wallet.
func (s *canaryStory) well() {
	s.t.Helper()
	ctx := s.t.Context()
	s.give("credits", creditsCode, 5)
	desk := s.give("fake", "XTS", 5000)
	s.must(s.desk.Pay(ctx, fmt.Sprintf("bill-tip_%d_a1", desk.ID), 5000, true))
	invoiced := s.give("node", "BTC", 21_000)
	in, err := lightning.Decode(invoice(s.t, invoiced.Actions))
	s.must(err)
	s.must(s.node.Pay(hex.EncodeToString(in.PaymentHash[:]), 21_000))
	yuan := s.give(hosted.Name, "CNY", 100)
	resp, err := http.Get(yuan.Actions[0].URI)
	s.must(err)
	resp.Body.Close()
	s.must(s.gate.Pay(fmt.Sprintf("tip_%d_a1", yuan.ID)))
	addressed := s.give(addressWallet, "BTC", 23_000)
	preimage, err := s.provider.Pay(invoice(s.t, addressed.Actions))
	s.must(err)
	s.secrets.search("the preimage, which is the payer's", preimage[:])
	for _, tip := range []*tips.Tip{desk, invoiced, addressed, yuan} {
		got, err := s.h.tips.Look(ctx, s.lin, tip.ID)
		if err != nil || got.State != tips.Paid {
			s.t.Fatalf("%+v, %v", got, err)
		}
	}
	s.must(s.h.tips.Refund(ctx, s.ann, yuan.ID, 40, "Too kind"))
	s.must(s.h.tips.Refund(ctx, s.ann, desk.ID, 1000, "Too kind"))
	s.must(s.h.tips.SetAddress(ctx, s.ann, true))
	_, err = s.h.tips.AddressBill(ctx, "ann", 7_000)
	s.must(err)
}

// wrong has every provider fail, and say what it was sent.
func (s *canaryStory) wrong() {
	s.t.Helper()
	ctx := s.t.Context()
	open := []*tips.Tip{s.give("fake", "XTS", 5000), s.give("node", "BTC", 21_000), s.give(hosted.Name, "CNY", 100)}
	s.desk.tells.Store(true)
	s.node.Tells("POST") // with the preimage, which must not be told either
	if _, err := s.start("node", "BTC", 24_000); err == nil {
		s.t.Error("a node that refuses made an invoice")
	}
	s.node.Tells("*")
	s.gate.Down(true)
	s.provider.Lock()
	s.provider.Before = func(w http.ResponseWriter, r *http.Request) bool {
		fmt.Fprintf(w, `{"status":"ERROR","reason":"cannot %s %s for %v"}`, r.Method, r.URL, r.Header)
		return true
	}
	s.provider.Unlock()
	for _, tip := range open {
		if _, err := s.h.tips.Look(ctx, s.lin, tip.ID); err != nil {
			s.secrets.search("an error of looking at a tip", []byte(err.Error()))
		}
		if _, err := s.h.tips.Undo(ctx, s.lin, tip.ID); err != nil {
			s.secrets.search("an error of undoing a tip", []byte(err.Error()))
		}
	}
	for adapter, asset := range map[string]string{"fake": "XTS", "node": "BTC", hosted.Name: "CNY", addressWallet: "BTC"} {
		minor := map[string]int64{"XTS": 6000, "BTC": 22_000, "CNY": 200}[asset]
		if _, err := s.start(adapter, asset, minor); err != nil {
			s.secrets.search("the refusal of "+adapter, []byte(err.Error()))
		} else if adapter != hosted.Name { // which needs nobody for a link
			s.t.Logf("%s took a tip", adapter)
		}
		if err := s.h.tips.Health(ctx, adapter); err != nil {
			s.secrets.search("the health of "+adapter, []byte(err.Error()))
		}
		req, err := http.NewRequest("POST", s.h.site.Base+"/wallet/"+adapter+"/webhook", strings.NewReader(`{"x":"y"}`))
		s.must(err)
		resp, err := http.DefaultClient.Do(req)
		s.must(err)
		body, err := io.ReadAll(resp.Body)
		s.must(errors.Join(err, resp.Body.Close()))
		s.secrets.search("the answer to a message of "+adapter, body)
	}
	if _, err := s.h.tips.AddressBill(ctx, "ann", 8_000); err == nil {
		s.t.Error("a node that fails made an invoice")
	} else {
		s.secrets.search("the refusal at the Lightning Address", []byte(err.Error()))
	}
	s.must(s.h.tips.ReadFeeds(ctx))
	s.must(s.h.tips.Sweep(ctx))
	// What providers said is in the log, or the search shows nothing.
	for _, want := range []string{"the desk refused the key [secret]", "cannot POST /v1/invoices with [secret] and", "cannot GET /v1/invoices with [secret]"} {
		if !strings.Contains(s.said.String(), want) {
			s.t.Errorf("the log does not have %q", want)
		}
	}
}

// read reads everything.
func (s *canaryStory) read() {
	s.t.Helper()
	start := []string{"/", "/about", "/u/ann", "/tips", "/tips.csv", "/settings/tips", "/admin/wallets", "/.well-known/lnurlp/ann", "/nodeinfo/2.1", s.address(s.actor(s.ann)), s.h.site.Address(s.post.URI) + "/tip"}
	for _, id := range s.tips {
		start = append(start, fmt.Sprintf("/tips/%d", id))
	}
	t := s.t.(*testing.T)
	for name, b := range map[string]*browser{"a visitor": newBrowser(s.t, s.h.site.Base), "lin, a member,": s.member(t, "lin"), "ann, who runs it,": s.member(t, "ann")} {
		if n := s.crawl(name, b, start); n < 20 {
			s.t.Errorf("%s found %d pages", name, n)
		}
	}
	s.asPrograms()
	for _, args := range [][]string{
		{"config", "check"}, {"wallet", "list"}, {"wallet", "verify"}, {"user", "list"}, {"circle", "list"}, {"peer", "list"}, {"wallet", "grant", "lin", "1", "--reason", "x"},
		{"wallet", "grant", "lin", "-1", "--reason", "x"}, {"version"}, {"help"},
	} {
		o := s.in.run("", args...)
		s.secrets.search("halqa "+strings.Join(args, " "), []byte(o.out+o.err))
		if args[0] == "wallet" && args[1] == "list" && !strings.Contains(o.out, "the desk refused the key") {
			s.t.Errorf("halqa wallet list does not say how the wallet is: %s%s", o.out, o.err)
		}
	}
	backup := filepath.Join(s.t.TempDir(), "backup")
	s.in.must("", "backup", backup)
	s.unpack(backup)
	s.columns()
	s.files(s.h.cfg.Data)
	s.secrets.search("the log", []byte(s.said.String()))
}

var links = regexp.MustCompile(`(?:href|src)="([^"#]*)`)

// crawl reads all that a reader comes to by following links.
func (s *canaryStory) crawl(who string, b *browser, start []string) int {
	s.t.Helper()
	const most = 300
	seen, todo := map[string]bool{}, slices.Clone(start)
	for len(todo) > 0 && len(seen) < most {
		next := strings.TrimPrefix(html.UnescapeString(todo[0]), s.h.site.Base)
		todo = todo[1:]
		if !strings.HasPrefix(next, "/") || strings.HasPrefix(next, "//") || strings.HasPrefix(next, "/static/") || seen[next] {
			continue
		}
		seen[next] = true
		resp, err := b.http.Get(s.h.site.Base + next)
		s.must(err)
		body, err := io.ReadAll(resp.Body)
		s.must(errors.Join(err, resp.Body.Close()))
		s.secrets.search(next+" as "+who+" reads it", append(fmt.Appendf(nil, "%v\n", resp.Header), body...))
		for _, m := range links.FindAllSubmatch(body, -1) {
			todo = append(todo, string(m[1]))
		}
	}
	return len(seen)
}

// asPrograms reads what the API answers, with and without a token, and the protocol.
func (s *canaryStory) asPrograms() {
	s.t.Helper()
	get := func(path, accept, token string) []byte {
		s.t.Helper()
		req, err := http.NewRequest("GET", s.h.site.Base+path, nil)
		s.must(err)
		req.Header.Set("Accept", accept)
		if token != "" {
			req.Header.Set("Authorization", "Bearer "+token)
		}
		resp, err := http.DefaultClient.Do(req)
		s.must(err)
		body, err := io.ReadAll(resp.Body)
		s.must(errors.Join(err, resp.Body.Close()))
		s.secrets.search("GET "+path+" for a program", body)
		return body
	}
	var document struct {
		Paths map[string]map[string]json.RawMessage
	}
	s.must(json.Unmarshal(get(api.Prefix+"/openapi.json", "application/json", ""), &document))
	values := strings.NewReplacer("{name}", "ann", "{adapter}", "fake", "{circle}", "gardening", "{post}", s.post.ID.String())
	n := 0
	for _, path := range slices.Sorted(maps.Keys(document.Paths)) {
		if document.Paths[path]["get"] == nil || strings.Contains(path, "stream") {
			continue
		}
		if path = values.Replace(path); strings.Contains(path, "{id}") {
			for _, id := range append([]int64{int64(s.post.ID), int64(s.ann.Person)}, s.tips...) {
				get(api.Prefix+strings.ReplaceAll(path, "{id}", fmt.Sprint(id)), "application/json", s.token)
				n++
			}
			continue
		}
		get(api.Prefix+path, "application/json", s.token)
		get(api.Prefix+path, "application/json", "")
		n += 2
	}
	if n < 20 {
		s.t.Errorf("a program asked %d times", n)
	}
	for _, path := range []string{"/u/ann", "/u/lin", "/c/gardening", s.post.URI, "/u/ann/outbox", "/c/gardening/outbox", "/.well-known/webfinger?resource=acct:ann@" + s.h.site.Host} {
		get(path, "application/activity+json", "")
	}
}

// columns searches every cell of the database.
func (s *canaryStory) columns() {
	s.t.Helper()
	driver, dsn, tables := "sqlite", "file:"+filepath.Join(s.h.cfg.Data, databaseName)+"?_pragma=busy_timeout(10000)", `SELECT name FROM sqlite_master WHERE type = 'table'`
	if s.h.cfg.database != "" {
		driver, dsn, tables = "pgx", s.h.cfg.database, `SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'`
	}
	db, err := sql.Open(driver, dsn)
	s.must(err)
	defer db.Close()
	var names []string
	rows, err := db.Query(tables)
	s.must(err)
	for rows.Next() {
		var name string
		s.must(rows.Scan(&name))
		names = append(names, name)
	}
	s.must(errors.Join(rows.Err(), rows.Close()))
	cells := 0
	for _, name := range names {
		rows, err := db.Query(`SELECT * FROM "` + name + `"`)
		s.must(err)
		columns, err := rows.Columns()
		s.must(err)
		for rows.Next() {
			row, to := make([]any, len(columns)), make([]any, len(columns))
			for i := range row {
				to[i] = &row[i]
			}
			s.must(rows.Scan(to...))
			for i, v := range row {
				switch v := v.(type) {
				case string:
					s.secrets.search(name+"."+columns[i], []byte(v))
				case []byte:
					s.secrets.search(name+"."+columns[i], v)
				default:
					continue
				}
				cells++
			}
		}
		s.must(errors.Join(rows.Err(), rows.Close()))
	}
	if cells < 200 {
		s.t.Errorf("the database has %d texts", cells)
	}
}

// files searches the files of a folder as they lie on the disk, what was deleted in them included.
func (s *canaryStory) files(dir string) {
	s.t.Helper()
	s.must(filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		b, err := os.ReadFile(path)
		s.secrets.search(strings.TrimPrefix(path, dir), append([]byte(path+"\n"), b...))
		return err
	}))
}

// unpack searches a backup: its members, and all that it says of them.
func (s *canaryStory) unpack(path string) {
	s.t.Helper()
	f, err := os.Open(path)
	s.must(err)
	defer f.Close()
	zip, err := gzip.NewReader(f)
	s.must(err)
	s.secrets.search("the head of the backup", fmt.Appendf(nil, "%+v", zip.Header))
	members := 0
	for archive := tar.NewReader(zip); ; members++ {
		head, err := archive.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		s.must(err)
		s.secrets.search("the head of "+head.Name+" in the backup", fmt.Appendf(nil, "%+v", head))
		b, err := io.ReadAll(archive)
		s.must(err)
		s.secrets.search(head.Name+" in the backup", b)
	}
	if members < 3 {
		s.t.Errorf("the backup has %d members", members)
	}
}
