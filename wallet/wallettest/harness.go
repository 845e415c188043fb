package wallettest

import (
	"context"
	"fmt"
	"net/http/httptest"
	"testing"
	"time"

	"halqa/wallet"
	"halqa/wallet/remote"
)

// A Harness is an adapter under test and what the kit may do around it.
type Harness struct {
	// Adapter is served by the kit on loopback. Nil: URL and Secret say where one listens already.
	Adapter wallet.Adapter
	URL     string
	Secret  []byte

	Payee wallet.Payee     // somebody who can be paid
	Asset string           // what to pay in; "" = the first of the descriptor
	Rail  Rail             // nil: the cases that need a hand on the rail are skipped
	Now   func() time.Time // the adapter's clock; nil = the wall's
	Level int              // highest level to run, 0 to 3
}

// A Rail is the other side of an adapter, under the kit's control. Over HTTP it is what ServeRail says.
// Charge ids are the adapter's. ErrNotPossible says that this rail cannot do a thing; the case is skipped.
type Rail interface {
	// Pay sends money to a charge. Not final is seen and can still vanish.
	Pay(ctx context.Context, charge string, minor int64, final bool) error
	// Reorg makes everything vanish that was seen and is not final.
	Reorg(ctx context.Context, charge string) error
	// Dispute takes back final money from a charge: a chargeback.
	Dispute(ctx context.Context, charge string, minor int64) error
	// TakeRefund is the payer fetching a refund that waits for them.
	TakeRefund(ctx context.Context, refund string) error
	// Requests counts what the adapter made on the rail for a key.
	Requests(ctx context.Context, key string) (int, error)
	// Messages returns what the rail has sent about a charge so far, oldest first, as it was signed.
	Messages(ctx context.Context, charge string) ([]Message, error)
	// Forge makes a message about a charge that must not be believed: see the Forge… constants.
	Forge(ctx context.Context, charge string, how Forgery) (Message, error)
	// Down makes the rail unreachable, or reachable again.
	Down(ctx context.Context, down bool) error
	// Crash makes the adapter end at a point of the next CreateCharge and start again.
	Crash(ctx context.Context, at CrashPoint) error
	// Advance moves the clock of rail and adapter.
	Advance(ctx context.Context, d time.Duration) error
	// Logs returns what the adapter logged, and the secrets that must not be in it.
	Logs(ctx context.Context) (text string, secrets []string, err error)
}

// A Message is a webhook on its way.
type Message struct {
	Header map[string][]string `json:"header"`
	Query  string              `json:"query"`
	Body   []byte              `json:"body"`
}

// A Forgery is a way to lie.
type Forgery string

const (
	ForgeSignature Forgery = "signature" // signed with another key
	ForgeOld       Forgery = "old"       // signed rightly, ten minutes ago
	ForgeFuture    Forgery = "future"    // signed rightly, ten minutes from now
	ForgeMerchant  Forgery = "merchant"  // signed rightly, for somebody else
	ForgeUnknown   Forgery = "unknown"   // signed rightly, about a charge that never was
)

// A CrashPoint is where an adapter ends.
type CrashPoint string

const (
	CrashBefore  CrashPoint = "before"  // before it asked the rail
	CrashBetween CrashPoint = "between" // the rail has done it, the adapter has not noted it
)

// ErrNotPossible is returned by rails that cannot do what is asked.
var ErrNotPossible = fmt.Errorf("wallettest: %w by this rail", wallet.ErrUnsupported)

// Run tests a Go adapter, one subtest a case. fresh is called for each case, so that no case sees
// another's charges.
func Run(t *testing.T, fresh func(testing.TB) Harness) {
	t.Helper()
	for _, c := range cases {
		t.Run(fmt.Sprintf("%02d %s", c.n, c.name), func(t *testing.T) {
			h := fresh(t)
			if c.level > h.Level {
				t.Skipf("level %d", c.level)
			}
			k, stop, err := open(h)
			if err != nil {
				t.Fatal(err)
			}
			defer stop()
			switch r := k.try(t.Context(), c); r.Outcome {
			case Failed:
				t.Error(r.Detail)
			case Skipped:
				t.Skip(r.Detail)
			}
		})
	}
}

// Check runs the cases up to the harness's level against one adapter and reports. It makes some hundred
// charges; the rail must be one on which that costs nothing.
func Check(ctx context.Context, h Harness) (Report, error) {
	k, stop, err := open(h)
	if err != nil {
		return Report{}, err
	}
	defer stop()
	rep := Report{Contract: wallet.Contract, Level: h.Level}
	d, err := k.a.Describe(ctx)
	if err != nil {
		return rep, fmt.Errorf("describe: %w", err)
	}
	rep.Adapter, rep.Version = d.Name, d.Version
	for _, c := range cases {
		if c.level > h.Level {
			continue
		}
		if err := ctx.Err(); err != nil {
			return rep, err
		}
		rep.Cases = append(rep.Cases, k.try(ctx, c))
	}
	return rep, nil
}

// open serves the adapter if it is not served yet, and puts the faults in between.
func open(h Harness) (*kit, func(), error) {
	now := h.Now
	if now == nil {
		now = time.Now
	}
	stop := func() {}
	if h.Adapter != nil {
		h.Secret = []byte("a secret of the kit, of 32 bytes at least")
		srv := httptest.NewServer(remote.Serve(h.Adapter, h.Secret, now))
		h.URL, stop = srv.URL, srv.Close
	}
	f := &faults{}
	client, err := remote.New(remote.Options{URL: h.URL, Secret: h.Secret, Now: now, Client: f.client()})
	if err != nil {
		stop()
		return nil, nil, err
	}
	return &kit{h: h, a: client, faults: f, now: now}, stop, nil
}
