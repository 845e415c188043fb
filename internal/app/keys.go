package app

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"fmt"
)

// keyBits is the size every peer takes; Mastodon and Lemmy make keys of the same.
const keyBits = 2048

// Keys are the pair that an actor signs with. Making one takes a good part of a second of CPU, so it
// is made before a transaction, never inside.
type Keys struct {
	Public  string // PEM of SubjectPublicKeyInfo
	Private []byte // PEM of PKCS #8
}

// NewKeys makes a pair.
func NewKeys() (Keys, error) {
	key, err := rsa.GenerateKey(rand.Reader, keyBits)
	if err != nil {
		return Keys{}, fmt.Errorf("make key: %w", err)
	}
	public, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		return Keys{}, fmt.Errorf("make key: %w", err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return Keys{}, fmt.Errorf("make key: %w", err)
	}
	return Keys{
		Public:  string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: public})),
		Private: pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}),
	}, nil
}
