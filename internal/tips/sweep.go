package tips

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"halqa/circles"
	"halqa/internal/store"
	"halqa/internal/store/ledger"
	"halqa/wallet"
)

const (
	sweepPage = 50
	feedPage  = 200

	// feedPages bounds one reading of a feed, and sweepPages one sweep; what is left comes with the next.
	feedPages  = 100
	sweepPages = 100
)

// errHung is noted for charges whose rail did not answer about another one a moment ago.
var errHung = fmt.Errorf("%w: the wallet does not answer at the moment", wallet.ErrIndeterminate)

// Sweep asks about every charge and refund whose time has come. The clock calls it every few seconds. Who
// hangs is waited for once a sweep, and who is slow has so much of a sweep: a rail, or, where a rail asks a server
// that the payee chose, that server, and all of them together somewhat more. Their other charges are put off, so
// that they do not stand in front of everybody else's.
func (t *Tips) Sweep(ctx context.Context) error {
	now := t.now().UnixMicro()
	w := newWaited()
	for range sweepPages {
		var (
			charges []*ledger.Case
			refunds []int64
		)
		err := t.store.View(ctx, func(tx *store.Tx) (err error) {
			if charges, err = ledger.DueCases(tx, now, sweepPage); err != nil {
				return err
			}
			refunds, err = ledger.DueRefunds(tx, now, sweepPage)
			return err
		})
		if err != nil {
			return fmt.Errorf("due charges: %w", err)
		}
		if err := t.lookAll(ctx, charges, w); err != nil {
			return err
		}
		for _, id := range refunds {
			if err := t.lookRefund(ctx, id); err != nil {
				return err
			}
		}
		if len(charges) < sweepPage && len(refunds) < sweepPage {
			return nil
		}
	}
	return nil
}

// waited is what one sweep knows of those it asks, by asks: who did not answer in time, and how long it waited for
// each; and how long for each adapter.
type waited struct {
	hung  map[string]bool
	spent map[string]time.Duration
	all   map[string]time.Duration
}

func newWaited() waited {
	return waited{map[string]bool{}, map[string]time.Duration{}, map[string]time.Duration{}}
}

// adapterTime is how long one sweep waits for the servers that one adapter asks, all together.
const adapterTime = 3 * railTime

// asks returns who answers about a charge: its adapter, or the server there that its payee chose.
func asks(c *ledger.Charge) string {
	switch c.PayeeKind {
	case lightningAddress:
		if _, host, ok := strings.Cut(c.PayeeRef, "@"); ok {
			return c.Adapter + " " + host
		}
	case abroadPayee:
		if u, err := url.Parse(c.PayeeRef); err == nil {
			return c.Adapter + " " + u.Host
		}
	}
	return c.Adapter
}

const (
	// bookPage bounds the answers that are booked in one transaction, so that it takes no longer than some of
	// other people's that wait for it; and bookWait how long an answer waits for the next.
	bookPage = 16
	bookWait = time.Second
)

// lookAll asks about charges, one after another, and believes the answers, some at a time: a commit costs a wait
// for the disk whatever is in it. Who stops in between has asked for nothing that cannot be asked again.
func (t *Tips) lookAll(ctx context.Context, all []*ledger.Case, w waited) error {
	var (
		answers []answer
		since   time.Time
	)
	for i, k := range all {
		if len(answers) == 0 {
			since = t.now()
		}
		got, ok, err := t.question(ctx, k, w)
		if ok {
			answers = append(answers, answer{k.Charge.ID, got})
		}
		if err != nil || i == len(all)-1 || len(answers) == bookPage || t.now().Sub(since) >= bookWait {
			if err := errors.Join(err, t.believeAll(ctx, answers)); err != nil {
				return err
			}
			answers = answers[:0]
		}
	}
	return nil
}

// look asks the rail about one charge and believes the answer. Only our own database's trouble is an
// error.
func (t *Tips) look(ctx context.Context, id int64, w waited) error {
	var k *ledger.Case
	err := t.store.View(ctx, func(tx *store.Tx) (err error) {
		k, err = ledger.CaseOf(tx, id)
		return err
	})
	if err != nil {
		return wrap("charge", err)
	}
	return t.lookAll(ctx, []*ledger.Case{k}, w)
}

// question asks the rail about one charge, and reports whether it answered; what became of it otherwise is noted.
func (t *Tips) question(ctx context.Context, k *ledger.Case, w waited) (got wallet.Charge, ok bool, err error) {
	if err := ctx.Err(); err != nil {
		return got, false, err
	}
	tip, c, id := k.Tip, k.Charge, k.Charge.ID
	r := t.rail(c.Adapter)
	if r == nil { // no longer configured: its charges wait, and the admin sees why
		return got, false, t.park(ctx, id)
	}
	who := asks(c)
	switch {
	case w.hung[who]:
		return got, false, t.later(ctx, id, errHung)
	case w.spent[who] >= railTime || w.all[c.Adapter] >= adapterTime:
		return got, false, t.store.Update(ctx, func(tx *store.Tx) error { return ledger.PutOff(tx, id, tx.Now()+railTime.Microseconds()) })
	}
	began := t.now()
	err = ask(ctx, func(ctx context.Context) (err error) {
		switch finder, ok := able[wallet.KeyFinder](r, wallet.CapFind); {
		case c.RailID != "":
			got, err = r.GetCharge(ctx, c.RailID)
		case ok:
			if got, err = finder.FindCharge(ctx, c.Key); errors.Is(err, wallet.ErrNotFound) {
				err = errUnheard
			}
		default: // asking again with the same key makes nothing twice
			got, err = r.CreateCharge(ctx, t.request(tip, c))
		}
		return err
	})
	took := t.now().Sub(began)
	w.spent[who] += took
	w.all[c.Adapter] += took
	switch {
	case err == nil:
		return got, true, nil
	case c.RailID == "" && refused(err):
		return got, false, t.fail(ctx, id, err, false)
	}
	w.hung[who] = errors.Is(err, context.DeadlineExceeded)
	t.log.Warn("wallet did not answer about a charge", "adapter", c.Adapter, "key", c.Key, "error", err)
	return got, false, t.later(ctx, id, err)
}

// askSoon is how soon before its time a charge is not asked for once more.
const askSoon = 5 * time.Second

// Ask has the rail asked about a tip that waits to be paid, within seconds: its payer came back from where
// they pay, or says that they have paid. What they were told there says nothing; only the rail does. Anybody
// else's asking, and about a tip that is settled, does nothing.
func (t *Tips) Ask(ctx context.Context, v circles.Viewer, id int64) error {
	tip, err := t.Tip(ctx, v, id)
	if err != nil || tip.Payer != v.Person || !wallet.State(tip.charge.State).Open() || tip.charge.DueAt <= t.now().Add(askSoon).UnixMicro() {
		return err
	}
	return wrap("ask", t.store.Update(ctx, func(tx *store.Tx) error { return ledger.KnockCharge(tx, tip.charge.ID) }))
}

// errUnheard is what becomes of a key that the rail never heard of: nothing was asked for, so nothing
// can come of it, and the payer begins anew.
var errUnheard = fmt.Errorf("%w: the wallet never heard of it", wallet.ErrInvalid)

// park puts off a charge whose adapter is not configured; it goes on once that is configured again.
func (t *Tips) park(ctx context.Context, id int64) error {
	return t.store.Update(ctx, func(tx *store.Tx) error {
		c, err := ledger.ChargeBy(tx, id)
		if err != nil {
			return err
		}
		c.DueAt, c.Problem = t.now().Add(lateAsk).UnixMicro(), "The wallet adapter is not configured."
		return ledger.SaveCharge(tx, c)
	})
}

// ReadFeeds reads each rail's own list of changes from where it was left, for the webhooks that were
// lost. The clock calls it at start and hourly.
func (t *Tips) ReadFeeds(ctx context.Context) error {
	for _, r := range t.all() {
		feeder, ok := able[wallet.Feeder](r, wallet.CapFeed)
		if !ok {
			continue
		}
		if err := t.readFeed(ctx, r, feeder); err != nil {
			return err
		}
	}
	return nil
}

func (t *Tips) readFeed(ctx context.Context, r *rail, feeder wallet.Feeder) error {
	for range feedPages {
		var cursor string
		err := t.store.View(ctx, func(tx *store.Tx) (err error) {
			cursor, err = ledger.Feed(tx, r.d.Name)
			return err
		})
		if err != nil {
			return fmt.Errorf("feed of %s: %w", r.d.Name, err)
		}
		var page wallet.Page
		err = ask(ctx, func(ctx context.Context) (err error) {
			page, err = feeder.Feed(ctx, cursor, feedPage)
			return err
		})
		if err != nil || len(page.Cursor) > 500 || len(page.Hints) > feedPage {
			t.log.Warn("wallet feed cannot be read", "adapter", r.d.Name, "hints", len(page.Hints), "error", err)
			return nil // the next hour asks again from the same place
		}
		// The hints are durable before the cursor moves past them.
		err = t.store.Update(ctx, func(tx *store.Tx) error {
			if err := hints(tx, r, page.Hints); err != nil {
				return err
			}
			return ledger.SetFeed(tx, r.d.Name, page.Cursor)
		})
		if err != nil {
			return fmt.Errorf("feed of %s: %w", r.d.Name, err)
		}
		if !page.More || page.Cursor == cursor {
			return nil
		}
	}
	return nil
}

// hints makes what they name due. One that names nothing known is a charge whose creation has not been
// answered yet, which the clock asks about anyway, or somebody else's.
func hints(tx *store.Tx, r *rail, all []wallet.Hint) error {
	for _, h := range all {
		if h.ChargeID != "" && len(h.ChargeID) <= 200 {
			if _, err := ledger.Knock(tx, r.d.Name, clip(h.ChargeID, 200)); err != nil {
				return err
			}
		}
		if h.RefundID != "" && len(h.RefundID) <= 200 {
			if err := ledger.KnockRefund(tx, r.d.Name, clip(h.RefundID, 200)); err != nil {
				return err
			}
		}
	}
	return nil
}

// MaxWebhook bounds a rail's message, in bytes.
const MaxWebhook = 64 << 10

// Webhook takes what a rail sent on its own account. The reply may go out when it returns: by then the
// hints are durable, and the next sweep looks. NotFound if no such rail listens; Denied if the message
// is not the rail's.
func (t *Tips) Webhook(ctx context.Context, name string, h map[string][]string, rawQuery string, body []byte) (wallet.Reply, error) {
	r := t.rail(name)
	receiver, ok := able[wallet.WebhookReceiver](r, wallet.CapWebhook)
	if !ok || len(body) > MaxWebhook {
		return wallet.Reply{}, circles.Errorf(circles.NotFound, "No wallet listens here.")
	}
	var (
		found []wallet.Hint
		reply wallet.Reply
	)
	err := ask(ctx, func(ctx context.Context) (err error) {
		found, reply, err = receiver.Webhook(ctx, h, rawQuery, body)
		return err
	})
	switch {
	case errors.Is(err, wallet.ErrBadSignature):
		return wallet.Reply{}, &circles.Error{Kind: circles.Denied, Message: "The signature is not the wallet's.", Err: err}
	case errors.Is(err, wallet.ErrInvalid):
		return wallet.Reply{}, &circles.Error{Kind: circles.Invalid, Message: "The message cannot be read.", Err: err}
	case err != nil:
		return wallet.Reply{}, &circles.Error{Kind: circles.Busy, Message: "The wallet cannot be asked now.", Err: err}
	}
	if len(found) > feedPage {
		found = found[:feedPage] // the feed has the rest
	}
	if err := t.store.Update(ctx, func(tx *store.Tx) error { return hints(tx, r, found) }); err != nil {
		return wallet.Reply{}, wrap("webhook", err)
	}
	return reply, nil
}
