package wallet

import "errors"

// What can be wrong. Adapters wrap these with %w; the status is what the same error is over HTTP.
var (
	ErrKeyReuse      = errors.New("wallet: key used with other contents") // 409
	ErrNotFound      = errors.New("wallet: not found")                    // 404
	ErrInvalid       = errors.New("wallet: invalid")                      // 422
	ErrMismatch      = errors.New("wallet: another asset")                // 422
	ErrLimit         = errors.New("wallet: outside the allowed amounts")  // 422
	ErrOverflow      = errors.New("wallet: amount out of range")          // 422
	ErrUnsupported   = errors.New("wallet: not supported")                // 501
	ErrBadSignature  = errors.New("wallet: bad signature")                // 401
	ErrTemporary     = errors.New("wallet: nothing happened, try again")  // 503
	ErrIndeterminate = errors.New("wallet: unknown whether it happened")  // 502, 504, anything else, and no answer at all
)
