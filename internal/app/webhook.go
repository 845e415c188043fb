package app

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"net/url"
	"slices"
	"strings"

	"halqa/circles"
	"halqa/internal/standing"
	"halqa/internal/store"
)

const (
	maxWebhooks    = 10   // of one circle
	maxWebhookAddr = 1000 // bytes
)

// WebhookEvents are what a webhook can be told of.
func WebhookEvents() []string { return []string{"post", "comment", "member", "report"} }

// NewWebhook is where operators want to be told of what happens in their circle, and of what.
type NewWebhook struct {
	Circle circles.CircleID
	URL    string
	Events []string // of WebhookEvents
}

// A Webhook is such an address, with how it goes. Times are UTC microseconds, 0 = never.
type Webhook struct {
	ID           int64
	URL          string
	Events       []string
	Secret       string // only when it is made
	CreatedAt    int64
	DeliveredAt  int64
	FailingSince int64
	NextTryAt    int64
	LastStatus   int
	LastError    string
	DisabledAt   int64
}

func webhookOf(w *store.Webhook) Webhook {
	return Webhook{ID: w.ID, URL: w.URL, Events: strings.Fields(w.Events), CreatedAt: w.CreatedAt, DeliveredAt: w.DeliveredAt, FailingSince: w.FailingSince,
		NextTryAt: w.NextTryAt, LastStatus: w.LastStatus, LastError: w.LastError, DisabledAt: w.DisabledAt}
}

// AddWebhook notes one, which is told of what happens from now on. Its secret is made here and returned once.
// It is theirs who makes it: once they may not have it any more, it is told nothing (see MayHook).
func (a *App) AddWebhook(ctx context.Context, who circles.Viewer, in NewWebhook) (Webhook, error) {
	u, err := url.Parse(strings.TrimSpace(in.URL))
	if err != nil || len(in.URL) > maxWebhookAddr || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil || u.Fragment != "" {
		return Webhook{}, circles.FieldErrorf(circles.Invalid, "url", "That is no address to send to; write it as https://example.org/path.").With("refused.webhook-url", nil)
	}
	var events []string
	for _, known := range WebhookEvents() {
		if slices.Contains(in.Events, known) {
			events = append(events, known)
		}
	}
	if len(events) == 0 || slices.ContainsFunc(in.Events, func(e string) bool { return !slices.Contains(events, e) }) {
		return Webhook{}, circles.FieldErrorf(circles.Invalid, "events", "Choose what it is told of: post, comment, member or report.").With("refused.webhook-events", nil)
	}
	var secret [24]byte
	rand.Read(secret[:])
	w := &store.Webhook{Circle: in.Circle, URL: u.String(), Secret: "whsec_" + base64.StdEncoding.EncodeToString(secret[:]), Events: strings.Join(events, " "), CreatedBy: who.Person}
	err = a.update(ctx, "add webhook", func(tx *store.Tx) error {
		if err := mayHook(tx, who, in.Circle, w.Events); err != nil {
			return err
		}
		all, err := tx.Webhooks(in.Circle)
		if err != nil {
			return err
		}
		if len(all) >= maxWebhooks {
			return circles.Errorf(circles.TooLarge, "A circle can have %d webhooks; remove one first.", maxWebhooks).With("refused.too-many-webhooks", map[string]any{"Max": maxWebhooks})
		}
		if _, w.Acked, err = tx.LogEnds(); err != nil {
			return err
		}
		w.ID, w.CreatedAt = tx.NewID(), tx.Now()
		return tx.AddWebhook(w)
	})
	out := webhookOf(w)
	out.Secret = w.Secret
	return out, err
}

// hookReports is of WebhookEvents the one that tells what only moderators read.
const hookReports = "report"

// TellsReports reports whether these events tell of what only moderators read.
func TellsReports(events []string) bool { return slices.Contains(events, hookReports) }

// mayHook lets in who may change a circle of ours and, for events that tell of reports, read those.
func mayHook(tx *store.Tx, who circles.Viewer, id circles.CircleID, events string) error {
	c, err := tx.Circle(id)
	if err != nil {
		return err
	}
	if _, err = allow(tx, standing.Question{Who: who, Action: standing.EditCircle, Circle: c}); err != nil {
		return err
	}
	if TellsReports(strings.Fields(events)) {
		_, err = allow(tx, standing.Question{Who: who, Action: standing.SeeReports, Circle: c})
	}
	return err
}

// MayHook reports whether whoever made a webhook, or resumed it last, may still have it: somebody who runs
// the circle no more, or was suspended, is told nothing by it either.
func MayHook(tx *store.Tx, w *store.Webhook) (bool, error) {
	who, err := tx.Account(w.CreatedBy)
	if circles.Is(err, circles.NotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	err = mayHook(tx, circles.Viewer{Person: who.Person, Role: who.Role}, w.Circle, w.Events)
	switch circles.KindOf(err) {
	case circles.Denied, circles.Forbidden, circles.NotFound, circles.Gone:
		return false, nil
	}
	return err == nil, err
}

// Webhooks returns those of a circle, for who may change it.
func (a *App) Webhooks(ctx context.Context, who circles.Viewer, id circles.CircleID) ([]Webhook, error) {
	var out []Webhook
	err := a.view(ctx, "webhooks", func(tx *store.Tx) error {
		out = nil
		if err := mayHook(tx, who, id, ""); err != nil {
			return err
		}
		all, err := tx.Webhooks(id)
		for _, w := range all {
			out = append(out, webhookOf(w))
		}
		return err
	})
	return out, err
}

// RemoveWebhook removes one.
func (a *App) RemoveWebhook(ctx context.Context, who circles.Viewer, circle circles.CircleID, id int64) error {
	return a.changeWebhook(ctx, who, circle, id, func(tx *store.Tx, _ *store.Webhook) error { return tx.DeleteWebhook(id) })
}

// ResumeWebhook puts one into use again that failed for so long that it was put out of use, and lets one that
// fails be tried at once. What happened meanwhile it is told of as far as the log has it. From now on it is
// theirs who resumes it.
func (a *App) ResumeWebhook(ctx context.Context, who circles.Viewer, circle circles.CircleID, id int64) error {
	return a.changeWebhook(ctx, who, circle, id, func(tx *store.Tx, w *store.Webhook) error {
		if err := mayHook(tx, who, circle, w.Events); err != nil {
			return err
		}
		return tx.ResumeWebhook(id, who.Person)
	})
}

func (a *App) changeWebhook(ctx context.Context, who circles.Viewer, circle circles.CircleID, id int64, change func(*store.Tx, *store.Webhook) error) error {
	return a.update(ctx, "change webhook", func(tx *store.Tx) error {
		if err := mayHook(tx, who, circle, ""); err != nil {
			return err
		}
		w, err := tx.Webhook(id)
		if err != nil {
			return err
		}
		if w.Circle != circle {
			return circles.Errorf(circles.NotFound, "There is no such webhook.")
		}
		return change(tx, w)
	})
}
