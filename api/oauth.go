package api

import (
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"halqa/circles"
	"halqa/internal/accounts"
)

// The endpoints that programs speak to on their way to a token. They have the forms that OAuth gave them;
// the page where a person gives leave is the browser edge's.

const maxForm = 64 << 10 // bytes; nothing that is sent here is long

func (s *Server) oauthRoutes() []route {
	oauth := func(method, path, about string, in, out any, do func(*call) (any, error), status int, also ...int) route {
		r := route{method: method, path: path, about: about, raw: true, form: true, status: status, also: also, do: do,
			open: "it is how a program comes by a token"}
		if in != nil {
			r.in = reflectType(in)
		}
		if out != nil {
			r.out = reflectType(out)
		}
		return r
	}
	const get, post = http.MethodGet, http.MethodPost
	const bad, denied, often = http.StatusBadRequest, http.StatusUnauthorized, http.StatusTooManyRequests
	return grouped("oauth",
		oauth(get, "/.well-known/oauth-authorization-server", "Where everything is, and what is understood.", nil, ServerMetadata{}, s.metadata, http.StatusOK, often),
		oauth(post, "/oauth/register", "Register a program, which may then ask people for leave at /oauth/authorize.", Registration{}, Registered{}, s.register, http.StatusCreated, bad, http.StatusRequestEntityTooLarge, often),
		oauth(post, "/oauth/token", "Make a code, or a refresh token, into tokens.", TokenRequest{}, TokenAnswer{}, s.token, http.StatusOK, bad, denied, http.StatusRequestEntityTooLarge, often),
		oauth(post, "/oauth/revoke", "End a token, and all that belongs to it.", Revocation{}, nil, s.revoke, http.StatusOK, bad, denied, http.StatusRequestEntityTooLarge, often),
	)
}

// ServerMetadata says where everything is. // RFC 8414 2
type ServerMetadata struct {
	Issuer                string   `json:"issuer"`
	AuthorizationEndpoint string   `json:"authorization_endpoint"`
	TokenEndpoint         string   `json:"token_endpoint"`
	RegistrationEndpoint  string   `json:"registration_endpoint"`
	RevocationEndpoint    string   `json:"revocation_endpoint"`
	ScopesSupported       []string `json:"scopes_supported"`
	ResponseTypes         []string `json:"response_types_supported"`
	GrantTypes            []string `json:"grant_types_supported"`
	AuthMethods           []string `json:"token_endpoint_auth_methods_supported"`
	RevocationMethods     []string `json:"revocation_endpoint_auth_methods_supported"`
	ChallengeMethods      []string `json:"code_challenge_methods_supported"`
	Documentation         string   `json:"service_documentation"`
}

var authMethods = []string{"client_secret_basic", "client_secret_post", "none"}

func (s *Server) metadata(c *call) (any, error) {
	o := s.o.Origin
	m := ServerMetadata{Issuer: o, AuthorizationEndpoint: o + "/oauth/authorize", TokenEndpoint: o + "/oauth/token", RegistrationEndpoint: o + "/oauth/register",
		RevocationEndpoint: o + "/oauth/revoke", ResponseTypes: []string{"code"}, GrantTypes: []string{"authorization_code", "refresh_token"},
		AuthMethods: authMethods, RevocationMethods: authMethods, ChallengeMethods: []string{"S256"}, Documentation: o + "/api"}
	for _, one := range accounts.AllScopes() {
		m.ScopesSupported = append(m.ScopesSupported, string(one))
	}
	return nil, c.echo.JSON(http.StatusOK, m)
}

// Registration is what a program says of itself, as JSON or as a form. // RFC 7591 2
type Registration struct {
	Name         string   `json:"client_name"`
	Website      string   `json:"client_uri,omitempty"`
	RedirectURIs []string `json:"redirect_uris" doc:"Where a code may be sent, to the letter; urn:ietf:wg:oauth:2.0:oob shows it instead."`
	Scope        string   `json:"scope,omitempty" doc:"What it may ask for, with spaces between; absent = read."`
	GrantTypes   []string `json:"grant_types,omitempty" doc:"With refresh_token it gets tokens for an hour and renews them; without, one for a year."`
	AuthMethod   string   `json:"token_endpoint_auth_method,omitempty" doc:"none for a program that can keep no secret."`
}

// Registered is a program that was noted. // RFC 7591 3.2.1
type Registered struct {
	ID            string   `json:"client_id"`
	Secret        string   `json:"client_secret,omitempty"`
	SecretExpires *int     `json:"client_secret_expires_at,omitempty" doc:"0 = never."`
	IssuedAt      int64    `json:"client_id_issued_at"`
	Name          string   `json:"client_name"`
	Website       string   `json:"client_uri,omitempty"`
	RedirectURIs  []string `json:"redirect_uris"`
	Scope         string   `json:"scope"`
	GrantTypes    []string `json:"grant_types"`
	ResponseTypes []string `json:"response_types"`
	AuthMethod    string   `json:"token_endpoint_auth_method"`
}

func (s *Server) register(c *call) (any, error) {
	var in Registration
	if err := c.readOAuth(&in, func(f url.Values) {
		in = Registration{Name: f.Get("client_name"), Website: f.Get("client_uri"), Scope: f.Get("scope"), AuthMethod: f.Get("token_endpoint_auth_method")}
		for _, one := range f["redirect_uris"] {
			in.RedirectURIs = append(in.RedirectURIs, strings.Fields(one)...)
		}
		for _, one := range f["grant_types"] {
			in.GrantTypes = append(in.GrantTypes, strings.Fields(one)...)
		}
	}); err != nil {
		return nil, c.refuseOAuth(err, "invalid_client_metadata")
	}
	metadata := func(format string, args ...any) error {
		return c.refuseOAuth(because(circles.Invalid, "invalid_client_metadata", format, args...), "")
	}
	for _, g := range in.GrantTypes {
		if g != "authorization_code" && g != "refresh_token" {
			return nil, metadata("grant_types can be authorization_code and refresh_token.")
		}
	}
	if in.AuthMethod == "" {
		in.AuthMethod = authMethods[0]
	}
	if !slices.Contains(authMethods, in.AuthMethod) {
		return nil, metadata("token_endpoint_auth_method must be one of %s.", strings.Join(authMethods, ", "))
	}
	scopes, err := accounts.ParseScopes(in.Scope)
	if err != nil {
		return nil, metadata("%s", c.words().Error(err))
	}
	made, err := s.accounts.RegisterClient(c.ctx(), accounts.NewOAuthClient{Name: in.Name, Website: in.Website, Redirects: in.RedirectURIs, Scopes: scopes,
		Refreshes: slices.Contains(in.GrantTypes, "refresh_token"), Public: in.AuthMethod == "none"}, c.client())
	if err != nil {
		return nil, c.refuseOAuth(err, "")
	}
	out := Registered{ID: made.ID, Secret: made.Secret, IssuedAt: made.CreatedAt / 1e6, Name: made.Name, Website: made.Website, RedirectURIs: made.Redirects,
		Scope: made.Scopes.String(), GrantTypes: []string{"authorization_code"}, ResponseTypes: []string{"code"}, AuthMethod: in.AuthMethod}
	if made.Refreshes {
		out.GrantTypes = append(out.GrantTypes, "refresh_token")
	}
	if made.Secret != "" {
		out.SecretExpires = new(int)
	}
	return nil, c.secret(http.StatusCreated, out)
}

// TokenRequest asks for tokens. // RFC 6749 4.1.3, 6
type TokenRequest struct {
	GrantType    string `json:"grant_type" enum:"authorization_code,refresh_token"`
	ClientID     string `json:"client_id,omitempty" doc:"Absent where the Authorization header has it."`
	ClientSecret string `json:"client_secret,omitempty"`
	Code         string `json:"code,omitempty"`
	RedirectURI  string `json:"redirect_uri,omitempty"`
	CodeVerifier string `json:"code_verifier,omitempty" doc:"Its SHA-256, in base64url, was the code_challenge."`
	RefreshToken string `json:"refresh_token,omitempty"`
	Scope        string `json:"scope,omitempty"`
}

// TokenAnswer are tokens. // RFC 6749 5.1
type TokenAnswer struct {
	AccessToken  string `json:"access_token"`
	TokenType    string `json:"token_type" enum:"Bearer"`
	ExpiresIn    int64  `json:"expires_in" doc:"Seconds."`
	RefreshToken string `json:"refresh_token,omitempty" doc:"Good once; the next one comes with the next tokens."`
	Scope        string `json:"scope"`
	CreatedAt    int64  `json:"created_at" doc:"Seconds since 1970."`
}

func (s *Server) token(c *call) (any, error) {
	var in TokenRequest
	if err := c.readOAuth(&in, func(f url.Values) {
		in = TokenRequest{f.Get("grant_type"), f.Get("client_id"), f.Get("client_secret"), f.Get("code"), f.Get("redirect_uri"), f.Get("code_verifier"),
			f.Get("refresh_token"), f.Get("scope")}
	}); err != nil {
		return nil, c.refuseOAuth(err, "invalid_request")
	}
	client, secret, err := c.program(in.ClientID, in.ClientSecret)
	if err != nil {
		return nil, c.refuseOAuth(err, "")
	}
	var made *accounts.Tokens
	switch in.GrantType {
	case "authorization_code":
		made, err = s.accounts.Exchange(c.ctx(), accounts.Exchange{Client: client, Secret: secret, Code: in.Code, Redirect: in.RedirectURI, Verifier: in.CodeVerifier})
	case "refresh_token":
		var scopes accounts.Scopes
		if scopes, err = accounts.ParseScopes(in.Scope); err == nil {
			made, err = s.accounts.Refresh(c.ctx(), client, secret, in.RefreshToken, scopes)
		}
	default:
		err = because(circles.Invalid, "unsupported_grant_type", "grant_type must be authorization_code or refresh_token.")
	}
	if err != nil {
		return nil, c.refuseOAuth(err, "")
	}
	return nil, c.secret(http.StatusOK, TokenAnswer{AccessToken: made.Access, TokenType: "Bearer", RefreshToken: made.Refresh, Scope: made.Scopes.String(),
		ExpiresIn: (made.ExpiresAt - made.CreatedAt) / int64(time.Second/time.Microsecond), CreatedAt: made.CreatedAt / 1e6})
}

// Revocation ends a token. // RFC 7009 2.1
type Revocation struct {
	Token        string `json:"token"`
	Hint         string `json:"token_type_hint,omitempty"`
	ClientID     string `json:"client_id,omitempty" doc:"Absent where the Authorization header has it."`
	ClientSecret string `json:"client_secret,omitempty"`
}

func (s *Server) revoke(c *call) (any, error) {
	var in Revocation
	if err := c.readOAuth(&in, func(f url.Values) {
		in = Revocation{f.Get("token"), f.Get("token_type_hint"), f.Get("client_id"), f.Get("client_secret")}
	}); err != nil {
		return nil, c.refuseOAuth(err, "invalid_request")
	}
	client, secret, err := c.program(in.ClientID, in.ClientSecret)
	if err == nil {
		err = s.accounts.Revoke(c.ctx(), client, secret, in.Token)
	}
	if err != nil {
		return nil, c.refuseOAuth(err, "")
	}
	return nil, c.echo.NoContent(http.StatusOK)
}

func (c *call) client() accounts.Client {
	return accounts.Client{Address: c.s.client(c.echo.Request()), Agent: c.echo.Request().UserAgent()}
}

// readOAuth reads a body as JSON or as a form, where each name stands once but for lists.
func (c *call) readOAuth(into any, form func(url.Values)) error {
	r := c.echo.Request()
	body, err := io.ReadAll(http.MaxBytesReader(c.echo.Response(), r.Body, maxForm))
	var over *http.MaxBytesError
	if errors.As(err, &over) {
		return circles.Errorf(circles.TooLarge, "That was too large to send at once; at most %d bytes.", maxForm)
	}
	if err != nil {
		return because(circles.Invalid, "bad-json", "The body broke off.")
	}
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	switch kind {
	case jsonType:
		c.raw = body
		// A program may say more of itself than we ask; RFC 7591 2 wants that passed over.
		if err := json.Unmarshal(body, into); err != nil {
			return because(circles.Invalid, "bad-json", "The body is not the JSON that this takes.")
		}
		return nil
	case "application/x-www-form-urlencoded":
		f, err := url.ParseQuery(string(body))
		if err != nil {
			return because(circles.Invalid, "bad-json", "The form cannot be read.")
		}
		for name, values := range f {
			if len(values) > 1 && name != "redirect_uris" && name != "grant_types" { // RFC 6749 3.2
				return because(circles.Invalid, "bad-json", "%.40q is there twice.", name)
			}
		}
		form(f)
		return nil
	}
	return because(circles.Invalid, "bad-type", "The body must be application/json or application/x-www-form-urlencoded.")
}

// program returns the id and secret that a request brings, in its header or its body. RFC 6749 2.3.1
func (c *call) program(id, secret string) (string, string, error) {
	user, pass, ok := c.echo.Request().BasicAuth()
	if !ok {
		return id, secret, nil
	}
	user, err1 := url.QueryUnescape(user)
	pass, err2 := url.QueryUnescape(pass)
	if err1 != nil || err2 != nil || id != "" && id != user || secret != "" {
		return "", "", because(circles.Invalid, "invalid_request", "Send the program's id and secret in one place only.")
	}
	return user, pass, nil
}

// OAuthProblem is how a request for tokens is refused. // RFC 6749 5.2
type OAuthProblem struct {
	Error       string `json:"error"`
	Description string `json:"error_description"`
	Type        string `json:"type" doc:"As of every problem here."`
}

// refuseOAuth answers with OAuth's own form of a refusal, where err is one; code is for those without.
func (c *call) refuseOAuth(err error, code string) error {
	p := c.s.problemOf(c.echo, err)
	var e *circles.Error
	if !errors.As(err, &e) || p.Status >= 500 || p.Status == http.StatusTooManyRequests {
		return err
	}
	status := http.StatusBadRequest
	if p.Status == http.StatusRequestEntityTooLarge {
		status = p.Status
	}
	if _, known := problemTitles[e.Reason]; code == "" || !known && e.Reason != "" {
		code = e.Reason
	}
	if code == "" {
		code = "invalid_request"
	}
	if code == "invalid_client" {
		status = http.StatusUnauthorized
		c.echo.Response().Header().Set("WWW-Authenticate", `Basic realm="oauth"`)
	}
	slug := strings.ReplaceAll(code, "_", "-")
	return c.secret(status, OAuthProblem{code, p.Detail, problemBase + slug})
}

// secret answers with something that nobody on the way may keep. RFC 6749 5.1
func (c *call) secret(status int, v any) error {
	h := c.echo.Response().Header()
	h.Set("Cache-Control", "no-store")
	h.Set("Pragma", "no-cache")
	return c.echo.JSON(status, v)
}
