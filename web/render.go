package web

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"halqa/internal/i18n"
	"halqa/static"
)

//go:embed page/*.tmpl
var pages embed.FS

// A renderer turns view structs into pages: one set of templates for each language, parsed once, with
// that language's words already bound to the functions.
type renderer struct {
	sets   map[string]*template.Template // by the tag of the language
	assets *static.Files
	pool   sync.Pool // of *bytes.Buffer
}

func newRenderer(words *i18n.Bundle, assets *static.Files, now func() time.Time) (*renderer, error) {
	r := &renderer{assets: assets, sets: map[string]*template.Template{}, pool: sync.Pool{New: func() any { return new(bytes.Buffer) }}}
	for _, lang := range words.Languages() {
		set, err := parseSet(words.Localizer(lang.Tag), assets, now)
		if err != nil {
			return nil, fmt.Errorf("templates in %s: %w", lang.Tag, err)
		}
		r.sets[lang.Tag] = set
	}
	return r, nil
}

func parseSet(l *i18n.Localizer, assets *static.Files, now func() time.Time) (*template.Template, error) {
	set := template.New("")
	words := functions(l, assets, now)
	comments := newPainter(l, assets, now, func(all []Photo) (template.HTML, error) { return part(set, "photos", all) })
	comments.quote = func(q *Quote) (template.HTML, error) { return part(set, "quote", q) }
	words["comments"] = comments.thread
	set, err := set.Funcs(words).ParseFS(pages, "page/*.tmpl")
	if err != nil {
		return nil, err
	}
	fold(set, l, assets)
	return set, nil
}

// part executes one template of a set for markup that is made in Go.
func part(set *template.Template, name string, view any) (template.HTML, error) {
	var b strings.Builder
	err := set.ExecuteTemplate(&b, name, view)
	return template.HTML(b.String()), err
}

func functions(l *i18n.Localizer, assets *static.Files, now func() time.Time) template.FuncMap {
	avatar, person := personDrawer(l)
	rows := newRowPainter(l, assets, now)
	return template.FuncMap{
		"t":         l.T,
		"num":       func(n int) string { return l.Number(int64(n)) },
		"date":      l.Date,
		"ago":       func(at time.Time) template.HTML { return timeTag(at, l.Ago(now(), at), l.DateTime(at)) },
		"clock":     func(at time.Time) template.HTML { return timeTag(at, l.DateTime(at), "") },
		"asset":     assets.URL,
		"icon":      func(name string) template.HTML { return icon(assets, name) },
		"glyph":     glyph,
		"personHue": personHue,
		"initial":   initial,
		"input":     input,
		"votes":     ringDrawer(l),
		"avatar":    avatar,
		"person":    person,
		"menu":      menuDrawer(l, assets),
		"saver":     saverDrawer(l, assets),
		"rows":      rows.list,
		"row":       rows.one,
		"mark":      func() template.HTML { return brandMark },
		"megabytes": func(n int64) string { return strconv.FormatInt(n>>20, 10) + " MB" },
	}
}

// icon draws one symbol of the sprite. Words beside it or a hidden text say what it means.
func icon(assets *static.Files, name string) template.HTML {
	return template.HTML(`<svg class="icon" aria-hidden="true"><use href="` + assets.URL("icons.svg") + `#` + template.HTMLEscapeString(name) + `"/></svg>`)
}

// timeTag writes <time> with the exact moment for machines and, on pointing, for people.
func timeTag(at time.Time, words, exact string) template.HTML {
	title := ""
	if exact != "" {
		title = ` title="` + template.HTMLEscapeString(exact) + `"`
	}
	return template.HTML(`<time datetime="` + at.UTC().Format("2006-01-02T15:04:05Z") + `"` + title + `>` + template.HTMLEscapeString(words) + `</time>`)
}

const brandMark = template.HTML(`<svg viewBox="0 0 32 32" fill="none" stroke="currentColor" stroke-width="3" stroke-linecap="round" aria-hidden="true"><circle cx="16" cy="16" r="13.5" pathLength="100" stroke-dasharray="80 100" transform="rotate(20 16 16)"/><circle cx="16" cy="16" r="8.5" pathLength="100" stroke-dasharray="62 100" transform="rotate(160 16 16)"/><circle cx="16" cy="16" r="2.2" fill="currentColor"/></svg>`)

// saver draws what the template function of that name does.
func (r *renderer) saver(l *i18n.Localizer) func(Saver) template.HTML {
	return saverDrawer(l, r.assets)
}

// page renders the template of this name into memory and then writes it: a failing template never
// leaves half a page behind a 200. made, if there is one, sees the page before it goes out and keeps
// nothing of it but copies.
func (r *renderer) page(w http.ResponseWriter, status int, lang, name string, view any, made func([]byte)) error {
	set := r.sets[lang]
	if set == nil {
		set = r.sets[i18n.Default]
	}
	buf := r.pool.Get().(*bytes.Buffer)
	defer r.pool.Put(buf)
	buf.Reset()
	if err := set.ExecuteTemplate(buf, name, view); err != nil {
		return fmt.Errorf("page %s: %w", name, err)
	}
	if made != nil {
		made(buf.Bytes())
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Length", strconv.Itoa(buf.Len()))
	w.WriteHeader(status)
	_, err := w.Write(buf.Bytes())
	return err
}
