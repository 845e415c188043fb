package main

import (
	"context"
	"fmt"
	"text/tabwriter"

	"halqa/circles"
	"halqa/internal/app"
)

type circleCmd struct {
	Create circleCreateCmd `cmd:"" help:"Open a circle."`
	List   circleListCmd   `cmd:"" help:"List the circles that live here."`
}

type circleCreateCmd struct {
	Name        string `arg:"" help:"The name after the !: 3 to 30 of a–z, 0–9 and _."`
	Owner       string `required:"" help:"The user name of who will own it." placeholder:"NAME"`
	Title       string `help:"The title; without it the name."`
	Topic       string `help:"What it is about, in one line."`
	Language    string `help:"Its language, such as en or zh; without it any."`
	Description string `help:"Markdown; - reads it from standard input."`
	Rules       string `help:"Markdown."`
	Visibility  string `help:"public, unlisted, local or members." default:"public"`
	Posting     string `help:"open or operators." default:"open"`
	Sensitive   bool   `help:"Everything in it is shown behind a warning."`
}

func (c *circleCreateCmd) Run(ctx context.Context, term *terminal, g *cli) error {
	visibility, err := circles.ParseVisibility(c.Visibility)
	if err != nil {
		return err
	}
	posting, err := circles.ParsePosting(c.Posting)
	if err != nil {
		return err
	}
	description, err := argument(term, c.Description)
	if err != nil {
		return err
	}
	return withHouse(ctx, term, g, func(h *house) error {
		who, err := h.viewer(ctx, c.Owner)
		if err != nil {
			return err
		}
		who.Role = circles.SiteAdmin // whoever has a shell here runs the instance; no gate asks them for days
		made, err := h.app.CreateCircle(ctx, who, app.NewCircle{
			Name: c.Name, Title: c.Title, Topic: c.Topic, Language: c.Language, Description: description, Rules: c.Rules,
			Visibility: visibility, Posting: posting, Sensitive: c.Sensitive,
		})
		if err == nil {
			fmt.Fprintln(term.out, h.site.Address(made.URI))
		}
		return err
	})
}

type circleListCmd struct{}

func (c *circleListCmd) Run(ctx context.Context, term *terminal, g *cli) error {
	return withHouse(ctx, term, g, func(h *house) error {
		w := tabwriter.NewWriter(term.out, 0, 0, 2, ' ', 0)
		fmt.Fprintln(w, "NAME\tVISIBILITY\tMEMBERS\tPOSTS\tTITLE\t")
		var last circles.CircleID
		for {
			page, err := h.localCircles(ctx, last)
			if err != nil {
				return err
			}
			if len(page) == 0 {
				return w.Flush()
			}
			for _, c := range page {
				fmt.Fprintf(w, "%s\t%s\t%d\t%d\t%s\t\n", c.Name, c.Visibility, c.Members, c.Posts, c.Title())
				last = c.CircleID()
			}
		}
	})
}
