package api

import (
	"context"
	"slices"

	"halqa/circles"
	"halqa/internal/accounts"
	"halqa/internal/app"
)

// A Webhook is an address that is told of what happens in a circle.
type Webhook struct {
	ID           ID       `json:"id"`
	URL          string   `json:"url"`
	Events       []string `json:"events" doc:"Of post, comment, member, report."`
	Secret       string   `json:"secret,omitempty" doc:"What deliveries are signed with; only when it is made."`
	CreatedAt    Time     `json:"created_at"`
	DeliveredAt  Time     `json:"delivered_at,omitempty"`
	FailingSince Time     `json:"failing_since,omitempty"`
	NextTryAt    Time     `json:"next_try_at,omitempty"`
	LastStatus   int      `json:"last_status,omitempty"`
	LastError    string   `json:"last_error,omitempty"`
	DisabledAt   Time     `json:"disabled_at,omitempty" doc:"It failed for days and is out of use."`
}

func webhookOf(w app.Webhook) Webhook {
	return Webhook{id(w.ID), w.URL, w.Events, w.Secret, at(w.CreatedAt), at(w.DeliveredAt), at(w.FailingSince), at(w.NextTryAt), w.LastStatus, w.LastError, at(w.DisabledAt)}
}

func (s *Server) webhooks(c *call) (Page[Webhook], error) {
	circle, err := c.circleID()
	if err != nil {
		return Page[Webhook]{}, err
	}
	all, err := s.app.Webhooks(c.ctx(), c.who, circle)
	if err != nil {
		return Page[Webhook]{}, err
	}
	var out []Webhook
	for _, w := range all {
		out = append(out, webhookOf(w))
	}
	return none(c, out)
}

// A NewWebhook is where operators want to be told, and of what.
type NewWebhook struct {
	URL    string   `json:"url"`
	Events []string `json:"events" doc:"Of post, comment, member, report; the last needs a token with the scope moderate, too."`
}

func (s *Server) newWebhook(c *call, in NewWebhook) (Webhook, error) {
	circle, err := c.circleID()
	if err != nil {
		return Webhook{}, err
	}
	if app.TellsReports(in.Events) {
		if err := c.needs(accounts.ScopeModerate); err != nil {
			return Webhook{}, err
		}
	}
	w, err := s.app.AddWebhook(c.ctx(), c.who, app.NewWebhook{Circle: circle, URL: in.URL, Events: in.Events})
	if err != nil {
		return Webhook{}, err
	}
	return webhookOf(w), nil
}

// resumeWebhook asks for the scope that making such a webhook asks for: its maker may have lost theirs.
func (s *Server) resumeWebhook(c *call) error {
	return hookAct(func(a *app.App, ctx context.Context, who circles.Viewer, circle circles.CircleID, hook int64) error {
		all, err := a.Webhooks(ctx, who, circle)
		if err != nil {
			return err
		}
		if i := slices.IndexFunc(all, func(w app.Webhook) bool { return w.ID == hook }); i >= 0 && app.TellsReports(all[i].Events) {
			if err := c.needs(accounts.ScopeModerate); err != nil {
				return err
			}
		}
		return a.ResumeWebhook(ctx, who, circle, hook)
	})(c)
}

func hookAct(verb func(*app.App, context.Context, circles.Viewer, circles.CircleID, int64) error) func(*call) error {
	return func(c *call) error {
		circle, err := c.circleID()
		if err != nil {
			return err
		}
		hook, err := c.number("hook")
		if err != nil {
			return err
		}
		return verb(c.s.app, c.ctx(), c.who, circle, hook)
	}
}
