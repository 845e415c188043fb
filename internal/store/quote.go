package store

import (
	"database/sql"
	"errors"
	"strconv"

	"halqa/circles"
)

// SetQuote notes what a post quotes; "" = nothing any more.
func (tx *Tx) SetQuote(post circles.PostID, uri string) error {
	if uri == "" {
		_, err := tx.exec(`DELETE FROM quote WHERE post = $1`, post)
		return err
	}
	_, err := tx.exec(`INSERT INTO quote (post, uri) VALUES ($1, $2) ON CONFLICT (post) DO UPDATE SET uri = excluded.uri`, post, uri)
	return err
}

// QuoteOf returns the id of what a post quotes; "" if it quotes nothing.
func (tx *Tx) QuoteOf(post circles.PostID) (string, error) {
	uri, err := one(tx, value[string], `SELECT uri FROM quote WHERE post = $1`, post)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return uri, err
}

// SetUnquotable notes whether a post's author lets not everybody quote it.
func (tx *Tx) SetUnquotable(post circles.PostID, on bool) error {
	query := `DELETE FROM unquotable WHERE post = $1`
	if on {
		query = `INSERT INTO unquotable (post) VALUES ($1) ON CONFLICT (post) DO NOTHING`
	}
	_, err := tx.exec(query, post)
	return err
}

// Unquotable reports it.
func (tx *Tx) Unquotable(post circles.PostID) (bool, error) {
	return tx.exists(`SELECT 1 FROM unquotable WHERE post = $1`, post)
}

// PostByPage returns the post or comment whose id or page for people has this address.
func (tx *Tx) PostByPage(address string) (*circles.Post, error) {
	p, err := tx.PostByURI(address)
	if !circles.Is(err, circles.NotFound) {
		return p, err
	}
	p, err = one(tx, scanPost, `SELECT `+postColumns+` FROM post p WHERE p.url = $1 AND p.url <> '' ORDER BY p.id LIMIT 1`, address)
	return p, notFound(err, "post")
}

// A Quote is what a post quotes, as the viewer may see it now.
type Quote struct {
	URI    string
	Known  bool           // it is, or was, here
	Post   *circles.Post  // with the beginning of BodyHTML alone; nil if the viewer may not read it, or it is gone
	Author *circles.Actor // as ActorCards has it; nil with Post
	Circle circles.CircleID
	Name   string // the circle's, with its host
	Title  string // the circle's
	Veiled bool   // it is sensitive
}

// Quotes returns what these posts quote, in one statement. What the viewer may not read, does not want to
// meet, or its author does not let others quote is left without a Post, all alike.
func (tx *Tx) Quotes(v circles.Viewer, posts []circles.PostID) (map[circles.PostID]*Quote, error) {
	if len(posts) == 0 {
		return nil, nil
	}
	w, err := tx.wishesOf(v)
	if err != nil {
		return nil, err
	}
	set, args := in(nil, posts)
	may := "p.state = 'visible' AND a.suspended_at = 0 AND COALESCE(g.deleted_at, 0) = 0 AND COALESCE(g.suspended_at, 0) = 0 AND " + mayFind(v, &args) +
		" AND (a.id = o.author OR NOT EXISTS (SELECT 1 FROM unquotable x WHERE x.post = p.id))" + w.hide(v, &args, "p.author, p.circle", "p.id")
	all := map[circles.PostID]*Quote{}
	return all, tx.rows(`SELECT q.post, q.uri, COALESCE(p.id, 0), CASE WHEN `+may+` THEN 1 ELSE 0 END,
			COALESCE(p.kind, ''), COALESCE(p.root, 0), COALESCE(p.title, ''), COALESCE(p.warning, ''), COALESCE(p.language, ''), COALESCE(p.published, 0),
			CASE WHEN p.sensitive = 1 OR c.sensitive = 1 THEN 1 ELSE 0 END, COALESCE(substr(p.body_html, 1, `+strconv.Itoa(leadLen)+`), ''),
			COALESCE(a.id, 0), COALESCE(a.name, ''), COALESCE(a.host, ''), COALESCE(a.uri, ''), COALESCE(a.display_name, ''), COALESCE(a.emoji, ''), COALESCE(a.kind, ''),
			COALESCE(g.id, 0), COALESCE(g.name, ''), COALESCE(g.host, ''), COALESCE(g.display_name, '')
		FROM quote q CROSS JOIN post o LEFT JOIN post p ON p.uri = q.uri LEFT JOIN circle c ON c.id = p.circle
			LEFT JOIN actor g ON g.id = p.circle LEFT JOIN actor a ON a.id = p.author
		WHERE q.post IN (`+set+`) AND o.id = q.post`, args, func(r rowScanner) error {
		var post circles.PostID
		var host, name string
		var may bool
		q, p, a := &Quote{}, &circles.Post{}, &circles.Actor{}
		err := r.Scan(&post, &q.URI, &p.ID, &may, &p.Kind, &p.Root, &p.Title, &p.Warning, &p.Language, &p.Published, &q.Veiled, &p.BodyHTML,
			&a.ID, &a.Name, &a.Host, &a.URI, &a.DisplayName, &a.Emoji, &a.Kind, &q.Circle, &name, &host, &q.Title)
		q.Known = p.ID != 0
		if q.Name = name; host != "" {
			q.Name += "@" + host
		}
		if q.Title == "" {
			q.Title = name
		}
		if may {
			q.Post, q.Author = p, a
		} else {
			q.Circle, q.Name, q.Title, q.Veiled = 0, "", "", false
		}
		all[post] = q
		return err
	})
}
