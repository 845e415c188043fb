package store_test

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"halqa/circles"
	"halqa/circles/ranking"
	"halqa/internal/store"
	"halqa/internal/testdb"
	"halqa/internal/text"
)

// A picky world adds to a world what its people do not want to meet, what they have read, and tags.
type pickyWorld struct {
	*world
	mutes  map[circles.PersonID]map[circles.ActorID]bool
	hosts  map[circles.PersonID]bool // far.example is blocked
	tags   map[circles.PostID][]string
	wishes map[circles.PersonID]map[string]store.TagWish
	read   map[circles.PersonID]map[circles.PostID]bool
	words  map[circles.PostID][]string
}

var someTags, someWords = []string{"园艺", "soil"}, []string{"园艺", "leek", "हिन्दी", "o'neill", "🌱ignored"}

func drawPickyWorld(t *rapid.T) *pickyWorld {
	w := &pickyWorld{world: drawWorld(t), mutes: map[circles.PersonID]map[circles.ActorID]bool{}, hosts: map[circles.PersonID]bool{},
		tags: map[circles.PostID][]string{}, wishes: map[circles.PersonID]map[string]store.TagWish{},
		read: map[circles.PersonID]map[circles.PostID]bool{}, words: map[circles.PostID][]string{}}
	for _, p := range w.posts {
		w.tags[p.ID] = rapid.SliceOfNDistinct(rapid.SampledFrom(someTags), 0, 2, rapid.ID[string]).Draw(t, "tags")
		w.words[p.ID] = rapid.SliceOfN(rapid.SampledFrom(someWords), 0, 3).Draw(t, "words")
	}
	for _, who := range w.people {
		w.mutes[who], w.wishes[who], w.read[who] = map[circles.ActorID]bool{}, map[string]store.TagWish{}, map[circles.PostID]bool{}
		if rapid.Bool().Draw(t, "mutes") {
			w.mutes[who][rapid.SampledFrom(w.people).Draw(t, "muted").Actor()] = true
			w.mutes[who][rapid.SampledFrom(w.circles).Draw(t, "muted circle").ID] = rapid.Bool().Draw(t, "mutes circle")
		}
		w.hosts[who] = rapid.IntRange(0, 3).Draw(t, "blocks host") == 0
		for _, tag := range someTags {
			w.wishes[who][tag] = rapid.SampledFrom([]store.TagWish{store.NoTagWish, store.NoTagWish, store.FollowTag, store.BlockTag}).Draw(t, "wish")
		}
		for _, p := range w.posts {
			w.read[who][p.ID] = rapid.IntRange(0, 3).Draw(t, "read") == 0
		}
	}
	return w
}

func (w *pickyWorld) save(tx *store.Tx) error {
	for _, table := range []string{"read_mark", "mute", "host_block", "tag_wish", "post_tag"} {
		if _, err := tx.Exec("DELETE FROM " + table); err != nil {
			return err
		}
	}
	if err := w.world.save(tx); err != nil {
		return err
	}
	for _, p := range w.posts {
		if err := tx.SetTags(p.ID, w.tags[p.ID]); err != nil {
			return err
		}
		if err := tx.IndexPost(store.WordsOf(p, "Title", fmt.Sprint(w.words[p.ID]))); err != nil {
			return err
		}
	}
	for _, who := range w.people {
		for target, on := range w.mutes[who] {
			if err := tx.SetMute(who, target, on); err != nil {
				return err
			}
		}
		if err := tx.SetHostBlock(who, "far.example", w.hosts[who]); err != nil {
			return err
		}
		for tag, wish := range w.wishes[who] {
			if err := tx.SetTagWish(who, tag, wish); err != nil {
				return err
			}
		}
		for post, read := range w.read[who] {
			if read {
				if err := tx.SetReadMark(who, post, 1, 0); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// lists reports whether a list of many circles shows a post to a viewer; entered, one of its circle.
func (w *pickyWorld) lists(v circles.Viewer, p *circles.Post, entered bool) bool {
	c, role := w.circle(p.Circle), w.roles[p.Circle][v.Person]
	switch {
	case p.State != circles.Visible || !circles.MaySee(v, c.Audience(), role):
		return false
	case !v.SignedIn():
		return entered || c.Visibility == circles.Public
	case !entered && c.Visibility != circles.Public && c.Visibility != circles.LocalOnly && !role.Member():
		return false
	}
	for _, target := range []circles.ActorID{p.Author.Actor(), c.ID} {
		if w.blocks[v.Person][target] || w.mutes[v.Person][target] {
			return false
		}
	}
	if w.hosts[v.Person] && c.Host == "far.example" {
		return false
	}
	return !slices.ContainsFunc(w.tags[p.ID], func(tag string) bool { return w.wishes[v.Person][tag] == store.BlockTag })
}

func (w *pickyWorld) want(fits func(*circles.Post) bool) []circles.PostID {
	ids := []circles.PostID{}
	for _, p := range slices.Backward(w.posts) {
		if fits(p) {
			ids = append(ids, p.ID)
		}
	}
	return ids
}

// TestSearchAndTagsShowWhatCirclesAllows holds search and the feeds of tags against circles.MaySee and
// MaySeePost, and against what the viewer does not want to meet.
func TestSearchAndTagsShowWhatCirclesAllows(t *testing.T) {
	s := testdb.Open(t)
	rapid.Check(t, func(rt *rapid.T) {
		w := drawPickyWorld(rt)
		if err := s.Update(t.Context(), w.save); err != nil {
			rt.Fatal(err)
		}
		err := s.View(t.Context(), func(tx *store.Tx) error {
			for _, v := range w.viewers() {
				w.checkSearch(rt, tx, v)
				w.checkTags(rt, tx, v)
			}
			return nil
		})
		if err != nil {
			rt.Fatal(err)
		}
	})
}

func (w *pickyWorld) checkSearch(t *rapid.T, tx *store.Tx, v circles.Viewer) {
	q := store.PostSearch{Terms: text.Query(rapid.SampledFrom(someWords[:4]).Draw(t, "query")), Kind: circles.IsPost,
		Limit: rapid.IntRange(1, 5).Draw(t, "limit")}
	if rapid.Bool().Draw(t, "in circle") {
		q.Circle = rapid.SampledFrom(w.circles).Draw(t, "circle").CircleID()
	}
	if rapid.Bool().Draw(t, "by author") {
		q.Author = rapid.SampledFrom(w.people).Draw(t, "author")
	}
	want := w.want(func(p *circles.Post) bool {
		has := slices.ContainsFunc(w.words[p.ID], func(word string) bool { return slices.Equal(text.Query(word)[0].Tokens, q.Terms[0].Tokens) })
		return has && w.lists(v, p, q.Circle != 0) && (q.Circle == 0 || p.Circle == q.Circle) && (q.Author == 0 || p.Author == q.Author)
	})
	got := []circles.PostID{}
	for len(got) <= len(want) {
		found, next, err := tx.SearchPosts(v, q)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, found...)
		if q.Before = next; next == 0 {
			break
		}
	}
	if !slices.Equal(got, want) {
		t.Fatalf("search %+v by %+v: got %v, want %v", q, v, got, want)
	}
}

func (w *pickyWorld) checkTags(t *rapid.T, tx *store.Tx, v circles.Viewer) {
	tag := rapid.SampledFrom(someTags).Draw(t, "tag")
	unread := v.SignedIn() && rapid.Bool().Draw(t, "unread")
	fresh := func(p *circles.Post) bool { return !unread || !w.read[v.Person][p.ID] }
	w.checkFeed(t, tx, v, store.Feed{Scope: store.FeedTag, Tag: tag, Unread: unread}, w.want(func(p *circles.Post) bool {
		return slices.Contains(w.tags[p.ID], tag) && w.lists(v, p, false) && fresh(p)
	}))
	if !v.SignedIn() {
		return
	}
	w.checkFeed(t, tx, v, store.Feed{Scope: store.FeedSubscribed, Unread: unread}, w.want(func(p *circles.Post) bool {
		visibility := w.circle(p.Circle).Visibility
		follows := (visibility == circles.Public || visibility == circles.LocalOnly) &&
			slices.ContainsFunc(w.tags[p.ID], func(tag string) bool { return w.wishes[v.Person][tag] == store.FollowTag })
		return (w.roles[p.Circle][v.Person].Member() || follows) && w.lists(v, p, true) && fresh(p)
	}))
}

// checkFeed reads a feed page by page in some order and looks whether it is these posts.
func (w *pickyWorld) checkFeed(t *rapid.T, tx *store.Tx, v circles.Viewer, f store.Feed, want []circles.PostID) {
	f.Order = rapid.SampledFrom([]ranking.Order{ranking.ByNew, ranking.ByHot, ranking.ByActive}).Draw(t, "order")
	f.Limit = rapid.IntRange(1, 4).Draw(t, "limit")
	got := []circles.PostID{}
	for len(got) <= len(want) {
		page, err := tx.FeedPage(v, f)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, postIDs(page)...)
		if len(page) < f.Limit {
			break
		}
		f.After = page[len(page)-1]
	}
	if f.Order != ranking.ByNew {
		slices.Sort(got)
		slices.Sort(want)
	}
	if !slices.Equal(got, want) {
		t.Fatalf("feed %s %s by %s to %+v: got %v, want %v", f.Scope, f.Tag, f.Order, v, got, want)
	}
}

// TestSearchFindsWords tries the ways to ask, on texts in several scripts.
func TestSearchFindsWords(t *testing.T) {
	s := testdb.Open(t)
	texts := map[circles.PostID][]string{
		4096:      {"园艺社", "今天我们种了番茄。"},
		2 << 12:   {"Garden party", "Café in the O'Neill gardens"},
		3 << 12:   {"Shed", "the garden shed; हिन्दी में"},
		4 << 12:   {"garden", "party"},
		5<<12 + 1: {"Ünïcode Straße", "𫠝𫠞 \ue001post \x01"},
	}
	update(t, s, func(tx *store.Tx) error {
		if err := tx.AddActor(&circles.Actor{ID: 1, Kind: circles.KindPerson, Name: "ada", URI: "/u/ada", DisplayName: "Ada 李", Indexable: true}); err != nil {
			return err
		}
		c := &circles.Circle{Actor: circles.Actor{ID: 2, Kind: circles.KindCircle, Name: "plants", URI: "/c/plants"}, Topic: "园艺", Visibility: circles.Public, Posting: circles.PostingOpen}
		if err := tx.AddCircle(c); err != nil {
			return err
		}
		for id, words := range texts {
			p := &circles.Post{ID: id, URI: fmt.Sprint("/post/", id), Kind: circles.IsPost, Circle: 2, Author: 1, Root: id, State: circles.Visible}
			if err := tx.AddPost(p); err != nil {
				return err
			}
			if err := tx.IndexPost(store.WordsOf(p, words...)); err != nil {
				return err
			}
		}
		return nil
	})
	for _, c := range []struct {
		query string
		want  []circles.PostID
	}{
		{"园艺", []circles.PostID{4096}}, {"园", []circles.PostID{4096}}, {"社", []circles.PostID{4096}}, {"艺园", nil}, {"番茄", []circles.PostID{4096}},
		{"garden", []circles.PostID{4 << 12, 3 << 12, 2 << 12}}, {"gard*", []circles.PostID{4 << 12, 3 << 12, 2 << 12}},
		{"garden -shed", []circles.PostID{4 << 12, 2 << 12}}, {`"garden party"`, []circles.PostID{2 << 12}}, {"party garden", []circles.PostID{4 << 12, 2 << 12}},
		{"cafe", []circles.PostID{2 << 12}}, {"o'neill", []circles.PostID{2 << 12}}, {"हिन्दी", []circles.PostID{3 << 12}}, {"हिन", nil},
		{"UNICODE strasse", []circles.PostID{5<<12 + 1}}, {"𫠝𫠞", []circles.PostID{5<<12 + 1}}, {"post", []circles.PostID{5<<12 + 1}},
		{"nothing", nil}, {`garden" OR "x`, nil}, {"NEAR garden", nil},
	} {
		view(t, s, func(tx *store.Tx) error {
			got, _, err := tx.SearchPosts(circles.Viewer{}, store.PostSearch{Terms: text.Query(c.query), Kind: circles.IsPost, Limit: 10})
			if err != nil {
				return fmt.Errorf("%s: %w", c.query, err)
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("%s: got %v, want %v", c.query, got, c.want)
			}
			return nil
		})
	}
	view(t, s, func(tx *store.Tx) error {
		for _, query := range []string{"ada", "李"} {
			people, err := tx.SearchPeople(circles.Viewer{}, text.Query(query), "", 10)
			if err != nil {
				return err
			}
			if len(people) != 1 || people[0].Name != "ada" {
				t.Errorf("people by %s: %v", query, people)
			}
		}
		rows, err := tx.SearchCircles(circles.Viewer{}, text.Query("园艺"), "", 10)
		if err == nil && (len(rows) != 1 || rows[0].Circle.Name != "plants") {
			t.Errorf("circles: %v", rows)
		}
		return err
	})
	update(t, s, func(tx *store.Tx) error { return tx.ForgetPosts([]circles.PostID{4096}) })
	view(t, s, func(tx *store.Tx) error {
		got, _, err := tx.SearchPosts(circles.Viewer{}, store.PostSearch{Terms: text.Query("园艺"), Kind: circles.IsPost, Limit: 10})
		if len(got) != 0 {
			t.Errorf("forgotten, and found: %v", got)
		}
		return err
	})
}

// TestLongTextsFit: what bounds the index must hold for the worst that arrives.
func TestLongTextsFit(t *testing.T) {
	s := testdb.Open(t)
	word := ""
	for range 60 {
		word += "𐐨"
	}
	var long []byte
	for i := range 9000 {
		long = append(long, fmt.Sprintf("%s%d ", word[:40*4], i)...)
	}
	update(t, s, func(tx *store.Tx) error {
		return tx.IndexPost(store.WordsOf(&circles.Post{ID: 4096, Kind: circles.IsPost}, string(long), string(long)))
	})
}

// FuzzSearch: whatever is typed or written, both languages of queries and of the index take it, and a
// text is found by its own words.
func FuzzSearch(f *testing.F) {
	for _, s := range []string{"園芸 garden", `a"b' OR NEAR(x y) ^z {c}: *`, "-x y*", `\' | ! & <-> :*`, "\ue001post \ue000", "ß İ ﷺ क्षि", "x\x00y\xff"} {
		f.Add(s, s)
	}
	s := testdb.Open(f)
	if err := s.Update(f.Context(), func(tx *store.Tx) error {
		if err := tx.AddActor(&circles.Actor{ID: 1, Kind: circles.KindPerson, Name: "ada", URI: "/u/ada"}); err != nil {
			return err
		}
		if err := tx.AddCircle(&circles.Circle{Actor: circles.Actor{ID: 2, Kind: circles.KindCircle, Name: "c", URI: "/c/c"},
			Visibility: circles.Public, Posting: circles.PostingOpen}); err != nil {
			return err
		}
		return tx.AddPost(&circles.Post{ID: 4096, URI: "/post/4096", Kind: circles.IsPost, Circle: 2, Author: 1, Root: 4096, State: circles.Visible})
	}); err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, words, query string) {
		err := s.Update(t.Context(), func(tx *store.Tx) error {
			p := &circles.Post{ID: 4096, Kind: circles.IsPost, Circle: 2, Author: 1}
			if err := tx.IndexPost(store.WordsOf(p, words)); err != nil {
				return err
			}
			look := func(terms []text.Term) (bool, error) {
				found, _, err := tx.SearchPosts(circles.Viewer{}, store.PostSearch{Terms: terms, Kind: circles.IsPost, Limit: 1})
				return len(found) == 1, err
			}
			if terms := text.Query(query); terms != nil {
				if _, err := look(terms); err != nil {
					return fmt.Errorf("query %q: %w", query, err)
				}
			}
			if tokens := text.Tokens(words); len(tokens) > 0 {
				found, err := look([]text.Term{{Tokens: tokens[:min(len(tokens), 4)]}})
				if err == nil && !found {
					t.Errorf("%q is not found by %q", words, tokens)
				}
				return err
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}
