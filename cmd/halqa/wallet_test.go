package main

import (
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"halqa/wallet/remote"
	"halqa/wallet/wallettest"
)

// TestWalletCommands grants credits, verifies the books, and finds a hand in them.
func TestWalletCommands(t *testing.T) {
	in := newInstance(t)
	do := func(want int, args ...string) string {
		t.Helper()
		o := in.run("", args...)
		if o.code != want {
			t.Fatalf("halqa %s: %d, %s%s", strings.Join(args, " "), o.code, o.out, o.err)
		}
		return o.out + o.err
	}
	do(exitOK, "user", "create", "ada")
	if got := do(exitOK, "wallet", "verify"); !strings.Contains(got, "nothing was ever booked") {
		t.Errorf("verify of empty books: %s", got)
	}
	if got := do(exitOK, "wallet", "grant", "ada", "40", "--reason", "a good harvest"); got != "ada has 40 credits\n" {
		t.Errorf("grant: %s", got)
	}
	do(exitRefused, "wallet", "grant", "nobody", "40", "--reason", "x")
	do(exitRefused, "wallet", "grant", "ada", "0", "--reason", "x")
	if got := do(exitOK, "wallet", "list"); !strings.Contains(got, "credits  1        CRD     well") {
		t.Errorf("list: %s", got)
	}
	if got := do(exitOK, "wallet", "verify"); !strings.Contains(got, "bookings 1 to 1 and 2 accounts") {
		t.Errorf("verify: %s", got)
	}
}

// TestWalletCheck checks a good adapter and one that forgets its keys, from the command line.
func TestWalletCheck(t *testing.T) {
	dir := t.TempDir()
	secret := strings.Repeat("s", remote.MinSecret)
	file := filepath.Join(dir, "secret")
	if err := os.WriteFile(file, []byte(secret+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		bug  wallettest.Bug
		code int
		says string
	}{
		{"", exitOK, "passed 49 of 49"},
		{"remembers-for-a-while", exitFailed, "FAIL 14"},
	} {
		f := wallettest.NewFake(c.bug, time.Now)
		adapter := httptest.NewServer(remote.Serve(f, []byte(secret), time.Now))
		rail := httptest.NewServer(wallettest.ServeRail(f))
		junit := filepath.Join(dir, "out.xml")
		o := newInstance(t).run("", "wallet", "check", "--url", adapter.URL, "--secret-file", file, "--payee", "fake-account:bob", "--rail-url", rail.URL, "--junit", junit)
		if o.code != c.code || !strings.Contains(o.out, c.says) {
			t.Errorf("%q: %d, want %d and %q in\n%s%s", c.bug, o.code, c.code, c.says, o.out, o.err)
		}
		if b, err := os.ReadFile(junit); err != nil || !strings.Contains(string(b), "<testsuite") {
			t.Errorf("%q: report %v", c.bug, err)
		}
		adapter.Close()
		rail.Close()
	}
	o := newInstance(t).run("", "wallet", "check", "--url", "http://127.0.0.1:1", "--secret-file", file, "--payee", "x")
	if o.code != exitRefused {
		t.Errorf("a payee without a kind: %d", o.code)
	}
}

// The server has the secrets of its wallets, whoever makes a backup by hand or at night has not.
func TestCommandsNeedNoSecretsOfWallets(t *testing.T) {
	in := newInstance(t, `tips.wallets = [{ url = "http://127.0.0.1:1", secret = "HALQA_WALLET_SECRET" }]`)
	in.env["HALQA_WALLET_SECRET"] = strings.Repeat("s", remote.MinSecret)
	in.serve()
	in.must("", "user", "create", "ada")
	delete(in.env, "HALQA_WALLET_SECRET")
	if got := in.must("", "user", "list"); !strings.Contains(got.out, "ada") {
		t.Errorf("list: %s", got.out)
	}
	file := filepath.Join(t.TempDir(), "x.backup")
	in.must("", "backup", file)
	in.must("", "restore", "--verify", file)
	if o := in.run("", "config", "check"); o.code != exitRefused || !strings.Contains(o.err, "HALQA_WALLET_SECRET") {
		t.Errorf("config check without the secret: %d %s%s", o.code, o.out, o.err)
	}
}
