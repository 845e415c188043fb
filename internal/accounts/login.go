package accounts

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"time"

	"halqa/circles"
	"halqa/internal/store"
)

const (
	// A session ends when it has not been used for idleFor, and after maxAge in any case.
	idleFor = 30 * 24 * time.Hour
	maxAge  = 365 * 24 * time.Hour

	// seenEvery is how often use is noted. To the hour is enough to count active people, and a page is
	// read without writing.
	seenEvery = time.Hour

	// maxSessions is how many browsers one person is signed in with; the oldest makes room.
	maxSessions = 50

	tokenLen = 32 // bytes
)

// A Member is who a session belongs to, with what they have set.
type Member struct {
	circles.Viewer
	Actor    *circles.Actor // name, host, display name, picture
	Settings Settings
	Session  string // the id of the session, as Sessions has it
}

// LogIn begins a session. A wrong password and a name that nobody has get the same sentence after the
// same time; who is suspended gets a *SuspendedError. old is the token of the session this browser had, if
// any; that one ends, so that a token which somebody else put there is worth nothing.
func (a *Accounts) LogIn(ctx context.Context, name, password, old string, client Client) (*Login, error) {
	name = a.cleanName(name)
	account, err := a.prove(ctx, name, password, client)
	if err != nil {
		return nil, err
	}
	return a.begin(ctx, account, old, client)
}

// prove returns the account that a name and a password open. Of one that is suspended it is a *SuspendedError.
func (a *Accounts) prove(ctx context.Context, name, password string, client Client) (*store.AnAccount, error) {
	if len(name) > 100 || len(password) > 4*maxPassword {
		return nil, errLogin()
	}
	address := addressKey(client.Address)
	tried := name + " " + address
	if !a.byAddress.take(address) || !a.byName.take(tried) {
		return nil, errOften()
	}
	var account *store.AnAccount
	var now int64
	err := a.view(ctx, "log in", func(tx *store.Tx) (err error) {
		now = tx.Now()
		account, err = tx.AccountByName(name)
		if circles.Is(err, circles.NotFound) {
			account, err = nil, nil
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	phc := ""
	if account != nil {
		phc = account.Password
	}
	ok, stale, err := a.hasher.check(ctx, password, phc)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, errLogin()
	}
	a.byAddress.give(address)
	a.byName.give(tried)
	if err := usable(account.Actor); err != nil {
		if account.Actor.SuspendedAt != 0 && account.Actor.DeletedAt == 0 {
			err = &SuspendedError{Token: objection(account, now+ObjectionFor.Microseconds()), cause: err}
		}
		return nil, err
	}
	if stale {
		return account, a.setHash(ctx, account, password)
	}
	return account, nil
}

// setHash hashes a password with today's parameters.
func (a *Accounts) setHash(ctx context.Context, account *store.AnAccount, password string) error {
	phc, err := a.hasher.hash(ctx, password)
	if err != nil {
		return err
	}
	was := account.Password
	return a.update(ctx, "hash password anew", func(tx *store.Tx) error {
		now, err := tx.Account(account.Person)
		if err != nil || now.Password != was {
			return err // it was changed meanwhile
		}
		now.Password = phc
		return tx.SaveAccount(&now.Account)
	})
}

func errLogin() error {
	return circles.Errorf(circles.Denied, "Name and password do not belong together; check both.").With("refused.login", nil)
}

// usable says why a person may not sign in.
func usable(p *circles.Actor) error {
	switch {
	case p.DeletedAt != 0:
		return errLogin()
	case p.SuspendedAt != 0:
		return circles.Errorf(circles.Forbidden, "This account is suspended; write to the people who run this instance.").
			With("refused.suspended", nil)
	}
	return nil
}

// begin makes a session, and ends the one with the token old if there is one.
func (a *Accounts) begin(ctx context.Context, account *store.AnAccount, old string, client Client) (*Login, error) {
	token := newToken()
	login := &Login{Token: token, Viewer: circles.Viewer{Person: account.Person, Role: account.Role}}
	err := a.update(ctx, "begin session", func(tx *store.Tx) error {
		if old != "" {
			if err := tx.EndSession(tokenHash(old)); err != nil {
				return err
			}
		}
		// The account may have changed since the password was hashed.
		now, err := tx.Account(account.Person)
		if err != nil {
			return err
		}
		if err := usable(now.Actor); err != nil {
			return err
		}
		login.Viewer.Role = now.Role
		login.ExpiresAt, err = addSession(tx, account.Person, token, client)
		return err
	})
	if err != nil {
		return nil, err
	}
	return login, nil
}

func addSession(tx *store.Tx, person circles.PersonID, token string, client Client) (expiresAt int64, err error) {
	s := &store.Session{Hash: tokenHash(token), Person: person, CreatedAt: tx.Now(), SeenAt: tx.Now(), Agent: client.Agent}
	s.ExpiresAt = tx.Now() + idleFor.Microseconds()
	if err := tx.AddSession(s, maxSessions); err != nil {
		return 0, err
	}
	return s.ExpiresAt, tx.TouchSession(s, s.ExpiresAt)
}

// LogOut ends the session with this token.
func (a *Accounts) LogOut(ctx context.Context, token string) error {
	return a.update(ctx, "log out", func(tx *store.Tx) error { return tx.EndSession(tokenHash(token)) })
}

// Member returns who a token belongs to. A token that is unknown, expired or of somebody who may not
// sign in any more is Denied.
func (a *Accounts) Member(ctx context.Context, token string) (*Member, error) {
	if len(token) != base64.RawURLEncoding.EncodedLen(tokenLen) {
		return nil, errSession()
	}
	var s *store.Session
	var account *store.AnAccount
	var now int64
	err := a.view(ctx, "session", func(tx *store.Tx) (err error) {
		now = tx.Now()
		s, account, err = tx.SessionAccount(tokenHash(token))
		return err
	})
	if circles.Is(err, circles.NotFound) {
		return nil, errSession()
	}
	if err != nil {
		return nil, err
	}
	if usable(account.Actor) != nil {
		return nil, errSession()
	}
	if now-s.SeenAt >= seenEvery.Microseconds() {
		err := a.update(ctx, "session", func(tx *store.Tx) error {
			return tx.TouchSession(s, min(tx.Now()+idleFor.Microseconds(), s.CreatedAt+maxAge.Microseconds()))
		})
		if err != nil {
			// The page can be read all the same.
			a.log.WarnContext(ctx, "use of a session was not noted", "person", account.Person, "err", err)
		}
	}
	return &Member{
		Viewer:   circles.Viewer{Person: account.Person, Role: account.Role},
		Actor:    account.Actor,
		Settings: settingsOf(&account.Account),
		Session:  sessionID(s),
	}, nil
}

func errSession() error {
	return circles.Errorf(circles.Denied, "This session has ended; sign in again.").With("refused.session-ended", nil)
}

func newToken() string { return base64.RawURLEncoding.EncodeToString(random(tokenLen)) }

// tokenHash is what is kept of a token. A token is random, so one round is enough, and looking it up by
// its hash tells nothing by its time.
func tokenHash(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}
