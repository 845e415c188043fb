package web

import (
	"net/http"
	"net/netip"
	"strings"
	"time"

	"golang.org/x/time/rate"

	"halqa/circles"
	"halqa/circles/reputation"
	"halqa/internal/standing"
	"halqa/internal/text"
)

// How often one network may ask about people by their handles: enough for who reads the page of each circle they
// were held in, and too slow to list whom an instance knows.
const handleRate, handleBurst = rate.Limit(1.0 / 3), 20

const maxWhyHandle = 400 // bytes of ?of=; no name and host are longer together

// whyOf reads ?of=@name@host, somebody elsewhere whom the page is to be about: view.Of, or a problem of the form
// if it names nobody elsewhere. Nobody is fetched for it. The answer says nothing that needs proof of who asks.
func (v *visit) whyOf(view *WhyView, id circles.CircleID, c *circles.Circle) (*standing.Public, error) {
	raw := strings.TrimSpace(v.QueryParam("of"))
	view.Ask = view.Visitor || raw != ""
	if raw == "" {
		return nil, nil
	}
	v.Response().Header().Set("Cache-Control", "no-store")
	from, _ := netip.ParseAddr(v.RealIP())
	if !v.s.handles.admit(from) {
		v.Response().Header().Set("Retry-After", "60")
		return nil, circles.Errorf(circles.Limited, "Too many questions; wait a minute.").With("refused.many-questions", nil)
	}
	bad := func(key string) (*standing.Public, error) {
		view.Form.Refuse("of", v.l.T(key))
		return nil, nil
	}
	if len(raw) > maxWhyHandle {
		return bad("why.of-bad")
	}
	view.Typed = text.CleanLine(raw, maxWhyHandle)
	kind, name, host, err := text.ParseHandle(raw)
	switch {
	case err != nil || kind != text.Person:
		return bad("why.of-bad")
	case host == "" || host == v.s.host:
		return bad("why.of-here")
	}
	found, err := v.s.options.Gates.PublicOf(v.Request().Context(), v.who, id, name, host)
	if err != nil {
		return nil, err
	}
	view.Of = &WhyOf{Handle: "@" + name + "@" + host, Seen: found.Seen}
	if found.Refused != "" {
		view.Of.Refused = v.l.T("why.of-" + string(found.Refused))
		view.Of.Log = "/modlog"
		switch {
		case found.Refused == standing.PeerBlocked:
			view.Of.Log = "/about/peers"
		case found.Refused == standing.Banned && c != nil:
			view.Of.Log = c.Path() + "/modlog"
		}
	}
	return found, nil
}

// ofRow is one action of somebody elsewhere.
func (v *visit) ofRow(found *standing.Public, x *standing.Access) WhyRow {
	row := WhyRow{Action: v.l.T("action." + string(x.Action)), Outcome: string(x.Outcome)}
	switch {
	case x.Blocked != "":
		row.Label = v.l.T("why.of-account")
		return row
	case found.Refused != "":
		row.Outcome, row.Label, row.Appeal = string(standing.Deny), v.l.T("why.outcome-deny"), "#appeal"
		return row
	case x.Allowed:
		row.Label = v.l.T("why.of-allow")
		return row
	}
	row.Label, row.Appeal = v.l.T("why.outcome-"+row.Outcome), "#appeal"
	if x.Off {
		row.Text = x.Say(v.l.Tag())
		return row
	}
	row.Text = x.SetLine(v.l.Tag())
	for _, m := range x.Unmet {
		if n := len(row.Ways); n == 0 || row.Ways[n-1].N != m.Path {
			row.Ways = append(row.Ways, WhyWay{N: m.Path})
		}
		clause := WhyClause{What: reputation.Clause{Fact: m.Fact, Scope: m.Scope, Value: m.Need}.Say(v.l.Tag()), Hidden: m.Have == nil}
		if m.Have != nil {
			clause.Have = v.l.Number(int64(*m.Have))
		}
		if m.ETA != "" && found.Seen { // of who was never here, days begin with what they do first
			clause.When, _ = time.Parse(time.RFC3339, m.ETA)
		}
		way := &row.Ways[len(row.Ways)-1]
		way.Clauses = append(way.Clauses, clause)
	}
	return row
}

// whyStatus is the answer's: a form that names nobody elsewhere is refused as others are.
func whyStatus(f Form) int {
	if len(f.Errors) > 0 {
		return http.StatusUnprocessableEntity
	}
	return http.StatusOK
}
