package circles

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// An Emoji is a small picture of another server that stands for a :word: in what its people write.
type Emoji struct {
	Code string // without its colons
	ID   string // drawn from URL; what a page asks for
	URL  string // never sent to a browser
}

const (
	MaxEmoji     = 30 // different ones of one text; Mastodon posts rarely have five
	MaxNameEmoji = 8  // of one display name
	maxEmojiCode = 64 // bytes
)

// NewEmoji returns the emoji with this code, with or without its colons, and picture; ok is false if the
// code is none.
func NewEmoji(code, url string) (e Emoji, ok bool) {
	code = strings.TrimSuffix(strings.TrimPrefix(code, ":"), ":")
	if !IsEmojiCode(code) || url == "" {
		return Emoji{}, false
	}
	sum := sha256.Sum256([]byte(url))
	return Emoji{Code: code, ID: hex.EncodeToString(sum[:16]), URL: url}, true
}

// IsEmojiCode reports whether a word can stand between the colons: letters of ASCII, digits and _, as
// Mastodon has it, and - and + of Misskey's and Pleroma's.
func IsEmojiCode(s string) bool {
	if len(s) < 1 || len(s) > maxEmojiCode {
		return false
	}
	for _, c := range []byte(s) {
		if c != '_' && c != '-' && c != '+' && (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') {
			return false
		}
	}
	return true
}

// NameEmoji reads what Actor.Emoji keeps: ids by code.
func NameEmoji(kept string) map[string]string {
	if kept == "" {
		return nil
	}
	of := map[string]string{}
	for pair := range strings.FieldsSeq(kept) {
		if code, id, ok := strings.Cut(pair, "="); ok && len(of) < MaxNameEmoji {
			of[code] = id
		}
	}
	return of
}

// KeepNameEmoji is what Actor.Emoji keeps of those that stand in a display name.
func KeepNameEmoji(name string, all []Emoji) string {
	var kept []string
	for _, e := range all {
		if strings.Contains(name, ":"+e.Code+":") && len(kept) < MaxNameEmoji {
			kept = append(kept, e.Code+"="+e.ID)
		}
	}
	return strings.Join(kept, " ")
}
