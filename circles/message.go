package circles

import "strconv"

// A MessageID names a private message. It is of the same sequence as posts.
type MessageID int64

func (id MessageID) String() string { return strconv.FormatInt(int64(id), 10) }

// MaxMessage is how many runes of markdown a message may have. Twice that as HTML and markdown stays
// below the 64 KiB that Misskey reads.
const MaxMessage = 5000

// A Message is what one person wrote to another alone.
type Message struct {
	ID        MessageID
	URI       string // a path for those of ours ("/message/17"), an https address for remote ones
	Sender    PersonID
	Recipient PersonID
	Answers   MessageID // the other's last message before it; 0 = none
	Shared    bool      // its sender sent it to others as well

	CreateSeq Seq   // the log entry from which it travels; 0 = it does not leave, or came from elsewhere
	Published int64 // UTC microseconds, clamped to when it arrived
	CreatedAt int64
	EditedAt  int64
	DeletedAt int64 // its text is gone then

	Warning  string // plain text
	Body     string // markdown; "" of remote ones
	BodyHTML string // sanitised
}

// Path is the address of a message of ours, for the server of whom it is to.
func (m *Message) Path() string { return "/message/" + m.ID.String() }

// Local reports whether it was written here.
func (m *Message) Local() bool { return len(m.URI) > 0 && m.URI[0] == '/' }

// Other is the one of the two who is not this person.
func (m *Message) Other(person PersonID) PersonID {
	if m.Sender == person {
		return m.Recipient
	}
	return m.Sender
}

// A CorrespondenceState is how a person stands to what another writes to them.
type CorrespondenceState string

const (
	CorrespondenceOpen     CorrespondenceState = "open"
	CorrespondenceRequest  CorrespondenceState = "request"  // somebody they do not know writes; text only
	CorrespondenceDeclined CorrespondenceState = "declined" // they do not want to read it
)

// A Correspondence is a conversation between two as one of them, of this instance, sees it.
type Correspondence struct {
	Person PersonID
	Other  PersonID
	State  CorrespondenceState
	Last   MessageID
	Unread int64
	Wrote  bool // the person wrote to the other
	Begun  int64
}

// A MessageWish is who may write to a person.
type MessageWish string

const (
	MessagesFromEveryone MessageWish = "everyone" // strangers as requests
	MessagesFromFollowed MessageWish = "follows"  // only whom they follow, and whom they wrote to
	MessagesFromNobody   MessageWish = "nobody"   // not even answers
)

// ParseMessageWish reads one.
func ParseMessageWish(s string) (MessageWish, error) {
	switch w := MessageWish(s); w {
	case MessagesFromEveryone, MessagesFromFollowed, MessagesFromNobody:
		return w, nil
	}
	return "", FieldErrorf(Invalid, "messages", "Choose who may write to you: everyone, people you follow, or nobody.").With("refused.message-wish", nil)
}

// A MessageReport is a message that one of its two people showed to those who run this instance.
type MessageReport struct {
	ID       int64
	Message  MessageID
	Sender   PersonID // who wrote the message
	By       PersonID // who reported it
	At       int64    // UTC microseconds
	Category ReportCategory
	State    ReportState
	Words    string // what the reporter said; plain
	Quoted   string // the message's text when it was reported; plain

	DecidedBy ActorID
	DecidedAt int64
}
