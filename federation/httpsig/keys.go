package httpsig

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"strings"
)

const (
	// RSABits is the size of the keys we make: what every peer makes and accepts.
	RSABits = 2048
	// Smaller keys can be factored by those who care; larger ones cost us a millisecond a request.
	minRSABits = 2048
	maxRSABits = 8192

	maxPEM      = 8 << 10 // an 8192-bit key takes 1.5 KiB
	maxMultikey = 128     // an Ed25519 key takes 48
)

// A PublicKey is an RSA or an Ed25519 key that passed the checks of ParsePEM or ParseMultikey. The
// zero value verifies nothing.
type PublicKey struct {
	rsa *rsa.PublicKey
	ed  ed25519.PublicKey
}

// IsZero reports whether k is no key at all.
func (k PublicKey) IsZero() bool { return k.rsa == nil && k.ed == nil }

// Equal reports whether both are the same key.
func (k PublicKey) Equal(o PublicKey) bool {
	switch {
	case k.rsa != nil && o.rsa != nil:
		return k.rsa.Equal(o.rsa)
	case k.ed != nil && o.ed != nil:
		return k.ed.Equal(o.ed)
	}
	return k.IsZero() && o.IsZero()
}

// ParsePEM reads the publicKeyPem of an actor: SubjectPublicKeyInfo, or a bare PKCS #1 RSA key, under
// whichever label. RSA keys have 2048 to 8192 bits.
func ParsePEM(s string) (PublicKey, error) {
	if len(s) > maxPEM {
		return PublicKey{}, refuse(ReasonKey, "The public key is too long.")
	}
	block, _ := pem.Decode([]byte(s))
	if block == nil {
		return PublicKey{}, refuse(ReasonKey, "The public key is not in PEM form.")
	}
	// Old Pleroma and some bots label a PKCS #1 key "PUBLIC KEY", so the label decides nothing.
	key, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		pk, err1 := x509.ParsePKCS1PublicKey(block.Bytes)
		if err1 != nil {
			return PublicKey{}, refuse(ReasonKey, "The public key cannot be read.")
		}
		key = pk
	}
	switch key := key.(type) {
	case *rsa.PublicKey:
		if n := key.N.BitLen(); n < minRSABits || n > maxRSABits {
			return PublicKey{}, refuse(ReasonKey, fmt.Sprintf("RSA keys must have %d to %d bits; this one has %d.", minRSABits, maxRSABits, n))
		}
		return PublicKey{rsa: key}, nil
	case ed25519.PublicKey:
		return PublicKey{ed: key}, nil
	}
	return PublicKey{}, refuse(ReasonKey, "Only RSA and Ed25519 keys are understood.")
}

// ParseMultikey reads a publicKeyMultibase of type Ed25519: "z" for base58btc, then the multicodec
// 0xed 0x01 and 32 bytes. // FEP-521a; W3C Controlled Identifiers 2.2.2
func ParseMultikey(s string) (PublicKey, error) {
	if len(s) > maxMultikey || !strings.HasPrefix(s, "z") {
		return PublicKey{}, refuse(ReasonKey, "The key is not a base58btc multikey.")
	}
	b, ok := base58Decode(s[1:])
	if !ok || len(b) != 2+ed25519.PublicKeySize || b[0] != 0xed || b[1] != 0x01 {
		return PublicKey{}, refuse(ReasonKey, "The multikey is not an Ed25519 public key.")
	}
	return PublicKey{ed: ed25519.PublicKey(b[2:])}, nil
}

// GenerateKey makes an RSA key of RSABits.
func GenerateKey() (*rsa.PrivateKey, error) {
	key, err := rsa.GenerateKey(rand.Reader, RSABits)
	if err != nil {
		return nil, fmt.Errorf("generate rsa key: %w", err)
	}
	return key, nil
}

// GenerateEd25519 makes the key that an actor lists under assertionMethod.
func GenerateEd25519() (ed25519.PrivateKey, error) {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("generate ed25519 key: %w", err)
	}
	return key, nil
}

// PublicPEM writes the public half of key as an actor's publicKeyPem.
func PublicPEM(key *rsa.PrivateKey) (string, error) {
	der, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		return "", fmt.Errorf("encode public key: %w", err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})), nil
}

// Multikey writes the public half of key as a publicKeyMultibase.
func Multikey(key ed25519.PrivateKey) string {
	pub := key.Public().(ed25519.PublicKey)
	return "z" + base58Encode(append([]byte{0xed, 0x01}, pub...))
}

// PrivatePEM writes a private key as PKCS #8 for the store.
func PrivatePEM(key *rsa.PrivateKey) (string, error) { return privatePEM(key) }

// PrivateEd25519PEM writes a private key as PKCS #8 for the store.
func PrivateEd25519PEM(key ed25519.PrivateKey) (string, error) { return privatePEM(key) }

func privatePEM(key any) (string, error) {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return "", fmt.Errorf("encode private key: %w", err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})), nil
}

// ParsePrivatePEM reads what PrivatePEM wrote.
func ParsePrivatePEM(s string) (*rsa.PrivateKey, error) { return parsePrivate[*rsa.PrivateKey](s) }

// ParsePrivateEd25519PEM reads what PrivateEd25519PEM wrote.
func ParsePrivateEd25519PEM(s string) (ed25519.PrivateKey, error) {
	return parsePrivate[ed25519.PrivateKey](s)
}

func parsePrivate[K any](s string) (K, error) {
	var none K
	block, _ := pem.Decode([]byte(s))
	if block == nil {
		return none, errors.New("parse private key: not PEM")
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return none, fmt.Errorf("parse private key: %w", err)
	}
	k, ok := key.(K)
	if !ok {
		return none, fmt.Errorf("parse private key: got a %T", key)
	}
	return k, nil
}

const base58Alphabet = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"

// base58Encode and base58Decode cost the square of the length: callers keep that small.
func base58Encode(b []byte) string {
	n, radix, digit := new(big.Int).SetBytes(b), big.NewInt(58), new(big.Int)
	var out []byte
	for n.Sign() > 0 {
		n.DivMod(n, radix, digit)
		out = append(out, base58Alphabet[digit.Int64()])
	}
	for i := 0; i < len(b) && b[i] == 0; i++ {
		out = append(out, '1')
	}
	for i, j := 0, len(out)-1; i < j; i, j = i+1, j-1 {
		out[i], out[j] = out[j], out[i]
	}
	return string(out)
}

func base58Decode(s string) ([]byte, bool) {
	n, radix := new(big.Int), big.NewInt(58)
	for i := 0; i < len(s); i++ {
		d := strings.IndexByte(base58Alphabet, s[i])
		if d < 0 {
			return nil, false
		}
		n.Add(n.Mul(n, radix), big.NewInt(int64(d)))
	}
	zeros := len(s) - len(strings.TrimLeft(s, "1"))
	return append(make([]byte, zeros), n.Bytes()...), true
}
