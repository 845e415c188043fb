package testpeer

// snacRules are those of a microblog that shows what it can fetch. Beyond its signatures and shapes
// little is known of what it refuses.
func snacRules() *rules {
	return &rules{
		relevant: concerns,
		announce: func(r *reading, a obj) ruling {
			if !r.p.followed(a.ref("actor")) && !r.p.ours(a.ref("object")) {
				return ignored(ReasonNotFollowed, a.ref("actor"))
			}
			o, err := r.p.object(r.ctx, a.ref("object"))
			if err != nil {
				return ignored(ReasonUnavailable, err.Error())
			}
			if o.has("object") {
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
