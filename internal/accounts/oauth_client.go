package accounts

import (
	"context"
	"crypto/subtle"
	"net"
	"net/url"
	"slices"
	"strings"
	"time"

	"halqa/circles"
	"halqa/internal/store"
	"halqa/internal/text"
)

// OutOfBand is the redirect address of a program that cannot be answered: the person is shown the code
// and carries it over.
const OutOfBand = "urn:ietf:wg:oauth:2.0:oob"

const (
	programBurst, programEvery = 20, 5 * time.Minute // registrations from one address
	programKept                = 30 * 24 * time.Hour // of one that nobody gave leave

	maxRedirects = 10
	maxRedirect  = 1000 // bytes
)

// NewOAuthClient is what a program says of itself. // RFC 7591 2
type NewOAuthClient struct {
	Name      string
	Website   string // "" = none
	Redirects []string
	Scopes    Scopes // what it may ask for; nil = ScopeRead
	Refreshes bool   // it takes short tokens and renews them
	Public    bool   // it can keep no secret
}

// An OAuthClient is a program that asks people for leave to act for them.
type OAuthClient struct {
	ID        string
	Secret    string // only when it is registered; "" for a public one
	Name      string
	Website   string
	Redirects []string
	Scopes    Scopes
	Refreshes bool
	Public    bool
	CreatedAt int64
}

// RegisterClient notes a program. Anybody may register one: what it may do is for each person to say.
func (a *Accounts) RegisterClient(ctx context.Context, in NewOAuthClient, client Client) (*OAuthClient, error) {
	const meta = "invalid_client_metadata"
	name := text.CleanLine(in.Name, 60)
	if name == "" {
		return nil, oauthError(circles.Invalid, meta, "client_name must say what the program is called.")
	}
	if in.Website != "" {
		if u, err := url.Parse(in.Website); err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || len(in.Website) > maxRedirect {
			return nil, oauthError(circles.Invalid, meta, "client_uri must be the address of a web page.")
		}
	}
	if len(in.Redirects) == 0 || len(in.Redirects) > maxRedirects {
		return nil, oauthError(circles.Invalid, "invalid_redirect_uri", "redirect_uris must be one to %d addresses.", maxRedirects)
	}
	for _, r := range in.Redirects {
		if err := checkRedirect(r); err != nil {
			return nil, err
		}
	}
	if len(in.Scopes) == 0 {
		in.Scopes = Scopes{ScopeRead}
	}
	if address := addressKey(client.Address); !a.programs.take(address) {
		return nil, errOften()
	}
	c := &OAuthClient{ID: newToken()[:22], Name: name, Website: in.Website, Redirects: in.Redirects, Scopes: in.Scopes,
		Refreshes: in.Refreshes, Public: in.Public}
	hash := ""
	if !in.Public {
		c.Secret = newToken()
		hash = tokenHash(c.Secret)
	}
	err := a.update(ctx, "register program", func(tx *store.Tx) error {
		c.CreatedAt = tx.Now()
		return tx.AddOAuthClient(&store.OAuthClient{ID: c.ID, Secret: hash, Name: c.Name, Website: c.Website,
			Redirects: strings.Join(c.Redirects, "\n"), Scopes: c.Scopes.String(), Refreshes: c.Refreshes, CreatedAt: c.CreatedAt})
	})
	return c, err
}

// checkRedirect says whether a code may be sent to an address: https, http on the same machine, the scheme
// of a program that is installed, or nowhere. // RFC 8252 7
func checkRedirect(raw string) error {
	if raw == OutOfBand {
		return nil
	}
	refuse := func(why string) error { return oauthError(circles.Invalid, "invalid_redirect_uri", "%s", why) }
	u, err := url.Parse(raw)
	switch {
	case err != nil || len(raw) > maxRedirect || !u.IsAbs() || strings.ContainsAny(raw, " \t\r\n\\\"<>'`") || u.User != nil:
		return refuse("A redirect address must be a whole address, without spaces or a password.")
	case u.Fragment != "" || strings.Contains(raw, "#"):
		return refuse("A redirect address may have no part behind #.") // RFC 6749 3.1.2
	}
	switch u.Scheme {
	case "https":
		if u.Host == "" {
			return refuse("A redirect address must name its host.")
		}
	case "http":
		ip := net.ParseIP(u.Hostname())
		if u.Hostname() != "localhost" && (ip == nil || !ip.IsLoopback()) {
			return refuse("A redirect address with http must be on the machine of its user; use https.")
		}
	case "javascript", "data", "vbscript", "file", "blob", "about", "filesystem", "view-source", "ws", "wss", "ftp", "mailto", "tel", "urn":
		return refuse("A redirect address must be one that leads back to the program.")
	}
	return nil
}

// OAuthClient returns a program by its id.
func (a *Accounts) OAuthClient(ctx context.Context, id string) (*OAuthClient, error) {
	c, _, err := a.program(ctx, id)
	return c, err
}

// program returns a program, and the hash of its secret.
func (a *Accounts) program(ctx context.Context, id string) (*OAuthClient, string, error) {
	unknown := oauthError(circles.NotFound, "invalid_client", "This program is not registered here; let it register again.").With("refused.no-program", nil)
	if id == "" || len(id) > 100 {
		return nil, "", unknown
	}
	var kept *store.OAuthClient
	err := a.view(ctx, "program", func(tx *store.Tx) (err error) {
		kept, err = tx.OAuthClient(id)
		return err
	})
	if circles.Is(err, circles.NotFound) || circles.Is(err, circles.Invalid) {
		return nil, "", unknown
	}
	if err != nil {
		return nil, "", err
	}
	scopes, err := ParseScopes(kept.Scopes)
	return &OAuthClient{ID: kept.ID, Name: kept.Name, Website: kept.Website, Redirects: strings.Split(kept.Redirects, "\n"), Scopes: scopes,
		Refreshes: kept.Refreshes, Public: kept.Secret == "", CreatedAt: kept.CreatedAt}, kept.Secret, err
}

// proveProgram returns the program that an id and a secret prove. RFC 6749 2.3.1
func (a *Accounts) proveProgram(ctx context.Context, id, secret string) (*OAuthClient, error) {
	c, hash, err := a.program(ctx, id)
	if circles.Is(err, circles.NotFound) {
		return nil, oauthError(circles.Denied, "invalid_client", "This program is not registered here; let it register again.")
	}
	if err != nil {
		return nil, err
	}
	if hash == "" && secret == "" {
		return c, nil
	}
	if hash == "" || subtle.ConstantTimeCompare([]byte(hash), []byte(tokenHash(secret))) != 1 {
		return nil, oauthError(circles.Denied, "invalid_client", "The program's id and secret do not belong together; send both as they were given out.")
	}
	return c, nil
}

// redirect reports whether an address is one of the program's, to the letter. RFC 9700 2.1
func (c *OAuthClient) redirect(to string) bool { return slices.Contains(c.Redirects, to) }
