package accounts

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"halqa/circles"
	"halqa/internal/app"
	"halqa/internal/store"
	"halqa/internal/testdb"
	"halqa/internal/text"
)

const verifier = "a-verifier-of-the-program-that-nobody-else-knows"

func challenge(v string) string {
	sum := sha256.Sum256([]byte(v))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// reason fails unless err is a refusal with this reason.
func (g *gate) reason(what string, err error, want string) {
	g.Helper()
	got := ""
	if e := asError(err); e != nil {
		got = e.Reason
		if e.Message == "" || strings.ContainsAny(e.Message, "\n") {
			g.Errorf("%s: the sentence is %q", what, e.Message)
		}
	}
	if got != want {
		g.Errorf("%s: got %v (reason %q), want reason %q", what, err, got, want)
	}
}

func asError(err error) *circles.Error {
	for err != nil {
		if e, ok := err.(*circles.Error); ok {
			return e
		}
		switch u := err.(type) {
		case interface{ Unwrap() error }:
			err = u.Unwrap()
		case interface{ Unwrap() []error }:
			err = u.Unwrap()[0]
		default:
			return nil
		}
	}
	return nil
}

func (g *gate) program(refreshes, public bool) *OAuthClient {
	g.Helper()
	c, err := g.RegisterClient(g.ctx(), NewOAuthClient{Name: "Lantern", Redirects: []string{"https://app.example/back", "lantern://back", OutOfBand},
		Scopes: Scopes{ScopeRead, ScopeWrite}, Refreshes: refreshes, Public: public}, Client{})
	g.must(err)
	return c
}

func (g *gate) code(c *OAuthClient, v circles.Viewer) string {
	g.Helper()
	_, code, err := g.Authorize(g.ctx(), v, AuthorizeRequest{ResponseType: "code", Client: c.ID, Redirect: "https://app.example/back",
		Scope: "read write", Challenge: challenge(verifier), Method: "S256"})
	g.must(err)
	return code
}

func (g *gate) exchange(c *OAuthClient, code string) (*Tokens, error) {
	return g.Exchange(g.ctx(), Exchange{Client: c.ID, Secret: c.Secret, Code: code, Redirect: "https://app.example/back", Verifier: verifier})
}

func TestProgramGetsItsTokens(t *testing.T) {
	for _, c := range []struct {
		name              string
		refreshes, public bool
		kind              TokenKind
		life              time.Duration
	}{
		{"app", false, false, AppToken, appFor}, {"public app", false, true, AppToken, appFor},
		{"short", true, false, Short, shortFor}, {"public short", true, true, Short, shortFor},
	} {
		t.Run(c.name, func(t *testing.T) {
			g := newGate(t)
			ann := g.member("ann")
			p := g.program(c.refreshes, c.public)
			if (p.Secret == "") != c.public {
				t.Errorf("the secret is %q", p.Secret)
			}
			made, err := g.exchange(p, g.code(p, ann.Viewer))
			g.must(err)
			if got := time.Duration(made.ExpiresAt-g.clock.now().UnixMicro()) * time.Microsecond; got != c.life {
				t.Errorf("lives %v, want %v", got, c.life)
			}
			if (made.Refresh != "") != c.refreshes {
				t.Errorf("refresh token is %q", made.Refresh)
			}
			a, err := g.Access(g.ctx(), made.Access)
			g.must(err)
			if a.Viewer != ann.Viewer || a.Kind != c.kind || a.Scopes.String() != "read write" || a.Client != p.ID || a.Name != "ann" {
				t.Errorf("the token is %+v", a)
			}
			g.clock.pass(c.life)
			_, err = g.Access(g.ctx(), made.Access)
			want := "token-expired"
			g.reason("after its life", err, want)
		})
	}
}

func TestAuthorizationRefusesWhatCouldLeadAstray(t *testing.T) {
	g := newGate(t)
	p := g.program(false, false)
	good := AuthorizeRequest{ResponseType: "code", Client: p.ID, Redirect: "https://app.example/back", Scope: "read",
		Challenge: challenge(verifier), Method: "S256", State: "x&y=z"}
	z, err := g.CheckAuthorization(g.ctx(), good)
	g.must(err)
	if got, want := z.Lead(url.Values{"code": {"1"}}), "https://app.example/back?code=1&state=x%26y%3Dz"; got != want {
		t.Errorf("leads to %q, want %q", got, want)
	}
	for _, c := range []struct {
		name   string
		change func(*AuthorizeRequest)
		want   string
		stays  bool // the person is sent nowhere
	}{
		{"unknown program", func(r *AuthorizeRequest) { r.Client = "nobody" }, "invalid_client", true},
		{"no program", func(r *AuthorizeRequest) { r.Client = "" }, "invalid_client", true},
		{"another host", func(r *AuthorizeRequest) { r.Redirect = "https://evil.example/back" }, "invalid_redirect_uri", true},
		{"longer path", func(r *AuthorizeRequest) { r.Redirect += "/../x" }, "invalid_redirect_uri", true},
		{"a query added", func(r *AuthorizeRequest) { r.Redirect += "?next=https://evil.example" }, "invalid_redirect_uri", true},
		{"no address", func(r *AuthorizeRequest) { r.Redirect = "" }, "invalid_redirect_uri", true},
		{"implicit flow", func(r *AuthorizeRequest) { r.ResponseType = "token" }, "unsupported_response_type", false},
		{"no challenge", func(r *AuthorizeRequest) { r.Challenge = "" }, "invalid_request", false},
		{"plain", func(r *AuthorizeRequest) { r.Method = "plain" }, "invalid_request", false},
		{"no method", func(r *AuthorizeRequest) { r.Method = "" }, "invalid_request", false},
		{"no hash", func(r *AuthorizeRequest) { r.Challenge = "abc" }, "invalid_request", false},
		{"unknown scope", func(r *AuthorizeRequest) { r.Scope = "read everything" }, "invalid_scope", false},
		{"more than registered", func(r *AuthorizeRequest) { r.Scope = "read admin" }, "invalid_scope", false},
		{"endless state", func(r *AuthorizeRequest) { r.State = strings.Repeat("s", 5000) }, "invalid_request", false},
	} {
		r := good
		c.change(&r)
		z, err := g.CheckAuthorization(g.ctx(), r)
		g.reason(c.name, err, c.want)
		if (z == nil) != c.stays {
			t.Errorf("%s: authorization is %v", c.name, z)
		}
	}
	if _, _, err := g.Authorize(g.ctx(), circles.Viewer{}, good); !circles.Is(err, circles.Denied) {
		t.Errorf("a visitor authorizes: %v", err)
	}
}

func TestRedirectAddresses(t *testing.T) {
	for to, want := range map[string]bool{
		"https://app.example/back": true, "https://app.example/back?x=1": true, "http://localhost:7777/": true, "http://127.0.0.1/x": true,
		"http://[::1]:80/": true, "lantern://back": true, "org.example.lantern:/back": true, OutOfBand: true,
		"http://app.example/back": false, "https://app.example/#x": false, "https://app.example/#": false, "javascript:alert(1)": false,
		"JavaScript:alert(1)": false, "data:text/html,x": false, "/back": false, "//app.example": false, "https://": false, "https://u:p@app.example/": false,
		"https://app.example\\@evil.example/": false, "https://app.example/\nx": false, "": false, "http://localhost.evil.example/": false,
		"https://" + strings.Repeat("a", maxRedirect): false, "urn:other": false, "file:///etc/passwd": false,
	} {
		if got := checkRedirect(to) == nil; got != want {
			t.Errorf("checkRedirect(%.60q) accepts: %v, want %v", to, got, want)
		}
	}
}

func TestCodeIsUsedOnce(t *testing.T) {
	g := newGate(t)
	ann := g.member("ann")
	p, other := g.program(false, false), g.program(false, true)

	for _, c := range []struct {
		name   string
		change func(*Exchange)
		want   string
	}{
		{"no verifier", func(e *Exchange) { e.Verifier = "" }, "invalid_grant"},
		{"wrong verifier", func(e *Exchange) { e.Verifier = strings.Repeat("b", 50) }, "invalid_grant"},
		{"the challenge itself", func(e *Exchange) { e.Verifier = challenge(verifier) }, "invalid_grant"},
		{"another address", func(e *Exchange) { e.Redirect = "lantern://back" }, "invalid_grant"},
		{"another program", func(e *Exchange) { e.Client, e.Secret = other.ID, "" }, "invalid_grant"},
		{"wrong secret", func(e *Exchange) { e.Secret = "guess" }, "invalid_client"},
		{"no secret", func(e *Exchange) { e.Secret = "" }, "invalid_client"},
		{"made-up code", func(e *Exchange) { e.Code = newToken() }, "invalid_grant"},
	} {
		e := Exchange{Client: p.ID, Secret: p.Secret, Code: g.code(p, ann.Viewer), Redirect: "https://app.example/back", Verifier: verifier}
		c.change(&e)
		_, err := g.Exchange(g.ctx(), e)
		g.reason(c.name, err, c.want)
	}

	// A wrong verifier uses the code up: there is no second guess.
	code := g.code(p, ann.Viewer)
	_, err := g.Exchange(g.ctx(), Exchange{Client: p.ID, Secret: p.Secret, Code: code, Redirect: "https://app.example/back", Verifier: strings.Repeat("b", 50)})
	g.reason("guess", err, "invalid_grant")
	_, err = g.exchange(p, code)
	g.reason("after a guess", err, "invalid_grant")

	// Used twice: what it gave is taken back.
	code = g.code(p, ann.Viewer)
	made, err := g.exchange(p, code)
	g.must(err)
	_, err = g.Access(g.ctx(), made.Access)
	g.must(err)
	_, err = g.exchange(p, code)
	g.reason("second use", err, "invalid_grant")
	_, err = g.Access(g.ctx(), made.Access)
	g.reason("the token of a code used twice", err, "token-revoked")

	code = g.code(p, ann.Viewer)
	g.clock.pass(codeFor)
	_, err = g.exchange(p, code)
	g.reason("late", err, "invalid_grant")
}

func TestRefreshTokenRotates(t *testing.T) {
	g := newGate(t)
	ann := g.member("ann")
	p, thief := g.program(true, false), g.program(true, false)
	first, err := g.exchange(p, g.code(p, ann.Viewer))
	g.must(err)
	g.clock.pass(shortFor)
	_, err = g.Refresh(g.ctx(), thief.ID, thief.Secret, first.Refresh, nil)
	g.reason("another program", err, "invalid_grant")
	_, err = g.Refresh(g.ctx(), p.ID, p.Secret, first.Access, nil)
	g.reason("an access token", err, "invalid_grant")
	_, err = g.Access(g.ctx(), first.Refresh)
	g.reason("a refresh token as access token", err, "token-foreign")
	_, err = g.Refresh(g.ctx(), p.ID, p.Secret, first.Refresh, Scopes{ScopeAdmin})
	g.reason("more scopes", err, "invalid_scope")
	second, err := g.Refresh(g.ctx(), p.ID, p.Secret, first.Refresh, nil)
	g.must(err)
	_, err = g.Access(g.ctx(), second.Access)
	g.must(err)

	// The first one again: two have it, so the family ends.
	_, err = g.Refresh(g.ctx(), p.ID, p.Secret, first.Refresh, nil)
	g.reason("reuse", err, "invalid_grant")
	_, err = g.Access(g.ctx(), second.Access)
	g.reason("the family's access token", err, "token-revoked")
	_, err = g.Refresh(g.ctx(), p.ID, p.Secret, second.Refresh, nil)
	g.reason("the family's refresh token", err, "invalid_grant")
}

func TestForgedTokens(t *testing.T) {
	g := newGate(t)
	ann := g.member("ann")
	token, grant, err := g.MakeToken(g.ctx(), ann.Viewer, NewToken{Name: "script", Scopes: Scopes{ScopeRead}, Days: 30})
	g.must(err)
	_, err = g.Access(g.ctx(), token)
	g.must(err)
	parsed, _, err := jwt.NewParser().ParseUnverified(token, jwt.MapClaims{})
	g.must(err)
	said := parsed.Claims.(jwt.MapClaims)
	if said["iss"] != "https://home.example" || said["kind"] != "personal" || said["scope"] != "read" || parsed.Header["alg"] != "EdDSA" {
		t.Errorf("the token says %v %v", parsed.Header, said)
	}
	key, err := g.tokens.signingKey(g.ctx())
	g.must(err)
	_, strange, err := ed25519.GenerateKey(nil)
	g.must(err)
	make := func(method jwt.SigningMethod, key any, change func(*jwt.Token, jwt.MapClaims)) string {
		c := jwt.MapClaims{}
		for k, v := range said {
			c[k] = v
		}
		tok := jwt.NewWithClaims(method, c)
		tok.Header["typ"] = accessType
		change(tok, c)
		s, err := tok.SignedString(key)
		g.must(err)
		return s
	}
	set := func(name string, v any) func(*jwt.Token, jwt.MapClaims) {
		return func(_ *jwt.Token, c jwt.MapClaims) { c[name] = v }
	}
	nothing := func(*jwt.Token, jwt.MapClaims) {}
	parts := strings.Split(token, ".")
	for _, c := range []struct{ name, token, want string }{
		{"none", make(jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, nothing), "token-invalid"},
		{"HMAC with the public key", make(jwt.SigningMethodHS256, []byte(key.Public().(ed25519.PublicKey)), nothing), "token-invalid"},
		{"another key", make(jwt.SigningMethodEdDSA, strange, nothing), "token-invalid"},
		{"another instance", make(jwt.SigningMethodEdDSA, strange, set("iss", "https://other.example")), "token-foreign"},
		{"our key, another issuer", make(jwt.SigningMethodEdDSA, key, set("iss", "https://other.example")), "token-foreign"},
		{"our key, another audience", make(jwt.SigningMethodEdDSA, key, set("aud", "https://home.example/other")), "token-foreign"},
		{"no end", make(jwt.SigningMethodEdDSA, key, func(_ *jwt.Token, c jwt.MapClaims) { delete(c, "exp") }), "token-invalid"},
		{"over", make(jwt.SigningMethodEdDSA, key, set("exp", 1)), "token-expired"},
		{"no type", make(jwt.SigningMethodEdDSA, key, func(tok *jwt.Token, _ jwt.MapClaims) { delete(tok.Header, "typ") }), "token-invalid"},
		{"a plain JWT", make(jwt.SigningMethodEdDSA, key, func(tok *jwt.Token, _ jwt.MapClaims) { tok.Header["typ"] = "JWT" }), "token-invalid"},
		{"another grant's number", make(jwt.SigningMethodEdDSA, key, set("jti", "zzzzzz.0")), "token-revoked"},
		{"somebody else's", make(jwt.SigningMethodEdDSA, key, set("sub", "1")), "token-revoked"},
		{"no number", make(jwt.SigningMethodEdDSA, key, set("jti", "")), "token-invalid"},
		{"cut", token[:len(token)-4], "token-invalid"},
		{"changed", parts[0] + "." + parts[1] + "x." + parts[2], "token-invalid"},
		{"empty", "", "token-invalid"},
		{"words", "not a token", "token-invalid"},
		{"endless", strings.Repeat("a", maxToken+1), "token-invalid"},
	} {
		_, err := g.Access(g.ctx(), c.token)
		g.reason(c.name, err, c.want)
		g.refused(err, circles.Denied)
	}

	// Taken back by its owner alone, at once.
	eve := g.member("eve")
	g.refused(g.EndGrant(g.ctx(), eve.Viewer, grant.ID), circles.NotFound)
	_, err = g.Access(g.ctx(), token)
	g.must(err)
	g.must(g.EndGrant(g.ctx(), ann.Viewer, grant.ID))
	_, err = g.Access(g.ctx(), token)
	g.reason("taken back", err, "token-revoked")
}

func TestTokenFollowsItsOwner(t *testing.T) {
	g := newGate(t)
	ann := g.member("ann")
	token, _, err := g.MakeToken(g.ctx(), ann.Viewer, NewToken{Name: "script", Scopes: Scopes{ScopeAdmin}, Days: 30})
	g.must(err)
	role := func(want circles.SiteRole) {
		t.Helper()
		a, err := g.Access(g.ctx(), token)
		g.must(err)
		if a.Role != want {
			t.Errorf("the token has role %q, want %q", a.Role, want)
		}
	}
	role(circles.SiteMember)
	g.must(g.SetRole(g.ctx(), "ann", circles.SiteModerator))
	role(circles.SiteModerator)
	g.must(g.SetRole(g.ctx(), "ann", circles.SiteMember))
	role(circles.SiteMember)
	suspend := func(at int64) {
		g.must(g.store.Update(g.ctx(), func(tx *store.Tx) error { return tx.SetSuspended(ann.Viewer.Person.Actor(), at) }))
	}
	suspend(1)
	_, err = g.Access(g.ctx(), token)
	g.reason("suspended", err, "token-revoked")
	suspend(0)
	role(circles.SiteMember)
	_, err = g.ResetPassword(g.ctx(), "ann")
	g.must(err)
	_, err = g.Access(g.ctx(), token)
	g.reason("after a reset", err, "token-revoked")
}

// Another process that takes a token back is noticed within epochStale.
func TestTokenTakenBackByAnotherProcess(t *testing.T) {
	g := newGate(t)
	if g.store.Engine() == "sqlite" {
		t.Skip("SQLite has one process; run with HALQA_TEST_ENGINE=postgres")
	}
	ann := g.member("ann")
	token, grant, err := g.MakeToken(g.ctx(), ann.Viewer, NewToken{Name: "script", Scopes: Scopes{ScopeRead}, Days: 30})
	g.must(err)
	_, err = g.Access(g.ctx(), token)
	g.must(err)
	before := g.store.TokenChanges()
	g.must(g.EndGrant(g.ctx(), ann.Viewer, grant.ID))
	// What this process knows is put back to before, as if another one had done it.
	known := map[[32]byte]knownToken{}
	for sum, k := range g.tokens.known.All() {
		k.changes += g.store.TokenChanges() - before
		known[sum] = k
	}
	for sum, k := range known {
		g.tokens.known.Set(sum, k)
	}
	g.clock.pass(epochStale)
	_, err = g.Access(g.ctx(), token)
	g.reason("taken back elsewhere", err, "token-revoked")
}

func TestProgramRevokes(t *testing.T) {
	g := newGate(t)
	ann := g.member("ann")
	p, other := g.program(true, false), g.program(true, false)
	for name, which := range map[string]func(*Tokens) string{
		"access": func(m *Tokens) string { return m.Access }, "refresh": func(m *Tokens) string { return m.Refresh },
	} {
		made, err := g.exchange(p, g.code(p, ann.Viewer))
		g.must(err)
		g.must(g.Revoke(g.ctx(), other.ID, other.Secret, which(made)))
		_, err = g.Access(g.ctx(), made.Access)
		g.must(err) // another program's word counts for nothing
		g.reason(name, g.Revoke(g.ctx(), p.ID, "guess", which(made)), "invalid_client")
		g.must(g.Revoke(g.ctx(), p.ID, p.Secret, which(made)))
		_, err = g.Access(g.ctx(), made.Access)
		g.reason(name, err, "token-revoked")
	}
	g.must(g.Revoke(g.ctx(), p.ID, p.Secret, "nothing"))
}

func TestGrantsAreListedAndSwept(t *testing.T) {
	g := newGate(t)
	ann := g.member("ann")
	p := g.program(false, false)
	_, err := g.exchange(p, g.code(p, ann.Viewer))
	g.must(err)
	_, _, err = g.MakeToken(g.ctx(), ann.Viewer, NewToken{Name: "script", Scopes: Scopes{ScopeRead}, Days: 1})
	g.must(err)
	names := func() (out []string) {
		all, err := g.Grants(g.ctx(), ann.Viewer)
		g.must(err)
		for _, one := range all {
			out = append(out, one.Name)
		}
		return out
	}
	if got := strings.Join(names(), " "); got != "script Lantern" {
		t.Errorf("grants are %q", got)
	}
	g.program(false, false) // nobody gives it leave
	g.clock.pass(programKept)
	g.must(g.SweepTokens(g.ctx()))
	if got := strings.Join(names(), " "); got != "Lantern" {
		t.Errorf("grants after a month are %q", got)
	}
	if _, err := g.OAuthClient(g.ctx(), p.ID); err != nil {
		t.Errorf("the program in use: %v", err)
	}
	for _, c := range []struct {
		field string
		in    NewToken
	}{{"name", NewToken{Scopes: Scopes{ScopeRead}, Days: 1}}, {"scopes", NewToken{Name: "x", Days: 1}}, {"days", NewToken{Name: "x", Scopes: Scopes{ScopeRead}, Days: 366}}} {
		_, _, err := g.MakeToken(g.ctx(), ann.Viewer, c.in)
		if e := asError(err); e == nil || e.Field != c.field {
			t.Errorf("%+v: %v, want the field %s", c.in, err, c.field)
		}
	}
}

func TestProgramsRegisterAtAPace(t *testing.T) {
	g := newGate(t)
	in := NewOAuthClient{Name: "Lantern", Redirects: []string{OutOfBand}}
	from := Client{Address: netip.MustParseAddr("192.0.2.9")}
	for range programBurst {
		_, err := g.RegisterClient(g.ctx(), in, from)
		g.must(err)
	}
	_, err := g.RegisterClient(g.ctx(), in, from)
	g.refused(err, circles.Limited)
	g.clock.pass(programEvery)
	_, err = g.RegisterClient(g.ctx(), in, from)
	g.must(err)
	in.Redirects = []string{"javascript:alert(1)"}
	_, err = g.RegisterClient(g.ctx(), in, Client{})
	g.reason("script", err, "invalid_redirect_uri")
	in.Name = " "
	_, err = g.RegisterClient(g.ctx(), in, Client{})
	g.reason("no name", err, "invalid_client_metadata")
}

func TestIdempotencyKeys(t *testing.T) {
	g := newGate(t)
	ann, eve := g.member("ann"), g.member("eve")
	begin := func(v circles.Viewer, key, request string) (*KeptAnswer, error) {
		return g.Begin(g.ctx(), v, key, request)
	}
	first, err := begin(ann.Viewer, "k", "one")
	g.must(err)
	if first != nil {
		t.Fatalf("a new key has an answer: %+v", first)
	}
	_, err = begin(ann.Viewer, "k", "one")
	g.reason("under way", err, "key-in-use")
	g.must(g.Finish(g.ctx(), ann.Viewer, "k", "one", &KeptAnswer{Status: 201, Location: "/x", Body: []byte("made")}))
	again, err := begin(ann.Viewer, "k", "one")
	g.must(err)
	if again == nil || again.Status != 201 || again.Location != "/x" || string(again.Body) != "made" {
		t.Errorf("the answer is %+v", again)
	}
	_, err = begin(ann.Viewer, "k", "two")
	g.reason("another body", err, "key-reused")
	if other, err := begin(eve.Viewer, "k", "two"); err != nil || other != nil {
		t.Errorf("eve's key of the same name: %+v, %v", other, err)
	}
	g.must(g.Finish(g.ctx(), eve.Viewer, "k", "two", nil))
	if other, err := begin(eve.Viewer, "k", "three"); err != nil || other != nil {
		t.Errorf("a key whose request failed: %+v, %v", other, err)
	}
	g.clock.pass(keyKept)
	if late, err := begin(ann.Viewer, "k", "two"); err != nil || late != nil {
		t.Errorf("a day later: %+v, %v", late, err)
	}
	_, err = begin(ann.Viewer, strings.Repeat("k", maxKey+1), "x")
	g.reason("endless key", err, "key-invalid")
}

// BenchmarkAccess is the check of a token on the hot path, and its first check without the query that
// follows: the latter is one Ed25519 verification and the reading of the claims.
func BenchmarkAccess(b *testing.B) {
	s := testdb.OpenAt(b, time.Now)
	g := New(Options{Store: s, Host: "home.example", App: app.New(app.Options{Store: s, Text: text.NewRenderer("https://home.example"),
		Sanitizer: text.NewSanitizer(), Host: "home.example"})})
	g.newKeys = onePair
	if _, err := g.Create(b.Context(), "ann", goodPassword, circles.SiteMember); err != nil {
		b.Fatal(err)
	}
	token, _, err := g.MakeTokenFor(b.Context(), "ann", NewToken{Name: "script", Scopes: Scopes{ScopeRead, ScopeWrite}, Days: 30})
	if err != nil {
		b.Fatal(err)
	}
	if _, err := g.Access(b.Context(), token); err != nil {
		b.Fatal(err)
	}
	b.Run("known", func(b *testing.B) {
		for b.Loop() {
			if _, err := g.Access(b.Context(), token); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("signature", func(b *testing.B) {
		for b.Loop() {
			if _, err := g.tokens.open(b.Context(), g.tokens.access, token, accessType); err != nil {
				b.Fatal(err)
			}
		}
	})
}
