package accounts

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/netip"
	"runtime"
	"strings"
	"time"

	"halqa/circles"
	"halqa/internal/app"
	"halqa/internal/store"
)

// Options are what Accounts need.
type Options struct {
	Store  *store.Store
	App    *app.App
	Host   string           // this instance's; no password
	Origin string           // its address, which tokens name: "https://h.example"; "" = "https://" and Host
	Now    func() time.Time // nil = time.Now
	Hashes int              // passwords hashed at a time; 0 = one for each processor
	Log    *slog.Logger     // nil = nothing is logged
}

// Accounts are the use cases around signing in. Its methods are safe for concurrent use.
type Accounts struct {
	store  *store.Store
	app    *app.App
	host   string
	log    *slog.Logger
	hasher *hasher

	byName    *throttle // wrong passwords for one name from one address
	byAddress *throttle // wrong passwords from one address
	signups   *throttle // accounts from one address
	programs  *throttle // programs that register from one address
	tokens    *tokens
	pace      *pace // changes that members send

	newKeys func() (app.Keys, error) // app.NewKeys; tests use one pair again and again
}

// New returns Accounts.
func New(o Options) *Accounts {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.NewTextHandler(io.Discard, nil))
	}
	if o.Origin == "" {
		o.Origin = "https://" + o.Host
	}
	if o.Hashes <= 0 {
		o.Hashes = runtime.GOMAXPROCS(0)
	}
	return &Accounts{
		store: o.Store, app: o.App, host: o.Host, log: o.Log, hasher: newHasher(o.Hashes),
		byName:    newThrottle(o.Now, nameBurst, nameEvery),
		byAddress: newThrottle(o.Now, addressBurst, addressEvery),
		signups:   newThrottle(o.Now, signupBurst, signupEvery),
		programs:  newThrottle(o.Now, programBurst, programEvery),
		tokens:    newTokens(o),
		pace:      newPace(o.Now),
		newKeys:   app.NewKeys,
	}
}

// A Client is the browser, or other program, that somebody signs in with.
type Client struct {
	Address netip.Addr // the zero Addr is not throttled: the command line
	Agent   string     // how it describes itself
}

// A Login is a session that was just begun. Token is the only copy of it there is.
type Login struct {
	Token     string
	ExpiresAt int64 // UTC microseconds
	Viewer    circles.Viewer
}

// cleanName reads what somebody typed as their own name: capitals, an @ before it and this
// instance's host behind it are forgiven.
func (a *Accounts) cleanName(s string) string {
	s = strings.TrimPrefix(strings.ToLower(strings.TrimSpace(s)), "@")
	return strings.TrimSuffix(s, "@"+strings.ToLower(a.host))
}

func (a *Accounts) update(ctx context.Context, what string, f func(*store.Tx) error) error {
	if err := a.store.Update(ctx, f); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}

func (a *Accounts) view(ctx context.Context, what string, f func(*store.Tx) error) error {
	if err := a.store.View(ctx, f); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}
