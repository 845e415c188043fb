package store

import (
	"halqa/circles"
)

// A Draft is what a person has begun to write, without its photos.
type Draft struct {
	Name      string           // names it among its author's
	Circle    circles.CircleID // of a post; 0 = none is chosen
	Parent    circles.PostID   // what a comment answers; 0 for a post
	SavedAt   int64            // UTC microseconds
	Title     string
	Link      string
	Body      string // markdown
	Language  string
	Sensitive bool
	Warning   string
	Poll      string // one option a line; "" = none
	Several   bool   // of the poll's options may be chosen
	PollFor   int64  // seconds
}

const draftColumns = `d.name, d.circle, d.parent, d.at, d.language, d.sensitive, d.warning, d.title, d.link, d.body, d.poll, d.poll_several, d.poll_for`

func draftFields(d *Draft) []any {
	return []any{&d.Name, &d.Circle, &d.Parent, &d.SavedAt, &d.Language, &d.Sensitive, &d.Warning, &d.Title, &d.Link, &d.Body, &d.Poll, &d.Several, &d.PollFor}
}

// SaveDraft keeps a draft, in the place of the one of this name.
func (tx *Tx) SaveDraft(person circles.PersonID, d *Draft) error {
	_, err := tx.exec(`INSERT INTO draft (person, name, circle, parent, at, language, sensitive, warning, title, link, body, poll, poll_several, poll_for)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
		ON CONFLICT (person, name) DO UPDATE SET circle = excluded.circle, parent = excluded.parent, at = excluded.at, language = excluded.language,
			sensitive = excluded.sensitive, warning = excluded.warning, title = excluded.title, link = excluded.link, body = excluded.body,
			poll = excluded.poll, poll_several = excluded.poll_several, poll_for = excluded.poll_for`,
		person, d.Name, d.Circle, d.Parent, d.SavedAt, d.Language, d.Sensitive, d.Warning, d.Title, d.Link, d.Body, d.Poll, d.Several, d.PollFor)
	return err
}

// Draft returns one draft of a person.
func (tx *Tx) Draft(person circles.PersonID, name string) (*Draft, error) {
	d := new(Draft)
	err := tx.row(`SELECT `+draftColumns+` FROM draft d WHERE d.person = $1 AND d.name = $2`, person, name).Scan(draftFields(d)...)
	if err != nil {
		return nil, notFound(err, "draft")
	}
	return d, nil
}

// A DraftRow is a draft in the list of its author's.
type DraftRow struct {
	Draft
	Root   circles.PostID   // the post whose thread a comment belongs to; 0 = it is gone, or its circle is closed to the author now
	Inside circles.CircleID // the circle it is written for, if the author may enter that; else 0
	Photos int
}

// Drafts returns the viewer's drafts with the beginnings of their texts, the latest first, at most limit.
func (tx *Tx) Drafts(v circles.Viewer, limit int) ([]DraftRow, error) {
	args := []any{v.Person}
	enter := mayEnter(v, &args)
	return list(tx, func(r rowScanner) (DraftRow, error) {
		var d DraftRow
		err := r.Scan(append(draftFields(&d.Draft), &d.Root, &d.Inside, &d.Photos)...)
		return d, err
	}, `SELECT d.name, d.circle, d.parent, d.at, d.language, d.sensitive, d.warning, d.title, d.link, substr(d.body, 1, 600),
			substr(d.poll, 1, 600), d.poll_several, d.poll_for,
			CASE WHEN c.id IS NULL THEN 0 ELSE COALESCE(p.root, 0) END, COALESCE(c.id, 0),
			(SELECT COUNT(*) FROM draft_photo f WHERE f.person = d.person AND f.name = d.name)
		FROM draft d LEFT JOIN post p ON p.id = d.parent AND d.parent <> 0
		LEFT JOIN circle c ON c.id = CASE WHEN d.parent <> 0 THEN p.circle ELSE d.circle END AND `+enter+`
		WHERE d.person = $1 ORDER BY d.at DESC, d.name LIMIT `+arg(&args, limit), args...)
}

// DraftCounts returns how many drafts a person has beside the one of this name, and how many photos those have.
func (tx *Tx) DraftCounts(person circles.PersonID, beside string) (drafts, photos int64, err error) {
	err = tx.row(`SELECT (SELECT COUNT(*) FROM draft WHERE person = $1 AND name <> $2),
		(SELECT COUNT(*) FROM draft_photo WHERE person = $1 AND name <> $2)`, person, beside).Scan(&drafts, &photos)
	return drafts, photos, err
}

// PhotosOfDraft returns the photos of a draft in their order, without their files.
func (tx *Tx) PhotosOfDraft(person circles.PersonID, name string) ([]circles.Photo, error) {
	return list(tx, scanPhoto, `SELECT `+photoColumns+` FROM draft_photo f CROSS JOIN media m
		WHERE f.person = $1 AND f.name = $2 AND m.id = f.media ORDER BY f.pos`, person, name)
}

// DraftPos is the place of a photo that waits in a draft and belongs to no post. The place says so to who
// looks for uploads that nobody took.
const DraftPos = -2

// PlaceDraftPhoto makes a loose photo the pos-th of a draft, taking it out of any other.
func (tx *Tx) PlaceDraftPhoto(id circles.MediaID, person circles.PersonID, name string, pos int) error {
	if err := tx.PlacePhoto(id, 0, DraftPos); err != nil {
		return err
	}
	_, err := tx.exec(`INSERT INTO draft_photo (media, person, name, pos) VALUES ($1, $2, $3, $4)
		ON CONFLICT (media) DO UPDATE SET person = excluded.person, name = excluded.name, pos = excluded.pos`, id, person, name, pos)
	return err
}

// RemoveDraft forgets a draft; what photos it still has are loose again. There need be none of this name.
func (tx *Tx) RemoveDraft(person circles.PersonID, name string) error {
	if err := tx.emptyDraft(person, name); err != nil {
		return err
	}
	_, err := tx.exec(`DELETE FROM draft WHERE person = $1 AND name = $2`, person, name)
	return err
}

func (tx *Tx) emptyDraft(person circles.PersonID, name string) error {
	_, err := tx.exec(`UPDATE media SET pos = 0 WHERE post = 0 AND id IN (SELECT media FROM draft_photo WHERE person = $1 AND name = $2)`, person, name)
	if err != nil {
		return err
	}
	_, err = tx.exec(`DELETE FROM draft_photo WHERE person = $1 AND name = $2`, person, name)
	return err
}

// A DraftOf names a draft and its author.
type DraftOf struct {
	Person circles.PersonID
	Name   string
}

// OldDrafts returns drafts that were last kept before a time, the oldest first, at most limit.
func (tx *Tx) OldDrafts(before int64, limit int) ([]DraftOf, error) {
	return list(tx, scanDraftOf, `SELECT person, name FROM draft WHERE at < $1 ORDER BY at LIMIT $2`, before, limit)
}

func scanDraftOf(r rowScanner) (DraftOf, error) {
	var d DraftOf
	err := r.Scan(&d.Person, &d.Name)
	return d, err
}
