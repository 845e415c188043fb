package store

import (
	"database/sql"
	"errors"

	"halqa/circles"
)

// AddPoll stores the poll of a post that has none. Counts that it comes with are those that others
// know already.
func (tx *Tx) AddPoll(p *circles.Poll) error {
	_, err := tx.exec(`INSERT INTO poll (post, multiple, ends_at, ended_at, voters, said_voters) VALUES ($1, $2, $3, $4, $5, $5)`,
		p.Post, p.Multiple, p.EndsAt, p.EndedAt, p.Voters)
	if err != nil {
		return err
	}
	return tx.addPollOptions(p)
}

func (tx *Tx) addPollOptions(p *circles.Poll) error {
	for i, o := range p.Options {
		_, err := tx.exec(`INSERT INTO poll_option (post, pos, label, wire, votes, said) VALUES ($1, $2, $3, $4, $5, $5)`,
			p.Post, i, o.Text, o.Wire, o.Votes)
		if err != nil {
			return err
		}
	}
	return nil
}

// ReplacePoll puts another question in the place of a poll's, and forgets what was answered. When the
// poll ends, and what it said of that, is kept as p has it.
func (tx *Tx) ReplacePoll(p *circles.Poll) error {
	if err := tx.forgetPollAnswers(p.Post); err != nil {
		return err
	}
	_, err := tx.exec(`UPDATE poll SET multiple = $2, ends_at = $3, ended_at = $4, voters = $5, said_voters = $5, say_at = 0, told = 0 WHERE post = $1`,
		p.Post, p.Multiple, p.EndsAt, p.EndedAt, p.Voters)
	if err != nil {
		return err
	}
	return tx.addPollOptions(p)
}

// RemovePoll takes the poll off a post.
func (tx *Tx) RemovePoll(post circles.PostID) error {
	if err := tx.forgetPollAnswers(post); err != nil {
		return err
	}
	_, err := tx.exec(`DELETE FROM poll WHERE post = $1`, post)
	return err
}

func (tx *Tx) forgetPollAnswers(post circles.PostID) error {
	for _, q := range []string{`DELETE FROM poll_vote WHERE post = $1`, `DELETE FROM poll_option WHERE post = $1`} {
		if _, err := tx.exec(q, post); err != nil {
			return err
		}
	}
	return nil
}

// Poll returns the poll of a post; nil if it has none.
func (tx *Tx) Poll(post circles.PostID) (*circles.Poll, error) {
	all, err := tx.Polls([]circles.PostID{post})
	return all[post], err
}

// Polls returns the polls of those of these posts that have one, in one statement.
func (tx *Tx) Polls(posts []circles.PostID) (map[circles.PostID]*circles.Poll, error) {
	if len(posts) == 0 {
		return nil, nil
	}
	set, args := in(nil, posts)
	all := map[circles.PostID]*circles.Poll{}
	return all, tx.rows(`SELECT p.post, p.multiple, p.ends_at, p.ended_at, p.voters, p.said_voters, p.say_at,
			o.pos, o.label, o.wire, o.votes, o.said
		FROM poll p JOIN poll_option o ON o.post = p.post WHERE p.post IN (`+set+`) ORDER BY p.post, o.pos`, args, func(r rowScanner) error {
		var p circles.Poll
		var o circles.PollOption
		err := r.Scan(&p.Post, &p.Multiple, &p.EndsAt, &p.EndedAt, &p.Voters, &p.SaidVoters, &p.SayAt,
			&o.Pos, &o.Text, &o.Wire, &o.Votes, &o.Said)
		if err != nil {
			return err
		}
		if all[p.Post] == nil {
			all[p.Post] = &p
		}
		all[p.Post].Options = append(all[p.Post].Options, o)
		return nil
	})
}

// PollChoices returns which options of a poll a person chose; none if they did not vote.
func (tx *Tx) PollChoices(post circles.PostID, person circles.PersonID) ([]int, error) {
	return list(tx, value[int], `SELECT pos FROM poll_vote WHERE post = $1 AND actor = $2 ORDER BY pos`, post, person)
}

// AddPollVote counts one option for a person, and the person if it is their first. It reports whether
// it was new.
func (tx *Tx) AddPollVote(post circles.PostID, person circles.PersonID, pos int, first bool) (bool, error) {
	n, err := tx.exec(`INSERT INTO poll_vote (post, actor, pos, at) VALUES ($1, $2, $3, $4) ON CONFLICT (post, actor, pos) DO NOTHING`,
		post, person, pos, tx.at)
	if err != nil || n == 0 {
		return false, err
	}
	if _, err := tx.exec(`UPDATE poll_option SET votes = votes + 1 WHERE post = $1 AND pos = $2`, post, pos); err != nil {
		return false, err
	}
	if first {
		_, err = tx.exec(`UPDATE poll SET voters = voters + 1 WHERE post = $1`, post)
	}
	return true, err
}

// SetPollCounts puts what a poll's own server says of its counts and its end in the place of what was
// known.
func (tx *Tx) SetPollCounts(p *circles.Poll) error {
	_, err := tx.exec(`UPDATE poll SET ends_at = $2, voters = $3, said_voters = $3 WHERE post = $1`, p.Post, p.EndsAt, p.Voters)
	if err != nil {
		return err
	}
	for _, o := range p.Options {
		if _, err := tx.exec(`UPDATE poll_option SET votes = $3, said = $3 WHERE post = $1 AND pos = $2`, p.Post, o.Pos, o.Votes); err != nil {
			return err
		}
	}
	return nil
}

// SayPollAt notes when others are told the counts of a poll, unless that is settled already.
func (tx *Tx) SayPollAt(post circles.PostID, at int64) error {
	_, err := tx.exec(`UPDATE poll SET say_at = $2 WHERE post = $1 AND say_at = 0`, post, at)
	return err
}

// PollSaid notes that others are told the counts as they are now; endedAt is the time of the last
// telling, 0 if it is not.
func (tx *Tx) PollSaid(post circles.PostID, endedAt int64) error {
	_, err := tx.exec(`UPDATE poll SET said_voters = voters, say_at = 0, ended_at = $2 WHERE post = $1`, post, endedAt)
	if err != nil {
		return err
	}
	_, err = tx.exec(`UPDATE poll_option SET said = votes WHERE post = $1`, post)
	return err
}

// PollVoterInboxes returns where the servers of those who voted in a poll are reached, each once, at most
// limit.
func (tx *Tx) PollVoterInboxes(post circles.PostID, limit int) ([]string, error) {
	return list(tx, value[string], `SELECT DISTINCT CASE a.shared_inbox WHEN '' THEN a.inbox ELSE a.shared_inbox END
		FROM poll_vote v JOIN actor a ON a.id = v.actor
		WHERE v.post = $1 AND a.host <> '' AND a.inbox <> '' AND a.deleted_at = 0 AND a.suspended_at = 0 ORDER BY 1 LIMIT $2`, post, limit)
}

// DuePolls returns polls that are over by now and not noted as such.
func (tx *Tx) DuePolls(limit int) ([]circles.PostID, error) {
	return list(tx, value[circles.PostID], `SELECT post FROM poll WHERE ended_at = 0 AND ends_at > 0 AND ends_at <= $1 ORDER BY ends_at, post LIMIT $2`, tx.at, limit)
}

// CountedPolls returns polls whose counts others are to be told by now.
func (tx *Tx) CountedPolls(limit int) ([]circles.PostID, error) {
	return list(tx, value[circles.PostID], `SELECT post FROM poll WHERE say_at > 0 AND say_at <= $1 ORDER BY say_at, post LIMIT $2`, tx.at, limit)
}

// UntoldPoll returns an ended poll that people have yet to be told of; 0 if there is none.
func (tx *Tx) UntoldPoll() (circles.PostID, error) {
	id, err := one(tx, value[circles.PostID], `SELECT post FROM poll WHERE ended_at > 0 AND told >= 0 ORDER BY post LIMIT 1`)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	return id, err
}

// NotifyOfPoll tells the next of those who voted in an ended poll, and its author first, that it is
// over: those of this instance who may read it, have not muted the thread and want to hear of its author
// and its circle. It takes at most limit voters at a time, in order, and returns who was told and
// whether that was the last of them.
func (tx *Tx) NotifyOfPoll(post circles.PostID, limit int) (told []circles.PersonID, done bool, err error) {
	const tell = `INSERT INTO notification (person, kind, object, thread, actor, at)
		SELECT r.person, 'poll', p.id, p.root, p.author, CAST($2 AS BIGINT)
		FROM `
	const around = ` CROSS JOIN account k CROSS JOIN post p CROSS JOIN circle c`
	from, err := one(tx, value[int64], `SELECT told FROM poll WHERE post = $1`, post)
	if err != nil || from < 0 {
		return nil, true, err
	}
	if from == 0 {
		told, err = list(tx, value[circles.PersonID], tell+`(SELECT q.author AS person FROM post q WHERE q.id = $1) AS r`+around+`
			WHERE p.id = $1 AND c.id = p.circle AND k.person = r.person AND p.state = 'visible'
			ON CONFLICT (person, kind, object) DO NOTHING RETURNING person`, post, tx.at)
		if err != nil {
			return nil, false, err
		}
	}
	voters, err := list(tx, value[int64], `SELECT DISTINCT actor FROM poll_vote WHERE post = $1 AND actor > $2 ORDER BY actor LIMIT $3`, post, from, limit)
	if err != nil {
		return nil, false, err
	}
	upTo := int64(-1)
	if len(voters) == limit {
		upTo = voters[limit-1]
	}
	if len(voters) > 0 {
		more, err := list(tx, value[circles.PersonID], tell+`(SELECT DISTINCT v.actor AS person FROM poll_vote v WHERE v.post = $1 AND v.actor >= $3 AND v.actor <= $4) AS r`+around+`
			WHERE p.id = $1 AND c.id = p.circle AND k.person = r.person AND p.state = 'visible' AND r.person <> p.author
				AND NOT EXISTS (SELECT 1 FROM thread_wish w WHERE w.person = r.person AND w.post = p.root AND w.wish = 'mute')
				AND `+wanted("p.author", "p.circle")+`
			ON CONFLICT (person, kind, object) DO NOTHING RETURNING person`, post, tx.at, voters[0], voters[len(voters)-1])
		if err != nil {
			return nil, false, err
		}
		told = append(told, more...)
	}
	_, err = tx.exec(`UPDATE poll SET told = $2 WHERE post = $1`, post, upTo)
	return told, upTo < 0, err
}
