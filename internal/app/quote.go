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
	ids := []circles.PostID{}
	if !t.Notice {
		ids = append(ids, t.Post.ID)
	}
	var nodes []*CommentNode
	var walk func([]*CommentNode)
	walk = func(all []*CommentNode) {
		for _, n := range all {
			if !n.Notice {
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
	if !t.Notice {
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

// quoteIn sets what a local text quotes: the first post or comment known here that it links to, whose
// author does not keep others from quoting it.
func (a *App) quoteIn(tx *store.Tx, p *circles.Post) error {
	for _, address := range links(p.BodyHTML) {
		found, err := tx.PostByPage(a.postAddress(address))
		if circles.Is(err, circles.NotFound) {
			continue
		}
		if err != nil {
			return err
		}
		if found.ID == p.ID || found.State != circles.Visible {
			continue
		}
		refuses, err := tx.Unquotable(found.ID)
		if err != nil {
			return err
		}
		if !refuses || found.Author == p.Author {
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

// receiveQuote notes what a remote post quotes, and whether it may be quoted.
func receiveQuote(tx *store.Tx, p *circles.Post, in RemotePost) error {
	uri := in.Quote
	if !strings.HasPrefix(uri, "/") {
		uri = remoteURL(uri)
	}
	if uri == p.URI {
		uri = ""
	}
	had, err := tx.QuoteOf(p.ID)
	if err != nil {
		return err
	}
	if had != uri {
		if err := tx.SetQuote(p.ID, uri); err != nil {
			return err
		}
	}
	return tx.SetUnquotable(p.ID, in.NoQuote)
}
