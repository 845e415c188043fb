package text

import (
	"golang.org/x/text/language"

	"halqa/circles"
)

// maxLanguage is the longest tag that is looked at; RFC 5646 4.4.1 asks for at least 35.
const maxLanguage = 35

// Language returns the canonical form of a BCP 47 tag: "ZH-hans" becomes "zh-Hans", "zh_CN"
// becomes "zh-CN". The empty tag and "und", which Lemmy sends for "not said", become "". Tags with
// extensions or private subtags are refused: nobody filters by them, and they would multiply.
func Language(tag string) (string, error) {
	if tag == "" {
		return "", nil
	}
	refused := circles.FieldErrorf(circles.Invalid, "language", "That is not a language tag; use one such as en, zh-Hans or pt-BR.").
		With("refused.language", nil)
	if len(tag) > maxLanguage {
		return "", refused
	}
	t, err := language.Parse(tag)
	if err != nil || len(t.Extensions()) > 0 {
		return "", refused
	}
	if t == language.Und {
		return "", nil
	}
	s := t.String()
	if len(s) > 2 && s[:2] == "x-" {
		return "", refused
	}
	return s, nil
}
