package main

import (
	"testing"

	"halqa/circles"
	"halqa/internal/moderation"
	"halqa/internal/store"
)

// What was deleted or removed before the other instance got it is never sent there; what hangs below it
// is, and both show the same thread: a notice, and the comments below it. What comes back takes its place.
func TestThreadsBelowWhatIsGoneAreTheSame(t *testing.T) {
	near, far := newTown(t), newTown(t)
	ctx := t.Context()
	garden := far.circle("gardening")
	circle, err := near.h.followDemo(ctx, near.lin, "gardening", far.h.site.Host)
	near.must(err)
	first := far.post(far.lin, garden.CircleID(), "Hello", "")
	near.arrives("the first post", first.at, nil)
	alike := func(what string, notes ...note) {
		t.Helper()
		for _, n := range notes {
			ok := within(patience, func() bool {
				a, b := near.at(n.at), far.at(n.at)
				return a != nil && b != nil && a.State != circles.Removed && (a.State == circles.Visible) == (b.State == circles.Visible) &&
					a.Comments == b.Comments && a.Score == b.Score && a.Depth == b.Depth
			})
			if !ok {
				t.Fatalf("%s: near has %+v, far %+v", what, near.at(n.at), far.at(n.at))
			}
			a, b := near.at(n.at), far.at(n.at)
			if up, down := near.above(a), far.above(b); up != down {
				t.Errorf("%s hangs below %q near and below %q far", n.at, up, down)
			}
		}
	}

	// Nothing passes between the two meanwhile.
	far.must(far.h.moderation.SetPeer(ctx, far.ann, near.h.site.Host, moderation.Blocked, "a test"))
	post := far.post(far.lin, garden.CircleID(), "Slugs are winning", "A secret.")
	said := far.comment(far.ann, post.ID, "Beer traps.")
	removed := far.comment(far.lin, said.ID, "Another secret.")
	below := far.comment(far.ann, removed.ID, "No.")
	far.must(far.h.app.Delete(ctx, far.lin, post.ID))
	far.must(far.h.app.Remove(ctx, far.ann, removed.ID, "rude"))
	far.must(far.h.moderation.SetPeer(ctx, far.ann, near.h.site.Host, moderation.Open, ""))
	near.arrives("the comment below a deleted post", said.at, nil)
	near.arrives("the comment below a removed one", below.at, nil)
	alike("a thread below what is gone", post, said, removed, below)
	for _, n := range []note{post, removed} {
		if p := near.at(n.at); p.State != circles.Deleted || !p.Absent || p.Title+p.Body+p.BodyHTML != "" || p.Circle != circle.CircleID() {
			t.Errorf("near keeps of it %+v, want its place alone", *p)
		}
	}
	dora := near.browser("dora")
	dora.refused = true // the page is there and says 410
	dora.open("/post/" + near.at(post.at).ID.String())
	dora.reads("Beer traps.", "No.", "taken back before it came here")
	dora.open("/c/gardening@" + far.h.site.Host)
	dora.reads("Hello")
	// People answer below it on both sides.
	answer := near.comment(near.lin, near.at(said.at).ID, "Ducks.")
	far.arrives("an answer from near", answer.at, nil)
	alike("an answered thread", post, said, answer)
	// Then it comes back.
	far.must(far.h.app.Restore(ctx, far.lin, post.ID))
	far.must(far.h.app.Return(ctx, far.ann, removed.ID))
	for _, n := range []note{post, removed} {
		place := near.at(n.at).ID
		p := near.arrives("what came back", n.at, func(p *circles.Post) bool { return p.State == circles.Visible })
		if p.ID != place || p.Absent || p.Body != far.at(n.at).Body || p.Title != far.at(n.at).Title {
			t.Errorf("it came back as %+v in the place %s", *p, place)
		}
	}
	alike("what came back", post, said, removed, below, answer)
	near.vote(near.lin, near.at(post.at).ID, 1)
	far.arrives("a vote on it", post.at, func(p *circles.Post) bool { return p.Ups == 1 })
}

// above is the address of what something answers.
func (w *town) above(p *circles.Post) (at string) {
	w.t.Helper()
	if p.Parent == 0 {
		return ""
	}
	w.must(w.h.store.View(w.t.Context(), func(tx *store.Tx) error {
		parent, err := tx.Post(p.Parent)
		if err == nil {
			at = w.h.site.Address(parent.URI)
		}
		return err
	}))
	return at
}
