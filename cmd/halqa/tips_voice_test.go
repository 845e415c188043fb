package main

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"halqa/circles"
	"halqa/circles/ranking"
	"halqa/internal/app"
	"halqa/internal/store"
)

// A script is played twice on the same clock, once without its tips: in credits, as gifts with a note, in
// red packets that are taken, taken back and left over, undone, over a wallet, given back, and charged back.
// Nothing that anybody may say, nothing of their standing and no order of posts is another.
func TestTipsBuyNoVoice(t *testing.T) {
	with, moved := playScript(t, true)
	without, none := playScript(t, false)
	t.Logf("with tips: %+v", moved)
	if moved.least() < 3 || moved.arrived < 100 || none != (purses{}) {
		t.Fatalf("with tips %+v, without %+v: the script is not what the test is about", moved, none)
	}
	for i := range max(len(with), len(without)) {
		a, b := "nothing", "nothing"
		if i < len(with) {
			a = with[i]
		}
		if i < len(without) {
			b = without[i]
		}
		if a != b {
			t.Fatalf("line %d: with tips\n%s\nwithout\n%s", i, a, b)
		}
	}
	ledger := 0
	for _, line := range with {
		if strings.HasPrefix(line, "standing ") {
			ledger++
		}
	}
	if len(with) < 400 || ledger < 20 {
		t.Fatalf("%d lines, %d of standing: too few to show anything", len(with), ledger)
	}
}

func playScript(t *testing.T, tipping bool) (lines []string, moved purses) {
	t.Helper()
	ctx := t.Context()
	now := time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)
	cfg := defaultConfig()
	cfg.Data = t.TempDir()
	log, err := newLog(io.Discard, "error")
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(err)
	h, err := openHouse(ctx, cfg, "http://localhost", log, func() time.Time { return now })
	must(err)
	t.Cleanup(func() { h.close() })
	say := func(format string, args ...any) { lines = append(lines, fmt.Sprintf(format, args...)) }
	decided := func(what string, err error) {
		var refusal *circles.Error
		if err != nil && !errors.As(err, &refusal) {
			t.Fatalf("%s: %v", what, err)
		}
		say("%s: %v", what, err)
	}

	var people []circles.Viewer
	for i := range 6 {
		role := circles.SiteMember
		if i == 0 {
			role = circles.SiteAdmin
		}
		name := fmt.Sprintf("person%d", i)
		_, err := h.accounts.Create(ctx, name, demoPassword, role)
		must(err)
		v, err := h.viewer(ctx, name)
		must(err)
		people = append(people, v)
		now = now.Add(time.Minute)
	}
	c, err := h.app.CreateCircle(ctx, people[0], app.NewCircle{Name: "plants", Title: "Plants", Language: "en"})
	must(err)
	for _, v := range people[1:] {
		now = now.Add(time.Minute)
		_, err := h.app.Join(ctx, v, c.CircleID())
		decided("join", err)
	}
	var g *generous
	if tipping {
		g = newGenerous(t, h, people, c.CircleID(), &now)
	}
	r := rand.New(rand.NewPCG(7, 11))
	var posts []circles.PostID
	for step := range 240 {
		now = now.Add(time.Duration(1+r.IntN(300)) * time.Minute)
		who := people[r.IntN(len(people))]
		do, on, value, amount := r.IntN(10), r.IntN(1<<20), []int{1, 1, 1, -1, 0}[r.IntN(5)], int64(3+r.IntN(9))
		switch {
		case len(posts) == 0 || do < 2:
			p, err := h.app.Post(ctx, who, app.NewPost{Circle: c.CircleID(), Title: fmt.Sprintf("Post %d", step), Body: "Soil.", Language: "en"})
			decided("post", err)
			if err == nil {
				posts = append(posts, p.ID)
			}
		case do < 5:
			p, err := h.app.Comment(ctx, who, app.NewComment{Parent: posts[on%len(posts)], Body: fmt.Sprintf("Comment %d", step), Language: "en"})
			decided("comment", err)
			if err == nil {
				posts = append(posts, p.ID)
			}
		default:
			_, err := h.app.Vote(ctx, who, posts[on%len(posts)], value)
			decided("vote", err)
		}
		if tipping && len(posts) > 0 { // who is liked and who is not, and then more
			g.give(step, who, posts[on%len(posts)], amount)
		}
		now = now.Add(time.Minute)
		must(h.app.SweepStanding(ctx))
		if step%20 == 19 {
			for _, sort := range ranking.FeedOrders() {
				page, err := h.app.Feed(ctx, people[1], app.FeedQuery{Scope: app.All, Sort: sort})
				must(err)
				var order []string
				for _, card := range page.Posts {
					order = append(order, card.Post.Title)
				}
				say("%s: %s", sort, strings.Join(order, ", "))
			}
		}
	}
	now = now.Add(25 * time.Hour) // red packets are over
	if tipping {
		moved = g.ends()
	}
	must(h.store.View(ctx, func(tx *store.Tx) error {
		all, err := tx.Ledger(0, 10_000)
		for _, e := range all {
			say("standing %+v", e)
		}
		return err
	}))
	return lines, moved
}
