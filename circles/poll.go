package circles

import "time"

// Limits of polls. What others send is judged by them too, but for the number of options and their
// length, where other servers allow more.
const (
	MinPollOptions = 2
	MaxPollOptions = 10
	MaxPollOption  = 100 // runes of one option; Mastodon's own limit is 50, Misskey's 50, Pleroma's 200

	// Of polls from elsewhere. One beyond them is shown as the plain post it is part of: an option that
	// was cut could not be voted for, since votes name their option by its words.
	MaxFarPollOptions = 20  // Pleroma's limit, the highest seen
	MaxFarPollOption  = 500 // bytes
	MaxPollCount      = 10_000_000

	MinPollTime = 5 * time.Minute
	MaxPollTime = 30 * 24 * time.Hour
)

// A Poll is the question that a post asks, with the answers so far.
type Poll struct {
	Post     PostID
	Multiple bool  // several options may be chosen, all in one act
	EndsAt   int64 // UTC microseconds; 0 = never, which only polls from elsewhere can say
	EndedAt  int64 // when it was found to be over and the last count was told; 0 = not yet
	Voters   int64
	Options  []PollOption // in the order of Pos

	// What other servers were told last. What is sent shows these counts, so that it changes only when
	// the log says that it did.
	SaidVoters int64
	SayAt      int64 // when the count is told next; 0 = nobody has voted since
}

// A PollOption is one answer.
type PollOption struct {
	Pos   int    // from 0
	Text  string // plain text, one line
	Wire  string // as its author's server wrote it, where that is not Text: votes carry it back
	Votes int64
	Said  int64 // Votes as others were told last
}

// Name is what a vote for the option is called on the wire.
func (o PollOption) Name() string {
	if o.Wire != "" {
		return o.Wire
	}
	return o.Text
}

// Open reports whether votes are taken at this time, in UTC microseconds.
func (p *Poll) Open(now int64) bool {
	return p.EndedAt == 0 && (p.EndsAt == 0 || now < p.EndsAt)
}

// Total is what shares are taken of: the people who voted, or the votes where their server does not
// tell how many people there were.
func (p *Poll) Total() int64 {
	var sum, most int64
	for _, o := range p.Options {
		sum += o.Votes
		most = max(most, o.Votes)
	}
	if p.Voters >= most && p.Voters > 0 {
		return p.Voters
	}
	return sum
}

// Percent is the share of an option in whole percent.
func (p *Poll) Percent(o PollOption) int {
	total := p.Total()
	if total == 0 {
		return 0
	}
	return int((o.Votes*100 + total/2) / total)
}

// Option returns the option that a vote with this name is for; nil if there is none.
func (p *Poll) Option(name string) *PollOption {
	for i := range p.Options {
		if p.Options[i].Name() == name {
			return &p.Options[i]
		}
	}
	return nil
}

// SameQuestion reports whether two polls ask the same, whatever was answered.
func (p *Poll) SameQuestion(q *Poll) bool {
	if p.Multiple != q.Multiple || len(p.Options) != len(q.Options) {
		return false
	}
	for i := range p.Options {
		if p.Options[i].Name() != q.Options[i].Name() {
			return false
		}
	}
	return true
}
