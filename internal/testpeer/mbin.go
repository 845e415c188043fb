package testpeer

import (
	"context"
	"fmt"
	"math"
)

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
