package standing

import (
	"encoding/json"
	"fmt"
	"slices"

	"halqa/circles"
	"halqa/circles/filter"
	"halqa/circles/reputation"
	"halqa/internal/store"
)

// A rule is what a place asks before one action, as gate_rule has it. The settings of a place are its
// rules put together; they are stored apart so that an act reads only its own.
type rule struct {
	Gate   reputation.Gate   `json:"gate,omitzero"`
	Limit  reputation.Limit  `json:"limit,omitzero"`
	Off    bool              `json:"off,omitempty"`
	Filter json.RawMessage   `json:"filter,omitempty"` // of filterRule alone
	Below  string            `json:"below,omitempty"`  // the tier below which a filter looks; "" = everyone
	Reason map[string]string `json:"reason,omitempty"` // of a limit, switch or filter; a gate has its own

	setBy circles.ActorID
	setAt int64
	until int64 // of a storm
}

// filterRule is the row beside those of the actions that has a circle's filter. Off in it lets stand what asks
// for direct transfers.
const filterRule = "filter"

func (r rule) reason() map[string]string {
	if len(r.Gate.Reason) > 0 {
		return r.Gate.Reason
	}
	return r.Reason
}

func (r rule) empty() bool { return r.Gate.Open() && r.Limit == (reputation.Limit{}) && !r.Off }

// rulesOf reads what a place asks before some actions, as of now. It is one indexed read; what a storm
// asks goes before the rest.
func rulesOf(tx *store.Tx, place circles.CircleID, actions []string) (map[string]rule, error) {
	rows, err := tx.GateRules(place, actions)
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	rules := make(map[string]rule, len(rows))
	for _, row := range rows {
		if _, stormy := rules[row.Action]; stormy || row.Storm && row.Until <= tx.Now() {
			continue
		}
		var r rule
		if err := json.Unmarshal([]byte(row.Rule), &r); err != nil {
			return nil, fmt.Errorf("rule of %s at %d: %w", row.Action, place, err)
		}
		r.setBy, r.setAt, r.until = row.SetBy, row.SetAt, row.Until
		rules[row.Action] = r
	}
	return rules, nil
}

// gated reports whether an action can have a gate, and where it stands: before a circle's door, the
// instance's, or both.
func (a Action) gated() (inCircle, onInstance bool) {
	switch a {
	case Join, Post, PostMedia, PostLink, Comment, React, Downvote:
		return true, false
	case Vouch:
		return true, true
	case StartDM, CreateCircle:
		return false, true
	}
	return false, false
}

// gates asks what the place asks beside its roles, and returns what becomes of the act. Circles of others
// ask for themselves.
func (j *judgement) gates() (Decision, error) {
	d := Decision{Outcome: Allow}
	switch j.Action {
	case Edit:
		return j.edited()
	case Message:
		return j.begun()
	}
	inCircle, onInstance := j.Action.gated()
	if inCircle && j.Circle != nil && j.Circle.Local() && !(j.Action == Join && j.role.Member()) {
		actions := append([]Action{j.Action}, j.With...)
		found, err := j.ask(j.Circle.CircleID(), actions)
		if err != nil {
			return d, err
		}
		d = found
		for _, a := range actions {
			if j.exempt() {
				break
			}
			d.acts = append(d.acts, noted{circle: j.Circle.CircleID(), person: j.Who.Person, action: a, facts: j.known})
		}
	}
	if onInstance && d.Outcome != Deny {
		found, err := j.ask(0, []Action{j.Action})
		if err != nil {
			return d, err
		}
		if found.Outcome != Allow {
			return found, nil
		}
	}
	return d, nil
}

// exempt reports who is not asked: whoever could let it through themselves. A vouch is not a moderator's
// to give, so there an operator.
func (j *judgement) exempt() bool {
	switch j.Action {
	case CreateCircle, StartDM:
		return j.Who.SignedIn() && j.Who.Moderates()
	case Vouch:
		return j.role.Operates() || j.Who.SignedIn() && j.Who.Role == circles.SiteAdmin
	}
	return j.mayModerate()
}

// begun asks about a message to somebody who has not shown that they know the writer. It goes among their
// requests whatever the gate says of requests; only one that says no is heard here.
func (j *judgement) begun() (Decision, error) {
	allow := Decision{Outcome: Allow}
	begun, err := j.tx.Correspondence(j.Who.Person, circles.PersonID(j.Person.ID))
	if err != nil || begun != nil {
		return allow, err
	}
	if j.Person.Local() {
		ground, err := j.tx.MessageGround(circles.PersonID(j.Person.ID), j.Who.Person)
		if err != nil || ground.Known() {
			return allow, err
		}
	}
	if j.Who.SignedIn() && j.Who.Moderates() {
		return allow, nil
	}
	d, err := j.ask(0, []Action{StartDM})
	if err != nil || d.Outcome == Deny {
		return d, err
	}
	return allow, nil
}

// edited asks about the words of an edit. What is held already may be changed as one likes, and what
// somebody may not publish may not come in by the back door.
func (j *judgement) edited() (Decision, error) {
	d := Decision{Outcome: Allow}
	if j.Circle == nil || !j.Circle.Local() || j.Words == nil || j.Post.State != circles.Visible || j.mayModerate() {
		return d, nil
	}
	actions := slices.Clone(j.With)
	if j.Post.Kind == circles.IsComment {
		actions = append([]Action{Comment}, actions...)
	} else {
		actions = append([]Action{Post}, actions...)
	}
	d, err := j.ask(j.Circle.CircleID(), actions)
	if d.Outcome == Hold {
		d.Outcome = Deny
	}
	return d, err
}

// ask asks a place about actions that are one act. The harshest answer is the act's; the others are told
// beside it.
func (j *judgement) ask(place circles.CircleID, actions []Action) (Decision, error) {
	names := make([]string, 0, len(actions)+1)
	for _, a := range actions {
		names = append(names, string(a))
	}
	begs := j.Words != nil && j.Words.Begging && place != 0
	if begs || j.Words != nil && j.Words.Filters != nil && place != 0 {
		names = append(names, filterRule)
	}
	rules, err := rulesOf(j.tx, place, names)
	if err != nil || len(rules) == 0 && !begs {
		return Decision{Outcome: Allow}, err
	}
	var found []*Access
	for _, a := range actions {
		r, ok := rules[string(a)]
		if !ok {
			continue
		}
		x, err := j.through(place, a, r)
		if err != nil {
			return Decision{}, err
		}
		if x != nil {
			found = append(found, x)
		}
	}
	if r, ok := rules[filterRule]; ok && j.Words.Filters != nil && !j.exempt() && !slices.ContainsFunc(found, func(x *Access) bool { return x.Outcome == Deny }) {
		x, err := j.filtered(place, actions[0], r)
		if err != nil {
			return Decision{}, err
		}
		if x != nil {
			found = append(found, x)
		}
	}
	if begs && !rules[filterRule].Off && !j.exempt() && !slices.ContainsFunc(found, func(x *Access) bool { return x.Outcome == Deny }) {
		if x := j.begging(place, actions[0]); x != nil {
			found = append(found, x)
		}
	}
	return j.decide(found)
}

// begging holds what asks for money past everything that could give it back. It is the program's own rule,
// set by nobody here.
func (j *judgement) begging(place circles.CircleID, a Action) *Access {
	w := j.Words
	hit := filter.Begging(filter.Said{Text: w.Text, Links: w.Links, Mentions: w.Mentions})
	if hit == "" {
		return nil
	}
	x := j.access(place, reputation.Action(a), rule{}, reputation.Decision{Outcome: reputation.Hold, Path: -1})
	x.Rule, x.Text = string(hit), beggingSentences(hit, j.Action == Edit)
	return x
}

// through takes one action through its switch, gate and limit. nil means that nothing was said.
func (j *judgement) through(place circles.CircleID, a Action, r rule) (*Access, error) {
	act := reputation.Action(a)
	if r.Off {
		return j.access(place, act, r, reputation.Decision{Outcome: reputation.Deny, Off: true, Path: -1}), nil
	}
	if j.exempt() {
		return nil, nil
	}
	f, err := j.facts(place)
	if err != nil {
		return nil, err
	}
	// An edit of what stands has passed the gate; only what it adds is asked for.
	if j.Action != Edit || a == PostMedia || a == PostLink {
		if d := reputation.Evaluate(r.Gate, f); !d.Allowed {
			x := j.access(place, act, r, d)
			if passed, err := j.passes(place, a, x); err != nil || !passed {
				return x, err
			}
			if r.Limit == (reputation.Limit{}) {
				return x, nil
			}
		}
	}
	if r.Limit == (reputation.Limit{}) {
		return nil, nil
	}
	hit, err := j.limitedBy(place, a, r.Limit, f)
	if err != nil || !r.Limit.Concerns(tierOf(f)) {
		return nil, err
	}
	d := reputation.Decision{Allowed: true, Outcome: reputation.Allow, Path: -1}
	switch hit {
	case "":
	case reputation.HitFirstHeld:
		d = reputation.Decision{Outcome: reputation.Hold, Path: -1}
	default:
		d = reputation.Decision{Outcome: reputation.Deny, Path: -1}
	}
	x := j.access(place, act, r, d)
	x.Limit, x.Limits, x.Text = hit, &r.Limit, r.Limit.Sentences(hit, act)
	if hit == reputation.HitPerDay {
		x.Until = stamp((reputation.DayOf(j.tx.Now()) + 1).Start())
	}
	return x, nil
}

// limitedBy counts what a limit bounds. An edit is not one more.
func (j *judgement) limitedBy(place circles.CircleID, a Action, l reputation.Limit, f *reputation.Facts) (reputation.LimitHit, error) {
	act := reputation.Act{Tier: tierOf(f), Ever: l.FirstHeld}
	if !l.Concerns(act.Tier) {
		return "", nil
	}
	if l.PerDay > 0 && j.Action != Edit {
		n, err := j.tx.JudgedToday(place, string(a), int64(reputation.DayOf(j.tx.Now())), j.Who.Person)
		if err != nil {
			return "", err
		}
		act.Today = int(min(n, 1<<30))
	}
	if l.FirstHeld > 0 {
		n, err := j.tx.ShownWith(j.Who.Person, place, a == PostLink, l.FirstHeld)
		if err != nil {
			return "", err
		}
		act.Ever = int(n)
	}
	if w := j.Words; w != nil {
		act.Media, act.Links = w.Media, len(w.Links)
	}
	_, hit := l.Judge(act)
	return hit, nil
}

// filtered holds what a word or link of the circle's own list asks a person to look at.
func (j *judgement) filtered(place circles.CircleID, a Action, r rule) (*Access, error) {
	if r.Below != "" {
		f, err := j.facts(place)
		if err != nil {
			return nil, err
		}
		if t, ok := reputation.ParseTier(r.Below); !ok || tierOf(f) >= t {
			return nil, nil
		}
	}
	w := j.Words
	hit := w.Filters.Of(string(r.Filter)).Match(filter.Said{Text: w.Text, Links: w.Links, Mentions: w.Mentions})
	if hit == "" {
		return nil, nil
	}
	x := j.access(place, reputation.Action(a), r, reputation.Decision{Outcome: reputation.Hold, Path: -1})
	x.Rule, x.Text = string(hit), filterSentences(hit, j.Action == Edit)
	return x, nil
}

// facts reads what is known of who asks, once in a judgement.
func (j *judgement) facts(place circles.CircleID) (*reputation.Facts, error) {
	if j.known != nil && j.knownAt == place {
		return j.known, nil
	}
	if j.Who.Person == 0 {
		return new(reputation.Facts), nil // a visitor is told what a new account is asked
	}
	f, err := facts(j.tx, place, j.Who.Person)
	if err != nil {
		return nil, err
	}
	j.known, j.knownAt = f, place
	return f, nil
}

func tierOf(f *reputation.Facts) reputation.Tier {
	return reputation.Tier(f.Of(reputation.TierHeld, reputation.ScopeCircle))
}

// decide makes one answer of what was found.
func (j *judgement) decide(found []*Access) (Decision, error) {
	d := Decision{Outcome: Allow}
	if len(found) == 0 {
		return d, nil
	}
	slices.SortStableFunc(found, func(a, b *Access) int { return harshness(b.Outcome) - harshness(a.Outcome) })
	d.Gate = found[0]
	for _, x := range found[1:] {
		if x.Outcome != Allow {
			d.Gate.Also = append(d.Gate.Also, x)
		}
	}
	if d.Outcome = d.Gate.Outcome; d.Outcome == Allow {
		return d, nil
	}
	if err := attribute(j.tx, found); err != nil {
		return d, err
	}
	d.Reason, d.Refusal = Gated, d.Gate.refusal()
	return d, nil
}

func harshness(o Outcome) int {
	switch o {
	case Deny:
		return 3
	case Hold:
		return 2
	case Request:
		return 1
	}
	return 0
}

// A noted act is one line for dry runs.
type noted struct {
	circle circles.CircleID
	person circles.PersonID
	action Action
	facts  *reputation.Facts // nil = nobody has asked for them yet
}

// Note writes down an act that was let through or held, with what was known of the person, so that
// whoever changes a gate sees whom it would have stopped. The verb that has done the act calls it, in the
// same transaction. Acts of those who are never asked are not written down.
func (d Decision) Note(tx *store.Tx) error {
	for _, n := range d.acts {
		row := store.Judged{Circle: n.circle, Action: string(n.action), Day: int64(reputation.DayOf(tx.Now())), Person: n.person}
		if n.facts == nil { // nothing was asked, so one reading a day is enough
			counted, err := tx.CountJudged(row)
			if err != nil {
				return err
			}
			if counted {
				continue
			}
			if n.facts, err = facts(tx, n.circle, n.person); err != nil {
				return err
			}
		}
		row.Facts = encodeFacts(n.facts)
		if _, err := tx.CountJudged(row); err != nil {
			return err
		}
	}
	return nil
}
