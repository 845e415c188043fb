package standing

import (
	"encoding/json"
	"net/url"
	"strings"
	"time"

	"halqa/circles"
	"halqa/circles/filter"
	"halqa/circles/reputation"
	"halqa/internal/store"
)

// An Access says what somebody may do and, where they may not, what would open it: the one body that
// pages, the API and refusals give. It is written for the person it is about; ForOthers is for everyone
// else.
type Access struct {
	Action  reputation.Action `json:"action"`
	Allowed bool              `json:"allowed"`
	Outcome Outcome           `json:"outcome"`
	Path    int               `json:"path,omitempty"` // the one that is met, counted from 1; 0 = none was needed, or none is met
	Unmet   []Missing         `json:"unmet"`

	Blocked string              `json:"blocked,omitempty"` // the reason of a refusal that no gate makes, such as "banned"
	Off     bool                `json:"off,omitempty"`     // switched off for everyone
	Limit   reputation.LimitHit `json:"limit,omitempty"`   // the limit it runs into
	Limits  *reputation.Limit   `json:"limits,omitempty"`
	Rule    string              `json:"rule,omitempty"`  // of the circle's filter, as its operator wrote it
	Until   string              `json:"until,omitempty"` // RFC 3339: when a limit lets more through

	Text   map[string]string `json:"text,omitempty"` // the same in sentences, by language
	SetBy  string            `json:"set_by,omitempty"`
	SetAt  string            `json:"set_at,omitempty"`
	Reason map[string]string `json:"reason,omitempty"` // why, by the language it was written in
	Why    string            `json:"why,omitempty"`    // the page that explains every action here
	Appeal string            `json:"appeal,omitempty"` // the page where to object; of somebody elsewhere, how to write to who can help
	Pass   string            `json:"pass,omitempty"`   // RFC 3339: until when nobody's answer to an appeal lets them through
	Also   []*Access         `json:"also,omitempty"`   // what else stands in the way of the same act

	Decision reputation.Decision `json:"-"`
	setBy    circles.ActorID
	set      int64  // SetAt
	by       string // their handle
}

// A Missing fact is one clause of one path.
type Missing struct {
	Path  int              `json:"path"` // counted from 1
	Fact  reputation.Fact  `json:"fact"`
	Scope reputation.Scope `json:"scope"`
	Have  *int             `json:"have,omitempty"` // nil = it is for its owner's eyes
	Need  int              `json:"need"`
	ETA   string           `json:"eta,omitempty"` // RFC 3339: when time alone brings it, at the earliest
}

// access writes down what a gate said about whoever asks.
func (j *judgement) access(place circles.CircleID, a reputation.Action, r rule, d reputation.Decision) *Access {
	x := &Access{Action: a, Outcome: Outcome(d.Outcome), Reason: r.reason(), setBy: r.setBy, Why: "/why", set: r.setAt}
	q := url.Values{"about": {string(circles.AppealGate)}, "action": {string(a)}}
	if place != 0 && j.Circle != nil {
		x.Why = j.Circle.Path() + "/why"
		q.Set("circle", j.Circle.Name)
	}
	if x.Appeal = "/appeal?" + q.Encode(); !j.Who.SignedIn() { // nobody from elsewhere can sign in to appeal
		x.Appeal = x.Why + "#appeal"
	}
	if r.setAt != 0 {
		x.SetAt = stamp(r.setAt)
	}
	x.put(d, j.tx.Now(), true)
	return x
}

// put fills in a decision, for its owner or for others.
func (x *Access) put(d reputation.Decision, now int64, owner bool) {
	x.Decision, x.Allowed, x.Off, x.Path = d, d.Allowed, d.Off, d.Path+1
	x.Unmet = make([]Missing, 0, len(d.Unmet))
	today := reputation.DayOf(now)
	for _, u := range d.Unmet {
		m := Missing{Path: u.Path + 1, Fact: u.Fact, Scope: u.Scope, Need: u.Need}
		if u.Have >= 0 {
			have := u.Have
			m.Have = &have
		}
		if u.ETA != reputation.NoETA {
			m.ETA = stamp((today + reputation.Day(u.ETA)).Start())
		}
		x.Unmet = append(x.Unmet, m)
	}
	x.Text = map[string]string{}
	for _, lang := range languages() {
		if s := d.Explain(x.Action, lang, owner); s != "" {
			x.Text[lang] = s
		}
	}
}

// languages are those that sentences exist in.
func languages() []string { return []string{"en", "zh"} }

func stamp(micros int64) string { return time.UnixMicro(micros).UTC().Format(time.RFC3339) }

// ForOthers is the same without what only its owner may know, such as a standing.
func (x *Access) ForOthers() *Access {
	o := *x
	o.Unmet = make([]Missing, len(x.Unmet))
	for i, m := range x.Unmet {
		if info, _ := m.Fact.Info(); info.Private {
			m.Have = nil
		}
		o.Unmet[i] = m
	}
	if len(x.Decision.Unmet) > 0 {
		o.Decision = x.Decision.ForOthers()
		o.Text = map[string]string{}
		for _, lang := range languages() {
			o.Text[lang] = x.Decision.Explain(x.Action, lang, false)
		}
	}
	o.Also = nil
	for _, a := range x.Also {
		o.Also = append(o.Also, a.ForOthers())
	}
	return &o
}

// Open reports whether its sentences may stand where everybody reads them: they count from nothing that is
// hidden, such as a vouch, what a limit has left, or the rule of a filter that was met.
func (x *Access) Open() bool {
	if x.Limit != "" || x.Rule != "" || x.Blocked != "" {
		return false
	}
	for _, m := range x.Unmet {
		if !isPublic(m.Fact) && (m.Fact != reputation.TierHeld || m.Need > int(reputation.Member)) {
			return false
		}
	}
	for _, a := range x.Also {
		if !a.Open() {
			return false
		}
	}
	return true
}

// Setter returns who set what stands in the way, 0 for a rule of the program, and when.
func (x *Access) Setter() (circles.ActorID, int64) { return x.setBy, x.set }

// Passable reports whether nobody's answer to an appeal opens it: a gate of a circle before words or the
// door. Limits, filters and switches are for everyone and do not open so, and a pass is for text.
func (x *Access) Passable() bool {
	if x.Allowed || x.Off || x.Limit != "" || x.Rule != "" {
		return false
	}
	switch Action(x.Action) {
	case Join, Post, Comment:
		return true
	}
	return false
}

// Say returns what is missing, in a language, with who set it and why.
func (x *Access) Say(lang string) string {
	var parts []string
	for _, a := range append([]*Access{x}, x.Also...) {
		if s := a.sentence(lang); s != "" {
			parts = append(parts, s)
		}
	}
	space := " "
	if chinese(lang) {
		space = ""
	}
	return strings.Join(parts, space)
}

func chinese(lang string) bool { return lang == "zh" || strings.HasPrefix(lang, "zh-") }

func (x *Access) sentence(lang string) string {
	key := "en"
	if chinese(lang) {
		key = "zh"
	}
	s := x.Text[key]
	if s == "" {
		return ""
	}
	if set := x.SetLine(lang); set != "" {
		if key == "en" {
			s += " "
		}
		s += set
	}
	return s
}

// SetLine says who asks this, since when and why: "Set by @lin, 3 Nov: spam wave."
func (x *Access) SetLine(lang string) string {
	if x.by == "" {
		return ""
	}
	why := x.why(lang)
	at, _ := time.Parse(time.RFC3339, x.SetAt)
	if chinese(lang) {
		s := "由 " + x.by + " 设定（" + at.Format("2006-01-02") + "）"
		if why != "" {
			return s + "：" + why + "。"
		}
		return s + "。"
	}
	s := "Set by " + x.by + ", " + at.Format("2 Jan 2006")
	if why != "" {
		return s + ": " + strings.TrimRight(why, ".") + "."
	}
	return s + "."
}

// why is the operator's reason in this language, or in whichever it was written.
func (x *Access) why(lang string) string {
	base, _, _ := strings.Cut(lang, "-")
	for _, l := range []string{lang, base, "en"} {
		if s := x.Reason[l]; s != "" {
			return s
		}
	}
	least := ""
	for l := range x.Reason {
		if least == "" || l < least {
			least = l
		}
	}
	return x.Reason[least]
}

// refusal is the error of what does not happen now. It carries the Access for edges that can show more
// than a sentence.
func (x *Access) refusal() *circles.Error {
	e := circles.Errorf(circles.Forbidden, "%s", x.Say("en")).With("refused.gate", nil)
	if x.Limit == reputation.HitPerDay {
		e.Kind = circles.Limited
	}
	e.Reason, e.Err = string(Gated), x
	return e
}

// Error makes an Access the cause of a refusal, where errors.As finds it.
func (x *Access) Error() string { return string(x.Action) + ": " + string(x.Outcome) }

// attribute looks up who set the rules that stand in the way.
func attribute(tx *store.Tx, found []*Access) error {
	known := map[circles.ActorID]*circles.Actor{}
	for _, x := range found {
		if x.setBy == 0 || x.Outcome == Allow {
			continue
		}
		if _, ok := known[x.setBy]; !ok {
			a, err := tx.Actor(x.setBy)
			if err != nil && !circles.Is(err, circles.NotFound) {
				return err
			}
			known[x.setBy] = a
		}
		x.named(known[x.setBy])
	}
	return nil
}

func (x *Access) named(a *circles.Actor) {
	if a == nil || a.DeletedAt != 0 {
		return
	}
	x.SetBy, x.by = a.URI, "@"+a.Name
	if !a.Local() {
		x.by += "@" + a.Host
	}
}

// filterSentences say what a filter found. The rule is shown: who is stopped can argue with it.
func filterSentences(hit filter.Hit, edit bool) map[string]string {
	if edit {
		return map[string]string{
			"en": "The changed text matches a rule of this circle's filter (" + string(hit) + "), so it was not saved; what was there stands.",
			"zh": "修改后的内容触发了本圈的过滤规则（" + string(hit) + "），因此没有保存；原内容保持不变。",
		}
	}
	return map[string]string{
		"en": "It matches a rule of this circle's filter (" + string(hit) + "), so it is held for a moderator and not lost.",
		"zh": "内容触发了本圈的过滤规则（" + string(hit) + "），会保留并等待管理者审核，不会丢失。",
	}
}

// beggingSentences say that something reads like a request for a direct transfer, and what does.
func beggingSentences(hit filter.Hit, edit bool) map[string]string {
	if edit {
		return map[string]string{
			"en": "The changed text reads like a request to be paid directly (" + string(hit) + "), so it was not saved; what was there stands.",
			"zh": "修改后的内容像是在请人直接转账（" + string(hit) + "），因此没有保存；原内容保持不变。",
		}
	}
	return map[string]string{
		"en": "It reads like a request to be paid directly (" + string(hit) + "). Such payments cannot be given back, so a moderator looks at it first; it is not lost. Tips here need no such words.",
		"zh": "内容像是在请人直接转账（" + string(hit) + "）。这样付的钱无法退回，所以先由管理者看一看，不会丢失。在这里打赏不需要这样写。",
	}
}

// A kept Access is what held_post remembers: with the decision, so that it can be told again to whoever
// asks, in either way.
type keptAccess struct {
	Access
	D     reputation.Decision `json:"decision"`
	SetID circles.ActorID     `json:"set_id,omitempty"`
	Set   int64               `json:"set,omitempty"`
	By    string              `json:"by,omitempty"`
	Rest  []keptAccess        `json:"rest,omitempty"`
}

func (x *Access) keep() keptAccess {
	k := keptAccess{Access: *x, D: x.Decision, SetID: x.setBy, Set: x.set, By: x.by}
	k.Also = nil
	for _, a := range x.Also {
		k.Rest = append(k.Rest, a.keep())
	}
	return k
}

func (k keptAccess) access() *Access {
	x := k.Access
	x.Decision, x.setBy, x.set, x.by = k.D, k.SetID, k.Set, k.By
	for _, r := range k.Rest {
		x.Also = append(x.Also, r.access())
	}
	return &x
}

// Keep writes an Access so that ReadAccess gives it back.
func (x *Access) Keep() (string, error) {
	b, err := json.Marshal(x.keep())
	return string(b), err
}

// ReadAccess reads what Keep wrote.
func ReadAccess(s string) (*Access, error) {
	var k keptAccess
	if err := json.Unmarshal([]byte(s), &k); err != nil {
		return nil, err
	}
	return k.access(), nil
}
