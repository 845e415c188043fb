package web

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"time"

	"halqa/circles"
	"halqa/internal/text"
)

const (
	// askFor bounds how long a visitor waits for their own server to say where it takes people who
	// want to join something, and askers how many wait at a time: they need not sign in for it.
	askFor = 10 * time.Second
	askers = 4
)

// interact is /authorize_interaction?uri=, where other servers send our people who want to follow or join
// something: it is found, and a form asks whether they do. Our WebFinger names this address.
func (s *Server) interact(v *visit) error {
	path, err := s.find(v, strings.TrimSpace(v.QueryParam("uri")))
	if err != nil {
		return err
	}
	return v.Redirect(http.StatusSeeOther, interactPath(path))
}

// interactPath is where somebody who came for this page is asked; a post is read.
func interactPath(path string) string {
	if strings.HasPrefix(path, "/c/") || strings.HasPrefix(path, "/u/") {
		if u, err := url.Parse(path); err == nil && strings.Count(u.Path, "/") == 2 {
			return path + "/interact"
		}
	}
	return path
}

// joinForm and followForm ask: /c/{name}/interact and /u/{name}/interact.
func (s *Server) joinForm(v *visit) error {
	page, err := v.readCircle()
	if err != nil {
		return err
	}
	c := page.Circle
	if page.Role != circles.NoRole || page.NoJoin != nil {
		return v.Redirect(http.StatusSeeOther, c.Path())
	}
	return v.ask(v.l.T("interact.circle", "Name", "!"+s.handleOf(&c.Actor)), v.l.T("circle.join"), c.Path(), "/join", c.Title())
}

func (s *Server) followForm(v *visit) error {
	p, err := v.readPerson()
	if err != nil {
		return err
	}
	if p.ID == v.member.Actor.ID {
		return v.Redirect(http.StatusSeeOther, p.Path())
	}
	return v.ask(v.l.T("interact.person", "Name", "@"+s.handleOf(p)), v.l.T("person.follow"), p.Path(), "/follow", s.person(p).Label())
}

func (v *visit) ask(title, button, path, act, subject string) error {
	view := ConfirmView{Page: v.page(title), Action: path + act, Lead: v.l.T("interact.lead"), Button: button, Back: Link{Href: path}, Subject: subject}
	view.NoIndex = true
	return v.show(http.StatusOK, "confirm", view)
}

// joinElsewhere shows the way to join a circle from another server: POST /c/{name}/elsewhere with handle,
// by anybody. It leads on by a link and not by itself, so that nobody is sent away from here unseen.
func (s *Server) joinElsewhere(v *visit) error {
	page, err := v.readCircle()
	if err != nil {
		return err
	}
	f, err := v.form()
	if err != nil {
		return err
	}
	c := page.Circle
	if page.Closed || !c.Visibility.Federated() || s.options.Subscribe == nil {
		return noPage
	}
	view := ElsewhereView{Page: v.page(v.l.T("interact.join-title")), Circle: s.circleRef(c), Handle: "!" + s.handleOf(&c.Actor), Action: c.Path() + "/elsewhere",
		Me: strings.TrimSpace(f.Get("handle"))}
	view.NoIndex = true
	status := http.StatusOK
	name, host, err := s.handleElsewhere(view.Me)
	if err != nil {
		if status, err = v.refused(&view.Form, err, nil); err != nil {
			return err
		}
		return v.show(status, "elsewhere", view)
	}
	view.Host = host
	if to, err := s.subscribeAt(v.Request().Context(), name, host); err == nil {
		view.Go = strings.ReplaceAll(to, "{uri}", url.QueryEscape(s.actorID(&c.Actor)))
	}
	return v.show(status, "elsewhere", view)
}

func (s *Server) handleElsewhere(raw string) (name, host string, err error) {
	if raw != "" && !strings.HasPrefix(raw, "@") {
		raw = "@" + raw
	}
	kind, name, host, err := text.ParseHandle(raw)
	switch {
	case err != nil || kind != text.Person || host == "":
		return "", "", circles.FieldErrorf(circles.Invalid, "handle", "That is not a person's name; write it as @name or @name@host.").With("refused.person", nil)
	case host == s.host:
		return "", "", circles.FieldErrorf(circles.Invalid, "handle", "That is an account of this place; log in here instead.").With("refused.own-handle", nil)
	}
	return name, host, nil
}

// subscribeAt asks a server where it takes its people who want to join something.
func (s *Server) subscribeAt(ctx context.Context, name, host string) (string, error) {
	select {
	case s.asking <- struct{}{}:
		defer func() { <-s.asking }()
	default:
		return "", circles.Errorf(circles.Busy, "Too many people ask at once.")
	}
	ctx, cancel := context.WithTimeout(ctx, askFor)
	defer cancel()
	to, err := s.options.Subscribe(ctx, name, host)
	if err != nil {
		return "", err
	}
	if u, err := url.Parse(to); err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || !strings.Contains(to, "{uri}") {
		return "", circles.Errorf(circles.Invalid, "%s did not say how to join from there.", host)
	}
	return to, nil
}
