package app

import (
	"strconv"
	"strings"

	"halqa/circles"
	"halqa/internal/store"
)

// A cursor names the last entry of a page: a letter for the list it belongs to, and the entry's two
// numbers. It gives nobody anything: the next page is judged like the first.

// encodeMark makes a cursor of a list.
func encodeMark(list string, m store.Mark) string {
	return list + strconv.FormatInt(m.Key, 36) + "." + strconv.FormatInt(m.ID, 36)
}

// decodeMark reads a cursor that encodeMark made for the same list; "" is the beginning. Anything
// else is refused, so that a mistake is not answered with a page from somewhere.
func decodeMark(list, cursor string) (store.Mark, error) {
	if cursor == "" {
		return store.Mark{}, nil
	}
	if rest, ok := strings.CutPrefix(cursor, list); ok && len(cursor) <= 40 {
		key, id, _ := strings.Cut(rest, ".")
		var m store.Mark
		var err1, err2 error
		m.Key, err1 = strconv.ParseInt(key, 36, 64)
		m.ID, err2 = strconv.ParseInt(id, 36, 64)
		if err1 == nil && err2 == nil && m.ID > 0 && encodeMark(list, m) == cursor {
			return m, nil
		}
	}
	return store.Mark{}, circles.Errorf(circles.Invalid, "This list cannot be continued from there; begin with its first page.").
		With("refused.cursor", nil)
}
