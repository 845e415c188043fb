package tips

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
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
	Note    string // for the payee; at most MaxNote characters
	Gift    string // one of GiftKinds; "" = a tip without a label
	Once    string // names the form: sent twice, it is one tip; at most 64 bytes
	Locale  string
}

// MaxNote bounds what a payer may write beside a tip, in characters.
const MaxNote = 500

// Start records a tip, asks the rail for a way to pay it, and returns what the payer has to do. The
// intent is committed before the rail is asked. When nobody knows whether the rail heard, the tip comes
// back open, and the clock asks again; when the rail refused, the error says so and the tip is failed.
func (t *Tips) Start(ctx context.Context, v circles.Viewer, in Intent) (*Tip, error) {
	in.Note = cleanNote(in.Note)
	if err := t.shape(in); err != nil {
		return nil, err
	}
	if in.Adapter == Abroad {
		return t.startAbroad(ctx, v, in)
	}
	r := t.rail(in.Adapter)
	var tip *ledger.Tip
	var charge *ledger.Charge
	fresh := false
	err := t.store.Update(ctx, func(tx *store.Tx) error {
		fresh = false
		if in.Once != "" {
			old, err := ledger.TipOnce(tx, v.Person, in.Once)
			if err == nil {
				if err := again(tx, old, in); err != nil {
					return err
				}
				tip = old
				charge, err = unasked(tx, tip)
				fresh = charge != nil
				return err
			}
			if !circles.Is(err, circles.NotFound) {
				return err
			}
		}
		to, err := t.judge(tx, v, in)
		if err != nil {
			return err
		}
		ref, err := t.fits(tx, v, in, to)
		if err != nil {
			return err
		}
		tip, charge = t.plan(tx, v, in, to, r, ref)
		fresh = true
		if err := ledger.AddTip(tx, tip, charge); err != nil || in.Gift == "" {
			return err
		}
		return ledger.AddGift(tx, ledger.Gift{Tip: tip.ID, Post: tip.Post, Circle: tip.Circle, Kind: in.Gift})
	})
	if err = t.ruled(ctx, err); err != nil {
		return nil, wrap("start tip", err)
	}
	if !fresh {
		return t.Tip(ctx, v, tip.ID)
	}
	k, err := t.create(ctx, r, tip, charge)
	switch {
	case err != nil:
		return nil, err
	case k == nil || fromAbroad(tip):
		return t.Tip(ctx, v, tip.ID)
	}
	return t.seen(v, k.Tip, k.All)
}

func formReused() error {
	return circles.Errorf(circles.Conflict, "This form was sent before with other contents, and that stands. Load the page again to send another.").With("refused.form-reused", nil)
}

// again refuses a form that made another tip than it asks for now: whoever sent it would read that a tip was given
// that was not. A note that a moderator took away, or that its writer's end did, was the same.
func again(tx *store.Tx, tip *ledger.Tip, in Intent) error {
	gifts, err := ledger.GiftsOf(tx, []int64{tip.ID})
	if err != nil {
		return err
	}
	kind, note := "", tip.Note
	if g := gifts[tip.ID]; g != nil {
		kind = g.Kind
		if note == "" {
			note = g.Taken
		}
	}
	switch {
	case tip.Post != in.Post, in.Post == 0 && tip.Payee != in.Payee, tip.Adapter != in.Adapter,
		tip.Asset != in.Amount.Asset, tip.Amount != in.Amount.Minor, kind != in.Gift, note != in.Note:
		return formReused()
	}
	return nil
}

// unasked returns the charge of a tip whose form came again before its rail answered, nil if there is none: the
// payer, who saw it fail, need not wait for the clock. The same key makes nothing twice.
func unasked(tx *store.Tx, tip *ledger.Tip) (*ledger.Charge, error) {
	all, err := ledger.ChargesOf(tx, tip.ID)
	if err != nil || len(all) == 0 || tip.State != ledger.TipOpen {
		return nil, err
	}
	if c := all[0]; c.RailID == "" && c.Revision < 0 && wallet.State(c.State).Open() && tx.Now() < c.ExpiresAt {
		return c, nil
	}
	return nil, nil
}

func outside(code string, exponent uint8, low, high int64) error {
	args := map[string]any{"Min": Plain(low, exponent), "Max": Plain(high, exponent), "Asset": code}
	return circles.FieldErrorf(circles.Invalid, "amount", "A tip is %s to %s %s.", args["Min"], args["Max"], code).With("refused.tip-outside", args)
}

// A destination is who gets a tip, found from our own rows and never from what a payer sent.
type destination struct {
	payee  *circles.Actor
	post   *circles.Post
	where  *circles.Circle
	policy ledger.CirclePolicy
	payees map[string]ledger.Payee // where they are paid, by adapter

	endpoint string // where their instance takes intents, of somebody elsewhere; "" = it takes none, or they are ours
}

// ref is whom a rail has to pay, false if it cannot reach this person.
func (d destination) ref(r *rail, now int64) (wallet.Payee, bool) {
	if r.named != nil {
		p, ok := r.named[d.payee.Name]
		return p, ok
	}
	if slices.Contains(r.d.PayeeKinds, localUser) {
		return wallet.Payee{Kind: localUser, Ref: strconv.FormatInt(int64(d.payee.ID), 10)}, true
	}
	p, ok := d.payees[r.d.Name]
	kind, ref, _ := p.Now(now)
	return wallet.Payee{Kind: kind, Ref: ref}, ok && ref != ""
}

// localUser is the kind of payee that is one of our people, whom the rail knows by our id.
const localUser = "local-user"

// judge finds who gets the tip and whether this payer may give it.
func (t *Tips) judge(tx *store.Tx, v circles.Viewer, in Intent) (destination, error) {
	var to destination
	if !v.SignedIn() {
		return to, circles.Errorf(circles.Denied, "Sign in to tip.").With("refused.tip-sign-in", nil)
	}
	person := in.Payee
	if in.Post != 0 {
		p, err := tx.Post(in.Post)
		if err != nil {
			return to, err
		}
		if to, err = t.post(tx, v, p); err != nil {
			return to, err
		}
		person = p.Author
	}
	faces, err := tx.ActorCards([]circles.ActorID{person.Actor(), v.Person.Actor()}) // their texts and keys are not needed
	if err != nil {
		return to, err
	}
	payee, payer := faces[person.Actor()], faces[v.Person.Actor()]
	to.payee = payee
	switch {
	case payee == nil || payer == nil || payee.Kind != circles.KindPerson || payee.DeletedAt != 0 || payee.SuspendedAt != 0:
		return to, circles.Errorf(circles.NotFound, "There is nobody to tip.").With("refused.tip-nobody", nil)
	case payer.DeletedAt != 0 || payer.SuspendedAt != 0:
		return to, circles.Errorf(circles.Forbidden, "Your account is suspended.").With("refused.tip-suspended", nil)
	case payee.ID == v.Person.Actor():
		return to, breaks(ruleSelf, v, payee.ID, false, circles.Errorf(circles.Forbidden, "Nobody tips themselves.").With("refused.tip-oneself", nil))
	case !payee.Local():
		if err := t.afar(tx, &to); err != nil {
			return to, err
		}
	}
	blocked, refuses, err := ledger.Between(tx, v.Person, person)
	if err != nil {
		return to, err
	}
	if blocked { // by which of the two is nobody's business
		return to, breaks(ruleBlocked, v, payee.ID, false, circles.Errorf(circles.Forbidden, "You cannot tip this person.").With("refused.tip-blocked", nil))
	}
	if payer.Local() != payee.Local() { // a member can block a whole server
		member, far := v.Person, payee.ID
		if payee.Local() {
			member, far = person, payer.ID
		}
		blocked, err := tx.BlockedBy(member, []circles.ActorID{far})
		if err != nil {
			return to, err
		}
		if blocked[far] {
			return to, breaks(ruleBlocked, v, payee.ID, false, circles.Errorf(circles.Forbidden, "You cannot tip this person.").With("refused.tip-blocked", nil))
		}
	}
	if refuses {
		return to, breaks(ruleRefuses, v, payee.ID, false, circles.Errorf(circles.Forbidden, "This person does not take tips from you.").With("refused.tip-refuses", nil))
	}
	mine, theirs, err := ledger.PayeesOfBoth(tx, v.Person, person)
	if err != nil {
		return to, err
	}
	if payee.Local() {
		to.payees = theirs
	}
	for name, p := range to.payees { // two accounts of one owner are one payee
		if _, ref, _ := p.Now(tx.Now()); ref != "" {
			if _, own, _ := mine[name].Now(tx.Now()); own == ref {
				return to, breaks(ruleSelf, v, payee.ID, true, circles.Errorf(circles.Forbidden, "You are both paid to the same account; nobody tips themselves.").With("refused.tip-same-payee", nil))
			}
		}
	}
	return to, nil
}

// post asks whether the payer may see the post, and whether its circle takes tips.
func (t *Tips) post(tx *store.Tx, v circles.Viewer, p *circles.Post) (destination, error) {
	to := destination{post: p, policy: ledger.CirclePolicy{Policy: ledger.PolicyOn}}
	c, top, err := t.sees(tx, v, p)
	if err != nil {
		return to, err
	}
	to.where = c
	// Money for such pictures is what ruined the first Circles.
	if p.Sensitive || top.Sensitive || c != nil && c.Sensitive {
		return to, circles.Errorf(circles.Forbidden, "There are no tips for sensitive posts.").With("refused.tip-sensitive", nil)
	}
	if c == nil {
		return to, nil
	}
	if to.policy, err = ledger.PolicyOf(tx, p.Circle); err != nil {
		return to, err
	}
	switch to.policy.Policy {
	case ledger.PolicyLikesOnly:
		return to, circles.Errorf(circles.Forbidden, "In this circle people show that they like something, and do not tip.").With("refused.tip-likes-only", nil)
	case ledger.PolicyOff:
		return to, circles.Errorf(circles.Forbidden, "There are no tips in this circle.").With("refused.tip-off", nil)
	}
	return to, nil
}

// sees returns the circle of a post (nil = it is in none) and what its thread began with, to who may read it.
func (t *Tips) sees(tx *store.Tx, v circles.Viewer, p *circles.Post) (where *circles.Circle, top *circles.Post, err error) {
	gone := circles.Errorf(circles.NotFound, "There is no such post.").With("refused.tip-no-post", nil)
	if p.State != circles.Visible {
		return nil, nil, gone
	}
	top = p
	if p.Root != p.ID {
		if top, err = tx.Post(p.Root); err != nil {
			return nil, nil, err
		}
	}
	if p.Circle == 0 {
		if ok, err := seesLoose(tx, v, p, top); err != nil || !ok {
			return nil, nil, cmp.Or(err, error(gone))
		}
		return nil, top, nil
	}
	cards, err := tx.CircleCards([]circles.CircleID{p.Circle})
	if err != nil {
		return nil, nil, err
	}
	if where = cards[p.Circle]; where == nil {
		return nil, nil, gone
	}
	role, err := tx.Role(p.Circle, v.Person)
	if err != nil {
		return nil, nil, err
	}
	if !circles.MaySee(v, where.Audience(), role) || !circles.MaySeePost(v, role, p) {
		return nil, nil, gone
	}
	return where, top, nil
}

// seesLoose is whether the viewer may read a post in no circle. Its thread decides: what its author keeps out
// of lists is for who follows them.
func seesLoose(tx *store.Tx, v circles.Viewer, p, root *circles.Post) (bool, error) {
	follows := v.Person == root.Author || v.Person == p.Author
	if !root.Listed && !follows {
		f, err := tx.Following(v.Person.Actor(), root.Author.Actor())
		if err != nil {
			return false, err
		}
		follows = f != nil && f.State == circles.FollowActive
	}
	return circles.MaySeeLoose(v, root.Listed, follows), nil
}

// plan makes the rows of a tip and its first charge. The key and everything that goes to the rail
// with it are fixed here, before the rail hears of them.
func (t *Tips) plan(tx *store.Tx, v circles.Viewer, in Intent, to destination, r *rail, ref wallet.Payee) (*ledger.Tip, *ledger.Charge) {
	tip := &ledger.Tip{
		ID: tx.NewID(), Payer: v.Person, Payee: circles.PersonID(to.payee.ID), Post: in.Post,
		Asset: in.Amount.Asset, Amount: in.Amount.Minor, Adapter: r.d.Name, State: ledger.TipOpen, CreatedAt: tx.Now(),
		Once: in.Once, Note: in.Note,
	}
	// How many tipped a post elsewhere is its own instance's to say.
	tip.Hidden = !to.payee.Local()
	if to.where != nil {
		tip.Circle = to.where.CircleID()
	}
	tip.Binding = binding(tip)
	return tip, attempt(tx, tip, 1, ref, in.Locale)
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
		ExpiresAt: time.UnixMicro(c.ExpiresAt).UTC(), ReturnURL: fmt.Sprintf("%s/tips/%d?look=1", t.origin, tip.ID),
		NotifyURL: t.origin + "/wallet/" + c.Adapter + "/webhook", Locale: c.Locale,
	}
	if fromAbroad(tip) {
		in.ReturnURL = tip.Once // a page of the payer's own instance
	}
	copy(in.Binding[:], tip.Binding)
	return in
}

// create asks the rail for a charge that has none yet, and believes the answer. The error is the
// rail's refusal, for the payer; that nobody knows is no error, for the clock will ask. What it returns besides
// is how the tip stands, if this was the first that the rail said of it: nil has to be looked up.
func (t *Tips) create(ctx context.Context, r *rail, tip *ledger.Tip, c *ledger.Charge) (*ledger.Case, error) {
	var got wallet.Charge
	asked := ask(ctx, func(ctx context.Context) (err error) {
		got, err = r.CreateCharge(ctx, t.request(tip, c))
		return err
	})
	// What the rail did is kept even if the payer has gone meanwhile.
	ctx = context.WithoutCancel(ctx)
	switch {
	case asked == nil:
		return t.believe(ctx, answer{c.ID, got})
	case refused(asked), errors.Is(asked, wallet.ErrTemporary) && c.Tries == 0:
		// A rail that was out of reach has done nothing. The payer is told and may try again; asking
		// later behind their back could make them pay twice.
		t.log.Info("wallet refused a charge", "adapter", r.d.Name, "key", c.Key, "error", asked)
		if err := t.fail(ctx, c.ID, asked, true); err != nil {
			return nil, err
		}
		return nil, refusal(asked)
	}
	t.log.Warn("wallet did not answer; it will be asked again", "adapter", r.d.Name, "key", c.Key, "error", asked)
	return nil, t.later(ctx, c.ID, asked)
}

const unreachable = "refused.tip-unreachable"

// refusal is what a payer reads when a rail said no.
func refusal(err error) error {
	switch {
	case errors.Is(err, wallet.ErrTemporary):
		return &circles.Error{Kind: circles.Busy, Message: "The wallet cannot be reached. Nothing was paid; try again later.", Text: unreachable, Err: err}
	case errors.Is(err, wallet.ErrLimit):
		return &circles.Error{Kind: circles.Forbidden, Message: "There is not enough for this tip, or the wallet does not take that amount. Nothing was paid.", Text: "refused.tip-short", Err: err}
	}
	return &circles.Error{Kind: circles.Forbidden, Message: "The wallet refused this tip. Nothing was paid.", Text: "refused.tip-refused", Err: err}
}

// wrap says where an error comes from and leaves refusals as they are.
func wrap(what string, err error) error {
	var e *circles.Error
	if err == nil || errors.As(err, &e) {
		return err
	}
	return fmt.Errorf("%s: %w", what, err)
}
