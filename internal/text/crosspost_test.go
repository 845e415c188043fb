package text

import (
	"net/url"
	"strings"
	"testing"
)

func TestCrosspostOf(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"cross-posted from: https://lemmy.world/post/9999\n\n> Paragraph", "https://lemmy.world/post/9999"},
		{"Cross-posted from: https://lemmy.world/post/9999", "https://lemmy.world/post/9999"},
		{"  crossposted from <https://a.example/p/1?x=1#y>", "https://a.example/p/1?x=1"},
		{"cross-posted from: [here](https://a.example/p/1)", ""},
		{"I cross-posted from: https://a.example/p/1", ""},
		{"cross-posted from: javascript:alert(1)", ""},
		{"cross-posted from: https://user:pass@a.example/p/1", ""},
		{"cross-posted from: https://" + strings.Repeat("a", 5000), ""},
		{"", ""},
	} {
		if got := CrosspostOf(c.in); got != c.want {
			t.Errorf("CrosspostOf(%.80q) = %.80q, want %.80q", c.in, got, c.want)
		}
	}
}

// What is written here is read here.
func TestCrossposted(t *testing.T) {
	const from = "https://halqa.test/post/17"
	got := Crossposted(from, "One.\r\n\r\n> Two\n# Three\n")
	if want := "cross-posted from: " + from + "\n\n> One.\n>\n> > Two\n> # Three\n"; got != want {
		t.Errorf("got\n%q\nwant\n%q", got, want)
	}
	if back := CrosspostOf(got); back != from {
		t.Errorf("read back as %q", back)
	}
	if got := Crossposted(from, ""); CrosspostOf(got) != from || strings.Contains(got, ">") {
		t.Errorf("without a text: %q", got)
	}
}

func FuzzCrosspostOf(f *testing.F) {
	for _, s := range []string{"cross-posted from: https://lemmy.world/post/9999\n\n> x", "crossposted from <http://[::1]/%zz>", "cross-posted from: https://é"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := CrosspostOf(s)
		if got == "" {
			return
		}
		if u, err := url.Parse(got); err != nil || u.Host == "" || u.User != nil || u.Scheme != "http" && u.Scheme != "https" {
			t.Errorf("CrosspostOf(%q) = %q: %v", s, got, err)
		}
	})
}
