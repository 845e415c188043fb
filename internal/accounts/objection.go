package accounts

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"time"

	"halqa/circles"
	"halqa/internal/store"
)

const (
	// ObjectionFor is how long somebody who is suspended may write to those who decide, without typing their
	// password again. It is enough for a careful text, and soon over on a machine that others use.
	ObjectionFor = time.Hour

	objectionLen = 8 + 8 + sha256.Size // bytes: the person, until when, the seal
)

// A SuspendedError refuses who has proved by their password that a suspended account is theirs. Token is what
// they object with; it is good for ObjectionFor, begins no session, and must not be logged.
type SuspendedError struct {
	Token string
	cause error
}

func (e *SuspendedError) Error() string { return e.cause.Error() }

// Unwrap returns the refusal, a *circles.Error.
func (e *SuspendedError) Unwrap() error { return e.cause }

// objection returns a token of somebody who is suspended. It is kept nowhere: it is sealed with the hash of
// their password, which is as secret as the hash of a session's token, so that a new password ends it; and it
// names the suspension, so that it is worth nothing once that is lifted.
func objection(account *store.AnAccount, expires int64) string {
	b := binary.BigEndian.AppendUint64(nil, uint64(account.Person))
	b = binary.BigEndian.AppendUint64(b, uint64(expires))
	return base64.RawURLEncoding.EncodeToString(append(b, objectionSeal(account, expires)...))
}

func objectionSeal(account *store.AnAccount, expires int64) []byte {
	h := hmac.New(sha256.New, []byte(account.Password))
	fmt.Fprintf(h, "objection to a suspension\n%d\n%d\n%d\n", account.Person, account.Actor.SuspendedAt, expires)
	return h.Sum(nil)
}

// Objector returns who a token from a SuspendedError belongs to. They are a member who may object to their
// suspension and nothing else: it is for the caller to ask for nothing more in their name. Whatever is wrong
// with a token, and of whoever is not suspended, it is Denied with one sentence; wrong ones are counted like
// wrong passwords.
func (a *Accounts) Objector(ctx context.Context, token string, client Client) (circles.Viewer, error) {
	address := addressKey(client.Address)
	if !a.byAddress.take(address) {
		return circles.Viewer{}, errOften()
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(token[:min(len(token), 100)])
	if err != nil || len(b) != objectionLen {
		return circles.Viewer{}, errObjection()
	}
	person, expires := circles.PersonID(binary.BigEndian.Uint64(b)), int64(binary.BigEndian.Uint64(b[8:]))
	var account *store.AnAccount
	var now int64
	err = a.view(ctx, "objection", func(tx *store.Tx) (err error) {
		now = tx.Now()
		account, err = tx.Account(person)
		return err
	})
	switch {
	case circles.Is(err, circles.NotFound):
		return circles.Viewer{}, errObjection()
	case err != nil:
		return circles.Viewer{}, err
	case account.Password == "", // anybody could seal with it
		!hmac.Equal(b[16:], objectionSeal(account, expires)), now >= expires,
		account.Actor.SuspendedAt == 0, account.Actor.DeletedAt != 0:
		return circles.Viewer{}, errObjection()
	}
	a.byAddress.give(address)
	return circles.Viewer{Person: account.Person, Role: circles.SiteMember}, nil
}

func errObjection() error {
	return circles.Errorf(circles.Denied, "This page is open for an hour to whoever signed in to a suspended account; sign in again.").
		With("refused.objection-over", nil)
}
