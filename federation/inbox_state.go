package federation

import (
	"slices"

	"halqa/circles"
)

// An inboxState is an inbox with pending work. It is guarded by the Sender's lock.
type inboxState struct {
	url     string
	host    *peerHost
	lanes   [len(laneOrder)]laneQueue
	want    circles.Seq // the newest entry known to concern the inbox
	loaded  circles.Seq // all entries up to here that concern it were offered
	late    circles.Seq // entries up to here may have been tried before the inbox came into memory
	loading bool
	dropped bool // left memory
}

// laneOrder is the order in which an inbox's lanes are asked for the next entry.
var laneOrder = [...]circles.Lane{circles.LaneControl, circles.LaneContent, circles.LaneVote}

func laneIndex(l circles.Lane) int { return slices.Index(laneOrder[:], l) }

// offer adds an entry to its lane.
func (st *inboxState) offer(o *outgoing) {
	for i := range st.lanes {
		if laneOrder[i] == o.lane {
			st.lanes[i].add(o)
		} else {
			st.lanes[i].cursor.Pass(o.Seq)
		}
	}
}

// pending counts the entries in memory that will go on by themselves: not those that are held, nor the
// votes that wait for them.
func (st *inboxState) pending() int {
	n := 0
	var held map[int64]bool
	for i := range st.lanes {
		for _, it := range st.lanes[i].items {
			switch {
			case it.held:
				if held == nil {
					held = make(map[int64]bool)
				}
				held[it.Object] = true
			case !held[it.Object]: // the vote lane comes last
				n++
			}
		}
	}
	return n
}

func (st *inboxState) empty() bool {
	for i := range st.lanes {
		if len(st.lanes[i].items) > 0 {
			return false
		}
	}
	return true
}

// limit is how many entries the inbox may have in memory.
func (st *inboxState) limit() int {
	if st.host.fails > 0 {
		return pendingFailing
	}
	return min(max(pendingPerWindow*int(st.host.window), pendingFailing), pendingMost)
}

// full reports whether a lane has too much done beyond something that is not.
func (st *inboxState) full() bool {
	return slices.ContainsFunc(st.lanes[:], func(q laneQueue) bool { return q.cursor.Full() })
}

// relieved lets what is held go without if a lane is full, in whichever lane it is, since the votes on it wait in
// another; and reports whether the inbox can take more now.
func (st *inboxState) relieved() bool {
	if !st.full() {
		return true
	}
	for i := range st.lanes {
		st.lanes[i].relieve()
	}
	return !st.full()
}
