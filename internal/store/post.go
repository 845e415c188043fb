package store

import (
	"time"

	"halqa/circles"
)

// postColumns are the columns of "post p" in the order that postDest takes them.
const postColumns = `p.id, p.uri, p.url, p.kind, p.circle, p.author, p.root, p.parent, p.depth,
	p.state, p.reason, p.removed_by, p.removed_at, p.deleted_at,
	p.title, p.link, p.language, p.sensitive, p.warning, p.locked, p.pinned, p.listed, p.local, p.photos,
	p.published, p.edited_at, p.created_at, p.ups, p.downs, p.score, p.comments,
	p.hot, p.scaled, p.active, p.controversy, p.create_seq, p.announce_seq, p.rev, p.cross_of, p.absent, p.body, p.body_html`

func postDest(p *circles.Post) []any {
	return []any{&p.ID, &p.URI, &p.URL, &p.Kind, &p.Circle, &p.Author, &p.Root, &p.Parent, &p.Depth,
		&p.State, &p.Reason, &p.RemovedBy, &p.RemovedAt, &p.DeletedAt,
		&p.Title, &p.Link, &p.Language, &p.Sensitive, &p.Warning, &p.Locked, &p.Pinned, &p.Listed, &p.LocalTo, &p.PhotoN,
		&p.Published, &p.EditedAt, &p.CreatedAt, &p.Ups, &p.Downs, &p.Score, &p.Comments,
		&p.Hot, &p.Scaled, &p.Active, &p.Controversy, &p.CreateSeq, &p.AnnounceSeq, &p.Rev, &p.CrossOf, &p.Absent, &p.Body, &p.BodyHTML}
}

func scanPost(r rowScanner) (*circles.Post, error) {
	var p circles.Post
	return &p, r.Scan(postDest(&p)...)
}

// Post returns the post or comment with this id, whatever its state.
func (tx *Tx) Post(id circles.PostID) (*circles.Post, error) {
	p, err := tx.kept.posts.read(tx, id, func() (*circles.Post, error) {
		return one(tx, scanPost, `SELECT `+postColumns+` FROM post p WHERE p.id = $1`, id)
	})
	return p, notFound(err, "post")
}

// PostByURI returns the post or comment with this id in ActivityPub: a path for local ones.
func (tx *Tx) PostByURI(uri string) (*circles.Post, error) {
	p, err := tx.kept.posts.named(tx, uri, func(p *circles.Post) circles.PostID { return p.ID }, func() (*circles.Post, error) {
		return one(tx, scanPost, `SELECT `+postColumns+` FROM post p WHERE p.uri = $1`, uri)
	})
	return p, notFound(err, "post")
}

// NewPostIDAt returns an id for a post published at that time, so that it sorts where it belongs.
func (tx *Tx) NewPostIDAt(published int64) (circles.PostID, error) {
	id, err := tx.NewIDAt(time.UnixMicro(published), func(from, to int64) (int64, error) {
		return one(tx, value[int64], `SELECT COALESCE(MAX(id), 0) FROM post WHERE id >= $1 AND id < $2`, from, to)
	})
	return circles.PostID(id), err
}

// AddPost stores a new post or comment with its ranks. Its counters of votes and comments begin at
// zero.
func (tx *Tx) AddPost(p *circles.Post) error {
	_, err := tx.exec(`INSERT INTO post (id, uri, url, kind, circle, author, root, parent, depth, state, reason,
			title, link, language, sensitive, warning, locked, listed, local, photos,
			published, edited_at, created_at, hot, scaled, active, controversy, create_seq, announce_seq, body, body_html, cross_of)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20,
			$21, $22, $23, $24, $25, $26, $27, $28, $29, $30, $31, $32)`,
		p.ID, p.URI, p.URL, p.Kind, p.Circle, p.Author, p.Root, p.Parent, p.Depth, p.State, p.Reason,
		p.Title, p.Link, p.Language, p.Sensitive, p.Warning, p.Locked, p.Listed, p.LocalTo, p.PhotoN,
		p.Published, p.EditedAt, p.CreatedAt, p.Hot, p.Scaled, p.Active, p.Controversy, p.CreateSeq, p.AnnounceSeq,
		p.Body, p.BodyHTML, p.CrossOf)
	return err
}

// AddAbsent stores the place of a post or comment that was gone before it came here.
func (tx *Tx) AddAbsent(p *circles.Post) error {
	_, err := tx.exec(`INSERT INTO post (id, uri, kind, circle, author, root, parent, depth, state, deleted_at, local, published, created_at, absent)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, 1)`,
		p.ID, p.URI, p.Kind, p.Circle, p.Author, p.Root, p.Parent, p.Depth, p.State, p.DeletedAt, p.LocalTo, p.Published, p.CreatedAt)
	return err
}

// FillAbsent puts a post or comment into its place, when it came after all. What was counted there
// stays, and what is below it keeps the thread as active as it was.
func (tx *Tx) FillAbsent(p *circles.Post) error {
	_, err := tx.exec(`UPDATE post SET url = $2, author = $3, state = $4, reason = $5, deleted_at = 0, title = $6, link = $7, language = $8,
			sensitive = $9, warning = $10, locked = $11, listed = $12, photos = $13, published = $14, edited_at = $15, created_at = $16,
			hot = $17, scaled = $18, active = CASE WHEN active < $19 THEN $19 ELSE active END, controversy = $20,
			body = $21, body_html = $22, cross_of = $23, absent = 0, rev = rev + 1
		WHERE id = $1`,
		p.ID, p.URL, p.Author, p.State, p.Reason, p.Title, p.Link, p.Language,
		p.Sensitive, p.Warning, p.Locked, p.Listed, p.PhotoN, p.Published, p.EditedAt, p.CreatedAt,
		p.Hot, p.Scaled, p.Active, p.Controversy, p.Body, p.BodyHTML, p.CrossOf)
	return err
}

// SetPostSeqs keeps which log entries are the Create of a post and its circle's Announce.
func (tx *Tx) SetPostSeqs(id circles.PostID, create, announce circles.Seq) error {
	return tx.change(func(k *kept) { k.posts.drop(id) }, `UPDATE post SET create_seq = $2, announce_seq = $3 WHERE id = $1`, id, create, announce)
}

// SavePostText writes what an author can edit.
func (tx *Tx) SavePostText(p *circles.Post) error {
	_, err := tx.exec(`UPDATE post SET url = $2, title = $3, link = $4, language = $5, sensitive = $6, warning = $7,
			photos = $8, edited_at = $9, body = $10, body_html = $11, cross_of = $12, rev = rev + 1
		WHERE id = $1`,
		p.ID, p.URL, p.Title, p.Link, p.Language, p.Sensitive, p.Warning, p.PhotoN, p.EditedAt, p.Body, p.BodyHTML, p.CrossOf)
	return err
}

// SavePostState writes what became of a post: its state, who removed it and why, and when its
// author deleted it.
func (tx *Tx) SavePostState(p *circles.Post) error {
	_, err := tx.exec(`UPDATE post SET state = $2, reason = $3, removed_by = $4, removed_at = $5, deleted_at = $6, rev = rev + 1
		WHERE id = $1`, p.ID, p.State, p.Reason, p.RemovedBy, p.RemovedAt, p.DeletedAt)
	return err
}

// SetLocked closes a thread to comments, or opens it.
func (tx *Tx) SetLocked(id circles.PostID, locked bool) error {
	_, err := tx.exec(`UPDATE post SET locked = $2, rev = rev + 1 WHERE id = $1`, id, locked)
	return err
}

// SavePostScore writes the counts of votes and everything that is computed from them.
func (tx *Tx) SavePostScore(p *circles.Post) error {
	return tx.change(func(k *kept) {
		k.posts.change(p.ID, func(had *circles.Post) {
			had.Ups, had.Downs, had.Score = p.Ups, p.Downs, p.Score
			had.Hot, had.Scaled, had.Active, had.Controversy = p.Hot, p.Scaled, p.Active, p.Controversy
		})
	}, `UPDATE post SET ups = $2, downs = $3, score = $4, hot = $5, scaled = $6, active = $7, controversy = $8
		WHERE id = $1`, p.ID, p.Ups, p.Downs, p.Score, p.Hot, p.Scaled, p.Active, p.Controversy)
}

// BumpThread counts visible comments below a post in or out, and lifts its rank by activity to
// active if it is lower.
func (tx *Tx) BumpThread(root circles.PostID, comments, active int64) error {
	return tx.change(func(k *kept) {
		k.posts.change(root, func(had *circles.Post) {
			had.Comments, had.Active = had.Comments+comments, max(had.Active, active)
		})
	}, `UPDATE post SET comments = comments + $2, active = CASE WHEN active < $3 THEN $3 ELSE active END
		WHERE id = $1`, root, comments, active)
}

// LivePostsOf returns up to limit posts and comments of an author that the author has not deleted, in
// the order of kind and id, behind those of the last call.
func (tx *Tx) LivePostsOf(author circles.PersonID, kind circles.PostKind, after circles.PostID, limit int) ([]*circles.Post, error) {
	return list(tx, scanPost, `SELECT `+postColumns+` FROM post p
		WHERE p.author = $1 AND (p.kind, p.id) > ($2, $3) AND p.state <> 'deleted'
		ORDER BY p.kind, p.id LIMIT $4`, author, kind, after, limit)
}

// SetPostRaw keeps the author's own bytes of a post that came from elsewhere.
func (tx *Tx) SetPostRaw(id circles.PostID, raw []byte) error {
	_, err := tx.exec(`INSERT INTO post_raw (post, raw) VALUES ($1, $2) ON CONFLICT (post) DO UPDATE SET raw = excluded.raw`, id, raw)
	return err
}

// PostRaw returns the author's own bytes of a post that came from elsewhere.
func (tx *Tx) PostRaw(id circles.PostID) ([]byte, error) {
	raw, err := one(tx, value[[]byte], `SELECT raw FROM post_raw WHERE post = $1`, id)
	return raw, notFound(err, "post")
}

// AddMentions adds people that a post names. Who was named once stays: they got its Create, so they
// get its Update and its Delete too. Beyond twice what one text can name, edits add no more.
func (tx *Tx) AddMentions(id circles.PostID, actors []circles.ActorID) error {
	if len(actors) == 0 {
		return nil
	}
	n, err := one(tx, value[int64], `SELECT COUNT(*) FROM mention WHERE post = $1`, id)
	if err != nil {
		return err
	}
	for _, a := range actors[:min(max(2*circles.MaxMentions-int(n), 0), len(actors))] {
		if _, err := tx.exec(`INSERT INTO mention (post, actor) VALUES ($1, $2) ON CONFLICT (post, actor) DO NOTHING`, id, a); err != nil {
			return err
		}
	}
	return nil
}

// Mentions returns the people that a post names.
func (tx *Tx) Mentions(id circles.PostID) ([]*circles.Actor, error) {
	return list(tx, scanActor, `SELECT `+actorColumns+` FROM mention m JOIN actor a ON a.id = m.actor WHERE m.post = $1 ORDER BY a.id`, id)
}

// LastEntry returns the last entry of a kind that a signer made about an object; 0 if the log has none.
func (tx *Tx) LastEntry(object int64, kind circles.EventKind, signer circles.ActorID) (circles.Seq, error) {
	return one(tx, value[circles.Seq], `SELECT COALESCE(MAX(seq), 0) FROM event WHERE object = $1 AND kind = $2 AND signer = $3`,
		object, kind, signer)
}
