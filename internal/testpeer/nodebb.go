package testpeer

import (
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"
)

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
