package accounts

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/maypok86/otter/v2"

	"halqa/circles"
	"halqa/internal/store"
)

// A TokenKind says what a token is for, and so how long it lives.
type TokenKind string

const (
	Personal TokenKind = "personal" // made by its owner by hand; lives as long as they said
	AppToken TokenKind = "app"      // of a program that cannot renew; lives a year
	Short    TokenKind = "session"  // of a program that renews it; lives an hour
)

const (
	appFor     = 365 * 24 * time.Hour
	shortFor   = time.Hour
	refreshFor = 90 * 24 * time.Hour // from the last renewal
	maxFor     = 365 * 24 * time.Hour

	maxToken  = 2048 // bytes; ours are below 600
	maxGrants = 100  // of one person; the one used least recently makes room

	// What is remembered of tokens: at most so many, each so long after it was looked up. The latter is
	// also how often the use of a token can be noted.
	tokensKept = 50_000
	tokenKept  = 10 * time.Minute

	// Another process on the same database may take a token back. Its word is looked for in the
	// background, and waited for where it is older than epochStale: no token outlives its end by more.
	epochEvery = 2 * time.Second
	epochStale = 10 * time.Second

	accessType  = "at+jwt" // RFC 9068 2.1
	refreshType = "rt+jwt"
)

// settingTokenKey is the seed of the key that this instance signs tokens with, in base64.
const settingTokenKey store.Setting = "token_key"

// An Access is who a token acts for and what it may do.
type Access struct {
	circles.Viewer
	Name      string // of the person
	Grant     string // what it is taken back by
	Client    string // the program's id; "" = a personal token
	Kind      TokenKind
	Scopes    Scopes
	ExpiresAt int64 // UTC microseconds
}

// tokens is what is needed to make and check them.
type tokens struct {
	store  *store.Store
	origin string
	now    func() time.Time
	access *jwt.Parser
	renew  *jwt.Parser

	mu     sync.Mutex
	key    ed25519.PrivateKey // nil until it was read or made
	epoch  int64              // as another process may have moved it
	looked time.Time          // when epoch was read
	asking bool

	known *otter.Cache[[32]byte, knownToken]
}

// A knownToken is what was found out about a token, as long as neither count has moved since.
type knownToken struct {
	access  *Access
	changes int64 // of this process
	epoch   int64 // of all
}

func newTokens(o Options) *tokens {
	parser := func(audience string) *jwt.Parser {
		return jwt.NewParser(jwt.WithValidMethods([]string{jwt.SigningMethodEdDSA.Alg()}), jwt.WithIssuer(o.Origin), jwt.WithAudience(audience),
			jwt.WithExpirationRequired(), jwt.WithTimeFunc(o.Now), jwt.WithStrictDecoding())
	}
	return &tokens{
		store: o.Store, origin: o.Origin, now: o.Now,
		access: parser(o.Origin + "/api"), renew: parser(o.Origin + "/oauth/token"),
		known: otter.Must(&otter.Options[[32]byte, knownToken]{MaximumSize: tokensKept,
			ExpiryCalculator: otter.ExpiryWriting[[32]byte, knownToken](tokenKept)}),
	}
}

// claims are what a token says. Everything but the signature's word for it is looked up by the grant.
// RFC 9068 2.2
type claims struct {
	jwt.RegisteredClaims
	Kind   TokenKind `json:"kind,omitempty"`
	Client string    `json:"client_id,omitempty"`
	Scope  string    `json:"scope,omitempty"`
}

// jti names one token of a grant.
func jti(grant, serial int64) string {
	return strconv.FormatInt(grant, 36) + "." + strconv.FormatInt(serial, 36)
}

func parseJTI(s string) (grant, serial int64, ok bool) {
	g, n, found := strings.Cut(s, ".")
	if !found {
		return 0, 0, false
	}
	grant, err1 := strconv.ParseInt(g, 36, 64)
	serial, err2 := strconv.ParseInt(n, 36, 64)
	return grant, serial, err1 == nil && err2 == nil && grant > 0 && serial >= 0
}

// signingKey returns the instance's key, which the first who asks makes.
func (t *tokens) signingKey(ctx context.Context) (ed25519.PrivateKey, error) {
	t.mu.Lock()
	key := t.key
	t.mu.Unlock()
	if key != nil {
		return key, nil
	}
	var seed [ed25519.SeedSize]byte
	rand.Read(seed[:])
	kept := ""
	err := t.store.Update(ctx, func(tx *store.Tx) (err error) {
		if kept, err = tx.Setting(settingTokenKey); err != nil || kept != "" {
			return err
		}
		kept = base64.StdEncoding.EncodeToString(seed[:])
		return tx.SetSetting(settingTokenKey, kept)
	})
	if err != nil {
		return nil, fmt.Errorf("key of tokens: %w", err)
	}
	b, err := base64.StdEncoding.DecodeString(kept)
	if err != nil || len(b) != ed25519.SeedSize {
		return nil, errors.New("the key of tokens is damaged")
	}
	key = ed25519.NewKeyFromSeed(b)
	t.mu.Lock()
	t.key = key
	t.mu.Unlock()
	return key, nil
}

// sign makes a token of a grant.
func (t *tokens) sign(key ed25519.PrivateKey, g *store.Grant, typ, audience string, expiresAt int64) (string, error) {
	now := t.now()
	c := claims{RegisteredClaims: jwt.RegisteredClaims{
		Issuer: t.origin, Subject: g.Person.String(), Audience: jwt.ClaimStrings{audience}, ID: jti(g.ID, g.Serial),
		IssuedAt: jwt.NewNumericDate(now), ExpiresAt: jwt.NewNumericDate(time.UnixMicro(expiresAt)),
	}, Client: g.Client}
	if typ == accessType {
		c.Kind, c.Scope = TokenKind(g.Kind), g.Scopes
	}
	token := jwt.NewWithClaims(jwt.SigningMethodEdDSA, c)
	token.Header["typ"] = typ
	signed, err := token.SignedString(key)
	if err != nil {
		return "", fmt.Errorf("sign token: %w", err)
	}
	return signed, nil
}

// open checks a token's signature and everything it says of itself.
func (t *tokens) open(ctx context.Context, p *jwt.Parser, token, typ string) (*claims, error) {
	if token == "" || len(token) > maxToken {
		return nil, errToken()
	}
	key, err := t.signingKey(ctx)
	if err != nil {
		return nil, err
	}
	c := new(claims)
	parsed, err := p.ParseWithClaims(token, c, func(*jwt.Token) (any, error) { return key.Public(), nil })
	switch {
	case err == nil && parsed.Header["typ"] == typ:
		return c, nil
	case errors.Is(err, jwt.ErrTokenInvalidIssuer), errors.Is(err, jwt.ErrTokenInvalidAudience):
		return nil, tokenError("token-foreign", "This token is for another place; get one from this instance.")
	case errors.Is(err, jwt.ErrTokenSignatureInvalid), errors.Is(err, jwt.ErrTokenMalformed), errors.Is(err, jwt.ErrTokenUnverifiable):
		if foreign(token, t.origin) {
			return nil, tokenError("token-foreign", "This token is for another place; get one from this instance.")
		}
	case errors.Is(err, jwt.ErrTokenExpired):
		return nil, tokenError("token-expired", "This token has expired; renew it or get a new one.")
	}
	return nil, errToken()
}

// foreign reports whether a token that we did not sign says that somebody else did. It only chooses the
// sentence: the token is refused in any case.
func foreign(token, origin string) bool {
	var c jwt.RegisteredClaims
	t, _, err := jwt.NewParser().ParseUnverified(token, &c)
	return err == nil && t.Method == jwt.SigningMethodEdDSA && c.Issuer != "" && c.Issuer != origin
}

func tokenError(reason, sentence string) error {
	e := circles.Errorf(circles.Denied, "%s", sentence).With("refused."+reason, nil)
	e.Reason = reason
	return e
}

func errToken() error {
	return tokenError("token-invalid", "This token is not valid; send one that this instance made, unchanged.")
}

func errRevoked() error {
	return tokenError("token-revoked", "This token was taken back, or its owner may not act any more; get a new one.")
}

// Access returns who a token acts for. A token is checked by its signature, and its grant looked up, once
// in a while; in between no query is made, and taking the grant back, suspending its owner or giving them
// another role is noticed at once in this process, and within epochStale where another one did it. Every
// other token is Denied, with a Reason.
func (a *Accounts) Access(ctx context.Context, token string) (*Access, error) {
	t := a.tokens
	if len(token) > maxToken {
		return nil, errToken()
	}
	epoch, err := t.currentEpoch(ctx)
	if err != nil {
		return nil, err
	}
	changes := t.store.TokenChanges() // before the look, so that nothing falls between
	sum := sha256.Sum256([]byte(token))
	if k, ok := t.known.GetIfPresent(sum); ok && k.changes == changes && k.epoch == epoch && t.now().UnixMicro() < k.access.ExpiresAt {
		return k.access, nil
	}
	c, err := t.open(ctx, t.access, token, accessType)
	if err != nil {
		return nil, err
	}
	access, err := a.look(ctx, c)
	if err != nil {
		return nil, err
	}
	t.known.Set(sum, knownToken{access, changes, epoch})
	return access, nil
}

// Remembers reports whether a token was found good a while ago. It says nothing about now; it costs a hash.
func (a *Accounts) Remembers(token string) bool {
	if len(token) > maxToken {
		return false
	}
	_, ok := a.tokens.known.GetIfPresent(sha256.Sum256([]byte(token)))
	return ok
}

// look reads what is true of a token now, and notes its use.
func (a *Accounts) look(ctx context.Context, c *claims) (*Access, error) {
	id, _, ok := parseJTI(c.ID)
	if !ok {
		return nil, errToken()
	}
	var g *store.Grant
	var account *store.AnAccount
	var now int64
	err := a.view(ctx, "token", func(tx *store.Tx) (err error) {
		now = tx.Now()
		g, account, err = tx.GrantAccount(id)
		return err
	})
	if circles.Is(err, circles.NotFound) {
		return nil, errRevoked()
	}
	if err != nil {
		return nil, err
	}
	if usable(account.Actor) != nil || g.Person.String() != c.Subject {
		return nil, errRevoked()
	}
	if now-g.UsedAt >= seenEvery.Microseconds() {
		if err := a.update(ctx, "token", func(tx *store.Tx) error { return tx.TouchGrant(id) }); err != nil {
			a.log.WarnContext(ctx, "use of a token was not noted", "person", account.Person, "err", err)
		}
	}
	scopes, err := ParseScopes(g.Scopes)
	if err != nil {
		return nil, err
	}
	return &Access{
		Viewer: circles.Viewer{Person: account.Person, Role: account.Role}, Name: account.Actor.Name, Grant: strconv.FormatInt(g.ID, 10),
		Client: g.Client, Kind: TokenKind(g.Kind), Scopes: scopes, ExpiresAt: c.ExpiresAt.UnixMicro(),
	}, nil
}

// currentEpoch is how often tokens were changed by anybody, at most epochStale old. SQLite has one writing
// process, which TokenChanges tells of.
func (t *tokens) currentEpoch(ctx context.Context) (int64, error) {
	if t.store.Engine() == "sqlite" {
		return 0, nil
	}
	t.mu.Lock()
	epoch, age := t.epoch, t.now().Sub(t.looked)
	begin := age >= epochEvery && !t.asking
	if begin {
		t.asking = true
	}
	t.mu.Unlock()
	switch {
	case age >= epochStale:
		return t.readEpoch(ctx)
	case begin:
		go t.readEpoch(context.WithoutCancel(ctx)) // an error is met again when the copy is stale
	}
	return epoch, nil
}

func (t *tokens) readEpoch(ctx context.Context) (int64, error) {
	var epoch int64
	ctx, cancel := context.WithTimeout(ctx, epochStale)
	defer cancel()
	at := t.now()
	err := t.store.View(ctx, func(tx *store.Tx) (err error) {
		epoch, err = tx.TokenEpoch()
		return err
	})
	t.mu.Lock()
	defer t.mu.Unlock()
	t.asking = false
	if err != nil {
		return 0, fmt.Errorf("epoch of tokens: %w", err)
	}
	if at.After(t.looked) {
		t.epoch, t.looked = epoch, at
	}
	return epoch, nil
}
