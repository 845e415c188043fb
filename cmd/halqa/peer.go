package main

import (
	"context"
	"fmt"
	"text/tabwriter"

	"halqa/circles"
	"halqa/internal/moderation"
)

type peerCmd struct {
	List     peerListCmd     `cmd:"" help:"List other servers: what is exchanged with them, and whether they are trusted in standing."`
	Trust    peerTrustCmd    `cmd:"" help:"Trust a server in standing: ratings by its people count from its first day here, and the ages it claims for its accounts are believed."`
	Distrust peerDistrustCmd `cmd:"" help:"Trust a server no more than any other."`
}

type peerListCmd struct{}

func (c *peerListCmd) Run(ctx context.Context, term *terminal, g *cli) error {
	return withHouse(ctx, term, g, func(h *house) error {
		w := tabwriter.NewWriter(term.out, 0, 0, 2, ' ', 0)
		fmt.Fprintln(w, "SERVER\tEXCHANGED\tTRUSTED\tREASON\t")
		after := ""
		for {
			page, next, err := h.peers().AllPeers(ctx, after)
			if err != nil {
				return err
			}
			for _, p := range page {
				exchanged, trusted := "everything", "no"
				if p.Policy != "" {
					exchanged = string(p.Policy)
				}
				if p.Trusted {
					trusted = "yes"
				}
				fmt.Fprintf(w, "%s\t%s\t%s\t%s\t\n", p.Host, exchanged, trusted, p.Reason)
			}
			if after = next; after == "" {
				return w.Flush()
			}
		}
	})
}

type peerTrustCmd struct {
	Host   string `arg:"" help:"The server, such as example.org."`
	As     string `required:"" help:"The user name of an admin, who is named in the log." placeholder:"NAME"`
	Reason string `required:"" help:"Why; everyone can read it."`
}

func (c *peerTrustCmd) Run(ctx context.Context, term *terminal, g *cli) error {
	return trustPeer(ctx, term, g, c.As, c.Host, true, c.Reason)
}

type peerDistrustCmd struct {
	Host string `arg:"" help:"The server."`
	As   string `required:"" help:"The user name of an admin, who is named in the log." placeholder:"NAME"`
}

func (c *peerDistrustCmd) Run(ctx context.Context, term *terminal, g *cli) error {
	return trustPeer(ctx, term, g, c.As, c.Host, false, "")
}

func trustPeer(ctx context.Context, term *terminal, g *cli, as, host string, trusted bool, reason string) error {
	return withHouse(ctx, term, g, func(h *house) error {
		who, err := h.viewer(ctx, as)
		if err != nil {
			return err
		}
		if who.Role != circles.SiteAdmin {
			return circles.Errorf(circles.Forbidden, "%s is no admin; `halqa user role` makes one.", as)
		}
		return h.peers().TrustPeer(ctx, who, host, trusted, reason)
	})
}

// peers is what decides about servers, also where no server runs: nothing here concerns what is sent.
func (h *house) peers() *moderation.Moderation {
	return moderation.New(moderation.Options{Store: h.store, App: h.app, Host: h.site.Host})
}
