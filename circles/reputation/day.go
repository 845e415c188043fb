package reputation

import (
	"fmt"
	"strconv"
	"strings"
)

// A Day is a whole UTC day, counted from 1970-01-01. Nothing here is finer: a formula with hours in
// it would depend on when it is read.
type Day int32

const (
	microsPerDay = 86_400 * 1_000_000

	// Epoch is 2026-01-01, where growth begins. Nothing can be credited before it.
	Epoch Day = 20454

	// Horizon is the last day that a sum has room for (2056-02-13): 122 half-lives of 90 days fit
	// into a Sum beside its amounts. A year before it a new Version must move the Epoch.
	Horizon Day = Epoch + 11_000
)

// DayOf returns the UTC day of a time in microseconds since 1970.
func DayOf(micros int64) Day {
	d := micros / microsPerDay
	if micros%microsPerDay < 0 {
		d--
	}
	return Day(min(max(d, -1<<30), 1<<30))
}

// Start returns the first microsecond of the day.
func (d Day) Start() int64 { return int64(d) * microsPerDay }

// window is how far back Days remembers, in days.
const window = 90

// Days counts what happened on each of the last 90 days. It is a set of 90 days that knows how often
// each was earned: were it bits alone, taking back one of two posts of a day would lose the day.
//
// Adding is commutative. What is older than the 90 days before the latest is forgotten, whenever it
// is told. The zero value is empty.
type Days struct {
	Last Day           `json:"last"` // the latest day told of; 0 = none
	N    [window]uint8 `json:"n"`    // by day modulo 90, wrapping: a reversal may be read before its event
}

// Add counts n more events on a day, n < 0 taking back. At most 255 a day can be told apart; callers
// credit fewer (Version.AcceptedPerDay).
func (w *Days) Add(d Day, n int) {
	if d <= 0 || w.Last >= window && d <= w.Last-window {
		return
	}
	for w.Last < d {
		if d-w.Last > window {
			w.Last = d - window
		}
		w.Last++
		w.N[w.Last%window] = 0
	}
	w.N[d%window] += uint8(n)
}

// Distinct returns on how many of the span days that end with today something happened.
func (w *Days) Distinct(today Day, span int) int {
	n := 0
	for i, left := w.span(today, span); left > 0; left-- {
		if w.N[i] > 0 {
			n++
		}
		if i--; i < 0 {
			i = window - 1
		}
	}
	return n
}

// Total returns how much happened in the span days that end with today.
func (w *Days) Total(today Day, span int) int {
	n := 0
	for i, left := w.span(today, span); left > 0; left-- {
		n += int(w.N[i])
		if i--; i < 0 {
			i = window - 1
		}
	}
	return n
}

// span returns where to begin reading backwards, and how many days are to be read.
func (w *Days) span(today Day, span int) (i int, left Day) {
	last := min(today, w.Last)
	return int(last % window), last - max(today-Day(min(span, window)), w.Last-window, 0)
}

// On returns how much happened on one day.
func (w *Days) On(d Day) int { return w.Total(d, 1) }

// Eases returns in how many days no more than most of the present events remain in the window of
// span days; 0 if that is so today.
func (w *Days) Eases(today Day, span, most int) int {
	for in := 0; in < span; in++ {
		if w.Total(today+Day(in), span) <= most {
			return in
		}
	}
	return span
}

// MarshalText writes the latest day and the days that have something: "20574 20570:1 20574:2".
func (w Days) MarshalText() ([]byte, error) {
	b := strconv.AppendInt(nil, int64(w.Last), 10)
	for d := max(w.Last-window, 0) + 1; d <= w.Last; d++ {
		if n := w.N[d%window]; n != 0 {
			b = append(b, ' ')
			b = strconv.AppendInt(b, int64(d), 10)
			b = append(b, ':')
			b = strconv.AppendUint(b, uint64(n), 10)
		}
	}
	return b, nil
}

// UnmarshalText reads what MarshalText wrote.
func (w *Days) UnmarshalText(text []byte) error {
	*w = Days{}
	for i, field := range strings.Fields(string(text)) {
		day, n, counted := strings.Cut(field, ":")
		d, err := strconv.ParseInt(day, 10, 32)
		if err != nil || d < 0 || counted != (i > 0) {
			return fmt.Errorf("days: %q", clip(field))
		}
		if i == 0 {
			w.Last = Day(d)
			continue
		}
		c, err := strconv.ParseUint(n, 10, 8)
		if err != nil || Day(d) > w.Last || Day(d) <= w.Last-window {
			return fmt.Errorf("days: %q", clip(field))
		}
		w.N[d%window] = uint8(c)
	}
	return nil
}
