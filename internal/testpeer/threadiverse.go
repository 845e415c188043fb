package testpeer

import (
	"context"
	"fmt"
	"math"
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"
)

func pieFedRules() *rules {
	return &rules{
		actor: func(_ context.Context, _ *Peer, a obj) *denial { // P app/activitypub/util.py:1085
			if a.str("outbox") == "" {
				return deny(ReasonNoOutbox, a.str("id"))
			}
			if !a.has("name") {
				return deny(ReasonActorShape, "no name")
			}
			if e := a.sub("endpoints"); a.has("endpoints") && e.str("sharedInbox") == "" {
				return deny(ReasonEndpoints, a.str("id"))
			}
			if id := a.str("id"); id != strings.ToLower(id) {
				return deny(ReasonActorCase, id)
			}
			return nil
		},
		object: func(r *reading, _, o obj) *denial {
			if o.has("name") && o.ref("inReplyTo") != "" && !o.has("published") {
				r.p.answerPoll(o)
				return deny(ReasonPollVote, o.str("id"))
			}
			return nil
		},
		announce: func(r *reading, a obj) ruling {
			group := a.ref("actor")
			if !r.isGroup(group) {
				return refused(ReasonNotGroup, group)
			}
			if l, ok := a["object"].([]any); ok { // a batch of votes
				rule := accepted()
				for _, v := range l {
					if one := r.inner(group, asObj(v)); one.verdict == Refused {
						rule = one
					}
				}
				return rule
			}
			if in := a.sub("object"); in != nil {
				if !in.has("object") {
					return ignored(ReasonAnnounceIgnored, "Announce of "+in.typ())
				}
				return r.inner(group, in)
			}
			o, err := r.p.object(r.ctx, a.ref("object"))
			if err != nil {
				return ignored(ReasonUnavailable, err.Error())
			}
			return r.foreign(group, o)
		},
		remove:  removal,
		parents: true,
	}
}

// foreign reads a fetched document that a community passed on: an activity, or a post as if its
// author had just created it.
func (r *reading) foreign(group string, o obj) ruling {
	if o.has("object") {
		return r.inner(group, o)
	}
	return r.inner(group, obj{"id": o.str("id") + "/fetched", "type": "Create", "actor": o.ref("attributedTo"),
		"to": o["to"], "cc": o["cc"], "object": map[string]any(o)})
}

func mbinRules() *rules {
	return &rules{
		actor: func(ctx context.Context, p *Peer, a obj) *denial { // B src/Service/ActivityPubManager.php:622
			if a.has("icon") && a["icon"] != nil && a.sub("icon").typ() == "" {
				return deny(ReasonImage, "icon without type")
			}
			if a.typ() != "Group" {
				return nil
			}
			doc, err := p.object(ctx, a.ref("followers"))
			if err != nil {
				return deny(ReasonFollowerCount, err.Error())
			}
			if n, ok := doc["totalItems"].(float64); !ok || n != math.Trunc(n) {
				return deny(ReasonFollowerCount, fmt.Sprint(doc["totalItems"]))
			}
			return nil
		},
		announce: func(r *reading, a obj) ruling {
			group := a.ref("actor")
			in := a.sub("object")
			if in == nil {
				o, err := r.p.object(r.ctx, a.ref("object"))
				if err != nil {
					return ignored(ReasonUnavailable, err.Error())
				}
				in = o
			}
			if !r.isGroup(group) {
				if in.has("object") {
					return refused(ReasonNotGroup, group)
				}
				return r.boosted(a, in)
			}
			return r.foreign(group, in)
		},
		remove: removal,
		render: func(r *reading, o obj, x *Post) {
			if x.Type == "Note" && x.ReplyTo == "" && x.Group != "" {
				x.Micro, x.Title = true, ""
				if !r.local {
					r.noting(ReasonMicroblog, x.ID)
				}
			}
		},
		parents: true,
	}
}

const nodeBBTitle = 255 // characters of a topic's title, as installed

func nodeBBRules() *rules {
	return &rules{
		object: func(r *reading, _, o obj) *denial { // N inbox.js
			if _, plain := o["attributedTo"].(string); !plain {
				return deny(ReasonAttributedTo, o.str("id"))
			}
			if o.ref("inReplyTo") == "" && utf8.RuneCountInString(nodeBBName(o)) > nodeBBTitle {
				return deny(ReasonTitleTooLong, o.str("id"))
			}
			return nil
		},
		announce: func(r *reading, a obj) ruling {
			group := a.ref("actor")
			in := a.sub("object")
			if in == nil || hostOf(in.str("id")) != hostOf(group) {
				// What is of another host is not believed but fetched by its id.
				o, err := r.p.object(r.ctx, a.ref("object"))
				if err != nil {
					if in.typ() == "Delete" { // what it deletes cannot be fetched: hosts decide
						actor, gone := in.ref("actor"), in.ref("object")
						if !sameHost(group, actor) && !sameHost(actor, gone) {
							return refused(ReasonAnnouncedDelete, gone)
						}
						return r.inner(group, in)
					}
					return refused(ReasonRefetchFailed, err.Error()).answering(http.StatusFailedDependency)
				}
				in = o
			}
			if in.typ() == "Delete" && !sameHost(group, in.ref("actor")) && !sameHost(in.ref("actor"), in.ref("object")) {
				return refused(ReasonAnnouncedDelete, in.ref("object"))
			}
			if !r.isGroup(group) {
				if in.has("object") {
					return refused(ReasonNotGroup, group)
				}
				return r.boosted(a, in)
			}
			return r.foreign(group, in)
		},
		render: func(_ *reading, o obj, x *Post) {
			if x.ReplyTo == "" {
				x.Title = nodeBBName(o)
			} else {
				x.Title = ""
			}
		},
		parents: true,
	}
}

// nodeBBName is the title, or the first words of the text where there is none.
func nodeBBName(o obj) string {
	if name := o.str("name"); name != "" {
		return name
	}
	var b strings.Builder
	in := false
	for _, c := range o.str("content") {
		switch {
		case c == '<':
			in = true
		case c == '>':
			in = false
		case !in:
			b.WriteRune(c)
		}
		if !in && slices.Contains([]rune{'.', '?', '!', '\n'}, c) {
			break
		}
	}
	return strings.TrimSpace(b.String())
}

// plainRules are those of a server without opinions: it reads both forms of Announce.
func plainRules() *rules {
	return &rules{
		announce: func(r *reading, a obj) ruling {
			group, in := a.ref("actor"), a.sub("object")
			if in == nil {
				o, err := r.p.object(r.ctx, a.ref("object"))
				if err != nil {
					return ignored(ReasonUnavailable, err.Error())
				}
				in = o
			}
			if r.isGroup(group) {
				return r.foreign(group, in)
			}
			return r.boosted(a, in)
		},
		remove: removal,
		refs:   true,
	}
}
