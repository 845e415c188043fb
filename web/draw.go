package web

import (
	"html/template"
	"strconv"
	"strings"
	"time"

	"halqa/internal/i18n"
	"halqa/static"
)

// A painter draws comments. A thread has hundreds on one page, and html/template takes 25 µs for one;
// this takes 3. It does by hand what html/template would: every value stands in a text or in a quoted
// attribute and goes through putText, every address through putHref. draw_test.go holds it to that.
type painter struct {
	l      *i18n.Localizer
	now    func() time.Time
	avatar func(PersonRef) template.HTML
	person func(PersonRef) template.HTML
	votes  func(*strings.Builder, Vote)
	menu   func(*strings.Builder, []Action)
	photos func([]Photo) (template.HTML, error)
	quote  func(*Quote) (template.HTML, error)

	// What is the same in every comment of a language.
	by, level, op, helped, fresh, edited, reply, tip, tipped, veilOpen, veilShow, above string
}

func newPainter(l *i18n.Localizer, assets *static.Files, now func() time.Time, photos func([]Photo) (template.HTML, error)) *painter {
	word := func(key string) string { return template.HTMLEscapeString(l.T(key)) }
	p := &painter{l: l, now: now, votes: ringPutter(l), menu: menuPutter(l, assets), photos: photos,
		by: word("thread.comment-by") + " ", level: ", " + word("thread.level") + " ",
		op:       `<span class="chip own">` + word("thread.author") + `</span>`,
		helped:   `<span class="chip own">` + string(icon(assets, "check")) + word("helpful.mark") + `</span>`,
		fresh:    `<span class="chip own new">` + word("post.new") + `</span>`,
		edited:   `<span>` + word("post.edited") + `</span>`,
		reply:    `">` + string(icon(assets, "reply")) + word("thread.reply") + `</a>`,
		tip:      `">` + string(icon(assets, "tip")) + word("tip.do") + `</a>`,
		tipped:   `<span class="tipped">` + string(icon(assets, "tip")),
		veilOpen: `<details class="veil"><summary>` + string(icon(assets, "eye")) + `<strong>`,
		veilShow: `</strong><span class="act show">` + word("post.show") + `</span><span class="act hide">` + word("post.hide") + `</span></summary>`,
		above:    `" rel="nofollow">` + word("thread.above") + `</a></li>`,
	}
	p.avatar, p.person = personDrawer(l)
	return p
}

// thread draws comments with all below them.
func (p *painter) thread(all []Comment) (template.HTML, error) {
	var b strings.Builder
	b.Grow(2048 * (1 + count(all)))
	now := p.now()
	for i := range all {
		if err := p.comment(&b, &all[i], now); err != nil {
			return "", err
		}
	}
	return template.HTML(b.String()), nil
}

func count(all []Comment) int {
	n := len(all)
	for i := range all {
		n += count(all[i].Kids)
	}
	return n
}

func (p *painter) comment(b *strings.Builder, c *Comment, now time.Time) error {
	if c.Above != "" {
		b.WriteString(`<li class="cmt"><a class="more" href="`)
		putHref(b, c.Above)
		b.WriteString(p.above)
	}
	b.WriteString(`<li class="cmt`)
	if c.Gone != "" {
		b.WriteString(" gone")
	}
	if c.Focus {
		b.WriteString(" focus")
	}
	b.WriteString(`" id="c` + c.ID.String() + "\">\n<article aria-label=\"")
	if c.Gone != "" {
		putText(b, c.Gone)
	} else {
		b.WriteString(p.by)
		putText(b, c.Author.Label())
	}
	b.WriteString(p.level + strconv.Itoa(c.Level) + "\">\n")
	if c.Gone != "" {
		b.WriteString(`<p>`)
		putText(b, c.Gone)
		b.WriteString(`</p>`)
		p.menu(b, c.Menu)
	} else if err := p.voice(b, c, now); err != nil {
		return err
	}
	b.WriteString("\n</article>\n")
	if len(c.Kids) > 0 {
		b.WriteString(`<details class="kids" open><summary><span>`)
		putText(b, p.l.T("thread.replies", "Count", c.Below))
		b.WriteString(`</span></summary><ol>`)
		for i := range c.Kids {
			if err := p.comment(b, &c.Kids[i], now); err != nil {
				return err
			}
		}
		b.WriteString(`</ol></details>`)
	}
	if c.Rest != "" {
		b.WriteString(`<a class="more" href="`)
		putHref(b, c.Rest)
		b.WriteString(`" rel="nofollow">`)
		putText(b, p.l.T("thread.continue", "Count", c.Hidden))
		b.WriteString(`</a>`)
	}
	b.WriteString("</li>")
	return nil
}

// voice draws who said it, when, and what.
func (p *painter) voice(b *strings.Builder, c *Comment, now time.Time) error {
	b.WriteString(string(p.avatar(c.Author)))
	b.WriteString(`<div class="by">`)
	b.WriteString(string(p.person(c.Author)))
	if c.OP {
		b.WriteString(p.op)
	}
	if c.Helped {
		b.WriteString(p.helped)
	}
	if c.New {
		b.WriteString(p.fresh)
	}
	b.WriteString(`<a href="`)
	putHref(b, c.Href)
	b.WriteString(`">`)
	b.WriteString(string(timeTag(c.At, p.l.Ago(now, c.At), p.l.DateTime(c.At))))
	b.WriteString(`</a>`)
	if !c.Edited.IsZero() {
		b.WriteString(p.edited)
	}
	b.WriteString("</div>\n")
	if c.Warn != "" {
		b.WriteString(p.veilOpen)
		putText(b, c.Warn)
		b.WriteString(p.veilShow)
	}
	b.WriteString(`<div class="prose" dir="auto"`)
	if c.Lang != "" {
		b.WriteString(` lang="`)
		putText(b, c.Lang)
		b.WriteString(`"`)
	}
	b.WriteString(`>`)
	b.WriteString(string(c.Body)) // sanitised by internal/text
	b.WriteString(`</div>`)
	if len(c.Photos) > 0 {
		photos, err := p.photos(c.Photos)
		if err != nil {
			return err
		}
		b.WriteString(string(photos))
	}
	if c.Quote != nil {
		quote, err := p.quote(c.Quote)
		if err != nil {
			return err
		}
		b.WriteString(string(quote))
	}
	if c.Warn != "" {
		b.WriteString(`</details>`)
	}
	b.WriteString("\n<div class=\"acts\">")
	p.votes(b, c.Vote)
	if c.Reply != "" {
		b.WriteString(`<a href="`)
		putHref(b, c.Reply)
		b.WriteString(p.reply)
	}
	if c.Tip != "" {
		b.WriteString(`<a href="`)
		putHref(b, c.Tip)
		b.WriteString(p.tip)
	}
	if c.Tipped > 0 {
		b.WriteString(p.tipped)
		putText(b, p.l.T("tip.people", "Count", c.Tipped))
		b.WriteString(`</span>`)
	}
	p.menu(b, c.Menu)
	b.WriteString(`</div>`)
	return nil
}

// putText writes a value into text or a quoted attribute.
func putText(b *strings.Builder, s string) {
	b.WriteString(template.HTMLEscapeString(s)) // s itself, mostly
}

// putHref writes an address into a quoted attribute.
func putHref(b *strings.Builder, s string) {
	putText(b, safeAddress(s))
}
