package testpeer

import "strings"

// A Mutation is damage done to what our instance sends. With it in force (Peer.Mutate) a peer of that
// persona must complain for that reason when the story is played; without it, never.
type Mutation struct {
	Name    string
	Persona Persona
	Story   Story
	Reason  Reason
	Apply   func(doc map[string]any) // changes an activity, object, actor or WebFinger answer in place
}

// A Story names what a test plays, with a person of the peer who follows a circle of ours.
type Story string

const (
	StoryFollow  Story = "a person of the peer follows our circle and is accepted"
	StoryPost    Story = "a member of ours posts a titled, public post without content warning"
	StoryComment Story = "a member of ours answers a comment that the peer's person wrote below the post"
	StoryDelete  Story = "a member of ours takes back a post of theirs"
)

// Mutations lists all of them.
func Mutations() []Mutation {
	return []Mutation{
		{"to as a string", Lemmy, StoryPost, ReasonToShape, activities(func(a obj) {
			if l := a.list("to"); len(l) > 0 {
				a["to"] = l[0]
			}
		})},
		{"cc missing", Lemmy, StoryPost, ReasonCCShape, activities(func(a obj) { delete(a, "cc") })},
		{"to of a comment as a string", Lemmy, StoryComment, ReasonToShape, comments(func(o obj) { o["to"] = public })},
		{"as:Public", Lemmy, StoryPost, ReasonNotPublic, objects(func(o obj) {
			for _, key := range []string{"to", "cc"} {
				for i, v := range o.list(key) {
					if v == public && o.isArray(key) {
						o.list(key)[i] = "as:Public"
					}
				}
			}
		})},
		{"attachment null", Lemmy, StoryPost, ReasonAttachment, posts(func(o obj) { o["attachment"] = nil })},
		{"attachment not in a list", Lemmy, StoryPost, ReasonAttachment, posts(func(o obj) {
			o["attachment"] = map[string]any{"type": "Link", "href": "https://news.example/a"}
		})},
		{"a video among the attachments", Lemmy, StoryPost, ReasonAttachment, posts(func(o obj) {
			o["attachment"] = append(o.list("attachment"), map[string]any{"type": "Video", "url": "https://media.example/v.mp4"})
		})},
		{"image as an address", Lemmy, StoryPost, ReasonImage, posts(func(o obj) { o["image"] = "https://media.example/i.png" })},
		{"language null", Lemmy, StoryPost, ReasonLanguageNull, posts(func(o obj) { o["language"] = nil })},
		{"language of the circle null", Lemmy, StoryFollow, ReasonLanguageNull, groups(func(o obj) { o["language"] = nil })},
		{"a fragment in an id", Lemmy, StoryPost, ReasonFragment, objects(func(o obj) { o["id"] = o.str("id") + "#it" })},
		{"inReplyTo on a post", Lemmy, StoryPost, ReasonInReplyTo, posts(func(o obj) { o["inReplyTo"] = "https://h.example/post/1" })},
		{"a comment without content", Lemmy, StoryComment, ReasonCommentShape, comments(func(o obj) { delete(o, "content") })},
		{"Announce of the post itself", Lemmy, StoryPost, ReasonAnnounceObject, func(doc map[string]any) {
			if a := obj(doc); a.typ() == "Announce" && a.sub("object").sub("object") != nil {
				a["object"] = a.sub("object")["object"]
			}
		}},
		{"Delete with summary by its author", Lemmy, StoryDelete, ReasonReadAsRemoval, activities(func(a obj) {
			if a.typ() == "Delete" {
				a["summary"] = "changed my mind"
			}
		})},
		{"an outbox missing", Lemmy, StoryFollow, ReasonNoOutbox, groups(func(o obj) { delete(o, "outbox") })},
		{"Accept without its Follow", Lemmy, StoryFollow, ReasonNoSuchFollow, func(doc map[string]any) {
			if a := obj(doc); a.typ() == "Accept" {
				a["object"] = a.sub("object").ref("object")
			}
		}},

		{"name instead of content on a comment", Mastodon, StoryComment, ReasonPollVote, comments(func(o obj) {
			o["name"] = "Yes"
			delete(o, "content")
		})},
		{"summary on a post", Mastodon, StoryPost, ReasonSummaryIsWarning, posts(func(o obj) { o["summary"] = "An excerpt" })},
		{"self link to another address", Mastodon, StoryFollow, ReasonWebFinger, func(doc map[string]any) {
			for _, v := range obj(doc).list("links") {
				if l := asObj(v); l.str("rel") == "self" {
					l["href"] = l.str("href") + "/"
				}
			}
		}},
		{"@context without ActivityStreams", Mastodon, StoryFollow, ReasonNoContext, groups(func(o obj) { o["@context"] = "https://w3id.org/security/v1" })},
		{"a key of somebody else", Mastodon, StoryFollow, ReasonKeyOwner, groups(func(o obj) {
			if k := o.sub("publicKey"); k != nil {
				k["owner"] = o.str("id") + "/other"
			}
		})},

		{"name on a comment without published", PieFed, StoryComment, ReasonPollVote, comments(func(o obj) {
			o["name"] = "Re: the title"
			delete(o, "published")
		})},
		{"endpoints without sharedInbox", PieFed, StoryFollow, ReasonEndpoints, groups(func(o obj) { o["endpoints"] = map[string]any{} })},
		{"capitals in an actor's id", PieFed, StoryFollow, ReasonActorCase, groups(func(o obj) {
			at := strings.LastIndexByte(o.str("id"), '/') + 1
			id := o.str("id")[:at] + strings.ToUpper(o.str("id")[at:])
			o["id"] = id
			if k := o.sub("publicKey"); k != nil {
				k["owner"] = id
			}
		})},

		{"Note instead of Page", Mbin, StoryPost, ReasonMicroblog, posts(func(o obj) { o["type"] = "Note" })},
		{"followers counted in a string", Mbin, StoryFollow, ReasonFollowerCount, func(doc map[string]any) {
			if o := obj(doc); o.typ() == "Collection" || o.typ() == "OrderedCollection" {
				o["totalItems"] = "3"
			}
		}},

		{"attributedTo as a list", NodeBB, StoryPost, ReasonAttributedTo, objects(func(o obj) { o["attributedTo"] = []any{o.ref("attributedTo")} })},
		{"a title of 300 characters", NodeBB, StoryPost, ReasonTitleTooLong, posts(func(o obj) { o["name"] = strings.Repeat("x", 300) })},

		{"name on a comment", GoToSocial, StoryComment, ReasonNameIsWarning, comments(func(o obj) { o["name"] = "Re: the title" })},
		{"updated before published", GoToSocial, StoryPost, ReasonUpdatedEarly, posts(func(o obj) { o["updated"] = "2001-01-01T00:00:00Z" })},
		{"Announce of an activity", GoToSocial, StoryPost, ReasonAnnounceIgnored, embedded},
		{"Announce of an activity to Misskey", Misskey, StoryPost, ReasonAnnounceIgnored, embedded},
	}
}

// embedded turns the Announce of an id into that of a Create.
func embedded(doc map[string]any) {
	a := obj(doc)
	if id, ok := a["object"].(string); ok && a.typ() == "Announce" {
		a["object"] = map[string]any{"id": a.str("id") + "/create", "type": "Create", "actor": a["actor"], "object": id}
	}
}

// activities applies f to an activity and to those inside it.
func activities(f func(obj)) func(map[string]any) {
	return func(doc map[string]any) {
		for a := obj(doc); a != nil && a.has("actor"); a = a.sub("object") {
			f(a)
		}
	}
}

// objects applies f to a post or comment, inside activities or by itself.
func objects(f func(obj)) func(map[string]any) {
	return func(doc map[string]any) {
		for o := obj(doc); o != nil; o = o.sub("object") {
			if o.has("attributedTo") && !o.has("actor") && !o.has("inbox") && o.has("to") {
				f(o)
			}
		}
	}
}

func posts(f func(obj)) func(map[string]any) {
	return objects(func(o obj) {
		if o.ref("inReplyTo") == "" {
			f(o)
		}
	})
}

func comments(f func(obj)) func(map[string]any) {
	return objects(func(o obj) {
		if o.ref("inReplyTo") != "" {
			f(o)
		}
	})
}

// groups applies f to the document of a community.
func groups(f func(obj)) func(map[string]any) {
	return func(doc map[string]any) {
		if o := obj(doc); o.typ() == "Group" && o.has("inbox") {
			f(o)
		}
	}
}
