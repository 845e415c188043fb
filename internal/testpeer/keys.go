package testpeer

import (
	"crypto/rsa"
	_ "embed"
	"fmt"
	"math/big"
	"strings"
)

// primes are 96 primes of 1024 bits, a line each in hexadecimal. Any two make an RSA key in a
// millisecond, where finding new ones takes a tenth of a second for each actor of each test. Keys
// made of them guard nothing.
//
//go:embed primes.txt
var primes string

// keyNumber makes the n-th of 4560 keys, round and round. All of a Peer's keys differ; another Peer's
// begin elsewhere.
func keyNumber(n int) (*rsa.PrivateKey, error) {
	lines := strings.Fields(primes)
	n %= len(lines) * (len(lines) - 1) / 2
	first := 0
	for rest := len(lines) - 1; n >= rest; rest-- {
		n -= rest
		first++
	}
	p, okP := new(big.Int).SetString(lines[first], 16)
	q, okQ := new(big.Int).SetString(lines[first+1+n], 16)
	if !okP || !okQ {
		return nil, fmt.Errorf("primes.txt: line %d or %d is no number", first+1, first+n+2)
	}
	one := big.NewInt(1)
	phi := new(big.Int).Mul(new(big.Int).Sub(p, one), new(big.Int).Sub(q, one))
	key := &rsa.PrivateKey{PublicKey: rsa.PublicKey{N: new(big.Int).Mul(p, q), E: 65537}, Primes: []*big.Int{p, q}}
	key.D = new(big.Int).ModInverse(big.NewInt(int64(key.E)), phi)
	key.Precompute()
	return key, nil
}
