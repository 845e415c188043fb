// Package i18n speaks to people in their language: it loads the message catalogues, picks the one a
// reader asked for, and renders sentences, plurals, numbers, dates and refusals in it.
//
// It translates nothing that people wrote and decides no time zone: dates are shown in UTC, with the
// machine-readable time beside them. Begin with Load and Localizer.T. A new language is one more
// file in locale/, complete, which a test compares with the English one.
package i18n

import (
	"embed"
	"fmt"
	"io/fs"
	"path"
	"strings"

	goi18n "github.com/nicksnyder/go-i18n/v2/i18n"
	"github.com/pelletier/go-toml/v2"
	"golang.org/x/text/language"
	"golang.org/x/text/message"
)

//go:embed locale/*.toml
var locales embed.FS

// Default is the language of the catalogue that every other one is compared with, and of a reader
// whose wishes we cannot meet.
const Default = "en"

// maxPreference bounds an Accept-Language header or a cookie before it is parsed: the parser's cost
// grows faster than its input.
const maxPreference = 256 // bytes

// A Language is one that the pages can be read in. Name is in that language itself.
type Language struct{ Tag, Name string }

// A Bundle holds every catalogue. It does not change after Load.
type Bundle struct {
	languages  []Language
	localizers []*Localizer // in the order of languages
	matcher    language.Matcher
}

// Load reads the embedded catalogues. It fails only when one of them is malformed.
func Load() (*Bundle, error) {
	names, err := fs.Glob(locales, "locale/*.toml")
	if err != nil {
		return nil, err
	}
	catalogue := goi18n.NewBundle(language.Make(Default))
	catalogue.RegisterUnmarshalFunc("toml", toml.Unmarshal)
	b := &Bundle{}
	var tags []language.Tag
	add := func(name string) error {
		file, err := catalogue.LoadMessageFileFS(locales, name)
		if err != nil {
			return fmt.Errorf("catalogue %s: %w", name, err)
		}
		tag := file.Tag.String()
		if want := strings.TrimSuffix(path.Base(name), ".toml"); tag != want {
			return fmt.Errorf("catalogue %s: its name reads as the language %q", name, tag)
		}
		l := &Localizer{
			tag:     tag,
			lookup:  goi18n.NewLocalizer(catalogue, tag),
			printer: message.NewPrinter(file.Tag),
			known:   map[string]bool{},
			plain:   map[string]string{},
		}
		for _, m := range file.Messages {
			l.known[m.ID] = true
			if m.One == "" && m.Few == "" && m.Many == "" && !strings.Contains(m.Other, "{{") {
				l.plain[m.ID] = m.Other
			}
		}
		l.fillAgo()
		b.localizers = append(b.localizers, l)
		b.languages = append(b.languages, Language{Tag: tag, Name: l.T("language.self")})
		tags = append(tags, file.Tag)
		return nil
	}
	// The matcher falls back to its first language, so the default one goes in front.
	if err := add("locale/" + Default + ".toml"); err != nil {
		return nil, err
	}
	for _, n := range names {
		if n == "locale/"+Default+".toml" {
			continue
		}
		if err := add(n); err != nil {
			return nil, err
		}
	}
	b.matcher = language.NewMatcher(tags)
	return b, nil
}

// Languages lists what the pages can be read in, the default one first.
func (b *Bundle) Languages() []Language { return b.languages }

// Known reports whether tag is exactly one of Languages.
func (b *Bundle) Known(tag string) bool {
	for _, l := range b.languages {
		if l.Tag == tag {
			return true
		}
	}
	return false
}

// Localizer returns the first of the preferences that we speak at least roughly. Each is a language
// tag or a whole Accept-Language header (RFC 9110 12.5.4), the strongest wish first; empty, malformed
// and oversized ones are passed over.
func (b *Bundle) Localizer(preferences ...string) *Localizer {
	for _, p := range preferences {
		if p == "" || len(p) > maxPreference {
			continue
		}
		tags, _, err := language.ParseAcceptLanguage(p)
		if err != nil || len(tags) == 0 {
			continue
		}
		if _, i, confidence := b.matcher.Match(tags...); confidence > language.No {
			return b.localizers[i]
		}
	}
	return b.localizers[0]
}
