package store

import (
	"strconv"
	"strings"

	"halqa/circles"
)

// What a list shows is loaded by ids, one statement a kind, whatever the number of rows. Callers
// bound the ids.

// leadLen is how many characters of a body a list reads, to draw an excerpt from.
const leadLen = 1200

// PostLeads returns what a row of a list shows of these posts: the beginning of BodyHTML, which may end
// inside a tag, no Body, and none of what posts are ordered and announced by.
func (tx *Tx) PostLeads(ids []circles.PostID) (map[circles.PostID]*circles.Post, error) {
	set, args := in(nil, ids)
	all, err := list(tx, func(r rowScanner) (*circles.Post, error) {
		p := new(circles.Post)
		return p, r.Scan(&p.ID, &p.URI, &p.URL, &p.Kind, &p.Circle, &p.Author, &p.Root, &p.Parent, &p.Depth, &p.State, &p.Reason,
			&p.RemovedAt, &p.DeletedAt, &p.Title, &p.Link, &p.Language, &p.Sensitive, &p.Warning, &p.Locked, &p.Pinned, &p.Listed,
			&p.LocalTo, &p.PhotoN, &p.Published, &p.EditedAt, &p.Ups, &p.Downs, &p.Score, &p.Comments, &p.Rev, &p.BodyHTML)
	}, `SELECT p.id, p.uri, p.url, p.kind, p.circle, p.author, p.root, p.parent, p.depth, p.state, p.reason,
			p.removed_at, p.deleted_at, p.title, p.link, p.language, p.sensitive, p.warning, p.locked, p.pinned, p.listed,
			p.local, p.photos, p.published, p.edited_at, p.ups, p.downs, p.score, p.comments, p.rev, substr(p.body_html, 1, `+
		strconv.Itoa(leadLen)+`) FROM post p WHERE p.id IN (`+set+`)`, args...)
	return byKey(all, err, func(p *circles.Post) circles.PostID { return p.ID })
}

// CommentTexts returns what a page shows of these comments: no Body, and none of what only posts have
// or only lists are ordered by. A thread has hundreds of them, and each column costs.
func (tx *Tx) CommentTexts(person circles.PersonID, ids []circles.PostID) (map[circles.PostID]*CommentText, error) {
	set, args := in([]any{person}, ids)
	all, err := list(tx, func(r rowScanner) (*CommentText, error) {
		p := new(CommentText)
		err := r.Scan(&p.ID, &p.URI, &p.URL, &p.Kind, &p.Circle, &p.Author, &p.Root, &p.Parent, &p.Depth, &p.State, &p.Reason,
			&p.RemovedAt, &p.DeletedAt, &p.Language, &p.Sensitive, &p.Warning, &p.Locked, &p.PhotoN, &p.Published, &p.EditedAt,
			&p.CreatedAt, &p.Ups, &p.Downs, &p.Score, &p.Absent, &p.BodyHTML, &p.Marks)
		return p, err
	}, `SELECT p.id, p.uri, p.url, p.kind, p.circle, p.author, p.root, p.parent, p.depth, p.state, p.reason,
			p.removed_at, p.deleted_at, p.language, p.sensitive, p.warning, p.locked, p.photos, p.published, p.edited_at,
			p.created_at, p.ups, p.downs, p.score, p.absent, p.body_html, `+marks("$1", markHelped, markQuotes)+`
		FROM post p WHERE p.id IN (`+set+`)`, args...)
	return byKey(all, err, func(p *CommentText) circles.PostID { return p.ID })
}

// A CommentText is a comment with what stands beside it.
type CommentText struct {
	circles.Post
	Marks
}

// PostTitles returns these posts without any body.
func (tx *Tx) PostTitles(ids []circles.PostID) (map[circles.PostID]*circles.Post, error) {
	set, args := in(nil, ids)
	columns := strings.TrimSuffix(postColumns, "p.body, p.body_html") + "'', ''"
	all, err := list(tx, scanPost, "SELECT "+columns+" FROM post p WHERE p.id IN ("+set+")", args...)
	return byKey(all, err, func(p *circles.Post) circles.PostID { return p.ID })
}

// TitlesFor returns those of these posts that stand and that the viewer may read, without any body.
func (tx *Tx) TitlesFor(v circles.Viewer, ids []circles.PostID) (map[circles.PostID]*circles.Post, error) {
	set, args := in(nil, ids)
	columns := strings.TrimSuffix(postColumns, "p.body, p.body_html") + "'', ''"
	all, err := list(tx, scanPost, "SELECT "+columns+" FROM post p LEFT JOIN circle c ON c.id = p.circle WHERE p.id IN ("+set+
		") AND p.state = 'visible' AND "+mayFind(v, &args), args...)
	return byKey(all, err, func(p *circles.Post) circles.PostID { return p.ID })
}

// ActorCards returns what a byline shows of these actors: no texts, addresses or keys.
func (tx *Tx) ActorCards(ids []circles.ActorID) (map[circles.ActorID]*circles.Actor, error) {
	set, args := in(nil, ids)
	all, err := list(tx, scanActorCard, "SELECT "+actorCard+" FROM actor a WHERE a.id IN ("+set+")", args...)
	return byKey(all, err, func(a *circles.Actor) circles.ActorID { return a.ID })
}

const actorCard = `a.id, a.kind, a.name, a.host, a.uri, a.url, a.display_name, a.emoji, a.icon_media, a.icon_url, a.bot,
	a.published, a.created_at, a.deleted_at, a.suspended_at`

func actorCardFields(a *circles.Actor) []any {
	return []any{&a.ID, &a.Kind, &a.Name, &a.Host, &a.URI, &a.URL, &a.DisplayName, &a.Emoji, &a.IconMedia, &a.IconURL, &a.Bot,
		&a.Published, &a.CreatedAt, &a.DeletedAt, &a.SuspendedAt}
}

func scanActorCard(r rowScanner) (*circles.Actor, error) {
	a := new(circles.Actor)
	err := r.Scan(actorCardFields(a)...)
	return a, err
}

// CircleCards returns what a byline shows of these circles: no texts, addresses or keys.
func (tx *Tx) CircleCards(ids []circles.CircleID) (map[circles.CircleID]*circles.Circle, error) {
	set, args := in(nil, ids)
	all, err := list(tx, scanCircleCard, "SELECT "+circleCardShort+
		" FROM circle c JOIN actor a ON a.id = c.id WHERE c.id IN ("+set+")", args...)
	return byKey(all, err, func(c *circles.Circle) circles.CircleID { return c.CircleID() })
}

const (
	circleFacts = actorCard + `, c.topic, c.language, c.visibility, c.posting, c.sensitive, c.hue,
	c.members, c.posts, c.comments, c.active_month, c.posted_at, c.rev, `
	circleCard      = circleFacts + `substr(a.summary_html, 1, 600)`
	circleCardShort = circleFacts + `''`
)

func scanCircleCard(r rowScanner) (*circles.Circle, error) {
	c := new(circles.Circle)
	return c, r.Scan(append(actorCardFields(&c.Actor), circleCardFields(c)...)...)
}

func circleCardFields(c *circles.Circle) []any {
	return []any{&c.Topic, &c.Language, &c.Visibility, &c.Posting, &c.Sensitive,
		&c.Hue, &c.Members, &c.Posts, &c.Comments, &c.ActiveMonth, &c.PostedAt, &c.Rev, &c.SummaryHTML}
}

// FirstPhotos returns the first photo of each of these posts that has one, with its files.
func (tx *Tx) FirstPhotos(posts []circles.PostID) (map[circles.PostID]*circles.Photo, error) {
	all, err := tx.photosWhere(posts, " AND NOT EXISTS (SELECT 1 FROM media f WHERE f.post = m.post AND f.post <> 0 AND f.pos < m.pos)")
	if err != nil {
		return nil, err
	}
	first := make(map[circles.PostID]*circles.Photo, len(all))
	for _, p := range all {
		if first[p.Post] == nil {
			first[p.Post] = p
		}
	}
	return first, nil
}

// AllPhotos returns the photos of each of these posts in their order, with their files.
func (tx *Tx) AllPhotos(posts []circles.PostID) (map[circles.PostID][]*circles.Photo, error) {
	all, err := tx.photosWhere(posts, "")
	if err != nil {
		return nil, err
	}
	of := map[circles.PostID][]*circles.Photo{}
	for _, p := range all {
		of[p.Post] = append(of[p.Post], p)
	}
	return of, nil
}

func (tx *Tx) photosWhere(posts []circles.PostID, more string) ([]*circles.Photo, error) {
	if len(posts) == 0 {
		return nil, nil
	}
	set, args := in(nil, posts)
	all, err := list(tx, func(r rowScanner) (*circles.Photo, error) {
		p := new(circles.Photo)
		err := r.Scan(&p.ID, &p.Owner, &p.Post, &p.Pos, &p.Alt, &p.Mime, &p.Width, &p.Height, &p.Blurhash,
			&p.Animated, &p.RemoteURL, &p.CreatedAt)
		return p, err
	}, `SELECT m.id, m.owner, m.post, m.pos, m.alt, m.mime, m.width, m.height, m.blurhash, m.animated, m.remote_url,
			m.created_at FROM media m WHERE m.post <> 0 AND m.post IN (`+set+`)`+more+` ORDER BY m.post, m.pos, m.id`, args...)
	if err != nil || len(all) == 0 {
		return nil, err
	}
	ids := make([]circles.MediaID, len(all))
	at := make(map[circles.MediaID]*circles.Photo, len(all))
	for i, p := range all {
		ids[i], at[p.ID] = p.ID, p
	}
	set, args = in(nil, ids)
	return all, tx.rows(`SELECT media, name, mime, width, height, bytes, hash FROM media_file WHERE media IN (`+set+`)
		ORDER BY media, CASE mime WHEN 'image/jpeg' THEN 1 ELSE 0 END, width DESC, name`, args, func(r rowScanner) error {
		var id circles.MediaID
		var f circles.PhotoFile
		if err := r.Scan(&id, &f.Name, &f.Mime, &f.Width, &f.Height, &f.Bytes, &f.Hash); err != nil {
			return err
		}
		at[id].Files = append(at[id].Files, f)
		return nil
	})
}

// RolesIn returns the person's role in each of these circles; none is absent.
func (tx *Tx) RolesIn(person circles.PersonID, of []circles.CircleID) (map[circles.CircleID]circles.Role, error) {
	if person == 0 || len(of) == 0 {
		return nil, nil
	}
	set, args := in([]any{person}, of)
	roles := map[circles.CircleID]circles.Role{}
	return roles, tx.rows("SELECT circle, role FROM membership WHERE person = $1 AND circle IN ("+set+")", args, func(r rowScanner) error {
		var id circles.CircleID
		var role circles.Role
		if err := r.Scan(&id, &role); err != nil {
			return err
		}
		roles[id] = role
		return nil
	})
}

func byKey[K comparable, V any](all []V, err error, key func(V) K) (map[K]V, error) {
	if err != nil {
		return nil, err
	}
	m := make(map[K]V, len(all))
	for _, v := range all {
		m[key(v)] = v
	}
	return m, nil
}
