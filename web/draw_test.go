package web

import (
	"html/template"
	"reflect"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"
)

// fillStrings sets every string below v to s, and makes one of everything that can be many.
func fillStrings(v reflect.Value, s string, depth int) {
	switch v.Kind() {
	case reflect.Struct:
		if _, moment := v.Interface().(time.Time); moment {
			v.Set(reflect.ValueOf(sampleNow))
			return
		}
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				fillStrings(v.Field(i), s, depth)
			}
		}
	case reflect.Slice:
		if depth > 0 {
			v.Set(reflect.MakeSlice(v.Type(), 1, 1))
			fillStrings(v.Index(0), s, depth-1)
		}
	case reflect.Pointer:
		if depth > 0 {
			v.Set(reflect.New(v.Type().Elem()))
			fillStrings(v.Elem(), s, depth-1)
		}
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(1)
	case reflect.String:
		if _, markup := v.Interface().(template.HTML); !markup {
			v.SetString(s)
		}
	}
}

var hostileTexts = []string{
	`"><script>alert(1)</script>`, `' onclick=alert(1) x='`, `" onclick="alert(1)`, `javascript:alert(1)`,
	`</li></ol></details><h1>`, `&lt;b&gt;`, "a\x00b\"<", `data:text/html,<script>alert(1)</script>`, `//evil.example`,
}

// TestNothingBreaksOutOfADrawnRow: nor out of a post in a list, with every chip and without, veiled and not.
func TestNothingBreaksOutOfADrawnRow(t *testing.T) {
	s := testServer(t)
	for _, hostile := range hostileTexts {
		var r PostRow
		fillStrings(reflect.ValueOf(&r).Elem(), hostile, 2)
		if r.Thumb == nil || r.Circle == nil || r.Poll == nil {
			t.Fatalf("this row has nothing to draw: %+v", r)
		}
		r.Photos = 2
		for i := range 16 {
			r.Sensitive, r.Poll.Open, r.Vote.May = i&1 > 0, i&2 > 0, i&4 > 0
			if r.Audience = hostile; i&8 > 0 {
				r.Audience, r.Warning = "members", ""
			}
			out := renderSample(t, s, "en", sample{file: "hostile", page: "home", view: HomeView{Page: samplePage("", true), Feed: Feed{Posts: []PostRow{r}}}})
			checkDrawn(t, hostile, out, `<div class="posts">`, "</article>")
		}
	}
}

// TestNothingBreaksOutOfADrawnComment: whatever stands in the fields of a view stays text of its place.
func TestNothingBreaksOutOfADrawnComment(t *testing.T) {
	s := testServer(t)
	for _, hostile := range hostileTexts {
		var c Comment
		fillStrings(reflect.ValueOf(&c).Elem(), hostile, 2)
		for _, gone := range []string{"", hostile} {
			for _, warn := range []string{"", hostile} {
				c.Gone, c.Warn = gone, warn
				out := renderSample(t, s, "en", sample{file: "hostile", page: "post", view: PostView{Page: samplePage("", true), Thread: []Comment{c}}})
				checkDrawn(t, hostile, out, `<ol class="thread">`, "</ol>")
			}
		}
	}
}

// checkDrawn looks at a page from a tag to the last one of an end.
func checkDrawn(t *testing.T, hostile, out, begin, end string) {
	t.Helper()
	from := strings.Index(out, begin)
	root, err := html.Parse(strings.NewReader(out[from : from+strings.LastIndex(out[from:], end)]))
	if err != nil {
		t.Fatal(err)
	}
	texts, attributes := 0, 0
	for n := range root.Descendants() {
		if n.Type == html.TextNode && strings.Contains(n.Data, strings.ReplaceAll(hostile, "\x00", "�")) {
			texts++
		}
		if n.Type != html.ElementNode {
			continue
		}
		switch n.Data {
		case "script", "h1", "b":
			t.Errorf("%q made a <%s>", hostile, n.Data)
		}
		for _, a := range n.Attr {
			attributes++
			if strings.HasPrefix(a.Key, "on") {
				t.Errorf("%q made the attribute %s", hostile, a.Key)
			}
			if address := a.Key == "href" || a.Key == "src" || a.Key == "srcset" || a.Key == "action"; address &&
				(strings.HasPrefix(a.Val, "javascript:") || strings.HasPrefix(a.Val, "data:")) {
				t.Errorf("%q became the address %s of <%s>", hostile, a.Val, n.Data)
			}
		}
	}
	if texts == 0 || attributes == 0 {
		t.Errorf("%q is not shown at all", hostile)
	}
}
