package web

import (
	"net/url"
	"strings"

	"halqa/circles"
	"halqa/internal/tips"
	"halqa/wallet"
)

// What pages say of tips to and from other instances.

// payLinks are where somebody elsewhere can be paid beside tips: each shown with its whole host, and never
// opened by itself. // FEP-0ea0
func (v *visit) payLinks(p *circles.Actor) (all []PayLink, err error) {
	links, err := v.s.tips.Elsewhere(v.Request().Context(), p.ID)
	for _, l := range links {
		switch l.Kind {
		case tips.LinkLightning:
			all = append(all, PayLink{Href: l.Href, Text: strings.TrimPrefix(l.Href, "lightning:")})
		case tips.LinkPage:
			if u, err := url.Parse(l.Href); err == nil && u.Host != "" && u.User == nil && (u.Scheme == "https" || u.Scheme == "http") {
				all = append(all, PayLink{Href: l.Href, Host: u.Host})
			}
		}
	}
	return all, err
}

// exponent returns how an asset is divided. Over another instance that is asked.
func (v *visit) exponent(on tipped, adapter, asset string) (uint8, error) {
	if adapter != tips.Abroad {
		return v.s.tips.Exponent(asset), nil
	}
	o, err := v.s.tips.Offer(v.Request().Context(), v.who, on.post, on.person)
	if err != nil {
		return 0, err
	}
	w, _ := o.Way(adapter, asset)
	return w.Exponent, nil
}

// sumOver says an amount as it is offered.
func (v *visit) sumOver(w tips.Way, minor int64) string {
	if w.Host == "" {
		return v.sum(minor, w.Asset)
	}
	return wallet.Amount{Minor: minor, Asset: w.Asset}.Decimal(w.Exponent) + " " + w.Asset
}

// stateOf says what became of a tip; of one that went to another instance, by whose word.
func (v *visit) stateOf(t *tips.Row, gave bool, payee PersonRef) (words, class string) {
	host := payee.Host()
	if t.Adapter != tips.Abroad || host == "" {
		return v.tipState(t.State, gave)
	}
	switch t.State {
	case tips.Paid:
		return v.l.T("tip.far-paid", "Host", host), "ok"
	case tips.Short:
		return v.l.T("tip.far-short", "Host", host), "warn"
	case tips.Returned:
		return v.l.T("tip.far-returned", "Host", host), "warn"
	case tips.Open:
		return v.l.T("tip.far-open", "Host", host), ""
	case tips.Expired:
		return v.l.T("tip.far-expired", "Host", host), "warn"
	}
	return v.tipState(t.State, gave)
}
