package as

import "time"

// An Act is what every activity of ours has. All addresses are absolute.
type Act struct {
	ID       string
	Actor    string
	To, CC   []string
	Audience string // the circle, if it concerns one
}

// activity is the wire form. The object comes last, byte for byte.
type activity struct {
	ID          string        `json:"id"`
	Type        string        `json:"type"`
	Actor       string        `json:"actor"`
	To          *list[string] `json:"to,omitempty"`
	CC          *list[string] `json:"cc,omitempty"`
	Audience    string        `json:"audience,omitempty"`
	Target      string        `json:"target,omitempty"`
	Summary     string        `json:"summary,omitempty"`
	Content     string        `json:"content,omitempty"`
	EndTime     string        `json:"endTime,omitempty"`
	Expires     string        `json:"expires,omitempty"`
	RemoveData  bool          `json:"removeData,omitempty"`
	WithReplies bool          `json:"withReplies,omitempty"`
	Published   string        `json:"published,omitempty"`
	Gate        *Gate         `json:"gate,omitempty"`
}

// addressed is the form for activities that Lemmy reads only with both to and cc, even empty.
func (a Act) addressed(typ string) activity {
	w := a.bare(typ)
	to, cc := list[string](a.To), list[string](a.CC)
	w.To, w.CC = &to, &cc
	return w
}

// direct is the form with to alone.
func (a Act) direct(typ string) activity {
	w := a.bare(typ)
	to := list[string](a.To)
	w.To = &to
	return w
}

func (a Act) bare(typ string) activity {
	return activity{ID: a.ID, Type: typ, Actor: a.Actor, Audience: a.Audience}
}

func (w activity) of(object Doc) Doc {
	context := object.context
	if context == "" {
		context = contextObject
	}
	return Doc{body: with(render(w), "object", object.body), context: context}
}

func (w activity) on(id, context string) Doc {
	return Doc{body: with(render(w), "object", render(id)), context: context}
}

// Create announces a Page or a Note by its author.
func Create(a Act, object Doc) Doc { return a.addressed("Create").of(object) }

// Update carries the object or actor as it is now.
func Update(a Act, object Doc) Doc { return a.addressed("Update").of(object) }

// Delete is an author taking back an object of their own, or leaving (object is the actor then). It
// has no summary: with one, Lemmy reads a removal by a moderator.
func Delete(a Act, object string) Doc { return a.addressed("Delete").on(object, contextPlain) }

// DeleteRemoval is a moderator removing somebody's object, for a reason that is shown. withReplies
// asks for the whole branch.
func DeleteRemoval(a Act, object, reason string, withReplies bool) Doc {
	w := a.addressed("Delete")
	w.Summary, w.WithReplies = reason, withReplies
	if reason == "" {
		w.Summary = " " // its presence decides
	}
	return w.on(object, contextObject)
}

// Undo takes back an activity of the same actor. Give it the same recipients: Lemmy wants to and cc
// if that activity had them, and none around a vote.
func Undo(a Act, inner Doc) Doc {
	if len(a.To)+len(a.CC) == 0 {
		return a.bare("Undo").of(inner)
	}
	return a.addressed("Undo").of(inner)
}

// Like is a vote up. a.To and a.CC are not written; Lemmy's form has none.
func Like(a Act, object string) Doc { return a.bare("Like").on(object, contextPlain) }

// Dislike is a vote down.
func Dislike(a Act, object string) Doc { return a.bare("Dislike").on(object, contextPlain) }

// Follow asks to follow an actor, to whom alone it goes.
func Follow(a Act, object string) Doc { return a.direct("Follow").on(object, contextPlain) }

// Accept answers a Follow with the Follow itself, its id unchanged: see Raw.
func Accept(a Act, follow Doc) Doc { return a.direct("Accept").of(plain(follow)) }

// Reject refuses a Follow, or removes a follower later.
func Reject(a Act, follow Doc) Doc { return a.direct("Reject").of(plain(follow)) }

// plain keeps a Follow's answer from carrying the long @context.
func plain(d Doc) Doc {
	if d.context != "" {
		d.context = contextPlain
	}
	return d
}

// RejectGated tells another server that a circle does not take a Create, an Update or a Follow, by its id: which
// rule, and what is missing. Summary is plain text, content the same as HTML. // FEP-1b12
func RejectGated(a Act, activity, summary, content string, gate *Gate) Doc {
	w := a.direct("Reject")
	w.Summary, w.Content, w.Gate = summary, content, gate
	return w.on(activity, contextObject)
}

// Announce is a circle passing on an activity, ours or, by Raw, somebody else's. // FEP-1b12
func Announce(a Act, inner Doc) Doc { return a.addressed("Announce").of(inner) }

// AnnounceID is a circle boosting a post by its address: the form for microblogs.
func AnnounceID(a Act, object string, published time.Time) Doc {
	w := a.addressed("Announce")
	w.Published = stamp(published)
	return w.on(object, contextPlain)
}

// Flag reports objects to who answers for them: a.To is that one alone. One object is written by itself,
// as Lemmy sends it; several, as Mastodon does, a person with what they wrote. Lemmy shows summary,
// Mastodon content; both get the reason, as plain text.
func Flag(a Act, objects []string, reason string) Doc {
	w := a.direct("Flag")
	w.Summary, w.Content = reason, reason
	if len(objects) == 1 {
		return w.on(objects[0], contextPlain)
	}
	return Doc{body: with(render(w), "object", render(objects)), context: contextPlain}
}

// A Ban is what a Block says beside whom: from which circle or, with the instance actor, from the
// whole site; until when (zero: for good); and whether what they wrote goes too. The time goes out under
// both names: Mbin knows only Lemmy's older one, and would ban for good (BlockHandler.php).
type Ban struct {
	Target     string
	Reason     string
	Until      time.Time
	RemoveData bool
}

// Block bans a person.
func Block(a Act, person string, ban Ban) Doc {
	w := a.addressed("Block")
	w.Target, w.Summary, w.RemoveData = ban.Target, ban.Reason, ban.RemoveData
	w.EndTime, w.Expires = stamp(ban.Until), stamp(ban.Until)
	return w.on(person, contextObject)
}

// Add puts an address into a collection: a moderator, or a pinned post.
func Add(a Act, object, collection string) Doc {
	w := a.addressed("Add")
	w.Target = collection
	return w.on(object, contextPlain)
}

// Remove takes an address out of a collection.
func Remove(a Act, object, collection string) Doc {
	w := a.addressed("Remove")
	w.Target = collection
	return w.on(object, contextPlain)
}

// Lock closes a post to comments. Lemmy 1.0, PieFed and Mbin read it; older ones want an Update with
// commentsEnabled as well.
func Lock(a Act, object, reason string) Doc {
	w := a.addressed("Lock")
	w.Summary = reason
	return w.on(object, contextObject)
}

// Warn tells a person in Lemmy 1.0 why something happened to their object; a.To is that person.
func Warn(a Act, object, reason string) Doc {
	w := a.addressed("Warn")
	w.Summary = reason
	return w.on(object, contextObject)
}

// Move says that an account moved: object is the old one, who is the actor.
func Move(a Act, target string) Doc {
	w := a.addressed("Move")
	w.Target = target
	return w.on(a.Actor, contextPlain)
}

// A Gate is the machine-readable part of a refusal, in our own namespace.
type Gate struct {
	Action   string // "post"
	Decision string // "held", "refused"
	About    string // "edit" of a change, "follow" of a Follow; "" = of what was written
	Object   string // the id of what was written: servers forget the activity sooner
	Unmet    []Unmet
	Text     map[string]string // the same in plain sentences, by language
	SetBy    string            // who set the rule
	SetAt    time.Time         // when; zero = nobody did, it is a rule of the program
	Reason   string            // why they did
	Note     string            // why a moderator refused it
	Appeal   string            // where to object
}

// Unmet is one condition that is not met yet.
type Unmet struct {
	Path  int    // the path it is on, counted from 1: one path that is met opens the gate
	Fact  string // as docs/protocol.md lists them
	Scope string // "circle", "instance" or ""
	Have  int64  // negative = not told
	Need  int64
	ETA   time.Time // zero if time alone does not help
}

// MarshalJSON implements json.Marshaler.
func (g Gate) MarshalJSON() ([]byte, error) {
	return render(struct {
		Type     string            `json:"type"`
		Action   string            `json:"action"`
		Decision string            `json:"decision"`
		About    string            `json:"about,omitempty"`
		Object   string            `json:"object,omitempty"`
		Unmet    list[Unmet]       `json:"unmet"`
		Text     map[string]string `json:"text,omitempty"`
		SetBy    string            `json:"setBy,omitempty"`
		SetAt    string            `json:"setAt,omitempty"`
		Reason   string            `json:"reason,omitempty"`
		Note     string            `json:"note,omitempty"`
		Appeal   string            `json:"appeal,omitempty"`
	}{"Gate", g.Action, g.Decision, g.About, g.Object, g.Unmet, g.Text, g.SetBy, stamp(g.SetAt), g.Reason, g.Note, g.Appeal}), nil
}

// MarshalJSON implements json.Marshaler.
func (u Unmet) MarshalJSON() ([]byte, error) {
	have := &u.Have
	if u.Have < 0 {
		have = nil
	}
	return render(struct {
		Path  int    `json:"path,omitempty"`
		Fact  string `json:"fact"`
		Scope string `json:"scope,omitempty"`
		Have  *int64 `json:"have,omitempty"`
		Need  int64  `json:"need"`
		ETA   string `json:"eta,omitempty"`
	}{u.Path, u.Fact, u.Scope, have, u.Need, stamp(u.ETA)}), nil
}

// gate reads the machine-readable part of a refusal; nil if there is none. A gate has at most four paths of
// four facts.
func gate(v value) *Gate {
	const paths, facts, most = 4, 4, 1 << 20
	if v = v.first(); !v.isObject() || v.get("decision").str() == "" {
		return nil
	}
	g := &Gate{
		Action: v.get("action").text(MaxName), Decision: v.get("decision").text(MaxName), About: v.get("about").text(MaxName), Object: v.get("object").id(),
		SetBy: v.get("setBy").id(), SetAt: v.get("setAt").time(), Reason: v.get("reason").text(MaxSummary), Note: v.get("note").text(MaxSummary),
		Appeal: v.get("appeal").id(), Text: map[string]string{},
	}
	v.get("unmet").each(func(u value) {
		if len(g.Unmet) == paths*facts || !u.isObject() {
			return
		}
		one := Unmet{Path: min(u.get("path").count(), paths), Fact: u.get("fact").text(MaxName), Scope: u.get("scope").text(MaxName),
			Have: -1, Need: int64(min(u.get("need").count(), most)), ETA: u.get("eta").time()}
		if have := u.get("have"); !have.absent() {
			one.Have = int64(min(have.count(), most))
		}
		g.Unmet = append(g.Unmet, one)
	})
	if text := v.get("text"); text.isObject() {
		for _, lang := range []string{"en", "zh"} {
			if s := text.get(lang).text(MaxSummary); s != "" {
				g.Text[lang] = s
			}
		}
	}
	return g
}
