package remote

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"halqa/wallet"
)

// Header carries the signature of a request or an answer: "t=1795860000,n=<32 hex digits>,v1=<64 hex
// digits>". An answer repeats the request's n.
const Header = "Wallet-Signature"

// MinSecret is the shortest shared secret, in bytes.
const MinSecret = 32

// nonceKept is how long a request's number is remembered: as long as its time can pass for recent,
// into the past and the future together, which is what wallet.MaxSkew twice is.
const nonceKept = 2 * wallet.MaxSkew

// maxNonces bounds the memory for them. Only somebody who knows the secret can fill it.
const maxNonces = 100_000

// signature returns the header for a message. what is "METHOD.path?query" of a request, "STATUS" of an
// answer.
func signature(secret []byte, at time.Time, nonce, what string, body []byte) string {
	return fmt.Sprintf("t=%d,n=%s,v1=%s", at.Unix(), nonce, mac(secret, strconv.FormatInt(at.Unix(), 10), nonce, what, body))
}

func mac(secret []byte, t, nonce, what string, body []byte) string {
	sum := sha256.Sum256(body)
	h := hmac.New(sha256.New, secret)
	h.Write([]byte(t + "." + nonce + "." + what + "." + hex.EncodeToString(sum[:])))
	return hex.EncodeToString(h.Sum(nil))
}

// verify checks a header and returns its number; wallet.ErrBadSignature with the reason otherwise.
func verify(secret []byte, now time.Time, header, what string, body []byte) (nonce string, err error) {
	if header == "" {
		return "", fmt.Errorf("%w: there is no header %s", wallet.ErrBadSignature, Header)
	}
	parts := map[string]string{}
	for _, p := range strings.Split(header, ",") {
		k, v, ok := strings.Cut(strings.TrimSpace(p), "=")
		if _, twice := parts[k]; !ok || twice {
			return "", fmt.Errorf("%w: the header %s cannot be read", wallet.ErrBadSignature, Header)
		}
		parts[k] = v
	}
	if len(header) > 200 || len(parts) != 3 || len(parts["n"]) != 32 || parts["v1"] == "" {
		return "", fmt.Errorf("%w: the header %s must be t=…,n=…,v1=…", wallet.ErrBadSignature, Header)
	}
	t, err := strconv.ParseInt(parts["t"], 10, 64)
	if err != nil {
		return "", fmt.Errorf("%w: its time is no number", wallet.ErrBadSignature)
	}
	if !hmac.Equal([]byte(mac(secret, parts["t"], parts["n"], what, body)), []byte(parts["v1"])) {
		sum := sha256.Sum256(body)
		return "", fmt.Errorf("%w: v1 is not the HMAC of %s.%s.%s.%x", wallet.ErrBadSignature, parts["t"], parts["n"], what, sum)
	}
	if off := now.Sub(time.Unix(t, 0)); off > wallet.MaxSkew || off < -wallet.MaxSkew {
		return "", fmt.Errorf("%w: its time is %s away from ours", wallet.ErrBadSignature, off.Round(time.Second))
	}
	return parts["n"], nil
}

func newNonce() string {
	var b [16]byte
	rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}

// nonces remembers numbers that were used.
type nonces struct {
	mu   sync.Mutex
	seen map[string]time.Time
	next time.Time // when to look for old ones again
}

// use reports whether a number is new, and remembers it.
func (n *nonces) use(nonce string, now time.Time) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.seen == nil {
		n.seen = map[string]time.Time{}
	}
	if now.After(n.next) || len(n.seen) >= maxNonces {
		for k, at := range n.seen {
			if now.Sub(at) > nonceKept {
				delete(n.seen, k)
			}
		}
		n.next = now.Add(time.Minute)
	}
	if _, used := n.seen[nonce]; used || len(n.seen) >= maxNonces {
		return false
	}
	n.seen[nonce] = now
	return true
}
