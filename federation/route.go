package federation

import (
	"slices"

	"halqa/circles"
	"halqa/internal/store"
)

// maxSpans bounds how many separate stretches of following are remembered for one inbox and stream.
// Who unfollows and follows again more often than that counts as having followed in between, once
// long ago: it gets a Delete of something it never had.
const maxSpans = 16

// routes says which inboxes followed a stream at a position in the log. It is the table follow in
// memory, by inbox: a thousand followers behind one shared inbox are one target.
type routes struct {
	streams map[circles.ActorID]map[string]*target
	inboxes map[string]map[circles.ActorID]*target
}

type target struct {
	open  map[int64]struct{} // follows that have not ended
	spans []span             // ascending, apart; only the last can be open
}

// A span is a stretch of the log: entries behind from, up to until.
type span struct{ from, until circles.Seq } // until 0 = still following

func newRoutes() *routes {
	return &routes{streams: make(map[circles.ActorID]map[string]*target), inboxes: make(map[string]map[circles.ActorID]*target)}
}

// put brings a follow up to date. Local followers and follows never accepted are no routes.
func (r *routes) put(f store.Route) {
	if f.Inbox == "" || f.FromSeq == 0 {
		return
	}
	t := r.streams[f.Followee][f.Inbox]
	if t == nil {
		t = &target{open: make(map[int64]struct{})}
		if r.streams[f.Followee] == nil {
			r.streams[f.Followee] = make(map[string]*target)
		}
		if r.inboxes[f.Inbox] == nil {
			r.inboxes[f.Inbox] = make(map[circles.ActorID]*target)
		}
		r.streams[f.Followee][f.Inbox] = t
		r.inboxes[f.Inbox][f.Followee] = t
	}
	t.put(f)
}

// moved ends a follow at inboxes that are not its own any more.
func (r *routes) moved(f store.Route, at circles.Seq) {
	for inbox, t := range r.streams[f.Followee] {
		if _, here := t.open[f.ID]; here && inbox != f.Inbox {
			t.put(store.Route{ID: f.ID, FromSeq: f.FromSeq, UntilSeq: at})
		}
	}
}

func (t *target) put(f store.Route) {
	if _, known := t.open[f.ID]; known {
		if f.UntilSeq == 0 {
			return
		}
		delete(t.open, f.ID)
		if len(t.open) == 0 {
			t.spans[len(t.spans)-1].until = f.UntilSeq
		}
		return
	}
	if f.UntilSeq == 0 {
		t.open[f.ID] = struct{}{}
	}
	t.spans = append(t.spans, span{f.FromSeq, f.UntilSeq})
	t.tidy()
}

// tidy sorts the spans and joins those that touch.
func (t *target) tidy() {
	slices.SortFunc(t.spans, func(a, b span) int { return int(a.from - b.from) })
	joined := t.spans[:1]
	for _, s := range t.spans[1:] {
		last := &joined[len(joined)-1]
		switch {
		case last.until == 0:
			// everything behind it is within
		case s.from <= last.until:
			if s.until == 0 || s.until > last.until {
				last.until = s.until
			}
		default:
			joined = append(joined, s)
		}
	}
	for len(joined) > maxSpans {
		joined[1].from = joined[0].from
		joined = joined[1:]
	}
	t.spans = joined
}

// at returns the span that holds the entry.
func (t *target) at(seq circles.Seq) (span, bool) {
	for i := len(t.spans) - 1; i >= 0; i-- {
		s := t.spans[i]
		if s.from < seq {
			return s, s.until == 0 || seq <= s.until
		}
	}
	return span{}, false
}

// concerns reports whether an entry of the target's stream goes there.
func (t *target) concerns(o *outgoing) bool {
	if _, ok := t.at(o.Seq); ok {
		return true
	}
	if !inheritsAudience(o.Kind) {
		return false
	}
	for _, seq := range []circles.Seq{o.created, o.announced} {
		if seq != 0 {
			if _, ok := t.at(seq); ok {
				return true
			}
		}
	}
	return false
}

// concerned calls f for every inbox that an entry goes to, each once.
func (r *routes) concerned(o *outgoing, f func(inbox string)) {
	for _, inbox := range o.To {
		f(inbox)
	}
	for inbox, t := range r.streams[o.Stream] {
		if t.concerns(o) && !slices.Contains(o.To, inbox) {
			f(inbox)
		}
	}
}

// goesTo reports whether an entry goes to an inbox.
func (r *routes) goesTo(o *outgoing, inbox string) bool {
	if slices.Contains(o.To, inbox) {
		return true
	}
	t := r.inboxes[inbox][o.Stream]
	return t != nil && t.concerns(o)
}

// accepted returns the place of the Accept that must have reached the inbox before an entry of the
// stream does; 0 = none.
func (r *routes) accepted(o *outgoing, inbox string) circles.Seq {
	if t := r.inboxes[inbox][o.Stream]; t != nil {
		if s, ok := t.at(o.Seq); ok {
			return s.from
		}
	}
	return 0
}

// streamsOf returns the streams that an inbox follows or once followed, in order.
func (r *routes) streamsOf(inbox string) []circles.ActorID {
	ids := make([]circles.ActorID, 0, len(r.inboxes[inbox]))
	for id := range r.inboxes[inbox] {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}
