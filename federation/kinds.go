package federation

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"halqa/circles/reputation"
	"halqa/internal/app"
	"halqa/internal/standing"
	"halqa/internal/store"
)

// A kind is a type of activity that is understood here.
type kind struct {
	take func(*Inbox, *store.Tx, act) error
	// The acts that a gate may stand before. A test sends every kind with every gate shut and holds this
	// against what it meets.
	gates []reputation.Action
}

// kinds is every one there is. What is of another is kept and answered 202: peers must never be told off for
// what is new to us.
func kinds() map[string]kind {
	vote := func(value int) func(*Inbox, *store.Tx, act) error {
		return func(in *Inbox, tx *store.Tx, a act) error { return in.vote(tx, a, value) }
	}
	collect := func(add bool) func(*Inbox, *store.Tx, act) error {
		return func(in *Inbox, tx *store.Tx, a act) error { return in.collect(tx, a, add) }
	}
	words := []reputation.Action{reputation.Post, reputation.PostMedia, reputation.PostLink, reputation.Comment}
	react := []reputation.Action{reputation.React}
	return map[string]kind{
		"Follow":     {(*Inbox).follow, []reputation.Action{reputation.Join}},
		"Create":     {(*Inbox).create, append(slices.Clone(words), reputation.StartDM, reputation.React)}, // a vote in a poll is a Note
		"Update":     {(*Inbox).update, words},
		"Like":       {vote(1), react},
		"EmojiReact": {vote(1), react},
		"Dislike":    {vote(-1), []reputation.Action{reputation.Downvote}},
		"PollVote":   {(*Inbox).pollVote, react},

		"Accept":   {take: (*Inbox).acceptFollow},
		"Reject":   {take: (*Inbox).rejectFollow},
		"Delete":   {take: (*Inbox).delete},
		"Undo":     {take: (*Inbox).undo},
		"Announce": {take: (*Inbox).announced}, // of circles elsewhere, which ask for themselves
		"Block":    {take: func(in *Inbox, tx *store.Tx, a act) error { return in.block(tx, a, a.Envelope, true) }},
		"Lock":     {take: func(in *Inbox, tx *store.Tx, a act) error { return in.lock(tx, a, a.Object.ID, true) }},
		"Add":      {take: collect(true)},
		"Remove":   {take: collect(false)},
		"Flag":     {take: (*Inbox).flag},
		"Move":     {take: (*Inbox).move},
	}
}

// Kinds are the types of activities that the inbox understands.
func (in *Inbox) Kinds() []string { return slices.Sorted(maps.Keys(in.kinds)) }

// A verdict is what a gate said of an activity, for the answer to its sender.
type verdict struct {
	said *standing.Access
	held bool
}

// of notes what became of an act. A vote is never answered, whatever became of it.
func (v *verdict) of(o app.Outcome) {
	if v == nil || o.Gate.Action == reputation.React || o.Gate.Action == reputation.Downvote {
		return
	}
	v.said, v.held = o.Gate, o.Result == app.Waits
}

// write answers 202 with what a gate asks, as a problem: what is held waits for its approver. A gate is never
// answered with 4xx, which Lemmy, Mastodon and Mbin drop in silence. // FEP-c180, RFC 9457 3
func (v *verdict) write(w http.ResponseWriter, site Site) error {
	told, err := v.said.Tellable()
	if err != nil {
		return err
	}
	decision := store.GateRefused
	if v.held {
		decision = store.GateHeld
	}
	gate, err := site.gate(told, decision)
	if err != nil {
		return err
	}
	body := struct {
		Type     string `json:"type"`
		Title    string `json:"title"`
		Status   int    `json:"status"`
		Detail   string `json:"detail"`
		Approver string `json:"approver,omitempty"`
		Gate     any    `json:"gate"`
	}{"https://w3id.org/halqa/v1#problem-gate", "A gate refuses it", http.StatusAccepted, v.said.ForOthers().Say("en"), "", gate}
	if v.held {
		body.Type, body.Title, body.Approver = "https://w3id.org/fep/c180#approval-required", "Approval required", site.Address(strings.TrimSuffix(v.said.Why, "/why"))
	}
	b, err := json.Marshal(body)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.Header().Set("Content-Length", strconv.Itoa(len(b)))
	w.WriteHeader(http.StatusAccepted)
	_, err = w.Write(b)
	return err
}
