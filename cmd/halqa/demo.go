package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"halqa/circles"
	"halqa/internal/app"
	"halqa/internal/store"
	"halqa/internal/tips"
	"halqa/wallet"
)

// The demo runs two whole instances in one process, on loopback, with a data folder each. They know
// nothing of each other but addresses: everything that one shows of the other came over HTTP, signed.

const (
	demoPassword = "growth rings all around"
	demoPatience = 30 * time.Second // for one thing to arrive on the other instance
	demoLook     = 50 * time.Millisecond
)

type demoCmd struct {
	Ports []int  `help:"The ports of the two instances." default:"8081,8082"`
	Data  string `help:"Keep the data here; without it a temporary folder is used and removed." placeholder:"DIR" type:"path"`
	Once  bool   `help:"Stop when everything has arrived, instead of waiting to be stopped."`
}

func (c *demoCmd) Run(ctx context.Context, term *terminal) error {
	if len(c.Ports) != 2 {
		return circles.Errorf(circles.Invalid, "The demo needs two ports, such as --ports 8081,8082.")
	}
	dir := c.Data
	if dir == "" {
		temp, err := os.MkdirTemp("", "halqa-demo-")
		if err != nil {
			return err
		}
		defer os.RemoveAll(temp)
		dir = temp
	}
	log, err := newLog(term.err, "warn")
	if err != nil {
		return err
	}
	d, err := startDemo(ctx, dir, c.Ports, log)
	if err != nil {
		return err
	}
	err = d.play(ctx, term.out)
	if err == nil && !c.Once {
		fmt.Fprintf(term.out, "\nEverybody's password is %q. Stop with Ctrl-C.\n", demoPassword)
		<-ctx.Done()
	}
	if ctx.Err() != nil {
		err = nil // stopped in the middle, as asked
	}
	return errors.Join(err, d.stop())
}

// A demo is two instances that federate.
type demo struct {
	here, there *server
}

func startDemo(ctx context.Context, dir string, ports []int, log *slog.Logger) (*demo, error) {
	start := func(i int) (*server, error) {
		cfg := defaultConfig()
		cfg.Listen = fmt.Sprintf("localhost:%d", ports[i])
		cfg.Data = filepath.Join(dir, []string{"here", "there"}[i])
		return startServer(ctx, cfg, log.With("instance", i+1))
	}
	here, err := start(0)
	if err != nil {
		return nil, err
	}
	there, err := start(1)
	if err != nil {
		return nil, errors.Join(err, here.stop())
	}
	return &demo{here: here, there: there}, nil
}

func (d *demo) stop() error { return errors.Join(d.here.stop(), d.there.stop()) }

// play fills both instances with a conversation and waits until each has what the other said. A
// folder that was filled before is only shown.
func (d *demo) play(ctx context.Context, out io.Writer) error {
	here, there := d.here.house, d.there.house
	fmt.Fprintf(out, "First instance:  %s/\nSecond instance: %s/\n\n", here.site.Base, there.site.Base)
	if filled, err := here.hasPeople(ctx); err != nil || filled {
		return err
	}
	lin, err := here.demoPerson(ctx, "lin", circles.SiteAdmin)
	if err != nil {
		return err
	}
	amina, err := here.demoPerson(ctx, "amina", circles.SiteMember)
	if err != nil {
		return err
	}
	tomas, err := there.demoPerson(ctx, "tomas", circles.SiteAdmin)
	if err != nil {
		return err
	}
	gardening, err := here.app.CreateCircle(ctx, lin, app.NewCircle{
		Name: "gardening", Title: "Gardening", Topic: "plants", Language: "en", Hue: 3,
		Description: "Seeds, soil and patience. **Photos welcome.**", Rules: "1. Be kind.\n2. Say where you garden: advice depends on it.",
	})
	if err != nil {
		return err
	}
	tea, err := there.app.CreateCircle(ctx, tomas, app.NewCircle{
		Name: "tea", Title: "茶 · Tea", Topic: "food", Language: "zh", Hue: 8, Description: "喝茶，聊天。 Tea and talk.",
	})
	if err != nil {
		return err
	}
	if _, err := here.app.Join(ctx, amina, gardening.CircleID()); err != nil {
		return err
	}

	// Each follows the other's circle, by name, as a person would.
	remoteGarden, err := there.followDemo(ctx, tomas, "gardening", here.site.Host)
	if err != nil {
		return err
	}
	remoteTea, err := here.followDemo(ctx, amina, "tea", there.site.Host)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "tomas follows !gardening@%s, amina follows !tea@%s\n", here.site.Host, there.site.Host)

	post, err := here.app.Post(ctx, lin, app.NewPost{
		Circle: gardening.CircleID(), Title: "When do you start tomatoes?", Language: "en",
		Body: "Last year I sowed in **March** and they grew leggy on the window sill.\n\n- Do you use a lamp?\n- Which variety stands a cold May?",
	})
	if err != nil {
		return err
	}
	copied, err := there.waitPost(ctx, here.site.Address(post.URI))
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "lin's post arrived:          %s%s\n", there.site.Base, copied.Path())

	comment, err := there.app.Comment(ctx, tomas, app.NewComment{Parent: copied.ID, Body: "A lamp from mid-March, and *Stupice*: it fruits in anything.", Language: "en"})
	if err != nil {
		return err
	}
	if _, err := there.app.Vote(ctx, tomas, copied.ID, 1); err != nil {
		return err
	}
	answer, err := here.waitPost(ctx, there.site.Address(comment.URI))
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "tomas's comment arrived:     %s/post/%s\n", here.site.Base, post.ID)
	err = here.wait(ctx, "tomas's like", func(tx *store.Tx) (bool, error) {
		p, err := tx.Post(post.ID)
		return err == nil && p.Ups == 1, err
	})
	if err != nil {
		return err
	}
	fmt.Fprintln(out, "tomas's like arrived")

	reply, err := here.app.Comment(ctx, amina, app.NewComment{Parent: answer.ID, Body: "Thank you! Ordered.", Language: "en"})
	if err != nil {
		return err
	}
	if _, err := there.waitPost(ctx, here.site.Address(reply.URI)); err != nil {
		return err
	}
	fmt.Fprintln(out, "amina's answer arrived")

	steep, err := here.app.Post(ctx, amina, app.NewPost{
		Circle: remoteTea.CircleID(), Title: "第一泡要不要倒掉？", Language: "zh", Body: "绿茶我一般不洗茶，普洱会洗。你们呢？",
	})
	if err != nil {
		return err
	}
	if _, err := there.waitPost(ctx, here.site.Address(steep.URI)); err != nil {
		return err
	}
	fmt.Fprintf(out, "amina's post in !tea arrived: %s/c/%s\n", there.site.Base, tea.Name)

	if _, err := here.app.Edit(ctx, lin, post.ID, app.Edit{
		Title: "When do you start tomatoes? (answered)", Language: "en",
		Body: post.Body + "\n\nEdit: a lamp it is.",
	}); err != nil {
		return err
	}
	err = there.wait(ctx, "lin's edit", func(tx *store.Tx) (bool, error) {
		p, err := tx.Post(copied.ID)
		return err == nil && p.EditedAt != 0, err
	})
	if err != nil {
		return err
	}
	fmt.Fprintln(out, "lin's edit arrived")

	off, err := here.app.Comment(ctx, amina, app.NewComment{Parent: post.ID, Body: "Wrong window, sorry.", Language: "en"})
	if err != nil {
		return err
	}
	offThere, err := there.waitPost(ctx, here.site.Address(off.URI))
	if err != nil {
		return err
	}
	if err := here.app.Delete(ctx, amina, off.ID); err != nil {
		return err
	}
	err = there.wait(ctx, "amina's deletion", func(tx *store.Tx) (bool, error) {
		p, err := tx.Post(offThere.ID)
		return err == nil && p.State == circles.Deleted, err
	})
	if err != nil {
		return err
	}
	fmt.Fprintln(out, "amina's deletion arrived")
	if err := here.demoTips(ctx, lin, amina, post.ID, reply.ID); err != nil {
		return err
	}
	fmt.Fprintf(out, "amina tipped lin:            %s/tips\n", here.site.Base)
	fmt.Fprintf(out, "\nLook at\n  %s/c/gardening\n  %s%s\n  %s/c/tea\n  %s%s\n", here.site.Base, there.site.Base, remoteGarden.Path(), there.site.Base, here.site.Base, remoteTea.Path())
	fmt.Fprintf(out, "Sign in as lin or amina at %s/login, as tomas at %s/login.\n", here.site.Base, there.site.Base)
	return nil
}

// demoTips has an admin give out credits, and the two tip each other. What was given last can still be
// undone for ten minutes.
func (h *house) demoTips(ctx context.Context, lin, amina circles.Viewer, post, comment circles.PostID) error {
	for _, v := range []circles.Viewer{lin, amina} {
		if err := h.tips.Grant(ctx, lin, v.Person, wallet.Amount{Minor: 50, Asset: creditsCode}, "To begin with", "demo-"+v.Person.String()); err != nil {
			return err
		}
	}
	if _, err := h.tips.Start(ctx, amina, tips.Intent{Post: post, Adapter: "credits", Amount: wallet.Amount{Minor: 5, Asset: creditsCode}, Note: "For the lamp.", Once: "demo"}); err != nil {
		return err
	}
	_, err := h.tips.Start(ctx, lin, tips.Intent{Post: comment, Adapter: "credits", Amount: wallet.Amount{Minor: 2, Asset: creditsCode}, Once: "demo"})
	return err
}

func (h *house) hasPeople(ctx context.Context) (bool, error) {
	counts, err := h.app.Counts(ctx)
	return counts.People > 0, err
}

func (h *house) demoPerson(ctx context.Context, name string, role circles.SiteRole) (circles.Viewer, error) {
	if _, err := h.accounts.Create(ctx, name, demoPassword, role); err != nil {
		return circles.Viewer{}, err
	}
	return h.viewer(ctx, name)
}

// followDemo finds a circle on another instance, follows it, and waits to be let in.
func (h *house) followDemo(ctx context.Context, who circles.Viewer, name, host string) (*circles.Circle, error) {
	found, err := h.inbox.Lookup(ctx, circles.KindCircle, name, host)
	if err != nil {
		return nil, err
	}
	if _, err := h.app.Join(ctx, who, circles.CircleID(found.ID)); err != nil {
		return nil, err
	}
	var c *circles.Circle
	err = h.wait(ctx, "the answer of !"+name+"@"+host, func(tx *store.Tx) (bool, error) {
		role, err := tx.Role(circles.CircleID(found.ID), who.Person)
		if err != nil || !role.Member() {
			return false, err
		}
		c, err = tx.Circle(circles.CircleID(found.ID))
		return err == nil, err
	})
	return c, err
}

func (h *house) waitPost(ctx context.Context, address string) (*circles.Post, error) {
	var p *circles.Post
	err := h.wait(ctx, address, func(tx *store.Tx) (bool, error) {
		var err error
		p, err = tx.PostByURI(h.site.URI(address))
		if circles.Is(err, circles.NotFound) {
			return false, nil
		}
		return err == nil, err
	})
	return p, err
}

// wait looks until something holds.
func (h *house) wait(ctx context.Context, what string, holds func(*store.Tx) (bool, error)) error {
	ctx, cancel := context.WithTimeout(ctx, demoPatience)
	defer cancel()
	tick := time.NewTicker(demoLook)
	defer tick.Stop()
	for {
		ok := false
		err := h.store.View(ctx, func(tx *store.Tx) error {
			var err error
			ok, err = holds(tx)
			return err
		})
		if err == nil && ok {
			return nil
		}
		if err != nil && ctx.Err() == nil {
			return fmt.Errorf("%s: %w", what, err)
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%s did not arrive at %s within %v", what, h.site.Host, demoPatience)
		case <-tick.C:
		}
	}
}
