package web

import (
	"html/template"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"halqa/internal/i18n"
	"halqa/static"
)

// A rowPainter draws posts as rows of a list, by the rules of painter: a list has fifty, and
// html/template takes 60 µs for one. draw_test.go holds it to them.
type rowPainter struct {
	l      *i18n.Localizer
	now    func() time.Time
	person func(PersonRef) template.HTML
	votes  func(*strings.Builder, Vote)
	saver  func(Saver) template.HTML

	comments, photos, unread, voters, tipped *counted

	// What is the same in every row of a language.
	pinned, locked, poll, pollClosed, sensitive, hidden, commentMark, photoMark, tipMark string

	audience map[string]string // by PostRow.Audience
}

func newRowPainter(l *i18n.Localizer, assets *static.Files, now func() time.Time) *rowPainter {
	word := func(key string) string { return template.HTMLEscapeString(l.T(key)) }
	mark := func(name string) string { return string(icon(assets, name)) }
	const chip, end = `<span class="chip">`, `</span>`
	p := &rowPainter{l: l, now: now, votes: ringPutter(l), saver: saverDrawer(l, assets),
		comments: count99(l, "post.comments"), photos: count99(l, "post.photos"), unread: count99(l, "post.unread"), voters: count99(l, "poll.voters"), tipped: count99(l, "tip.people"),
		pinned: chip + mark("pin") + word("post.pinned") + end, locked: chip + mark("lock") + word("post.locked") + end,
		poll: chip + word("poll.title") + ": ", pollClosed: word("poll.closed") + ", ", sensitive: word("post.sensitive"),
		hidden:      `<span class="thumb hid">` + mark("eye") + `<span class="vh">` + word("post.photo-hidden") + `</span></span>`,
		commentMark: `#talk">` + mark("comment"), photoMark: `<span class="quiet row">` + mark("photo"),
		tipMark: `<span class="tipped">` + mark("tip"),
		audience: map[string]string{"local": chip + word("circle.local-only") + end,
			"members": chip + mark("lock") + word("circle.members-only") + end, "unlisted": chip + word("circle.unlisted") + end},
	}
	_, p.person = personDrawer(l)
	return p
}

// list draws rows one after another.
func (p *rowPainter) list(all []PostRow) template.HTML {
	var b strings.Builder
	b.Grow(3072 * len(all))
	now := p.now()
	for i := range all {
		p.row(&b, &all[i], now)
	}
	return template.HTML(b.String())
}

func (p *rowPainter) one(r PostRow) template.HTML { return p.list([]PostRow{r}) }

func (p *rowPainter) row(b *strings.Builder, r *PostRow, now time.Time) {
	id := r.ID.String()
	b.WriteString(`<article class="post`)
	if r.Seen && r.New == 0 {
		b.WriteString(` seen`)
	}
	b.WriteString(`" id="p` + id + `" aria-labelledby="t` + id + "\">\n<div class=\"by\">")
	if r.Circle != nil {
		putCircle(b, *r.Circle)
	}
	b.WriteString(`<span>` + string(p.person(r.Author)) + `</span><span>`)
	b.WriteString(string(timeTag(r.At, p.l.Ago(now, r.At), p.l.DateTime(r.At))))
	b.WriteString("</span>\n")
	p.chips(b, r)
	b.WriteString("</div>\n<h2 id=\"t" + id + `"`)
	putLang(b, r.Lang)
	b.WriteString(`><a href="`)
	putHref(b, r.Href)
	b.WriteString(`" dir="auto">`)
	putText(b, r.Title)
	b.WriteString(`</a>`)
	if r.LinkHost != "" {
		b.WriteString(` <a class="site" href="`)
		putHref(b, r.LinkHref)
		b.WriteString(`" rel="nofollow noopener ugc">`)
		putText(b, r.LinkHost)
		b.WriteString(`&nbsp;↗</a>`)
	}
	b.WriteString("</h2>\n")
	if r.Excerpt != "" && !r.Sensitive {
		b.WriteString(`<p class="excerpt" dir="auto"`)
		putLang(b, r.Lang)
		b.WriteString(`>`)
		putText(b, r.Excerpt)
		b.WriteString(`</p>`)
	}
	b.WriteString("\n")
	if r.Thumb != nil {
		b.WriteString(`<a class="thumb" href="`)
		putHref(b, r.Href)
		b.WriteString(`" tabindex="-1">`)
		if r.Sensitive {
			b.WriteString(p.hidden)
		} else {
			putThumb(b, r.Thumb)
		}
		b.WriteString(`</a>`)
	}
	b.WriteString("\n")
	p.acts(b, r)
	b.WriteString("\n</article>")
}

// chips are the small words about a post behind its byline.
func (p *rowPainter) chips(b *strings.Builder, r *PostRow) {
	if r.Pinned {
		b.WriteString(p.pinned)
	}
	if r.Locked {
		b.WriteString(p.locked)
	}
	if r.Poll != nil {
		b.WriteString(p.poll)
		if !r.Poll.Open {
			b.WriteString(p.pollClosed)
		}
		b.WriteString(p.voters.of(r.Poll.Voters) + `</span>`)
	}
	if r.Sensitive {
		b.WriteString(`<span class="chip warn">`)
		if r.Warning != "" {
			putText(b, r.Warning)
		} else {
			b.WriteString(p.sensitive)
		}
		b.WriteString(`</span>`)
	}
	b.WriteString(p.audience[r.Audience])
	if r.State != "" {
		b.WriteString(`<span class="chip warn">`)
		putText(b, r.State)
		b.WriteString(`</span>`)
	}
}

// acts are what the reader can do about a post.
func (p *rowPainter) acts(b *strings.Builder, r *PostRow) {
	b.WriteString(`<div class="acts">`)
	p.votes(b, r.Vote)
	b.WriteString(`<a href="`)
	putHref(b, r.Href)
	b.WriteString(p.commentMark + p.comments.of(r.Comments))
	if r.New != 0 {
		b.WriteString(` <span class="chip own">` + p.unread.of(r.New) + `</span>`)
	}
	b.WriteString(`</a>`)
	if r.Tipped != 0 {
		b.WriteString(p.tipMark + p.tipped.of(r.Tipped) + `</span>`)
	}
	b.WriteString(string(p.saver(r.Saver)))
	if r.Photos > 1 {
		b.WriteString(p.photoMark + p.photos.of(r.Photos) + `</span>`)
	}
	b.WriteString(`</div>`)
}

// putCircle writes the link to a circle, as the template circle-link does.
func putCircle(b *strings.Builder, c CircleRef) {
	b.WriteString(`<a href="`)
	putHref(b, c.Href)
	b.WriteString(`">` + string(glyph(c, "")) + `<bdi>`)
	putText(b, c.Label())
	b.WriteString(`</bdi>`)
	if host := c.Host(); host != "" {
		b.WriteString(` <span class="host">@`)
		putText(b, host)
		b.WriteString(`</span>`)
	}
	b.WriteString(`</a>`)
}

// putThumb writes a small picture.
func putThumb(b *strings.Builder, p *Photo) {
	b.WriteString(`<span class="shot">` + string(p.Blur()) + `<picture>`)
	if len(p.Widths) > 0 {
		b.WriteString(`<source type="image/webp" srcset="`)
		putHref(b, p.Smallest())
		b.WriteString(`">`)
	}
	b.WriteString(`<img src="`)
	putHref(b, p.Fallback())
	b.WriteString(`" alt="`)
	putText(b, p.Alt)
	b.WriteString(`"`)
	if p.Width != 0 {
		b.WriteString(` width="` + strconv.Itoa(p.Width) + `" height="` + strconv.Itoa(p.Height) + `"`)
	}
	b.WriteString(` loading="lazy" decoding="async"></picture></span>`)
}

// putLang writes the attribute of a text's language, if that is known.
func putLang(b *strings.Builder, lang string) {
	if lang != "" {
		b.WriteString(` lang="`)
		putText(b, lang)
		b.WriteString(`"`)
	}
}

// A counted is a message with one number in it, escaped. The small numbers that most rows have are kept
// once they were needed: the catalogue takes longer than the rest of a row.
type counted struct {
	l     *i18n.Localizer
	key   string
	small [100]atomic.Pointer[string]
}

func count99(l *i18n.Localizer, key string) *counted { return &counted{l: l, key: key} }

func (c *counted) of(n int) string {
	kept := n >= 0 && n < len(c.small)
	if kept {
		if s := c.small[n].Load(); s != nil {
			return *s
		}
	}
	s := template.HTMLEscapeString(c.l.T(c.key, "Count", n))
	if kept {
		c.small[n].Store(&s)
	}
	return s
}
