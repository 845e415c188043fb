package web

import (
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"halqa/circles"
	"halqa/circles/filter"
	"halqa/circles/reputation"
	"halqa/internal/standing"
)

// The editor of gates is one form: a preset, or fields for each action. "Preview" and "Save" send the
// same fields, so what was looked at is what is saved.

const (
	maxPaths = 4     // ways through a gate that the form has fields for, as many as there may be
	ownGates = "own" // the choice beside the presets
)

// editable judges who opens the editor. The verbs judge again.
func (v *visit) gateEditor() (circles.CircleID, *circles.Circle, error) {
	id, c, err := v.gatePlace()
	if err != nil {
		return 0, nil, err
	}
	if c == nil {
		if v.who.Role != circles.SiteAdmin {
			return 0, nil, noPage
		}
		return id, c, nil
	}
	_, err = v.editable()
	return id, c, err
}

// gates is the editor: GET /c/{name}/gates and /admin/gates.
func (s *Server) gates(v *visit) error {
	id, c, err := v.gateEditor()
	if err != nil {
		return err
	}
	place, err := s.options.Gates.Settings(v.Request().Context(), v.who, id)
	if err != nil {
		return err
	}
	return v.showGates(http.StatusOK, place, c, place.Settings, url.Values{"preset": {place.Preset}}, nil, Form{})
}

func (v *visit) showGates(status int, p *standing.Place, c *circles.Circle, s reputation.Settings, f url.Values, pre *standing.Preview, form Form) error {
	why, edit, log := gatePaths(c)
	view := GatesView{Page: v.page(v.l.T("gates.title")), Form: form, Action: edit, Base: p.Version, Reason: f.Get("reason"), Pilot: p.Pilot, Why: why, Log: log}
	view.NoIndex = true
	lang := v.l.Tag()
	at0 := reputation.OnInstance
	if c != nil {
		at0 = reputation.InCircle
		view.Circle, view.Storms, view.Storm, view.Filter = v.s.circleRef(c), true, at(p.StormUntil), c.Path()+"/filter"
		view.Tabs = v.circleTabs(c, "gates")
		if rest := p.StormBegan + reputation.StormRest; p.StormBegan != 0 && p.StormUntil == 0 && rest > v.s.options.Now().UnixMicro() {
			view.MayAt = at(rest)
		}
	} else {
		view.Tabs = v.adminView("gates").Tabs
		if err := v.boundsForm(&view, p.Bounds); err != nil {
			return err
		}
	}
	chosen := f.Get("preset")
	if chosen == "" {
		chosen = ownGates
	}
	for _, preset := range reputation.Presets() {
		if preset.Storm {
			continue
		}
		asks := preset.Circle
		if c == nil {
			asks = preset.Instance
		}
		row := PresetRow{Option: Option{Value: preset.Name, Label: v.l.T("preset." + preset.Name), Selected: chosen == preset.Name}}
		for _, a := range reputation.Actions() {
			if a.At(at0) {
				row.Lines = append(row.Lines, asks.Lines(a, lang)...)
			}
		}
		view.Presets = append(view.Presets, row)
	}
	view.Presets = append(view.Presets, PresetRow{Option: Option{Value: ownGates, Label: v.l.T("preset.own"), Selected: chosen == ownGates}})
	for _, a := range reputation.Actions() {
		if a.At(at0) {
			view.Gates = append(view.Gates, v.gateForm(a, at0, s, form))
		}
	}
	if p.Next != nil {
		view.Next, view.NextAt = reputation.Diff(p.Settings, *p.Next, lang), at(p.NextAt)
	}
	if pre != nil {
		view.Preview = v.gatePreview(pre)
	}
	return v.show(status, "gates", view)
}

func (v *visit) gatePreview(pre *standing.Preview) *GatePreview {
	lang := v.l.Tag()
	out := &GatePreview{Diff: reputation.Diff(pre.Before, pre.Settings, lang)}
	out.Same = len(out.Diff) == 0
	if pre.Tighter {
		out.At = at(pre.At)
		out.Now = reputation.Diff(pre.Before, pre.Now, lang)
	}
	for _, a := range reputation.Actions() {
		if t, ok := pre.Trials[a]; ok {
			out.Trials = append(out.Trials, v.l.T("gates.trial", "Action", v.l.T("action."+string(a)), "Stopped", t.PeopleStopped, "People", t.People, "Acts", t.Stopped, "All", t.Actions))
		}
	}
	return out
}

// factColumns are the facts that a path has a field for.
func factColumns(p reputation.Place) []reputation.Clause {
	var all []reputation.Clause
	for _, info := range reputation.FactList() {
		for _, scope := range info.Scopes {
			if p == reputation.InCircle || scope == reputation.ScopeInstance {
				all = append(all, reputation.Clause{Fact: info.Fact, Scope: scope})
			}
		}
	}
	return all
}

func factField(a reputation.Action, path int, c reputation.Clause) string {
	return string(a) + "." + strconv.Itoa(path) + "." + string(c.Fact) + "." + string(c.Scope)
}

func (v *visit) gateForm(a reputation.Action, p reputation.Place, s reputation.Settings, form Form) GateForm {
	g, l := s.Gates[a], s.Limits[a]
	f := GateForm{Name: string(a), Label: v.l.T("action." + string(a)), Lines: s.Lines(a, v.l.Tag()), MayOff: a == reputation.Downvote || a == reputation.GiveVouch || a == reputation.CreateCircle,
		Off: s.Off[a], Open: form.Problem(string(a)) != ""}
	for i := range min(len(g.Any)+1, maxPaths) {
		path := PathForm{N: i + 1}
		for _, c := range factColumns(p) {
			field := FactField{Name: factField(a, i, c), Label: v.l.T("fact." + string(c.Fact) + "-" + string(c.Scope))}
			value, asked := 0, false
			if i < len(g.Any) {
				for _, had := range g.Any[i] {
					if had.Fact == c.Fact && (had.Scope == c.Scope || had.Scope == "") {
						value, asked = had.Value, true
					}
				}
			}
			switch c.Fact {
			case reputation.TierHeld:
				field.Options = []Option{{Label: "–", Selected: !asked}}
				for _, t := range []reputation.Tier{reputation.Member, reputation.Regular} {
					field.Options = append(field.Options, Option{Value: strconv.Itoa(int(t)), Label: v.l.T("tier." + t.String()), Selected: asked && value == int(t)})
				}
			case reputation.ByOperator:
				field.Options = []Option{{Label: "–", Selected: !asked}, {Value: "1", Label: v.l.T("gates.yes"), Selected: asked}}
			default:
				if asked {
					field.Value = strconv.Itoa(value)
				}
			}
			path.Fields = append(path.Fields, field)
		}
		f.Paths = append(f.Paths, path)
	}
	f.Else = append(f.Else, Option{Label: v.l.T("gates.else-allow"), Selected: g.Open()})
	for _, o := range reputation.Outcomes(a) {
		f.Else = append(f.Else, Option{Value: string(o), Label: v.l.T("gates.else-" + string(o)), Selected: !g.Open() && g.Else == o})
	}
	f.Limited = a.Limited()
	f.Below = []Option{{Label: v.l.T("gates.everyone"), Selected: l.Below == reputation.Newcomer}}
	for _, t := range []reputation.Tier{reputation.Member, reputation.Regular} {
		f.Below = append(f.Below, Option{Value: t.String(), Label: v.l.T("tier." + t.String()), Selected: l.Below == t})
	}
	f.PerDay, f.Only, f.First = number(l.PerDay), l.TextOnly, number(l.FirstHeld)
	f.Text = a == reputation.Post || a == reputation.Comment
	f.Held = a == reputation.PostMedia || a == reputation.PostLink
	if l.MaxLinks != nil {
		f.Links = strconv.Itoa(*l.MaxLinks)
	}
	return f
}

func number(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

// readGates reads the fields of the form. A field that is empty asks nothing.
func readGates(f url.Values, p reputation.Place) (reputation.Settings, error) {
	s := reputation.Settings{Gates: map[reputation.Action]reputation.Gate{}, Limits: map[reputation.Action]reputation.Limit{}, Off: map[reputation.Action]bool{}}
	for _, a := range reputation.Actions() {
		if !a.At(p) {
			continue
		}
		num := func(name, label string, way int) (int, bool, error) {
			value := strings.TrimSpace(f.Get(name))
			if value == "" {
				return 0, false, nil
			}
			n, err := strconv.Atoi(value)
			if err != nil || n < 0 || n > 1_000_000 {
				return 0, false, &notNumber{a, way, label, firstRunes(value, 20)}
			}
			return n, true, nil
		}
		g := reputation.Gate{Else: reputation.Outcome(f.Get(string(a) + ".else"))}
		for i := range maxPaths {
			var path reputation.Path
			for _, c := range factColumns(p) {
				n, asked, err := num(factField(a, i, c), "fact."+string(c.Fact)+"-"+string(c.Scope), i+1)
				if err != nil {
					return s, err
				}
				if asked {
					c.Value = n
					path = append(path, c)
				}
			}
			if len(path) > 0 {
				g.Any = append(g.Any, path)
			}
		}
		if g.Else != "" {
			s.Gates[a] = g
		}
		var l reputation.Limit
		var err error
		if l.PerDay, _, err = num(string(a)+".per-day", "gates.per-day", 0); err != nil {
			return s, err
		}
		if l.FirstHeld, _, err = num(string(a)+".first", "gates.first", 0); err != nil {
			return s, err
		}
		links, asked, err := num(string(a)+".links", "gates.links", 0)
		if err != nil {
			return s, err
		}
		if asked {
			l.MaxLinks = &links
		}
		l.TextOnly = checked(f, string(a)+".text-only")
		if l != (reputation.Limit{}) {
			l.Below, _ = reputation.ParseTier(f.Get(string(a) + ".below"))
			s.Limits[a] = l
		}
		if checked(f, string(a)+".off") {
			s.Off[a] = true
		}
	}
	return s, nil
}

// setGates takes what the editor sends: POST with do = preview, save, withdraw, storm, calm, bounds or new.
func (s *Server) setGates(v *visit) error {
	id, c, err := v.gateEditor()
	if err != nil {
		return err
	}
	f, err := v.form()
	if err != nil {
		return err
	}
	ctx, gates := v.Request().Context(), s.options.Gates
	place, err := gates.Settings(ctx, v.who, id)
	if err != nil {
		return err
	}
	_, edit, _ := gatePaths(c)
	at0 := reputation.InCircle
	if c == nil {
		at0 = reputation.OnInstance
	}
	again := func(typed reputation.Settings, cause error) error {
		var form Form
		status, err := v.refused(&form, cause, nil)
		if err != nil {
			return err
		}
		return v.showGates(status, place, c, typed, f, nil, form)
	}
	switch f.Get("do") {
	case "withdraw":
		err = gates.Withdraw(ctx, v.who, id)
	case "storm":
		hours, _ := strconv.Atoi(f.Get("hours"))
		err = gates.Storm(ctx, v.who, id, time.Duration(hours)*time.Hour, f.Get("reason"), v.l.Tag())
	case "calm":
		err = gates.EndStorm(ctx, v.who, id)
	case "bounds":
		b, berr := readBounds(f)
		if err = berr; err == nil {
			err = gates.SetBounds(ctx, v.who, b)
		}
	case "new":
		err = gates.SetNewCircles(ctx, v.who, f.Get("new-circles"))
	default:
		change := standing.Change{Reason: strings.TrimSpace(f.Get("reason")), Language: v.l.Tag()}
		change.Base, _ = strconv.ParseInt(f.Get("base"), 10, 64)
		typed, err := readGates(f, at0)
		if preset := f.Get("preset"); preset != ownGates {
			change.Preset = preset
		} else if err != nil {
			return again(place.Settings, v.sayRefused(err))
		}
		change.Settings = typed
		if f.Get("do") != "save" {
			pre, err := gates.Preview(ctx, v.who, id, change)
			if err != nil {
				return again(typed, v.sayRefused(err))
			}
			return v.showGates(http.StatusOK, place, c, pre.Settings, f, pre, Form{})
		}
		pre, err := gates.Save(ctx, v.who, id, change)
		if err != nil {
			return again(typed, v.sayRefused(err))
		}
		if pre.Tighter {
			return v.onward(edit, "flash.gates-announced")
		}
		return v.onward(edit, "flash.saved")
	}
	if err != nil {
		return again(place.Settings, err)
	}
	return v.onward(edit, "flash.saved")
}

// notNumber says where in the editor something else than a number was typed.
type notNumber struct {
	action reputation.Action
	way    int    // counted from 1; 0 = in no way, but a limit
	label  string // of the field, as the catalogue has it
	typed  string
}

func (n *notNumber) Error() string { return string(n.action) + ": " + n.typed + " is no number" }

func firstRunes(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n]) + "…"
	}
	return s
}

// sayRefused names the action of a gate that cannot be, or that something else than a number was typed for, in
// the reader's words.
func (v *visit) sayRefused(err error) error {
	var n *notNumber
	if errors.As(err, &n) {
		where := v.l.T("action." + string(n.action))
		if n.way > 0 {
			where += ": " + v.l.T("gates.path", "Number", n.way)
		}
		return circles.FieldErrorf(circles.Invalid, "gate-"+string(n.action), "%s", where+": "+v.l.T(n.label)+": "+v.l.T("refused.number")+" “"+n.typed+"”")
	}
	var r *reputation.Refused
	if !errors.As(err, &r) {
		return err
	}
	path := ""
	if r.Path > 0 {
		path = v.l.T("gates.path", "Number", r.Path) + ": "
	}
	return circles.FieldErrorf(circles.Invalid, "gate-"+string(r.Action), "%s", v.l.T("action."+string(r.Action))+": "+path+r.Why)
}

var boundFields = []string{"days", "comment-days", "react-days", "standing", "comment-standing", "accepted", "vouches", "tier"}

func boundOf(b *reputation.Bounds, name string) *int {
	switch name {
	case "days":
		return &b.Days
	case "comment-days":
		return &b.CommentDays
	case "react-days":
		return &b.ReactDays
	case "standing":
		return &b.Standing
	case "comment-standing":
		return &b.CommentStanding
	case "accepted":
		return &b.Accepted
	case "vouches":
		return &b.Vouches
	}
	return nil
}

func (v *visit) boundsForm(view *GatesView, b reputation.Bounds) error {
	widest := reputation.DefaultBounds()
	for _, name := range boundFields {
		value, most := int(b.Tier), int(widest.Tier)
		if n := boundOf(&b, name); n != nil {
			value, most = *n, *boundOf(&widest, name)
		}
		view.Bounds = append(view.Bounds, BoundRow{Name: name, Label: v.l.T("bounds." + name), Value: strconv.Itoa(value), Most: most})
	}
	chosen, err := v.s.options.Gates.NewCircles(v.Request().Context())
	if err != nil {
		return err
	}
	for _, name := range standing.NewCirclePresets() {
		view.New = append(view.New, Option{Value: name, Label: v.l.T("preset." + name), Selected: name == chosen})
	}
	return nil
}

func readBounds(f url.Values) (reputation.Bounds, error) {
	b := reputation.DefaultBounds()
	for _, name := range boundFields {
		n, err := strconv.Atoi(strings.TrimSpace(f.Get(name)))
		if err != nil {
			return b, circles.FieldErrorf(circles.Invalid, name, "A bound must be a number.").With("refused.number", nil)
		}
		if at := boundOf(&b, name); at != nil {
			*at = n
		} else {
			b.Tier = reputation.Tier(max(min(n, 3), 0))
		}
	}
	return b, nil
}

// circleTabs lead between the pages of who runs a circle.
func (v *visit) circleTabs(c *circles.Circle, current string) []Tab {
	var tabs []Tab
	for _, t := range []struct{ name, label string }{{"settings", "gates.tab-settings"}, {"gates", "gates.title"}, {"filter", "filter.title"}, {"tips", "gates.tab-tips"}, {"webhooks", "webhooks.title"}, {"mod", "mod.title"}} {
		if t.name == "tips" && v.s.tips == nil {
			continue
		}
		tabs = append(tabs, Tab{Label: v.l.T(t.label), Href: c.Path() + "/" + t.name, Current: t.name == current})
	}
	return tabs
}

// filterForm is /c/{name}/filter.
func (s *Server) filterForm(v *visit) error {
	id, c, err := v.gateEditor()
	if err != nil || c == nil {
		return orNoPage(err)
	}
	f, err := s.options.Gates.Filter(v.Request().Context(), v.who, id)
	if err != nil {
		return err
	}
	return v.showFilter(http.StatusOK, c, f, Form{})
}

func orNoPage(err error) error {
	if err != nil {
		return err
	}
	return noPage
}

func (v *visit) showFilter(status int, c *circles.Circle, f *standing.CircleFilter, form Form) error {
	view := FilterView{Page: v.page(v.l.T("filter.title")), Form: form, Circle: v.s.circleRef(c), Action: c.Path() + "/filter", Tabs: v.circleTabs(c, "filter"),
		Words: strings.Join(f.Rules.Words, "\n"), Hosts: strings.Join(f.Rules.Hosts, "\n")}
	view.NoIndex, view.Begging = true, !f.Begging
	if f.Rules.Links != nil {
		view.Links = strconv.Itoa(*f.Rules.Links)
	}
	if f.Rules.Mentions != nil {
		view.Mentions = strconv.Itoa(*f.Rules.Mentions)
	}
	for _, t := range []reputation.Tier{reputation.Newcomer, reputation.Member, reputation.Regular} {
		label := v.l.T("gates.everyone")
		if t != reputation.Newcomer {
			label = v.l.T("tier." + t.String())
		}
		view.Below = append(view.Below, Option{Value: t.String(), Label: label, Selected: t == f.Below})
	}
	return v.show(status, "filter", view)
}

// setFilter saves it: POST /c/{name}/filter with words and hosts, one on a line.
func (s *Server) setFilter(v *visit) error {
	id, c, err := v.gateEditor()
	if err != nil || c == nil {
		return orNoPage(err)
	}
	f, err := v.form()
	if err != nil {
		return err
	}
	in := standing.CircleFilter{Rules: filter.Rules{Words: linesOf(f.Get("words")), Hosts: linesOf(f.Get("hosts"))}}
	in.Below, _ = reputation.ParseTier(f.Get("below"))
	in.Begging = !checked(f, "begging")
	for name, to := range map[string]**int{"links": &in.Rules.Links, "mentions": &in.Rules.Mentions} {
		if value := strings.TrimSpace(f.Get(name)); value != "" && err == nil {
			var n int
			if n, err = strconv.Atoi(value); err != nil {
				err = circles.FieldErrorf(circles.Invalid, name, "%q is no number.", value[:min(len(value), 20)]).With("refused.number", nil)
			}
			*to = &n
		}
	}
	if err == nil {
		err = s.options.Gates.SetFilter(v.Request().Context(), v.who, id, in)
	}
	if err == nil {
		return v.onward(c.Path()+"/filter", "flash.saved")
	}
	var form Form
	status, err := v.refused(&form, err, nil)
	if err != nil {
		return err
	}
	return v.showFilter(status, c, &in, form)
}

func linesOf(s string) []string {
	var lines []string
	for line := range strings.SplitSeq(s, "\n") {
		if line = strings.TrimSpace(line); line != "" {
			lines = append(lines, line)
		}
	}
	return lines
}
