package text

import (
	"strings"
	"testing"

	"halqa/circles"
)

func TestValidName(t *testing.T) {
	for _, name := range []string{"abc", "alice_2", "a_b", "1984", "gardening", strings.Repeat("a", 30), "apis", "post_office"} {
		if err := ValidName(name); err != nil {
			t.Errorf("ValidName(%q) = %v, want it accepted", name, err)
		}
	}
	for _, name := range []string{"", "ab", strings.Repeat("a", 31), "Alice", "a-b", "a b", "al.ice", "álice", "园艺社", "___", "a\x00b", "@abc",
		"admin", "api", "gate", "nodeinfo", "activity", "well_known", "sharedinbox", "everyone", "administrator", "bot"} {
		if err := ValidName(name); !circles.Is(err, circles.Invalid) {
			t.Errorf("ValidName(%q) = %v, want it refused as invalid", name, err)
		}
	}
}

func TestLanguage(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{"", ""}, {"und", ""}, {"en", "en"}, {"EN", "en"}, {"zh-hans", "zh-Hans"}, {"zh_CN", "zh-CN"}, {"pt-br", "pt-BR"}, {"sr-Latn-RS", "sr-Latn-RS"}, {"iw", "he"},
	} {
		if got, err := Language(tt.in); err != nil || got != tt.want {
			t.Errorf("Language(%q) = %q, %v; want %q", tt.in, got, err, tt.want)
		}
	}
	for _, in := range []string{"english", "en-", "x-klingon", "en-x-secret", "en-u-co-phonebk", "qq<script>", strings.Repeat("en-", 20), "zz", "\x00"} {
		if got, err := Language(in); !circles.Is(err, circles.Invalid) {
			t.Errorf("Language(%q) = %q, %v; want it refused", in, got, err)
		}
	}
}

func TestParseHandle(t *testing.T) {
	tests := []struct {
		in         string
		kind       Kind
		name, host string
	}{
		{"@alice@h.example", Person, "alice", "h.example"},
		{" alice@H.Example. ", Person, "alice", "h.example"},
		{"acct:alice@h.example", Person, "alice", "h.example"},
		{"acct:@alice@h.example", Person, "alice", "h.example"},
		{"@Alice", Person, "alice", ""},
		{"!Gardening", Circle, "gardening", ""},
		{"!gardening@lemmy.test", Circle, "gardening", "lemmy.test"},
		{"@general-discussion@nodebb.test", Person, "general-discussion", "nodebb.test"},
		{"@Bob@例え.jp", Person, "Bob", "xn--r8jz45g.jp"},
		{"@bob@localhost:8080", Person, "bob", "localhost:8080"},
		{"@bob@127.0.0.1:8080", Person, "bob", "127.0.0.1:8080"},
		{"@bob@h.example:443", Person, "bob", "h.example"},
		{"HTTPS://H.Example/u/alice#x", Address, "https://h.example/u/alice", "h.example"},
		{"https://h.example:443/post/1?a=b", Address, "https://h.example/post/1?a=b", "h.example"},
		{"http://[::1]:80/x", Address, "http://[::1]:80/x", "[::1]:80"},
	}
	for _, tt := range tests {
		kind, name, host, err := ParseHandle(tt.in)
		if err != nil || kind != tt.kind || name != tt.name || host != tt.host {
			t.Errorf("ParseHandle(%q) = %q, %q, %q, %v; want %q, %q, %q", tt.in, kind, name, host, err, tt.kind, tt.name, tt.host)
		}
	}
	for _, in := range []string{"", "@", "alice", "@@h.example", "@a b@h.example", "@alice@", "@alice@h..example", "@alice@h.example/x", "@alice@h.example@x",
		"@alice@1.2.3", "@alice@0x7f.1", "@alice@2130706433", "@alice@h.example:0", "@alice@h.example:99999", "acct:alice", "ftp://h.example/", "https:///x",
		"https://u:p@h.example/", "javascript:alert(1)", "@" + strings.Repeat("a", 200) + "@h.example", "@alice@" + strings.Repeat("a.", 200) + "example", "@..@h.example", "@alice@[::1"} {
		if kind, name, host, err := ParseHandle(in); !circles.Is(err, circles.Invalid) {
			t.Errorf("ParseHandle(%q) = %q, %q, %q, %v; want it refused", in, kind, name, host, err)
		}
	}
}

func FuzzParseHandle(f *testing.F) {
	for _, s := range []string{"@alice@h.example", "!c@[::1]:1", "https://h.example/%zz", "acct:a@例え.jp", "@a@xn--a"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, in string) {
		kind, name, host, err := ParseHandle(in)
		if err != nil {
			return
		}
		if host != "" {
			if again, err := Host(host); err != nil || again != host {
				t.Errorf("ParseHandle(%q): host %q, and of that %q, %v", in, host, again, err)
			}
		}
		written := name
		switch kind {
		case Person:
			written = "@" + name
		case Circle:
			written = "!" + name
		}
		if kind != Address && host != "" {
			written += "@" + host
		}
		if k, n, h, err := ParseHandle(written); err != nil || k != kind || n != name || h != host {
			t.Errorf("ParseHandle(%q) = %q, %q, %q, but of %q it is %q, %q, %q, %v", in, kind, name, host, written, k, n, h, err)
		}
	})
}
