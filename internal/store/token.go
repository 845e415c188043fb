package store

import (
	"database/sql"
	"errors"
	"strconv"

	"halqa/circles"
)

// An OAuthClient is a program that asks people for leave to act for them.
type OAuthClient struct {
	ID        string
	Secret    string // SHA-256 of its own, in hex; "" = it can keep none
	Name      string
	Website   string
	Redirects string // one a line
	Scopes    string
	Refreshes bool // it takes short tokens and renews them
	CreatedAt int64
}

// AddOAuthClient stores a program.
func (tx *Tx) AddOAuthClient(c *OAuthClient) error {
	_, err := tx.exec(`INSERT INTO oauth_client (id, secret, name, website, redirects, scopes, refreshes, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`, c.ID, c.Secret, c.Name, c.Website, c.Redirects, c.Scopes, c.Refreshes, c.CreatedAt)
	return err
}

// OAuthClient returns a program by its id.
func (tx *Tx) OAuthClient(id string) (*OAuthClient, error) {
	c := &OAuthClient{ID: id}
	err := tx.row("SELECT secret, name, website, redirects, scopes, refreshes, created_at FROM oauth_client WHERE id = $1", id).
		Scan(&c.Secret, &c.Name, &c.Website, &c.Redirects, &c.Scopes, &c.Refreshes, &c.CreatedAt)
	return c, notFound(err, "program")
}

// A Grant is leave to act for a person.
type Grant struct {
	ID        int64
	Person    circles.PersonID
	Client    string // "" = a token of their own
	Kind      string // "personal", "app" or "session"
	Name      string
	Scopes    string
	Serial    int64 // of its newest token
	CreatedAt int64
	UsedAt    int64 // to the hour
	ExpiresAt int64
}

const grantColumns = "g.id, g.person, g.client, g.kind, g.name, g.scopes, g.serial, g.created_at, g.used_at, g.expires_at"

func grantDest(g *Grant) []any {
	return []any{&g.ID, &g.Person, &g.Client, &g.Kind, &g.Name, &g.Scopes, &g.Serial, &g.CreatedAt, &g.UsedAt, &g.ExpiresAt}
}

// AddGrant stores a grant. Beyond limit of one person's the one that was used least recently ends.
func (tx *Tx) AddGrant(g *Grant, limit int) error {
	_, err := tx.exec(`INSERT INTO access_grant (id, person, client, kind, name, scopes, serial, created_at, used_at, expires_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
		g.ID, g.Person, g.Client, g.Kind, g.Name, g.Scopes, g.Serial, g.CreatedAt, g.UsedAt, g.ExpiresAt)
	if err != nil {
		return err
	}
	n, err := tx.exec(`DELETE FROM access_grant WHERE id IN (SELECT id FROM access_grant WHERE person = $1 AND id <> $2
		ORDER BY used_at DESC, created_at DESC, id LIMIT 1000 OFFSET $3)`, g.Person, g.ID, max(limit-1, 0))
	if err != nil || n == 0 {
		return err
	}
	return tx.TokensChanged()
}

// Grant returns a grant that has not expired.
func (tx *Tx) Grant(id int64) (*Grant, error) {
	g := new(Grant)
	err := tx.row("SELECT "+grantColumns+" FROM access_grant g WHERE g.id = $1 AND g.expires_at > $2", id, tx.at).Scan(grantDest(g)...)
	return g, notFound(err, "grant")
}

// GrantAccount returns a grant that has not expired, with whose it is.
func (tx *Tx) GrantAccount(id int64) (*Grant, *AnAccount, error) {
	g := new(Grant)
	a, err := one(tx, func(r rowScanner) (*AnAccount, error) { return scanAnAccount(rowWith{r, grantDest(g)}) },
		"SELECT "+accountColumns+", "+actorCard+", "+grantColumns+` FROM access_grant g
		JOIN account b ON b.person = g.person JOIN actor a ON a.id = g.person
		WHERE g.id = $1 AND g.expires_at > $2`, id, tx.at)
	return g, a, notFound(err, "grant")
}

// Grants returns a person's grants that have not expired, the newest first.
func (tx *Tx) Grants(person circles.PersonID) ([]*Grant, error) {
	return list(tx, func(r rowScanner) (*Grant, error) {
		g := new(Grant)
		err := r.Scan(grantDest(g)...)
		return g, err
	}, "SELECT "+grantColumns+" FROM access_grant g WHERE g.person = $1 AND g.expires_at > $2 ORDER BY g.created_at DESC, g.id DESC", person, tx.at)
}

// RenewGrant counts one more token of a grant, which is good until expiresAt now.
func (tx *Tx) RenewGrant(id, expiresAt int64) error {
	_, err := tx.exec("UPDATE access_grant SET serial = serial + 1, used_at = $2, expires_at = $3 WHERE id = $1", id, tx.at, expiresAt)
	return err
}

// TouchGrant notes that a grant was used.
func (tx *Tx) TouchGrant(id int64) error {
	_, err := tx.exec("UPDATE access_grant SET used_at = $2 WHERE id = $1", id, tx.at)
	return err
}

// EndGrant ends a grant. Ending one that is not there is no error.
func (tx *Tx) EndGrant(id int64) error {
	n, err := tx.exec("DELETE FROM access_grant WHERE id = $1", id)
	if err != nil || n == 0 {
		return err
	}
	return tx.TokensChanged()
}

// EndGrants ends all grants of a person, and the codes that could become one.
func (tx *Tx) EndGrants(person circles.PersonID) error {
	for _, table := range []string{"oauth_code", "access_grant"} {
		if _, err := tx.exec("DELETE FROM "+table+" WHERE person = $1", person); err != nil {
			return err
		}
	}
	return tx.TokensChanged()
}

// An OAuthCode is an authorization code.
type OAuthCode struct {
	Hash      string
	Client    string
	Person    circles.PersonID
	Redirect  string
	Scopes    string
	Challenge string // SHA-256 of the verifier, base64url
	ExpiresAt int64
	Became    int64 // the grant; 0 = not used yet
}

// AddOAuthCode stores a code.
func (tx *Tx) AddOAuthCode(c *OAuthCode) error {
	_, err := tx.exec(`INSERT INTO oauth_code (hash, client, person, redirect, scopes, challenge, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		c.Hash, c.Client, c.Person, c.Redirect, c.Scopes, c.Challenge, c.ExpiresAt)
	return err
}

// OAuthCode returns a code that has not expired, used or not.
func (tx *Tx) OAuthCode(hash string) (*OAuthCode, error) {
	c := &OAuthCode{Hash: hash}
	err := tx.row("SELECT client, person, redirect, scopes, challenge, expires_at, became FROM oauth_code WHERE hash = $1 AND expires_at > $2", hash, tx.at).
		Scan(&c.Client, &c.Person, &c.Redirect, &c.Scopes, &c.Challenge, &c.ExpiresAt, &c.Became)
	return c, notFound(err, "code")
}

// UseOAuthCode notes the grant that a code became; -1 = none, and it becomes none any more.
func (tx *Tx) UseOAuthCode(hash string, grant int64) error {
	_, err := tx.exec("UPDATE oauth_code SET became = $2 WHERE hash = $1", hash, grant)
	return err
}

// SweepTokens deletes expired grants and codes, programs of before that nobody gave leave, and answers
// kept for keys of before; at most limit of each. It returns how many.
func (tx *Tx) SweepTokens(clientsBefore, keysBefore int64, limit int) (int64, error) {
	var all int64
	for _, sweep := range []struct {
		query  string
		before int64
	}{
		{"DELETE FROM access_grant WHERE id IN (SELECT id FROM access_grant WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2)", tx.at},
		{"DELETE FROM oauth_code WHERE hash IN (SELECT hash FROM oauth_code WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2)", tx.at},
		{`DELETE FROM oauth_client WHERE id IN (SELECT c.id FROM oauth_client c WHERE c.created_at <= $1
			AND NOT EXISTS (SELECT 1 FROM access_grant g WHERE g.client = c.id) ORDER BY c.created_at LIMIT $2)`, clientsBefore},
		{"DELETE FROM idempotent WHERE at <= $1 AND (person, key) IN (SELECT person, key FROM idempotent WHERE at <= $1 ORDER BY at LIMIT $2)", keysBefore},
	} {
		n, err := tx.exec(sweep.query, sweep.before, limit)
		if err != nil {
			return all, err
		}
		all += n
	}
	return all, nil
}

// SettingTokenEpoch counts the changes that make what somebody remembers of a token wrong: grants that
// ended, people who were suspended or got another role.
const SettingTokenEpoch Setting = "token_epoch"

// TokensChanged notes such a change. Store.TokenChanges moves when it is committed; other processes
// find it by TokenEpoch.
func (tx *Tx) TokensChanged() error {
	tx.tokens = true
	_, err := tx.exec(`INSERT INTO setting (name, value) VALUES ($1, '1')
		ON CONFLICT (name) DO UPDATE SET value = CAST(CAST(setting.value AS BIGINT) + 1 AS TEXT)`, SettingTokenEpoch)
	return err
}

// TokenEpoch returns how many such changes there were.
func (tx *Tx) TokenEpoch() (int64, error) {
	v, err := tx.Setting(SettingTokenEpoch)
	if err != nil || v == "" {
		return 0, err
	}
	return strconv.ParseInt(v, 10, 64)
}

// TokenChanges grows with every commit of this process that changed what tokens are worth. Whoever is
// told of the commit finds it grown.
func (s *Store) TokenChanges() int64 { return s.tokens.Load() }

// An Idempotent is what a request with a key of its sender's was answered.
type Idempotent struct {
	Request  string // what was asked: a hash
	Status   int    // 0 = it is under way
	Location string
	Body     []byte
	At       int64
}

// Idempotent returns what is kept for a key since then; nil if nothing is.
func (tx *Tx) Idempotent(person circles.PersonID, key string, since int64) (*Idempotent, error) {
	i := new(Idempotent)
	err := tx.row("SELECT request, status, location, body, at FROM idempotent WHERE person = $1 AND key = $2 AND at > $3", person, key, since).
		Scan(&i.Request, &i.Status, &i.Location, &i.Body, &i.At)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return i, err
}

// SetIdempotent keeps it, in place of what was kept for the key.
func (tx *Tx) SetIdempotent(person circles.PersonID, key string, i *Idempotent) error {
	body := i.Body
	if body == nil {
		body = []byte{}
	}
	_, err := tx.exec(`INSERT INTO idempotent (person, key, request, status, location, body, at) VALUES ($1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT (person, key) DO UPDATE SET request = excluded.request, status = excluded.status, location = excluded.location,
			body = excluded.body, at = excluded.at`, person, key, i.Request, i.Status, i.Location, body, i.At)
	return err
}

// ForgetIdempotent forgets a key.
func (tx *Tx) ForgetIdempotent(person circles.PersonID, key string) error {
	_, err := tx.exec("DELETE FROM idempotent WHERE person = $1 AND key = $2", person, key)
	return err
}
