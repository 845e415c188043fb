package store

import (
	"database/sql"
	"errors"
	"strconv"

	"halqa/circles"
)

const messageColumns = `m.id, m.uri, m.sender, m.recipient, m.answers, m.shared, m.create_seq, m.published, m.created_at,
	m.edited_at, m.deleted_at, m.warning, m.body, m.body_html`

func scanMessage(r rowScanner) (*circles.Message, error) {
	var m circles.Message
	return &m, r.Scan(&m.ID, &m.URI, &m.Sender, &m.Recipient, &m.Answers, &m.Shared, &m.CreateSeq, &m.Published, &m.CreatedAt,
		&m.EditedAt, &m.DeletedAt, &m.Warning, &m.Body, &m.BodyHTML)
}

// Message returns the message with this id. Its caller asks for one of the two people it is between.
func (tx *Tx) Message(id circles.MessageID) (*circles.Message, error) {
	m, err := one(tx, scanMessage, `SELECT `+messageColumns+` FROM message m WHERE m.id = $1`, id)
	return m, notFound(err, "message")
}

// MessagesByURI returns the messages with this id in ActivityPub, one for each person here that it was
// sent to; nil if there is none.
func (tx *Tx) MessagesByURI(uri string) ([]*circles.Message, error) {
	return list(tx, scanMessage, `SELECT `+messageColumns+` FROM message m WHERE m.uri = $1 ORDER BY m.id`, uri)
}

// AddMessage stores a new message under m.ID.
func (tx *Tx) AddMessage(m *circles.Message) error {
	low, high := min(m.Sender, m.Recipient), max(m.Sender, m.Recipient)
	_, err := tx.exec(`INSERT INTO message (id, uri, low, high, sender, recipient, answers, shared, create_seq, published, created_at,
			warning, body, body_html) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`,
		m.ID, m.URI, low, high, m.Sender, m.Recipient, m.Answers, m.Shared, m.CreateSeq, m.Published, m.CreatedAt,
		m.Warning, m.Body, m.BodyHTML)
	return err
}

// SetMessageSeq notes the log entry from which a message travels.
func (tx *Tx) SetMessageSeq(id circles.MessageID, seq circles.Seq) error {
	_, err := tx.exec(`UPDATE message SET create_seq = $2 WHERE id = $1`, id, seq)
	return err
}

// EditMessage writes the text of a message anew.
func (tx *Tx) EditMessage(m *circles.Message) error {
	_, err := tx.exec(`UPDATE message SET edited_at = $2, warning = $3, body = $4, body_html = $5 WHERE id = $1`,
		m.ID, m.EditedAt, m.Warning, m.Body, m.BodyHTML)
	return err
}

// EraseMessage takes away what a message said; that there was one stays.
func (tx *Tx) EraseMessage(id circles.MessageID) error {
	_, err := tx.exec(`UPDATE message SET deleted_at = $2, warning = '', body = '', body_html = '' WHERE id = $1`, id, tx.Now())
	return err
}

// EraseMessagesBy is EraseMessage of all that a person wrote.
func (tx *Tx) EraseMessagesBy(person circles.PersonID) error {
	_, err := tx.exec(`UPDATE message SET deleted_at = $2, warning = '', body = '', body_html = '' WHERE sender = $1 AND deleted_at = 0`,
		person, tx.Now())
	return err
}

// removeMessagesOf takes away what an account of this instance wrote in messages, and its conversations;
// what others wrote to it stays with them.
func (tx *Tx) removeMessagesOf(person circles.PersonID) error {
	if err := tx.EraseMessagesBy(person); err != nil {
		return err
	}
	_, err := tx.exec(`DELETE FROM correspondence WHERE person = $1`, person)
	return err
}

// MessagesBetween returns what two people wrote to each other before a message (0 = from the last), the
// latest first.
func (tx *Tx) MessagesBetween(a, b circles.PersonID, before circles.MessageID, limit int) ([]*circles.Message, error) {
	args := []any{min(a, b), max(a, b), limit}
	cond := ""
	if before != 0 {
		cond = " AND m.id < " + arg(&args, before)
	}
	return list(tx, scanMessage, `SELECT `+messageColumns+` FROM message m WHERE m.low = $1 AND m.high = $2`+cond+` ORDER BY m.id DESC LIMIT $3`, args...)
}

// LastMessageOf returns the last that one wrote to the other and did not take back; 0 if there is none.
func (tx *Tx) LastMessageOf(sender, recipient circles.PersonID) (circles.MessageID, error) {
	return one(tx, value[circles.MessageID], `SELECT COALESCE(MAX(m.id), 0) FROM message m
		WHERE m.low = $1 AND m.high = $2 AND m.sender = $3 AND m.deleted_at = 0`, min(sender, recipient), max(sender, recipient), sender)
}

// MessageLeads returns the beginnings of these messages, which may end inside a tag.
func (tx *Tx) MessageLeads(ids []circles.MessageID) (map[circles.MessageID]*circles.Message, error) {
	set, args := in(nil, ids)
	all, err := list(tx, func(r rowScanner) (*circles.Message, error) {
		var m circles.Message
		return &m, r.Scan(&m.ID, &m.Sender, &m.Recipient, &m.Published, &m.DeletedAt, &m.Warning, &m.BodyHTML)
	}, `SELECT m.id, m.sender, m.recipient, m.published, m.deleted_at, m.warning, substr(m.body_html, 1, 400) FROM message m WHERE m.id IN (`+set+`)`, args...)
	return byKey(all, err, func(m *circles.Message) circles.MessageID { return m.ID })
}

// MessagesSince counts what a person wrote to whomever since a time.
func (tx *Tx) MessagesSince(sender circles.PersonID, since int64) (int64, error) {
	return one(tx, value[int64], `SELECT COUNT(*) FROM message WHERE sender = $1 AND created_at > $2`, sender, since)
}

const correspondenceColumns = `c.person, c.other, c.state, c.last, c.unread, c.wrote, c.begun`

func scanCorrespondence(r rowScanner) (*circles.Correspondence, error) {
	var c circles.Correspondence
	return &c, r.Scan(&c.Person, &c.Other, &c.State, &c.Last, &c.Unread, &c.Wrote, &c.Begun)
}

// Correspondence returns a conversation as this person sees it; nil if there is none.
func (tx *Tx) Correspondence(person, other circles.PersonID) (*circles.Correspondence, error) {
	c, err := one(tx, scanCorrespondence, `SELECT `+correspondenceColumns+` FROM correspondence c WHERE c.person = $1 AND c.other = $2`, person, other)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return c, err
}

// SaveCorrespondence writes a conversation as one person sees it.
func (tx *Tx) SaveCorrespondence(c *circles.Correspondence) error {
	_, err := tx.exec(`INSERT INTO correspondence (person, other, state, last, unread, wrote, begun) VALUES ($1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT (person, other) DO UPDATE SET state = excluded.state, last = excluded.last, unread = excluded.unread, wrote = excluded.wrote`,
		c.Person, c.Other, c.State, c.Last, c.Unread, c.Wrote, c.Begun)
	return err
}

// Correspondences returns the viewer's conversations in a state, the one with the latest message first,
// without those whom they do not want to meet.
func (tx *Tx) Correspondences(v circles.Viewer, state circles.CorrespondenceState, before circles.MessageID, limit int) ([]*circles.Correspondence, error) {
	w, err := tx.wishesOf(v)
	if err != nil {
		return nil, err
	}
	args := []any{v.Person, state, limit}
	cond := ""
	if before != 0 {
		cond = " AND c.last < " + arg(&args, before)
	}
	return list(tx, scanCorrespondence, `SELECT `+correspondenceColumns+` FROM correspondence c WHERE c.person = $1 AND c.state = $2`+cond+
		w.hide(v, &args, "c.other", "")+` ORDER BY c.last DESC LIMIT $3`, args...)
}

// UnreadMessages counts the viewer's unread messages, those of requests and of whom they do not want to
// meet left out.
func (tx *Tx) UnreadMessages(v circles.Viewer) (int64, error) {
	w, err := tx.wishesOf(v)
	if err != nil {
		return 0, err
	}
	args := []any{v.Person}
	return one(tx, value[int64], `SELECT CAST(COALESCE(SUM(c.unread), 0) AS BIGINT) FROM correspondence c
		WHERE c.person = $1 AND c.state = 'open' AND c.unread > 0`+w.hide(v, &args, "c.other", ""), args...)
}

// OpenRequests counts the strangers who wrote to the viewer, at most most.
func (tx *Tx) OpenRequests(v circles.Viewer, most int) (int64, error) {
	w, err := tx.wishesOf(v)
	if err != nil {
		return 0, err
	}
	args := []any{v.Person, most}
	return one(tx, value[int64], `SELECT COUNT(*) FROM (SELECT 1 FROM correspondence c
		WHERE c.person = $1 AND c.state = 'request'`+w.hide(v, &args, "c.other", "")+` LIMIT $2) AS x`, args...)
}

// StrangersSince counts the people that a person wrote to for the first time since a time, and who have not
// written to them.
func (tx *Tx) StrangersSince(sender circles.PersonID, since int64) (int64, error) {
	return one(tx, value[int64], `SELECT COUNT(*) FROM (SELECT m.recipient FROM message m WHERE m.sender = $1 AND m.created_at > $2
		AND NOT EXISTS (SELECT 1 FROM message r WHERE r.low = m.low AND r.high = m.high AND r.sender = m.recipient)
		AND NOT EXISTS (SELECT 1 FROM message r WHERE r.low = m.low AND r.high = m.high AND r.created_at <= $2)
		AND NOT EXISTS (SELECT 1 FROM correspondence c WHERE c.person = m.recipient AND c.other = $1 AND c.state = 'open')
		GROUP BY m.recipient) AS x`, sender, since)
}

// RequestsFrom counts the people here that strangers of a server wrote to since a time, and who have not
// let them in.
func (tx *Tx) RequestsFrom(host string, since int64) (int64, error) {
	return one(tx, value[int64], `SELECT COUNT(*) FROM correspondence c JOIN actor a ON a.id = c.other
		WHERE a.host = $1 AND c.begun > $2 AND c.state <> 'open'`, host, since)
}

// MessageGround is what decides whether somebody may write to a person of this instance, and where it
// goes.
type MessageGround struct {
	Wish    circles.MessageWish
	Follows bool // the person follows the one who writes, or asked to
	Wrote   bool // the person wrote to them before
	State   circles.CorrespondenceState
}

// Known reports whether the person knows the one who writes: by following or writing to them, or by having
// accepted their request.
func (g MessageGround) Known() bool {
	return g.Follows || g.Wrote || g.State == circles.CorrespondenceOpen
}

// MessageGround returns it. Who has no account takes no messages.
func (tx *Tx) MessageGround(person, sender circles.PersonID) (MessageGround, error) {
	g, err := one(tx, func(r rowScanner) (MessageGround, error) {
		var g MessageGround
		return g, r.Scan(&g.Wish, &g.Follows, &g.Wrote, &g.State)
	}, `SELECT k.messages, EXISTS (SELECT 1 FROM follow f WHERE f.follower = $1 AND f.followee = $2 AND f.state <> 'ended'),
			COALESCE(c.wrote, 0), COALESCE(c.state, '')
		FROM account k LEFT JOIN correspondence c ON c.person = k.person AND c.other = $2 WHERE k.person = $1`, person, sender)
	if errors.Is(err, sql.ErrNoRows) {
		return MessageGround{Wish: circles.MessagesFromNobody}, nil
	}
	return g, err
}

// FailedEntries returns why the entries that were given up were: the answer of the one inbox each went to.
func (tx *Tx) FailedEntries(seqs []circles.Seq) (map[circles.Seq]string, error) {
	if len(seqs) == 0 {
		return nil, nil
	}
	set, args := in(nil, seqs)
	failed := map[circles.Seq]string{}
	return failed, tx.rows(`SELECT seq, status, error FROM delivery_exception WHERE seq IN (`+set+`)`, args, func(r rowScanner) error {
		var seq circles.Seq
		var status int
		var why string
		if err := r.Scan(&seq, &status, &why); err != nil {
			return err
		}
		if why == "" {
			why = strconv.Itoa(status)
		}
		failed[seq] = why
		return nil
	})
}

// SetMessageWish sets who may write to a person of this instance.
func (tx *Tx) SetMessageWish(person circles.PersonID, wish circles.MessageWish) error {
	_, err := tx.exec(`UPDATE account SET messages = $2 WHERE person = $1`, person, wish)
	return err
}

const messageReportColumns = `r.id, r.message, r.sender, r.reporter, r.at, r.category, r.state, r.decided_by, r.decided_at, r.words, r.quoted`

func scanMessageReport(row rowScanner) (*circles.MessageReport, error) {
	var r circles.MessageReport
	return &r, row.Scan(&r.ID, &r.Message, &r.Sender, &r.By, &r.At, &r.Category, &r.State, &r.DecidedBy, &r.DecidedAt, &r.Words, &r.Quoted)
}

// AddMessageReport keeps what a person shows to those who run this instance; fresh is false if they did
// before.
func (tx *Tx) AddMessageReport(r *circles.MessageReport) (fresh bool, err error) {
	n, err := tx.exec(`INSERT INTO message_report (id, message, sender, reporter, at, category, state, words, quoted)
		VALUES ($1, $2, $3, $4, $5, $6, 'open', $7, $8) ON CONFLICT (message, reporter) DO NOTHING`,
		r.ID, r.Message, r.Sender, r.By, r.At, r.Category, r.Words, r.Quoted)
	return n == 1, err
}

// MessageReport returns one. Its caller has judged who asks.
func (tx *Tx) MessageReport(id int64) (*circles.MessageReport, error) {
	r, err := one(tx, scanMessageReport, `SELECT `+messageReportColumns+` FROM message_report r WHERE r.id = $1`, id)
	return r, notFound(err, "report")
}

// OpenMessageReports returns those that nobody decided, the first first.
func (tx *Tx) OpenMessageReports(limit int) ([]*circles.MessageReport, error) {
	return list(tx, scanMessageReport, `SELECT `+messageReportColumns+` FROM message_report r WHERE r.state = 'open' ORDER BY r.id LIMIT $1`, limit)
}

// MessageReportsSince counts what a person reported so since a time.
func (tx *Tx) MessageReportsSince(reporter circles.PersonID, since int64) (int64, error) {
	return one(tx, value[int64], `SELECT COUNT(*) FROM message_report WHERE reporter = $1 AND at > $2`, reporter, since)
}

// DecideMessageReport closes one, and lets go of what it quoted: it has served its purpose.
func (tx *Tx) DecideMessageReport(r *circles.MessageReport) error {
	_, err := tx.exec(`UPDATE message_report SET state = $2, decided_by = $3, decided_at = $4, quoted = '' WHERE id = $1`,
		r.ID, r.State, r.DecidedBy, r.DecidedAt)
	return err
}
