package httpsig

import (
	"crypto"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
)

// Verify tells whether key made the signature; nil means it did. It may be called again with
// another key, as after a rotation. The error's reason is ReasonUnsupported if the algorithm that
// the request states does not go with such a key, and ReasonBad if the signature is wrong.
func (c *Checked) Verify(key PublicKey) error {
	hashes, ok := c.sig.hashes(key)
	if !ok {
		return refuse(ReasonUnsupported, "The signature's algorithm is not supported with this key.")
	}
	for _, base := range c.bases {
		for _, h := range hashes {
			if verify(key, h, []byte(base), c.sig.value) {
				return nil
			}
		}
	}
	return refuse(ReasonBad, "The signature does not match the key.")
}

// hashes lists what may have been signed with key under the stated algorithm: a hash of the base for
// RSA, the base itself (no hash) for Ed25519. hs2019 says nothing; GoToSocial means RSA-SHA256 by it
// and may mean RSA-SHA512.
func (s *Signature) hashes(key PublicKey) ([]crypto.Hash, bool) {
	if key.ed != nil {
		switch s.algorithm {
		case "", "hs2019", "ed25519":
			return []crypto.Hash{0}, true
		}
		return nil, false
	}
	if key.rsa == nil {
		return nil, false
	}
	if s.Family == RFC9421 {
		return []crypto.Hash{crypto.SHA256}, s.algorithm == "" || s.algorithm == "rsa-v1_5-sha256"
	}
	switch s.algorithm {
	case "rsa-sha256":
		return []crypto.Hash{crypto.SHA256}, true
	case "rsa-sha512":
		return []crypto.Hash{crypto.SHA512}, true
	case "", "hs2019":
		return []crypto.Hash{crypto.SHA256, crypto.SHA512}, true
	}
	return nil, false
}

func verify(key PublicKey, hash crypto.Hash, base, sig []byte) bool {
	switch {
	case key.ed != nil:
		return ed25519.Verify(key.ed, base, sig)
	case hash == crypto.SHA512:
		sum := sha512.Sum512(base)
		return rsa.VerifyPKCS1v15(key.rsa, hash, sum[:], sig) == nil
	default:
		sum := sha256.Sum256(base)
		return rsa.VerifyPKCS1v15(key.rsa, crypto.SHA256, sum[:], sig) == nil
	}
}
