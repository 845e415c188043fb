package store

import (
	"halqa/circles"
)

const listColumns = `l.id, l.person, l.slug, l.title, l.about, l.public, l.created_at`

func listFields(l *circles.List) []any {
	return []any{&l.ID, &l.Person, &l.Slug, &l.Title, &l.About, &l.Public, &l.CreatedAt}
}

func scanCircleList(r rowScanner) (*circles.List, error) {
	l := new(circles.List)
	return l, r.Scan(listFields(l)...)
}

// AddList stores a new list.
func (tx *Tx) AddList(l *circles.List) error {
	_, err := tx.exec(`INSERT INTO circle_list (id, person, slug, title, about, public, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		l.ID, l.Person, l.Slug, l.Title, l.About, l.Public, l.CreatedAt)
	return err
}

// SaveList saves what can be changed of a list: its title, what it says about itself, and who may see it.
func (tx *Tx) SaveList(l *circles.List) error {
	_, err := tx.exec(`UPDATE circle_list SET title = $2, about = $3, public = $4 WHERE id = $1`, l.ID, l.Title, l.About, l.Public)
	return err
}

// RemoveList forgets a list.
func (tx *Tx) RemoveList(id circles.ListID) error {
	if _, err := tx.exec(`DELETE FROM circle_list_item WHERE list = $1`, id); err != nil {
		return err
	}
	_, err := tx.exec(`DELETE FROM circle_list WHERE id = $1`, id)
	return err
}

// List returns a person's list by the last part of its address.
func (tx *Tx) List(person circles.PersonID, slug string) (*circles.List, error) {
	l, err := one(tx, scanCircleList, `SELECT `+listColumns+` FROM circle_list l WHERE l.person = $1 AND l.slug = $2`, person, slug)
	return l, notFound(err, "list")
}

// ListByID returns a list.
func (tx *Tx) ListByID(id circles.ListID) (*circles.List, error) {
	l, err := one(tx, scanCircleList, `SELECT `+listColumns+` FROM circle_list l WHERE l.id = $1`, id)
	return l, notFound(err, "list")
}

// A ListRow is a list with how many circles are in it, and whether a certain one is.
type ListRow struct {
	circles.List
	Circles int
	Has     bool // the circle that was asked about
}

// ListsOf returns a person's lists by their titles, all or the public ones, at most limit. has may be a
// circle; the rows say whether they have it.
func (tx *Tx) ListsOf(person circles.PersonID, all bool, has circles.CircleID, limit int) ([]ListRow, error) {
	return list(tx, func(r rowScanner) (ListRow, error) {
		var row ListRow
		err := r.Scan(append(listFields(&row.List), &row.Circles, &row.Has)...)
		return row, err
	}, `SELECT `+listColumns+`, (SELECT COUNT(*) FROM circle_list_item i WHERE i.list = l.id),
			EXISTS (SELECT 1 FROM circle_list_item i WHERE i.list = l.id AND i.circle = $3)
		FROM circle_list l WHERE l.person = $1 AND (l.public = 1 OR $2 = 1) ORDER BY l.title, l.id LIMIT $4`, person, all, has, limit)
}

// PutInList puts a circle into a list or takes it out.
func (tx *Tx) PutInList(id circles.ListID, circle circles.CircleID, listed bool) error {
	if !listed {
		_, err := tx.exec(`DELETE FROM circle_list_item WHERE list = $1 AND circle = $2`, id, circle)
		return err
	}
	_, err := tx.exec(`INSERT INTO circle_list_item (list, circle, at) VALUES ($1, $2, $3) ON CONFLICT (list, circle) DO NOTHING`, id, circle, tx.Now())
	return err
}

// ListedCount returns how many circles a list has.
func (tx *Tx) ListedCount(id circles.ListID) (int64, error) {
	return one(tx, value[int64], `SELECT COUNT(*) FROM circle_list_item WHERE list = $1`, id)
}

// mayList is whether the viewer meets circle c in a list: in their own, whatever they may enter; in others'
// lists what every list of many circles shows.
func mayList(v circles.Viewer, own bool, args *[]any) string {
	if own {
		return mayEnter(v, args)
	}
	return findable(v, args)
}

// CirclesIn returns the circles of a list that the viewer gets to see, by name, with the viewer's place in
// them, at most limit. own says that the list is theirs.
func (tx *Tx) CirclesIn(v circles.Viewer, id circles.ListID, own bool, limit int) ([]CircleRow, error) {
	args := []any{id}
	cond := mayList(v, own, &args)
	me := arg(&args, v.Person)
	return list(tx, scanCircleRow, "SELECT "+circleCard+", COALESCE(s.role, '') FROM circle_list_item i CROSS JOIN circle c CROSS JOIN actor a"+
		" LEFT JOIN membership s ON s.circle = c.id AND s.person = "+me+
		" WHERE i.list = $1 AND c.id = i.circle AND a.id = c.id AND a.deleted_at = 0 AND a.suspended_at = 0 AND "+cond+
		" ORDER BY a.name, c.id LIMIT "+arg(&args, limit), args...)
}

// removeListsOf forgets all lists of a person.
func (tx *Tx) removeListsOf(person circles.PersonID) error {
	if _, err := tx.exec(`DELETE FROM circle_list_item WHERE list IN (SELECT id FROM circle_list WHERE person = $1)`, person); err != nil {
		return err
	}
	_, err := tx.exec(`DELETE FROM circle_list WHERE person = $1`, person)
	return err
}
