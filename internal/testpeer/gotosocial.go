package testpeer

import "context"

func goToSocialRules() *rules {
	return &rules{
		actor: func(_ context.Context, _ *Peer, a obj) *denial { return wantsContext(a) },
		object: func(r *reading, _, o obj) *denial {
			if o.typ() == "ChatMessage" { // G internal/ap/interfaces.go: IsStatusable
				return deny(ReasonObjectType, o.typ())
			}
			if u := o.str("updated"); u != "" && u < o.str("published") {
				return deny(ReasonUpdatedEarly, u+" < "+o.str("published"))
			}
			return nil
		},
		relevant: concerns,
		announce: func(r *reading, a obj) ruling {
			if in := a.sub("object"); in != nil && in.has("object") {
				return ignored(ReasonAnnounceIgnored, "Announce of "+in.typ())
			}
			if !r.p.followed(a.ref("actor")) && !r.p.ours(a.ref("object")) {
				return ignored(ReasonNotFollowed, a.ref("actor"))
			}
			o, err := r.p.object(r.ctx, a.ref("object"))
			if err != nil {
				return ignored(ReasonUnavailable, err.Error())
			}
			if o.typ() == "" || o.has("object") {
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
		render: func(r *reading, o obj, x *Post) {
			showWarning(r, o, x)
			if x.Warning == "" && x.Title != "" {
				x.Warning = x.Title
				// Of a Page that cannot be helped; of a comment it can.
				if x.Type == "Note" && !r.local {
					r.noting(ReasonNameIsWarning, x.Title)
				}
			}
			x.Title = ""
		},
		refs: true,
	}
}
