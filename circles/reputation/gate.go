package reputation

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
)

// A Clause asks one fact. Whether Value is a floor or a ceiling is the fact's own nature, so no clause
// can be written by which doing well shuts a door.
type Clause struct {
	Fact  Fact
	Scope Scope // "" = the fact's only or first scope
	Value int   // a tier is its number
}

// A Path is met when all its clauses are.
type Path []Clause

// An Outcome is what becomes of an act.
type Outcome string

const (
	Allow   Outcome = "allow"
	Hold    Outcome = "hold"    // kept, and waits for a person
	Request Outcome = "request" // becomes a join request or a message request
	Deny    Outcome = "deny"
)

// A Gate stands before one action: any of the paths opens it, otherwise Else happens. A gate without
// paths and with Else "" is open to everyone; without paths but with an Else nobody passes by facts.
type Gate struct {
	Any    []Path            `json:"any,omitempty"`
	Else   Outcome           `json:"else,omitempty"`
	Reason map[string]string `json:"reason,omitempty"` // by language: why the operator asks this
}

// Open reports whether the gate asks nothing.
func (g Gate) Open() bool { return len(g.Any) == 0 && (g.Else == "" || g.Else == Allow) }

// A Limit bounds what is let through, for people below a tier.
type Limit struct {
	Below     Tier `json:"-"`
	PerDay    int  `json:"per_day,omitempty"`    // 0 = no limit
	TextOnly  bool `json:"text_only,omitempty"`  // no photos, videos or files
	MaxLinks  *int `json:"max_links,omitempty"`  // nil = no limit
	FirstHeld int  `json:"first_held,omitempty"` // of media and links: so many are held first, whoever's
}

// Settings are the gates, limits and switches of a place. What is not named is open, unlimited and on.
type Settings struct {
	Gates  map[Action]Gate  `json:"gates,omitempty"`
	Limits map[Action]Limit `json:"limits,omitempty"`
	Off    map[Action]bool  `json:"off,omitempty"` // switched off for everyone, operators too
}

// MarshalJSON writes the clause as operators read it: {"fact":"tier","gte":"member"}.
func (c Clause) MarshalJSON() ([]byte, error) {
	m := struct {
		Fact  Fact  `json:"fact"`
		Scope Scope `json:"scope,omitempty"`
		Gte   any   `json:"gte,omitempty"`
		Lte   *int  `json:"lte,omitempty"`
		Eq    *bool `json:"eq,omitempty"`
	}{Fact: c.Fact, Scope: c.Scope}
	yes := true
	switch {
	case c.Fact.atMost():
		m.Lte = &c.Value
	case c.Fact == ByOperator && c.Value == 1:
		m.Eq = &yes
	case c.Fact == TierHeld && c.Value >= 0 && c.Value <= int(Trusted):
		m.Gte = Tier(c.Value).String()
	default:
		m.Gte = c.Value
	}
	return json.Marshal(m)
}

// UnmarshalJSON reads what MarshalJSON writes and nothing else: a fact that does not exist, or the
// wrong direction for it, is an error that says so.
func (c *Clause) UnmarshalJSON(b []byte) error {
	var m struct {
		Fact  Fact            `json:"fact"`
		Scope Scope           `json:"scope"`
		Gte   json.RawMessage `json:"gte"`
		Lte   *int            `json:"lte"`
		Eq    *bool           `json:"eq"`
	}
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&m); err != nil {
		return err
	}
	*c = Clause{Fact: m.Fact, Scope: m.Scope}
	given := 0
	for _, is := range []bool{m.Gte != nil, m.Lte != nil, m.Eq != nil} {
		if is {
			given++
		}
	}
	switch {
	case m.Fact.index() < 0:
		return fmt.Errorf("there is no fact %q", clip(string(m.Fact)))
	case given != 1:
		return fmt.Errorf("%s wants exactly one of gte, lte and eq", m.Fact)
	case m.Fact.atMost() && m.Lte != nil:
		c.Value = *m.Lte
	case m.Fact.atMost():
		return fmt.Errorf("%s can only be asked as lte: nobody is to be shut out for having too few", m.Fact)
	case m.Lte != nil:
		return fmt.Errorf("%s cannot be asked as lte: good conduct never removes access", m.Fact)
	case m.Eq != nil && m.Fact == ByOperator && *m.Eq:
		c.Value = 1
	case m.Eq != nil:
		return fmt.Errorf("%s cannot be asked as eq", m.Fact)
	case m.Fact == TierHeld:
		var name string
		if err := json.Unmarshal(m.Gte, &name); err != nil {
			return errors.New("a tier is member, regular or trusted")
		}
		t, ok := ParseTier(name)
		if !ok {
			return fmt.Errorf("there is no tier %q", clip(name))
		}
		c.Value = int(t)
	default:
		return json.Unmarshal(m.Gte, &c.Value)
	}
	return nil
}

// MarshalJSON writes the tier of a limit by its name.
func (l Limit) MarshalJSON() ([]byte, error) {
	type plain Limit
	below := ""
	if l.Below > Newcomer {
		below = l.Below.String()
	}
	return json.Marshal(struct {
		Below string `json:"below,omitempty"`
		plain
	}{below, plain(l)})
}

// UnmarshalJSON reads what MarshalJSON writes.
func (l *Limit) UnmarshalJSON(b []byte) error {
	type plain Limit
	var m struct {
		Below string `json:"below"`
		plain
	}
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&m); err != nil {
		return err
	}
	*l = Limit(m.plain)
	if m.Below != "" {
		t, ok := ParseTier(m.Below)
		if !ok {
			return fmt.Errorf("there is no tier %q", clip(m.Below))
		}
		l.Below = t
	}
	return nil
}

// clip bounds what a message repeats of somebody's input.
func clip(s string) string { return s[:min(len(s), 40)] }

// At reports whether the action can be gated at a place.
func (a Action) At(p Place) bool { return a.at(p) }

// Limited reports whether the action can have a limit.
func (a Action) Limited() bool { return a.speaks() || a == React }

// Outcomes returns what a gate before the action can say to those whom it does not let through.
func Outcomes(a Action) []Outcome {
	switch {
	case holds(a):
		return []Outcome{Hold, Deny}
	case a == Join || a == StartDM:
		return []Outcome{Request, Deny}
	}
	return []Outcome{Deny}
}
