package testpeer

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
