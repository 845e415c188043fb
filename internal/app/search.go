package app

import (
	"context"
	"strings"

	"halqa/circles"
	"halqa/internal/store"
	"halqa/internal/text"
)

// A SearchType is what is looked for.
type SearchType string

const (
	SearchPosts    SearchType = "posts"
	SearchComments SearchType = "comments"
	SearchCircles  SearchType = "circles"
	SearchPeople   SearchType = "people"
)

// SearchTypes are what a reader may choose, in the order they are offered.
func SearchTypes() []SearchType {
	return []SearchType{SearchPosts, SearchComments, SearchCircles, SearchPeople}
}

// A SearchQuery says what is looked for. Text is what a person typed: words that must all occur,
// "words in quotes" that follow each other, -word for what must not occur, gard* for beginnings.
type SearchQuery struct {
	Text   string
	Type   SearchType       // an unknown one is SearchPosts
	Circle circles.CircleID // posts and comments: only in this circle; 0 = wherever lists show them to the viewer
	Author circles.PersonID // likewise: only by this person; 0 = by anybody
	Cursor string           // SearchPage.Next of the page before, with the same query
	Limit  int              // 0 = 25; at most 100
}

// An Item is a post or a comment in a list of both; the other is nil.
type Item struct {
	Post    *PostCard
	Comment *Saying
}

// A SearchPage is a page of what was found.
type SearchPage struct {
	Wordless bool             // the text holds no word to look for
	Items    []Item           // SearchPosts and SearchComments, newest first
	Circles  []CircleRow      // SearchCircles, the largest first; one page
	People   []*circles.Actor // SearchPeople; one page
	Next     string           // the cursor of the page after; "" = this is the last. A page may be empty and have one
}

// Search finds visible posts and comments, circles and people by words, Chinese included, as far as
// lists show them to the viewer: nothing of unlisted circles unless they belong to them or name the
// circle, and nothing that they block or mute. A circle that the viewer may not see is NotFound.
func (a *App) Search(ctx context.Context, v circles.Viewer, q SearchQuery) (*SearchPage, error) {
	page := new(SearchPage)
	terms := text.Query(q.Text)
	if len(terms) == 0 {
		page.Wordless = true
		return page, nil
	}
	kind, list := circles.IsPost, "sp-"
	if q.Type == SearchComments {
		kind, list = circles.IsComment, "sc-"
	}
	name, _, _ := strings.Cut(strings.TrimLeft(strings.ToLower(strings.TrimSpace(q.Text)), "@!"), "@")
	limit := pageSize(q.Limit)
	err := a.view(ctx, "search", func(tx *store.Tx) (err error) {
		*page = SearchPage{}
		switch q.Type {
		case SearchCircles:
			page.Circles, err = tx.SearchCircles(v, terms, name, limit)
			return err
		case SearchPeople:
			page.People, err = tx.SearchPeople(v, terms, name, limit)
			return err
		}
		if q.Circle != 0 {
			if _, _, err := letIn(tx, v, q.Circle); err != nil {
				return err
			}
		}
		after, err := decodeMark(list, q.Cursor)
		if err != nil {
			return err
		}
		found, next, err := tx.SearchPosts(v, store.PostSearch{Terms: terms, Kind: kind, Circle: q.Circle, Author: q.Author,
			Before: circles.PostID(after.ID), Limit: limit})
		if err != nil {
			return err
		}
		if next != 0 {
			page.Next = encodeMark(list, store.Mark{ID: int64(next)})
		}
		page.Items, err = a.items(tx, v, found)
		return err
	})
	if err != nil {
		return nil, err
	}
	return page, nil
}

// items loads posts and comments that the viewer may read, in the order of ids.
func (a *App) items(tx *store.Tx, v circles.Viewer, ids []circles.PostID) ([]Item, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	titles, err := tx.PostTitles(ids)
	if err != nil {
		return nil, err
	}
	var posts, comments []circles.PostID
	for _, id := range ids {
		switch p := titles[id]; {
		case p == nil:
		case p.Kind == circles.IsPost:
			posts = append(posts, id)
		default:
			comments = append(comments, id)
		}
	}
	rows, err := a.cards(tx, v, posts)
	if err != nil {
		return nil, err
	}
	said, err := sayings(tx, v, comments)
	if err != nil {
		return nil, err
	}
	of := make(map[circles.PostID]Item, len(ids))
	for i := range rows {
		of[rows[i].Post.ID] = Item{Post: &rows[i]}
	}
	for i := range said {
		of[said[i].Comment.ID] = Item{Comment: &said[i]}
	}
	all := make([]Item, 0, len(of))
	for _, id := range ids {
		if item, ok := of[id]; ok {
			all = append(all, item)
		}
	}
	return all, nil
}
