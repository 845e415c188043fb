package api

import (
	"context"
	"net/http"

	"halqa/circles"
	"halqa/circles/reputation"
	"halqa/internal/accounts"
	"halqa/internal/app"
)

func (s *Server) messageRoutes() []route {
	const messages, account = accounts.ScopeMessages, accounts.ScopeAccount
	const post, put, del = http.MethodPost, http.MethodPut, http.MethodDelete
	return grouped("messages",
		list("/messages", messages, "The owner's conversations, the latest first.", s.conversations, with(flag("requests", "What strangers wrote, instead.")), beside("GET /messages")),
		get("/messages/unread", messages, "How many messages the owner has not read.", s.unreadMessages),
		list("/people/{id}/messages", messages, "A conversation; each page with its first message first, next leading to what came before.", s.letters, beside("GET /messages/:name"), refuses(http.StatusGone)),
		send(post, "/people/{id}/messages", messages, "Write to a person alone.", s.sendLetter, gated(reputation.StartDM), beside("POST /messages/:name", "POST /messages")),
		act(put, "/people/{id}/messages/read", messages, "Note that the owner has read a conversation.", onPerson((*app.App).SeeMessages)),
		act(post, "/people/{id}/messages/accept", messages, "Let a stranger's request in.", onPerson((*app.App).AcceptMessages), beside("POST /messages/:name/accept")),
		act(post, "/people/{id}/messages/decline", messages, "Read nothing more of what a stranger writes.", onPerson((*app.App).DeclineMessages), beside("POST /messages/:name/decline")),
		get("/messages/{id}", messages, "One message.", s.letter, beside("GET /message/:id", "GET /message/:id/delete", "GET /message/:id/report")),
		act(del, "/messages/{id}", messages, "Take back a message of the owner's.", s.deleteLetter, beside("POST /message/:id/delete")),
		send(post, "/messages/{id}/report", messages, "Show a message to the people who run the instance.", s.reportLetter, beside("POST /message/:id/report")),
		get("/me/message-wish", account, "Who may write to the owner.", s.messageWish, beside("GET /settings/messages")),
		send(put, "/me/message-wish", account, "Say who may write to the owner.", s.setMessageWish, beside("POST /settings/messages")),
		list("/moderation/messages", accounts.ScopeModerate, "Messages that were reported.", s.letterReports, beside("GET /mod/messages")),
		send(post, "/moderation/messages/{id}/decision", accounts.ScopeModerate, "Decide a report of a message.", s.decideLetter, beside("POST /mod/messages")),
	)
}

// onPerson makes a handler of a verb that only needs a person.
func onPerson(verb func(*app.App, context.Context, circles.Viewer, circles.PersonID) error) func(*call) error {
	return func(c *call) error {
		id, err := c.actor()
		if err != nil {
			return err
		}
		return verb(c.s.app, c.ctx(), c.who, circles.PersonID(id))
	}
}

// A Conversation is what two people write to each other.
type Conversation struct {
	With    Person                      `json:"with"`
	State   circles.CorrespondenceState `json:"state" enum:"open,request,declined"`
	Unread  int64                       `json:"unread"`
	At      Time                        `json:"at" doc:"Of the last message."`
	Mine    bool                        `json:"mine" doc:"The owner wrote the last message."`
	Excerpt string                      `json:"excerpt,omitempty"`
}

func (s *Server) conversations(c *call) (Page[Conversation], error) {
	p, err := s.app.Conversations(c.ctx(), c.who, c.query("requests") == "true", c.cursor())
	if err != nil {
		return Page[Conversation]{}, err
	}
	var out []Conversation
	for _, r := range p.Rows {
		if r.With != nil {
			out = append(out, Conversation{*s.person(r.With), r.State, r.Unread, at(r.At), r.Mine, r.Excerpt})
		}
	}
	return pageOf(out, p.Next), nil
}

func (s *Server) unreadMessages(c *call) (Unseen, error) {
	n, err := s.app.UnreadMessages(c.ctx(), c.who)
	return Unseen{n}, err
}

// A Message is what one person wrote to another alone.
type Message struct {
	ID        ID     `json:"id"`
	Mine      bool   `json:"mine"`
	Published Time   `json:"published_at"`
	EditedAt  Time   `json:"edited_at,omitempty"`
	DeletedAt Time   `json:"deleted_at,omitempty"`
	Warning   string `json:"warning,omitempty"`
	BodyHTML  string `json:"body_html,omitempty" doc:"Clean HTML; of a request there is text instead."`
	Text      string `json:"text,omitempty"`
	Failed    string `json:"failed,omitempty" doc:"Why the other's server did not take it."`
}

func letterOf(l app.Letter) Message {
	return Message{ID: id(l.ID), Mine: l.Mine, Published: at(l.Published), EditedAt: at(l.EditedAt), DeletedAt: at(l.DeletedAt), Warning: l.Warning,
		BodyHTML: l.BodyHTML, Text: l.Text, Failed: l.Failed}
}

func (s *Server) letters(c *call) (Page[Message], error) {
	who, err := c.personTab(app.PersonCircles)
	if err != nil {
		return Page[Message]{}, err
	}
	p, err := s.app.Letters(c.ctx(), c.who, who.Person.Name, who.Person.Host, c.cursor())
	if err != nil {
		return Page[Message]{}, err
	}
	var out []Message
	for _, l := range p.Letters {
		out = append(out, letterOf(l))
	}
	return pageOf(out, p.Before), nil
}

// A NewMessage is what one person writes to another alone.
type NewMessage struct {
	Body string `json:"body" doc:"Markdown."`
}

func (s *Server) sendLetter(c *call, in NewMessage) (Message, error) {
	to, err := c.actor()
	if err != nil {
		return Message{}, err
	}
	made, err := s.app.SendMessage(c.ctx(), c.who, app.NewMessage{To: circles.PersonID(to), Body: in.Body})
	if err != nil {
		return Message{}, err
	}
	return letterOf(app.Letter{Message: *made, Mine: true}), nil
}

func (c *call) message() (circles.MessageID, error) {
	n, err := c.number("id")
	return circles.MessageID(n), err
}

func (s *Server) letter(c *call) (Message, error) {
	id, err := c.message()
	if err != nil {
		return Message{}, err
	}
	l, _, err := s.app.MessageOf(c.ctx(), c.who, id)
	if err != nil {
		return Message{}, err
	}
	return letterOf(*l), nil
}

func (s *Server) deleteLetter(c *call) error {
	id, err := c.message()
	if err != nil {
		return err
	}
	return s.app.DeleteMessage(c.ctx(), c.who, id)
}

// A MessageComplaint is what somebody says against a message.
type MessageComplaint struct {
	Category circles.ReportCategory `json:"category" enum:"spam,harassment,illegal,intimate,impersonation,rules,other"`
	Text     string                 `json:"text,omitempty"`
}

func (s *Server) reportLetter(c *call, in MessageComplaint) (nothing, error) {
	id, err := c.message()
	if err != nil {
		return nothing{}, err
	}
	return nothing{}, s.moderation.ReportMessage(c.ctx(), c.who, id, in.Category, in.Text)
}

// A MessageWish is who may write to a person.
type MessageWish struct {
	From circles.MessageWish `json:"from" enum:"everyone,follows,nobody"`
}

func (s *Server) messageWish(c *call) (MessageWish, error) {
	w, err := s.app.MessageWish(c.ctx(), c.who)
	return MessageWish{w}, err
}

func (s *Server) setMessageWish(c *call, in MessageWish) (nothing, error) {
	return nothing{}, s.app.SetMessageWish(c.ctx(), c.who, string(in.From))
}

// A MessageReport is a message that somebody showed to the people who run the instance.
type MessageReport struct {
	ID       ID                     `json:"id"`
	From     *Person                `json:"from,omitempty" doc:"Who wrote it."`
	By       *Person                `json:"by,omitempty" doc:"Who reported it."`
	At       Time                   `json:"at"`
	Category circles.ReportCategory `json:"category"`
	State    circles.ReportState    `json:"state" enum:"open,dismissed,upheld"`
	Text     string                 `json:"text,omitempty"`
	Quoted   string                 `json:"quoted" doc:"The message as it was then."`
}

func (s *Server) letterReports(c *call) (Page[MessageReport], error) {
	all, err := s.moderation.MessageReports(c.ctx(), c.who)
	if err != nil {
		return Page[MessageReport]{}, err
	}
	var out []MessageReport
	for _, r := range all {
		out = append(out, MessageReport{id(r.ID), s.person(r.From), s.person(r.Who), at(r.At), r.Category, r.State, r.Words, r.Quoted})
	}
	return none(c, out)
}

// A MessageDecision closes a report of a message.
type MessageDecision struct {
	Uphold bool `json:"uphold" doc:"It is right."`
	Erase  bool `json:"erase,omitempty" doc:"The message is erased."`
}

func (s *Server) decideLetter(c *call, in MessageDecision) (nothing, error) {
	id, err := c.number("id")
	if err != nil {
		return nothing{}, err
	}
	return nothing{}, s.moderation.DecideMessage(c.ctx(), c.who, id, in.Uphold, in.Erase)
}
