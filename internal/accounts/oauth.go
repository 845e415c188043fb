package accounts

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"net/url"
	"time"

	"halqa/circles"
	"halqa/internal/store"
)

const codeFor = 5 * time.Minute // from the click to the exchange; RFC 6749 4.1.2 has ten minutes at most

// An AuthorizeRequest is what a program sends a person here with. // RFC 6749 4.1.1, RFC 7636 4.3
type AuthorizeRequest struct {
	ResponseType string
	Client       string
	Redirect     string
	Scope        string
	State        string
	Challenge    string
	Method       string
}

// An Authorization is such a request, checked.
type Authorization struct {
	Client   *OAuthClient
	Redirect string
	Scopes   Scopes
	State    string
}

// Lead is where the person is sent back to with these values; "" = nowhere, they carry the code.
func (z *Authorization) Lead(values url.Values) string {
	if z.Redirect == OutOfBand {
		return ""
	}
	if z.State != "" {
		values.Set("state", z.State)
	}
	u, err := url.Parse(z.Redirect)
	if err != nil {
		return ""
	}
	if u.RawQuery != "" {
		u.RawQuery += "&"
	}
	u.RawQuery += values.Encode()
	return u.String()
}

// CheckAuthorization reads a request. An error without an Authorization is for the person alone: whoever
// sent them is not known, and they are sent nowhere. One with an Authorization is for the program.
func (a *Accounts) CheckAuthorization(ctx context.Context, in AuthorizeRequest) (*Authorization, error) {
	c, err := a.OAuthClient(ctx, in.Client)
	if err != nil {
		return nil, err
	}
	if !c.redirect(in.Redirect) {
		return nil, oauthError(circles.Invalid, "invalid_redirect_uri", "The address to lead back to is not one that this program registered; nobody is sent there.").
			With("refused.redirect", nil)
	}
	z := &Authorization{Client: c, Redirect: in.Redirect, State: in.State}
	switch {
	case len(in.State) > maxRedirect:
		z.State = ""
		return z, oauthError(circles.Invalid, "invalid_request", "state is too long.")
	case in.ResponseType != "code":
		return z, oauthError(circles.Invalid, "unsupported_response_type", "response_type must be code.")
	case in.Challenge == "":
		return z, oauthError(circles.Invalid, "invalid_request", "A code_challenge is needed (PKCE).")
	case in.Method != "S256":
		return z, oauthError(circles.Invalid, "invalid_request", "code_challenge_method must be S256.")
	case !challengeLike(in.Challenge):
		return z, oauthError(circles.Invalid, "invalid_request", "code_challenge must be the SHA-256 of the verifier in base64url, without padding.")
	}
	if z.Scopes, err = ParseScopes(in.Scope); err != nil {
		return z, err
	}
	if len(z.Scopes) == 0 {
		z.Scopes = c.Scopes
	}
	if !z.Scopes.within(c.Scopes) {
		return z, oauthError(circles.Invalid, "invalid_scope", "The program registered for %s, and asks for more.", c.Scopes)
	}
	return z, nil
}

func challengeLike(s string) bool {
	b, err := base64.RawURLEncoding.Strict().DecodeString(s)
	return err == nil && len(b) == sha256.Size
}

// Authorize gives the program the viewer's leave, as a code that it has some minutes to use.
func (a *Accounts) Authorize(ctx context.Context, v circles.Viewer, in AuthorizeRequest) (z *Authorization, code string, err error) {
	if !v.SignedIn() {
		return nil, "", errSession()
	}
	if z, err = a.CheckAuthorization(ctx, in); err != nil {
		return z, "", err
	}
	code = newToken()
	return z, code, a.update(ctx, "authorize", func(tx *store.Tx) error {
		return tx.AddOAuthCode(&store.OAuthCode{Hash: tokenHash(code), Client: z.Client.ID, Person: v.Person, Redirect: z.Redirect,
			Scopes: z.Scopes.String(), Challenge: in.Challenge, ExpiresAt: tx.Now() + codeFor.Microseconds()})
	})
}

// Tokens are what a program gets.
type Tokens struct {
	Access    string
	Refresh   string // "" = the program does not renew
	ExpiresAt int64  // of Access, UTC microseconds
	CreatedAt int64
	Scopes    Scopes
}

// An Exchange is what a program sends for tokens. // RFC 6749 4.1.3, RFC 7636 4.5
type Exchange struct {
	Client, Secret string
	Code           string
	Redirect       string
	Verifier       string
}

// errCode refuses a code for a reason that helps nobody who guesses.
func errCode() error {
	return oauthError(circles.Invalid, "invalid_grant", "This code is not valid any more; begin again.")
}

// Exchange makes a code into tokens, once. A second time takes those back: one of the two was not the
// program. // RFC 6749 4.1.2, 10.5
func (a *Accounts) Exchange(ctx context.Context, in Exchange) (*Tokens, error) {
	c, err := a.proveProgram(ctx, in.Client, in.Secret)
	if err != nil {
		return nil, err
	}
	key, err := a.tokens.signingKey(ctx)
	if err != nil {
		return nil, err
	}
	var g *store.Grant
	var refused error
	err = a.update(ctx, "exchange code", func(tx *store.Tx) error {
		g, refused = nil, nil
		code, err := tx.OAuthCode(tokenHash(in.Code))
		if circles.Is(err, circles.NotFound) {
			refused = errCode()
			return nil
		}
		if err != nil {
			return err
		}
		if code.Became != 0 {
			// The refusal is committed with the end of the tokens, so it is no error here.
			refused = oauthError(circles.Invalid, "invalid_grant", "This code was used before; what it gave was taken back, begin again.")
			return tx.EndGrant(code.Became)
		}
		switch {
		case code.Client != c.ID:
			refused = errCode()
			return nil
		case code.Redirect != in.Redirect:
			refused = oauthError(circles.Invalid, "invalid_grant", "redirect_uri must be the one that the code was asked for with.")
		case in.Verifier == "":
			refused = oauthError(circles.Invalid, "invalid_grant", "code_verifier is missing; the code was asked for with a challenge.")
		case !verifies(in.Verifier, code.Challenge):
			refused = oauthError(circles.Invalid, "invalid_grant", "code_verifier does not fit the challenge that the code was asked for with.")
		}
		if refused != nil {
			return tx.UseOAuthCode(code.Hash, -1) // a second guess finds nothing
		}
		account, err := tx.Account(code.Person)
		if err != nil {
			return err
		}
		if usable(account.Actor) != nil {
			refused = errCode()
			return nil
		}
		g = &store.Grant{ID: tx.NewID(), Person: code.Person, Client: c.ID, Kind: string(AppToken), Name: c.Name, Scopes: code.Scopes,
			CreatedAt: tx.Now(), UsedAt: tx.Now(), ExpiresAt: tx.Now() + appFor.Microseconds()}
		if c.Refreshes {
			g.Kind, g.ExpiresAt = string(Short), tx.Now()+refreshFor.Microseconds()
		}
		if err := tx.AddGrant(g, maxGrants); err != nil {
			return err
		}
		return tx.UseOAuthCode(code.Hash, g.ID)
	})
	if err = errors.Join(err, refused); err != nil {
		return nil, err
	}
	return a.give(key, g)
}

// verifies reports whether a verifier is the challenge's. // RFC 7636 4.6
func verifies(verifier, challenge string) bool {
	if len(verifier) < 43 || len(verifier) > 128 { // RFC 7636 4.1
		return false
	}
	sum := sha256.Sum256([]byte(verifier))
	return subtle.ConstantTimeCompare([]byte(base64.RawURLEncoding.EncodeToString(sum[:])), []byte(challenge)) == 1
}

// give signs the tokens of a grant as it now stands.
func (a *Accounts) give(key []byte, g *store.Grant) (*Tokens, error) {
	t := a.tokens
	scopes, err := ParseScopes(g.Scopes)
	if err != nil {
		return nil, err
	}
	out := &Tokens{ExpiresAt: g.ExpiresAt, CreatedAt: t.now().UnixMicro(), Scopes: scopes}
	if g.Kind == string(Short) {
		out.ExpiresAt = min(g.ExpiresAt, out.CreatedAt+shortFor.Microseconds())
		if out.Refresh, err = t.sign(key, g, refreshType, t.origin+"/oauth/token", g.ExpiresAt); err != nil {
			return nil, err
		}
	}
	out.Access, err = t.sign(key, g, accessType, t.origin+"/api", out.ExpiresAt)
	return out, err
}

// Refresh makes a refresh token into new tokens, and is worth nothing after that: whoever uses it again
// shows that two have it, and all that came of it ends. // RFC 6749 6, RFC 9700 4.14.2
func (a *Accounts) Refresh(ctx context.Context, client, secret, refresh string, scope Scopes) (*Tokens, error) {
	c, err := a.proveProgram(ctx, client, secret)
	if err != nil {
		return nil, err
	}
	t := a.tokens
	key, err := t.signingKey(ctx)
	if err != nil {
		return nil, err
	}
	bad := oauthError(circles.Invalid, "invalid_grant", "This refresh token is not valid any more; ask the person again.")
	said, err := t.open(ctx, t.renew, refresh, refreshType)
	if circles.Is(err, circles.Denied) {
		return nil, bad
	}
	if err != nil {
		return nil, err
	}
	id, serial, ok := parseJTI(said.ID)
	if !ok || said.Client != c.ID {
		return nil, bad
	}
	var g *store.Grant
	var refused error
	err = a.update(ctx, "refresh", func(tx *store.Tx) error {
		refused = nil
		var account *store.AnAccount
		g, account, err = tx.GrantAccount(id)
		if circles.Is(err, circles.NotFound) {
			refused = bad
			return nil
		}
		if err != nil {
			return err
		}
		has, err := ParseScopes(g.Scopes)
		switch {
		case err != nil:
			return err
		case g.Kind != string(Short) || usable(account.Actor) != nil:
			refused = bad
			return nil
		case serial != g.Serial:
			refused = oauthError(circles.Invalid, "invalid_grant", "This refresh token was used before; all that came of it was taken back, ask the person again.")
			return tx.EndGrant(id)
		case !scope.within(has):
			refused = oauthError(circles.Invalid, "invalid_scope", "The leave is for %s, and a renewal cannot ask for more.", has)
			return nil
		}
		g.Serial++
		g.ExpiresAt = tx.Now() + refreshFor.Microseconds()
		return tx.RenewGrant(id, g.ExpiresAt)
	})
	if err = errors.Join(err, refused); err != nil {
		return nil, err
	}
	return a.give(key, g)
}

// Revoke takes back what a token of the program belongs to: the program is done with it. A token that is
// none is no error. // RFC 7009 2.2
func (a *Accounts) Revoke(ctx context.Context, client, secret, token string) error {
	c, err := a.proveProgram(ctx, client, secret)
	if err != nil {
		return err
	}
	t := a.tokens
	for _, kind := range []struct {
		typ    string
		access bool
	}{{refreshType, false}, {accessType, true}} {
		p := t.renew
		if kind.access {
			p = t.access
		}
		said, err := t.open(ctx, p, token, kind.typ)
		if circles.Is(err, circles.Denied) {
			continue
		}
		if err != nil {
			return err
		}
		if id, _, ok := parseJTI(said.ID); ok && said.Client == c.ID {
			return a.update(ctx, "revoke", func(tx *store.Tx) error { return tx.EndGrant(id) })
		}
	}
	return nil
}
