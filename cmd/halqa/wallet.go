package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"halqa/circles"
	worker "halqa/internal/run"
	"halqa/internal/store/ledger"
	"halqa/internal/tips"
	"halqa/wallet"
	"halqa/wallet/credits"
	"halqa/wallet/hosted"
	"halqa/wallet/remote"
	"halqa/wallet/wallettest"
)

// creditsCode is what the instance's own credits are called in its books.
const creditsCode = "CRD"

// undoFor is how long a tip in credits can be taken back.
const undoFor = 10 * time.Minute

// client is the adapter at the other end.
func (w walletConfig) client(now func() time.Time) (*remote.Client, error) {
	return remote.New(remote.Options{URL: w.URL, Secret: w.key, Now: now})
}

// openTips makes the use cases of tipping, with the instance's own credits, Alipay and Lightning. Wallets
// that are programs of their own are added by the clock: they may start after this one, and stop before it.
func (h *house) openTips(ctx context.Context) error {
	h.tips = tips.New(tips.Options{Store: h.store, Origin: h.site.Base, Now: h.now, Log: h.log, Rules: h.cfg.Tips.rules()})
	if h.cfg.Tips.Credits {
		own := credits.New(h.tips.Book(), credits.Options{Code: creditsCode, Max: h.cfg.Tips.Max, Hold: undoFor, Now: h.now})
		if err := h.tips.Use(ctx, own); err != nil {
			return err
		}
	}
	if err := h.openLightning(ctx); err != nil {
		return err
	}
	if len(h.cfg.Tips.Alipay.Merchants) == 0 {
		return nil
	}
	rail, err := h.cfg.Tips.Alipay.adapter(h.tips.Notes(hosted.Name), h.now)
	if err != nil {
		return err
	}
	return h.tips.UseFor(ctx, rail, h.cfg.Tips.Alipay.payees())
}

// sweepTips gives the clock what tips need.
func (h *house) sweepTips() {
	// What was booked since the last checkpoint is checked before anything else is booked.
	h.worker.Every("ledger", 24*time.Hour, h.checkLedger())
	h.worker.Follow(worker.Consumer{Name: "tips", Handle: h.tips.Handle})
	h.worker.Every("wallets", time.Minute, h.addWallets())
	h.worker.Every("charges", 5*time.Second, h.tips.Sweep)
	h.worker.Every("red packets", 30*time.Second, h.tips.SweepPackets)
	h.worker.Every("months of tips", time.Hour, h.tips.SweepMonths)
	h.worker.Every("wallet feeds", time.Hour, h.tips.ReadFeeds)
	if h.cfg.Tips.Credits && h.cfg.Tips.Welcome > 0 {
		h.worker.Every("welcome", time.Minute, func(ctx context.Context) error {
			return h.tips.Welcome(ctx, wallet.Amount{Minor: h.cfg.Tips.Welcome, Asset: creditsCode})
		})
	}
}

// checkLedger checks the tail the first time, which is at start, and the whole every night.
func (h *house) checkLedger() func(context.Context) error {
	check := h.tips.VerifyTail
	return func(ctx context.Context) error {
		r, err := check(ctx)
		check = h.tips.VerifyAll
		var found *ledger.Finding
		if errors.As(err, &found) {
			h.log.Error("THE LEDGER WAS ALTERED: run `halqa wallet verify`, and look who can write to the database", "finding", found.What)
			return nil
		}
		if err == nil {
			h.log.Debug("ledger checked", "from", r.From, "to", r.To)
		}
		return err
	}
}

// addWallets adds the configured wallets that answer, each once.
func (h *house) addWallets() func(context.Context) error {
	waiting := append([]walletConfig(nil), h.cfg.Tips.Wallets...)
	return func(ctx context.Context) error {
		var still []walletConfig
		for _, w := range waiting {
			c, err := w.client(h.now)
			if err != nil {
				return err
			}
			if err := h.tips.Use(ctx, c); err != nil {
				h.log.Warn("wallet cannot be used yet", "url", w.URL, "error", err)
				still = append(still, w)
			}
		}
		waiting = still
		return nil
	}
}

type walletCmd struct {
	List   walletListCmd   `cmd:"" help:"Say which wallets there are and how they are."`
	Grant  walletGrantCmd  `cmd:"" help:"Give credits to a member."`
	Verify walletVerifyCmd `cmd:"" help:"Check the whole ledger: every booking, the chain between them, every balance."`
	Check  walletCheckCmd  `cmd:"" help:"Check a wallet adapter against the contract."`
}

type walletListCmd struct{}

func (c *walletListCmd) Run(ctx context.Context, term *terminal, g *cli) error {
	return withHouse(ctx, term, g, func(h *house) error {
		if term.house == nil { // no clock has added them
			if err := h.addWallets()(ctx); err != nil {
				return err
			}
		}
		w := tabwriter.NewWriter(term.out, 0, 0, 2, ' ', 0)
		fmt.Fprintln(w, "NAME\tVERSION\tASSETS\tHOW IT IS\t")
		for _, d := range h.tips.Rails() {
			var assets []string
			for _, a := range d.Assets {
				assets = append(assets, a.Code)
			}
			how := "well"
			if err := h.tips.Health(ctx, d.Name); err != nil {
				how = err.Error()
			}
			if d.TestMode {
				how += ", test mode"
			}
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t\n", d.Name, d.Version, strings.Join(assets, " "), how)
		}
		return w.Flush()
	})
}

type walletGrantCmd struct {
	Name   string `arg:"" help:"To whom."`
	Amount int64  `arg:"" help:"How many credits."`
	Reason string `required:"" help:"Why; it stays in the books." placeholder:"TEXT"`
}

func (c *walletGrantCmd) Run(ctx context.Context, term *terminal, g *cli) error {
	return withHouse(ctx, term, g, func(h *house) error {
		to, err := h.viewer(ctx, c.Name)
		if err != nil {
			return err
		}
		admin := circles.Viewer{Role: circles.SiteAdmin} // who has the data folder is one
		amount := wallet.Amount{Minor: c.Amount, Asset: creditsCode}
		if err := h.tips.Grant(ctx, admin, to.Person, amount, c.Reason, rand.Text()); err != nil {
			return err
		}
		n, err := h.tips.Balance(ctx, to.Person, creditsCode)
		if err != nil {
			return err
		}
		fmt.Fprintf(term.out, "%s has %d credits\n", c.Name, n)
		return nil
	})
}

type walletVerifyCmd struct{}

func (c *walletVerifyCmd) Run(ctx context.Context, term *terminal, g *cli) error {
	return withHouse(ctx, term, g, func(h *house) error {
		r, err := h.tips.VerifyAll(ctx)
		if err != nil {
			return err
		}
		if r.To == 0 {
			fmt.Fprintln(term.out, "nothing was ever booked")
			return nil
		}
		fmt.Fprintf(term.out, "bookings %d to %d and %d accounts are as they were written\nhead %x\n", r.From, r.To, r.Accounts, r.Head)
		return nil
	})
}

type walletCheckCmd struct {
	URL        string `required:"" help:"Where the adapter listens: http://127.0.0.1:9000 or unix:/path." placeholder:"URL"`
	SecretFile string `required:"" help:"The file with the shared secret." placeholder:"FILE" type:"existingfile"`
	Payee      string `required:"" help:"Somebody who can be paid: kind:reference." placeholder:"KIND:REF"`
	Asset      string `help:"What to pay in; without it the adapter's first." placeholder:"CODE"`
	RailURL    string `help:"Where the kit can pay, dispute and so on; see docs/adapters.md." placeholder:"URL"`
	Level      int    `help:"How far: 0 shape, 1 idempotency, 2 money, 3 faults." default:"3"`
	Keep       bool   `help:"Keep the result for the page of the wallets."`
	JSON       string `help:"Write the report as JSON." placeholder:"FILE" type:"path"`
	JUnit      string `name:"junit" help:"Write the report as JUnit." placeholder:"FILE" type:"path"`
}

// Run checks an adapter. The exit status is 1 if a case failed.
func (c *walletCheckCmd) Run(ctx context.Context, term *terminal, g *cli) error {
	kind, ref, ok := strings.Cut(c.Payee, ":")
	if !ok || kind == "" || ref == "" {
		return circles.Errorf(circles.Invalid, "--payee must be kind:reference, such as desk:front, not %q.", c.Payee)
	}
	if c.Level < 0 || c.Level > 3 {
		return circles.Errorf(circles.Invalid, "--level is 0 to 3, not %d.", c.Level)
	}
	secret, err := os.ReadFile(c.SecretFile)
	if err != nil {
		return circles.Errorf(circles.Invalid, "The secret cannot be read: %v.", err)
	}
	h := wallettest.Harness{URL: c.URL, Secret: []byte(strings.TrimSpace(string(secret))), Payee: wallet.Payee{Kind: kind, Ref: ref}, Asset: c.Asset, Level: c.Level}
	if c.RailURL != "" {
		h.Rail = wallettest.DialRail(c.RailURL)
	}
	rep, err := wallettest.Check(ctx, h)
	if err != nil {
		return circles.Errorf(circles.Invalid, "The adapter cannot be checked: %v.", err)
	}
	if err := rep.Text(term.out); err != nil {
		return err
	}
	if c.Keep {
		err := withHouse(ctx, term, g, func(h *house) error {
			return h.tips.KeepReport(ctx, tips.Conformance{Adapter: rep.Adapter, Version: rep.Version, Level: rep.Level,
				Passed: rep.Count(wallettest.Passed), Failed: rep.Count(wallettest.Failed), Skipped: rep.Count(wallettest.Skipped)})
		})
		if err != nil {
			return err
		}
	}
	for path, write := range map[string]func(*os.File) error{
		c.JSON: func(f *os.File) error { return rep.JSON(f) }, c.JUnit: func(f *os.File) error { return rep.JUnit(f) },
	} {
		if path == "" {
			continue
		}
		f, err := os.Create(path)
		if err != nil {
			return circles.Errorf(circles.Invalid, "The report cannot be written: %v.", err)
		}
		if err := errors.Join(write(f), f.Close()); err != nil {
			return err
		}
	}
	if n := rep.Count(wallettest.Failed); n > 0 {
		return fmt.Errorf("%d of %d cases failed", n, len(rep.Cases))
	}
	return nil
}
