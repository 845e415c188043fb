package web

import (
	"crypto/rand"
	"net/http"
	"strings"

	"halqa/circles"
	"halqa/internal/tips"
	"halqa/wallet"
)

// tipRoutes lays out the addresses of tipping, if there is anything to tip with.
func (s *Server) tipRoutes() {
	if s.tips == nil {
		return
	}
	s.giftRoutes()
	s.packetRoutes()
	e := s.echo
	form := func(path string, show, act func(*visit) error) {
		e.GET(path, s.visit(s.members(show)))
		e.POST(path, s.visit(s.members(act)))
	}
	form("/post/:id/tip", s.tipForm((*visit).tippedPost), s.giveTip((*visit).tippedPost))
	form("/u/:name/tip", s.tipForm((*visit).tippedPerson), s.giveTip((*visit).tippedPerson))
	e.GET("/tips", s.visit(s.members(s.tipHistory)))
	e.GET("/tips.csv", s.visit(s.members(s.tipCSV)))
	e.GET("/tips/:id", s.visit(s.members(s.tipPage)))
	e.POST("/tips/:id/look", s.visit(s.members(s.lookAtTip)))
	e.POST("/tips/:id/prove", s.visit(s.members(s.proveTip)))
	e.POST("/tips/:id/undo", s.visit(s.members(s.undoTip)))
	e.POST("/tips/:id/refund", s.visit(s.members(s.refundTip)))
	form("/settings/tips", s.tipSettings, s.saveTipSettings)
	form("/c/:name/tips", s.circleTips, s.saveCircleTips)
	form("/admin/wallets", s.admins(s.wallets), s.admins(s.actOnWallets))
	e.POST("/wallet/:adapter/webhook", s.walletWebhook)
	e.GET("/.well-known/lnurlp/:name", s.addressOffer)
	e.GET("/.well-known/lnurlp/:name/callback", s.addressBill)
	e.GET("/.well-known/lnurlp/:name/verify/:id", s.addressPaid)
}

// A tipped is what the address of a tip names.
type tipped struct {
	post   circles.PostID
	person circles.PersonID
	action string // of the form
	back   string
}

func (v *visit) tippedPost() (tipped, error) {
	id, err := v.postID()
	return tipped{post: id, action: "/post/" + id.String() + "/tip", back: "/comment/" + id.String()}, err
}

func (v *visit) tippedPerson() (tipped, error) {
	p, err := v.readPerson()
	if err != nil {
		return tipped{}, err
	}
	return tipped{person: circles.PersonID(p.ID), action: p.Path() + "/tip", back: p.Path()}, nil
}

// tipForm is the page with the amount: GET /post/{id}/tip, /u/{name}/tip.
func (s *Server) tipForm(of func(*visit) (tipped, error)) func(*visit) error {
	return func(v *visit) error {
		on, err := of(v)
		if err != nil {
			return err
		}
		offer, err := s.tips.Offer(v.Request().Context(), v.who, on.post, on.person)
		if err != nil {
			return err
		}
		return v.show(http.StatusOK, "tip", v.tipView(on, offer, TipView{}))
	}
}

// tipView fills in what the form says of an offer.
func (v *visit) tipView(on tipped, o *tips.Offer, view TipView) TipView {
	payee := v.s.person(o.Payee)
	view.Page = v.page(v.l.T("tip.title", "Name", payee.Label()))
	view.NoIndex = true
	view.Action, view.Payee, view.Back, view.NoteMax = on.action, payee, on.back, tips.MaxNote
	if o.Post != nil {
		view.On = Link{Label: o.Post.Title, Href: placeOf(o.Post.Root, o.Post.ID)}
		if view.On.Label == "" {
			view.On.Label = v.l.T("tip.comment")
		}
	}
	if o.Gifts {
		view.Gifts, view.GiftLabel = v.giftOptions(view.Gift), v.giftLabel(view.Gift)
	}
	chosen := view.Way.Value
	for i, w := range o.Ways {
		row := v.tipWay(w)
		row.Selected = row.Value == chosen || chosen == "" && i == 0
		if row.Selected && view.Amount == "" {
			view.Amount = row.Usual
		}
		view.Ways = append(view.Ways, row)
	}
	return view
}

func (v *visit) tipWay(w tips.Way) TipWay {
	say := func(minor int64) string { return tips.Plain(minor, w.Exponent) }
	row := TipWay{Value: w.Adapter + ":" + w.Asset, Usual: say(w.Usual), Undo: int(w.Undo.Minutes()), Refunds: w.Refunds, Reversible: w.Reversible, Test: w.TestMode,
		Range: v.l.T("tip.range", "Min", say(w.Min), "Max", say(w.Max), "Asset", v.assetName(w.Asset, w.Credits))}
	row.Label = w.Adapter + " · " + w.Asset
	if w.Asset == "BTC" {
		row.Label = v.l.T("tip.lightning") + " · " + w.Adapter
	}
	if w.Host != "" {
		row.Label, row.Host = v.l.T("tip.far-way", "Wallet", w.Wallet, "Host", w.Host, "Asset", w.Asset), w.Host
	}
	if w.Credits {
		row.Label = v.l.T("tip.credits")
		row.Have = say(w.Have)
	}
	return row
}

func (v *visit) assetName(code string, credits bool) string {
	if credits {
		return v.l.T("tip.credits")
	}
	return code
}

// sum says an amount.
func (v *visit) sum(minor int64, asset string) string {
	if asset == v.s.credits() {
		return v.l.T("tip.sum-credits", "Count", int(minor))
	}
	return v.s.tips.Decimal(minor, asset)
}

// credits is the code of the instance's own; "" = there are none.
func (s *Server) credits() string {
	for _, d := range s.tips.Rails() {
		if d.Custody == wallet.CustodyClosedLoop && len(d.Assets) > 0 {
			return d.Assets[0].Code
		}
	}
	return ""
}

// giveTip says what will happen, and with do=give lets it: POST.
func (s *Server) giveTip(of func(*visit) (tipped, error)) func(*visit) error {
	return func(v *visit) error {
		ctx := v.Request().Context()
		on, err := of(v)
		if err != nil {
			return err
		}
		f, err := v.form()
		if err != nil {
			return err
		}
		adapter, asset, _ := strings.Cut(f.Get("way"), ":")
		view := TipView{Amount: strings.TrimSpace(f.Get("amount")), Note: strings.TrimSpace(f.Get("note")), Once: f.Get("once"), Gift: f.Get("gift"), Way: TipWay{Value: f.Get("way")}}
		in := tips.Intent{Post: on.post, Payee: on.person, Adapter: adapter, Note: view.Note, Gift: view.Gift, Once: view.Once, Locale: v.l.Tag()}
		exponent, err := v.exponent(on, adapter, asset)
		if err != nil {
			return err
		}
		if in.Amount, err = wallet.ParseDecimal(view.Amount, asset, exponent); err != nil {
			err = circles.FieldErrorf(circles.Invalid, "amount", "Write the amount as a number, such as 5.").With("refused.tip-amount", nil)
		}
		var offer *tips.Offer
		if err == nil && f.Get("do") == "give" && view.Once != "" {
			var tip *tips.Tip
			if tip, err = s.tips.Start(ctx, v.who, in); err == nil {
				return v.onward("/tips/"+idOf(tip.ID), "")
			}
		} else if err == nil && f.Get("do") != "back" {
			if offer, err = s.tips.Check(ctx, v.who, in); err == nil {
				view = v.tipView(on, offer, view)
				w, _ := offer.Way(adapter, asset)
				view.Confirm, view.Way, view.Sum, view.Once = true, v.tipWay(w), v.sumOver(w, in.Amount.Minor), rand.Text()
				if w.Credits {
					view.Left = v.sum(w.Have-in.Amount.Minor, asset)
				}
				return v.show(http.StatusOK, "tip", view)
			}
		}
		offer, again := s.tips.Offer(ctx, v.who, on.post, on.person)
		if again != nil {
			return again
		}
		view = v.tipView(on, offer, view)
		if err == nil { // the way back from the confirm page
			return v.show(http.StatusOK, "tip", view)
		}
		status, err := v.refused(&view.Form, err, nil)
		if err != nil {
			return err
		}
		return v.show(status, "tip", view)
	}
}
