package as

import "time"

// A Ballot makes a Page a Question: the same post with options to choose from, in the form that
// Mastodon began and all others read. A microblog takes its content alone, and GoToSocial takes a name
// for a content warning, so who writes to those leaves the name empty.
type Ballot struct {
	Multiple bool
	Options  []BallotOption
	Ends     time.Time // PieFed takes no Question without it
	Closed   bool
	Voters   int
}

// A BallotOption is one answer with the votes it has.
type BallotOption struct {
	Name  string
	Votes int
}

// questionOut is what a Question has beside an object.
type questionOut struct {
	OneOf   list[answerOut] `json:"oneOf,omitempty"`
	AnyOf   list[answerOut] `json:"anyOf,omitempty"`
	EndTime string          `json:"endTime,omitempty"`
	Closed  string          `json:"closed,omitempty"`
	Voters  *int            `json:"votersCount,omitempty"`
}

type answerOut struct {
	Type    string   `json:"type"`
	Name    string   `json:"name"`
	Replies repliers `json:"replies"`
}

type repliers struct {
	Type  string `json:"type"`
	Total int    `json:"totalItems"`
}

func (b *Ballot) wire() questionOut {
	q := questionOut{EndTime: stamp(b.Ends), Voters: &b.Voters}
	var answers list[answerOut]
	for _, o := range b.Options {
		answers = append(answers, answerOut{"Note", o.Name, repliers{"Collection", o.Votes}})
	}
	if b.Multiple {
		q.AnyOf = answers
	} else {
		q.OneOf = answers
	}
	if b.Closed {
		q.Closed = q.EndTime
	}
	return q
}

// PollVote is one option chosen in somebody's poll; several are several of these. It is a Note with a
// name and no content, for the poll's author alone: a.To is that one, and id the Note's own address. It
// has no time, because PieFed takes a Note with one for a comment.
func PollVote(a Act, id, poll, option string) Doc {
	return a.direct("Create").of(Doc{context: contextPlain, body: render(struct {
		ID           string       `json:"id"`
		Type         string       `json:"type"`
		AttributedTo string       `json:"attributedTo"`
		To           list[string] `json:"to"`
		InReplyTo    string       `json:"inReplyTo"`
		Name         string       `json:"name"`
	}{id, "Note", a.Actor, a.To, poll, option})})
}

// IsPollVote reports whether an object is somebody's choice in a poll and no comment: a Note with a name
// that answers something and says nothing. // Mastodon activity/create.rb
func (c *Content) IsPollVote() bool {
	return c.Type == "Note" && c.Name != "" && c.InReplyTo != "" && c.Content == "" && len(c.Attachments) == 0
}
