package web

import (
	"net/http"
	"net/url"
	"slices"

	"github.com/labstack/echo/v4"

	"halqa/circles"
	"halqa/internal/app"
)

// webhooks is /c/{name}/webhooks: which programs are told of what happens in a circle.
func (s *Server) webhooks(v *visit) error {
	page, err := v.readCircle()
	if err != nil {
		return err
	}
	return v.showWebhooks(page.Circle, http.StatusOK, nil, url.Values{"event": app.WebhookEvents()[:1]}, "")
}

func (v *visit) showWebhooks(c *circles.Circle, status int, form *Form, typed url.Values, secret string) error {
	all, err := v.s.app.Webhooks(v.Request().Context(), v.who, c.CircleID())
	if err != nil {
		return err
	}
	view := WebhooksView{Page: v.page(v.l.T("webhooks.title")), Circle: v.s.circleRef(c), Tabs: v.circleTabs(c, "webhooks"), Action: c.Path() + "/webhooks", URL: typed.Get("url"), Secret: secret}
	view.NoIndex = true
	if form != nil {
		view.Form = *form
	}
	for _, w := range all {
		row := WebhookRow{ID: w.ID, URL: w.URL, Delivered: at(w.DeliveredAt), Failing: at(w.FailingSince), Status: w.LastStatus, Error: w.LastError, Disabled: w.DisabledAt != 0}
		for _, e := range w.Events {
			row.Events = append(row.Events, v.l.T("webhooks.event-"+e))
		}
		view.Hooks = append(view.Hooks, row)
	}
	for _, e := range app.WebhookEvents() {
		view.Events = append(view.Events, Option{Value: e, Label: v.l.T("webhooks.event-" + e), Selected: slices.Contains(typed["event"], e)})
	}
	return v.show(status, "webhooks", view)
}

// changeWebhooks adds one, which shows its secret once, or removes or resumes one: POST /c/{name}/webhooks
// with url and event; or with remove or resume, its number.
func (s *Server) changeWebhooks(v *visit) error {
	page, err := v.readCircle()
	if err != nil {
		return err
	}
	f, err := v.form()
	if err != nil {
		return err
	}
	ctx, c := v.Request().Context(), page.Circle
	if number := f.Get("remove") + f.Get("resume"); number != "" {
		id, err := parseNumber(number)
		if err != nil {
			return err
		}
		verb, flash := s.app.RemoveWebhook, "flash.webhook-removed"
		if f.Get("resume") != "" {
			verb, flash = s.app.ResumeWebhook, "flash.webhook-resumed"
		}
		if err := verb(ctx, v.who, c.CircleID(), id); err != nil {
			return err
		}
		return v.onward(c.Path()+"/webhooks", flash)
	}
	made, err := s.app.AddWebhook(ctx, v.who, app.NewWebhook{Circle: c.CircleID(), URL: f.Get("url"), Events: f["event"]})
	if err != nil {
		var form Form
		status, err := v.refused(&form, err, nil)
		if err != nil {
			return err
		}
		return v.showWebhooks(c, status, &form, f, "")
	}
	v.Response().Header().Set(echo.HeaderCacheControl, "no-store")
	return v.showWebhooks(c, http.StatusOK, nil, url.Values{}, made.Secret)
}
