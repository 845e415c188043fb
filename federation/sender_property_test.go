package federation

import (
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"halqa/circles"
	"halqa/internal/store"
)

// Whatever happens to posts, whatever a peer answers and whenever the process dies: what the peer
// hears of one object in one lane is in the order of the log, and in the end the peer knows what is
// true.
func TestPropertyOrderAndOutcome(t *testing.T) {
	outer := t
	rapid.Check(t, func(t *rapid.T) {
		w := newWorld(outer)
		p := newPeer(outer, "lemmy")
		w.follow(p, w.circle)
		w.follow(p, w.alice)
		w.deliver()
		w.save()
		var posts []circles.PostID
		liked := map[circles.PostID]bool{}
		epochs := []int{0} // where in what was heard a process began
		texts := 0
		failures := 0

		change := func(kinds ...circles.EventKind) func(*rapid.T) {
			return func(t *rapid.T) {
				if len(posts) == 0 {
					t.Skip("no posts")
				}
				id := rapid.SampledFrom(posts).Draw(t, "post")
				now := w.read(id)
				kind := kinds[0]
				switch {
				case kind == circles.PostDeleted && now.DeletedAt != 0, kind == circles.PostRemoved && now.RemovedAt != 0:
					kind = kinds[1]
				}
				texts++
				w.clock.forward(time.Second)
				w.change(id, kind, fmt.Sprint("text ", texts))
			}
		}
		t.Repeat(map[string]func(*rapid.T){
			"post": func(t *rapid.T) {
				if len(posts) == 4 {
					t.Skip("enough")
				}
				texts++
				var parent circles.PostID
				if len(posts) > 0 && rapid.Bool().Draw(t, "comment") && w.read(posts[0]).Kind == circles.IsPost {
					parent = posts[0]
				}
				posts = append(posts, w.post(fmt.Sprint("text ", texts), parent))
			},
			"edit":   change(circles.PostUpdated),
			"delete": change(circles.PostDeleted, circles.PostRestored),
			"remove": change(circles.PostRemoved, circles.PostReturned),
			"vote": func(t *rapid.T) {
				if len(posts) == 0 {
					t.Skip("no posts")
				}
				id := rapid.SampledFrom(posts).Draw(t, "post")
				liked[id] = !liked[id]
				w.vote(id, map[bool]int{true: 1}[liked[id]])
			},
			"route": func(*rapid.T) { w.route() },
			"fail": func(t *rapid.T) {
				if failures++; failures > 4 {
					t.Skip("often enough")
				}
				seed := rapid.IntRange(1, 3).Draw(t, "every")
				p.set(func(n int, _ []byte) (int, http.Header) {
					if n%seed == 0 {
						return http.StatusServiceUnavailable, nil
					}
					return http.StatusAccepted, nil
				})
				w.route()
				w.quiet()
				w.clock.forward(20 * time.Second)
				w.sender.tick()
				w.quiet()
			},
			"mend": func(*rapid.T) {
				p.set(nil)
				w.clock.forward(2 * time.Minute)
				w.sender.tick()
				w.quiet()
			},
			"save": func(*rapid.T) { w.save() },
			"crash": func(*rapid.T) {
				w.kill()
				p.drain(w)
				epochs = append(epochs, len(p.heard(outer)))
				w.begin()
			},
		})
		p.set(nil)
		w.route()
		for range 60 {
			if w.quiet() {
				break
			}
			w.clock.forward(20 * time.Minute)
			w.sender.tick()
		}
		if !w.quiet() {
			t.Fatalf("does not end: %+v", w.sender.Peers())
		}
		all := p.heard(outer)
		w.kill()

		// The order, from one start of the process to the next.
		last := map[string]circles.Seq{}
		for i, h := range all {
			if slices.Contains(epochs, i) {
				clear(last)
			}
			lane := "content"
			if h.Content == "" && (h.Says == "Announce Like" || h.Says == "Announce Undo Like") {
				lane = "vote"
			}
			key := lane + h.Object + h.Actor
			if h.Seq < last[key] {
				t.Fatalf("%s came after %d: %v", h.ID, last[key], says(all))
			}
			last[key] = h.Seq
		}

		// What a peer makes of what the circle said.
		type known struct {
			there, removed, deleted, liked bool
			text                           string
		}
		peerKnows := map[string]*known{}
		for _, h := range all {
			k := peerKnows[h.Object]
			if k == nil {
				k = &known{}
				peerKnows[h.Object] = k
			}
			switch h.Says {
			case "Announce Create", "Announce Update":
				k.there, k.text = true, h.Content
			case "Announce Delete":
				k.removed, k.deleted = k.removed || h.Removal, k.deleted || !h.Removal
			case "Announce Undo Delete":
				k.removed, k.deleted = k.removed && !h.Removal, k.deleted && h.Removal
			case "Announce Like":
				k.liked = true
			case "Announce Undo Like":
				k.liked = false
			}
		}
		for _, id := range posts {
			now := w.read(id)
			k := peerKnows[w.site.Address(now.URI)]
			if k == nil {
				k = &known{}
			}
			shown := k.there && !k.removed && !k.deleted
			if shown != (now.State == circles.Visible) {
				t.Fatalf("post %s is %s and the peer has %+v after %v", now.URI, now.State, *k, says(all))
			}
			if shown && k.text != now.BodyHTML {
				t.Fatalf("post %s says %q and the peer has %q after %v", now.URI, now.BodyHTML, k.text, says(all))
			}
			if k.liked != liked[id] {
				t.Fatalf("post %s: liked is %v and the peer has %v after %v", now.URI, liked[id], k.liked, says(all))
			}
		}
	})
}

func (w *world) read(id circles.PostID) (p *circles.Post) {
	w.t.Helper()
	w.view(func(tx *store.Tx) (err error) {
		p, err = tx.Post(id)
		return err
	})
	return p
}

// The routes in memory say what the table says, at every place of the log.
func TestPropertyRoutes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		inboxes := []string{"https://a.example/inbox", "https://b.example/inbox"}
		var follows []store.Route
		r := newRoutes()
		seq := circles.Seq(0)
		t.Repeat(map[string]func(*rapid.T){
			"follow": func(t *rapid.T) {
				if len(follows) == 12 {
					t.Skip("enough")
				}
				seq++
				follows = append(follows, store.Route{ID: int64(len(follows) + 1), FromSeq: seq,
					Followee: circles.ActorID(rapid.IntRange(1, 2).Draw(t, "stream")),
					Inbox:    rapid.SampledFrom(inboxes).Draw(t, "inbox")})
				r.put(follows[len(follows)-1])
			},
			"end": func(t *rapid.T) {
				if len(follows) == 0 {
					t.Skip("none")
				}
				f := &follows[rapid.IntRange(0, len(follows)-1).Draw(t, "which")]
				if f.UntilSeq != 0 {
					t.Skip("over")
				}
				seq++
				f.UntilSeq = seq
				r.put(*f)
			},
			"again": func(t *rapid.T) {
				if len(follows) > 0 {
					r.put(rapid.SampledFrom(follows).Draw(t, "which"))
				}
			},
			"pass": func(*rapid.T) { seq++ },
			"load": func(*rapid.T) {
				r = newRoutes()
				for _, f := range follows {
					r.put(f)
				}
			},
			"": func(t *rapid.T) {
				for at := circles.Seq(1); at <= seq+1; at++ {
					for stream := circles.ActorID(1); stream <= 2; stream++ {
						for _, inbox := range inboxes {
							want := slices.ContainsFunc(follows, func(f store.Route) bool {
								return f.Followee == stream && f.Inbox == inbox && f.FromSeq < at && (f.UntilSeq == 0 || at <= f.UntilSeq)
							})
							o := &outgoing{Event: circles.Event{Seq: at, Stream: stream, Kind: circles.PostCreated}}
							if got := r.goesTo(o, inbox); got != want {
								t.Fatalf("entry %d of %d to %s: got %v, want %v; %+v", at, stream, inbox, got, want, follows)
							}
						}
					}
				}
			},
		})
	})
}
