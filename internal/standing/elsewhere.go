package standing

import (
	"time"

	"halqa/circles"
	"halqa/circles/reputation"
	"halqa/internal/store"
)

// Told is what a circle elsewhere says of a gate that held or refused something: what its server let out of
// an Access. Its texts are one clean line each.
type Told struct {
	Action Action
	Held   bool
	Unmet  []Missing         // standing is never among what they have
	Text   map[string]string // the same in sentences, by language
	SetBy  string            // address
	SetAt  int64             // UTC microseconds; 0 = not said
	Reason string
	Appeal string // address
}

// FromElsewhere makes an Access of it, for the person of ours whom it is about. Sentences are put together
// here, of facts that exist; only what is said without facts, such as a limit, is told in the words of the
// other server.
func FromElsewhere(tx *store.Tx, c *circles.Circle, in Told) (*Access, error) {
	act, known := reputation.Action(in.Action), false
	for _, a := range reputation.Actions() {
		known = known || a == act
	}
	if !known {
		return nil, circles.Errorf(circles.Invalid, "There is no action %q.", in.Action)
	}
	d := reputation.Decision{Outcome: reputation.Deny, Path: -1}
	if in.Held {
		if d.Outcome = reputation.Hold; act == reputation.Join {
			d.Outcome = reputation.Request
		}
	}
	today := reputation.DayOf(tx.Now())
	for _, m := range in.Unmet {
		info, ok := m.Fact.Info()
		if !ok || m.Path < 1 || m.Need < 0 || m.Need > info.Max {
			continue
		}
		u := reputation.Unmet{Path: m.Path - 1, Fact: m.Fact, Scope: info.Scopes[0], Have: -1, Need: m.Need, ETA: reputation.NoETA}
		for _, s := range info.Scopes {
			if s == m.Scope {
				u.Scope = s
			}
		}
		if m.Have != nil && *m.Have >= 0 && *m.Have <= info.Max && !info.Private {
			u.Have = *m.Have
		}
		if at, err := time.Parse(time.RFC3339, m.ETA); err == nil {
			if days := int(reputation.DayOf(at.UnixMicro()) - today); days >= 0 && days <= 365 {
				u.ETA = days
			}
		}
		if n := len(d.Unmet); n > 0 && d.Unmet[n-1].Path > u.Path {
			continue // ways are told in order
		}
		d.Unmet = append(d.Unmet, u)
	}
	x := &Access{Action: act, Outcome: Outcome(d.Outcome)}
	x.put(d, tx.Now(), false)
	if len(d.Unmet) == 0 {
		for _, lang := range languages() {
			if s := in.Text[lang]; s != "" {
				x.Text[lang] = s
			}
		}
	}
	if in.Reason != "" {
		x.Reason = map[string]string{"en": in.Reason}
	}
	x.Appeal, x.Why = in.Appeal, in.Appeal // the page there explains it, too
	if in.SetAt > 0 {
		x.SetAt = stamp(in.SetAt)
		x.by = "!" + c.Name + "@" + c.Host // who is known to have set it answers for it
		who, err := tx.ActorByURI(in.SetBy)
		switch {
		case err == nil:
			x.named(who)
		case !circles.Is(err, circles.NotFound):
			return nil, err
		}
	}
	return x, nil
}

// DoorOf is what a circle elsewhere answered to somebody's wish to join it; nil = nothing that stands.
func DoorOf(tx *store.Tx, person circles.PersonID, circle circles.CircleID) (*Access, error) {
	g, err := tx.GateReply(person, circle, 0)
	if err != nil || g == nil {
		return nil, err
	}
	return ReadAccess(g.Why)
}

// Tellable is what may leave the server about an Access: its facts without standing.
func (x *Access) Tellable() (Told, error) {
	o := x.ForOthers()
	t := Told{Action: Action(o.Action), Held: o.Outcome == Hold, Unmet: o.Unmet, SetBy: o.SetBy, Reason: o.why("en"), Appeal: o.Appeal, Text: map[string]string{}}
	if o.by == "" {
		o.SetAt = ""
	}
	if o.SetAt != "" {
		at, err := time.Parse(time.RFC3339, o.SetAt)
		if err != nil {
			return t, err
		}
		t.SetAt = at.UnixMicro()
	}
	for lang, s := range o.Text {
		t.Text[lang] = s
	}
	return t, nil
}

// Asks says in plain lines what a circle of ours asks before people post and comment, none if nothing: for
// servers that show it to who is about to write.
func Asks(tx *store.Tx, c *circles.Circle, lang string) ([]string, error) {
	return asksBefore(tx, c, lang, reputation.Post, reputation.Comment)
}

// AsksBefore says the same of one action.
func AsksBefore(tx *store.Tx, c *circles.Circle, a reputation.Action, lang string) ([]string, error) {
	return asksBefore(tx, c, lang, a)
}

func asksBefore(tx *store.Tx, c *circles.Circle, lang string, actions ...reputation.Action) ([]string, error) {
	var names []string
	for _, a := range actions {
		names = append(names, string(a))
	}
	rules, err := rulesOf(tx, c.CircleID(), names)
	if err != nil || len(rules) == 0 {
		return nil, err
	}
	var lines []string
	for _, a := range actions {
		r, ok := rules[string(a)]
		if !ok || r.empty() {
			continue
		}
		s := reputation.Settings{Gates: map[reputation.Action]reputation.Gate{}, Limits: map[reputation.Action]reputation.Limit{}, Off: map[reputation.Action]bool{}}
		if !r.Gate.Open() {
			s.Gates[a] = r.Gate
		}
		if r.Limit != (reputation.Limit{}) {
			s.Limits[a] = r.Limit
		}
		if r.Off {
			s.Off[a] = true
		}
		lines = append(lines, s.Lines(a, lang)...)
	}
	return lines, nil
}
