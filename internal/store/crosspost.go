package store

import (
	"strings"

	"halqa/circles"
)

// crossDepth is how many posts with the same link, or from the same source, are looked at: the latest. A
// link that is posted everywhere costs no more than that.
const crossDepth = 50

// A Crosspost is a post that is about the same as another.
type Crosspost struct {
	Post     circles.PostID
	Comments int64
	Circle   *circles.Circle // as CircleCards has it
}

// Crossposts returns posts with the same link as p, or linking to it, or taken over from it or from where it
// was taken over, that lists show to the viewer; those with the most comments first, at most limit.
// addresses are the whole addresses of p.
func (tx *Tx) Crossposts(v circles.Viewer, p *circles.Post, addresses []string, limit int) ([]Crosspost, error) {
	w, err := tx.wishesOf(v)
	if err != nil {
		return nil, err
	}
	var args []any
	var parts []string
	part := func(column string, keys []string) {
		set, more := in(args, keys)
		args = more
		parts = append(parts, "SELECT d.i FROM (SELECT p.id AS i FROM post p WHERE p."+column+" IN ("+set+") AND p."+column+
			" <> '' AND p.kind = 'post' AND p.state = 'visible' ORDER BY p.id DESC LIMIT "+arg(&args, crossDepth)+") AS d")
	}
	links, sources := addresses, []string{p.URI}
	if p.Link != "" {
		links = append([]string{p.Link}, addresses...)
	}
	if p.CrossOf != "" {
		sources = append(sources, p.CrossOf)
		parts = append(parts, "SELECT p.id AS i FROM post p WHERE p.uri = "+arg(&args, p.CrossOf))
	}
	part("link", links)
	part("cross_of", sources)
	cond := "p.id <> " + arg(&args, p.ID) + " AND " + findable(v, &args) + w.hide(v, &args, "p.author, p.circle", "p.id")
	return list(tx, func(r rowScanner) (Crosspost, error) {
		x := Crosspost{Circle: new(circles.Circle)}
		c := x.Circle
		err := r.Scan(append(append(actorCardFields(&c.Actor), circleCardFields(c)...), &x.Post, &x.Comments)...)
		return x, err
	}, "SELECT "+circleCard+", p.id, p.comments FROM ("+strings.Join(parts, " UNION ")+") AS x CROSS JOIN post p CROSS JOIN circle c CROSS JOIN actor a"+
		" WHERE p.id = x.i AND p.kind = 'post' AND p.state = 'visible' AND c.id = p.circle AND a.id = c.id AND a.deleted_at = 0 AND a.suspended_at = 0 AND "+cond+
		" ORDER BY p.comments DESC, p.id DESC LIMIT "+arg(&args, limit), args...)
}
