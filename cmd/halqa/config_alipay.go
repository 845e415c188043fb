package main

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"halqa/circles"
	"halqa/wallet"
	"halqa/wallet/hosted"
)

// An alipayConfig names the members who are paid over Alipay, each with a merchant's application of their own.
type alipayConfig struct {
	Gateway   string           `toml:"gateway"` // "" = the real one, "sandbox", or an address
	Merchants []merchantConfig `toml:"merchants"`
}

type merchantConfig struct {
	Member    string `toml:"member"` // who is paid, by their name here
	App       string `toml:"app"`
	Seller    string `toml:"seller"`
	Key       string `toml:"key"`        // the file with the application's private key
	AlipayKey string `toml:"alipay_key"` // the file with Alipay's public key

	key, alipayKey []byte
	problem        error
}

// maxKeyFile bounds a file of keys, in bytes; a key of 4096 bits in PEM has 3300.
const maxKeyFile = 16 << 10

// read reads the files with the keys. What is wrong is kept for check.
func (c *alipayConfig) read() {
	for i := range c.Merchants {
		m := &c.Merchants[i]
		m.key, m.problem = readKey(m.Key)
		if m.problem == nil {
			m.alipayKey, m.problem = readKey(m.AlipayKey)
		}
	}
}

func readKey(path string) ([]byte, error) {
	if path == "" {
		return nil, errors.New("the file of a key is not named")
	}
	b, err := os.ReadFile(path)
	if err == nil && len(b) > maxKeyFile {
		err = fmt.Errorf("%s is too large for a key", path)
	}
	return b, err
}

// check says what is wrong, without a word of any key.
func (c alipayConfig) check(wrong func(key, format string, args ...any) error) error {
	if len(c.Merchants) == 0 {
		if c.Gateway != "" {
			return wrong("tips.alipay.gateway", "tips.alipay.gateway is set and no merchant is named.")
		}
		return nil
	}
	seen := map[string]bool{}
	for _, m := range c.Merchants {
		switch {
		case m.Member == "" || m.Member != strings.ToLower(m.Member) || strings.ContainsAny(m.Member, "@/ "):
			return wrong("tips.alipay.merchants", "tips.alipay: member must be the name of a member here, such as ada, not %q.", m.Member)
		case seen[m.Member]:
			return wrong("tips.alipay.merchants", "tips.alipay: %s is named twice.", m.Member)
		case m.problem != nil:
			return wrong("tips.alipay.merchants", "tips.alipay, member %s: %v.", m.Member, m.problem)
		}
		seen[m.Member] = true
	}
	if _, err := c.adapter(nil, time.Now); err != nil {
		return wrong("tips.alipay.merchants", "tips.alipay: %s.", strings.TrimPrefix(err.Error(), "wallet: invalid: "))
	}
	return nil
}

// warnings are what is not wrong, and should not stay.
func (c alipayConfig) warnings() (all []string) {
	for _, m := range c.Merchants {
		if info, err := os.Stat(m.Key); err == nil && info.Mode().Perm()&0o077 != 0 {
			all = append(all, fmt.Sprintf("others on this machine can read %s, which can give back %s's money", m.Key, m.Member))
		}
	}
	if len(c.Merchants) > 0 && c.gateway() != hosted.Gateway {
		all = append(all, "tips over Alipay move no real money: tips.alipay.gateway is not Alipay's own")
	}
	return all
}

func (c alipayConfig) gateway() string {
	switch c.Gateway {
	case "":
		return hosted.Gateway
	case "sandbox":
		return hosted.Sandbox
	}
	return c.Gateway
}

// adapter is the rail.
func (c alipayConfig) adapter(book hosted.Book, now func() time.Time) (*hosted.Adapter, error) {
	o := hosted.Options{Gateway: c.gateway(), Book: book, Now: now}
	for _, m := range c.Merchants {
		o.Merchants = append(o.Merchants, hosted.Merchant{App: m.App, Seller: m.Seller, Key: m.key, AlipayKey: m.alipayKey})
	}
	a, err := hosted.New(o)
	if err != nil {
		return nil, &circles.Error{Kind: circles.Invalid, Message: err.Error(), Err: err}
	}
	return a, nil
}

// payees are whom the rail pays.
func (c alipayConfig) payees() map[string]wallet.Payee {
	all := map[string]wallet.Payee{}
	for _, m := range c.Merchants {
		all[m.Member] = wallet.Payee{Kind: hosted.PayeeKind, Ref: m.Seller}
	}
	return all
}
