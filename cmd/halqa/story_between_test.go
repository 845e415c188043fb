package main

import (
	"fmt"
	"testing"

	"halqa/circles"
	"halqa/internal/testpeer"
)

// In one circle there are people of every kind of server. What each of them says reaches all the
// others in the form that their server reads, and what is removed disappears there.
func TestWhatOneServerSaysReachesTheOthers(t *testing.T) {
	w := newTown(t)
	ctx := t.Context()
	garden := w.circle("gardening")
	var all []*visit
	for _, persona := range testpeer.Personas() {
		v := w.visit(persona)
		switch persona {
		case testpeer.Mbin:
			v.forgives = append(v.forgives, testpeer.ReasonMicroblog) // of toots
		case testpeer.Lemmy:
			v.forgives = append(v.forgives, testpeer.ReasonKeyForm) // of how GoToSocial signs what it fetches there
		}
		v.follows("gardening")
		all = append(all, v)
	}
	group := w.finger("gardening")
	question := w.post(w.lin, garden.CircleID(), "What did you sow today?", "")
	for _, v := range all {
		v.shown("lin's question", question.at, nil)
	}

	// NodeBB puts an excerpt into summary, which microblogs show as a warning: that is between them.
	plain := func(o map[string]any) { delete(o, "summary") }
	posts := map[*visit]string{}
	for _, v := range all {
		posts[v] = v.bob.Post(ctx, group, "News from "+string(v.peer.Persona), "<p>It rains.</p>", plain).Object
		w.arrives("a post from "+string(v.peer.Persona), posts[v], func(p *circles.Post) bool { return p.State == circles.Visible })
	}
	for _, v := range all {
		for _, from := range all {
			if from != v {
				v.shown("the post from "+string(from.peer.Persona), posts[from], nil)
			}
		}
	}

	// Comments and likes are for those who show threads; a microblog would boost each of them.
	for _, v := range all {
		said := v.bob.Reply(ctx, question.at, "<p>Peas.</p>").Object
		w.arrives("a comment from "+string(v.peer.Persona), said, func(p *circles.Post) bool { return p.Parent == question.ID })
		v.bob.Like(ctx, question.at)
	}
	n := len(all)
	w.arrives("all likes and comments", question.at, func(p *circles.Post) bool { return int(p.Ups) == n && int(p.Comments) == n })
	for _, v := range all {
		if v.micro() {
			continue
		}
		v.sees(fmt.Sprintf("%d comments and likes", n), func() bool {
			ups, _ := v.peer.Votes(question.at)
			return len(v.peer.Comments(question.at)) == n && ups == n
		})
	}
	for _, v := range all {
		if !v.micro() || v.peer.Persona == testpeer.Unknown {
			continue
		}
		for _, b := range v.peer.Boosts() {
			if p, _ := v.peer.Post(b.Object); p.ReplyTo != "" {
				t.Errorf("%s shows the comment %s as a boost", v.peer.Persona, b.Object)
			}
		}
	}

	var lemmy *visit
	for _, v := range all {
		if v.peer.Persona == testpeer.Lemmy {
			lemmy = v
		}
	}
	removed := posts[lemmy]
	w.must(w.h.app.Remove(ctx, w.ann, w.at(removed).ID, "rain is off topic"))
	for _, v := range all {
		if v.peer.Persona == testpeer.NodeBB {
			continue // deletes on nobody's word but the author's
		}
		p := v.gone("the removal", removed)
		if !v.micro() && (p.Gone != "removed" || p.Why != "rain is off topic") {
			t.Errorf("%s has the post %s for %q, want it removed with its reason", v.peer.Persona, p.Gone, p.Why)
		}
	}
	for _, v := range all {
		if v.peer.Persona != testpeer.NodeBB {
			v.content("the end")
		}
	}
}
