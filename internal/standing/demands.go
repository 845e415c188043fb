package standing

import (
	"encoding/json"

	"halqa/circles"
	"halqa/circles/reputation"
	"halqa/internal/store"
)

// Demands are what a circle of ours asks, for programs of other servers.
type Demands struct {
	Type string                       `json:"type"` // "Gates"
	Asks map[reputation.Action]Demand `json:"asks"` // what is not named is open
	Next *Announced                   `json:"next,omitempty"`
	Why  string                       `json:"why"`
	Log  string                       `json:"log"`
}

// A Demand is what is asked before one action.
type Demand struct {
	Any    []reputation.Path  `json:"any,omitempty"` // one that is met opens it
	Else   reputation.Outcome `json:"else,omitempty"`
	Limit  *reputation.Limit  `json:"limit,omitempty"`
	Off    bool               `json:"off,omitempty"`
	Reason map[string]string  `json:"reason,omitempty"`
	SetBy  string             `json:"setBy,omitempty"`
	SetAt  string             `json:"setAt,omitempty"`
	Until  string             `json:"until,omitempty"` // of a storm
}

// Announced is what a circle will ask from a time on.
type Announced struct {
	At     string                       `json:"at"`
	Reason string                       `json:"reason,omitempty"`
	Asks   map[reputation.Action]Demand `json:"asks"`
}

func (r rule) demand() Demand {
	d := Demand{Any: r.Gate.Any, Else: r.Gate.Else, Off: r.Off, Reason: r.reason()}
	if r.Limit != (reputation.Limit{}) {
		d.Limit = &r.Limit
	}
	return d
}

// DemandsOf returns what a circle asks now, a storm's before its own, and what it has announced; nil if there is
// nothing. Addresses of ours are paths until address makes more of them.
func DemandsOf(tx *store.Tx, c *circles.Circle, address func(string) string) (json.RawMessage, error) {
	var names []string
	for _, a := range reputation.Actions() {
		names = append(names, string(a))
	}
	rules, err := rulesOf(tx, c.CircleID(), names)
	if err != nil {
		return nil, err
	}
	row, err := tx.GatePlace(c.CircleID())
	if err != nil || len(rules) == 0 && (row == nil || row.Next == "") {
		return nil, err
	}
	d := Demands{Type: "Gates", Asks: map[reputation.Action]Demand{}, Why: address(c.Path() + "/why"), Log: address(c.Path() + "/gates/log")}
	var people []circles.ActorID
	for _, r := range rules {
		people = append(people, r.setBy)
	}
	cards, err := tx.ActorCards(people)
	if err != nil {
		return nil, err
	}
	for name, r := range rules {
		one := r.demand()
		if by := cards[r.setBy]; by != nil && by.DeletedAt == 0 {
			one.SetBy = address(by.URI)
		}
		if r.setAt != 0 {
			one.SetAt = stamp(r.setAt)
		}
		if r.until != 0 {
			one.Until = stamp(r.until)
		}
		d.Asks[reputation.Action(name)] = one
	}
	if row != nil && row.Next != "" {
		next, err := readSettings(row.Next)
		if err != nil {
			return nil, err
		}
		d.Next = &Announced{At: stamp(row.NextAt), Reason: row.NextReason, Asks: map[reputation.Action]Demand{}}
		for _, a := range reputation.Actions() {
			if r := (rule{Gate: next.Gates[a], Limit: next.Limits[a], Off: next.Off[a]}); !r.empty() {
				d.Next.Asks[a] = r.demand()
			}
		}
	}
	return json.Marshal(d)
}
