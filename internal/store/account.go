package store

import (
	"halqa/circles"
)

// An Account is what a person of this instance signs in to.
type Account struct {
	Person    circles.PersonID
	Password  string // argon2id, as a PHC string; never leaves the package accounts
	Email     string
	Role      circles.SiteRole
	Language  string // of the pages; "" = as the browser asks
	Theme     string // "light", "dark" or "" for the system's
	Density   string // "compact" or ""
	Reveal    bool   // sensitive things are shown at once
	HideRead  bool   // lists leave out what was read
	CreatedAt int64  // UTC microseconds
	SeenAt    int64  // to the hour
}

const accountColumns = `b.person, b.password, b.email, b.role, b.language, b.theme, b.density, b.reveal, b.hide_read, b.created_at, b.seen_at`

func accountDest(a *Account) []any {
	return []any{&a.Person, &a.Password, &a.Email, &a.Role, &a.Language, &a.Theme, &a.Density, &a.Reveal, &a.HideRead, &a.CreatedAt, &a.SeenAt}
}

// AddAccount stores the account of a person who has none.
func (tx *Tx) AddAccount(a *Account) error {
	_, err := tx.exec(`INSERT INTO account (person, password, email, role, language, theme, density, reveal, hide_read, created_at, seen_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
		a.Person, a.Password, a.Email, a.Role, a.Language, a.Theme, a.Density, a.Reveal, a.HideRead, a.CreatedAt, a.SeenAt)
	return err
}

// AnAccount is an account with its person.
type AnAccount struct {
	Account
	Actor *circles.Actor // as ActorCards has it
}

func scanAnAccount(r rowScanner) (*AnAccount, error) {
	a := &AnAccount{Actor: new(circles.Actor)}
	err := r.Scan(append(accountDest(&a.Account), actorCardFields(a.Actor)...)...)
	return a, err
}

// Account returns the account of a person.
func (tx *Tx) Account(person circles.PersonID) (*AnAccount, error) {
	a, err := one(tx, scanAnAccount, "SELECT "+accountColumns+", "+actorCard+
		" FROM account b JOIN actor a ON a.id = b.person WHERE b.person = $1", person)
	return a, notFound(err, "account")
}

// AccountByName returns the account of the person with this name.
func (tx *Tx) AccountByName(name string) (*AnAccount, error) {
	a, err := one(tx, scanAnAccount, "SELECT "+accountColumns+", "+actorCard+
		" FROM actor a JOIN account b ON b.person = a.id WHERE a.name = $1 AND a.host = ''", name)
	return a, notFound(err, "account")
}

// Accounts returns accounts in the order of their making, after the given person, at most limit.
func (tx *Tx) Accounts(after circles.PersonID, limit int) ([]*AnAccount, error) {
	return list(tx, scanAnAccount, "SELECT "+accountColumns+", "+actorCard+
		" FROM account b JOIN actor a ON a.id = b.person WHERE b.person > $1 ORDER BY b.person LIMIT $2", after, limit)
}

// OtherAdmin reports whether somebody but this person is an admin who can sign in; 0 asks for anybody.
func (tx *Tx) OtherAdmin(person circles.PersonID) (bool, error) {
	return tx.exists(`SELECT 1 FROM account b JOIN actor a ON a.id = b.person
		WHERE b.role = 'admin' AND b.person <> $1 AND a.suspended_at = 0 AND a.deleted_at = 0`, person)
}

// SaveAccount writes what can change about an account except when it was seen.
func (tx *Tx) SaveAccount(a *Account) error {
	_, err := tx.exec(`UPDATE account SET password = $2, email = $3, role = $4, language = $5, theme = $6, density = $7, reveal = $8, hide_read = $9
		WHERE person = $1`, a.Person, a.Password, a.Email, a.Role, a.Language, a.Theme, a.Density, a.Reveal, a.HideRead)
	return err
}

// RemoveAccount deletes an account, its sessions, and what was kept for nobody but its person: what
// they read, saved, began to write, listed, followed, did not want to meet and were told. The person stays,
// so that nobody else gets the name.
func (tx *Tx) RemoveAccount(person circles.PersonID) error {
	if err := tx.EndSessions(person, ""); err != nil {
		return err
	}
	if err := tx.EndGrants(person); err != nil {
		return err
	}
	if _, err := tx.exec(`UPDATE media SET pos = 0 WHERE post = 0 AND id IN (SELECT media FROM draft_photo WHERE person = $1)`, person); err != nil {
		return err
	}
	if err := tx.removeListsOf(person); err != nil {
		return err
	}
	if err := tx.removeMessagesOf(person); err != nil {
		return err
	}
	for _, table := range []string{"draft_photo", "draft", "notification", "thread_wish", "tag_wish", "read_mark", "saved", "mute", "host_block", "idempotent", "gate_reply", "account"} {
		if _, err := tx.exec("DELETE FROM "+table+" WHERE person = $1", person); err != nil {
			return err
		}
	}
	return nil
}
