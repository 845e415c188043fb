// Package filter is words and links that a circle wants a person to look at first: pure matching of a
// text against rules that an operator wrote.
//
// A rule is a word or phrase, which matches whole words whatever their case; a regular expression
// between slashes; a host, whose links match; or a number of links or mentions that is too many. There
// is no other language. A hit names the rule, which is shown to whoever it stopped: a filter that does
// not say what it found cannot be argued with. What becomes of a hit is the caller's to decide, and it
// may only be to hold.
//
// Expressions are RE2, so no text makes one slow, and both their number and their size are bounded. It
// does no I/O and keeps nothing but the compiled rules of a Cache.
//
// Begin with Rules and Compile.
package filter

import (
	"encoding/json"
	"fmt"
	"regexp"
	"regexp/syntax"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	maxWords = 200 // rules that look at the text: a page of an editor
	maxHosts = 200
	maxWord  = 200   // bytes
	maxProg  = 2_000 // instructions of one expression: [a-z]{1000} would be a thousand of them
	maxAll   = 20_000
	maxText  = 256 << 10 // bytes of a text that are looked at; posts are shorter
	maxCount = 1_000
)

// Rules are what a circle's operator wrote.
type Rules struct {
	Words    []string `json:"words,omitempty"`    // a word or phrase, or /an expression/
	Hosts    []string `json:"hosts,omitempty"`    // of links, with all below them
	Links    *int     `json:"links,omitempty"`    // more are a hit; nil = any number
	Mentions *int     `json:"mentions,omitempty"` // likewise
}

// Empty reports whether the rules match nothing.
func (r Rules) Empty() bool {
	return len(r.Words) == 0 && len(r.Hosts) == 0 && r.Links == nil && r.Mentions == nil
}

// A Said is what somebody wants to say.
type Said struct {
	Text     string   // title and body as plain text
	Links    []string // whole addresses
	Mentions int
}

// A Hit is the first rule that matched, as it was written; "" if none did.
type Hit string

// A Bad is the error of rules that cannot be: the field and the rule, and why.
type Bad struct {
	Field string // words, hosts, links or mentions
	Rule  string
	Why   string
}

func (b *Bad) Error() string {
	if b.Rule == "" {
		return b.Why
	}
	return fmt.Sprintf("%q: %s", b.Rule, b.Why)
}

// A Filter is compiled rules. It is safe for concurrent use.
type Filter struct {
	rules Rules
	words []word
	hosts []string
}

// A word is one rule over the text.
type word struct {
	rule  string
	re    *regexp.Regexp
	whole bool // only between the ends of words
}

// Compile reads rules. The error is a *Bad.
func Compile(r Rules) (*Filter, error) {
	f := &Filter{rules: r}
	if len(r.Words) > maxWords || len(r.Hosts) > maxHosts {
		return nil, &Bad{Field: "words", Why: fmt.Sprintf("at most %d words and %d hosts", maxWords, maxHosts)}
	}
	for field, n := range map[string]*int{"links": r.Links, "mentions": r.Mentions} {
		if n != nil && (*n < 0 || *n > maxCount) {
			return nil, &Bad{Field: field, Why: fmt.Sprintf("a number from 0 to %d", maxCount)}
		}
	}
	size := 0
	for _, rule := range r.Words {
		w, n, err := compile(rule)
		if err != nil {
			return nil, err
		}
		if size += n; size > maxAll {
			return nil, &Bad{Field: "words", Rule: rule, Why: "all expressions together are too large"}
		}
		f.words = append(f.words, w)
	}
	for _, rule := range r.Hosts {
		host := strings.Trim(strings.ToLower(strings.TrimSpace(rule)), ".")
		if host == "" || len(host) > 253 || strings.ContainsAny(host, "/:@?# \t") {
			return nil, &Bad{Field: "hosts", Rule: clip(rule), Why: "a host such as example.org"}
		}
		f.hosts = append(f.hosts, host)
	}
	return f, nil
}

// compile returns a rule over the text, and how large its program is.
func compile(rule string) (word, int, error) {
	bad := func(why string) (word, int, error) {
		return word{}, 0, &Bad{Field: "words", Rule: clip(rule), Why: why}
	}
	if len(rule) > maxWord || !utf8.ValidString(rule) {
		return bad(fmt.Sprintf("at most %d bytes of plain text", maxWord))
	}
	body := strings.Join(strings.Fields(rule), " ")
	if body == "" {
		return bad("it is empty")
	}
	w := word{rule: rule, whole: true}
	expr := strings.ReplaceAll(regexp.QuoteMeta(body), " ", `\s+`)
	if len(rule) > 2 && rule[0] == '/' && rule[len(rule)-1] == '/' {
		expr, w.whole = rule[1:len(rule)-1], false
	}
	expr = "(?i)(?:" + expr + ")"
	parsed, err := syntax.Parse(expr, syntax.Perl)
	if err != nil {
		return bad("it is no regular expression")
	}
	prog, err := syntax.Compile(parsed.Simplify())
	if err != nil || len(prog.Inst) > maxProg {
		return bad("the expression is too large")
	}
	if w.re, err = regexp.Compile(expr); err != nil {
		return bad("it is no regular expression")
	}
	if w.re.MatchString("") {
		return bad("it matches everything")
	}
	return w, len(prog.Inst), nil
}

// Match returns the first rule that a text breaks: words, hosts, then counts.
func (f *Filter) Match(s Said) Hit {
	text := s.Text[:min(len(s.Text), maxText)]
	for _, w := range f.words {
		if w.in(text) {
			return Hit(w.rule)
		}
	}
	for _, link := range s.Links {
		host := hostOf(link)
		for _, h := range f.hosts {
			if host == h || strings.HasSuffix(host, "."+h) {
				return Hit(h)
			}
		}
	}
	switch r := f.rules; {
	case r.Links != nil && len(s.Links) > *r.Links:
		return Hit(fmt.Sprintf("links > %d", *r.Links))
	case r.Mentions != nil && s.Mentions > *r.Mentions:
		return Hit(fmt.Sprintf("mentions > %d", *r.Mentions))
	}
	return ""
}

// in reports whether the text has the word. "ass" is not in "class": that has hurt whole towns.
func (w word) in(text string) bool {
	if !w.whole {
		return w.re.MatchString(text)
	}
	for from := 0; from < len(text); {
		at := w.re.FindStringIndex(text[from:])
		if at == nil {
			return false
		}
		start, end := from+at[0], from+at[1]
		before, _ := utf8.DecodeLastRuneInString(text[:start])
		first, size := utf8.DecodeRuneInString(text[start:])
		last, _ := utf8.DecodeLastRuneInString(text[:end])
		after, _ := utf8.DecodeRuneInString(text[end:])
		if !joined(before, first) && !joined(last, after) {
			return true
		}
		from = start + size
	}
	return false
}

// joined reports whether two neighbours are of one word. Scripts that write no spaces have no ends of
// words to look for.
func joined(a, b rune) bool { return wordRune(a) && wordRune(b) && !unspaced(a) && !unspaced(b) }

func wordRune(r rune) bool {
	return r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.Is(unicode.M, r) || r == '_')
}

func unspaced(r rune) bool {
	return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar)
}

// hostOf is the host of an address, without its port.
func hostOf(link string) string {
	_, rest, ok := strings.Cut(link, "://")
	if !ok {
		return ""
	}
	if i := strings.IndexAny(rest, "/?#\\"); i >= 0 {
		rest = rest[:i]
	}
	if i := strings.LastIndexByte(rest, '@'); i >= 0 {
		rest = rest[i+1:]
	}
	host, _, _ := strings.Cut(rest, ":")
	return strings.Trim(strings.ToLower(host), ".")
}

// Parse reads rules as JSON, which Compile still has to take.
func Parse(b []byte) (Rules, error) {
	var r Rules
	dec := json.NewDecoder(strings.NewReader(string(b)))
	dec.DisallowUnknownFields()
	err := dec.Decode(&r)
	return r, err
}

// clip bounds what a message repeats of somebody's input.
func clip(s string) string { return strings.ToValidUTF8(s[:min(len(s), 60)], "") }
