package testpeer

import (
	"context"
	"slices"
	"strings"
)

func misskeyRules() *rules {
	return &rules{
		actor: func(_ context.Context, _ *Peer, a obj) *denial {
			if why := wantsContext(a); why != nil {
				return why
			}
			if strings.Trim(a.str("preferredUsername"), letters+"-.") != "" {
				return deny(ReasonActorShape, a.str("preferredUsername"))
			}
			if !sameHost(a.str("id"), a.str("inbox")) {
				return deny(ReasonActorShape, "inbox "+a.str("inbox"))
			}
			return nil
		},
		object: func(_ *reading, _, o obj) *denial {
			if o.typ() == "ChatMessage" { // K activitypub/type.ts: validPost
				return deny(ReasonObjectType, o.typ())
			}
			return nil
		},
		announce: func(r *reading, a obj) ruling {
			if in := a.sub("object"); in != nil && in.has("object") {
				return ignored(ReasonAnnounceIgnored, "Announce of "+in.typ())
			}
			if !r.p.followed(a.ref("actor")) {
				return ignored(ReasonNotFollowed, a.ref("actor"))
			}
			o, err := r.p.object(r.ctx, a.ref("object"))
			if err != nil {
				return ignored(ReasonUnavailable, err.Error())
			}
			if o.typ() != "Note" && o.typ() != "Question" && !slices.Contains(converted, o.typ()) {
				return ignored(ReasonAnnounceIgnored, "Announce of "+o.typ())
			}
			return r.boosted(a, o)
		},
		vote: func(_ *reading, a obj) *denial {
			if a.typ() == "Dislike" {
				return deny(ReasonNoDislike, "")
			}
			return nil
		},
		render: showWarning,
		refs:   true,
	}
}

const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"
