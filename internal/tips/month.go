package tips

import (
	"context"
	"fmt"
	"time"

	"halqa/circles"
	"halqa/internal/store"
	"halqa/internal/store/ledger"
)

const (
	// monthRest is how long after a month its tips are summed: by then who was to pay has paid, and who could
	// undo has undone. A tip that a slow wallet settles later is in the history alone.
	monthRest = 2 * time.Hour

	monthPage = 50 // people told in a transaction
)

// monthCode writes a month as 202611, and monthAt reads it: its first moment. No account knows a time zone,
// so that all months are those of UTC.
func monthCode(t time.Time) int64 { t = t.UTC(); return int64(t.Year())*100 + int64(t.Month()) }

func monthAt(code int64) time.Time {
	return time.Date(int(code/100), time.Month(code%100), 1, 0, 0, 0, 0, time.UTC)
}

// SweepMonths tells everybody who gave something in a month that is over how much it was, unless they do
// not want to hear it. The clock calls it. How far it came is stored with what was told, so that nobody
// hears of a month twice, and one that the server was down for is made up for.
func (t *Tips) SweepMonths(ctx context.Context) error {
	for range sweepPages {
		more, err := t.tellMonth(ctx)
		if err != nil {
			return fmt.Errorf("tell of a month: %w", err)
		}
		if !more {
			return nil
		}
	}
	return nil
}

// tellMonth tells the next people; false if all were told of all months.
func (t *Tips) tellMonth(ctx context.Context) (more bool, err error) {
	thisMonth := monthCode(t.now().Add(-monthRest))
	var (
		had, next ledger.MonthMark
		people    []circles.PersonID
		from, to  time.Time
	)
	err = t.store.View(ctx, func(tx *store.Tx) (err error) {
		if had, err = ledger.MonthMarked(tx); err != nil {
			return err
		}
		next = had
		switch {
		case had.Month == 0: // the first time, the month before alone
			next.Month = monthCode(monthAt(thisMonth).AddDate(0, -1, 0))
		case had.Done:
			next = ledger.MonthMark{Month: monthCode(monthAt(had.Month).AddDate(0, 1, 0))}
		}
		if next.Month >= thisMonth {
			return nil
		}
		from = monthAt(next.Month)
		to = from.AddDate(0, 1, 0)
		people, err = ledger.Givers(tx, from, to, t.laidBefore(from), next.Person, monthPage)
		return err
	})
	if err != nil || next.Month >= thisMonth {
		return false, err
	}
	if next.Done = len(people) < monthPage; len(people) > 0 {
		next.Person = people[len(people)-1]
	}
	return true, t.store.Update(ctx, func(tx *store.Tx) error {
		if now, err := ledger.MonthMarked(tx); err != nil || now != had {
			return err // somebody else was there first
		}
		for _, person := range people {
			m, err := ledger.GivenIn(tx, person, from, to, t.laidBefore(from))
			if err != nil {
				return err
			}
			if len(m.Sums) == 0 { // all of it came to nothing
				continue
			}
			m.Month = next.Month
			if err := ledger.AddMonth(tx, person, m); err != nil {
				return err
			}
			if err := tx.NotifyOfTip(person, store.ToldMonth, m.Month, 0, person.Actor()); err != nil {
				return err
			}
		}
		return ledger.MarkMonth(tx, next)
	})
}

// laidBefore is since when a red packet was laid down that somebody could take from after a time. The life
// of one may have been longer once; those are days.
func (t *Tips) laidBefore(at time.Time) time.Time {
	return at.Add(-max(t.rules.PacketLife, maxPacketLife))
}

// maxPacketLife is the longest that an instance can set.
const maxPacketLife = 7 * 24 * time.Hour

// A Month is what somebody was told that they gave in one.
type Month struct {
	ledger.MonthGiven
	Begins time.Time      // its first moment
	Limits []ledger.Limit // their own, as they are now
	Until  int64          // History before this id begins with the month's last tip
}

// Months returns what the viewer was told of months since one (202611), by month.
func (t *Tips) Months(ctx context.Context, v circles.Viewer, since int64) (map[int64]Month, error) {
	all := map[int64]Month{}
	if !v.SignedIn() {
		return all, nil
	}
	err := t.store.View(ctx, func(tx *store.Tx) error {
		limits, err := ledger.LimitsOf(tx, v.Person)
		if err != nil {
			return err
		}
		months, err := ledger.MonthsOf(tx, v.Person, since)
		for code, m := range months {
			at := monthAt(code)
			all[code] = Month{m, at, limits, circles.IDFloor(at.AddDate(0, 1, 0))}
		}
		return err
	})
	return all, wrap("months", err)
}
