package alipaytest

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"net/url"
	"slices"
	"strings"
)

// RequestString is what a request's signature is over.
func RequestString(v url.Values) string { return pairs(v, true, "sign") }

// NoticeString is what a notice's signature is over.
func NoticeString(v url.Values) string { return pairs(v, false, "sign", "sign_type", "alipay_cert_sn") }

func pairs(v url.Values, dropEmpty bool, drop ...string) string {
	var names []string
	for name := range v {
		if !slices.Contains(drop, name) && !(dropEmpty && v.Get(name) == "") {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for i, name := range names {
		names[i] = name + "=" + v.Get(name)
	}
	return strings.Join(names, "&")
}

// Sign is RSA2: RSASSA-PKCS1-v1_5 over SHA-256, in base64.
func Sign(key *rsa.PrivateKey, what string) string {
	sum := sha256.Sum256([]byte(what))
	sig, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, sum[:])
	if err != nil {
		panic(err) // a key that was just made
	}
	return base64.StdEncoding.EncodeToString(sig)
}

func verify(key *rsa.PublicKey, what, sign string) bool {
	sig, err := base64.StdEncoding.DecodeString(sign)
	sum := sha256.Sum256([]byte(what))
	return err == nil && rsa.VerifyPKCS1v15(key, crypto.SHA256, sum[:], sig) == nil
}
