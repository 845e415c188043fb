package store

import (
	"halqa/circles"
)

// A Webhook is an address that is told of what happens in a circle. Times are UTC microseconds.
type Webhook struct {
	ID           int64
	Circle       circles.CircleID
	URL          string
	Secret       string
	Events       string // with spaces between
	CreatedBy    circles.PersonID
	CreatedAt    int64
	Acked        circles.Seq // the last entry that was delivered or did not concern it
	DeliveredAt  int64
	FailingSince int64 // 0 = it is not
	NextTryAt    int64
	LastStatus   int
	LastError    string
	DisabledAt   int64 // 0 = it is in use
	Rev          int64 // how often it was taken into use again
}

const webhookColumns = `w.id, w.circle, w.url, w.secret, w.events, w.created_by, w.created_at, w.acked, w.delivered_at, w.failing_since,
	w.next_try_at, w.last_status, w.last_error, w.disabled_at, w.rev`

func scanWebhook(r rowScanner) (*Webhook, error) {
	w := new(Webhook)
	err := r.Scan(&w.ID, &w.Circle, &w.URL, &w.Secret, &w.Events, &w.CreatedBy, &w.CreatedAt, &w.Acked, &w.DeliveredAt, &w.FailingSince,
		&w.NextTryAt, &w.LastStatus, &w.LastError, &w.DisabledAt, &w.Rev)
	return w, err
}

// AddWebhook stores a webhook.
func (tx *Tx) AddWebhook(w *Webhook) error {
	_, err := tx.exec(`INSERT INTO webhook (id, circle, url, secret, events, created_by, created_at, acked) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		w.ID, w.Circle, w.URL, w.Secret, w.Events, w.CreatedBy, w.CreatedAt, w.Acked)
	return err
}

// Webhooks returns those of a circle, the oldest first.
func (tx *Tx) Webhooks(circle circles.CircleID) ([]*Webhook, error) {
	return list(tx, scanWebhook, "SELECT "+webhookColumns+" FROM webhook w WHERE w.circle = $1 ORDER BY w.id", circle)
}

// Webhook returns one by its id.
func (tx *Tx) Webhook(id int64) (*Webhook, error) {
	w, err := one(tx, scanWebhook, "SELECT "+webhookColumns+" FROM webhook w WHERE w.id = $1", id)
	return w, notFound(err, "webhook")
}

// DueWebhooks returns webhooks in use whose circle's stream has entries behind their position and whose time
// has come, at most limit.
func (tx *Tx) DueWebhooks(limit int) ([]*Webhook, error) {
	return list(tx, scanWebhook, "SELECT "+webhookColumns+` FROM webhook w WHERE w.disabled_at = 0 AND w.next_try_at <= $1
		AND EXISTS (SELECT 1 FROM event e WHERE e.stream = w.circle AND e.seq > w.acked) ORDER BY w.next_try_at, w.id LIMIT $2`, tx.at, limit)
}

// MoveWebhook writes how far a webhook got, which only grows. One that was removed meanwhile stays so.
func (tx *Tx) MoveWebhook(id int64, acked circles.Seq) error {
	_, err := tx.exec("UPDATE webhook SET acked = $2 WHERE id = $1 AND acked < $2", id, acked)
	return err
}

// NoteWebhook writes how a delivery went, unless somebody took the webhook into use again since it was
// read, or removed it; then it reports false, and what is known of it must be read again.
func (tx *Tx) NoteWebhook(w *Webhook) (bool, error) {
	n, err := tx.exec(`UPDATE webhook SET delivered_at = $3, failing_since = $4, next_try_at = $5, last_status = $6, last_error = $7, disabled_at = $8
		WHERE id = $1 AND rev = $2`, w.ID, w.Rev, w.DeliveredAt, w.FailingSince, w.NextTryAt, w.LastStatus, cleanText(w.LastError, 300), w.DisabledAt)
	return n == 1, err
}

// ResumeWebhook takes a webhook into use again, and makes by the one who answers for it.
func (tx *Tx) ResumeWebhook(id int64, by circles.PersonID) error {
	_, err := tx.exec(`UPDATE webhook SET created_by = $2, disabled_at = 0, failing_since = 0, next_try_at = 0, last_error = '', rev = rev + 1
		WHERE id = $1`, id, by)
	return err
}

// DeleteWebhook removes one.
func (tx *Tx) DeleteWebhook(id int64) error {
	_, err := tx.exec("DELETE FROM webhook WHERE id = $1", id)
	return err
}
