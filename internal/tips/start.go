package tips

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"halqa/circles"
	"halqa/internal/store"
	"halqa/internal/store/ledger"
	"halqa/wallet"
)

// An Intent is what a payer asks for.
type Intent struct {
	Post    circles.PostID   // who gets it is its author
	Payee   circles.PersonID // read only if Post is 0
	Adapter string
	Amount  wallet.Amount
	Note    string // for the payee; at most MaxNote bytes
	Once    string // names the form: sent twice, it is one tip; at most 64 bytes
	Locale  string
}

// MaxNote bounds what a payer may write beside a tip, in bytes.
const MaxNote = 500

// Start records a tip, asks the rail for a way to pay it, and returns what the payer has to do. The
// intent is committed before the rail is asked. When nobody knows whether the rail heard, the tip comes
// back open, and the clock asks again; when the rail refused, the error says so and the tip is failed.
func (t *Tips) Start(ctx context.Context, v circles.Viewer, in Intent) (*Tip, error) {
	r := t.rail(in.Adapter)
	if r == nil {
		return nil, circles.Errorf(circles.NotFound, "There is no such wallet here.").With("TipNoWallet", nil)
	}
	if len(in.Note) > MaxNote || len(in.Once) > 64 {
		return nil, circles.FieldErrorf(circles.Invalid, "note", "A note has at most %d characters.", MaxNote).With("TipNoteTooLong", map[string]any{"Max": MaxNote})
	}
	asset, ok := r.d.Asset(in.Amount.Asset)
	if !ok {
		return nil, circles.FieldErrorf(circles.Invalid, "amount", "This wallet does not move %s.", in.Amount.Asset).With("TipNoAsset", map[string]any{"Asset": in.Amount.Asset})
	}
	if err := asset.Takes(in.Amount); err != nil {
		return nil, outside(asset)
	}

	var tip *ledger.Tip
	var charge *ledger.Charge
	fresh := false
	err := t.store.Update(ctx, func(tx *store.Tx) error {
		fresh = false
		if in.Once != "" {
			old, err := ledger.TipOnce(tx, v.Person, in.Once)
			if err == nil {
				tip = old
				return nil
			}
			if !circles.Is(err, circles.NotFound) {
				return err
			}
		}
		to, err := t.judge(tx, v, in)
		if err != nil {
			return err
		}
		tip, charge = t.plan(tx, v, in, to, r)
		fresh = true
		return ledger.AddTip(tx, tip, charge)
	})
	if err != nil {
		return nil, wrap("start tip", err)
	}
	if fresh {
		if err := t.create(ctx, r, charge.ID); err != nil {
			return nil, err
		}
	}
	return t.Tip(ctx, v, tip.ID)
}

func outside(a wallet.Asset) error {
	low, high := wallet.Amount{Minor: int64(a.Min), Asset: a.Code}, wallet.Amount{Minor: int64(a.Max), Asset: a.Code}
	args := map[string]any{"Min": low.Decimal(a.Exponent), "Max": high.Decimal(a.Exponent), "Asset": a.Code}
	return circles.FieldErrorf(circles.Invalid, "amount", "A tip is %s to %s %s.", args["Min"], args["Max"], a.Code).With("TipOutside", args)
}

// A destination is who gets a tip, found from our own rows and never from what a payer sent.
type destination struct {
	payee  *circles.Actor
	circle circles.CircleID
	ref    wallet.Payee
}

// judge finds who gets the tip and whether this payer may give it.
func (t *Tips) judge(tx *store.Tx, v circles.Viewer, in Intent) (destination, error) {
	var to destination
	if !v.SignedIn() {
		return to, circles.Errorf(circles.Denied, "Sign in to tip.").With("TipSignIn", nil)
	}
	person := in.Payee
	if in.Post != 0 {
		p, err := tx.Post(in.Post)
		if err != nil {
			return to, err
		}
		if err := t.post(tx, v, p); err != nil {
			return to, err
		}
		person, to.circle = p.Author, p.Circle
	}
	payee, err := tx.Actor(person.Actor())
	if err != nil {
		return to, err
	}
	to.payee = payee
	payer, err := tx.Actor(v.Person.Actor())
	if err != nil {
		return to, err
	}
	switch {
	case payee.Kind != circles.KindPerson || payee.DeletedAt != 0 || payee.SuspendedAt != 0:
		return to, circles.Errorf(circles.NotFound, "There is nobody to tip.").With("TipNobody", nil)
	case payer.DeletedAt != 0 || payer.SuspendedAt != 0:
		return to, circles.Errorf(circles.Forbidden, "Your account is suspended.").With("TipSuspended", nil)
	case payee.ID == v.Person.Actor():
		return to, circles.Errorf(circles.Forbidden, "Nobody tips themselves.").With("TipOneself", nil)
	case !payee.Local():
		return to, circles.Errorf(circles.Forbidden, "Tips reach members of this server only.").With("TipRemote", nil)
	}
	for _, pair := range [][2]circles.ActorID{{payee.ID, v.Person.Actor()}, {v.Person.Actor(), payee.ID}} {
		blocked, err := tx.Blocked(pair[0], pair[1])
		if err != nil {
			return to, err
		}
		if blocked { // which of the two is nobody's business
			return to, circles.Errorf(circles.Forbidden, "You cannot tip this person.").With("TipBlocked", nil)
		}
	}
	to.ref = wallet.Payee{Kind: "local-user", Ref: strconv.FormatInt(int64(payee.ID), 10)}
	return to, nil
}

// post asks whether the payer may see the post, and whether its circle takes tips.
func (t *Tips) post(tx *store.Tx, v circles.Viewer, p *circles.Post) error {
	gone := circles.Errorf(circles.NotFound, "There is no such post.").With("NoSuchPost", nil)
	if p.State != circles.Visible {
		return gone
	}
	if p.Circle == 0 {
		return nil
	}
	c, err := tx.Circle(p.Circle)
	if err != nil {
		return err
	}
	role, err := tx.Role(p.Circle, v.Person)
	switch {
	case err != nil:
		return err
	case !circles.MaySee(v, c.Visibility, role) || !circles.MaySeePost(v, role, p):
		return gone
	case c.Sensitive || p.Sensitive: // money for such pictures is what ruined the first Circles
		return circles.Errorf(circles.Forbidden, "There are no tips for sensitive posts.").With("TipSensitive", nil)
	}
	return nil
}

// plan makes the rows of a tip and its first charge. The key and everything that goes to the rail
// with it are fixed here, before the rail hears of them.
func (t *Tips) plan(tx *store.Tx, v circles.Viewer, in Intent, to destination, r *rail) (*ledger.Tip, *ledger.Charge) {
	tip := &ledger.Tip{
		ID: tx.NewID(), Payer: v.Person, Payee: circles.PersonID(to.payee.ID), Post: in.Post, Circle: to.circle,
		Asset: in.Amount.Asset, Amount: in.Amount.Minor, Adapter: r.d.Name, State: ledger.TipOpen, CreatedAt: tx.Now(),
		Once: in.Once, Note: in.Note,
	}
	tip.Binding = binding(tip)
	return tip, attempt(tx, tip, 1, to.ref, in.Locale)
}

func attempt(tx *store.Tx, tip *ledger.Tip, n int, payee wallet.Payee, locale string) *ledger.Charge {
	return &ledger.Charge{
		ID: tx.NewID(), Tip: tip.ID, Attempt: n, Key: fmt.Sprintf("tip_%d_a%d", tip.ID, n), Adapter: tip.Adapter,
		PayeeKind: payee.Kind, PayeeRef: payee.Ref, Asset: tip.Asset, Requested: tip.Amount, Revision: -1, State: string(wallet.Unknown),
		ExpiresAt: time.UnixMicro(tx.Now()).Add(payWithin).Truncate(time.Second).UnixMicro(),
		CreatedAt: tx.Now(), DueAt: tx.Now() + (2 * railTime).Microseconds(), Locale: locale, // should this process end before the rail answers
	}
}

// binding is the hash that a payment can commit to: the intent in canonical JSON, keys sorted.
func binding(tip *ledger.Tip) []byte {
	b, err := json.Marshal(map[string]string{
		"tip": strconv.FormatInt(tip.ID, 10), "payer": strconv.FormatInt(int64(tip.Payer), 10), "payee": strconv.FormatInt(int64(tip.Payee), 10),
		"post": strconv.FormatInt(int64(tip.Post), 10), "asset": tip.Asset, "minor": strconv.FormatInt(tip.Amount, 10),
	})
	if err != nil {
		panic(err) // strings only
	}
	h := sha256.Sum256(b)
	return h[:]
}

// request is what the rail is asked for a charge, the same to the byte however often.
func (t *Tips) request(tip *ledger.Tip, c *ledger.Charge) wallet.CreateCharge {
	in := wallet.CreateCharge{
		Key: c.Key, TipID: strconv.FormatInt(tip.ID, 10), Amount: wallet.Amount{Minor: c.Requested, Asset: c.Asset},
		Payee: wallet.Payee{Kind: c.PayeeKind, Ref: c.PayeeRef}, Memo: "Tip " + strconv.FormatInt(tip.ID, 10),
		ExpiresAt: time.UnixMicro(c.ExpiresAt).UTC(), ReturnURL: fmt.Sprintf("%s/tips/%d", t.origin, tip.ID),
		NotifyURL: t.origin + "/wallet/" + c.Adapter + "/webhook", Locale: c.Locale,
	}
	copy(in.Binding[:], tip.Binding)
	return in
}

// create asks the rail for a charge that has none yet, and believes the answer. The error is the
// rail's refusal, for the payer; that nobody knows is no error, for the clock will ask.
func (t *Tips) create(ctx context.Context, r *rail, id int64) error {
	tip, c, err := t.load(ctx, id)
	if err != nil {
		return err
	}
	var got wallet.Charge
	asked := ask(ctx, func(ctx context.Context) (err error) {
		got, err = r.CreateCharge(ctx, t.request(tip, c))
		return err
	})
	// What the rail did is kept even if the payer has gone meanwhile.
	ctx = context.WithoutCancel(ctx)
	switch {
	case asked == nil:
		return t.believe(ctx, id, got)
	case refused(asked), errors.Is(asked, wallet.ErrTemporary) && c.Tries == 0:
		// A rail that was out of reach has done nothing. The payer is told and may try again; asking
		// later behind their back could make them pay twice.
		t.log.Info("wallet refused a charge", "adapter", r.d.Name, "key", c.Key, "error", asked)
		if err := t.fail(ctx, id, asked); err != nil {
			return err
		}
		return refusal(asked)
	}
	t.log.Warn("wallet did not answer; it will be asked again", "adapter", r.d.Name, "key", c.Key, "error", asked)
	return t.later(ctx, id, asked)
}

// refusal is what a payer reads when a rail said no.
func refusal(err error) error {
	switch {
	case errors.Is(err, wallet.ErrTemporary):
		return &circles.Error{Kind: circles.Busy, Message: "The wallet cannot be reached. Nothing was paid; try again later.", Text: "TipUnreachable", Err: err}
	case errors.Is(err, wallet.ErrLimit):
		return &circles.Error{Kind: circles.Forbidden, Message: "There is not enough for this tip, or the wallet does not take that amount. Nothing was paid.", Text: "TipLimit", Err: err}
	}
	return &circles.Error{Kind: circles.Forbidden, Message: "The wallet refused this tip. Nothing was paid.", Text: "TipRefused", Err: err}
}

// load reads a charge with its tip.
func (t *Tips) load(ctx context.Context, id int64) (tip *ledger.Tip, c *ledger.Charge, err error) {
	err = t.store.View(ctx, func(tx *store.Tx) (err error) {
		if c, err = ledger.ChargeBy(tx, id); err != nil {
			return err
		}
		tip, err = ledger.TipBy(tx, c.Tip)
		return err
	})
	return tip, c, wrap("charge", err)
}

// wrap says where an error comes from and leaves refusals as they are.
func wrap(what string, err error) error {
	var e *circles.Error
	if err == nil || errors.As(err, &e) {
		return err
	}
	return fmt.Errorf("%s: %w", what, err)
}
