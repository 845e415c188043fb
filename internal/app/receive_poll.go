package app

import (
	"halqa/circles"
	"halqa/internal/standing"
	"halqa/internal/store"
	"halqa/internal/text"
)

// A RemotePoll is a poll as another server sent it.
type RemotePoll struct {
	Options  []RemoteOption
	Multiple bool
	EndsAt   int64 // UTC microseconds; 0 = never
	Closed   bool
	Voters   int
}

// A RemoteOption is one answer of it.
type RemoteOption struct {
	Name  string
	Votes int
}

// prepare makes a poll fit to be stored, or nil if it cannot be shown and voted in as what it is: too
// many options or too few, or options that no vote could tell apart.
func (r *RemotePoll) prepare() *circles.Poll {
	if r == nil || len(r.Options) < circles.MinPollOptions || len(r.Options) > circles.MaxFarPollOptions {
		return nil
	}
	p := &circles.Poll{Multiple: r.Multiple, EndsAt: r.EndsAt, Voters: pollCount(r.Voters)}
	if r.EndsAt != 0 {
		p.EndsAt = max(r.EndsAt, earliest)
	}
	for i, o := range r.Options {
		label := text.CleanLine(o.Name, circles.MaxFarPollOption)
		if label == "" || len(o.Name) > circles.MaxFarPollOption || p.Option(o.Name) != nil {
			return nil
		}
		option := circles.PollOption{Pos: i, Text: label, Votes: pollCount(o.Votes)}
		if label != o.Name {
			option.Wire = o.Name
		}
		p.Options = append(p.Options, option)
	}
	if r.Closed && p.EndsAt == 0 {
		p.EndsAt = earliest // it does not say when
	}
	return p
}

// pollCount keeps what a stranger counts within what a page can show.
func pollCount(n int) int64 { return min(max(int64(n), 0), circles.MaxPollCount) }

// receivePoll takes over what the author's server says of a poll: asks tells that the question is
// another one now, counts that only the counts or the end are. Another question makes the votes of our
// people worthless, as it does those of everybody.
func receivePoll(tx *store.Tx, post *circles.Post, want *circles.Poll) (asks, counts bool, err error) {
	if post.Kind != circles.IsPost {
		return false, false, nil
	}
	had, err := tx.Poll(post.ID)
	if err != nil {
		return false, false, err
	}
	switch {
	case had == nil && want == nil:
		return false, false, nil
	case had == nil:
		return true, false, addPoll(tx, post.ID, want)
	case want == nil:
		return true, false, tx.RemovePoll(post.ID)
	}
	p := *want
	p.Post = post.ID
	if !had.SameQuestion(want) {
		return true, false, tx.ReplacePoll(&p)
	}
	counts = had.EndsAt != p.EndsAt || had.Voters != p.Voters
	for i, o := range p.Options {
		counts = counts || o.Votes != had.Options[i].Votes
	}
	if !counts {
		return false, false, nil
	}
	return false, true, tx.SetPollCounts(&p)
}

// passCounts lets a circle of ours pass on the new counts of a poll from elsewhere.
func passCounts(tx *store.Tx, at place, said Said) error {
	if at.circle == nil || !at.circle.Local() || at.post.State != circles.Visible {
		return nil
	}
	_, err := tx.AppendEvent(circles.Event{Kind: circles.PollCounted, Stream: at.circle.ID, Signer: at.circle.ID,
		OrderKey: int64(at.post.Root), Object: int64(at.post.ID), Detail: said.detail()})
	return err
}

// ReceivePollVote counts the vote of somebody elsewhere for an option of a poll by one of ours. Several
// options of one act arrive one by one. What the poll does not offer, and what was counted already,
// changes nothing.
func (a *App) ReceivePollVote(tx *store.Tx, said Said, id circles.PostID, option string) (Outcome, error) {
	if p, err := tx.Poll(id); err != nil || p == nil || !p.Open(tx.Now()) {
		if err == nil && p != nil {
			err = errPollOver()
		}
		if err == nil {
			return Outcome{Result: Nothing, Post: id}, nil
		}
		return refused(id, err)
	}
	return said.on(tx, id, standing.React, func(at place, d standing.Decision) (bool, error) {
		if !at.post.Local() {
			return false, nil // its author's server counts
		}
		p, err := tx.Poll(id)
		if err != nil {
			return false, err
		}
		o := p.Option(option)
		if o == nil {
			return false, nil
		}
		had, err := tx.PollChoices(id, said.By)
		if err != nil || len(had) > 0 && !p.Multiple {
			return false, err
		}
		counted, err := tx.AddPollVote(id, said.By, o.Pos, len(had) == 0)
		if err != nil || !counted {
			return false, err
		}
		return true, sayPollVote(tx, at, d.Actor, nil)
	})
}
