package circles

import (
	"strconv"
	"time"
)

// Every id is (milliseconds since 2000-01-01 UTC) << 12 | a counter, below 2^53: ids sort by time,
// survive JavaScript's numbers and fit the string ids of other servers' client APIs.
type (
	// An ActorID names anything that can send an activity: a person, a circle or the instance.
	ActorID int64
	// A PersonID is the ActorID of a person (or of a bot, which is a person that says so).
	PersonID int64
	// A CircleID is the ActorID of a circle.
	CircleID int64
	// A PostID names a post or a comment; both live in one sequence.
	PostID int64
	// A MediaID is random, not a time: an address of a photo must not be guessable.
	MediaID string
	// A Seq is a position in the event log.
	Seq int64
)

func (id PersonID) Actor() ActorID { return ActorID(id) }
func (id CircleID) Actor() ActorID { return ActorID(id) }

func (id ActorID) String() string  { return strconv.FormatInt(int64(id), 10) }
func (id PersonID) String() string { return strconv.FormatInt(int64(id), 10) }
func (id CircleID) String() string { return strconv.FormatInt(int64(id), 10) }
func (id PostID) String() string   { return strconv.FormatInt(int64(id), 10) }
func (s Seq) String() string       { return strconv.FormatInt(int64(s), 10) }

const (
	idEpochMillis = 946684800000 // 2000-01-01T00:00:00Z
	idCounterBits = 12
	idMax         = 1<<53 - 1
)

// IDFloor returns the smallest id of the millisecond that holds t; times before 2000 and after the
// id space ends are clamped.
func IDFloor(t time.Time) int64 {
	ms := t.UnixMilli() - idEpochMillis
	if ms < 1 {
		ms = 1
	}
	if ms > idMax>>idCounterBits {
		ms = idMax >> idCounterBits
	}
	return ms << idCounterBits
}

// IDTime returns the millisecond that an id was made in.
func IDTime(id int64) time.Time {
	return time.UnixMilli(id>>idCounterBits + idEpochMillis).UTC()
}

// ParsePostID reads a post's id as it stands in an address: decimal, no sign, no leading zero.
func ParsePostID(s string) (PostID, error) {
	if len(s) == 0 || len(s) > 16 || s[0] == '0' {
		return 0, Errorf(NotFound, "There is no post at this address.")
	}
	for _, c := range []byte(s) {
		if c < '0' || c > '9' {
			return 0, Errorf(NotFound, "There is no post at this address.")
		}
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n > idMax {
		return 0, Errorf(NotFound, "There is no post at this address.")
	}
	return PostID(n), nil
}
