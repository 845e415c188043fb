package api

import (
	"crypto/sha256"
	"encoding/base64"
	"net/url"
	"strings"
	"testing"

	"halqa/circles"
	"halqa/internal/accounts"
)

const verifier = "a-verifier-of-the-program-that-nobody-else-knows"

func challengeOf(v string) string {
	sum := sha256.Sum256([]byte(v))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// agree is what the person does on the consent page.
func (h *house) agree(who circles.Viewer, p Registered) string {
	h.Helper()
	_, code, err := h.accounts.Authorize(h.ctx(), who, accounts.AuthorizeRequest{ResponseType: "code", Client: p.ID, Redirect: p.RedirectURIs[0],
		Challenge: challengeOf(verifier), Method: "S256"})
	h.must(err)
	return code
}

func form(pairs ...string) ([]byte, string) {
	v := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		v.Add(pairs[i], pairs[i+1])
	}
	return []byte(v.Encode()), "application/x-www-form-urlencoded"
}

func (c *client) send(path string, pairs ...string) *reply {
	c.Helper()
	body, kind := form(pairs...)
	return c.ask("POST", path, body, "Content-Type", kind)
}

// refusedAs fails unless the answer is OAuth's refusal of this kind.
func (r *reply) refusedAs(status int, code string) {
	r.Helper()
	var p OAuthProblem
	r.is(status).into(&p)
	if p.Error != code || p.Description == "" || p.Type != problemBase+strings.ReplaceAll(code, "_", "-") {
		r.Errorf("%s: got %+v, want %s", r.asked, p, code)
	}
	if r.header.Get("Cache-Control") != "no-store" {
		r.Errorf("%s: may be kept: %q", r.asked, r.header.Get("Cache-Control"))
	}
}

func (s *script) oauth() {
	v := s.visitor
	var meta ServerMetadata
	v.ask("GET", "/.well-known/oauth-authorization-server", nil).is(200).into(&meta)
	if meta.Issuer != s.site.URL || meta.TokenEndpoint != s.site.URL+"/oauth/token" || len(meta.ChallengeMethods) != 1 {
		s.Errorf("the metadata is %+v", meta)
	}
	var p Registered
	v.post("/oauth/register", m{"client_name": "Lantern", "redirect_uris": []string{"https://app.example/back"}, "scope": "read write",
		"grant_types": []string{"authorization_code", "refresh_token"}, "logo_uri": "https://app.example/logo"}, &p)
	if p.Secret == "" || p.SecretExpires == nil || len(p.GrantTypes) != 2 || p.Scope != "read write" {
		s.Errorf("the program is %+v", p)
	}
	var byForm Registered
	v.send("/oauth/register", "client_name", "Bot", "redirect_uris", "http://localhost:1/ bot://back", "scope", "read", "token_endpoint_auth_method", "none").is(201).into(&byForm)
	if byForm.Secret != "" || len(byForm.RedirectURIs) != 2 || byForm.AuthMethod != "none" {
		s.Errorf("the bot is %+v", byForm)
	}
	v.send("/oauth/register", "client_name", "Bad", "redirect_uris", "javascript:alert(1)").refusedAs(400, "invalid_redirect_uri")
	v.send("/oauth/register", "client_name", "", "redirect_uris", "https://app.example/").refusedAs(400, "invalid_client_metadata")
	v.send("/oauth/register", "client_name", "Bad", "redirect_uris", "https://app.example/", "scope", "everything").refusedAs(400, "invalid_client_metadata")
	v.send("/oauth/register", "client_name", "Bad", "redirect_uris", "https://app.example/", "grant_types", "password").refusedAs(400, "invalid_client_metadata")

	take := func(code, verifier string) *reply {
		return v.send("/oauth/token", "grant_type", "authorization_code", "client_id", p.ID, "client_secret", p.Secret, "code", code,
			"redirect_uri", p.RedirectURIs[0], "code_verifier", verifier)
	}
	code := s.agree(s.lin.who, p)
	var t TokenAnswer
	take(code, verifier).is(200).into(&t)
	if t.TokenType != "Bearer" || t.ExpiresIn != 3600 || t.RefreshToken == "" || t.Scope != "read write" {
		s.Errorf("the tokens are %+v", t)
	}
	lin := &client{house: s.house, token: t.AccessToken, http: v.http}
	lin.get("/me", nil)
	lin.ask("GET", "/notifications", nil).problem(403, "scope-missing")

	// The code once more: both tokens end.
	take(code, verifier).refusedAs(400, "invalid_grant")
	lin.ask("GET", "/me", nil).problem(401, "token-revoked")

	take(s.agree(s.lin.who, p), "").refusedAs(400, "invalid_grant")
	take(s.agree(s.lin.who, p), strings.Repeat("x", 43)).refusedAs(400, "invalid_grant")
	v.send("/oauth/token", "grant_type", "password").refusedAs(400, "unsupported_grant_type")
	v.send("/oauth/token", "grant_type", "authorization_code", "client_id", p.ID, "client_secret", "guess", "code", code).refusedAs(401, "invalid_client")
	v.send("/oauth/token", "grant_type", "authorization_code", "grant_type", "refresh_token").refusedAs(400, "invalid_request")
	v.ask("POST", "/oauth/token", []byte("x"), "Content-Type", "text/plain").refusedAs(400, "invalid_request")

	// A secret in the header, a refresh token that turns over, and its reuse.
	take(s.agree(s.lin.who, p), verifier).is(200).into(&t)
	basic := base64.StdEncoding.EncodeToString([]byte(p.ID + ":" + p.Secret))
	renew := func(token string) *reply {
		body, kind := form("grant_type", "refresh_token", "refresh_token", token)
		return v.ask("POST", "/oauth/token", body, "Content-Type", kind, "Authorization", "Basic "+basic)
	}
	var next TokenAnswer
	renew(t.RefreshToken).is(200).into(&next)
	renew(t.RefreshToken).refusedAs(400, "invalid_grant")
	renew(next.RefreshToken).refusedAs(400, "invalid_grant")

	take(s.agree(s.lin.who, p), verifier).is(200).into(&t)
	lin.token = t.AccessToken
	v.send("/oauth/revoke", "token", t.RefreshToken, "client_id", p.ID, "client_secret", "guess").refusedAs(401, "invalid_client")
	lin.get("/me", nil)
	v.send("/oauth/revoke", "token", t.RefreshToken, "client_id", p.ID, "client_secret", p.Secret).is(200)
	lin.ask("GET", "/me", nil).problem(401, "token-revoked")
}

// The tokens that nobody should take, each with its own word.
func TestTokensOfOthers(t *testing.T) {
	h, other := newHouse(t), newHouse(t)
	lin, stranger := h.person("lin", circles.SiteMember), other.person("lin", circles.SiteMember)
	none := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none","typ":"at+jwt"}`)) + "." + strings.Split(lin.token, ".")[1] + "."
	for _, c := range []struct{ name, header, slug string }{
		{"none", "Bearer " + none, "token-invalid"},
		{"another instance's", "Bearer " + stranger.token, "token-foreign"},
		{"nothing", "Bearer", "token-invalid"},
		{"basic", "Basic eDp5", "token-invalid"},
		{"endless", "Bearer " + strings.Repeat("a", 4000), "token-invalid"},
	} {
		r := h.visitor().ask("GET", "/me", nil, "Authorization", c.header)
		r.problem(401, c.slug)
		if got := r.header.Get("WWW-Authenticate"); got != `Bearer realm="api", error="invalid_token"` {
			t.Errorf("%s: the challenge is %q", c.name, got)
		}
	}
	h.pass(31 * 24 * 60 * 60 * 1e9)
	lin.ask("GET", "/me", nil).problem(401, "token-expired")
}
