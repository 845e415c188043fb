package store

import (
	"halqa/circles"
)

// circleColumns are the columns of "circle c" beside actorColumns, in the order of circleDest.
const circleColumns = `c.topic, c.language, c.visibility, c.posting, c.sensitive, c.hue, c.rules, c.rules_html, c.created_by,
	c.members, c.posts, c.comments, c.active_month, c.posted_at, c.rev`

func circleDest(c *circles.Circle) []any {
	return append(actorDest(&c.Actor), &c.Topic, &c.Language, &c.Visibility, &c.Posting, &c.Sensitive, &c.Hue,
		&c.Rules, &c.RulesHTML, &c.CreatedBy, &c.Members, &c.Posts, &c.Comments, &c.ActiveMonth, &c.PostedAt, &c.Rev)
}

func scanCircle(r rowScanner) (*circles.Circle, error) {
	var c circles.Circle
	return &c, r.Scan(circleDest(&c)...)
}

const selectCircle = `SELECT ` + actorColumns + `, ` + circleColumns + ` FROM circle c JOIN actor a ON a.id = c.id `

// Circle returns the circle with this id.
func (tx *Tx) Circle(id circles.CircleID) (*circles.Circle, error) {
	c, err := tx.kept.circles.read(tx, id, func() (*circles.Circle, error) {
		return one(tx, scanCircle, selectCircle+`WHERE c.id = $1`, id)
	})
	return c, notFound(err, "circle")
}

// CircleByURI returns the circle with this id in ActivityPub: a path for local ones.
func (tx *Tx) CircleByURI(uri string) (*circles.Circle, error) {
	c, err := tx.kept.circles.named(tx, uri, func(c *circles.Circle) circles.CircleID { return c.CircleID() }, func() (*circles.Circle, error) {
		return one(tx, scanCircle, selectCircle+`WHERE a.uri = $1`, uri)
	})
	return c, notFound(err, "circle")
}

// CircleByName returns the circle !name@host; host is "" for local ones.
func (tx *Tx) CircleByName(name, host string) (*circles.Circle, error) {
	c, err := one(tx, scanCircle, selectCircle+`WHERE a.host = $1 AND a.name = $2 AND a.kind = 'circle'
		ORDER BY a.deleted_at, a.id DESC LIMIT 1`, host, name)
	return c, notFound(err, "circle")
}

// AddCircle stores a new circle and the actor that it is.
func (tx *Tx) AddCircle(c *circles.Circle) error {
	if err := tx.AddActor(&c.Actor); err != nil {
		return err
	}
	return tx.addCircle(c)
}

// MakeCircle makes an actor that was noted by its address alone the circle that it turned out to be.
func (tx *Tx) MakeCircle(c *circles.Circle) error {
	if err := tx.SaveActor(&c.Actor); err != nil {
		return err
	}
	return tx.addCircle(c)
}

func (tx *Tx) addCircle(c *circles.Circle) error {
	_, err := tx.exec(`INSERT INTO circle (id, topic, language, visibility, posting, sensitive, hue, rules, rules_html, created_by)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
		c.ID, c.Topic, c.Language, c.Visibility, c.Posting, c.Sensitive, c.Hue, c.Rules, c.RulesHTML, c.CreatedBy)
	if err != nil {
		return err
	}
	return tx.indexActor(c.ID) // with its topic
}

// SaveCircle writes what can change about a circle and its actor, except the counters.
func (tx *Tx) SaveCircle(c *circles.Circle) error {
	if err := tx.SaveActor(&c.Actor); err != nil {
		return err
	}
	_, err := tx.exec(`UPDATE circle SET topic = $2, language = $3, visibility = $4, posting = $5, sensitive = $6, hue = $7,
			rules = $8, rules_html = $9, rev = rev + 1
		WHERE id = $1`,
		c.ID, c.Topic, c.Language, c.Visibility, c.Posting, c.Sensitive, c.Hue, c.Rules, c.RulesHTML)
	if err != nil {
		return err
	}
	return tx.indexActor(c.ID)
}

// SetListed marks the posts of a circle as belonging to the common feeds, or not.
func (tx *Tx) SetListed(id circles.CircleID, listed bool) error {
	_, err := tx.exec(`UPDATE post SET listed = $2 WHERE circle = $1 AND listed <> $2`, id, listed)
	return err
}

// CircleChange is what one Update did to a circle's counters.
type CircleChange struct {
	Members, Posts, Comments int64
	PostedAt                 int64 // UTC microseconds; moves the circle's forward, never back
}

// BumpCircle applies a change to a circle's counters and moves its rev on, so that cached pages of
// it are made anew. It is the last statement of an Update: all writers of a circle meet in this row.
func (tx *Tx) BumpCircle(id circles.CircleID, d CircleChange) error {
	return tx.change(func(k *kept) {
		k.circles.change(id, func(had *circles.Circle) {
			had.Members, had.Posts, had.Comments = had.Members+d.Members, had.Posts+d.Posts, had.Comments+d.Comments
			had.PostedAt, had.Rev = max(had.PostedAt, d.PostedAt), had.Rev+1
		})
	}, `UPDATE circle SET members = members + $2, posts = posts + $3, comments = comments + $4,
			posted_at = CASE WHEN posted_at < $5 THEN $5 ELSE posted_at END, rev = rev + 1
		WHERE id = $1`, id, d.Members, d.Posts, d.Comments, d.PostedAt)
}
