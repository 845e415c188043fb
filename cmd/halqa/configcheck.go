package main

import (
	"context"
	"fmt"
)

type configCmd struct {
	Check configCheckCmd `cmd:"" help:"Read the configuration and say what is wrong with it."`
}

type configCheckCmd struct {
	Online bool `help:"Look at the instance from outside too: name, certificate, WebFinger, clock, reverse proxy."`
}

// Run reports the first mistake, or what the configuration comes to, and then what others see.
func (c *configCheckCmd) Run(ctx context.Context, term *terminal, g *cli) error {
	cfg, err := loadConfig(g.Config, term.getenv)
	if err != nil {
		return err
	}
	database := "SQLite in " + cfg.Data
	if cfg.database != "" {
		database = "PostgreSQL"
	}
	host := cfg.Host
	if host == "" {
		host = "none; this machine only"
	}
	fmt.Fprintf(term.out, "host: %s\nlisten: %s\ndata: %s\ndatabase: %s\n", host, cfg.Listen, cfg.Data, database)
	for _, network := range cfg.Federation.LabNetworks {
		fmt.Fprintf(term.out, "warning: strangers can make this server ask machines in %s (federation.lab_networks)\n", network)
	}
	for _, warning := range cfg.Tips.Alipay.warnings() {
		fmt.Fprintf(term.out, "warning: %s\n", warning)
	}
	fmt.Fprintln(term.out, "The configuration can be used.")
	if !c.Online {
		return nil
	}
	o, done, err := newOutside(cfg)
	if err != nil {
		return err
	}
	defer done()
	return o.look(ctx, term.out)
}
