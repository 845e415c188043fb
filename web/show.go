package web

import (
	"html/template"
	"strconv"
	"strings"

	"halqa/circles"
	"halqa/internal/app"
	"halqa/internal/text"
)

// From the words of the domain to what templates show. Nothing here decides who may see a thing: what
// app returned may be shown.

// actorID is the whole address of an actor, which their colour and glyph come from.
func (s *Server) actorID(a *circles.Actor) string {
	if a.Local() {
		return s.options.Origin + a.URI
	}
	return a.URI
}

// handleOf is how others find an actor: ada@example.org, without the sign in front.
func (s *Server) handleOf(a *circles.Actor) string {
	if a.Local() {
		return a.Name + "@" + s.host
	}
	return a.Name + "@" + a.Host
}

func nameOf(a *circles.Actor) string {
	if a.Local() {
		return a.Name
	}
	return a.Name + "@" + a.Host
}

// person makes a byline of an actor; of a nil one, an empty one.
func (s *Server) person(a *circles.Actor) PersonRef {
	if a == nil {
		return PersonRef{Name: "?", Href: "/"}
	}
	p := PersonRef{Actor: s.actorID(a), Name: nameOf(a), Display: a.DisplayName, Emoji: a.Emoji, Href: a.Path()}
	if a.IconMedia != "" {
		p.Avatar = "/media/" + string(a.IconMedia) + "/96.webp"
	}
	return p
}

func (s *Server) circleRef(c *circles.Circle) CircleRef {
	if c == nil {
		return CircleRef{Name: "?", Href: "/circles"}
	}
	ref := CircleRef{Actor: s.actorID(&c.Actor), Name: nameOf(&c.Actor), Title: c.DisplayName, Href: c.Path()}
	if c.Local() {
		ref.Hue = c.Hue + 1
	}
	return ref
}

// originOf is where an actor or post of another server can be seen at home; "" for ours.
func originOf(local bool, url, uri string) string {
	switch {
	case local:
		return ""
	case url != "":
		return url
	}
	return uri
}

func photo(p *circles.Photo) Photo {
	v := Photo{ID: string(p.ID), Href: "/media/" + string(p.ID), Alt: p.Alt, Width: p.Width, Height: p.Height,
		Blurhash: p.Blurhash, Remote: p.RemoteURL}
	for i := len(p.Files) - 1; i >= 0; i-- { // the largest stands first
		f := p.Files[i]
		if w, ok := strings.CutSuffix(f.Name, ".webp"); ok {
			if n, err := strconv.Atoi(w); err == nil {
				v.Widths = append(v.Widths, n)
			}
		}
		if f.Name == "full.gif" {
			v.Moving = true
		}
	}
	return v
}

// ring is the vote under a post or comment, as somebody sees it who may vote or not.
func (v *visit) ring(p *circles.Post, mine int, may bool, back string) Vote {
	r := Vote{ID: p.ID, Up: int(p.Ups), Down: int(p.Downs), Mine: mine, May: may && p.State == circles.Visible, Back: back}
	if v.member == nil {
		r.May, r.Login = false, "/login?next="+queryEscape(back)
	}
	return r
}

// row makes a line of a list. here is the page it stands on, without an anchor; in says that the list
// is a circle's own.
func (v *visit) row(c app.PostCard, here string, in bool) PostRow {
	p := c.Post
	r := PostRow{
		ID: p.ID, Href: p.Path(), Title: p.Title, Excerpt: c.Excerpt, Lang: p.Language, Author: v.s.person(c.Author),
		At: at(p.Published), Photos: p.PhotoN, Comments: int(p.Comments), Pinned: p.Pinned && in, Locked: p.Locked,
		Sensitive: v.veiled(p, c.Circle), Warning: p.Warning, Vote: v.ring(p, c.Vote, true, here+"#p"+p.ID.String()),
	}
	if !in {
		ref := v.s.circleRef(c.Circle)
		r.Circle = &ref
	}
	if c.Circle != nil && c.Circle.Visibility != circles.Public {
		r.Audience = string(c.Circle.Visibility)
	}
	if p.Link != "" {
		r.LinkHref, r.LinkHost = p.Link, linkHost(p.Link)
	}
	r.Thumb = v.s.thumb(c)
	r.Poll = v.pollLine(c.Poll)
	r.State = v.state(p)
	r.Saver = Saver{ID: p.ID, Saved: c.Saved, May: v.member != nil, Back: here + "#p" + p.ID.String()}
	r.Seen, r.New = c.SeenAt != 0, int(c.Unread)
	return r
}

// state says what became of a post that only some still see; "" of a visible one.
func (v *visit) state(p *circles.Post) string {
	switch p.State {
	case circles.Deleted:
		if p.Absent { // who took it away its server does not say
			return v.l.T("post.gone-absent")
		}
		return v.l.T("post.gone-deleted")
	case circles.Removed:
		if p.Reason != "" {
			return v.l.T("post.gone-reason", "Reason", p.Reason)
		}
		return v.l.T("post.gone-removed")
	case circles.Held:
		return v.l.T("post.gone-held")
	case circles.Refused:
		return v.l.T("post.gone-refused")
	}
	return ""
}

// veiled reports whether a post waits behind a warning for this reader.
func (v *visit) veiled(p *circles.Post, c *circles.Circle) bool {
	if v.member != nil && v.member.Settings.Reveal {
		return false
	}
	return p.Sensitive || c != nil && c.Sensitive
}

// linkHost is what a reader sees of an address: the host, without www.
func linkHost(link string) string {
	_, rest, _ := strings.Cut(link, "://")
	host, _, _ := strings.Cut(rest, "/")
	host, _, _ = strings.Cut(host, "?")
	host, _, _ = strings.Cut(host, "#")
	return strings.TrimPrefix(host, "www.")
}

const blurbLen = 200 // runes; two or three lines of the margin

func (v *visit) directoryRow(r app.CircleRow) DirectoryRow {
	c := r.Circle
	return DirectoryRow{
		Circle: v.s.circleRef(c), About: text.ExcerptHTML(c.SummaryHTML, blurbLen), Members: int(c.Members), Posts: int(c.Posts),
		Active: at(c.PostedAt), Topic: c.Topic, Sensitive: c.Sensitive, Visibility: string(c.Visibility), Role: string(r.Role),
	}
}

func (v *visit) directoryRows(rows []app.CircleRow) []DirectoryRow {
	out := make([]DirectoryRow, len(rows))
	for i, r := range rows {
		out[i] = v.directoryRow(r)
	}
	return out
}

// clean marks HTML that internal/text has sanitised when it was stored.
func clean(html string) template.HTML { return template.HTML(html) }

// sayLanguage is a language in its own words; a tag that we have no words for stays a tag.
func sayLanguage(tag string) string {
	for _, l := range postLanguages {
		if l.Value == tag {
			return l.Label
		}
	}
	return tag
}

// postLanguages are what posts are offered to be in, by their own names. A post may arrive in any other.
var postLanguages = [...]Option{
	{Value: "ar", Label: "العربية"}, {Value: "bn", Label: "বাংলা"}, {Value: "ca", Label: "Català"}, {Value: "cs", Label: "Čeština"},
	{Value: "da", Label: "Dansk"}, {Value: "de", Label: "Deutsch"}, {Value: "el", Label: "Ελληνικά"}, {Value: "en", Label: "English"},
	{Value: "eo", Label: "Esperanto"}, {Value: "es", Label: "Español"}, {Value: "eu", Label: "Euskara"}, {Value: "fa", Label: "فارسی"},
	{Value: "fi", Label: "Suomi"}, {Value: "fr", Label: "Français"}, {Value: "gl", Label: "Galego"}, {Value: "he", Label: "עברית"},
	{Value: "hi", Label: "हिन्दी"}, {Value: "hu", Label: "Magyar"}, {Value: "id", Label: "Bahasa Indonesia"}, {Value: "it", Label: "Italiano"},
	{Value: "ja", Label: "日本語"}, {Value: "ko", Label: "한국어"}, {Value: "nb", Label: "Norsk bokmål"}, {Value: "nl", Label: "Nederlands"},
	{Value: "pl", Label: "Polski"}, {Value: "pt", Label: "Português"}, {Value: "ro", Label: "Română"}, {Value: "ru", Label: "Русский"},
	{Value: "sv", Label: "Svenska"}, {Value: "sw", Label: "Kiswahili"}, {Value: "ta", Label: "தமிழ்"}, {Value: "th", Label: "ไทย"},
	{Value: "tr", Label: "Türkçe"}, {Value: "uk", Label: "Українська"}, {Value: "ur", Label: "اردو"}, {Value: "vi", Label: "Tiếng Việt"},
	{Value: "zh", Label: "中文"}, {Value: "zh-Hant", Label: "繁體中文"},
}

// languageOptions offers them, with none first and the chosen one even if it is not among them.
func (v *visit) languageOptions(chosen string) []Option {
	out := []Option{{Label: v.l.T("form.any-language"), Selected: chosen == ""}}
	found := chosen == ""
	for _, o := range postLanguages {
		o.Selected = o.Value == chosen
		found = found || o.Selected
		out = append(out, o)
	}
	if !found {
		out = append(out, Option{Value: chosen, Label: chosen, Selected: true})
	}
	return out
}
