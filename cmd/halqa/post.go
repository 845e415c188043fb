package main

import (
	"context"
	"fmt"
	"io"
	"strings"

	"halqa/circles"
	"halqa/internal/app"
	"halqa/internal/store"
)

type postCmd struct {
	Create postCreateCmd `cmd:"" help:"Post in a circle."`
}

type postCreateCmd struct {
	Circle   string `arg:"" help:"The circle: its name here, or name@host."`
	Title    string `arg:"" help:"The title."`
	As       string `required:"" help:"The user name of the author." placeholder:"NAME"`
	Body     string `help:"Markdown; - reads it from standard input."`
	Link     string `help:"The page it is about."`
	Language string `help:"Its language, such as en or zh."`
	Warning  string `help:"A content warning; the post is shown behind it."`
}

func (c *postCreateCmd) Run(ctx context.Context, term *terminal, g *cli) error {
	body, err := argument(term, c.Body)
	if err != nil {
		return err
	}
	return withHouse(ctx, term, g, func(h *house) error {
		who, err := h.viewer(ctx, c.As)
		if err != nil {
			return err
		}
		circle, err := h.circle(ctx, c.Circle)
		if err != nil {
			return err
		}
		made, err := h.app.Post(ctx, who, app.NewPost{
			Circle: circle, Title: c.Title, Body: body, Link: c.Link, Language: c.Language, Warning: c.Warning,
		})
		if err == nil {
			fmt.Fprintln(term.out, h.site.Address(made.URI))
		}
		return err
	})
}

// argument is a text given as such, or on standard input where it is "-".
func argument(term *terminal, s string) (string, error) {
	if s != "-" {
		return s, nil
	}
	text, err := io.ReadAll(io.LimitReader(term.in, maxCtl))
	if err != nil {
		return "", fmt.Errorf("read standard input: %w", err)
	}
	return string(text), nil
}

// circle finds a circle that is known here by name or name@host.
func (h *house) circle(ctx context.Context, handle string) (circles.CircleID, error) {
	name, host, _ := strings.Cut(strings.TrimPrefix(strings.ToLower(handle), "!"), "@")
	if host == h.site.Host {
		host = ""
	}
	var id circles.CircleID
	err := h.store.View(ctx, func(tx *store.Tx) error {
		c, err := tx.CircleByName(name, host)
		if circles.Is(err, circles.NotFound) {
			return circles.Errorf(circles.NotFound, "There is no circle called %q here.", handle)
		}
		if err == nil {
			id = c.CircleID()
		}
		return err
	})
	return id, err
}

// localCircles returns a page of the circles that live here, after one.
func (h *house) localCircles(ctx context.Context, after circles.CircleID) ([]*circles.Circle, error) {
	var page []*circles.Circle
	err := h.store.View(ctx, func(tx *store.Tx) error {
		var err error
		page, err = tx.LocalCircles(after, 200)
		return err
	})
	return page, err
}
