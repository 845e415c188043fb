package web

import (
	"encoding/csv"
	"net/http"
	"strconv"
	"time"

	"halqa/circles/reputation"
	"halqa/internal/app"
)

// standing is /me/standing: what the reader's standing comes to in each circle, and with ?circle= the lines
// of one. Nobody has an address of another's.
func (s *Server) standing(v *visit) error {
	name := v.QueryParam("circle")
	own, err := s.app.Standing(v.Request().Context(), v.who, name, v.QueryParam("after"))
	if err != nil {
		return err
	}
	view := StandingView{Page: v.page(v.l.T("standing.title")),
		Download: []Link{{Label: "CSV", Href: "/me/standing.csv"}, {Label: "JSON", Href: "/me/standing.json"}}}
	view.NoIndex = true
	if name == "" {
		view.Known = v.l.T("standing.here", "Days", own.Here.KnownDays, "Active", own.Here.ActiveDays, "Accepted", own.Here.Accepted)
	}
	for _, in := range own.In {
		if in.Circle == nil {
			continue
		}
		t := v.standingTotal(in)
		if name != "" {
			view.Circle = t.Circle
			t.Href = ""
		}
		view.Totals = append(view.Totals, t)
	}
	for _, l := range own.Lines {
		view.Lines = append(view.Lines, v.standingRow(l))
	}
	if own.Next != "" {
		view.More = address("/me/standing", "circle", name, "after", own.Next)
	}
	return v.show(http.StatusOK, "standing", view)
}

// standingTotal does the sum of the formula in words.
func (v *visit) standingTotal(in app.StandingIn) StandingTotal {
	p := in.Parts
	t := StandingTotal{Circle: v.s.circleRef(in.Circle), Href: address("/me/standing", "circle", in.Circle.Name), Number: app.Milli(p.Standing),
		Tier: v.l.T("tier." + in.Tier.String())}
	if in.Operates {
		t.Tier = v.l.T("standing.operates")
		t.Sum = append(t.Sum, v.l.T("standing.operates-sum"))
	}
	t.Sum = append(t.Sum, v.l.T("standing.earned", "Points", app.Milli(p.Earned)))
	if p.DaysOn > 0 {
		t.Sum = append(t.Sum, v.l.T("standing.days", "Days", p.DaysOn, "Points", app.Milli(p.Days)))
	}
	if p.VouchesHeld > 0 {
		t.Sum = append(t.Sum, v.l.T("standing.vouches", "Count", p.VouchesHeld, "Points", app.Milli(p.Vouches)))
	}
	t.Sum = append(t.Sum, v.l.T("standing.bound", "Branches", p.Branches, "Points", app.Milli(p.Bound)))
	if p.Against > 0 {
		t.Sum = append(t.Sum, v.l.T("standing.against", "Points", app.Milli(p.Against)))
	}
	return t
}

func (v *visit) standingRow(l app.StandingLine) StandingRow {
	kind := string(l.Kind)
	row := StandingRow{At: at(l.At), What: v.l.T("standing.event." + kind), TakenBack: l.TakenBack}
	switch {
	case l.Reverses != 0:
		row.What = v.l.T("standing.reverses", "What", row.What)
	case l.Restores != 0:
		row.What = v.l.T("standing.restores", "What", row.What)
	}
	if l.Post != nil {
		row.About = Link{Label: l.Post.Title, Href: placeOf(l.Post.Root, l.Post.ID)}
		if row.About.Label == "" {
			row.About.Label = v.l.T("modlog.a-comment")
		}
	}
	if l.By != nil {
		row.By = v.s.person(l.By)
	}
	switch l.Kind {
	case reputation.Like, reputation.Helpful:
		row.Gave = signed(l.CreditedMilli)
		row.Why = v.l.T("standing.weight", "Weight", app.Milli(l.WeightMilli))
	case reputation.Minor, reputation.Serious:
		row.Gave = signed(-l.CreditedMilli)
		if l.Reverses == 0 && !l.TakenBack {
			row.Appeal = address("/appeal", "about", "penalty", "line", strconv.FormatInt(int64(l.ID), 10))
		}
	}
	if l.Reason != reputation.Full {
		row.Why = v.l.T("standing.why." + string(l.Reason))
	}
	return row
}

func signed(milli int64) string {
	if milli > 0 {
		return "+" + app.Milli(milli)
	}
	if milli < 0 {
		return "−" + app.Milli(-milli)
	}
	return "0"
}

// A standingJSON is /me/standing.json: numbers are points, times RFC 3339.
type standingJSON struct {
	Formula int                 `json:"formula"`
	Circles []standingCircle    `json:"circles"`
	Events  []standingEventJSON `json:"events"`
	Next    string              `json:"next,omitempty"` // the address of what follows
}

type standingCircle struct {
	Circle   string  `json:"circle"`
	Standing float64 `json:"standing"`
	Tier     string  `json:"tier"`
	Earned   float64 `json:"earned"`
	Days     int     `json:"days_with_accepted_content"`
	Vouches  int     `json:"vouches"`
	Branches int     `json:"branches"`
	Against  float64 `json:"against"`
}

type standingEventJSON struct {
	ID       reputation.EventID `json:"id"`
	At       string             `json:"at"`
	Day      string             `json:"day"`
	Circle   string             `json:"circle,omitempty"`
	Event    reputation.Kind    `json:"event"`
	About    string             `json:"about,omitempty"`
	By       string             `json:"by,omitempty"`
	Weight   float64            `json:"weight"`
	Credited float64            `json:"credited"` // points; of what is no rating or strike 1 for each thing counted
	Reason   reputation.Reason  `json:"reason,omitempty"`
	Formula  int                `json:"formula"`
	Reverses reputation.EventID `json:"reverses,omitempty"`
	Restores reputation.EventID `json:"restores,omitempty"`
}

func (s *Server) standingEvent(l app.StandingLine) standingEventJSON {
	e := standingEventJSON{ID: l.ID, At: at(l.At).UTC().Format(time.RFC3339), Day: at(l.Day.Start()).UTC().Format(time.DateOnly), Event: l.Kind,
		Weight: float64(l.WeightMilli) / 1000, Credited: float64(l.CreditedMilli) / 1000, Reason: l.Reason, Formula: l.FormulaVersion,
		Reverses: l.Reverses, Restores: l.Restores}
	if l.Circle != nil {
		e.Circle = l.Circle.Name
	}
	if l.Post != nil {
		e.About = s.options.Origin + placeOf(l.Post.Root, l.Post.ID)
	}
	if l.By != nil {
		e.By = s.handleOf(l.By)
	}
	return e
}

// exportStanding reads a part of the reader's lines, and names the next part in the answer's head, too.
func (v *visit) exportStanding(path string) (own *app.OwnStanding, next string, err error) {
	own, err = v.s.app.ExportStanding(v.Request().Context(), v.who, v.QueryParam("after"))
	if err != nil {
		return nil, "", err
	}
	if own.Next != "" {
		next = v.s.options.Origin + address(path, "after", own.Next)
		v.Response().Header().Set("Link", "<"+next+`>; rel="next"`)
	}
	v.Response().Header().Set("Cache-Control", "no-store")
	return own, next, nil
}

func (s *Server) standingJSON(v *visit) error {
	own, next, err := v.exportStanding("/me/standing.json")
	if err != nil {
		return err
	}
	out := standingJSON{Formula: reputation.Current().Number, Circles: []standingCircle{}, Events: []standingEventJSON{}, Next: next}
	for _, in := range own.In {
		if in.Circle == nil {
			continue
		}
		p := in.Parts
		out.Circles = append(out.Circles, standingCircle{Circle: in.Circle.Name, Standing: float64(p.Standing) / 1000, Tier: in.Tier.String(),
			Earned: float64(p.Earned) / 1000, Days: p.DaysOn, Vouches: p.VouchesHeld, Branches: p.Branches, Against: float64(p.Against) / 1000})
	}
	for _, l := range own.Lines {
		out.Events = append(out.Events, s.standingEvent(l))
	}
	return v.JSON(http.StatusOK, out)
}

func (s *Server) standingCSV(v *visit) error {
	own, _, err := v.exportStanding("/me/standing.csv")
	if err != nil {
		return err
	}
	h := v.Response().Header()
	h.Set("Content-Type", "text/csv; charset=utf-8; header=present") // RFC 4180 3
	h.Set("Content-Disposition", `attachment; filename="standing.csv"`)
	v.Response().WriteHeader(http.StatusOK)
	w := csv.NewWriter(v.Response())
	w.Write([]string{"id", "at", "day", "circle", "event", "about", "by", "weight", "credited", "reason", "formula", "reverses", "restores"})
	number := func(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }
	id := func(e reputation.EventID) string {
		if e == 0 {
			return ""
		}
		return strconv.FormatInt(int64(e), 10)
	}
	for _, l := range own.Lines {
		e := s.standingEvent(l)
		w.Write([]string{id(e.ID), e.At, e.Day, e.Circle, string(e.Event), e.About, e.By, number(e.Weight), number(e.Credited), string(e.Reason),
			strconv.Itoa(e.Formula), id(e.Reverses), id(e.Restores)})
	}
	w.Flush()
	return w.Error()
}
