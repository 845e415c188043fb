package federation

import (
	"net/http"
	"slices"
	"testing"

	"halqa/circles"
	"halqa/internal/app"
	"halqa/internal/fetch"
	"halqa/internal/store"
)

// hashtags are the names and addresses of an object's hashtags.
func hashtags(o obj) (all []string) {
	list, _ := o["tag"].([]any)
	for _, t := range list {
		if tag, _ := t.(map[string]any); tag["type"] == "Hashtag" {
			all = append(all, tag["name"].(string)+" "+tag["href"].(string))
		}
	}
	return all
}

// TestHashtagsAreSaid: a post carries its author's tags and its circle's own, a comment its author's.
func TestHashtagsAreSaid(t *testing.T) {
	h := newHouse(t)
	olga := h.person("olga")
	garden := h.circle(olga, "garden", circles.Public)
	p, err := h.app.Post(t.Context(), olga, app.NewPost{Circle: garden.CircleID(), Title: "x", Body: "今天#园艺 and #Leek"})
	if err != nil {
		t.Fatal(err)
	}
	c := h.answer(olga, p.ID, "Yes, #leek")
	base := h.site.Base + "/tag/"
	for path, want := range map[string][]string{
		p.Path(): {"#leek " + base + "leek", "#园艺 " + base + "%E5%9B%AD%E8%89%BA", "#garden " + base + "garden"},
		c.Path(): {"#leek " + base + "leek"},
	} {
		resp, body := h.get(path, fetch.ActivityJSON)
		var o obj
		decode(t, body, &o)
		if got := hashtags(o); resp.StatusCode != http.StatusOK || !slices.Equal(got, want) {
			t.Errorf("%s: %d, %q, want %q", path, resp.StatusCode, got, want)
		}
	}
}

// TestHashtagsAreRead: those of an object are kept, an edit's in place of them.
func TestHashtagsAreRead(t *testing.T) {
	h := newHouse(t)
	garden := h.circle(h.person("olga"), "garden", circles.Public)
	zoe := h.far().speaker("zoe")
	tags := func(names ...string) obj {
		var all []any
		for _, n := range names {
			all = append(all, obj{"type": "Hashtag", "href": "https://elsewhere.example/" + n, "name": n})
		}
		return obj{"tag": append(all, obj{"type": "Mention", "href": h.address(garden), "name": "@garden"})}
	}
	want := func(uri string, want ...string) {
		t.Helper()
		id := h.wantPost(uri).ID
		h.view(func(tx *store.Tx) error {
			got, err := tx.Tags(id)
			if !slices.Equal(got, want) {
				t.Errorf("tags %q, want %q", got, want)
			}
			return err
		})
	}
	page := zoe.page("/p/1", h.address(garden), "Leeks", tags("#Leek", "园艺", "#leek", "#1", "#two words", "#garden"))
	zoe.must(zoe.says("Create", page))
	uri := page["id"].(string)
	want(uri, "leek", "园艺")
	zoe.must(zoe.says("Update", merge(page, tags("#pear"), obj{"name": "Pears"})))
	want(uri, "pear")
}
