package app

import (
	"context"
	"slices"
	"time"

	"halqa/circles"
	"halqa/internal/standing"
	"halqa/internal/store"
)

// NewPoll is a question that somebody puts into a post.
type NewPoll struct {
	Options  []string // blank ones do not count
	Multiple bool
	For      time.Duration // how long votes are taken
}

// cleanPoll checks a poll and returns it without its times; nil for none.
func cleanPoll(in *NewPoll) (*circles.Poll, error) {
	if in == nil {
		return nil, nil
	}
	p := &circles.Poll{Multiple: in.Multiple}
	for _, o := range in.Options {
		text, err := line("poll", "option", o, circles.MaxPollOption)
		if err != nil {
			return nil, err
		}
		if text == "" {
			continue
		}
		if p.Option(text) != nil {
			return nil, circles.FieldErrorf(circles.Invalid, "poll", "Two options of the poll are the same; change one of them.").With("refused.poll-twice", nil)
		}
		if len(p.Options) == circles.MaxPollOptions {
			return nil, errPollMany()
		}
		p.Options = append(p.Options, circles.PollOption{Pos: len(p.Options), Text: text})
	}
	if len(p.Options) < circles.MinPollOptions {
		return nil, circles.FieldErrorf(circles.Invalid, "poll", "A poll needs two options at least; add one, or leave all of them empty.").With("refused.poll-few", nil)
	}
	if in.For < circles.MinPollTime || in.For > circles.MaxPollTime {
		return nil, circles.FieldErrorf(circles.Invalid, "poll-for", "A poll is open for five minutes at least and thirty days at most; choose a time between.").With("refused.poll-time", nil)
	}
	return p, nil
}

func errPollMany() error {
	return circles.FieldErrorf(circles.TooLarge, "poll", "A poll has at most %d options; take some out.", circles.MaxPollOptions).
		With("refused.poll-many", map[string]any{"Max": circles.MaxPollOptions})
}

// addPoll stores the poll of a new post.
func addPoll(tx *store.Tx, id circles.PostID, poll *circles.Poll) error {
	if poll == nil {
		return nil
	}
	p := *poll
	p.Post = id
	return tx.AddPoll(&p)
}

// editPoll puts another question in the place of a poll's, as long as it is open. What was answered is
// forgotten then, here and on other servers, for nobody voted for what it says now. Nothing takes a poll off a
// post or adds one later: who passed it on did so for what it was.
func editPoll(tx *store.Tx, id circles.PostID, want *circles.Poll) (changed bool, err error) {
	if want == nil {
		return false, nil
	}
	had, err := tx.Poll(id)
	if err != nil {
		return false, err
	}
	switch {
	case had == nil:
		return false, circles.FieldErrorf(circles.Conflict, "poll", "This post was written without a poll; start another post for it.").With("refused.poll-late", nil)
	case had.SameQuestion(want):
		return false, nil
	case !had.Open(tx.Now()):
		return false, errPollOver()
	}
	p := *want
	p.Post, p.EndsAt = id, had.EndsAt
	return true, tx.ReplacePoll(&p)
}

func errPollOver() error {
	return circles.FieldErrorf(circles.Conflict, "poll", "This poll is over; its result stands.").With("refused.poll-over", nil)
}

// A PollView is a poll as one reader sees it.
type PollView struct {
	*circles.Poll
	Open bool  // votes are taken
	Mine []int // the options that the reader chose; none = they have not voted
}

// pollView returns the poll of a post for a reader; nil if it has none.
func pollView(tx *store.Tx, v circles.Viewer, id circles.PostID) (*PollView, error) {
	p, err := tx.Poll(id)
	if err != nil || p == nil {
		return nil, err
	}
	view := &PollView{Poll: p, Open: p.Open(tx.Now())}
	if v.SignedIn() {
		view.Mine, err = tx.PollChoices(id, v.Person)
	}
	return view, err
}

// VotePoll answers a poll: one option, or in a poll that allows it several, by their places from 0. It
// is done once, and not taken back. It returns the poll with its new counts.
func (a *App) VotePoll(ctx context.Context, who circles.Viewer, id circles.PostID, choices []int) (*PollView, error) {
	choices = slices.Clone(choices)
	slices.Sort(choices)
	choices = slices.Compact(choices)
	var view *PollView
	err := a.update(ctx, "vote in a poll", func(tx *store.Tx) error {
		at, err := placeOf(tx, id)
		if err != nil {
			return err
		}
		d, err := allow(tx, at.question(who, standing.React))
		if err != nil {
			return err
		}
		poll, err := tx.Poll(id)
		if err != nil {
			return err
		}
		if err := answers(tx, poll, who.Person, choices); err != nil {
			return err
		}
		for i, pos := range choices {
			if _, err := tx.AddPollVote(id, who.Person, pos, i == 0); err != nil {
				return err
			}
		}
		if err := sayPollVote(tx, at, d.Actor, choices); err != nil {
			return err
		}
		view, err = pollView(tx, who, id)
		return err
	})
	return view, err
}

// answers refuses choices that a poll does not take from somebody.
func answers(tx *store.Tx, p *circles.Poll, who circles.PersonID, choices []int) error {
	switch {
	case p == nil:
		return circles.Errorf(circles.NotFound, "There is no poll in this post.").With("refused.poll-none", nil)
	case !p.Open(tx.Now()):
		return errPollOver()
	case len(choices) == 0:
		return circles.FieldErrorf(circles.Invalid, "choice", "Choose an option before you vote.").With("refused.poll-choice", nil)
	case choices[0] < 0, choices[len(choices)-1] >= len(p.Options):
		return circles.FieldErrorf(circles.Invalid, "choice", "This poll has no such option; open the post again.").With("refused.poll-option", nil)
	case len(choices) > 1 && !p.Multiple:
		return circles.FieldErrorf(circles.Invalid, "choice", "Only one option can be chosen in this poll.").With("refused.poll-one", nil)
	}
	had, err := tx.PollChoices(p.Post, who)
	if err == nil && len(had) > 0 {
		err = circles.Errorf(circles.Conflict, "You have voted in this poll already; a vote is not changed.").With("refused.poll-voted", nil)
	}
	return err
}

// sayPollVote tells the server that counts a vote of one of our people: the author's. Where that is
// ours, the new count is told to others a little later.
func sayPollVote(tx *store.Tx, at place, voter *circles.Actor, choices []int) error {
	p, c := at.post, at.circle
	if c != nil && !c.Visibility.Federated() {
		return nil
	}
	if p.Local() {
		return tx.SayPollAt(p.ID, tx.Now()+pollFolds.Microseconds())
	}
	author, err := tx.Actor(p.Author.Actor())
	if err != nil {
		return err
	}
	to := addInbox(nil, author)
	for _, pos := range choices {
		_, err := tx.AppendEvent(circles.Event{Kind: circles.PollVoted, Signer: voter.ID, To: to, Object: int64(p.ID),
			OrderKey: circles.PairKey(int64(voter.ID), int64(p.ID)), Detail: circles.EventDetail{Actor: voter.ID, Value: pos + 1}})
		if err != nil {
			return err
		}
	}
	return nil
}
