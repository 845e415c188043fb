package text

import (
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestCaptures sanitises the HTML that real servers sent, where a folder of recorded traffic is at
// hand: HALQA_CAPTURES names it.
func TestCaptures(t *testing.T) {
	dir := os.Getenv("HALQA_CAPTURES")
	if dir == "" {
		t.Skip("HALQA_CAPTURES is not set: no recorded traffic to read")
	}
	s, seen := NewSanitizer(), 0
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) != ".json" {
			return err
		}
		raw, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		var doc any
		if json.Unmarshal(raw, &doc) != nil {
			return nil
		}
		contents(doc, func(html string) {
			seen++
			out := s.Sanitize(html)
			checkSafe(t, s, html, out)
			if words(Plain(out)) != words(Plain(html)) {
				t.Errorf("%s: the text changed\nfrom %q\n  to %q", path, Plain(html), Plain(out))
			}
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if seen == 0 {
		t.Errorf("no content in %s", dir)
	}
}

// contents calls f with each content and summary in a JSON value, bodies kept as strings included.
func contents(v any, f func(string)) {
	switch v := v.(type) {
	case map[string]any:
		for k, e := range v {
			if s, ok := e.(string); ok && (k == "content" || k == "summary") {
				f(s)
			}
			contents(e, f)
		}
	case []any:
		for _, e := range v {
			contents(e, f)
		}
	case string:
		var inner any
		if strings.HasPrefix(v, "{") && json.Unmarshal([]byte(v), &inner) == nil {
			contents(inner, f)
		}
	}
}

func words(s string) string { return strings.Join(strings.Fields(s), " ") }
