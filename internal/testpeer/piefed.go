package testpeer

import (
	"context"
	"strings"
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
