package web

import (
	"net/http"
	"strconv"

	"halqa/circles/reputation"
)

// audit is /admin/audit: what the nightly audit of ratings found, with ?after=.
func (s *Server) audit(v *visit) error { return v.showAudit(http.StatusOK, nil) }

func (v *visit) showAudit(status int, form *Form) error {
	found, next, err := v.s.moderation.Findings(v.Request().Context(), v.who, v.QueryParam("after"))
	if err != nil {
		return err
	}
	view := v.adminView("audit")
	if form != nil {
		view.Form = *form
	}
	for _, f := range found {
		row := FindingRow{ID: strconv.FormatInt(f.ID, 36), At: at(f.At), Open: f.Outcome == "", Days: f.Days, Reason: f.Reason,
			What: v.l.T("audit.inward", "Percent", f.Percent, "Ratings", f.Ratings)}
		if f.Kind == reputation.Alike {
			row.What = v.l.T("audit.alike", "Percent", f.Percent, "Ratings", f.Ratings)
		}
		if f.Circle != nil {
			row.Circle = v.s.circleRef(f.Circle)
		}
		if !row.Open {
			row.Outcome = v.l.T("audit.outcome-" + string(f.Outcome))
		}
		for _, p := range f.People {
			row.People = append(row.People, FoundRow{Person: v.s.person(p.Actor), Guest: !p.Found, Cut: p.Cut})
		}
		view.Findings = append(view.Findings, row)
	}
	if next != "" {
		view.More = address("/admin/audit", "after", next)
	}
	return v.show(status, "admin", view)
}

// decideFinding confirms or dismisses one: POST /admin/audit with finding, decision and reason.
func (s *Server) decideFinding(v *visit) error {
	f, err := v.form()
	if err != nil {
		return err
	}
	decision := f.Get("decision")
	id, err := strconv.ParseInt(f.Get("finding"), 36, 64)
	if err != nil || decision != "confirm" && decision != "dismiss" {
		return noPage
	}
	if err := s.moderation.DecideFinding(v.Request().Context(), v.who, id, decision == "confirm", f.Get("reason")); err != nil {
		var form Form
		status, err := v.refused(&form, err, map[string]string{"reason": ""})
		if err != nil {
			return err
		}
		return v.showAudit(status, &form)
	}
	return v.onward("/admin/audit", "flash.saved")
}
