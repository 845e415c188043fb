package main

import (
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// What is wrong with a node's configuration is named, with its line, and without its secrets.
func TestLightningIsConfigured(t *testing.T) {
	srv := httptest.NewTLSServer(http.NotFoundHandler())
	defer srv.Close()
	dir := t.TempDir()
	write := func(name string, b []byte) string {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	cert := write("tls.cert", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: srv.Certificate().Raw}))
	macaroon := write("invoice.macaroon", []byte("a macaroon that is no other"))
	empty := write("empty", nil)
	const secret = "a canary secret, which nobody ever reads"
	load := func(network, nodes, secret string) error {
		path := write("halqa.toml", []byte("[tips.lightning]\nnetwork = \""+network+"\"\nnodes = ["+nodes+"]\n"))
		_, err := loadConfig(path, func(name string) string {
			if name == "NODE_SECRET" {
				return secret
			}
			return ""
		})
		return err
	}
	node := func(change ...string) string {
		n := `{ name = "node", url = "` + srv.URL + `", cert = "` + cert + `", macaroon = "` + macaroon + `", secret = "NODE_SECRET", payee = "ada-node" }`
		return strings.NewReplacer(change...).Replace(n)
	}
	if err := load("simnet", node(), secret); err != nil {
		t.Errorf("a good one: %v", err)
	}
	for name, c := range map[string]struct{ network, nodes, secret, want string }{
		"another network":          {"bitcoin", node(), secret, "mainnet, testnet, signet, regtest or simnet"},
		"no secret":                {"simnet", node(), "", "NODE_SECRET"},
		"a short secret":           {"simnet", node(), "short", "32"},
		"a missing file":           {"simnet", node(cert, "/nowhere/tls.cert"), secret, "/nowhere/tls.cert"},
		"an empty macaroon":        {"simnet", node(macaroon, empty), secret, "macaroon"},
		"a certificate of nothing": {"simnet", node(cert, macaroon), secret, "PEM"},
		"plain http":               {"simnet", node("https://", "http://"), secret, "https://host:port"},
		"a name twice":             {"simnet", node() + ", " + node(), secret, `"node"`},
		"the name of another":      {"simnet", node(`name = "node"`, `name = "lightning-address"`), secret, "lightning-address"},
		"no name":                  {"simnet", node(`name = "node"`, `name = ""`), secret, "name"},
		"no payee":                 {"simnet", node("ada-node", ""), secret, "payee"},
		"a key too many":           {"simnet", node("payee", "payees"), secret, "payees"},
	} {
		err := load(c.network, c.nodes, c.secret)
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "line ") {
			t.Errorf("%s: %v, want a line and %q", name, err, c.want)
		}
		if err != nil && (strings.Contains(err.Error(), secret) || strings.Contains(err.Error(), "no other")) {
			t.Errorf("%s: the refusal names a secret: %v", name, err)
		}
	}
}

// The wallets of the configuration are there, and `halqa wallet list` says how they are.
func TestLightningIsOpened(t *testing.T) {
	srv := httptest.NewTLSServer(http.NotFoundHandler())
	in := newInstance(t)
	cert, macaroon := filepath.Join(t.TempDir(), "tls.cert"), filepath.Join(t.TempDir(), "invoice.macaroon")
	for path, b := range map[string][]byte{cert: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: srv.Certificate().Raw}), macaroon: []byte("a canary macaroon, which is shown nowhere")} {
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	srv.Close() // a node may start later
	in.env["NODE_SECRET"] = "a canary secret, which nobody ever reads"
	in.configure(fmt.Sprintf("tips.lightning = { network = \"simnet\", addresses = true, nodes = [{ name = \"node\", url = %q, cert = %q, macaroon = %q, secret = \"NODE_SECRET\", payee = \"ada-node\" }] }", srv.URL, cert, macaroon))
	in.must("", "config", "check")
	served := in.serve()
	defer served.stop()
	o := in.must("", "wallet", "list")
	for _, want := range []string{"credits", "node ", "lightning-address ", "BTC", "test mode", "does not list invoices"} {
		if !strings.Contains(o.out, want) {
			t.Errorf("the list is %q, want %q in it", o.out, want)
		}
	}
	for _, secret := range []string{"canary", hex.EncodeToString([]byte("a canary"))} {
		if strings.Contains(o.out+o.err, secret) {
			t.Errorf("a secret is printed: %s%s", o.out, o.err)
		}
	}
}
