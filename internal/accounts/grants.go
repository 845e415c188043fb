package accounts

import (
	"context"
	"strconv"
	"time"

	"halqa/circles"
	"halqa/internal/store"
	"halqa/internal/text"
)

// A NewToken is a token that somebody makes for themselves.
type NewToken struct {
	Name   string // what it is for
	Scopes Scopes
	Days   int // how long it lives: 1 to 365
}

// A Grant is leave that somebody gave, to a program or to a token of their own. Times are UTC microseconds.
type Grant struct {
	ID        string // to take it back by; opens nothing
	Client    string // the program's id; "" = a personal token
	Kind      TokenKind
	Name      string
	Scopes    Scopes
	CreatedAt int64
	UsedAt    int64 // to the hour
	ExpiresAt int64
}

func grantOf(g *store.Grant) (Grant, error) {
	scopes, err := ParseScopes(g.Scopes)
	return Grant{ID: strconv.FormatInt(g.ID, 10), Client: g.Client, Kind: TokenKind(g.Kind), Name: g.Name, Scopes: scopes,
		CreatedAt: g.CreatedAt, UsedAt: g.UsedAt, ExpiresAt: g.ExpiresAt}, err
}

// MakeToken makes a personal token of the viewer's. The token is returned, to be shown once.
func (a *Accounts) MakeToken(ctx context.Context, v circles.Viewer, in NewToken) (string, *Grant, error) {
	if !v.SignedIn() {
		return "", nil, errSession()
	}
	return a.makeToken(ctx, in, func(tx *store.Tx) (*store.AnAccount, error) { return tx.Account(v.Person) })
}

// MakeTokenFor is MakeToken for the account with this name, from the command line.
func (a *Accounts) MakeTokenFor(ctx context.Context, name string, in NewToken) (string, *Grant, error) {
	return a.makeToken(ctx, in, func(tx *store.Tx) (*store.AnAccount, error) { return a.named(tx, name) })
}

func (a *Accounts) makeToken(ctx context.Context, in NewToken, whose func(*store.Tx) (*store.AnAccount, error)) (string, *Grant, error) {
	name := text.CleanLine(in.Name, 60)
	life := time.Duration(in.Days) * 24 * time.Hour
	switch {
	case name == "":
		return "", nil, circles.FieldErrorf(circles.Invalid, "name", "Say what the token is for, so that you know it again.").With("refused.token-name", nil)
	case len(in.Scopes) == 0:
		return "", nil, circles.FieldErrorf(circles.Invalid, "scopes", "Choose what the token may do.").With("refused.token-scopes", nil)
	case in.Days < 1 || life > maxFor:
		return "", nil, circles.FieldErrorf(circles.Invalid, "days", "A token lives 1 to 365 days; choose how long.").With("refused.token-days", nil)
	}
	key, err := a.tokens.signingKey(ctx)
	if err != nil {
		return "", nil, err
	}
	var g *store.Grant
	err = a.update(ctx, "make token", func(tx *store.Tx) error {
		account, err := whose(tx)
		if err != nil {
			return err
		}
		if err := usable(account.Actor); err != nil {
			return err
		}
		g = &store.Grant{ID: tx.NewID(), Person: account.Person, Kind: string(Personal), Name: name, Scopes: in.Scopes.String(),
			CreatedAt: tx.Now(), UsedAt: tx.Now(), ExpiresAt: tx.Now() + life.Microseconds()}
		return tx.AddGrant(g, maxGrants)
	})
	if err != nil {
		return "", nil, err
	}
	made, err := a.give(key, g)
	if err != nil {
		return "", nil, err
	}
	out, err := grantOf(g)
	return made.Access, &out, err
}

// Grants returns what the viewer gave leave to, the newest first.
func (a *Accounts) Grants(ctx context.Context, v circles.Viewer) ([]Grant, error) {
	if !v.SignedIn() {
		return nil, errSession()
	}
	var all []Grant
	err := a.view(ctx, "grants", func(tx *store.Tx) error {
		kept, err := tx.Grants(v.Person)
		for _, g := range kept {
			one, err := grantOf(g)
			if err != nil {
				return err
			}
			all = append(all, one)
		}
		return err
	})
	return all, err
}

// EndGrant takes one back by its id; every token of it is refused from then on.
func (a *Accounts) EndGrant(ctx context.Context, v circles.Viewer, id string) error {
	if !v.SignedIn() {
		return errSession()
	}
	gone := circles.Errorf(circles.NotFound, "This leave was taken back already, or has expired.").With("refused.grant-over", nil)
	n, err := strconv.ParseInt(id, 10, 64)
	if err != nil || n <= 0 {
		return gone
	}
	return a.update(ctx, "end grant", func(tx *store.Tx) error {
		g, err := tx.Grant(n)
		if circles.Is(err, circles.NotFound) || err == nil && g.Person != v.Person {
			return gone
		}
		if err != nil {
			return err
		}
		return tx.EndGrant(n)
	})
}

// SweepTokens forgets what has expired: grants, codes, programs that nobody gave leave, and answers kept for
// keys. The clock calls it.
func (a *Accounts) SweepTokens(ctx context.Context) error {
	const batch = 500
	for {
		var n int64
		err := a.update(ctx, "sweep tokens", func(tx *store.Tx) (err error) {
			n, err = tx.SweepTokens(tx.Now()-programKept.Microseconds(), tx.Now()-keyKept.Microseconds(), batch)
			return err
		})
		if err != nil || n < batch {
			return err
		}
	}
}
