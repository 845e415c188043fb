package tips

import (
	"context"
	"errors"
	"strings"

	"halqa/circles"
	"halqa/internal/store"
	"halqa/internal/store/ledger"
	"halqa/wallet"
)

// Policies are what a circle can choose from.
func Policies() []ledger.Policy {
	return []ledger.Policy{ledger.PolicyOn, ledger.PolicyLikesOnly, ledger.PolicyOff}
}

// Policy returns what a circle wants. Sensitive circles have no tips whatever they chose.
func (t *Tips) Policy(ctx context.Context, circle circles.CircleID) (p CirclePolicy, err error) {
	err = t.store.View(ctx, func(tx *store.Tx) (err error) {
		p, err = ledger.PolicyOf(tx, circle)
		return err
	})
	return p, wrap("tip policy", err)
}

// SetPolicy stores what a circle of this instance wants, by who operates it. Its amounts narrow the
// instance's, and never widen them.
func (t *Tips) SetPolicy(ctx context.Context, v circles.Viewer, p CirclePolicy) error {
	switch p.Policy {
	case ledger.PolicyOn, ledger.PolicyLikesOnly, ledger.PolicyOff:
	default:
		return circles.FieldErrorf(circles.Invalid, "tips", "A circle takes tips, likes only, or says nothing of tips.").With("refused.tip-policy", nil)
	}
	for _, b := range p.Bounds {
		if b.Low < 0 || b.Usual < 0 || b.High < 0 || b.High > 0 && (b.Low > b.High || b.Usual > b.High) || b.Usual > 0 && b.Usual < b.Low {
			return circles.FieldErrorf(circles.Invalid, "tips-"+b.Asset, "The least, the usual and the most of a tip must rise.").With("refused.tip-bounds", nil)
		}
		if !t.known(b.Asset) {
			return circles.FieldErrorf(circles.Invalid, "tips-"+b.Asset, "No wallet here moves %s.", b.Asset).With("refused.tip-no-asset", map[string]any{"Asset": b.Asset})
		}
	}
	return wrap("tip policy", t.store.Update(ctx, func(tx *store.Tx) error {
		c, err := tx.Circle(p.Circle)
		if err != nil {
			return err
		}
		role, err := tx.Role(p.Circle, v.Person)
		if err != nil {
			return err
		}
		if !v.SignedIn() || !c.Local() || !role.Operates() && v.Role != circles.SiteAdmin {
			return circles.Errorf(circles.Forbidden, "Only the operators of this circle can do that; ask one of them.").With("refused.not-an-operator", nil)
		}
		had, err := ledger.PolicyOf(tx, p.Circle)
		if err != nil {
			return err
		}
		p.By, p.At = v.Person, tx.Now()
		if err := ledger.SavePolicy(tx, p); err != nil {
			return err
		}
		if had.Policy != p.Policy && c.Visibility.Federated() {
			if err := sayActor(tx, c.ID); err != nil {
				return err
			}
		}
		return ledger.AddAudit(tx, ledger.Audit{Rule: rulePolicy, Actor: v.Person.Actor(), Other: p.Circle.Actor(), Detail: said(p)})
	}))
}

// said is a policy in a word or three, for the audit.
func said(p CirclePolicy) string {
	s := string(p.Policy)
	if p.Gifts {
		s += " gifts"
	}
	if p.Packets {
		s += " packets"
	}
	return s
}

// known reports whether any wallet moves an asset.
func (t *Tips) known(code string) bool {
	for _, r := range t.all() {
		if _, ok := r.d.Asset(code); ok {
			return true
		}
	}
	return false
}

// Assets returns every asset that can be tipped, each once, in the order of the wallets.
func (t *Tips) Assets() []wallet.Asset {
	var all []wallet.Asset
	seen := map[string]bool{}
	for _, r := range t.all() {
		for _, a := range r.d.Assets {
			if !seen[a.Code] {
				seen[a.Code] = true
				all = append(all, a)
			}
		}
	}
	return all
}

// Enabled reports whether there is anything to tip with.
func (t *Tips) Enabled() bool { return len(t.all()) > 0 }

// A Choice is what a member wants of tips.
type Choice struct {
	ledger.Wish
	Limits []ledger.Limit // by asset; an asset that is not among them has none
	Payees []PayeeChoice  // one for each wallet that pays people elsewhere
}

// A PayeeChoice is where a member is paid over one wallet.
type PayeeChoice struct {
	Adapter string
	Kinds   []string
	Typed   string // "" = nowhere
	Next    string // what it will be from NextAt on
	NextAt  int64  // UTC microseconds; 0 = nothing changes
}

// Choice returns what the viewer wants.
func (t *Tips) Choice(ctx context.Context, v circles.Viewer) (c Choice, err error) {
	if !v.SignedIn() {
		return c, circles.Errorf(circles.Denied, "Sign in to see your tips.").With("refused.tip-sign-in", nil)
	}
	err = t.store.View(ctx, func(tx *store.Tx) error {
		var err error
		if c.Wish, err = ledger.WishOf(tx, v.Person); err != nil {
			return err
		}
		if c.Limits, err = ledger.LimitsOf(tx, v.Person); err != nil {
			return err
		}
		payees, err := ledger.PayeesOf(tx, v.Person)
		if err != nil {
			return err
		}
		for _, r := range t.all() {
			if !r.d.Can(wallet.CapPayeeCheck) || r.named != nil {
				continue
			}
			p := PayeeChoice{Adapter: r.d.Name, Kinds: r.d.PayeeKinds}
			if mine, ok := payees[r.d.Name]; ok {
				_, _, p.Typed = mine.Now(tx.Now())
				if mine.NextAt > tx.Now() {
					p.Next, p.NextAt = mine.Next.Typed, mine.NextAt
				}
			}
			c.Payees = append(c.Payees, p)
		}
		return nil
	})
	return c, wrap("tip settings", err)
}

// A LimitWish is how much of an asset a member allows themselves to give in 24 hours, in minor units;
// -1 = anything.
type LimitWish struct {
	Asset string
	Minor int64
}

// SetWish stores who may tip the viewer, and whether they are offered to tip; with it, and only together,
// what SetLimits would.
func (t *Tips) SetWish(ctx context.Context, v circles.Viewer, w ledger.Wish, limits ...LimitWish) error {
	switch {
	case !v.SignedIn():
		return circles.Errorf(circles.Denied, "Sign in to see your tips.").With("refused.tip-sign-in", nil)
	case w.Takes != ledger.TakesAll && w.Takes != ledger.TakesFollowed && w.Takes != ledger.TakesNone:
		return circles.FieldErrorf(circles.Invalid, "takes", "Choose who may tip you.").With("refused.tip-takes", nil)
	}
	if err := t.takeLimits(limits); err != nil {
		return err
	}
	return wrap("tip settings", t.store.Update(ctx, func(tx *store.Tx) error {
		had, err := ledger.WishOf(tx, v.Person)
		if err != nil {
			return err
		}
		if err := ledger.SaveWish(tx, v.Person, w); err != nil {
			return err
		}
		if shows(had) != shows(w) { // their document has other links now
			a, err := tx.Actor(v.Person.Actor())
			if err != nil {
				return err
			}
			a.UpdatedAt = tx.Now()
			if err := tx.SaveActor(a); err != nil {
				return err
			}
			if err := sayActor(tx, a.ID); err != nil {
				return err
			}
		}
		return t.saveLimits(tx, v.Person, limits)
	}))
}

// shows reports whether other servers are told that somebody takes tips.
func shows(w ledger.Wish) bool { return w.Abroad && w.Takes != ledger.TakesNone }

// sayActor tells those who follow somebody, or a circle, that their document changed.
func sayActor(tx *store.Tx, id circles.ActorID) error {
	_, err := tx.AppendEvent(circles.Event{Kind: circles.ActorUpdated, Stream: id, Signer: id, OrderKey: int64(id), Object: int64(id)})
	return err
}

// SetLimits sets what the viewer allows themselves, all of it or nothing; an asset that is not named stays
// as it is. A lower limit holds at once, a higher one after Rules.LimitWait: nobody raises it in the moment
// they are held back by it.
func (t *Tips) SetLimits(ctx context.Context, v circles.Viewer, limits ...LimitWish) error {
	if !v.SignedIn() {
		return circles.Errorf(circles.Denied, "Sign in to see your tips.").With("refused.tip-sign-in", nil)
	}
	if err := t.takeLimits(limits); err != nil {
		return err
	}
	return wrap("tip limit", t.store.Update(ctx, func(tx *store.Tx) error { return t.saveLimits(tx, v.Person, limits) }))
}

// takeLimits refuses limits that cannot be.
func (t *Tips) takeLimits(limits []LimitWish) error {
	for _, l := range limits {
		switch {
		case !t.known(l.Asset):
			return circles.FieldErrorf(circles.Invalid, "limit-"+l.Asset, "No wallet here moves %s.", l.Asset).With("refused.tip-no-asset", map[string]any{"Asset": l.Asset})
		case l.Minor < -1:
			return circles.FieldErrorf(circles.Invalid, "limit-"+l.Asset, "That is not an amount.").With("refused.tip-amount", nil)
		}
	}
	return nil
}

func (t *Tips) saveLimits(tx *store.Tx, person circles.PersonID, limits []LimitWish) error {
	for _, wish := range limits {
		all, err := ledger.LimitsOf(tx, person)
		if err != nil {
			return err
		}
		l := ledger.Limit{Asset: wish.Asset, Amount: -1}
		for _, have := range all {
			if have.Asset == wish.Asset {
				l.Amount = have.At(tx.Now())
			}
		}
		if wish.Minor == l.Amount || l.Amount < 0 || wish.Minor >= 0 && wish.Minor < l.Amount {
			l = ledger.Limit{Asset: wish.Asset, Amount: wish.Minor}
		} else {
			l.Later, l.LaterAt = wish.Minor, tx.Now()+t.rules.LimitWait.Microseconds()
		}
		if err := ledger.SaveLimit(tx, person, l); err != nil {
			return err
		}
	}
	return nil
}

// maxTyped bounds what somebody types as their account with a wallet.
const maxTyped = 300

// SetPayee says where the viewer is paid over a wallet; input "" = nowhere. The caller has just made
// them prove who they are. The first one holds at once; a changed one waits for Rules.PayeeWait, also
// where the one before was taken away first, and the member is told, so that who stole a session cannot quietly have tips sent elsewhere. Charges that
// are open keep the payee they were made with.
func (t *Tips) SetPayee(ctx context.Context, v circles.Viewer, adapter, kind, input string) error {
	r := t.rail(adapter)
	checker, ok := able[wallet.PayeeChecker](r, wallet.CapPayeeCheck)
	if !v.SignedIn() || !ok || r.named != nil {
		return circles.Errorf(circles.NotFound, "There is no such wallet here.").With("refused.tip-no-wallet", nil)
	}
	input = strings.TrimSpace(input)
	if len(input) > maxTyped || input != clip(input, maxTyped) {
		return circles.FieldErrorf(circles.Invalid, "payee", "That is no account with this wallet.").With("refused.tip-payee", nil)
	}
	var found wallet.Payee
	if input != "" {
		if kind == "" && len(r.d.PayeeKinds) > 0 {
			kind = r.d.PayeeKinds[0]
		}
		err := ask(ctx, func(ctx context.Context) (err error) {
			found, err = checker.CheckPayee(ctx, kind, input)
			return err
		})
		switch {
		case errors.Is(err, wallet.ErrInvalid), err == nil && (found.Ref == "" || len(found.Ref) > wallet.MaxURL || len(found.Kind) > 64):
			return &circles.Error{Kind: circles.Invalid, Field: "payee", Message: "That is no account with this wallet.", Text: "refused.tip-payee", Err: err}
		case err != nil:
			return &circles.Error{Kind: circles.Busy, Field: "payee", Message: "The wallet cannot be reached; try again later. Nothing was changed.", Text: "refused.tip-payee-later", Err: err}
		}
	}
	return wrap("payee", t.store.Update(ctx, func(tx *store.Tx) error {
		all, err := ledger.PayeesOf(tx, v.Person)
		if err != nil {
			return err
		}
		now, had := all[adapter]
		p := ledger.Payee{Person: v.Person, Adapter: adapter, At: tx.Now()}
		p.Kind, p.Ref, p.Typed = now.Now(tx.Now())
		switch {
		case input == "" && (!had || p.Ref == "" && now.NextAt == 0):
			return nil
		case input == "": // a row stays behind, or taking the old one away would spare the new one the wait
			p.Kind, p.Ref, p.Typed = "", "", ""
		case !had || p.Ref == "" && now.NextAt == 0 && now.At+t.rules.PayeeWait.Microseconds() <= tx.Now():
			p.Kind, p.Ref, p.Typed = found.Kind, found.Ref, input
		case p.Ref == found.Ref && p.Kind == found.Kind: // as it was; what was to come does not
		default:
			p.Next.Kind, p.Next.Ref, p.Next.Typed = found.Kind, found.Ref, input
			p.NextAt = tx.Now() + t.rules.PayeeWait.Microseconds()
		}
		if err := ledger.SavePayee(tx, p); err != nil {
			return err
		}
		if err := tx.NotifyOfTip(v.Person, store.ToldPayee, tx.NewID(), 0, v.Person.Actor()); err != nil {
			return err
		}
		return ledger.AddAudit(tx, ledger.Audit{Rule: ruleSwap, Actor: v.Person.Actor(), Detail: adapter})
	}))
}
