package main

import (
	"strings"
	"testing"

	"halqa/circles"
	"halqa/internal/store"
	"halqa/internal/testdb"
	"halqa/internal/testpeer"
)

// A change that a gate refuses, and a Follow, are explained to who sent them, once a day of one gate; a vote that
// it refuses never is.
func TestRefusedEditsAndFollowsAreExplained(t *testing.T) {
	for _, persona := range []testpeer.Persona{testpeer.Lemmy, testpeer.Mastodon} {
		t.Run(string(persona), func(t *testing.T) {
			t.Parallel()
			w := newTown(t)
			ctx := t.Context()
			v := w.visit(persona, testpeer.WithVersion("0.19.20"))
			garden := w.circle("gardening")
			group := v.follows("gardening")
			sent := v.bob.Post(ctx, group, "Beans", "<p>They climb.</p>")
			w.arrives("bob's post", sent.Object, func(p *circles.Post) bool { return p.State == circles.Visible })
			open := w.post(w.ann, garden.CircleID(), "Sowing", "Peas.")
			v.shown("what ann wrote", open.at, nil)
			const shut = `{"off":true,"reason":{"en":"The garden sleeps"}}`
			w.must(testdb.SwapGates(ctx, w.h.store, []string{"join", "post", "react"}, "", store.GateRule{Rule: shut, SetBy: w.ann.Person.Actor()}))

			v.bob.Like(ctx, open.at)
			v.bob.Update(ctx, sent.Object, "<p>They climb high.</p>")
			var told []testpeer.Post
			v.sees("why the change is not taken", func() bool { told = v.told(); return len(told) == 1 })
			for _, word := range []string{"The change of your post", "was not taken", "what was before stands", "The garden sleeps", "Set by @ann", group + "/why"} {
				if !strings.Contains(told[0].HTML, word) {
					t.Errorf("bob is not told %q:\n%s", word, told[0].HTML)
				}
			}
			if p := w.at(sent.Object); !strings.Contains(p.BodyHTML, "They climb.") || p.State != circles.Visible {
				t.Errorf("his post is %s and says %q", p.State, p.BodyHTML)
			}
			v.bob.Update(ctx, sent.Object, "<p>They climb higher.</p>")

			eve := v.peer.Person("eve")
			eve.Follow(ctx, group)
			var hers string
			v.sees("why eve is not let in", func() bool {
				for _, n := range v.peer.Notices(eve.ID) {
					if p, ok := v.peer.Post(n.Object); ok && n.Private {
						hers = p.HTML
					}
				}
				return hers != ""
			})
			if !strings.Contains(hers, "You were not let into !gardening@") || !strings.Contains(hers, "The garden sleeps") {
				t.Errorf("eve is told %s", hers)
			}
			if n := len(v.told()); n != 1 {
				t.Errorf("bob was told %d times in a day", n)
			}
		})
	}
}
