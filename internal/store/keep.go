package store

import (
	"slices"
	"strings"

	"halqa/circles"
)

const (
	// A transaction keeps a few rows for itself: an act reads a post, its root and the people and circle of
	// both, and each again in the next verb that looks at it.
	keptRows = 4

	// The one writer of a SQLite file keeps what it read beyond the transaction, since nothing changes there
	// behind its back: the posts that are voted on and answered now, and the people who do. Rows with more
	// text than keptText are read each time, so that all of it is some 8 MiB on a busy instance.
	writerPosts   = 512
	writerActors  = 4096
	writerCircles = 256
	writerRules   = 1024
	keptText      = 4 << 10 // bytes
)

// kept is what a transaction, or a writer, has read and not changed since.
type kept struct {
	posts   keep[circles.PostID, circles.Post]
	actors  keep[circles.ActorID, circles.Actor]
	circles keep[circles.CircleID, circles.Circle]
	rules   map[ruleKey][]GateRule // of the writer alone
	wide    bool                   // kept by the writer, for all its transactions
	dirty   bool                   // the transaction has changed something that is kept, or may be
}

// A ruleKey is what GateRules was asked.
type ruleKey struct {
	place   circles.CircleID
	actions string
}

func (k *kept) begin(posts, actors, of int) {
	k.posts = keep[circles.PostID, circles.Post]{room: posts, index: func(p *circles.Post) (string, int) { return p.URI, len(p.Body) + len(p.BodyHTML) }}
	k.actors = keep[circles.ActorID, circles.Actor]{room: actors, index: indexActor}
	k.circles = keep[circles.CircleID, circles.Circle]{room: of, index: func(c *circles.Circle) (string, int) {
		uri, size := indexActor(&c.Actor)
		return uri, size + len(c.Rules) + len(c.RulesHTML)
	}}
	k.rules = nil
}

func indexActor(a *circles.Actor) (string, int) {
	return a.URI, len(a.Summary) + len(a.SummaryHTML) + len(a.Emoji) + len(a.AlsoKnownAs)
}

// clear forgets everything.
func (k *kept) clear() {
	k.dirty = false
	if k.wide {
		k.begin(writerPosts, writerActors, writerCircles)
	} else {
		k.begin(keptRows, keptRows, keptRows)
	}
}

// A keep holds whole posts, actors or circles that were read, so that reading one again costs nothing until
// a statement may have changed it. They are values: who gets a copy may change it.
type keep[K ~int64, V any] struct {
	room  int
	index func(*V) (uri string, size int)
	rows  map[K]*V
	uris  map[string]K
	order []K // in which they came; the oldest goes when there is no room
	next  int
}

// read returns the row with this id, and asks for it only if it is not kept. It is refused when asking
// would be.
func (k *keep[K, V]) read(tx *Tx, id K, ask func() (*V, error)) (*V, error) {
	if !tx.over {
		if row, ok := k.rows[id]; ok {
			return again(tx, row)
		}
	}
	row, err := ask()
	if err == nil {
		k.put(id, row)
	}
	return row, err
}

// named is read by the id in ActivityPub. of tells the id of what was found.
func (k *keep[K, V]) named(tx *Tx, uri string, of func(*V) K, ask func() (*V, error)) (*V, error) {
	if !tx.over {
		if id, ok := k.uris[uri]; ok {
			return again(tx, k.rows[id])
		}
	}
	row, err := ask()
	if err == nil {
		k.put(of(row), row)
	}
	return row, err
}

// again returns a copy of a kept row, if a statement could run now.
func again[V any](tx *Tx, row *V) (*V, error) {
	if _, err := tx.begin(nil); err != nil {
		return nil, err
	}
	own := *row
	return &own, nil
}

func (k *keep[K, V]) put(id K, row *V) {
	uri, size := k.index(row)
	k.drop(id)
	if size > keptText && k.room > keptRows {
		return
	}
	if k.rows == nil {
		k.rows, k.uris = map[K]*V{}, map[string]K{}
	}
	if len(k.order) < k.room {
		k.order = append(k.order, id)
	} else {
		k.drop(k.order[k.next])
		k.order[k.next] = id
		k.next = (k.next + 1) % k.room
	}
	own := *row
	k.rows[id], k.uris[uri] = &own, id
}

func (k *keep[K, V]) drop(id K) {
	if row, ok := k.rows[id]; ok {
		uri, _ := k.index(row)
		delete(k.uris, uri)
		delete(k.rows, id)
	}
}

// change does to a kept row what a statement did to it.
func (k *keep[K, V]) change(id K, f func(*V)) {
	if row, ok := k.rows[id]; ok {
		f(row)
	}
}

// gateRules is read for what a place asks. Only the writer keeps it: an act asks once.
func (k *kept) gateRules(tx *Tx, key ruleKey, ask func() ([]GateRule, error)) ([]GateRule, error) {
	if !k.wide {
		return ask()
	}
	if !tx.over {
		if rules, ok := k.rules[key]; ok {
			_, err := tx.begin(nil)
			return slices.Clone(rules), err
		}
	}
	rules, err := ask()
	if err != nil {
		return nil, err
	}
	if k.rules == nil || len(k.rules) >= writerRules {
		k.rules = map[ruleKey][]GateRule{}
	}
	k.rules[key] = slices.Clone(rules)
	return rules, nil
}

// clear forgets all rows.
func (k *keep[K, V]) clear() {
	if len(k.rows) > 0 {
		clear(k.rows)
		clear(k.uris)
		k.order, k.next = k.order[:0], 0
	}
}

// forget drops what a statement may change of what is kept. A plain INSERT changes no row that was read.
func (k *kept) forget(query string) {
	if strings.HasPrefix(query, "SELECT") {
		return
	}
	verb, rest, _ := strings.Cut(query, " ")
	table, fresh := "", false
	switch verb {
	case "INSERT":
		if table, fresh = strings.CutPrefix(rest, "INTO "); !fresh {
			table = "" // INSERT OR …
		}
		fresh = fresh && !strings.Contains(query, "ON CONFLICT")
	case "DELETE":
		table, _ = strings.CutPrefix(rest, "FROM ")
	case "UPDATE":
		table = rest
	}
	if end := strings.IndexAny(table, " (\n\t"); end > 0 {
		table = table[:end]
	}
	switch table {
	case "post", "actor", "circle", "gate_rule", "": // "" is of no shape that is known here
		k.dirty = true
	default:
		return
	}
	if fresh {
		return
	}
	if table == "post" || table == "" {
		k.posts.clear()
	}
	if table == "actor" || table == "" {
		k.actors.clear()
	}
	if table == "actor" || table == "circle" || table == "" {
		k.circles.clear()
	}
	if table == "gate_rule" || table == "" {
		k.rules = nil
	}
}

// change runs a statement that changes one row of what may be kept, where f does the same to the kept one.
func (tx *Tx) change(f func(*kept), query string, args ...any) error {
	tx.kept.dirty = true
	_, err := tx.run(query, args)
	if err == nil {
		f(tx.kept)
	}
	return err
}
