package web

import (
	"net/url"

	"halqa/circles"
	"halqa/internal/app"
)

// quote makes the card of what a post or comment quotes.
func (v *visit) quote(q *app.QuoteCard) *Quote {
	switch {
	case q == nil:
		return nil
	case q.Gone:
		return &Quote{Gone: true}
	case q.Away != "":
		u, err := url.Parse(q.Away)
		if err != nil {
			return &Quote{Gone: true}
		}
		return &Quote{Away: Link{Label: u.Host, Href: q.Away}}
	}
	p := q.Post
	out := &Quote{Href: placeOf(p.Root, p.ID), Title: p.Title, By: v.s.person(q.Author), At: at(p.Published), Lang: p.Language,
		Excerpt: q.Excerpt, Veiled: q.Veiled, Warning: p.Warning}
	if p.Kind == circles.IsComment {
		out.Title = ""
	}
	if q.Name != "" {
		out.Circle = Link{Label: q.Title, Href: "/c/" + q.Name}
	}
	return out
}
