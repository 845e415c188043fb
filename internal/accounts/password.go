package accounts

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base32"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
	"golang.org/x/text/unicode/norm"

	"halqa/circles"
)

const (
	minPassword = 12  // characters; NIST SP 800-63B asks for 8 with a second factor, 15 without one
	maxPassword = 256 // characters; a passphrase fits, a megabyte to be hashed does not

	// maxWaiting is how many hashes may wait for their turn. At some 30 ms each, who comes later
	// would wait longer than browsers do.
	maxWaiting = 100
)

// argon are the parameters of argon2id (RFC 9106). The numbers are the first that OWASP's password
// storage sheet recommends: 19 MiB in two passes cost whoever guesses as much as 46 MiB in one, and
// leave a small server room for a few at a time.
type argon struct {
	time, memory uint32 // passes; KiB
	threads      uint8
}

func current() argon { return argon{time: 2, memory: 19 << 10, threads: 1} }

const (
	saltLen = 16 // bytes, RFC 9106 3.1
	keyLen  = 32
)

// A hasher hashes a bounded number of passwords at a time, because each takes its 19 MiB.
type hasher struct {
	slots   chan struct{}
	waiting chan struct{}
	nobody  string // what is compared for names that nobody has
}

func newHasher(n int) *hasher {
	h := &hasher{slots: make(chan struct{}, n), waiting: make(chan struct{}, n+maxWaiting)}
	// No password hashes to this key.
	h.nobody = encode(current(), make([]byte, saltLen), make([]byte, keyLen))
	return h
}

// run calls f when it is its turn.
func (h *hasher) run(ctx context.Context, f func()) error {
	select {
	case h.waiting <- struct{}{}:
	default:
		return circles.Errorf(circles.Busy, "Too many people are signing in at this moment; try again in a minute.").
			With("refused.hash-busy", nil)
	}
	defer func() { <-h.waiting }()
	select {
	case h.slots <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-h.slots }()
	f()
	return nil
}

// hash returns the PHC string of a password.
func (h *hasher) hash(ctx context.Context, password string) (string, error) {
	salt := make([]byte, saltLen)
	rand.Read(salt) // crypto/rand never fails
	var phc string
	err := h.run(ctx, func() { phc = encode(current(), salt, current().key(password, salt, keyLen)) })
	return phc, err
}

// check reports whether the password is the one that was hashed, and whether it should be hashed anew
// because the parameters have changed since. It takes the same time for "" as for a PHC string.
func (h *hasher) check(ctx context.Context, password, phc string) (ok, old bool, err error) {
	known := phc != ""
	if !known {
		phc = h.nobody
	}
	p, salt, key, err := decode(phc)
	if err != nil {
		return false, false, err
	}
	var got []byte
	if err := h.run(ctx, func() { got = p.key(password, salt, uint32(len(key))) }); err != nil {
		return false, false, err
	}
	ok = subtle.ConstantTimeCompare(got, key) == 1 && known
	return ok, ok && p != current(), nil
}

func (p argon) key(password string, salt []byte, n uint32) []byte {
	// One keyboard sends é as one character, another as two.
	return argon2.IDKey([]byte(norm.NFC.String(password)), salt, p.time, p.memory, p.threads, n)
}

// encode writes the PHC string format: $argon2id$v=19$m=…,t=…,p=…$salt$key.
func encode(p argon, salt, key []byte) string {
	b := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, p.memory, p.time, p.threads,
		b.EncodeToString(salt), b.EncodeToString(key))
}

var errPHC = errors.New("stored password is no argon2id hash")

// decode reads what encode wrote. What the error says has nothing of the hash in it.
func decode(phc string) (p argon, salt, key []byte, err error) {
	parts := strings.Split(phc, "$")
	if len(parts) != 6 || parts[0] != "" || parts[1] != "argon2id" || parts[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return p, nil, nil, errPHC
	}
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &p.memory, &p.time, &p.threads); err != nil ||
		p.memory == 0 || p.memory > 1<<20 || p.time == 0 || p.time > 100 || p.threads == 0 {
		return p, nil, nil, errPHC
	}
	salt, err1 := base64.RawStdEncoding.DecodeString(parts[4])
	key, err2 := base64.RawStdEncoding.DecodeString(parts[5])
	if err1 != nil || err2 != nil || len(key) < 16 {
		return p, nil, nil, errPHC
	}
	return p, salt, key, nil
}

// checkPassword says whether somebody called name may choose this password.
func (a *Accounts) checkPassword(field, name, password string) error {
	n := utf8.RuneCountInString(norm.NFC.String(password))
	switch {
	case !utf8.ValidString(password) || strings.ContainsRune(password, 0):
		return circles.FieldErrorf(circles.Invalid, field, "The password has characters that cannot be typed; choose another.").
			With("refused.password-characters", nil)
	case n < minPassword || n > maxPassword:
		return circles.FieldErrorf(circles.Invalid, field, "A password has %d to %d characters; a few words together are good.", minPassword, maxPassword).
			With("refused.password-length", map[string]any{"Min": minPassword, "Max": maxPassword})
	case a.obvious(name, password):
		return circles.FieldErrorf(circles.Invalid, field, "This password is the first that anyone would try; choose another.").
			With("refused.password-obvious", nil)
	}
	return nil
}

// obvious reports whether a password is nothing but the name and the host, or one character.
func (a *Accounts) obvious(name, password string) bool {
	rest := strings.ToLower(password)
	host, _, _ := strings.Cut(a.host, ":")
	for _, s := range []string{a.host, host, name, "halqa", "password"} {
		if s != "" {
			rest = strings.ReplaceAll(rest, strings.ToLower(s), "")
		}
	}
	rest = strings.Trim(rest, "@.:!-_ 0123456789")
	return len(rest) <= 2 || strings.Count(rest, rest[:1]) == len(rest)
}

// newPassword makes a password that nobody guesses: 100 bits, in groups that can be read out.
func newPassword() string {
	s := strings.ToLower(base32.StdEncoding.EncodeToString(random(13)))[:20]
	return s[:5] + "-" + s[5:10] + "-" + s[10:15] + "-" + s[15:]
}

func random(n int) []byte {
	b := make([]byte, n)
	rand.Read(b) // crypto/rand never fails
	return b
}
