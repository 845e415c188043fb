package as

import (
	"encoding/json"
	"slices"
	"time"
)

// Public is the audience that means everyone. as:Public and Public are read as it; Lemmy reads no
// other form. // ActivityPub 5.6
const Public = "https://www.w3.org/ns/activitystreams#Public"

// An Envelope is an activity, read as far as it takes to decide what to do with it. Empty means
// absent, null or unusable. Nothing is checked against anything: in particular ID and Actor may be
// empty or on different hosts.
type Envelope struct {
	ID       string
	Type     string
	Actor    string // the first, if several
	To, CC   []string
	Audience []string
	Object   Ref   // the first, if several
	Objects  []Ref // all, at most MaxArray: Mastodon flags several, PieFed announces batches of votes
	Target   Ref   // Block, Add, Remove, Move
	Origin   Ref   // Move, Remove
	Result   Ref   // Accept of an interaction

	Published time.Time
	EndTime   time.Time // Block; Lemmy's expires is read too

	// Summary is what makes Lemmy's Delete a moderator's removal: its presence, even as " " (Mbin),
	// for which HasSummary stands.
	Summary    string
	HasSummary bool
	Content    string // Flag and Reject
	Gate       *Gate  // Reject of a post, by a circle of ours on another server; nil = none

	Choice string // PollVote, PieFed's own: the option that was chosen

	RemoveData  bool // Block: remove what they wrote, too
	WithReplies bool // Delete with summary

	// Proof tells that there is a FEP-8b32 proof, which covers @context as well: the bytes must be
	// passed on whole.
	Proof bool

	// Raw is the activity's own bytes, shared with what was parsed.
	Raw json.RawMessage
}

// A Ref is an object that is either named by its address or embedded. ID may be empty for an
// embedded one (poll answers, snac's collections), and Type is empty for a named one.
type Ref struct {
	ID   string
	Type string
	Raw  json.RawMessage // nil if only named
	v    value
}

// IsZero reports whether there is nothing.
func (r Ref) IsZero() bool { return r.ID == "" && r.Raw == nil }

// Embedded reports whether the object itself is there, not only its address.
func (r Ref) Embedded() bool { return r.Raw != nil }

// Activity reads the embedded object as an activity, as in Announce, Undo and Accept, without
// scanning it again.
func (r Ref) Activity() (*Envelope, error) {
	if !r.Embedded() {
		return nil, refuse(ReasonShape, "The object is not embedded.")
	}
	return envelope(r.v), nil
}

// IsPublic reports whether everyone is among the recipients.
func (e *Envelope) IsPublic() bool {
	return slices.Contains(e.To, Public) || slices.Contains(e.CC, Public)
}

// Content reads the embedded object as ParseContent does.
func (r Ref) Content() (*Content, error) {
	if !r.Embedded() {
		return nil, refuse(ReasonShape, "The object is not embedded.")
	}
	return content(r.v)
}

// Actor reads the embedded object as ParseActor does.
func (r Ref) Actor() (*Actor, error) {
	if !r.Embedded() {
		return nil, refuse(ReasonShape, "The object is not embedded.")
	}
	return actor(r.v)
}

// Parse reads an activity. body must not change as long as the Envelope is used. The errors are
// *circles.Error with one of the reasons of this package; there is none for a strange activity.
func Parse(body []byte) (*Envelope, error) {
	doc, err := scan(body)
	if err != nil {
		return nil, err
	}
	return envelope(doc.root()), nil
}

// Identify returns the id and type of any document: what a fetch brought may be an actor, an object
// or an activity.
func Identify(body []byte) (id, typ string, err error) {
	doc, err := scan(body)
	if err != nil {
		return "", "", err
	}
	return doc.root().get("id").id(), doc.root().typ(), nil
}

func envelope(v value) *Envelope {
	e := &Envelope{Raw: v.raw()}
	v.members(func(key string, m value) {
		switch key {
		case "id":
			e.ID = m.id()
		case "type":
			e.Type = v.typ()
		case "actor":
			e.Actor = m.id()
		case "to":
			e.To = m.ids(MaxArray)
		case "cc":
			e.CC = m.ids(MaxArray)
		case "audience":
			e.Audience = m.ids(MaxList)
		case "object":
			m.each(func(o value) {
				if r := ref(o); !r.IsZero() {
					e.Objects = append(e.Objects, r)
				}
			})
			if len(e.Objects) > 0 {
				e.Object = e.Objects[0]
			}
		case "target":
			e.Target = ref(m.first())
		case "origin":
			e.Origin = ref(m.first())
		case "result":
			e.Result = ref(m.first())
		case "published":
			e.Published = m.time()
		case "endTime", "expires":
			if t := m.time(); !t.IsZero() {
				e.EndTime = t
			}
		case "summary":
			e.Summary, e.HasSummary = m.text(MaxSummary), m.first().isString()
		case "content":
			e.Content = m.text(MaxSummary)
		case "gate":
			e.Gate = gate(m)
		case "choice_text":
			e.Choice = m.text(MaxName)
		case "removeData":
			e.RemoveData = m.truth()
		case "withReplies":
			e.WithReplies = m.truth()
		case "proof":
			e.Proof = !m.absent()
		}
	})
	return e
}

func ref(v value) Ref {
	r := Ref{ID: v.id()}
	if v.isObject() {
		r.Type, r.Raw, r.v = v.typ(), v.raw(), v
	}
	return r
}
