package app

import (
	"context"
	"slices"

	"halqa/circles"
	"halqa/internal/standing"
	"halqa/internal/store"
	"halqa/internal/text"
)

const (
	conversationPage = 30
	messagePage      = 50
	maxOpenRequests  = 100 // "99+"
)

// A Conversation is one row of a person's messages.
type Conversation struct {
	circles.Correspondence
	With    *circles.Actor // as ActorCards has it
	At      int64          // of the last message, UTC microseconds
	Mine    bool           // the viewer wrote the last message
	Excerpt string         // of it: plain text, one line; "" = it was deleted
}

// A ConversationPage is a page of them.
type ConversationPage struct {
	Rows     []Conversation
	Requests int64  // strangers who wrote; 100 stands for more
	Next     string // the cursor of the page after; "" = this is the last
}

// Conversations returns the viewer's conversations, or what strangers wrote, the latest first.
func (a *App) Conversations(ctx context.Context, v circles.Viewer, requests bool, cursor string) (*ConversationPage, error) {
	if !v.SignedIn() {
		return nil, errSignIn()
	}
	state := circles.CorrespondenceOpen
	if requests {
		state = circles.CorrespondenceRequest
	}
	var page *ConversationPage
	err := a.view(ctx, "conversations", func(tx *store.Tx) error {
		page = new(ConversationPage)
		before, err := decodeMark("m-", cursor)
		if err != nil {
			return err
		}
		if page.Requests, err = tx.OpenRequests(v, maxOpenRequests); err != nil {
			return err
		}
		rows, err := tx.Correspondences(v, state, circles.MessageID(before.ID), conversationPage+1)
		if err != nil {
			return err
		}
		if len(rows) > conversationPage {
			rows = rows[:conversationPage]
			page.Next = encodeMark("m-", store.Mark{ID: int64(rows[conversationPage-1].Last)})
		}
		var ids []circles.MessageID
		var people []circles.ActorID
		for _, c := range rows {
			ids = append(ids, c.Last)
			people = append(people, c.Other.Actor())
		}
		leads, err := tx.MessageLeads(ids)
		if err != nil {
			return err
		}
		cards, err := tx.ActorCards(people)
		if err != nil {
			return err
		}
		for _, c := range rows {
			row := Conversation{Correspondence: *c, With: cards[c.Other.Actor()]}
			if row.With == nil {
				continue
			}
			if m := leads[c.Last]; m != nil {
				row.At, row.Mine = m.Published, m.Sender == v.Person
				if m.Warning != "" {
					row.Excerpt = m.Warning
				} else if m.DeletedAt == 0 {
					row.Excerpt = text.ExcerptHTML(m.BodyHTML, 120)
				}
			}
			page.Rows = append(page.Rows, row)
		}
		return nil
	})
	return page, err
}

// UnreadMessages counts the viewer's unread messages for the header; requests are not among them.
func (a *App) UnreadMessages(ctx context.Context, v circles.Viewer) (int64, error) {
	if !v.SignedIn() {
		return 0, nil
	}
	var n int64
	err := a.view(ctx, "unread messages", func(tx *store.Tx) (err error) {
		n, err = tx.UnreadMessages(v)
		return err
	})
	return n, err
}

// A Letter is a message as one of its two people reads it.
type Letter struct {
	circles.Message
	Mine   bool
	Text   string // of a request: what it says as plain text, in place of BodyHTML, which is empty
	Failed string // why the other's server did not take it; "" = nothing is known to be wrong
}

// A LetterPage is a part of a conversation.
type LetterPage struct {
	With    *circles.Actor
	State   circles.CorrespondenceState // "" = there is none yet
	Unread  int64
	Letters []Letter       // the first first
	Before  string         // the cursor of what came before; "" = this is the beginning
	Refusal *circles.Error // why the viewer cannot write to them now; nil = they can
	Request bool           // what the viewer writes now would be a request
}

// Letters returns what the viewer and a person wrote to each other, and whether the viewer may go on.
func (a *App) Letters(ctx context.Context, v circles.Viewer, name, host, cursor string) (*LetterPage, error) {
	if !v.SignedIn() {
		return nil, errSignIn()
	}
	var page *LetterPage
	err := a.view(ctx, "messages", func(tx *store.Tx) error {
		page = new(LetterPage)
		before, err := decodeMark("l-", cursor)
		if err != nil {
			return err
		}
		with, err := tx.ActorByHandle(name, host)
		if err != nil {
			return err
		}
		if with.Kind != circles.KindPerson && with.Kind != circles.KindService || with.ID == v.Person.Actor() {
			return circles.Errorf(circles.NotFound, "There is no such person.")
		}
		page.With = with
		other := circles.PersonID(with.ID)
		c, err := tx.Correspondence(v.Person, other)
		if err != nil {
			return err
		}
		if c != nil {
			page.State, page.Unread = c.State, c.Unread
		}
		d, err := standing.Judge(tx, standing.Question{Who: v, Action: standing.Message, Person: with})
		if err != nil {
			return err
		}
		page.Refusal = d.Refusal
		if with.Local() && page.Refusal == nil {
			g, err := tx.MessageGround(other, v.Person)
			if err != nil {
				return err
			}
			page.Request = !g.Known()
		}
		return fillLetters(tx, v, page, other, circles.MessageID(before.ID))
	})
	return page, err
}

func fillLetters(tx *store.Tx, v circles.Viewer, page *LetterPage, other circles.PersonID, before circles.MessageID) error {
	all, err := tx.MessagesBetween(v.Person, other, before, messagePage+1)
	if err != nil {
		return err
	}
	if len(all) > messagePage {
		all = all[:messagePage]
		page.Before = encodeMark("l-", store.Mark{ID: int64(all[messagePage-1].ID)})
	}
	slices.Reverse(all)
	var seqs []circles.Seq
	for _, m := range all {
		if m.CreateSeq != 0 {
			seqs = append(seqs, m.CreateSeq)
		}
	}
	failed, err := tx.FailedEntries(seqs)
	if err != nil {
		return err
	}
	for _, m := range all {
		l := Letter{Message: *m, Mine: m.Sender == v.Person, Failed: failed[m.CreateSeq]}
		if !l.Mine && page.State != circles.CorrespondenceOpen {
			l.Text, l.BodyHTML = text.Plain(m.BodyHTML), ""
		}
		page.Letters = append(page.Letters, l)
	}
	return nil
}

// MessageOf returns a message to one of the two people it is between, with the other.
func (a *App) MessageOf(ctx context.Context, v circles.Viewer, id circles.MessageID) (*Letter, *circles.Actor, error) {
	if !v.SignedIn() {
		return nil, nil, errNoMessage()
	}
	var l *Letter
	var other *circles.Actor
	err := a.view(ctx, "message", func(tx *store.Tx) error {
		m, err := tx.Message(id)
		if err != nil {
			return err
		}
		if m.Sender != v.Person && m.Recipient != v.Person {
			return errNoMessage()
		}
		l = &Letter{Message: *m, Mine: m.Sender == v.Person}
		other, err = tx.Actor(m.Other(v.Person).Actor())
		return err
	})
	return l, other, err
}

// SeeMessages marks what a person wrote to the viewer as read.
func (a *App) SeeMessages(ctx context.Context, v circles.Viewer, other circles.PersonID) error {
	return a.setCorrespondence(ctx, v, other, func(c *circles.Correspondence) { c.Unread = 0 })
}

// AcceptMessages lets a stranger's request in.
func (a *App) AcceptMessages(ctx context.Context, v circles.Viewer, other circles.PersonID) error {
	return a.setCorrespondence(ctx, v, other, func(c *circles.Correspondence) { c.State = circles.CorrespondenceOpen })
}

// DeclineMessages puts a stranger's request away, and all that they may write after it, until the viewer
// writes to them. They are not told.
func (a *App) DeclineMessages(ctx context.Context, v circles.Viewer, other circles.PersonID) error {
	return a.setCorrespondence(ctx, v, other, func(c *circles.Correspondence) {
		if c.State == circles.CorrespondenceRequest {
			c.State, c.Unread = circles.CorrespondenceDeclined, 0
		}
	})
}

func (a *App) setCorrespondence(ctx context.Context, v circles.Viewer, other circles.PersonID, set func(*circles.Correspondence)) error {
	if !v.SignedIn() {
		return errSignIn()
	}
	return a.update(ctx, "conversation", func(tx *store.Tx) error {
		c, err := tx.Correspondence(v.Person, other)
		if err != nil || c == nil {
			return err
		}
		was := *c
		if set(c); *c == was {
			return nil
		}
		return tx.SaveCorrespondence(c)
	})
}

// MessageWish is who may write to the viewer.
func (a *App) MessageWish(ctx context.Context, v circles.Viewer) (circles.MessageWish, error) {
	if !v.SignedIn() {
		return "", errSignIn()
	}
	var g store.MessageGround
	err := a.view(ctx, "message wish", func(tx *store.Tx) (err error) {
		g, err = tx.MessageGround(v.Person, 0)
		return err
	})
	return g.Wish, err
}

// SetMessageWish sets it. What was written before stays.
func (a *App) SetMessageWish(ctx context.Context, v circles.Viewer, wish string) error {
	if !v.SignedIn() {
		return errSignIn()
	}
	w, err := circles.ParseMessageWish(wish)
	if err != nil {
		return err
	}
	return a.update(ctx, "set who may write", func(tx *store.Tx) error { return tx.SetMessageWish(v.Person, w) })
}
