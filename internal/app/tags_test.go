package app

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// FuzzCleanTags: what a stranger calls a tag is one that a reader could have typed, or none.
func FuzzCleanTags(f *testing.F) {
	for _, s := range []string{"#leek", "＃园艺", "#1", "##", "a b", "#\u200cx", "ﷺ", "\xff#a", "#" + strings.Repeat("é", 200), "#A·B_3"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		tags := cleanTags([]string{s, "#" + s, s})
		for _, key := range tags {
			if !utf8.ValidString(key) || strings.ContainsAny(key, "# \x00/\"'") || utf8.RuneCountInString(key) > maxTagRunes || tagKey("#"+key) != key {
				t.Errorf("%q became the tag %q", s, key)
			}
		}
		if len(slices.Compact(slices.Sorted(slices.Values(tags)))) != len(tags) {
			t.Errorf("%q became %q", s, tags)
		}
	})
}
