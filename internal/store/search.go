package store

import (
	"strconv"
	"strings"

	"halqa/circles"
	"halqa/internal/text"
)

// The index holds tokens and nothing else. Marks of private-use characters stand among them, which no
// query of a person can contain: what a row is, where a text belongs, and a gap that no phrase
// reaches across.
const (
	searchGap    = "\ue000"
	searchKind   = "\ue001" // then the kind of the post or actor
	searchCircle = "\ue002" // then the circle's id
	searchAuthor = "\ue003" // then the author's id

	// maxIndexed bounds the tokens of one row, in bytes; PostgreSQL takes a megabyte with positions.
	maxIndexed = 512 << 10

	// searchBudget is how many rows with the words are looked at for one page. Where most of them are
	// not for the viewer, the page ends early and the next one goes on from there.
	searchBudget = 2000
)

// Words are what a post or comment is found by.
type Words struct {
	post   circles.PostID
	tokens []string
}

// WordsOf splits the texts of a post or comment, its title, its body and so on, as plain text. It takes
// time, so it is done outside of an Update.
func WordsOf(p *circles.Post, texts ...string) Words {
	return Words{p.ID, append([]string{searchKind + string(p.Kind), searchCircle + p.Circle.String(),
		searchAuthor + p.Author.String()}, tokensOf(texts)...)}
}

// IndexPost makes a post or comment findable. Who may find it is decided when it is looked for.
func (tx *Tx) IndexPost(w Words) error { return tx.index("search_post", int64(w.post), w.tokens) }

// ForgetPosts takes posts out of the index. Callers bound them.
func (tx *Tx) ForgetPosts(ids []circles.PostID) error {
	for _, id := range ids {
		if err := tx.unindex("search_post", int64(id)); err != nil {
			return err
		}
	}
	return nil
}

// indexActor makes a person or circle findable as its rows now stand: by name, host, display name,
// topic and description.
func (tx *Tx) indexActor(id circles.ActorID) error {
	var kind circles.ActorKind
	var name, host, title, summary, topic string
	var gone int64
	err := tx.row(`SELECT a.kind, a.name, a.host, a.display_name, substr(a.summary_html, 1, 4000), a.deleted_at, COALESCE(c.topic, '')
		FROM actor a LEFT JOIN circle c ON c.id = a.id WHERE a.id = $1`, id).Scan(&kind, &name, &host, &title, &summary, &gone, &topic)
	if err != nil {
		return err
	}
	switch {
	case gone != 0 || kind == circles.KindInstance:
		return tx.unindex("search_actor", int64(id))
	case kind != circles.KindCircle:
		kind = circles.KindPerson
	}
	return tx.index("search_actor", int64(id), append([]string{searchKind + string(kind)},
		tokensOf([]string{name + " " + host, title, topic, text.Plain(summary)})...))
}

// tokensOf are the tokens of some texts, with gaps between them.
func tokensOf(texts []string) []string {
	var all []string
	size := 0
	for _, t := range texts {
		for _, token := range text.Tokens(t) {
			if size += len(token) + 1; size > maxIndexed {
				return all
			}
			all = append(all, token)
		}
		all = append(all, searchGap)
	}
	return all
}

// index writes a row anew. On PostgreSQL the vector is spelled out, so that no dictionary of its own
// has a say; positions beyond its 16,383 count as the last one.
func (tx *Tx) index(table string, id int64, tokens []string) error {
	if !tx.postgres() {
		// A row that was not there is no error.
		if err := tx.unindex(table, id); err != nil {
			return err
		}
		_, err := tx.exec("INSERT INTO "+table+" (rowid, words) VALUES ($1, $2)", id, strings.Join(tokens, " "))
		return err
	}
	const lastPosition = 16383
	var b strings.Builder
	for i, token := range tokens {
		b.WriteString("'" + token + "':" + strconv.Itoa(min(i+1, lastPosition)) + " ")
	}
	_, err := tx.exec("INSERT INTO "+table+" (id, words) VALUES ($1, CAST(CAST($2 AS TEXT) AS TSVECTOR))"+
		" ON CONFLICT (id) DO UPDATE SET words = excluded.words", id, b.String())
	return err
}

func (tx *Tx) unindex(table string, id int64) error {
	column := "rowid"
	if tx.postgres() {
		column = "id"
	}
	_, err := tx.exec("DELETE FROM "+table+" WHERE "+column+" = $1", id)
	return err
}

// hits is a query for the ids i, newest first, of the rows of an index that fit. marks are single
// tokens that they must have too.
func (tx *Tx) hits(args *[]any, table string, terms []text.Term, marks []string, before int64) string {
	id, match := "rowid", ""
	if tx.postgres() {
		id, match = "id", "words @@ CAST(CAST("+arg(args, tsQuery(terms, marks))+" AS TEXT) AS TSQUERY)"
	} else {
		match = table + " MATCH " + arg(args, ftsQuery(terms, marks))
	}
	if before != 0 {
		match += " AND " + id + " < " + arg(args, before)
	}
	return "SELECT " + id + " AS i FROM " + table + " WHERE " + match + " ORDER BY " + id + " DESC"
}

// ftsQuery spells a query for FTS5. Tokens hold no quotes.
func ftsQuery(terms []text.Term, marks []string) string {
	var with, without []string
	for _, m := range marks {
		with = append(with, `"`+m+`"`)
	}
	for _, t := range terms {
		s := `"` + strings.Join(t.Tokens, " ") + `"`
		if t.Prefix {
			s += " *"
		}
		if t.Not {
			without = append(without, s)
		} else {
			with = append(with, s)
		}
	}
	q := "(" + strings.Join(with, " AND ") + ")"
	if len(without) > 0 {
		q += " NOT (" + strings.Join(without, " OR ") + ")"
	}
	return q
}

// tsQuery spells a query for PostgreSQL.
func tsQuery(terms []text.Term, marks []string) string {
	var all []string
	for _, m := range marks {
		all = append(all, "'"+m+"'")
	}
	for _, t := range terms {
		s := "'" + strings.Join(t.Tokens, "' <-> '") + "'"
		if t.Prefix {
			s += ":*"
		}
		if len(t.Tokens) > 1 {
			s = "(" + s + ")"
		}
		if t.Not {
			s = "!" + s
		}
		all = append(all, s)
	}
	return strings.Join(all, " & ")
}

// A PostSearch says which posts or comments a page of found ones holds.
type PostSearch struct {
	Terms  []text.Term // at least one that is not excluded
	Kind   circles.PostKind
	Circle circles.CircleID // only in it; 0 = wherever the viewer finds things
	Author circles.PersonID // only by them; 0 = by anybody
	Before circles.PostID   // only older ones; 0 = from the newest on
	Limit  int
}

// SearchPosts returns visible posts or comments with the words, newest first, at most s.Limit, as far
// as the viewer may read them and wants to meet them. next is where the next page begins; 0 = there is
// none. A page may hold less than the limit, even nothing, and still have a next one.
func (tx *Tx) SearchPosts(v circles.Viewer, s PostSearch) (found []circles.PostID, next circles.PostID, err error) {
	w, err := tx.wishesOf(v)
	if err != nil {
		return nil, 0, err
	}
	marks := []string{searchKind + string(s.Kind)}
	if s.Circle != 0 {
		marks = append(marks, searchCircle+s.Circle.String())
	}
	if s.Author != 0 {
		marks = append(marks, searchAuthor+s.Author.String())
	}
	var args []any
	hits := tx.hits(&args, "search_post", s.Terms, marks, int64(s.Before))
	budget := arg(&args, searchBudget)
	enter := findable
	if s.Circle != 0 {
		enter = mayEnter
	}
	cond := enter(v, &args) + w.hide(v, &args, "p.author, p.circle", "p.id")
	found, err = list(tx, value[circles.PostID], "SELECT p.id FROM ("+hits+" LIMIT "+budget+") AS x CROSS JOIN post p CROSS JOIN circle c"+
		" WHERE p.id = x.i AND c.id = p.circle AND p.kind = "+arg(&args, s.Kind)+" AND p.state = 'visible' AND "+cond+
		" ORDER BY p.id DESC LIMIT "+arg(&args, s.Limit+1), args...)
	if err != nil {
		return nil, 0, err
	}
	if len(found) > s.Limit {
		found = found[:s.Limit]
		return found, found[s.Limit-1], nil
	}
	args = nil
	hits = tx.hits(&args, "search_post", s.Terms, marks, int64(s.Before))
	last, err := list(tx, value[circles.PostID], "SELECT i FROM ("+hits+" LIMIT 1 OFFSET "+arg(&args, searchBudget-1)+") AS x", args...)
	if err != nil || len(last) == 0 {
		return found, 0, err
	}
	return found, last[0], nil
}

// SearchPeople returns people with the words, who are called exactly name first, those of this
// instance next, at most limit. Who does not want to be found is found by their name alone.
func (tx *Tx) SearchPeople(v circles.Viewer, terms []text.Term, name string, limit int) ([]*circles.Actor, error) {
	w, err := tx.wishesOf(v)
	if err != nil {
		return nil, err
	}
	var args []any
	hits := tx.hits(&args, "search_actor", terms, []string{searchKind + string(circles.KindPerson)}, 0)
	budget, exact := arg(&args, searchBudget), arg(&args, name)
	return list(tx, scanActorCard, "SELECT "+actorCard+" FROM ("+hits+" LIMIT "+budget+") AS x CROSS JOIN actor a WHERE a.id = x.i"+
		" AND a.deleted_at = 0 AND a.suspended_at = 0 AND (a.indexable = 1 OR a.name = "+exact+")"+w.hide(v, &args, "a.id", "")+
		" ORDER BY CASE WHEN a.name = "+exact+" THEN 0 ELSE 1 END, CASE WHEN a.host = '' THEN 0 ELSE 1 END, a.id DESC LIMIT "+arg(&args, limit), args...)
}

// SearchCircles returns circles with the words that lists show to the viewer, with the viewer's place
// in them, those called exactly name first, then the largest, at most limit.
func (tx *Tx) SearchCircles(v circles.Viewer, terms []text.Term, name string, limit int) ([]CircleRow, error) {
	w, err := tx.wishesOf(v)
	if err != nil {
		return nil, err
	}
	var args []any
	hits := tx.hits(&args, "search_actor", terms, []string{searchKind + string(circles.KindCircle)}, 0)
	budget, exact, me := arg(&args, searchBudget), arg(&args, name), arg(&args, v.Person)
	cond := findable(v, &args) + w.hide(v, &args, "c.id", "")
	return list(tx, scanCircleRow, "SELECT "+circleCard+", COALESCE(s.role, '') FROM ("+hits+" LIMIT "+budget+") AS x"+
		" JOIN circle c ON c.id = x.i JOIN actor a ON a.id = c.id LEFT JOIN membership s ON s.circle = c.id AND s.person = "+me+
		" WHERE a.deleted_at = 0 AND a.suspended_at = 0 AND "+cond+
		" ORDER BY CASE WHEN a.name = "+exact+" THEN 0 ELSE 1 END, c.members DESC, c.id LIMIT "+arg(&args, limit), args...)
}

// IndexActors makes the actors behind the given one findable, in the order of their ids, at most
// limit, and returns the last of them; 0 = there are none.
func (tx *Tx) IndexActors(after circles.ActorID, limit int) (circles.ActorID, error) {
	ids, err := list(tx, value[circles.ActorID], `SELECT id FROM actor WHERE id > $1 ORDER BY id LIMIT $2`, after, limit)
	if err != nil || len(ids) == 0 {
		return 0, err
	}
	for _, id := range ids {
		if err := tx.indexActor(id); err != nil {
			return 0, err
		}
	}
	return ids[len(ids)-1], nil
}

// PostsAfter returns the ids of posts and comments behind the given one, in any state, at most limit.
func (tx *Tx) PostsAfter(after circles.PostID, limit int) ([]circles.PostID, error) {
	return list(tx, value[circles.PostID], `SELECT id FROM post WHERE id > $1 ORDER BY id LIMIT $2`, after, limit)
}

// PhotoTexts returns the descriptions of the photos of these posts, in their order.
func (tx *Tx) PhotoTexts(posts []circles.PostID) (map[circles.PostID][]string, error) {
	if len(posts) == 0 {
		return nil, nil
	}
	set, args := in(nil, posts)
	of := map[circles.PostID][]string{}
	return of, tx.rows("SELECT post, alt FROM media WHERE post <> 0 AND post IN ("+set+") AND alt <> '' ORDER BY post, pos", args, func(r rowScanner) error {
		var id circles.PostID
		var alt string
		if err := r.Scan(&id, &alt); err != nil {
			return err
		}
		of[id] = append(of[id], alt)
		return nil
	})
}

// PostIDsBy returns the ids of what an author wrote behind the given id, in any state, at most limit.
func (tx *Tx) PostIDsBy(author circles.PersonID, after circles.PostID, limit int) ([]circles.PostID, error) {
	return list(tx, value[circles.PostID], `SELECT id FROM post WHERE author = $1 AND kind IN ('post', 'comment') AND id > $2
		ORDER BY id LIMIT $3`, author, after, limit)
}

// ClearIndex empties the index, which is filled again from the tables.
func (tx *Tx) ClearIndex() error {
	for _, table := range []string{"search_post", "search_actor"} {
		if _, err := tx.exec("DELETE FROM " + table); err != nil {
			return err
		}
	}
	return nil
}
