package standing

import (
	"fmt"
	"strconv"

	"halqa/circles"
	"halqa/circles/reputation"
	"halqa/internal/store"
)

const (
	// perUpdate is how many ratings of one post are credited or taken back in one transaction: each takes
	// a few statements, and a post may have thousands.
	perUpdate = 50

	// perSweep is about how many ratings and acceptances one transaction of the sweep does, while
	// everybody else waits to write.
	perSweep = 100
)

// Sweep does the next part of what has become due: contributions that stayed for 48 hours are accepted
// and their likes credited, and what a large removal left is taken back. It reports whether there may be
// more. Whoever calls it does so again and again, each time in a transaction of its own.
func Sweep(tx *store.Tx) (more bool, err error) {
	const page = 20
	due, err := tx.DueContributions(page)
	if err != nil {
		return false, err
	}
	done := 0
	for _, c := range due {
		if done >= perSweep {
			return true, nil
		}
		p, err := tx.Post(c.Post)
		if err != nil {
			return false, err
		}
		switch {
		case c.Stage == store.StageWaits && p.State != circles.Visible:
			c.Stage, c.DueAt = store.StageGone, 0
		case c.Stage == store.StageWaits:
			if c.Accepted, err = accept(tx, p, 0, c.DueAt); err != nil {
				return false, err
			}
			c.Stage, c.After = store.StageAccepted, 0
		}
		n, err := proceed(tx, p, c)
		if err != nil {
			return false, err
		}
		done += 1 + n
		more = more || n == perUpdate
	}
	return more || len(due) == page, nil
}

// proceed does the next part of what is due about a post, writes how far that came, and returns how many
// ratings it looked at.
func proceed(tx *store.Tx, p *circles.Post, c store.Contribution) (n int, err error) {
	switch {
	case c.DueAt == 0:
	case c.Stage == store.StageAccepted:
		n, err = creditSome(tx, p, &c)
	case c.Stage == store.StageGone:
		n, err = takeSome(tx, &c)
	}
	if err != nil {
		return n, fmt.Errorf("standing of post %s: %w", p.ID, err)
	}
	return n, tx.SaveContribution(c)
}

// creditSome credits the ratings of an accepted contribution that came before it was one.
func creditSome(tx *store.Tx, p *circles.Post, c *store.Contribution) (int, error) {
	if c.After == 0 && c.HelpfulBy != 0 {
		by, err := tx.Actor(c.HelpfulBy.Actor())
		if err != nil {
			return 0, err
		}
		if err := rate(tx, p, reputation.Helpful, c.HelpfulBy, by.Host, true); err != nil {
			return 0, err
		}
	}
	likers, err := tx.Likers(p.ID, c.After, perUpdate)
	if err != nil {
		return 0, err
	}
	for _, l := range likers {
		if err := rate(tx, p, reputation.Like, l.Person, l.Host, true); err != nil {
			return 0, err
		}
		c.After = actor(l.Person)
	}
	if len(likers) < perUpdate {
		c.DueAt, c.After = 0, 0
	}
	return len(likers), nil
}

// takeSome takes back ratings of what is gone.
func takeSome(tx *store.Tx, c *store.Contribution) (int, error) {
	ratings, err := tx.StandingRatings(int64(c.Post), c.After, perUpdate)
	if err != nil {
		return 0, err
	}
	for _, e := range ratings {
		if err := reverse(tx, e); err != nil {
			return 0, err
		}
		c.After = e.Source
	}
	if len(ratings) < perUpdate {
		c.DueAt, c.After = 0, 0
	}
	return len(ratings), nil
}

// accept writes that something became an accepted contribution.
func accept(tx *store.Tx, p *circles.Post, by circles.PersonID, at int64) (reputation.EventID, error) {
	rows, err := rowsOf(tx, p.Circle, p.Author, by, "")
	if err != nil {
		return 0, err
	}
	introducer := false
	if intro := rows.Subject.Intro.By; intro != 0 {
		if introducer, err = tx.StandingOperates(reputation.CircleID(p.Circle), intro); err != nil {
			return 0, err
		}
	}
	e, why := reputation.Current().Accept(rows.Rows, reputation.Contribution{Circle: reputation.CircleID(p.Circle), Subject: actor(p.Author),
		Object: int64(p.ID), ApprovedBy: actor(by), At: min(max(at, reputation.Epoch.Start()), tx.Now()),
		Outside: reputation.CountsOutside(rows.Subject.Operates > 0, introducer)})
	e, err = record(tx, rows, e, why)
	return e.ID, err
}

// Begin enters into the ledger, the first time that a database has one, whom it would otherwise know from
// now on only: since when the people of this instance and the members of its circles are known, and who
// runs the circles. It does a page and reports whether there is more; afterwards it only looks whether it
// is done.
func Begin(tx *store.Tx) (more bool, err error) {
	const page, done = 100, "done"
	at, err := tx.Setting(store.SettingStandingBegun)
	if err != nil || at == done {
		return false, err
	}
	var after int64
	if at != "" {
		if after, err = strconv.ParseInt(at, 10, 64); err != nil {
			return false, err
		}
	}
	people, err := tx.StandingNewcomers(circles.PersonID(after), page)
	if err != nil {
		return false, err
	}
	for _, p := range people {
		if err := begin(tx, p); err != nil {
			return false, err
		}
	}
	at = done
	if len(people) == page {
		at = strconv.FormatInt(int64(people[page-1].Person), 10)
	}
	return at != done, tx.SetSetting(store.SettingStandingBegun, at)
}

func begin(tx *store.Tx, p store.StandingNewcomer) error {
	today := reputation.DayOf(tx.Now())
	rows, err := rowsOf(tx, 0, p.Person, 0, "")
	if err != nil {
		return err
	}
	if rows.Home.Known == 0 {
		e := reputation.Current().Note(0, reputation.Known, 0, actor(p.Person), 0, tx.Now())
		e.Day = min(max(reputation.DayOf(p.Since), reputation.Epoch), today)
		if _, err := record(tx, rows, e, reputation.Full); err != nil {
			return err
		}
	}
	roles, err := tx.MembershipsOf(p.Person)
	if err != nil {
		return err
	}
	for _, m := range roles {
		if !m.Role.Operates() {
			continue
		}
		c, err := tx.Circle(m.Circle)
		if err != nil {
			return err
		}
		known, err := tx.StandingOperates(reputation.CircleID(m.Circle), actor(p.Person))
		if err != nil {
			return err
		}
		if !known {
			if err := Placed(tx, c, p.Person, circles.NoRole, m.Role); err != nil {
				return err
			}
		}
	}
	return nil
}

// Advance lets the days that have gone by pass over the tiers of people about whom nothing was written
// for a while. Nothing depends on it: who asks for a tier does the same, and it takes them longer the
// longer ago it was done. It does a page and reports whether there may be more.
func Advance(tx *store.Tx) (more bool, err error) {
	const page, idle = 50, 14
	today := reputation.DayOf(tx.Now())
	late, err := tx.StandingIdle(today-idle, page)
	if err != nil {
		return false, err
	}
	for _, who := range late {
		in, err := tx.StandingIn(who.Circle, who.Person)
		if err != nil {
			return false, err
		}
		in.Person.Advance(reputation.Current(), in.Home, in.Circle, today-1)
		if err := tx.SaveStandingPerson(reputation.CircleID(who.Circle), actor(who.Person), in.Person); err != nil {
			return false, err
		}
	}
	return len(late) == page, nil
}
