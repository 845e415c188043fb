package testpeer

import (
	"context"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

// A bench is a server that stands for ours (home), and one under test whose bob follows a circle of
// home. Damaged activities are put together by hand and sent by alice or the circle.
type bench struct {
	t           *testing.T
	ctx         context.Context
	home, away  *Peer
	alice, carl *Actor
	birds, bob  *Actor
}

func newBench(t *testing.T, persona Persona) *bench {
	home, away := New(t, Unknown), New(t, persona)
	b := &bench{t: t, ctx: t.Context(), home: home, away: away, alice: home.Person("alice").Daring(),
		carl: home.Person("carl"), birds: home.Group("birds").Daring(), bob: away.Person("bob").Daring()}
	b.bob.Follow(b.ctx, b.birds.ID)
	away.Wait(t, "the Accept", func() bool { return b.bob.Follows(b.birds.ID) })
	return b
}

// page is a post as our instance writes it, served at home.
func (b *bench) page(edits ...Edit) obj {
	id := b.home.URL + fmt.Sprintf("/things/%d", b.home.number())
	o := b.alice.object(id, "Page", "<p>Text.</p>")
	o["name"], o["audience"] = "A title", b.birds.ID
	o["to"], o["cc"] = []any{b.birds.ID, public}, []any{b.alice.ID + "/followers"}
	for _, e := range edits {
		e(o)
	}
	b.home.update(func() { b.home.docs[o.str("id")] = o })
	return o
}

// note is a comment below a post that away has.
func (b *bench) note(edits ...Edit) obj {
	parent := b.page()
	b.pass(b.create(parent))
	return b.page(append([]Edit{Set("type", "Note"), Set("inReplyTo", parent.str("id")), Set("to", []any{public, b.bob.ID}),
		Set("cc", []any{b.birds.ID}), Set("tag", []any{map[string]any{"type": "Mention", "href": b.bob.ID}}), Without("name")}, edits...)...)
}

func (b *bench) create(o obj, edits ...Edit) obj {
	return b.act("Create", b.alice, map[string]any(o), append([]Edit{Set("to", o["to"]), Set("cc", o["cc"])}, edits...)...)
}

func (b *bench) act(typ string, by *Actor, object any, edits ...Edit) obj {
	a := by.activity(typ, object, obj{"to": []any{public}, "cc": []any{b.birds.ID + "/followers"}, "audience": b.birds.ID})
	for _, e := range edits {
		e(a)
	}
	return a
}

// send posts an activity to away, with knobs, and returns what it answered.
func (b *bench) send(by *Actor, a obj, knobs ...Knob) Answer {
	b.t.Helper()
	body, err := json.Marshal(a)
	if err != nil {
		b.t.Fatal(err)
	}
	inbox := b.bob.Inbox()
	return by.Send(b.ctx, inbox, body, knobs...)
}

// pass makes the circle announce: an activity embedded to the threadiverse, an id to microblogs.
func (b *bench) pass(a obj) Answer {
	b.t.Helper()
	var object any = map[string]any(a)
	if b.away.traits.group == "" {
		object = a.sub("object").str("id")
	}
	return b.send(b.birds, b.act("Announce", b.birds, object, Without("audience")))
}

type refusal struct {
	persona Persona
	reason  Reason
	do      func(b *bench)
}

func drop(header string) Knob {
	return func(r *request) {
		r.finish = append(r.finish, func(req *http.Request) { req.Header.Del(header) })
	}
}

func refusals() []refusal {
	like := func(b *bench) obj { return b.act("Like", b.alice, b.note().str("id")) }
	knobbed := func(p Persona, reason Reason, knobs ...Knob) refusal {
		return refusal{p, reason, func(b *bench) { b.send(b.alice, like(b), knobs...) }}
	}
	posted := func(p Persona, reason Reason, edits ...Edit) refusal {
		return refusal{p, reason, func(b *bench) { b.pass(b.create(b.page(edits...))) }}
	}
	said := func(p Persona, reason Reason, edits ...Edit) refusal {
		return refusal{p, reason, func(b *bench) { o := b.note(edits...); b.send(b.alice, b.create(o)) }}
	}
	rewritten := func(p Persona, reason Reason, edit Edit) refusal {
		return refusal{p, reason, func(b *bench) {
			whole := read(b.home, func() obj { return copyOf(b.home.docs[b.alice.ID]) })
			b.alice.Rewrite(edit)
			b.send(b.alice, like(b))
			b.home.update(func() { b.home.docs[b.alice.ID] = whole })
		}}
	}
	asks := func(p Persona, reason Reason, edit func(*http.Request)) refusal {
		return refusal{p, reason, func(b *bench) {
			req, err := http.NewRequestWithContext(b.ctx, http.MethodGet, b.bob.ID, nil)
			if err != nil {
				b.t.Fatal(err)
			}
			edit(req)
			res, err := b.home.client.Do(req)
			if err != nil {
				b.t.Fatal(err)
			}
			if res.Body.Close(); p == GoToSocial && res.StatusCode < 400 {
				b.t.Errorf("GET of an actor at %s gives %d", p, res.StatusCode)
			}
		}}
	}
	other := "http://elsewhere.example"
	return []refusal{
		// How a request arrives.
		knobbed(Mastodon, ReasonUnsigned, Unsigned()),
		asks(GoToSocial, ReasonUnsigned, func(*http.Request) {}),
		asks(GoToSocial, ReasonNoAgent, func(r *http.Request) { r.Header.Set("User-Agent", "") }),
		asks(Lemmy, ReasonKeyForm, func(r *http.Request) {
			r.Header.Set("Date", time.Now().UTC().Format(http.TimeFormat))
			r.Header.Set("Signature", `keyId="http://h.example/key",headers="(request-target) host date",signature="AAAA"`)
		}),
		{PieFed, ReasonMalformedSig, func(b *bench) {
			b.send(b.alice, like(b), func(r *request) {
				r.finish = append(r.finish, func(req *http.Request) {
					req.Header.Set("Signature", strings.ReplaceAll(req.Header.Get("Signature"), ",", ", "))
				})
			})
		}},
		knobbed(Lemmy, ReasonCoverage, Covering("host", "date", "digest")),
		knobbed(Mastodon, ReasonCoverage, Covering("host", "date")),
		knobbed(Misskey, ReasonCoverage, Covering("(request-target)", "date", "digest")),
		knobbed(Mastodon, ReasonCoverage, InRFC9421(), Covering("@method", "content-digest")),
		knobbed(Lemmy, ReasonDigestMissing, Covering("(request-target)", "host", "date"), drop("Digest")),
		knobbed(Mastodon, ReasonDigest, Tampered()),
		knobbed(PieFed, ReasonDigest, WrongDigest()),
		knobbed(Mastodon, ReasonDigest, InRFC9421(), Tampered()),
		knobbed(Lemmy, ReasonClock, SignedAt(time.Now().Add(-61*time.Minute))),
		knobbed(PieFed, ReasonClock, SignedAt(time.Now().Add(61*time.Minute))),
		knobbed(Mastodon, ReasonClock, InRFC9421(), SignedAt(time.Now().Add(-2*time.Hour))),
		knobbed(PieFed, ReasonNoDate, drop("Date")),
		knobbed(Mbin, ReasonNoDate, drop("Date")),
		knobbed(PieFed, ReasonAlgorithm, func(r *request) { r.algorithm = "rsa-sha512" }),
		{Mastodon, ReasonKeyUnavailable, func(b *bench) { b.send(b.alice, like(b), WithKeyID(b.home.URL+"/nobody#main-key")) }},
		{Mastodon, ReasonBadSignature, func(b *bench) { b.send(b.alice, like(b), WithKeyOf(b.carl)) }},
		{Lemmy, ReasonBadSignature, func(b *bench) { b.send(b.alice, like(b), SignedBy(b.carl)) }},
		{NodeBB, ReasonSignerNotActor, func(b *bench) { b.send(b.alice, like(b), SignedBy(b.carl)) }},
		{Misskey, ReasonSignerHost, func(b *bench) {
			b.send(b.alice, b.act("Like", b.alice, b.bob.ID, Set("id", other+"/1")))
		}},
		{Misskey, ReasonTooLarge, func(b *bench) {
			if ans := b.send(b.alice, like(b), PaddedTo(64<<10+1)); ans.Status != http.StatusRequestEntityTooLarge {
				b.t.Errorf("64 KiB and one byte give %d, %v", ans.Status, ans.Err)
			}
		}},
		knobbed(Mastodon, ReasonContentType, Typed("text/plain")),
		{Lemmy, ReasonNotJSON, func(b *bench) { b.alice.Send(b.ctx, b.bob.Inbox(), []byte(`{"type":`)) }},
		{Lemmy, ReasonMissing, func(b *bench) { b.send(b.alice, b.act("Like", b.alice, b.bob.ID, Without("id"))) }},
		{Lemmy, ReasonRepeated, func(b *bench) { a := like(b); b.send(b.alice, a); b.send(b.alice, a) }},
		{Lemmy, ReasonUnknownType, func(b *bench) { b.send(b.alice, b.act("Dance", b.alice, b.bob.ID)) }},

		// Actors.
		rewritten(Lemmy, ReasonActorShape, Set("type", "Organization")),
		rewritten(Mastodon, ReasonKeyOwner, func(a map[string]any) { obj(a).sub("publicKey")["owner"] = other }),
		rewritten(Lemmy, ReasonNoOutbox, Without("outbox")),
		rewritten(GoToSocial, ReasonNoContext, Set("@context", "https://w3id.org/security/v1")),
		rewritten(Mastodon, ReasonWebFinger, Set("preferredUsername", "carl")),
		rewritten(PieFed, ReasonEndpoints, Set("endpoints", map[string]any{})),
		rewritten(Misskey, ReasonActorShape, Set("preferredUsername", "al ice")),
		rewritten(Lemmy, ReasonImage, Set("icon", "http://h.example/i.png")),
		{PieFed, ReasonActorCase, func(b *bench) { b.send(b.home.Person("Dora"), b.act("Like", b.home.Person("Dora"), b.bob.ID)) }},
		{Mbin, ReasonFollowerCount, func(b *bench) {
			g := b.home.Group("counted").Daring()
			at := strings.TrimPrefix(g.ID, b.home.URL) + "/followers"
			b.home.Serve(at, activityJSON, []byte(`{"id":"`+g.ID+`/followers","type":"Collection","totalItems":1.5}`))
			b.send(g, b.act("Announce", g, b.page().str("id")))
		}},
		{Lemmy, ReasonAuthorType, func(b *bench) {
			o := b.note(Set("attributedTo", b.birds.ID))
			b.send(b.birds, b.act("Create", b.birds, map[string]any(o)))
		}},

		// Posts.
		posted(Lemmy, ReasonFragment, func(o map[string]any) { o["id"] = obj(o).str("id") + "#it" }),
		posted(Lemmy, ReasonIDTooLong, func(o map[string]any) { o["id"] = obj(o).str("id") + strings.Repeat("x", 255) }),
		posted(Lemmy, ReasonToShape, Set("to", public)),
		{Lemmy, ReasonCCShape, func(b *bench) { b.pass(b.create(b.page(), Without("cc"))) }},
		posted(Lemmy, ReasonNotPublic, Set("to", []any{"as:Public"})),
		posted(Lemmy, ReasonAttributedTo, func(o map[string]any) { o["attributedTo"] = []any{o["attributedTo"]} }),
		posted(NodeBB, ReasonAttributedTo, func(o map[string]any) { o["attributedTo"] = []any{o["attributedTo"]} }),
		posted(Lemmy, ReasonAttachment, Set("attachment", nil)),
		posted(Lemmy, ReasonAttachment, Set("attachment", []any{map[string]any{"type": "Audio", "url": other}})),
		posted(Lemmy, ReasonImage, Set("image", other)),
		posted(Lemmy, ReasonLanguageNull, Set("language", nil)),
		posted(Lemmy, ReasonObjectType, Set("type", "Question")),
		posted(Lemmy, ReasonInReplyTo, Set("inReplyTo", other)),
		posted(Lemmy, ReasonOrigin, Set("attributedTo", other)),
		{Lemmy, ReasonNoCommunity, func(b *bench) {
			o := b.page(Set("to", []any{public}), Without("audience"))
			b.send(b.alice, b.create(o, Without("audience")))
		}},
		{Lemmy, ReasonObjectNotNested, func(b *bench) { b.pass(b.act("Create", b.alice, b.page().str("id"))) }},
		posted(NodeBB, ReasonTitleTooLong, Set("name", strings.Repeat("長", 256))),
		posted(Mastodon, ReasonSummaryIsWarning, Set("summary", "An excerpt")),
		posted(Mbin, ReasonMicroblog, Set("type", "Note")),
		posted(GoToSocial, ReasonUpdatedEarly, Set("updated", "2001-01-01T00:00:00Z")),
		{Mastodon, ReasonUnrelated, func(b *bench) { b.send(b.alice, b.create(b.page())) }},

		// Comments.
		said(Lemmy, ReasonCommentShape, Without("content")),
		said(Lemmy, ReasonParent, Set("inReplyTo", "http://127.0.0.1:1/post/1")),
		said(Mastodon, ReasonPollVote, Set("name", "Yes"), Without("content")),
		said(PieFed, ReasonPollVote, Set("name", "Yes"), Without("published")),
		said(GoToSocial, ReasonNameIsWarning, Set("name", "Re: A title")),

		// Announces.
		{Lemmy, ReasonAnnounceObject, func(b *bench) { b.pass(b.page()) }},
		{PieFed, ReasonAnnounceIgnored, func(b *bench) { b.pass(b.page()) }},
		{GoToSocial, ReasonAnnounceIgnored, func(b *bench) {
			b.send(b.birds, b.act("Announce", b.birds, map[string]any(b.create(b.page()))))
		}},
		{Lemmy, ReasonNotGroup, func(b *bench) { b.send(b.alice, b.act("Announce", b.alice, map[string]any(b.create(b.page())))) }},
		{Lemmy, ReasonNoLocalFollower, func(b *bench) {
			g := b.home.Group("unfollowed")
			b.send(g, b.act("Announce", g, map[string]any(b.create(b.page()))))
		}},
		{Misskey, ReasonNotFollowed, func(b *bench) { b.send(b.alice, b.act("Announce", b.alice, b.page().str("id"))) }},
		{Mastodon, ReasonUnavailable, func(b *bench) { b.send(b.birds, b.act("Announce", b.birds, b.home.URL+"/things/none")) }},
		{NodeBB, ReasonRefetchFailed, func(b *bench) {
			if ans := b.pass(obj{"id": "http://127.0.0.1:1/a", "type": "Like", "actor": other}); ans.Status != http.StatusFailedDependency {
				b.t.Errorf("a foreign id that cannot be fetched gives %d", ans.Status)
			}
		}},
		{NodeBB, ReasonAnnouncedDelete, func(b *bench) {
			b.pass(obj{"id": "http://127.0.0.1:1/a", "type": "Delete", "actor": "http://127.0.0.1:1/u", "object": b.page().str("id")})
		}},

		// The rest.
		{Lemmy, ReasonReadAsRemoval, func(b *bench) {
			o := b.page()
			b.pass(b.create(o))
			b.pass(b.act("Delete", b.alice, o.str("id"), Set("summary", "oops")))
		}},
		{Lemmy, ReasonNotModerator, func(b *bench) {
			theirs := b.away.Group("theirs")
			post := b.bob.Post(b.ctx, theirs.ID, "Ours", "<p>x</p>").Object
			b.send(b.alice, b.act("Delete", b.alice, post, Set("summary", "spam")))
		}},
		{Mastodon, ReasonNotAuthor, func(b *bench) {
			o := b.page()
			b.pass(b.create(o))
			b.send(b.birds, b.act("Delete", b.birds, o.str("id")))
		}},
		{Mastodon, ReasonRemoteLike, func(b *bench) {
			o := b.page()
			b.pass(b.create(o))
			b.send(b.alice, b.act("Like", b.alice, o.str("id")))
		}},
		{Mastodon, ReasonNoDislike, func(b *bench) { b.send(b.alice, b.act("Dislike", b.alice, b.bob.ID)) }},
		{Lemmy, ReasonNoSuchFollow, func(b *bench) { b.send(b.birds, b.act("Accept", b.birds, b.home.URL+"/follow/9")) }},
		{Lemmy, ReasonNoSuchObject, func(b *bench) { b.send(b.alice, b.act("Like", b.alice, b.home.URL+"/things/none")) }},
		{Lemmy, ReasonFlagTo, func(b *bench) { b.send(b.alice, b.act("Flag", b.alice, b.bob.ID, Set("to", []any{}))) }},
		{Lemmy, ReasonWarnShape, func(b *bench) {
			b.pass(b.act("Warn", b.alice, b.bob.Post(b.ctx, b.birds.ID, "A weed", "<p>x</p>").Object, Set("to", []any{b.bob.ID})))
		}},
		{Lemmy, ReasonToShape, func(b *bench) {
			b.pass(b.act("Warn", b.alice, b.bob.Post(b.ctx, b.birds.ID, "A weed", "<p>x</p>").Object, Set("summary", "why"), Set("to", []any{b.bob.ID, public})))
		}},
		{Lemmy, ReasonNoSuchObject, func(b *bench) {
			b.pass(b.act("Warn", b.alice, b.away.URL+"/post/none", Set("summary", "why"), Set("to", []any{b.bob.ID})))
		}},
		{Lemmy, ReasonOtherCommunity, func(b *bench) {
			post := b.bob.Post(b.ctx, b.birds.ID, "A weed", "<p>x</p>").Object
			b.pass(b.act("Warn", b.alice, post, Set("summary", "why"), Set("to", []any{b.bob.ID}), Set("audience", b.home.Group("fish").ID)))
		}},
		{Lemmy, ReasonAuthorType, func(b *bench) {
			post := b.bob.Post(b.ctx, b.birds.ID, "A weed", "<p>x</p>").Object
			b.pass(b.act("Warn", b.birds, post, Set("summary", "why"), Set("to", []any{b.bob.ID})))
		}},
		{Lemmy, ReasonNotPublic, func(b *bench) {
			post := b.bob.Post(b.ctx, b.birds.ID, "A weed", "<p>x</p>").Object
			warn := b.act("Warn", b.alice, post, Set("summary", "why"), Set("to", []any{b.bob.ID}))
			b.send(b.birds, b.act("Announce", b.birds, map[string]any(warn), Set("to", []any{b.bob.ID}), Set("cc", []any{})))
		}},
		{Lemmy, ReasonCollection, func(b *bench) {
			at := strings.TrimPrefix(b.birds.ID, b.home.URL) + "/featured"
			b.home.Serve(at, activityJSON, []byte(`{"id":"`+b.birds.ID+`/featured","type":"OrderedCollection","orderedItems":["`+b.page().str("id")+`"]}`))
			b.bob.Backfill(b.ctx, b.birds.ID)
		}},
		{PieFed, ReasonReadAtOrigin, func(b *bench) {
			o := b.page()
			b.send(b.alice, b.create(o), WithKeyOf(b.carl))
			if len(b.away.Posts(b.birds.ID)) == 0 {
				b.t.Error("what has a bad signature is not read from its origin")
			}
		}},
		{Lemmy, ReasonLocked, func(b *bench) {
			o := b.note()
			b.pass(b.act("Lock", b.alice, o.ref("inReplyTo")))
			b.pass(b.create(o))
		}},
		{Lemmy, ReasonBanned, func(b *bench) { // last of Lemmy's: alice stays out
			b.pass(b.act("Block", b.alice, b.alice.ID, Set("target", b.birds.ID)))
			b.pass(b.create(b.page()))
		}},
	}
}

func TestRefusals(t *testing.T) {
	benches := map[Persona]*bench{}
	for _, r := range refusals() {
		b := benches[r.persona]
		if b == nil {
			b = newBench(t, r.persona)
			benches[r.persona] = b
		}
		b.away.Mutate(nil) // forget complaints and actors
		r.do(b)
		told := b.away.Complained(r.reason)
		if r.reason == ReasonRepeated {
			got := b.away.Received()
			told = got[len(got)-1].Reason == ReasonRepeated
		}
		if !told {
			got := b.away.Received()
			t.Errorf("%s does not complain of %s but of %+v; last was\n%s", r.persona, r.reason, b.away.Complaints(), got[len(got)-1])
		}
	}
}

// PieFed never sends again to a host that said 410.
func TestPieFedGivesUpForEver(t *testing.T) {
	b := newBench(t, PieFed)
	o := b.page()
	b.pass(b.create(o))
	b.home.Inboxes(Refuse(http.StatusGone))
	b.bob.Like(b.ctx, o.str("id"))
	b.home.Inboxes(Normal())
	again := b.bob.Dislike(b.ctx, o.str("id"))
	if len(again.Answers) != 1 || again.Answers[0].Err == nil || again.Answers[0].Err.Error() != string(ReasonGoneForEver) {
		t.Errorf("after 410 it still sends: %+v", again.Answers)
	}
	if !b.away.GaveUp(b.home.Host()) {
		t.Error("it has not given up")
	}
}

// Every Reason must be triggered by a test above.
func TestEveryReasonIsTriggered(t *testing.T) {
	f, err := parser.ParseFile(token.NewFileSet(), "reasons.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	tried := []string{string(ReasonGoneForEver)}
	for _, r := range refusals() {
		tried = append(tried, string(r.reason))
	}
	n := 0
	ast.Inspect(f, func(node ast.Node) bool {
		spec, ok := node.(*ast.ValueSpec)
		if !ok || !strings.HasPrefix(spec.Names[0].Name, "Reason") {
			return true
		}
		n++
		value := strings.Trim(spec.Values[0].(*ast.BasicLit).Value, `"`)
		if !slices.Contains(tried, value) {
			t.Errorf("%s is triggered by no test", spec.Names[0].Name)
		}
		return true
	})
	if n < 50 {
		t.Errorf("only %d reasons found", n)
	}
}
