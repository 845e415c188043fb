package api

import (
	"context"
	"strings"
	"time"

	"halqa/circles"
	"halqa/wallet"
)

// A till is a rail that has the money at once, and gives it back.
type till struct {
	charges map[string]*wallet.Charge // by id, which is the key
	refunds map[string]wallet.Refund
}

func newTill() *till {
	return &till{charges: map[string]*wallet.Charge{}, refunds: map[string]wallet.Refund{}}
}

func (t *till) Describe(context.Context) (wallet.Descriptor, error) {
	return wallet.Descriptor{Name: "till", Version: "1", Contract: wallet.Contract, Custody: wallet.CustodyNone, PayeeKinds: []string{"local-user"},
		Assets:       []wallet.Asset{{Code: "CNY", Exponent: 2, Min: 100, Max: 20000, Step: 1}},
		Capabilities: []string{wallet.CapRefund, wallet.CapProof}, TestMode: true, ConfigSchema: map[string]any{"type": "object"}}, nil
}

func (t *till) Health(context.Context) error { return nil }

func (t *till) CreateCharge(_ context.Context, in wallet.CreateCharge) (wallet.Charge, error) {
	c := &wallet.Charge{ID: in.Key, Key: in.Key, Revision: 1, State: wallet.Settled, Requested: in.Amount, Received: wallet.Units(in.Amount.Minor), ExpiresAt: in.ExpiresAt, RailRef: "slip 1"}
	t.charges[in.Key] = c
	return *c, nil
}

func (t *till) GetCharge(_ context.Context, id string) (wallet.Charge, error) {
	return *t.charges[id], nil
}

func (t *till) Refund(_ context.Context, in wallet.RefundRequest) (wallet.Refund, error) {
	c := t.charges[in.ChargeID]
	c.Refunded += wallet.Units(in.Amount.Minor)
	c.Revision++
	r := wallet.Refund{ID: in.Key, Key: in.Key, ChargeID: in.ChargeID, Revision: 1, State: wallet.Settled, Amount: in.Amount}
	t.refunds[r.ID] = r
	return r, nil
}

// VerifyProof believes one preimage.
func (t *till) VerifyProof(_ context.Context, q wallet.ProofQuery) (wallet.ProofResult, error) {
	return wallet.ProofResult{OK: q.Proof.Data["preimage"] == goodPreimage, Final: true}, nil
}

const goodPreimage = "0707070707070707070707070707070707070707070707070707070707070707"

func (t *till) GetRefund(_ context.Context, id string) (wallet.Refund, error) {
	return t.refunds[id], nil
}

// tips has an admin grant credits, and a member tip with them and over a wallet, undo one and be given back
// some of the other.
func (s *script) tips() {
	garden, ann, lin := s.garden.Circle.ID, id(s.ann.who.Person), id(s.lin.who.Person)
	grant := m{"person": lin, "amount": m{"minor": "100", "asset": "CRD"}, "reason": "A good harvest"}
	s.ann.ask("POST", "/admin/credits", grant).problem(422, "key-invalid")
	for _, key := range []string{"grant-1", "grant-1"} {
		s.ann.ask("POST", "/admin/credits", grant, "Idempotency-Key", key).is(204)
	}
	s.ann.ask("POST", "/admin/credits", m{"person": "999", "amount": grant["amount"], "reason": "x"}, "Idempotency-Key", "grant-2").problem(404, "not-found")
	s.lin.ask("POST", "/admin/credits", grant, "Idempotency-Key", "grant-3").problem(403, "forbidden")
	have := func(want string) {
		s.Helper()
		var c Credits
		s.lin.get("/me/credits", &c)
		if len(c.Items) != 1 || c.Items[0] != (Amount{want, "CRD"}) {
			s.Errorf("lin has %+v, want %s", c, want)
		}
	}
	have("100")

	var offer Offer
	s.lin.get(path("/posts/%s/tip", s.comment.ID), &offer)
	if offer.Person.ID != ann || len(offer.Ways) != 2 || offer.Ways[0].Have != "100" || offer.Ways[0].Undo != 600 || !offer.Ways[1].Refunds || offer.Ways[1].Exponent != 2 {
		s.Errorf("lin is offered %+v", offer)
	}
	s.lin.get(path("/people/%s/tip", ann), nil)
	s.lin.ask("GET", path("/people/%s/tip", lin), nil).problem(403, "forbidden")

	give := m{"post": s.comment.ID, "wallet": "credits", "amount": m{"minor": "30", "asset": "CRD"}, "note": "For April"}
	s.lin.ask("POST", "/tips", give).problem(422, "key-invalid")
	var tip, again Tip
	s.lin.ask("POST", "/tips", give, "Idempotency-Key", "tip-1").is(201).into(&tip)
	s.lin.ask("POST", "/tips", give, "Idempotency-Key", "tip-1").is(201).into(&again)
	if tip.ID != again.ID || tip.State != "held" || tip.UndoUntil == "" || tip.To.ID != ann || tip.From.ID != lin || tip.Amount.Minor != "30" || tip.Post != s.comment.ID {
		s.Errorf("lin gave %+v, and again %+v", tip, again)
	}
	have("70")
	// The answer is kept for a day, the tip for good.
	s.house.pass(25 * time.Hour)
	s.must(s.accounts.SweepTokens(s.ctx()))
	s.lin.ask("POST", "/tips", give, "Idempotency-Key", "tip-1").is(201).into(&again)
	if again.ID != tip.ID {
		s.Errorf("a day later the same key gives tip %s, want %s", again.ID, tip.ID)
	}
	have("70")
	s.lin.ask("POST", "/tips", give, "Idempotency-Key", "tip-2").is(201).into(&tip)
	s.eve.ask("POST", path("/tips/%s/undo", tip.ID), nil).problem(404, "not-found")
	s.lin.post(path("/tips/%s/undo", tip.ID), nil, nil)
	s.lin.get("/tips/"+string(tip.ID), &tip)
	if tip.State != "canceled" {
		s.Errorf("after undoing it is %+v", tip)
	}
	have("70")
	for name, wrong := range map[string]m{
		"a number":    {"person": ann, "wallet": "credits", "amount": m{"minor": 5, "asset": "CRD"}},
		"a point":     {"person": ann, "wallet": "credits", "amount": m{"minor": "5.0", "asset": "CRD"}},
		"too much":    {"person": ann, "wallet": "credits", "amount": m{"minor": "100000", "asset": "CRD"}},
		"no such one": {"person": ann, "wallet": "credits", "amount": m{"minor": "500", "asset": "XYZ"}},
	} {
		if r := s.lin.ask("POST", "/tips", wrong, "Idempotency-Key", strings.ReplaceAll(name, " ", "-")); r.status != 422 && r.status != 400 {
			s.Errorf("%s: %d %s", name, r.status, r.body)
		}
	}
	s.lin.ask("POST", "/tips", m{"person": ann, "wallet": "purse", "amount": m{"minor": "5", "asset": "CRD"}}, "Idempotency-Key", "purse").problem(404, "not-found")

	tip = Tip{}
	s.lin.ask("POST", "/tips", m{"person": ann, "wallet": "till", "amount": m{"minor": "500", "asset": "CNY"}}, "Idempotency-Key", "tip-3").is(201).into(&tip)
	if tip.State != "paid" || tip.Net != "500" || tip.Reference != "slip 1" {
		s.Errorf("over the till lin gave %+v", tip)
	}
	s.lin.post(path("/tips/%s/look", tip.ID), nil, nil)
	s.eve.ask("POST", path("/tips/%s/look", tip.ID), nil).problem(404, "not-found")
	s.lin.ask("POST", path("/tips/%s/prove", tip.ID), m{"preimage": strings.Repeat("08", 32)}).problem(422, "invalid")
	s.ann.ask("POST", path("/tips/%s/prove", tip.ID), m{"preimage": goodPreimage}).problem(404, "not-found")
	s.lin.post(path("/tips/%s/prove", tip.ID), m{"preimage": goodPreimage}, nil)
	s.lin.ask("POST", path("/tips/%s/refund", tip.ID), m{"minor": "200"}).problem(403, "forbidden")
	s.ann.ask("POST", path("/tips/%s/refund", tip.ID), m{"minor": "2.5"}).problem(422, "invalid")
	s.ann.ask("POST", path("/tips/%s/refund", tip.ID), m{"minor": "501"}).problem(422, "invalid")
	s.ann.post(path("/tips/%s/refund", tip.ID), m{"minor": "200", "reason": "Too kind"}, nil)
	s.house.pass(time.Hour)
	s.must(s.o.Tips.Sweep(s.ctx()))
	s.ann.get("/tips/"+string(tip.ID), &tip)
	if tip.Net != "300" || len(tip.Refunds) != 1 || tip.Refunds[0].Amount != (Amount{"200", "CNY"}) {
		s.Errorf("after a refund it is %+v", tip)
	}
	var all Page[Tip]
	s.lin.get("/tips", &all)
	if len(all.Items) != 3 || all.Items[0].ID != tip.ID {
		s.Errorf("lin's tips are %+v", all)
	}

	s.lin.put("/me/tip-wish", m{"takes": "none", "quiet": true, "no_month": true, "limits": []m{{"asset": "CNY", "minor": "1000"}}}, nil)
	var wish TipWish
	s.lin.get("/me/tip-wish", &wish)
	if wish.Takes != "none" || !wish.Quiet || !wish.NoMonth || len(wish.Limits) != 1 || wish.Limits[0].Minor != "1000" {
		s.Errorf("lin's wish is %+v", wish)
	}
	s.ann.ask("GET", path("/posts/%s/tip", s.post.ID), nil).problem(403, "forbidden")
	s.lin.put("/me/tip-wish", m{"takes": "all", "quiet": false}, nil)
	s.ann.put(path("/circles/%s/tips", garden), m{"policy": "on", "bounds": []m{{"asset": "CRD", "low": "2", "high": "9"}}}, nil)
	var wants CircleTips
	s.ann.get(path("/circles/%s/tips", garden), &wants)
	if wants.Policy != "on" || len(wants.Bounds) != 1 || wants.Bounds[0] != (TipBounds{"CRD", "2", "", "9"}) {
		s.Errorf("the garden wants %+v", wants)
	}
	s.lin.ask("PUT", path("/circles/%s/tips", garden), m{"policy": "off"}).problem(403, "forbidden")
	s.gifts(garden)
	s.packets(garden)
	s.ann.put(path("/circles/%s/tips", garden), m{"policy": "likes-only"}, nil)
	s.lin.ask("GET", path("/posts/%s/tip", s.comment.ID), nil).problem(403, "forbidden")

	var w Wallets
	s.ann.get("/admin/wallets", &w)
	if len(w.Wallets) != 2 || len(w.Grants) != 1 || w.Grants[0].To.ID != lin || w.Bookings == 0 || len(w.Rules) == 0 {
		s.Fatalf("the wallets are %+v", w)
	}
	s.lin.ask("GET", "/admin/wallets", nil).problem(403, "forbidden")
	s.ann.put(path("/admin/wallets/review/%s/seen", w.Rules[0].ID), nil, nil)
	s.house.pass(10 * 24 * time.Hour) // into December
	s.must(s.o.Tips.Sweep(s.ctx()))
	s.must(s.o.Tips.SweepMonths(s.ctx()))
	var told Page[NotificationGroup]
	s.lin.get("/notifications", &told)
	if g := givenOf(told); g == nil || g.Month != "2026-11" || g.People != 1 || len(g.Sums) != 2 || g.Sums[0] != (Amount{"300", "CNY"}) {
		s.Errorf("lin was told of November: %+v in %+v", g, told)
	}
	s.eve.get("/notifications", &told)
	if g := givenOf(told); g != nil {
		s.Errorf("eve was told of November: %+v", g)
	}
	mallory := s.person("lin", circles.SiteMember, "read", "write")
	mallory.ask("POST", "/tips", give, "Idempotency-Key", "tip-9").problem(403, "scope-missing")
}

// givenOf is what somebody was told of a month; nil = nothing.
func givenOf(p Page[NotificationGroup]) *MonthGiven {
	for _, g := range p.Items {
		for _, n := range g.Shown {
			if n.Given != nil {
				return n.Given
			}
		}
	}
	return nil
}

// gifts has lin give ann one whose note is shown, reported by eve and taken away.
func (s *script) gifts(garden ID) {
	give := m{"post": s.comment.ID, "wallet": "credits", "amount": m{"minor": "3", "asset": "CRD"}, "note": "For April", "gift": "tea"}
	s.lin.ask("POST", "/tips", give, "Idempotency-Key", "gift-1").problem(403, "forbidden")
	s.ann.put(path("/circles/%s/tips", garden), m{"policy": "on", "gifts": true, "packets": true}, nil)
	var wants CircleTips
	s.ann.get(path("/circles/%s/tips", garden), &wants)
	var offer Offer
	s.lin.get(path("/posts/%s/tip", s.comment.ID), &offer)
	if !wants.Gifts || !wants.Packets || !offer.Gifts {
		s.Errorf("the garden wants %+v, lin is offered %+v", wants, offer)
	}
	var tip Tip
	s.lin.ask("POST", "/tips", give, "Idempotency-Key", "gift-2").is(201).into(&tip)
	if tip.Gift != "tea" || tip.Shown {
		s.Errorf("lin gave %+v", tip)
	}
	s.house.pass(time.Hour)
	s.must(s.o.Tips.Sweep(s.ctx()))
	s.ann.post(path("/tips/%s/show", tip.ID), m{"shown": true}, nil)
	var shown Gifts
	s.eve.get(path("/posts/%s/gifts", s.comment.ID), &shown)
	if len(shown.Items) != 1 || shown.Items[0] != (Gift{tip.ID, "tea", "For April", s.comment.ID}) {
		s.Errorf("shown: %+v", shown)
	}
	s.eve.post(path("/gifts/%s/report", tip.ID), m{"text": "It is May"}, nil)
	s.eve.ask("GET", path("/circles/%s/gifts", garden), nil).problem(403, "forbidden")
	var waiting GiftCases
	s.ann.get(path("/circles/%s/gifts", garden), &waiting)
	if len(waiting.Items) != 1 || waiting.Items[0].Report != "It is May" || waiting.Items[0].From.ID != id(s.lin.who.Person) || !waiting.Items[0].Shown {
		s.Errorf("waiting: %+v", waiting)
	}
	s.ann.post(path("/gifts/%s/decision", tip.ID), m{"take": true, "reason": "It is May"}, nil)
	var after Tip
	s.lin.get("/tips/"+string(tip.ID), &after)
	if tip = after; tip.Note != "" || tip.State != "paid" || !tip.Shown {
		s.Errorf("the gift is %+v", tip)
	}
}

// packets has lin lay down two: one is taken from, one taken back.
func (s *script) packets(garden ID) {
	lay := m{"circle": garden, "amount": m{"minor": "9", "asset": "CRD"}, "shares": 3}
	s.lin.ask("POST", "/packets", lay).problem(422, "key-invalid")
	var p, again Packet
	s.lin.ask("POST", "/packets", lay, "Idempotency-Key", "packet-1").is(201).into(&p)
	s.lin.ask("POST", "/packets", lay, "Idempotency-Key", "packet-1").is(201).into(&again)
	if p.ID != again.ID || p.Split != "equal" || p.Shares != 3 || p.Amount.Minor != "9" || p.May || p.Over {
		s.Errorf("lin laid down %+v, and again %+v", p, again)
	}
	s.lin.ask("POST", "/packets", lay, "Idempotency-Key", "packet-2").problem(409, "conflict")
	s.lin.ask("POST", path("/packets/%s/take", p.ID), nil).problem(403, "forbidden")
	s.lin.ask("POST", "/packets", m{"post": "999", "amount": lay["amount"], "shares": 3}, "Idempotency-Key", "packet-5").problem(404, "not-found")
	// Nothing can be asked for a share.
	if r := s.lin.ask("POST", "/packets", m{"circle": garden, "amount": lay["amount"], "shares": 3, "must_like": s.post.ID}, "Idempotency-Key", "packet-3"); r.status/100 != 4 {
		s.Errorf("a condition: %d %s", r.status, r.body)
	}
	for range 2 {
		s.ann.post(path("/packets/%s/take", p.ID), nil, nil)
	}
	var seen Packet
	s.ann.get(path("/packets/%s", p.ID), &seen)
	if seen.Taken != 1 || seen.Mine != "3" || len(seen.Takers) != 1 || seen.Takers[0].Minor != "3" || seen.From.ID != id(s.lin.who.Person) {
		s.Errorf("ann took from %+v", seen)
	}
	var in, mine Packets
	s.ann.get(path("/circles/%s/packets", garden), &in)
	s.ann.get("/packets", &mine)
	if len(in.Items) != 1 || len(mine.Items) != 1 || in.Items[0].Taken != 1 {
		s.Errorf("in the garden lie %+v, ann's are %+v", in, mine)
	}
	s.lin.ask("POST", path("/packets/%s/return", p.ID), nil).problem(403, "forbidden")
	s.house.pass(25 * time.Hour)
	s.must(s.o.Tips.SweepPackets(s.ctx()))
	s.ann.ask("POST", path("/packets/%s/take", p.ID), nil).is(204) // taken already
	s.lin.ask("POST", "/packets", lay, "Idempotency-Key", "packet-4").is(201).into(&again)
	s.lin.post(path("/packets/%s/return", again.ID), nil, nil)
	var back Packet
	s.lin.get(path("/packets/%s", again.ID), &back)
	if !back.Over || back.Back != "9" {
		s.Errorf("taken back: %+v", back)
	}
}
