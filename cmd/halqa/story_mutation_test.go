package main

import (
	"fmt"
	"runtime"
	"slices"
	"sync"
	"testing"

	"halqa/circles"
	"halqa/internal/testpeer"
)

// Damage done on purpose to what we send makes the story it belongs to fail, for the reason that the
// server which receives it has. Each story is played undamaged first, so that it is the damage.
func TestMutationsTurnTheirStoryRed(t *testing.T) {
	w := newTown(t)
	played := map[testpeer.Persona][]testpeer.Story{}
	n := 0
	for _, m := range testpeer.Mutations() {
		if !slices.Contains(played[m.Persona], m.Story) {
			played[m.Persona] = append(played[m.Persona], m.Story)
			n++
			if o := w.rehearse(m.Persona, m.Story, n, nil); o.failed {
				t.Errorf("%s at %s undamaged: %s", m.Story, m.Persona, o.why)
			}
		}
		n++
		o := w.rehearse(m.Persona, m.Story, n, &m)
		if !o.failed {
			t.Errorf("%s: %s did not notice", m.Name, m.Persona)
		} else if !slices.Contains(o.reasons, m.Reason) {
			t.Errorf("%s: %s gives %v, want %s; the story ended with: %s", m.Name, m.Persona, o.reasons, m.Reason, o.why)
		}
	}
	if n < 12 {
		t.Errorf("%d stories were played, want at least twelve mutations", n)
	}
}

// A rehearsal is a story whose failing is a result and not the test's.
type rehearsal struct {
	testing.TB
	mu      sync.Mutex
	failed  bool
	why     string
	reasons []testpeer.Reason
}

func (r *rehearsal) Helper() {}

func (r *rehearsal) note(why string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.failed {
		r.failed, r.why = true, why
	}
}

func (r *rehearsal) Failed() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.failed
}

func (r *rehearsal) Error(args ...any)                 { r.note(fmt.Sprint(args...)) }
func (r *rehearsal) Errorf(format string, args ...any) { r.note(fmt.Sprintf(format, args...)) }
func (r *rehearsal) Fail()                             { r.note("") }
func (r *rehearsal) FailNow()                          { r.note(""); runtime.Goexit() }
func (r *rehearsal) Fatal(args ...any)                 { r.note(fmt.Sprint(args...)); runtime.Goexit() }
func (r *rehearsal) Fatalf(format string, args ...any) {
	r.note(fmt.Sprintf(format, args...))
	runtime.Goexit()
}

// rehearse plays a story with a new server and in a new circle. What went wrong in one must not be
// waited for in the next: a server that refused is left alone for a while.
func (w *town) rehearse(persona testpeer.Persona, story testpeer.Story, n int, damage *testpeer.Mutation) *rehearsal {
	w.t.Helper()
	r := &rehearsal{TB: w.t}
	stage := *w
	stage.t = r
	name := fmt.Sprint("birds", n)
	done := make(chan struct{})
	var v *visit
	go func() {
		defer close(done)
		v = stage.visit(persona)
		v.play(story, name, damage)
		if damage != nil {
			// What is misread has been taken in by the time it is complained of.
			within(patience, func() bool { return v.peer.Complained(damage.Reason) })
		}
		v.content("the end")
	}()
	<-done
	if v != nil {
		for _, c := range v.peer.Complaints() {
			r.reasons = append(r.reasons, c.Reason)
		}
	}
	return r
}

// play plays one of the stories that mutations name; the damage begins where the story does.
func (v *visit) play(story testpeer.Story, name string, damage *testpeer.Mutation) {
	ctx := v.t.Context()
	c := v.circle(name)
	if story == testpeer.StoryFollow {
		v.peer.Mutate(damage)
		v.follows(name)
		return
	}
	v.follows(name)
	if story == testpeer.StoryPost {
		v.peer.Mutate(damage)
	}
	post := v.post(v.lin, c.CircleID(), "What sings at four?", "It is **loud**.")
	v.shown("the post", post.at, nil)
	switch story {
	case testpeer.StoryComment:
		comment := v.bob.Reply(ctx, post.at, "<p>A robin?</p>").Object
		here := v.arrives("the comment", comment, func(p *circles.Post) bool { return p.State == circles.Visible })
		v.peer.Mutate(damage)
		answer := v.comment(v.lin, here.ID, "A blackbird.")
		v.shown("the answer", answer.at, nil)
	case testpeer.StoryDelete:
		v.peer.Mutate(damage)
		v.must(v.h.app.Delete(ctx, v.lin, post.ID))
		if p := v.gone("the deletion", post.at); p.Gone != "deleted" {
			v.t.Errorf("the post is %+v, want it deleted by its author", p)
		}
	case testpeer.StoryPost:
	default:
		v.t.Fatalf("no story %q", story)
	}
}
