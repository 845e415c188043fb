package ledger_test

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"halqa/internal/store"
	"halqa/internal/store/internal/key"
	"halqa/internal/store/ledger"
	"halqa/internal/testdb"
)

func user(name string) ledger.Account {
	return ledger.Account{Code: "user:" + name + ":CRD", Asset: "CRD", Kind: ledger.Liability, Bounded: true}
}

var grants = ledger.Account{Code: "grants:CRD", Asset: "CRD", Kind: ledger.Expense}

func move(id, kind string, from, to ledger.Account, n int64) ledger.Txn {
	return ledger.Txn{ID: id, Kind: kind, Postings: []ledger.Posting{{Account: from, Amount: -n}, {Account: to, Amount: n}}}
}

func post(t testing.TB, s *store.Store, b ledger.Txn) (booked bool, err error) {
	t.Helper()
	err = s.Update(context.Background(), func(tx *store.Tx) (err error) {
		booked, err = ledger.Post(tx, b)
		return err
	})
	return booked, err
}

func mustPost(t testing.TB, s *store.Store, b ledger.Txn) {
	t.Helper()
	if booked, err := post(t, s, b); err != nil || !booked {
		t.Fatalf("book %s: booked %t, %v", b.ID, booked, err)
	}
}

func balanceOf(t testing.TB, s *store.Store, a ledger.Account) (n int64) {
	t.Helper()
	err := s.View(context.Background(), func(tx *store.Tx) (err error) {
		n, err = ledger.Balance(tx, a.Code)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// What is hashed of a booking is the same for ever: the chain of an instance outlives its program.
func TestTheChainIsTheSame(t *testing.T) {
	s := testdb.OpenAt(t, func() time.Time { return time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC) })
	mustPost(t, s, move("grant1", "grant", grants, user("a"), 100))
	b := move("tip1", "settle", user("a"), user("b"), 30)
	b.Reverses = "grant1"
	b.Postings = append(b.Postings, ledger.Posting{Account: grants, Amount: -7}, ledger.Posting{Account: user("é"), Amount: 7}, ledger.Posting{Account: grants, Amount: 1},
		ledger.Posting{Account: user("b"), Amount: -1})
	mustPost(t, s, b)
	r, err := ledger.VerifyAll(context.Background(), s)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := hex.EncodeToString(r.Head), "51b9bf849ed55176f35cab30ecb06da99bf94b7448349cf70b9ea705104a9aad"; got != want {
		t.Errorf("the chain ends in %s, want %s", got, want)
	}
}

// hand runs a statement as somebody with a shell would.
func hand(s *store.Store, query string, args ...any) error {
	return s.Update(context.Background(), func(tx *store.Tx) error {
		_, err := tx.Statements(key.SQL{}).Exec(query, args...)
		return err
	})
}

func TestPost(t *testing.T) {
	s := testdb.Open(t)
	a, b := user("a"), user("b")
	mustPost(t, s, move("grant1", "grant", grants, a, 100))
	mustPost(t, s, move("tip1", "settle", a, b, 30))
	for _, c := range []struct {
		who  ledger.Account
		want int64
	}{{a, 70}, {b, 30}, {grants, -100}, {user("nobody"), 0}} {
		if got := balanceOf(t, s, c.who); got != c.want {
			t.Errorf("%s has %d, want %d", c.who.Code, got, c.want)
		}
	}

	if booked, err := post(t, s, move("tip1", "settle", a, b, 30)); booked || err != nil {
		t.Errorf("the same again: booked %t, %v; want false", booked, err)
	}
	other := a
	other.Kind = ledger.Asset
	for name, c := range map[string]struct {
		txn  ledger.Txn
		want error
	}{
		"other contents":       {move("tip1", "settle", a, b, 31), ledger.ErrReused},
		"more than there is":   {move("tip2", "settle", a, b, 71), ledger.ErrShort},
		"from an empty one":    {move("tip3", "settle", user("c"), b, 1), ledger.ErrShort},
		"nothing":              {move("tip4", "settle", a, b, 0), ledger.ErrInvalid},
		"one line":             {ledger.Txn{ID: "x", Kind: "settle", Postings: []ledger.Posting{{Account: a, Amount: 1}}}, ledger.ErrInvalid},
		"unbalanced":           {ledger.Txn{ID: "x", Kind: "settle", Postings: []ledger.Posting{{Account: a, Amount: -1}, {Account: b, Amount: 2}}}, ledger.ErrInvalid},
		"too much":             {move("tip5", "settle", grants, b, ledger.MaxPosting+1), ledger.ErrInvalid},
		"no id":                {move("", "settle", a, b, 1), ledger.ErrInvalid},
		"an account as other":  {move("tip6", "settle", grants, other, 1), ledger.ErrInvalid},
		"an account two ways":  {move("tip7", "settle", user("new"), ledger.Account{Code: user("new").Code, Asset: "CRD", Kind: ledger.Asset}, 1), ledger.ErrInvalid},
		"two assets, one each": {ledger.Txn{ID: "x", Kind: "settle", Postings: []ledger.Posting{{Account: a, Amount: -1}, {Account: ledger.Account{Code: "user:b:XMR", Asset: "XMR", Kind: ledger.Liability}, Amount: 1}}}, ledger.ErrInvalid},
	} {
		if booked, err := post(t, s, c.txn); booked || !errors.Is(err, c.want) {
			t.Errorf("%s: booked %t, %v; want %v", name, booked, err, c.want)
		}
	}
	if got := balanceOf(t, s, a); got != 70 {
		t.Errorf("after what was refused a has %d, want 70", got)
	}

	// A reversal takes back all of it, once.
	var tip ledger.Txn
	if err := s.View(context.Background(), func(tx *store.Tx) error {
		got, ok, err := ledger.Booked(tx, "tip1")
		if !ok {
			t.Error("tip1 is not there")
		}
		tip = got
		return err
	}); err != nil {
		t.Fatal(err)
	}
	mustPost(t, s, ledger.Reversal(tip, "tip1_back", "return"))
	if got := balanceOf(t, s, a); got != 100 {
		t.Errorf("after the return a has %d, want 100", got)
	}
	if booked, err := post(t, s, ledger.Reversal(tip, "tip1_again", "return")); booked || err == nil {
		t.Errorf("a second return: booked %t, %v", booked, err)
	}
	var lines []ledger.Line
	if err := s.View(context.Background(), func(tx *store.Tx) (err error) {
		lines, err = ledger.Lines(tx, a.Code, 0, 10)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	var got string
	for _, l := range lines {
		got += fmt.Sprint(l.Txn, l.Amount, " ")
	}
	if want := "tip1_back30 tip1-30 grant1100 "; got != want {
		t.Errorf("lines %q, want %q", got, want)
	}
	if _, err := ledger.VerifyAll(context.Background(), s); err != nil {
		t.Error(err)
	}
}

// TestHands tries what the triggers are for.
func TestHands(t *testing.T) {
	s := testdb.Open(t)
	mustPost(t, s, move("grant1", "grant", grants, user("a"), 100))
	insert := []string{
		`INSERT INTO ledger_txn (seq, id, kind, idem_hash, at, n, prev_hash, hash) VALUES (1, 'new', 'x', CAST('' AS %[1]s), 0, 2, CAST('' AS %[1]s), CAST('h' AS %[1]s))`,
		`INSERT INTO ledger_txn (seq, id, kind, idem_hash, at, n, prev_hash, hash) VALUES (9, 'grant1', 'x', CAST('' AS %[1]s), 0, 2, CAST('' AS %[1]s), CAST('h' AS %[1]s))`,
		`INSERT INTO ledger_txn (seq, id, kind, idem_hash, at, n, prev_hash, hash, sealed) VALUES (9, 'new', 'x', CAST('' AS %[1]s), 0, 2, CAST('' AS %[1]s), CAST('h' AS %[1]s), 1)`,
		`INSERT INTO ledger_posting (txn, i, account, amount, asset) SELECT 1, 7, id, 5, 'CRD' FROM ledger_account WHERE code = 'grants:CRD'`,
		`INSERT INTO ledger_posting (txn, i, account, amount, asset) SELECT 1, 0, id, 5, 'CRD' FROM ledger_account WHERE code = 'grants:CRD'`,
		`INSERT INTO ledger_account (id, code, asset, kind, balance) VALUES (5, 'new', 'CRD', 'equity', 5)`,
		`INSERT INTO ledger_head (one, seq, hash) VALUES (1, 0, CAST('' AS %[1]s))`,
	}
	hands := []string{
		`UPDATE ledger_posting SET amount = 5`,
		`DELETE FROM ledger_posting`,
		`UPDATE ledger_txn SET kind = 'gift'`,
		`UPDATE ledger_txn SET sealed = 0`,
		`UPDATE ledger_txn SET hash = prev_hash`,
		`DELETE FROM ledger_txn`,
		`DELETE FROM ledger_account`,
		`UPDATE ledger_account SET asset = 'XMR'`,
		`UPDATE ledger_account SET min_balance = NULL`,
		`UPDATE ledger_account SET balance = -1 WHERE min_balance = 0`,
		`DELETE FROM ledger_head`,
		`UPDATE ledger_head SET seq = 0`,
	}
	blob := "BLOB"
	if engine(s) == "postgres" {
		blob = "BYTEA"
		hands = append(hands, `TRUNCATE ledger_posting`, `TRUNCATE ledger_txn CASCADE`, `TRUNCATE ledger_account CASCADE`, `TRUNCATE ledger_head`)
	} else {
		for _, q := range insert {
			hands = append(hands, "INSERT OR REPLACE"+q[len("INSERT"):])
		}
	}
	for _, q := range append(insert, hands...) {
		q = strings.ReplaceAll(q, "%[1]s", blob)
		if err := hand(s, q); err == nil {
			t.Errorf("let through: %s", q)
		}
	}
	if _, err := ledger.VerifyAll(context.Background(), s); err != nil {
		t.Errorf("after all that was refused: %v", err)
	}
}

func engine(s *store.Store) (name string) {
	s.View(context.Background(), func(tx *store.Tx) error {
		name = "sqlite"
		if tx.Statements(key.SQL{}).Postgres() {
			name = "postgres"
		}
		return nil
	})
	return name
}

// TestVerifyFindsTheHand drops the triggers, as whoever owns the file can, changes one thing, and
// looks whether the check finds it.
func TestVerifyFindsTheHand(t *testing.T) {
	drop := func(s *store.Store, table string, triggers ...string) error {
		for _, name := range triggers {
			q := "DROP TRIGGER " + name
			if engine(s) == "postgres" {
				q = "ALTER TABLE " + table + " DISABLE TRIGGER ALL"
			}
			if err := hand(s, q); err != nil {
				return err
			}
		}
		return nil
	}
	for _, c := range []struct {
		name, table string
		triggers    []string
		query       string
		tail        bool // found by the check of the tail too
	}{
		{"a balance", "ledger_account", nil, `UPDATE ledger_account SET balance = balance + 1 WHERE code = 'user:a:CRD'`, false},
		{"an early amount", "ledger_posting", []string{"ledger_posting_update"}, `UPDATE ledger_posting SET amount = amount * 2 WHERE txn = 1`, false},
		{"a late amount", "ledger_posting", []string{"ledger_posting_update"}, `UPDATE ledger_posting SET amount = amount * 2 WHERE txn = 4`, true},
		{"a time", "ledger_txn", []string{"ledger_txn_update"}, `UPDATE ledger_txn SET at = at + 1 WHERE seq = 4`, true},
		{"an account of a line", "ledger_posting", []string{"ledger_posting_update"},
			`UPDATE ledger_posting SET account = (SELECT id FROM ledger_account WHERE code = 'user:a:CRD') WHERE txn = 4 AND i = 1`, true},
		{"the last one gone", "ledger_posting", []string{"ledger_posting_delete"}, `DELETE FROM ledger_posting WHERE txn = 4`, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := testdb.Open(t)
			mustPost(t, s, move("grant1", "grant", grants, user("a"), 100))
			mustPost(t, s, move("tip1", "settle", user("a"), user("b"), 10))
			if _, err := ledger.VerifyAll(context.Background(), s); err != nil { // leaves a checkpoint
				t.Fatal(err)
			}
			mustPost(t, s, move("tip2", "settle", user("a"), user("b"), 10))
			mustPost(t, s, move("tip3", "settle", user("a"), user("b"), 10))
			r, err := ledger.VerifyTail(context.Background(), s)
			if err != nil || r.From != 3 || r.To != 4 {
				t.Fatalf("the tail: %d to %d, %v; want 3 to 4", r.From, r.To, err)
			}

			if err := drop(s, c.table, c.triggers...); err != nil {
				t.Fatal(err)
			}
			if err := hand(s, c.query); err != nil {
				t.Fatal(err)
			}
			var f *ledger.Finding
			if _, err := ledger.VerifyAll(context.Background(), s); !errors.As(err, &f) {
				t.Errorf("the whole: %v, want a finding", err)
			}
			if _, err := ledger.VerifyTail(context.Background(), s); errors.As(err, &f) != c.tail {
				t.Errorf("the tail: %v, want a finding: %t", err, c.tail)
			}
		})
	}
}

// TestManyAtOnce lets sixteen spend the same hundred.
func TestManyAtOnce(t *testing.T) {
	s := testdb.Open(t)
	mustPost(t, s, move("grant1", "grant", grants, user("a"), 100))
	var (
		wg           sync.WaitGroup
		mu           sync.Mutex
		spent, short int
	)
	for i := range 16 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			booked, err := post(t, s, move(fmt.Sprintf("tip%d", i), "settle", user("a"), user(fmt.Sprint("p", i)), 10))
			mu.Lock()
			defer mu.Unlock()
			switch {
			case booked:
				spent++
			case errors.Is(err, ledger.ErrShort):
				short++
			default:
				t.Errorf("tip%d: %v", i, err)
			}
		}()
	}
	wg.Wait()
	if spent != 10 || short != 6 {
		t.Errorf("%d spent and %d were refused, want 10 and 6", spent, short)
	}
	if got := balanceOf(t, s, user("a")); got != 0 {
		t.Errorf("a has %d left", got)
	}
	if r, err := ledger.VerifyAll(context.Background(), s); err != nil || r.To != 11 {
		t.Errorf("verified to %d, %v; want 11", r.To, err)
	}
}

// TestPropertyBooks plays random bookings, repeats and returns against a plain model.
func TestPropertyBooks(t *testing.T) {
	s := testdb.Open(t)
	run := 0
	rapid.Check(t, func(rt *rapid.T) {
		run++ // one database for all runs, with people of its own for each
		names := []string{fmt.Sprint("a", run), fmt.Sprint("b", run), fmt.Sprint("c", run)}
		model := map[string]int64{}
		var done []ledger.Txn
		back := map[string]bool{}
		for i := range rapid.IntRange(1, 25).Draw(rt, "bookings") {
			id := fmt.Sprint("run", run, "t", i)
			switch op := rapid.IntRange(0, 9).Draw(rt, "op"); {
			case op < 3:
				to := rapid.SampledFrom(names).Draw(rt, "to")
				n := rapid.Int64Range(1, 1000).Draw(rt, "n")
				b := move(id, "grant", grants, user(to), n)
				mustPost(t, s, b)
				model[to] += n
				done = append(done, b)
			case op < 7:
				from, to := rapid.SampledFrom(names).Draw(rt, "from"), rapid.SampledFrom(names).Draw(rt, "to")
				n := rapid.Int64Range(1, 1000).Draw(rt, "n")
				b := move(id, "settle", user(from), user(to), n)
				booked, err := post(t, s, b)
				want := from == to || model[from] >= n
				if want != booked || (!booked && !errors.Is(err, ledger.ErrShort)) {
					rt.Fatalf("%d from %s (%d) to %s: booked %t, %v", n, from, model[from], to, booked, err)
				}
				if booked {
					model[from] -= n
					model[to] += n
					done = append(done, b)
				}
			case op < 8 && len(done) > 0:
				b := rapid.SampledFrom(done).Draw(rt, "again")
				if booked, err := post(t, s, b); booked || err != nil {
					rt.Fatalf("%s again: booked %t, %v", b.ID, booked, err)
				}
			case len(done) > 0:
				b := rapid.SampledFrom(done).Draw(rt, "back")
				if back[b.ID] || b.Reverses != "" {
					continue
				}
				r := ledger.Reversal(b, b.ID+"_back", "return")
				booked, err := post(t, s, r)
				if err != nil && !errors.Is(err, ledger.ErrShort) {
					rt.Fatal(err)
				}
				if booked {
					back[b.ID] = true
					for _, p := range r.Postings {
						for _, name := range names {
							if p.Account == user(name) {
								model[name] += p.Amount
							}
						}
					}
				}
			}
		}
		for _, name := range names {
			if got := balanceOf(t, s, user(name)); got != model[name] || got < 0 {
				rt.Fatalf("%s has %d, want %d", name, got, model[name])
			}
		}
		if _, err := ledger.VerifyAll(context.Background(), s); err != nil {
			rt.Fatal(err)
		}
	})
}
