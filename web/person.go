package web

import (
	"html/template"
	"net/url"
	"strings"

	"halqa/circles"
	"halqa/internal/app"
	"halqa/internal/i18n"
	"halqa/internal/text"
)

// personDrawer returns the template functions that draw a person: the ring with a letter or picture,
// and the name that leads to them. Like the vote ring they stand under every voice, and cost a
// quarter in Go of what they cost as templates.
func personDrawer(l *i18n.Localizer) (ring, name func(PersonRef) template.HTML) {
	esc := template.HTMLEscapeString
	moderator := `<span class="vh"> (` + esc(l.T("person.moderator")) + `)</span>`
	ring = func(p PersonRef) template.HTML {
		class := "av "
		if p.Moderator {
			class = "av mod "
		}
		inside := esc(initial(p))
		if src := safeAddress(p.Avatar); src != "" {
			inside = `<img src="` + esc(src) + `" alt="" width="56" height="56">`
		}
		return template.HTML(`<span class="` + class + personHue(p) + `" aria-hidden="true">` + inside + `</span>`)
	}
	name = func(p PersonRef) template.HTML {
		s := `<a class="name" href="` + esc(safeAddress(p.Href)) + `" title="@` + esc(p.Name) + `"><bdi>` + calledHTML(p) + `</bdi>`
		if host := p.Host(); host != "" {
			s += ` <span class="host">@` + esc(host) + `</span>`
		} else if p.Display != "" && p.Display != p.Name {
			// A name can be copied, and letters of other scripts look like ours; this one is given out once.
			s += ` <span class="host">@` + esc(p.Name) + `</span>`
		}
		if p.Moderator {
			s += moderator
		}
		return template.HTML(s + `</a>`)
	}
	return ring, name
}

// calledHTML is what a person calls themselves, with the small pictures in it.
func calledHTML(p PersonRef) string {
	if p.Emoji == "" {
		return template.HTMLEscapeString(p.Called())
	}
	of := circles.NameEmoji(p.Emoji)
	return text.EmojiName(p.Called(), func(code string) (string, bool) {
		id, ok := of[code]
		return app.EmojiPath + url.PathEscape(id), ok
	})
}

// safeAddress returns an address that cannot run anything: a local path or http(s), else "". It does
// for markup made in Go what html/template does for markup made in templates.
func safeAddress(s string) string {
	if strings.HasPrefix(s, "/") || strings.HasPrefix(s, "https://") || strings.HasPrefix(s, "http://") || strings.HasPrefix(s, "#") {
		return s
	}
	return ""
}
