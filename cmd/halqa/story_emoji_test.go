package main

import (
	"bytes"
	"image"
	"image/png"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"halqa/circles"
	"halqa/internal/testpeer"
)

// The small pictures in what people of Mastodon write, and in their names, come through us: a page names
// no other server, and code stays code.
func TestEmojiOfOtherServers(t *testing.T) {
	w := newTown(t)
	ctx := t.Context()
	w.circle("gardening")
	v := w.visit(testpeer.Mastodon)
	var dot bytes.Buffer
	if err := png.Encode(&dot, image.NewRGBA(image.Rect(0, 0, 2, 2))); err != nil {
		t.Fatal(err)
	}
	address := v.peer.Serve("/system/blobcat.png", "image/png", dot.Bytes())
	bad := v.peer.Serve("/system/page.png", "image/png", []byte("<html><script>1</script>"))
	emoji := func(name, url string) any {
		return map[string]any{"type": "Emoji", "name": name, "icon": map[string]any{"type": "Image", "mediaType": "image/png", "url": url}}
	}
	v.bob.Rewrite(func(doc map[string]any) {
		doc["name"], doc["tag"] = "Bob :blobcat: <b>", []any{emoji(":blobcat:", address)}
	})
	group := v.follows("gardening")
	said := v.bob.Post(ctx, group, "Peas", "<p>Peas :blobcat: are :page: up :nobody: <code>:blobcat:</code></p>", func(o map[string]any) {
		tags, _ := o["tag"].([]any)
		for range 60 {
			tags = append(tags, emoji(":blobcat:", address))
		}
		o["tag"] = append(tags, emoji(":page:", bad), emoji(`:"><script>:`, address), emoji("none", "javascript:1"))
	}).Object
	p := w.arrives("bob's post", said, func(p *circles.Post) bool { return p.State == circles.Visible })

	res, err := http.Get(w.h.site.Base + p.Path())
	w.must(err)
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	w.must(err)
	page := string(raw)
	icons := regexp.MustCompile(`<img class="emoji" src="(/emoji/[0-9a-f]{32})" alt=":(\w+):" title=":\w+:"`).FindAllStringSubmatch(page, -1)
	of := map[string]string{}
	for _, m := range icons {
		of[m[2]] = m[1]
	}
	if len(of) != 2 || !strings.Contains(page, "<code>:blobcat:</code>") || !strings.Contains(page, ":nobody:") {
		t.Fatalf("the page has the pictures %v\n%s", of, p.BodyHTML)
	}
	if !strings.Contains(page, `<bdi>Bob <img class="emoji" src="`+of["blobcat"]+`"`) {
		t.Errorf("bob's name has no picture:\n%s", page[strings.Index(page, "<bdi>Bob"):][:200])
	}
	for _, src := range regexp.MustCompile(`(?:src|srcset)="([^"]*)"`).FindAllStringSubmatch(page, -1) {
		if !strings.HasPrefix(src[1], "/") {
			t.Errorf("the page loads %s", src[1])
		}
	}
	for code, want := range map[string]int{"blobcat": 200, "page": 404} {
		res, err := http.Get(w.h.site.Base + of[code])
		w.must(err)
		body, _ := io.ReadAll(res.Body)
		res.Body.Close()
		if res.StatusCode != want || want == 200 && !bytes.Equal(body, dot.Bytes()) {
			t.Errorf(":%s: answers %d with %d bytes, want %d", code, res.StatusCode, len(body), want)
		}
		if csp := res.Header.Get("Content-Security-Policy"); want == 200 && !strings.Contains(csp, "sandbox") {
			t.Errorf(":%s: has the policy %q", code, csp)
		}
	}
	for _, id := range []string{"0", "../x", strings.Repeat("0", 32)} {
		if res, err := http.Get(w.h.site.Base + "/emoji/" + id); err != nil || res.StatusCode != 404 {
			t.Errorf("/emoji/%s: %v %v", id, res, err)
		}
	}
}
