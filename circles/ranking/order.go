package ranking

import "cmp"

// An Order is a way to sort a feed or the comments of a thread.
type Order string

const (
	ByHot           Order = "hot"
	ByActive        Order = "active"
	ByScaled        Order = "scaled"
	ByControversial Order = "controversial"
	ByTop           Order = "top"
	ByNew           Order = "new"
	ByOld           Order = "old"
)

// FeedOrders and CommentOrders are what a reader may choose, in the order they are offered.
func FeedOrders() []Order {
	return []Order{ByHot, ByActive, ByNew, ByTop, ByControversial, ByScaled}
}

func CommentOrders() []Order { return []Order{ByHot, ByTop, ByNew, ByOld, ByControversial} }

// ParseOrder returns the order of that name if it is among those offered, else the first offered.
// An address with a stale or mistyped sort shows the default page, not an error.
func ParseOrder(name string, offered []Order) Order {
	for _, o := range offered {
		if string(o) == name {
			return o
		}
	}
	return offered[0]
}

// An Entry is what Compare looks at, of a post or a comment. Hot, Active, Scaled and Controversial
// are the numbers its row keeps; an order that is not asked for may leave its number zero.
type Entry struct {
	ID        int64 // sorts by time, and is unique
	Score     int64
	Published int64 // UTC microseconds

	Hot, Active, Scaled, Controversial int64
}

// Compare is negative when a comes before b. It is a total order: equal ranks fall back on the
// newer id (for ByOld the older), as the store's indexes do, so that a cursor never skips or
// repeats an entry.
func (o Order) Compare(a, b Entry) int {
	var c int
	switch o {
	case ByOld:
		return cmp.Or(cmp.Compare(a.Published, b.Published), cmp.Compare(a.ID, b.ID))
	case ByNew:
		c = cmp.Compare(b.Published, a.Published)
	case ByTop:
		c = cmp.Compare(b.Score, a.Score)
	case ByActive:
		c = cmp.Compare(b.Active, a.Active)
	case ByScaled:
		c = cmp.Compare(b.Scaled, a.Scaled)
	case ByControversial:
		c = cmp.Compare(b.Controversial, a.Controversial)
	default:
		c = cmp.Compare(b.Hot, a.Hot)
	}
	return cmp.Or(c, cmp.Compare(b.ID, a.ID))
}
