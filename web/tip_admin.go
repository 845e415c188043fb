package web

import (
	"crypto/rand"
	"encoding/hex"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"halqa/circles"
	"halqa/internal/tips"
	"halqa/wallet"
)

// wallets is /admin/wallets: how the wallets and the ledger are, what the rules did, and grants.
func (s *Server) wallets(v *visit) error { return v.showWallets(http.StatusOK, nil, url.Values{}) }

func (v *visit) showWallets(status int, form *Form, typed url.Values) error {
	o, err := v.s.tips.Overview(v.Request().Context(), v.who)
	if err != nil {
		return err
	}
	base := v.adminView("wallets")
	view := WalletsView{Page: base.Page, Tabs: base.Tabs, Credits: v.s.credits(), Once: rand.Text(), Bookings: int(o.Ledger.Bookings),
		Checked: int(o.Ledger.Checked), At: at(o.Ledger.CheckedAt), Name: typed.Get("name"), Amount: typed.Get("amount"), Reason: typed.Get("reason")}
	if o.Ledger.Bookings > 0 {
		view.Head = hex.EncodeToString(o.Ledger.Head)
	}
	if form != nil {
		view.Form = *form
	}
	for _, w := range o.Wallets {
		row := WalletRow{Name: w.Name, Version: w.Version, Health: w.Health, Open: w.Open, Test: w.TestMode}
		var assets []string
		for _, a := range w.Assets {
			assets = append(assets, a.Code)
		}
		row.Assets = strings.Join(assets, ", ")
		if r := w.Report; r != nil {
			row.KitBad = r.Failed > 0
			row.Kit = v.l.T("wallets.kit", "Passed", r.Passed, "All", r.Passed+r.Failed+r.Skipped, "Skipped", r.Skipped, "Level", r.Level)
			if r.Version != w.Version {
				row.Kit += " " + v.l.T("wallets.kit-version", "Version", r.Version)
			}
		}
		view.Wallets = append(view.Wallets, row)
	}
	for _, a := range o.Review {
		view.Review = append(view.Review, v.auditRow(a, o.People))
	}
	for _, a := range o.Audits {
		view.Audits = append(view.Audits, v.auditRow(a, o.People))
	}
	for _, c := range o.Problems {
		view.Problems = append(view.Problems, ProblemRow{Key: c.Key, Wallet: c.Adapter, Problem: c.Problem, At: at(c.CreatedAt), Next: at(c.DueAt)})
	}
	for _, g := range o.Grants {
		row := CreditRow{To: v.s.person(o.People[g.Person.Actor()]), Sum: v.sum(g.Amount, g.Asset), Reason: g.Reason, At: at(g.At)}
		if g.By != 0 {
			row.By = v.s.person(o.People[g.By.Actor()])
		}
		view.Grants = append(view.Grants, row)
	}
	return v.show(status, "wallets", view)
}

func (v *visit) auditRow(a tips.Audit, people map[circles.ActorID]*circles.Actor) AuditRow {
	row := AuditRow{ID: a.ID, What: v.sayRule(a.Rule), Who: v.s.person(people[a.Actor]), N: int(a.N), Last: at(a.LastAt)}
	if a.Other != 0 {
		row.Other = v.s.person(people[a.Other])
	}
	if a.Rule == "payee-changed" || a.Rule == "circle-policy" {
		row.Detail = a.Detail
	}
	return row
}

func (v *visit) sayRule(rule string) string {
	switch rule {
	case "self-tip":
		return v.l.T("wallets.rule-self")
	case "blocked":
		return v.l.T("wallets.rule-blocked")
	case "refuses":
		return v.l.T("wallets.rule-refuses")
	case "pace":
		return v.l.T("wallets.rule-pace")
	case "payer-day", "payee-day", "pair-day":
		return v.l.T("wallets.rule-day")
	case "ring":
		return v.l.T("wallets.rule-ring")
	case "one-source":
		return v.l.T("wallets.rule-source")
	case "payee-changed":
		return v.l.T("wallets.rule-payee")
	case "packet-own":
		return v.l.T("wallets.rule-packet-own")
	case "packet-stranger":
		return v.l.T("wallets.rule-packet-stranger")
	case "packet-chain":
		return v.l.T("wallets.rule-packet-chain")
	case "receipt-refused":
		return v.l.T("wallets.rule-receipt")
	case "circle-policy":
		return v.l.T("wallets.rule-policy")
	}
	return rule
}

// actOnWallets grants credits, or takes something off the list of what is to be looked at: POST
// /admin/wallets.
func (s *Server) actOnWallets(v *visit) error {
	ctx := v.Request().Context()
	f, err := v.form()
	if err != nil {
		return err
	}
	if f.Get("do") == "seen" {
		id, _ := strconv.ParseInt(f.Get("id"), 10, 64)
		if err := s.tips.SeeAudit(ctx, v.who, id); err != nil {
			return err
		}
		return v.onward("/admin/wallets", "flash.saved")
	}
	n, err := strconv.ParseInt(strings.TrimSpace(f.Get("amount")), 10, 64)
	if err != nil {
		err = circles.FieldErrorf(circles.Invalid, "amount", "Write the amount as a number, such as 5.").With("refused.tip-amount", nil)
	}
	var p *circles.Actor
	if err == nil {
		p, err = v.personNamed(f.Get("name"))
		if err != nil {
			err = onField(err, "name")
		}
	}
	if err == nil {
		err = s.tips.Grant(ctx, v.who, circles.PersonID(p.ID), wallet.Amount{Minor: n, Asset: s.credits()}, strings.TrimSpace(f.Get("reason")), f.Get("once"))
	}
	if err == nil {
		return v.onward("/admin/wallets", "flash.granted")
	}
	var form Form
	status, err := v.refused(&form, err, nil)
	if err != nil {
		return err
	}
	return v.showWallets(status, &form, f)
}
