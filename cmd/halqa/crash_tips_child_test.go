package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"halqa/circles"
	"halqa/internal/store"
	"halqa/internal/store/ledger"
	"halqa/internal/tips"
	"halqa/wallet"
	"halqa/wallet/remote"
)

// What the processes of TestTipCrash do.

// crashSecret is what the instance and its wallet share, and the wallet and its bank.
var crashSecret = []byte(strings.Repeat("a secret of the wallet ", 2))

// crashTips is the configuration of tips in a child: with a wallet, where its environment names one.
func crashTips() tipsConfig {
	c := defaultConfig().Tips
	if url := os.Getenv(envCrashWallet); url != "" {
		c.Wallets = []walletConfig{{URL: url, Secret: "crash", key: crashSecret}}
	}
	c.Pace = 0 // these people tip as fast as they can
	return c
}

// A crashClock is a clock that the test puts forward.
type crashClock struct{ ahead atomic.Int64 } // seconds

func newCrashClock(t *testing.T) *crashClock {
	c := &crashClock{}
	if s := os.Getenv(envCrashClock); s != "" {
		n, err := strconv.ParseInt(s, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		c.ahead.Store(n)
	}
	return c
}

func (c *crashClock) now() time.Time {
	return time.Now().Add(time.Duration(c.ahead.Load()) * time.Second)
}

// crashBooks is what an instance has of tips.
type crashBooks struct {
	Verified string // what is wrong with the ledger; "" = nothing
	Tips     []crashTip
	Got      map[string]int64 // what the ledger remembers of each wallet's money, by the payee's name
	Have     map[string]int64 // credits
	Refunds  []string         // that wait to be taken, by the wallet's id
}

type crashTip struct {
	ID, Amount, Net int64
	Payer, Payee    string
	Once, Wallet    string
	State           string
	WasPaid         bool
}

// doTip does a deed of tips.
func (h *house) doTip(ctx context.Context, who circles.Viewer, at *circles.Post, d deed) (done, error) {
	answer := func(tip *tips.Tip, err error) (out done, _ error) {
		if err != nil {
			return out, err
		}
		out.Tip = tip.ID
		for _, a := range tip.Actions {
			out.Ways = append(out.Ways, a.URI)
		}
		return out, nil
	}
	switch d.Verb {
	case "rich":
		return done{}, h.tips.Grant(ctx, who, who.Person, wallet.Amount{Minor: int64(d.Value), Asset: creditsCode}, "for the story", d.Text)
	case "payee":
		err := h.tips.SetPayee(ctx, who, "fake", "fake-account", d.Who)
		if err == nil {
			err = h.tips.SetWish(ctx, who, tips.Wish{Takes: tips.TakesAll, Abroad: true})
		}
		return done{}, err
	case "give":
		asset := "XTS"
		if d.Wallet == "credits" {
			asset = creditsCode
		}
		return answer(h.tips.Start(ctx, who, tips.Intent{Post: at.ID, Adapter: d.Wallet, Amount: wallet.Amount{Minor: int64(d.Value), Asset: asset}, Once: d.Text, Locale: "en"}))
	case "undo":
		return answer(h.tips.Undo(ctx, who, d.Tip))
	case "refund":
		return done{}, h.tips.Refund(ctx, who, d.Tip, int64(d.Value), "a mistake")
	case "sweep":
		if err := h.tips.ReadFeeds(ctx); err != nil {
			return done{}, err
		}
		return done{}, h.tips.Sweep(ctx)
	case "books":
		b, err := h.crashBooks(ctx)
		return done{Books: b}, err
	}
	return done{}, fmt.Errorf("no deed %q", d.Verb)
}

// crashBooks reads what there is.
func (h *house) crashBooks(ctx context.Context) (*crashBooks, error) {
	b := &crashBooks{Got: map[string]int64{}, Have: map[string]int64{}}
	if _, err := h.tips.VerifyAll(ctx); err != nil {
		b.Verified = err.Error()
	}
	var people []*circles.Actor
	names := map[circles.PersonID]string{}
	err := h.store.View(ctx, func(tx *store.Tx) error {
		for _, pair := range crashPeople {
			for _, name := range pair {
				a, err := tx.LocalActor(name)
				if circles.Is(err, circles.NotFound) {
					continue
				}
				if err != nil {
					return err
				}
				people = append(people, a)
				person := circles.PersonID(a.ID)
				names[person] = name
				if b.Have[name], err = ledger.Balance(tx, fmt.Sprintf("user:%d:%s", person, creditsCode)); err != nil {
					return err
				}
				if b.Got[name], err = ledger.Balance(tx, fmt.Sprintf("memo:got:%d:XTS", person)); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	seen := map[int64]bool{}
	for _, a := range people {
		v := circles.Viewer{Person: circles.PersonID(a.ID), Role: circles.SiteMember}
		for before := int64(0); ; {
			rows, err := h.tips.History(ctx, v, before, 100)
			if err != nil {
				return nil, err
			}
			for _, r := range rows {
				before = r.ID
				if seen[r.ID] {
					continue
				}
				seen[r.ID] = true
				tip, err := h.tips.Tip(ctx, v, r.ID)
				if err != nil {
					return nil, err
				}
				b.Tips = append(b.Tips, crashTip{
					ID: tip.ID, Amount: tip.Amount, Net: tip.Net, Payer: names[tip.Payer], Payee: names[tip.Payee], Once: tip.Once, Wallet: tip.Adapter,
					State: string(tip.State), WasPaid: tip.PaidAt != 0,
				})
				for _, f := range tip.Refunds {
					if f.RailID != "" && wallet.State(f.State).Open() {
						b.Refunds = append(b.Refunds, f.RailID)
					}
				}
			}
			if len(rows) < 100 {
				break
			}
		}
	}
	return b, nil
}

// TestCrashWallet is no test: it is a wallet adapter in a process of its own, which TestTipCrash kills. What
// it knows is what its bank knows.
func TestCrashWallet(t *testing.T) {
	bank := os.Getenv(envCrashBank)
	if bank == "" {
		// It tests nothing by itself: go test runs it with all others, TestTipCrash with an environment of its own.
		t.Skip("a process that TestTipCrash starts")
	}
	go func() {
		io.Copy(io.Discard, os.Stdin)
		os.Exit(3) // who started it is gone
	}()
	clock := newCrashClock(t)
	c, err := remote.New(remote.Options{URL: bank, Secret: crashSecret, Now: clock.now})
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	deeds, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	fmt.Printf("%s%s %s\n", crashReady, l.Addr(), deeds.Addr())
	go func() {
		t.Error(http.Serve(deeds, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			var d deed
			if err := json.NewDecoder(r.Body).Decode(&d); err == nil && d.Verb == "clock" {
				clock.ahead.Store(int64(d.Value))
			}
			fmt.Fprint(w, "{}")
		})))
	}()
	t.Fatal(http.Serve(l, remote.Serve(c, crashSecret, clock.now)))
}
