package tips_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"halqa/circles"
	"halqa/internal/testdb"
	"halqa/internal/tips"
	"halqa/wallet"
)

// A meter counts the statements of a database, and the transactions they are in.
type meter struct {
	mu                       sync.Mutex
	statements, transactions int
}

func (m *meter) ask(statement string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch verb, _, _ := strings.Cut(statement, " "); verb {
	case "BEGIN":
		m.transactions++
	case "SAVEPOINT", "RELEASE", "COMMIT", "ROLLBACK", "PRAGMA":
	default:
		m.statements++
	}
	return nil
}

func (m *meter) read(t testing.TB, do func() error) (statements, transactions int) {
	t.Helper()
	m.mu.Lock()
	m.statements, m.transactions = 0, 0
	m.mu.Unlock()
	if err := do(); err != nil {
		t.Fatal(err)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.statements, m.transactions
}

// What a tip costs, and what its settlement does, is the same however many were given before.
func TestWhatATipCosts(t *testing.T) {
	const crowd, due = 40, 32
	ctx := context.Background()
	m := &meter{}
	w := &world{t: t, now: time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC), site: "https://h.example", rules: tips.DefaultRules()}
	w.store = testdb.OpenFaulty(t, func() time.Time { return w.now }, m.ask)
	w.fill("")
	payers := w.crowd(crowd)
	admin := circles.Viewer{Person: w.carl.Person, Role: circles.SiteAdmin}
	for _, v := range payers {
		if err := w.tips.Grant(ctx, admin, v.Person, wallet.Amount{Minor: 10, Asset: "CRD"}, "for a good harvest", "once"+v.Person.String()); err != nil {
			t.Fatal(err)
		}
	}
	give := func(v circles.Viewer) func() error {
		in := w.intent("credits", "CRD", 1)
		return func() error { _, err := w.tips.Start(ctx, v, in); return err }
	}
	if err := give(payers[0])(); err != nil { // opens an account
		t.Fatal(err)
	}
	first, transactions := m.read(t, give(payers[1]))
	// The intent, the hold, what the rail answered.
	if transactions != 3 || first > 25 {
		t.Errorf("a tip in credits cost %d statements in %d transactions, want at most 25 in 3", first, transactions)
	}
	for _, v := range payers[2 : due-1] {
		if err := give(v)(); err != nil {
			t.Fatal(err)
		}
	}
	if last, _ := m.read(t, give(payers[due-1])); last != first {
		t.Errorf("tip %d cost %d statements, one of the first %d", due, last, first)
	}

	w.now = w.now.Add(11 * time.Minute)
	statements, transactions := m.read(t, func() error { return w.tips.Sweep(ctx) })
	if got := w.balance(w.bob); got != due {
		t.Fatalf("bob has %d, want %d", got, due)
	}
	// Each is asked about in a transaction of its own, as any rail is, and booked with others.
	if transactions > due+due/16+1 || statements > due*16 {
		t.Errorf("%d settlements cost %d statements in %d transactions", due, statements, transactions)
	}
	t.Logf("a tip: %d statements; %d settlements: %d in %d transactions", first, due, statements, transactions)
}
