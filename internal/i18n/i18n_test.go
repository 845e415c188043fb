package i18n

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pelletier/go-toml/v2"

	"halqa/circles"
)

func bundle(t *testing.T) *Bundle {
	t.Helper()
	b, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

var placeholder = regexp.MustCompile(`\{\{[^}]*\}\}`)

// read returns, for each key of a catalogue, the placeholders of each of its forms.
func read(t *testing.T, name string) map[string]map[string][]string {
	t.Helper()
	raw, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	var doc map[string]any
	if err := toml.Unmarshal(raw, &doc); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	out := map[string]map[string][]string{}
	holes := func(s string) []string {
		found := placeholder.FindAllString(s, -1)
		slices.Sort(found)
		return slices.Compact(found)
	}
	for key, v := range doc {
		switch v := v.(type) {
		case string:
			if strings.TrimSpace(v) == "" {
				t.Errorf("%s: %s is empty", name, key)
			}
			out[key] = map[string][]string{"other": holes(v)}
		case map[string]any:
			out[key] = map[string][]string{}
			for form, s := range v {
				out[key][form] = holes(fmt.Sprint(s))
			}
		default:
			t.Errorf("%s: %s is neither a sentence nor its plural forms", name, key)
		}
	}
	return out
}

// Every language says everything, with the same values in it.
func TestCataloguesAgree(t *testing.T) {
	files, _ := filepath.Glob("locale/*.toml")
	want := read(t, "locale/"+Default+".toml")
	for _, file := range files {
		got := read(t, file)
		for key, forms := range want {
			if got[key] == nil {
				t.Errorf("%s lacks %s", file, key)
				continue
			}
			for form, holes := range got[key] {
				if !slices.Equal(holes, forms["other"]) {
					t.Errorf("%s: %s (%s) has the placeholders %v, English has %v", file, key, form, holes, forms["other"])
				}
			}
		}
		for key := range got {
			if want[key] == nil {
				t.Errorf("%s has %s, which English has not", file, key)
			}
		}
	}
	if len(files) < 2 || len(want) < 100 {
		t.Fatalf("read %d catalogues with %d keys", len(files), len(want))
	}
}

func TestLocalizer(t *testing.T) {
	b := bundle(t)
	for _, c := range []struct {
		wishes []string
		want   string
	}{
		{nil, "en"},
		{[]string{"", "zh-CN,zh;q=0.9,en;q=0.8"}, "zh"},
		{[]string{"zh-Hant-TW"}, "zh"},
		{[]string{"en-GB"}, "en"},
		{[]string{"zh", "en"}, "zh"},
		{[]string{"fr", "zh"}, "zh"},
		{[]string{"fr"}, "en"},
		{[]string{"\x00;;q=", "zh"}, "zh"},
		{[]string{strings.Repeat("zh-", 500), "en"}, "en"},
	} {
		if got := b.Localizer(c.wishes...).Tag(); got != c.want {
			t.Errorf("Localizer(%.60q) = %s, want %s", c.wishes, got, c.want)
		}
	}
}

func TestT(t *testing.T) {
	b := bundle(t)
	en, zh := b.Localizer("en"), b.Localizer("zh")
	for _, c := range []struct{ got, want string }{
		{en.T("post.comments", "Count", 1), "1 comment"},
		{en.T("post.comments", "Count", 0), "0 comments"},
		{en.T("post.comments", "Count", 12345), "12,345 comments"},
		{zh.T("post.comments", "Count", 1), "1 条评论"},
		{en.T("reply.to", "Name", "<b>"), "Reply to <b>"},
		{zh.T("post.locked"), "已锁定"},
		{en.T("no.such.key"), "no.such.key"},
		{en.Number(-1234567), "-1,234,567"},
	} {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
	if en.Has("no.such.key") || !en.Has("post.comments") || !zh.Has("post.locked") || !en.Has("reply.to") {
		t.Error("Has does not know what the catalogue holds")
	}
}

func TestAgo(t *testing.T) {
	en := bundle(t).Localizer("en")
	now := time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		back time.Duration
		want string
	}{
		{-time.Hour, "just now"}, // a peer's clock runs ahead
		{59 * time.Second, "just now"},
		{time.Minute, "1 minute ago"},
		{59 * time.Minute, "59 minutes ago"},
		{23 * time.Hour, "23 hours ago"},
		{29 * 24 * time.Hour, "29 days ago"},
		{31 * 24 * time.Hour, "22 October 2026"},
	} {
		if got := en.Ago(now, now.Add(-c.back)); got != c.want {
			t.Errorf("Ago(%s) = %q, want %q", c.back, got, c.want)
		}
	}
}

func TestError(t *testing.T) {
	b := bundle(t)
	en, zh := b.Localizer("en"), b.Localizer("zh")
	plain := circles.Errorf(circles.Invalid, "Too short.")
	known := plain.With("error.too-large", nil)
	filled := plain.With("post.gone-reason", map[string]any{"Reason": "spam"})
	for _, c := range []struct {
		l    *Localizer
		err  error
		want string
	}{
		{zh, plain, "Too short."},
		{zh, plain.With("error.no-such-key", nil), "Too short."},
		{zh, known, "一次发送的内容太大。"},
		{zh, fmt.Errorf("post 7: %w", known), "一次发送的内容太大。"},
		{en, filled, "Removed by a moderator: spam"},
		{en, fmt.Errorf("disk: secret path"), en.T("error.internal")},
		{en, &circles.Error{Kind: circles.Internal, Message: "secret"}, en.T("error.internal")},
	} {
		if got := c.l.Error(c.err); got != c.want {
			t.Errorf("Error(%v) in %s = %q, want %q", c.err, c.l.Tag(), got, c.want)
		}
	}
}
