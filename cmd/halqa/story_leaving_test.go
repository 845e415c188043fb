package main

import (
	"slices"
	"testing"

	"halqa/circles"
	"halqa/internal/testpeer"
)

// Somebody elsewhere who wrote in a circle of ours deletes their account and tells only us. Every server
// that follows the circle hears of it in the form that it takes.
func TestWhoDeletesThemselvesLeavesOurCircles(t *testing.T) {
	for _, persona := range testpeer.Personas() {
		t.Run(string(persona), func(t *testing.T) {
			t.Parallel()
			v := newTown(t).visit(persona)
			ctx := t.Context()
			v.circle("gardening")
			group := v.follows("gardening")
			abroad := testpeer.New(t, testpeer.Lemmy)
			dora := abroad.Person("dora")
			dora.Follow(ctx, group)
			abroad.Wait(t, "the Accept", func() bool { return dora.Follows(group) })
			post := dora.Post(ctx, group, "Moles", "<p>Everywhere.</p>").Object
			here := v.arrives("dora's post", post, nil)
			v.shown("dora's post", post, nil)
			remark := dora.Reply(ctx, post, "<p>Help!</p>").Object
			v.arrives("dora's comment", remark, nil)
			if !v.micro() {
				v.shown("dora's comment", remark, nil)
			}
			ours := v.comment(v.lin, here.ID, "Let them be.")
			if !v.micro() {
				v.shown("lin's answer", ours.at, nil)
			}

			dora.Leave(ctx, group)
			v.arrives("the end of dora's post", post, func(p *circles.Post) bool { return p.State == circles.Deleted })
			if v.peer.Persona == testpeer.NodeBB { // deletes on nobody's word but the author's, and says so if ours comes in time
				v.forgives = append(v.forgives, testpeer.ReasonNotAuthor)
				v.content("the end")
				return
			}
			p := v.gone("the end of dora's post", post)
			if !v.micro() {
				if p.Gone != "removed" || p.Why != "Deleted by its author" {
					t.Errorf("dora's post is %+v", p)
				}
				v.gone("the end of dora's comment", remark)
			}
			if q := v.arrives("lin's answer", ours.at, nil); q.State != circles.Visible {
				t.Errorf("lin's answer is %s", q.State)
			}
			removed := func(object string) bool {
				return slices.ContainsFunc(v.peer.Removals(), func(r testpeer.Removal) bool { return r.Object == object })
			}
			if removed(ours.at) {
				t.Error("lin's answer went, too")
			}
			v.content("the end")
		})
	}
}
