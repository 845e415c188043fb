package accounts

import (
	"context"
	"time"

	"halqa/circles"
	"halqa/internal/store"
)

const (
	keyKept = 24 * time.Hour
	maxKey  = 200       // bytes
	maxKept = 256 << 10 // bytes of an answer; one that is longer is not kept
)

// A KeptAnswer is what a request was answered that its sender gave a key.
type KeptAnswer struct {
	Status   int
	Location string
	Body     []byte
}

// Begin says that a request with this key begins. request stands for everything it asks. A non-nil answer
// is what the same request was answered before: it is to be given again, and nothing to be done. The same
// key for another request, and one whose first request did not finish, are refused.
func (a *Accounts) Begin(ctx context.Context, v circles.Viewer, key, request string) (*KeptAnswer, error) {
	if len(key) > maxKey || key == "" {
		e := circles.Errorf(circles.Invalid, "An Idempotency-Key must have 1 to %d bytes.", maxKey).With("refused.key-length", map[string]any{"Max": maxKey})
		e.Reason = "key-invalid"
		return nil, e
	}
	var answer *KeptAnswer
	err := a.update(ctx, "idempotency", func(tx *store.Tx) error {
		answer = nil
		kept, err := tx.Idempotent(v.Person, key, tx.Now()-keyKept.Microseconds())
		if err != nil {
			return err
		}
		switch {
		case kept == nil:
			return tx.SetIdempotent(v.Person, key, &store.Idempotent{Request: request, At: tx.Now()})
		case kept.Request != request:
			return keyError("key-reused", "This Idempotency-Key was used for another request; make a new key for each.")
		case kept.Status == 0:
			return keyError("key-in-use", "The first request with this Idempotency-Key has not finished; look whether it was done, and use a new key if not.")
		}
		answer = &KeptAnswer{Status: kept.Status, Location: kept.Location, Body: kept.Body}
		return nil
	})
	return answer, err
}

func keyError(reason, sentence string) error {
	e := circles.Errorf(circles.Conflict, "%s", sentence).With("refused."+reason, nil)
	e.Reason = reason
	return e
}

// Finish keeps what a request was answered; nil = it failed and may be tried again with its key.
func (a *Accounts) Finish(ctx context.Context, v circles.Viewer, key, request string, answer *KeptAnswer) error {
	return a.update(ctx, "idempotency", func(tx *store.Tx) error {
		if answer == nil || len(answer.Body) > maxKept {
			return tx.ForgetIdempotent(v.Person, key)
		}
		return tx.SetIdempotent(v.Person, key, &store.Idempotent{Request: request, Status: answer.Status, Location: answer.Location,
			Body: answer.Body, At: tx.Now()})
	})
}
