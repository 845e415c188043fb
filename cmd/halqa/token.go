package main

import (
	"context"
	"fmt"

	"halqa/internal/accounts"
)

type tokenCmd struct {
	Create tokenCreateCmd `cmd:"" help:"Make a token for a script and print it."`
}

type tokenCreateCmd struct {
	Name   string `arg:"" help:"Whose token."`
	For    string `help:"What it is for; its owner sees that in their settings." required:"" placeholder:"WHAT"`
	Scopes string `help:"What it may do, with spaces between: read notifications write follow messages tip circles moderate account admin." default:"read"`
	Days   int    `help:"How long it lives: 1 to 365." default:"90"`
}

func (c *tokenCreateCmd) Run(ctx context.Context, term *terminal, g *cli) error {
	scopes, err := accounts.ParseScopes(c.Scopes)
	if err != nil {
		return err
	}
	return withHouse(ctx, term, g, func(h *house) error {
		token, _, err := h.accounts.MakeTokenFor(ctx, c.Name, accounts.NewToken{Name: c.For, Scopes: scopes, Days: c.Days})
		if err == nil {
			fmt.Fprintln(term.out, token)
		}
		return err
	})
}
