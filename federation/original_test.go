package federation

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"halqa/circles"
	"halqa/federation/as"
	"halqa/internal/store"
)

// told renders for each class what a circle's newest entries of a kind say, as type and object.
func (h *house) told(kind circles.EventKind, object circles.PostID) map[class]string {
	h.Helper()
	said := map[class]string{}
	h.view(func(tx *store.Tx) error {
		events, err := tx.EventsAfter(0, 1000)
		if err != nil {
			return err
		}
		for _, ev := range events {
			if ev.Kind != kind || ev.Object != int64(object) {
				continue
			}
			for _, c := range []class{embedded, threads, asking, microblog, misskey, unknown} {
				b, err := pack(h.site, tx, ev, c)
				if err != nil {
					return err
				}
				var all []string
				for _, p := range b.parcels {
					a, err := as.Parse(p.body.Bytes)
					if err != nil {
						return err
					}
					all = append(all, strings.TrimSuffix(a.Type+" "+a.Object.Type, " "))
				}
				said[c] = strings.Join(all, ", ")
			}
		}
		return nil
	})
	return said
}

// TestWhatWasFetchedIsAnnounced: a post of somebody elsewhere that came to a circle of ours by a third
// server is announced with its author's words where their server gives them away, else by its address.
func TestWhatWasFetchedIsAnnounced(t *testing.T) {
	for name, tt := range map[string]struct {
		given func(create obj) obj // what the author's server has under the Create's id; nil = nothing
		post  map[class]string
		note  map[class]string
	}{
		"its Create can be had": {
			given: func(create obj) obj { return create },
			post: map[class]string{embedded: "Announce Create", threads: "Announce Create", asking: "Announce Create",
				microblog: "Announce", misskey: "Announce", unknown: "Announce Create, Announce"},
			note: map[class]string{embedded: "Announce Create", threads: "Announce Create", asking: "Announce Create",
				microblog: "", misskey: "", unknown: "Announce Create"},
		},
		"it cannot": {
			given: func(obj) obj { return nil },
			post: map[class]string{embedded: "", threads: "Announce", asking: "Announce",
				microblog: "Announce", misskey: "Announce", unknown: "Announce"},
			note: map[class]string{embedded: "", threads: "Announce", asking: "Announce", microblog: "", misskey: "", unknown: ""},
		},
		"it is somebody else's": {
			given: func(create obj) obj {
				create = maps.Clone(create)
				create["actor"] = create["actor"].(string) + "2"
				return create
			},
			post: map[class]string{embedded: "", threads: "Announce", asking: "Announce",
				microblog: "Announce", misskey: "Announce", unknown: "Announce"},
			note: map[class]string{embedded: "", threads: "Announce", asking: "Announce", microblog: "", misskey: "", unknown: ""},
		},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t)
			olga := h.person("olga")
			c := h.circle(olga, "garden", circles.Public)
			ours := h.postAddress(h.write(olga, c, "Roses"))
			first, second := h.far(), h.far()
			relay, bob := first.speaker("relay"), second.speaker("bob")
			page, note := bob.page("/post/1", h.address(c), "Moles"), bob.note("/comment/1", h.address(c), ours, "Pretty!")
			for _, o := range []obj{page, note} {
				create := bob.says("Create", o)
				second.put(o)
				if given := tt.given(create); given != nil {
					second.put(given)
				}
				lie := maps.Clone(o)
				lie["content"] = "<p>A lie</p>"
				relay.must(merge(maps.Clone(create), obj{"object": lie}))
			}
			h.resume()
			for o, want := range map[string]map[class]string{page["id"].(string): tt.post, note["id"].(string): tt.note} {
				p := h.wantPost(o)
				if strings.Contains(p.BodyHTML, "lie") {
					t.Errorf("%s says %q", o, p.BodyHTML)
				}
				if got := h.told(circles.PostCreated, p.ID); !maps.Equal(got, want) {
					t.Errorf("%s is told as\n%v, want\n%v", o, got, want)
				}
			}
			// The author's own delivery, when it comes, is a repetition.
			before := h.mark()
			bob.must(bob.says("Create", page, obj{"id": bob.id + "/activity/1"}))
			if kinds := h.events(before); slices.Contains(kinds, circles.PostCreated) {
				t.Errorf("the author's own Create makes %v", kinds)
			}
		})
	}
}
