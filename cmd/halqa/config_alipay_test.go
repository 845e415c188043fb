package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"halqa/wallet/hosted/alipaytest"
)

// What is wrong with a merchant is said with its place, and never a word of a key.
func TestAlipayIsConfigured(t *testing.T) {
	gate := alipaytest.New(time.Now)
	defer gate.Close()
	app := gate.Add("2021004100001111", "2088101106499364")
	dir := t.TempDir()
	file := func(name string, text []byte, mode os.FileMode) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, text, mode); err != nil {
			t.Fatal(err)
		}
		return path
	}
	key, open := file("ada.pem", app.PEM(), 0o600), file("open.pem", app.PEM(), 0o644)
	theirs, own, broken := file("alipay.pem", gate.PublicPEM(), 0o644), file("own.pem", app.PublicPEM(), 0o644), file("broken.pem", app.PEM()[:200], 0o600)
	merchant := func(member, app, seller, key, alipay string) string {
		return fmt.Sprintf("[tips.alipay]\ngateway = %q\nmerchants = [{ member = %q, app = %q, seller = %q, key = %q, alipay_key = %q }]", gate.URL, member, app, seller, key, alipay)
	}
	in := newInstance(t)
	check := func(text string) outcome {
		in.configure()
		b, err := os.ReadFile(in.config)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(in.config, append(b, text...), 0o600); err != nil {
			t.Fatal(err)
		}
		o := in.run("", "config", "check")
		for _, line := range strings.Split(string(app.PEM()), "\n")[1:10] {
			if strings.Contains(o.out+o.err, line) {
				t.Errorf("a line of the key was printed: %s%s", o.out, o.err)
			}
		}
		return o
	}
	o := check(merchant("ada", app.ID, app.Seller, key, theirs))
	if o.code != exitOK || !strings.Contains(o.out, "move no real money") || strings.Contains(o.out, "can read") {
		t.Errorf("a good one: %d, %s%s", o.code, o.out, o.err)
	}
	if o := check(merchant("ada", app.ID, app.Seller, open, theirs)); o.code != exitOK || !strings.Contains(o.out, "others on this machine can read "+open) {
		t.Errorf("a key that others can read: %d, %s%s", o.code, o.out, o.err)
	}
	for says, text := range map[string]string{
		"name of a member here":                        merchant("@ada@elsewhere.example", app.ID, app.Seller, key, theirs),
		"the app must be its number":                   merchant("ada", "ada", app.Seller, key, theirs),
		"the seller must be 2088":                      merchant("ada", app.ID, "ada@example.com", key, theirs),
		"no such file":                                 merchant("ada", app.ID, app.Seller, filepath.Join(dir, "nothing.pem"), theirs),
		"its private key is no RSA key":                merchant("ada", app.ID, app.Seller, broken, theirs),
		"Alipay's public key is the application's own": merchant("ada", app.ID, app.Seller, key, own),
		"the file of a key is not named":               merchant("ada", app.ID, app.Seller, "", theirs),
		"no merchant is named":                         "[tips.alipay]\ngateway = \"sandbox\"\n",
		"the gateway must be an https":                 strings.Replace(merchant("ada", app.ID, app.Seller, key, theirs), gate.URL, "http://openapi.alipay.com/gateway.do", 1),
	} {
		check(text).wantRefused(t, says)
	}
	twice := strings.Replace(merchant("ada", app.ID, app.Seller, key, theirs), "}]", "}, "+fmt.Sprintf("{ member = \"ada\", app = %q, seller = %q, key = %q, alipay_key = %q }]", app.ID, app.Seller, key, theirs), 1)
	check(twice).wantRefused(t, "ada is named twice")
}
