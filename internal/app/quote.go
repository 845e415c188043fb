package app

import (
	"html"
	"net/url"
	"regexp"
	"strings"

	"halqa/circles"
	"halqa/internal/store"
	"halqa/internal/text"
)

const (
	quoteLooks   = 5   // links of a text that are looked at for something to quote
	quoteExcerpt = 240 // runes
)

// A QuoteCard is what a post or comment quotes: one card, and never what that quotes in turn.
type QuoteCard struct {
	Gone    bool   // it is not there for this viewer, whatever the reason
	Away    string // its address, where it was never here; then nothing else is set
	Post    *circles.Post
	Author  *circles.Actor
	Name    string // the circle's, with its host
	Title   string // the circle's
	Excerpt string // plain text; "" of what is sensitive
	Veiled  bool
}

func quoteCard(q *store.Quote) *QuoteCard {
	switch {
	case q == nil:
		return nil
	case !q.Known && strings.HasPrefix(q.URI, "http"):
		return &QuoteCard{Away: q.URI}
	case q.Post == nil:
		return &QuoteCard{Gone: true}
	}
	c := &QuoteCard{Post: q.Post, Author: q.Author, Name: q.Name, Title: q.Title, Veiled: q.Veiled || q.Post.Warning != ""}
	if !c.Veiled {
		c.Excerpt = text.ExcerptHTML(q.Post.BodyHTML, quoteExcerpt)
	}
	return c
}

// addQuotes puts what the post and the comments of a page quote beside them, all read at once.
func addQuotes(tx *store.Tx, v circles.Viewer, t *Thread) error {
	var ids []circles.PostID
	if t.quotes {
		ids = append(ids, t.Post.ID)
	}
	var nodes []*CommentNode
	var walk func([]*CommentNode)
	walk = func(all []*CommentNode) {
		for _, n := range all {
			if n.quotes {
				ids, nodes = append(ids, n.Post.ID), append(nodes, n)
			}
			walk(n.Kids)
		}
	}
	walk(t.Above)
	walk(t.Comments)
	quotes, err := tx.Quotes(v, ids)
	if err != nil || len(quotes) == 0 {
		return err
	}
	if t.quotes {
		t.Quote = quoteCard(quotes[t.Post.ID])
	}
	for _, n := range nodes {
		n.Quote = quoteCard(quotes[n.Post.ID])
	}
	return nil
}

var hrefs = regexp.MustCompile(`<a href="([^"]+)"`)

// links are the first addresses that a rendered text leads to.
func links(rendered string) []string {
	var all []string
	for _, m := range hrefs.FindAllStringSubmatch(rendered, quoteLooks) {
		all = append(all, html.UnescapeString(m[1]))
	}
	return all
}

// quotable reports whether somebody may put a card of another post into what they write: they may read it
// themselves, and its author neither keeps others from quoting it nor has blocked them. A card for what they
// may not read would tell them that it is there.
func quotable(tx *store.Tx, by circles.Viewer, quoted *circles.Post) (bool, error) {
	if quoted.State != circles.Visible {
		return false, nil
	}
	_, c, role, err := readable(tx, by, quoted.ID)
	if circles.Is(err, circles.NotFound) || circles.Is(err, circles.Gone) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if by.Remote && !c.Audience().Federated() || !circles.MaySeePost(by, role, quoted) {
		return false, nil
	}
	if quoted.Author == by.Person {
		return true, nil
	}
	if refuses, err := tx.Unquotable(quoted.ID); err != nil || refuses {
		return false, err
	}
	blocked, err := tx.Blocked(quoted.Author.Actor(), by.Person.Actor())
	return !blocked, err
}

// quoteIn sets what a local text quotes: the first post or comment known here that it links to and that may be
// quoted.
func (a *App) quoteIn(tx *store.Tx, p *circles.Post) error {
	for _, address := range links(p.BodyHTML) {
		found, err := tx.PostByPage(a.postAddress(address))
		if circles.Is(err, circles.NotFound) {
			continue
		}
		if err != nil {
			return err
		}
		if found.ID == p.ID {
			continue
		}
		may, err := quotable(tx, circles.Viewer{Person: p.Author}, found)
		if err != nil {
			return err
		}
		if may {
			return tx.SetQuote(p.ID, found.URI)
		}
	}
	return tx.SetQuote(p.ID, "")
}

// postAddress is an address as posts are stored: a path for ours, where a comment's place in its thread
// stands for the comment.
func (a *App) postAddress(address string) string {
	rest, ours := strings.CutPrefix(address, a.origin)
	if !ours {
		return address
	}
	u, err := url.Parse(rest)
	if err != nil {
		return rest
	}
	if id, ok := strings.CutPrefix(u.Fragment, "c"); ok && id != "" && strings.Trim(id, "0123456789") == "" {
		return "/comment/" + id
	}
	return u.Path
}

// receiveQuote notes what a remote post quotes, and whether it may be quoted. What is not here is wanted; of
// ours only what its author could see has a card.
func receiveQuote(tx *store.Tx, p *circles.Post, in RemotePost) error {
	uri := in.Quote
	if !strings.HasPrefix(uri, "/") {
		uri = remoteURL(uri)
	}
	if uri == p.URI {
		uri = ""
	}
	if strings.HasPrefix(uri, "/") {
		found, err := tx.PostByURI(uri)
		if err != nil && !circles.Is(err, circles.NotFound) {
			return err
		}
		may := false
		if err == nil {
			if may, err = quotable(tx, circles.Viewer{Person: p.Author, Remote: true}, found); err != nil {
				return err
			}
		}
		if !may {
			uri = ""
		}
	} else if uri != "" {
		found, err := tx.PostByPage(uri) // some name the page for people
		if err == nil {
			uri = found.URI
		} else if !circles.Is(err, circles.NotFound) {
			return err
		}
	}
	had, err := tx.QuoteOf(p.ID)
	if err != nil {
		return err
	}
	if had != uri {
		if err := tx.SetQuote(p.ID, uri); err != nil {
			return err
		}
		if !in.Aside {
			if err := wantQuoted(tx, p); err != nil {
				return err
			}
		}
	}
	return tx.SetUnquotable(p.ID, in.NoQuote)
}

// wantQuoted has what a post quotes fetched, if it is not here and the post can be read.
func wantQuoted(tx *store.Tx, p *circles.Post) error {
	uri, err := tx.QuoteOf(p.ID)
	if err != nil || p.State != circles.Visible || !strings.HasPrefix(uri, "http") {
		return err
	}
	if _, err := tx.PostByURI(uri); err == nil || !circles.Is(err, circles.NotFound) {
		return err
	}
	return tx.WantQuoted(uri)
}
