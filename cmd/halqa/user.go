package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"text/tabwriter"
	"time"

	"halqa/circles"
	"halqa/internal/accounts"
	"halqa/internal/store"
)

type userCmd struct {
	Create userCreateCmd `cmd:"" help:"Make an account and print its password."`
	List   userListCmd   `cmd:"" help:"List accounts."`
	Reset  userResetCmd  `cmd:"" name:"reset-password" help:"Give an account a new password and end its sessions."`
	Role   userRoleCmd   `cmd:"" help:"Make an account a member, moderator or admin."`

	Registration userRegistrationCmd `cmd:"" help:"Say who may sign up."`
}

// withHouse runs f on the instance: in the running server, or by opening the data where none runs. It
// makes none: who runs a command in the wrong folder must not be shown an empty instance.
func withHouse(ctx context.Context, term *terminal, g *cli, f func(*house) error) error {
	if term.house != nil {
		return f(term.house)
	}
	cfg, err := loadConfig(g.Config, term.getenv)
	if err != nil {
		return err
	}
	if path := filepath.Join(cfg.Data, databaseName); cfg.database == "" {
		if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
			return circles.Errorf(circles.NotFound, "There is no instance in the data folder %s. Name its configuration with --config, or start one with `halqa serve`.", cfg.Data)
		}
	}
	return makeHouse(ctx, term, cfg, f)
}

// makeHouse runs f on the instance and makes one where there is none.
func makeHouse(ctx context.Context, term *terminal, cfg config, f func(*house) error) error {
	log, err := newLog(term.err, "warn")
	if err != nil {
		return err
	}
	h, err := openHouse(ctx, cfg, baseOf(cfg, cfg.Listen), log, time.Now)
	if err != nil {
		return err
	}
	err = f(h)
	if cerr := h.close(); err == nil {
		err = cerr
	}
	return err
}

// viewer is the person with this name, acting by the command line.
func (h *house) viewer(ctx context.Context, name string) (circles.Viewer, error) {
	var v circles.Viewer
	err := h.store.View(ctx, func(tx *store.Tx) error {
		a, err := tx.AccountByName(name)
		if circles.Is(err, circles.NotFound) {
			return circles.Errorf(circles.NotFound, "There is no account called %q here.", name)
		}
		if err == nil {
			v = circles.Viewer{Person: a.Person, Role: a.Role}
		}
		return err
	})
	return v, err
}

type userCreateCmd struct {
	Name     string `arg:"" help:"The user name: 3 to 30 of a–z, 0–9 and _."`
	Role     string `help:"member, moderator or admin." default:"member"`
	Password string `help:"- reads it from standard input; without it one is made." placeholder:"-"`
}

func (c *userCreateCmd) Run(ctx context.Context, term *terminal, g *cli) error {
	role, err := circles.ParseSiteRole(c.Role)
	if err != nil {
		return err
	}
	password := ""
	if c.Password != "" {
		if c.Password != "-" {
			return circles.Errorf(circles.Invalid, "A password on the command line can be read by others on this machine; use --password=- and standard input.")
		}
		if password, err = readLine(term); err != nil {
			return err
		}
	}
	create := func(h *house) error {
		made, err := h.accounts.Create(ctx, c.Name, password, role)
		if err != nil {
			return err
		}
		fmt.Fprintf(term.out, "%s/u/%s\n", h.site.Base, c.Name)
		if password == "" {
			fmt.Fprintf(term.out, "password: %s\n", made)
		}
		return nil
	}
	if term.house != nil {
		return create(term.house)
	}
	cfg, err := loadConfig(g.Config, term.getenv)
	if err != nil {
		return err
	}
	return makeHouse(ctx, term, cfg, create) // the first account may be made before the first start
}

type userListCmd struct{}

func (c *userListCmd) Run(ctx context.Context, term *terminal, g *cli) error {
	return withHouse(ctx, term, g, func(h *house) error {
		w := tabwriter.NewWriter(term.out, 0, 0, 2, ' ', 0)
		fmt.Fprintln(w, "NAME\tROLE\tSINCE\tSEEN\t")
		err := h.accounts.List(ctx, func(a accounts.Listed) error {
			state := ""
			if a.Suspended {
				state = "suspended"
			}
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", a.Name, a.Role, day(a.CreatedAt), day(a.SeenAt), state)
			return nil
		})
		if err != nil {
			return err
		}
		return w.Flush()
	})
}

func day(micros int64) string {
	if micros == 0 {
		return "never"
	}
	return time.UnixMicro(micros).UTC().Format(time.DateOnly)
}

type userResetCmd struct {
	Name string `arg:"" help:"Whose password."`
}

func (c *userResetCmd) Run(ctx context.Context, term *terminal, g *cli) error {
	return withHouse(ctx, term, g, func(h *house) error {
		password, err := h.accounts.ResetPassword(ctx, c.Name)
		if err == nil {
			fmt.Fprintf(term.out, "password: %s\n", password)
		}
		return err
	})
}

type userRoleCmd struct {
	Name string `arg:"" help:"Whose role."`
	Role string `arg:"" help:"member, moderator or admin."`
}

func (c *userRoleCmd) Run(ctx context.Context, term *terminal, g *cli) error {
	role, err := circles.ParseSiteRole(c.Role)
	if err != nil {
		return err
	}
	return withHouse(ctx, term, g, func(h *house) error {
		if err := h.accounts.SetRole(ctx, c.Name, role); err != nil {
			return err
		}
		fmt.Fprintf(term.out, "%s is %s now.\n", c.Name, role)
		return nil
	})
}

type userRegistrationCmd struct {
	Mode string `arg:"" help:"open or closed."`
}

func (c *userRegistrationCmd) Run(ctx context.Context, term *terminal, g *cli) error {
	mode, err := accounts.ParseRegistration(c.Mode)
	if err != nil {
		return err
	}
	return withHouse(ctx, term, g, func(h *house) error {
		err := h.store.Update(ctx, func(tx *store.Tx) error {
			return tx.SetSetting(store.SettingRegistration, string(mode))
		})
		if err != nil {
			return err
		}
		fmt.Fprintf(term.out, "Registration is %s now.\n", mode)
		return nil
	})
}
