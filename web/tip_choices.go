package web

import (
	"net/http"
	"net/url"
	"strings"

	"halqa/circles"
	"halqa/internal/tips"
	"halqa/wallet"
)

// tipSettings is /settings/tips: who may tip the member, what they allow themselves, where they are paid.
func (s *Server) tipSettings(v *visit) error { return v.showTipSettings(http.StatusOK, nil, nil) }

func (v *visit) showTipSettings(status int, form *Form, typed url.Values) error {
	c, err := v.s.tips.Choice(v.Request().Context(), v.who)
	if err != nil {
		return err
	}
	base := v.settingsView("tips")
	view := TipSettingsView{Page: base.Page, Tabs: base.Tabs, Quiet: c.Quiet, Abroad: c.Abroad, NoMonth: c.NoMonth, MayAbroad: v.s.tips.Connected()}
	if view.Address, view.Served, err = v.s.tips.AddressOf(v.Request().Context(), v.who); err != nil {
		return err
	}
	if form != nil {
		view.Form = *form
	}
	for _, o := range []struct {
		takes tips.Takes
		words string
	}{{tips.TakesAll, v.l.T("tips.takes-all")}, {tips.TakesFollowed, v.l.T("tips.takes-followed")}, {tips.TakesNone, v.l.T("tips.takes-none")}} {
		view.Takes = append(view.Takes, Option{Value: string(o.takes), Label: o.words, Selected: o.takes == c.Takes})
	}
	now := v.s.options.Now().UnixMicro()
	for _, a := range v.s.tips.Assets() {
		row := TipLimit{Asset: a.Code}
		for _, l := range c.Limits {
			if l.Asset != a.Code {
				continue
			}
			say := func(minor int64) string {
				if minor < 0 {
					return ""
				}
				return tips.Plain(minor, a.Exponent)
			}
			row.Value = say(l.At(now))
			if l.LaterAt > now {
				if row.Later, row.At = say(l.Later), at(l.LaterAt); row.Later == "" {
					row.Later = v.l.T("tips.no-limit")
				}
			}
		}
		if typed != nil && typed.Has("limit-"+a.Code) {
			row.Value = typed.Get("limit-" + a.Code)
		}
		view.Limits = append(view.Limits, row)
	}
	for _, p := range c.Payees {
		row := TipPayee{Adapter: p.Adapter, Typed: p.Typed, Next: p.Next, At: at(p.NextAt)}
		row.Problem, row.NoPassword = view.Form.Problem("payee-in-"+p.Adapter), view.Form.Problem("password-"+p.Adapter)
		if typed != nil && typed.Get("adapter") == p.Adapter {
			row.Typed = typed.Get("payee")
		}
		for _, k := range p.Kinds {
			row.Kinds = append(row.Kinds, Option{Value: k, Label: k, Selected: typed != nil && typed.Get("kind") == k})
		}
		view.Payees = append(view.Payees, row)
	}
	return v.show(status, "tip-settings", view)
}

// saveTipSettings saves one of the page's forms, which do names: POST /settings/tips.
func (s *Server) saveTipSettings(v *visit) error {
	ctx := v.Request().Context()
	f, err := v.form()
	if err != nil {
		return err
	}
	switch f.Get("do") {
	case "limits":
		err = v.saveLimits(f)
	case "payee":
		// Whoever sits at somebody else's open session does not turn their tips to themselves.
		if err = s.accounts.Confirm(ctx, v.who, f.Get("password"), v.client()); err == nil {
			err = s.tips.SetPayee(ctx, v.who, f.Get("adapter"), f.Get("kind"), f.Get("payee"))
		}
	default:
		if err = s.tips.SetWish(ctx, v.who, tips.Wish{Takes: tips.Takes(f.Get("takes")), Quiet: checked(f, "quiet"), Abroad: checked(f, "abroad"), NoMonth: checked(f, "no-month")}); err == nil && f.Has("may-address") {
			err = s.tips.SetAddress(ctx, v.who, checked(f, "address"))
		}
	}
	if err == nil {
		return v.onward("/settings/tips", "flash.saved")
	}
	var form Form
	// A form a wallet: the fields of each have its name.
	status, err := v.refused(&form, err, map[string]string{"payee": "payee-in-" + f.Get("adapter"), "password": "password-" + f.Get("adapter")})
	if err != nil {
		return err
	}
	return v.showTipSettings(status, &form, f)
}

func (v *visit) saveLimits(f url.Values) error {
	var wishes []tips.LimitWish
	for _, a := range v.s.tips.Assets() {
		field := "limit-" + a.Code
		if !f.Has(field) {
			continue
		}
		minor := int64(-1)
		if typed := strings.TrimSpace(f.Get(field)); typed != "" {
			m, err := parseAmount(typed, a, field)
			if err != nil {
				return err
			}
			minor = m
		}
		wishes = append(wishes, tips.LimitWish{Asset: a.Code, Minor: minor})
	}
	return v.s.tips.SetLimits(v.Request().Context(), v.who, wishes...)
}

func parseAmount(typed string, a wallet.Asset, field string) (int64, error) {
	m, err := wallet.ParseDecimal(typed, a.Code, a.Exponent)
	if err != nil {
		return 0, circles.FieldErrorf(circles.Invalid, field, "Write the amount as a number, such as 5.").With("refused.tip-amount", nil)
	}
	return m.Minor, nil
}

// circleTips is /c/{name}/tips: whether a circle takes tips, and how much.
func (s *Server) circleTips(v *visit) error { return v.showCircleTips(http.StatusOK, nil, nil) }

func (v *visit) showCircleTips(status int, form *Form, typed url.Values) error {
	page, err := v.editable()
	if err != nil {
		return err
	}
	p, err := v.s.tips.Policy(v.Request().Context(), page.Circle.CircleID())
	if err != nil {
		return err
	}
	view := CircleTipsView{Page: v.page(v.l.T("circle-tips.title")), Circle: v.s.circleRef(page.Circle), Tabs: v.circleTabs(page.Circle, "tips"), Sensitive: page.Circle.Sensitive}
	view.Section, view.NoIndex = "circles", true
	if typed != nil {
		p.Policy, p.Gifts, p.Packets = tips.Policy(typed.Get("tips")), checked(typed, "gifts"), checked(typed, "packets")
	}
	if form != nil {
		view.Form = *form
	}
	for _, o := range []struct {
		policy tips.Policy
		words  string
	}{{tips.PolicyOn, v.l.T("circle-tips.on")}, {tips.PolicyLikesOnly, v.l.T("circle-tips.likes-only")}, {tips.PolicyOff, v.l.T("circle-tips.off")}} {
		view.Policies = append(view.Policies, Option{Value: string(o.policy), Label: o.words, Selected: o.policy == p.Policy})
	}
	view.Gifts, view.Packets = p.Gifts, p.Packets
	for _, a := range v.s.tips.Assets() {
		row := TipBounds{Asset: a.Code}
		say := func(minor int64) string {
			if minor == 0 {
				return ""
			}
			return tips.Plain(minor, a.Exponent)
		}
		for _, b := range p.Bounds {
			if b.Asset == a.Code {
				row.Low, row.Usual, row.High = say(b.Low), say(b.Usual), say(b.High)
			}
		}
		if typed != nil {
			row.Low, row.Usual, row.High = typed.Get("low-"+a.Code), typed.Get("usual-"+a.Code), typed.Get("high-"+a.Code)
		}
		view.Bounds = append(view.Bounds, row)
	}
	return v.show(status, "circle-tips", view)
}

// saveCircleTips saves it: POST /c/{name}/tips.
func (s *Server) saveCircleTips(v *visit) error {
	page, err := v.editable()
	if err != nil {
		return err
	}
	f, err := v.form()
	if err != nil {
		return err
	}
	p := tips.CirclePolicy{Circle: page.Circle.CircleID(), Policy: tips.Policy(f.Get("tips")), Gifts: checked(f, "gifts"), Packets: checked(f, "packets")}
	for _, a := range s.tips.Assets() {
		b := tips.CircleBounds{Asset: a.Code}
		for _, part := range []struct {
			to   *int64
			name string
		}{{&b.Low, "low-"}, {&b.Usual, "usual-"}, {&b.High, "high-"}} {
			typed := strings.TrimSpace(f.Get(part.name + a.Code))
			if err == nil && typed != "" {
				*part.to, err = parseAmount(typed, a, part.name+a.Code)
			}
		}
		if b.Low != 0 || b.Usual != 0 || b.High != 0 {
			p.Bounds = append(p.Bounds, b)
		}
	}
	if err == nil {
		err = s.tips.SetPolicy(v.Request().Context(), v.who, p)
	}
	if err == nil {
		return v.onward(page.Circle.Path()+"/tips", "flash.saved")
	}
	var form Form
	status, err := v.refused(&form, err, nil)
	if err != nil {
		return err
	}
	return v.showCircleTips(status, &form, f)
}
