package web

import (
	"html/template"
	"strconv"
	"strings"

	"halqa/circles"
	"halqa/internal/i18n"
	"halqa/static"
)

// menuDrawer returns the template function that draws the menu of a post or comment. It stands under
// every voice that a member reads; see ringDrawer.
func menuDrawer(l *i18n.Localizer, assets *static.Files) func([]Action) template.HTML {
	put := menuPutter(l, assets)
	return func(all []Action) template.HTML {
		var b strings.Builder
		put(&b, all)
		return template.HTML(b.String())
	}
}

// menuPutter returns what draws the menu into a page that is drawn by Go as a whole.
func menuPutter(l *i18n.Localizer, assets *static.Files) func(*strings.Builder, []Action) {
	esc := template.HTMLEscapeString
	open := `<details class="menu"><summary>` + string(icon(assets, "more")) + `<span class="vh">` + esc(l.T("post.menu")) + `</span></summary><div>`
	return func(b *strings.Builder, all []Action) {
		if len(all) == 0 {
			return
		}
		put(b, open)
		for _, a := range all {
			class := ""
			if a.Danger {
				class = ` class="bad"`
			}
			href := esc(safeAddress(a.Href))
			if a.Post {
				put(b, `<form method="post" action="`, href, `"><button`, class, `>`, esc(a.Label), `</button></form>`)
			} else {
				put(b, `<a href="`, href, `"`, class, `>`, esc(a.Label), `</a>`)
			}
		}
		put(b, `</div></details>`)
	}
}

// saverDrawer returns the template function that draws the button that saves a post.
func saverDrawer(l *i18n.Localizer, assets *static.Files) func(Saver) template.HTML {
	esc := template.HTMLEscapeString
	mark := string(icon(assets, "save"))
	words := `<span>` + esc(l.T("post.save")) + `</span>`
	return func(s Saver) template.HTML {
		if !s.May {
			return ""
		}
		id := strconv.FormatInt(int64(s.ID), 10)
		act, pressed := "save", "false"
		if s.Saved {
			act, pressed = "unsave", "true"
		}
		return template.HTML(`<form class="saver" id="save-` + id + `" method="post" action="/post/` + id + `/` + act + `" data-swap="#save-` + id +
			`"><input type="hidden" name="back" value="` + esc(localPath(s.Back)) + `"><button data-key="save" aria-pressed="` + pressed + `">` + mark + words + `</button></form>`)
	}
}

// keeping is what a member can do with somebody's comment: save it and report it.
func (b *branch) keeping(p *circles.Post, saved bool) []Action {
	path := "/post/" + p.ID.String()
	keep := Action{Label: b.l.T("post.save"), Href: path + "/save", Post: true}
	if saved {
		keep = Action{Label: b.l.T("post.unsave"), Href: path + "/unsave", Post: true}
	}
	return append([]Action{keep}, b.reporting(p)...)
}

// reporting is the way to report what somebody else wrote, to call it helpful and to vouch for them.
func (b *branch) reporting(p *circles.Post) []Action {
	if p.Author == b.who.Person {
		return nil
	}
	path := "/post/" + p.ID.String()
	m := []Action{{Label: b.l.T("post.report"), Href: path + "/report"}}
	if p.Circle == 0 || !p.LocalTo {
		return m
	}
	if b.moderates || b.root.Author == b.who.Person && p.ID != b.root.ID {
		m = append(m, Action{Label: b.l.T("helpful.menu"), Href: path + "/helpful"})
	}
	return append(m, Action{Label: b.l.T("vouch.menu"), Href: path + "/vouch"})
}
