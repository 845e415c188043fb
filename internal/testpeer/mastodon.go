package testpeer

import (
	"context"
	"html"
	"slices"
)

// converted are the types that Mastodon shows as a title with a link, without the body.
// M app/lib/activitypub/activity/create.rb CONVERTED_TYPES
var converted = []string{"Page", "Article", "Image", "Audio", "Video", "Event"}

func mastodonRules() *rules {
	return &rules{
		actor: func(ctx context.Context, p *Peer, a obj) *denial {
			if why := wantsContext(a); why != nil {
				return why
			}
			return p.webFingers(ctx, a)
		},
		object: func(r *reading, _, o obj) *denial {
			if o.typ() == "ChatMessage" { // M activity/create.rb: unsupported_object_type?
				return deny(ReasonObjectType, o.typ())
			}
			// M activity/create.rb: a Note with a name that replies and says nothing is a vote.
			if o.typ() == "Note" && o.str("name") != "" && o.ref("inReplyTo") != "" && o.str("content") == "" {
				r.p.answerPoll(o)
				return deny(ReasonPollVote, o.str("id"))
			}
			return nil
		},
		relevant: concerns,
		announce: mastodonAnnounce,
		vote:     onlyOwn,
		render: func(r *reading, o obj, x *Post) {
			if slices.Contains(converted, x.Type) {
				link := o.str("url")
				if link == "" {
					link = x.ID
				}
				x.HTML = "<h2>" + html.EscapeString(x.Title) + "</h2>" + o.str("summary") +
					`<p><a href="` + html.EscapeString(link) + `">` + html.EscapeString(link) + "</a></p>"
			}
			showWarning(r, o, x)
			x.Title = ""
		},
		refs: true,
	}
}

// mastodonAnnounce fetches what is announced by its id, whatever is embedded, and boosts it.
// M app/lib/activitypub/activity/announce.rb; mastodon#18069 for comments.
func mastodonAnnounce(r *reading, a obj) ruling {
	by := a.ref("actor")
	if !r.p.followed(by) && !r.p.ours(a.ref("object")) {
		return ignored(ReasonNotFollowed, by)
	}
	o, err := r.p.object(r.ctx, a.ref("object"))
	if err != nil {
		return ignored(ReasonUnavailable, err.Error())
	}
	if o.typ() == "Create" {
		if in := o.sub("object"); in != nil {
			o = in
		} else if o, err = r.p.object(r.ctx, o.ref("object")); err != nil {
			return ignored(ReasonUnavailable, err.Error())
		}
	}
	if o.typ() != "Note" && o.typ() != "Question" && !slices.Contains(converted, o.typ()) {
		return ignored(ReasonAnnounceIgnored, "Announce of "+o.typ())
	}
	return r.boosted(a, o)
}

// boosted saves a fetched post and shows it as passed on.
func (r *reading) boosted(a, o obj) ruling {
	author := o.ref("attributedTo")
	if !sameHost(o.str("id"), author) {
		return refused(ReasonOrigin, o.str("id")+" of "+author)
	}
	if _, why := r.p.actorOf(r.ctx, author); why != nil {
		return refusedFor(why)
	}
	if r.p.rules.object != nil {
		if why := r.p.rules.object(r, a, o); why != nil {
			return ignored(why.reason, why.detail)
		}
	}
	if !o.public() {
		return ignored(ReasonNotPublic, o.str("id"))
	}
	x := r.view(o, "")
	if old, ok := r.p.Post(x.ID); ok {
		x.Edits, x.Gone = old.Edits, old.Gone
	}
	r.p.update(func() { r.p.world.save(x) })
	r.p.boost(Boost{a.str("id"), a.ref("actor"), x.ID})
	return accepted()
}

// wantsContext asks for the literal address of ActivityStreams.
// M fetch_remote_actor_service.rb, G astointernal.go, K ApPersonService.ts
func wantsContext(a obj) *denial {
	if !slices.Contains(a.list("@context"), any("https://www.w3.org/ns/activitystreams")) {
		return deny(ReasonNoContext, a.str("id"))
	}
	return nil
}

// concerns tells whether anyone here follows the author, is named, or wrote the parent.
func concerns(r *reading, o obj) *denial {
	if r.p.followed(o.ref("attributedTo")) {
		return nil
	}
	for _, id := range slices.Concat(o.mentions(), o.refs("to", "cc")) {
		if r.p.ours(id) {
			return nil
		}
	}
	if _, ok := r.p.Post(o.ref("inReplyTo")); ok {
		return nil
	}
	return deny(ReasonUnrelated, o.str("id"))
}

// onlyOwn takes likes of this server's posts alone, and no dislikes.
func onlyOwn(r *reading, a obj) *denial {
	if a.typ() == "Dislike" {
		return deny(ReasonNoDislike, "")
	}
	if !r.p.ours(a.ref("object")) {
		return deny(ReasonRemoteLike, a.ref("object"))
	}
	return nil
}

// showWarning shows a summary in front of a post, hiding it.
func showWarning(r *reading, o obj, x *Post) {
	if x.Warning = o.str("summary"); x.Warning != "" && !r.local {
		if sensitive, _ := o["sensitive"].(bool); !sensitive {
			r.noting(ReasonSummaryIsWarning, x.Warning)
		}
	}
}

func (p *Peer) answerPoll(o obj) {
	p.update(func() {
		q := o.ref("inReplyTo")
		p.world.answers[q] = append(p.world.answers[q], o.str("name"))
	})
}
