package web

import (
	"html/template"
	"time"
)

// ConversationsView is page "conversations", /messages.
type ConversationsView struct {
	Page
	Form
	Tabs     []Tab
	Requests bool
	Rows     []ConversationRow
	To       string // whom the reader looks for
	More     string
}

// A ConversationRow is one person in it.
type ConversationRow struct {
	With    PersonRef
	Href    string
	At      time.Time
	Mine    bool // the reader wrote last
	Unread  int
	Excerpt string // plain text, one line; may be empty
}

// LettersView is page "letters", /messages/{name}.
type LettersView struct {
	Page
	Form
	With     PersonRef
	Path     string
	Request  bool // the other is a stranger who waits to be let in
	Declined bool
	Asking   bool   // what the reader writes will be a request
	Earlier  string // address of what came before; may be empty
	Letters  []Letter
	Closed   string // why the reader cannot write, a sentence; "" = they can
	Body     string
}

// A Letter is one message.
type Letter struct {
	ID     string
	Mine   bool
	At     time.Time
	Edited bool
	Gone   bool
	Shared bool
	Warn   string
	Body   template.HTML // sanitised; empty of a request
	Text   string        // of a request
	Failed string        // why the other's server did not take it
}

// LetterQueueView is page "letter-queue", /mod/messages.
type LetterQueueView struct {
	Page
	Cases []LetterCase
}

// A LetterCase is a reported message.
type LetterCase struct {
	ID       int64
	From     PersonRef
	Who      PersonRef
	At       time.Time
	Category string
	Quoted   string // plain text
	Words    string
}
