package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"halqa/internal/tips"
	"halqa/wallet/hosted"
	"halqa/wallet/lightning"
)

// addressWallet is the name of the wallet that pays people at their Lightning Address.
const addressWallet = "lightning-address"

type lightningConfig struct {
	Network   string       `toml:"network"`   // one of networks
	Addresses bool         `toml:"addresses"` // members can be paid at their Lightning Address
	Nodes     []nodeConfig `toml:"nodes"`
}

// A nodeConfig is a member's own lnd, over REST.
type nodeConfig struct {
	Name     string `toml:"name"`
	URL      string `toml:"url"`      // https://127.0.0.1:8080
	Cert     string `toml:"cert"`     // file; tls.cert
	Macaroon string `toml:"macaroon"` // file; invoice.macaroon
	Secret   string `toml:"secret"`   // the name of the environment variable that holds what preimages are made from
	Payee    string `toml:"payee"`    // what its owner enters to be paid to it
	Hints    bool   `toml:"hints"`    // name unannounced channels in invoices

	key []byte
}

// networks by the names people give them.
func networks() map[string]string {
	return map[string]string{"mainnet": lightning.Mainnet, "testnet": lightning.Testnet, "signet": lightning.Signet,
		"regtest": lightning.Regtest, "simnet": lightning.Simnet}
}

// check says what is wrong with it. Files are read, so that a node whose certificate is missing is found
// here and not by the first who tips.
func (c lightningConfig) check(wrong func(key, format string, args ...any) error) error {
	network, ok := networks()[c.Network]
	if !ok {
		return wrong("tips.lightning.network", "tips.lightning.network must be mainnet, testnet, signet, regtest or simnet, not %q.", c.Network)
	}
	seen := map[string]bool{"credits": true, addressWallet: true, hosted.Name: true, tips.Abroad: true}
	for _, n := range c.Nodes {
		if seen[n.Name] {
			return wrong("tips.lightning.nodes", "tips.lightning.nodes: %q is the name of another wallet.", n.Name)
		}
		seen[n.Name] = true
		if _, err := n.adapter(network, time.Now); err != nil {
			return wrong("tips.lightning.nodes", "tips.lightning.nodes, %q: %s.", n.Name, strings.TrimPrefix(err.Error(), "wallet: invalid: "))
		}
	}
	return nil
}

// adapter is the wallet over the node.
func (n nodeConfig) adapter(network string, now func() time.Time) (*lightning.LND, error) {
	cert, err := small(n.Cert)
	if err != nil {
		return nil, fmt.Errorf("the certificate cannot be read: %w", err)
	}
	macaroon, err := small(n.Macaroon)
	if err != nil {
		return nil, fmt.Errorf("the macaroon cannot be read: %w", err)
	}
	if len(n.key) == 0 {
		return nil, fmt.Errorf("the environment variable that secret names, %q, is empty; `openssl rand -hex 32` makes a value for it", n.Secret)
	}
	return lightning.NewLND(lightning.LNDOptions{Name: n.Name, URL: n.URL, Cert: cert, Macaroon: macaroon, Secret: n.key, Code: n.Payee,
		Network: network, Hints: n.Hints, Now: now})
}

// small reads a file of at most 64 kB: a certificate, a macaroon.
func small(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, 64<<10))
}

// openLightning adds the wallets over Lightning that are configured. No node is asked: it may start later.
func (h *house) openLightning(ctx context.Context) error {
	c := h.cfg.Tips.Lightning
	network := networks()[c.Network]
	for _, n := range c.Nodes {
		l, err := n.adapter(network, h.now)
		if err != nil {
			return fmt.Errorf("node %s: %w", n.Name, err)
		}
		if err := h.tips.Use(ctx, l); err != nil {
			return err
		}
	}
	if !c.Addresses {
		return nil
	}
	a, err := lightning.NewAddresses(lightning.AddressesOptions{Name: addressWallet, Client: h.fetch.HTTPClient(), Notes: h.tips.Notes(addressWallet), Network: network, Now: h.now})
	if err != nil {
		return err
	}
	return h.tips.Use(ctx, a)
}
