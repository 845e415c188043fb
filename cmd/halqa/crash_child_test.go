package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"halqa/circles"
	"halqa/internal/app"
	"halqa/internal/store"
	"halqa/internal/testdb"
)

// What the process that is killed finds in its environment, and says.
const (
	envCrashData   = "HALQA_CRASH_DATA"   // its data folder
	envCrashDSN    = "HALQA_CRASH_DSN"    // its PostgreSQL database; "" = SQLite in the data folder
	envCrashBase   = "HALQA_CRASH_BASE"   // the address others know it by, which leads to it through a recorder
	envCrashWallet = "HALQA_CRASH_WALLET" // where the wallet is that it uses; "" = none
	envCrashBank   = "HALQA_CRASH_BANK"   // of the wallet's own process: where its money is
	envCrashClock  = "HALQA_CRASH_CLOCK"  // how far its clock is ahead, in seconds
	crashReady     = "crash child ready "
)

// A deed is something that one of the people of a child does.
type deed struct {
	Verb   string // person, circle, join, post, comment, vote, edit, delete, and those of tips
	Who    string
	Circle string // name, or name@host
	At     string // the address of what it is about
	Title  string
	Text   string
	Value  int
	Wallet string
	Tip    int64
}

// A done is the answer to a deed. Once it is out, nothing of it may be lost.
type done struct {
	Address string
	Refused string // why it was not done

	Tip   int64
	Ways  []string // how it can be paid
	Books *crashBooks
}

// TestCrashChild is no test: it is an instance in a process of its own, which TestCrash kills. It does
// the deeds that it is sent, and ends with the pipe it was given.
func TestCrashChild(t *testing.T) {
	data, base := os.Getenv(envCrashData), os.Getenv(envCrashBase)
	if data == "" {
		t.Skip("a process that TestCrash starts")
	}
	go func() {
		io.Copy(io.Discard, os.Stdin)
		os.Exit(3) // who started it is gone
	}()
	cfg := defaultConfig()
	cfg.Data, cfg.database = data, os.Getenv(envCrashDSN)
	web, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	cfg.Tips = crashTips()
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	clock := newCrashClock(t)
	h, err := openHouse(t.Context(), cfg, base, log, clock.now)
	if err != nil {
		t.Fatal(err)
	}
	if err := testdb.Ungate(t.Context(), h.store); err != nil {
		t.Fatal(err)
	}
	srv := &server{house: h}
	if err := srv.start(t.Context(), web); err != nil {
		t.Fatal(err)
	}
	deeds, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	fmt.Printf("%s%s %s\n", crashReady, web.Addr(), deeds.Addr())
	t.Fatal(http.Serve(deeds, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var d deed
		if err := json.NewDecoder(r.Body).Decode(&d); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		if d.Verb == "clock" {
			clock.ahead.Store(int64(d.Value))
			fmt.Fprint(w, "{}")
			return
		}
		answer, err := h.do(r.Context(), d)
		var refusal *circles.Error
		switch {
		case errors.As(err, &refusal) && refusal.Kind != circles.Internal && refusal.Kind != circles.Busy:
			answer.Refused = refusal.Message
		case err != nil:
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		if err := json.NewEncoder(w).Encode(answer); err != nil {
			log.Error("answer", "error", err)
		}
	})))
}

// do does a deed.
func (h *house) do(ctx context.Context, d deed) (done, error) {
	switch d.Verb {
	case "person":
		_, err := h.demoPerson(ctx, d.Who, circles.SiteAdmin)
		return done{}, err
	case "fetch":
		_, err := h.inbox.FetchPost(ctx, d.At)
		return done{}, err
	}
	who, err := h.viewer(ctx, d.Who)
	if err != nil {
		return done{}, err
	}
	var at *circles.Post
	if d.At != "" {
		err := h.store.View(ctx, func(tx *store.Tx) (err error) {
			at, err = tx.PostByURI(h.site.URI(d.At))
			return err
		})
		if err != nil {
			return done{}, err
		}
	}
	made := func(p *circles.Post, err error) (done, error) {
		if err != nil {
			return done{}, err
		}
		return done{Address: h.site.Address(p.URI)}, nil
	}
	switch d.Verb {
	case "circle":
		_, err := h.app.CreateCircle(ctx, who, app.NewCircle{Name: d.Circle, Title: d.Circle, Topic: "nature", Language: "en"})
		return done{}, err
	case "join":
		name, host, _ := strings.Cut(d.Circle, "@")
		if host == h.site.Host {
			id, err := h.circle(ctx, name)
			if err == nil {
				_, err = h.app.Join(ctx, who, id)
			}
			return done{}, err
		}
		_, err := h.followDemo(ctx, who, name, host)
		return done{}, err
	case "post":
		id, err := h.circle(ctx, d.Circle)
		if err != nil {
			return done{}, err
		}
		return made(h.app.Post(ctx, who, app.NewPost{Circle: id, Title: d.Title, Body: d.Text, Language: "en"}))
	case "comment":
		return made(h.app.Comment(ctx, who, app.NewComment{Parent: at.ID, Body: d.Text, Language: "en"}))
	case "vote":
		return made(h.app.Vote(ctx, who, at.ID, d.Value))
	case "edit":
		return made(h.app.Edit(ctx, who, at.ID, app.Edit{Title: at.Title, Body: d.Text, Language: "en"}))
	case "delete":
		return done{}, h.app.Delete(ctx, who, at.ID)
	}
	return h.doTip(ctx, who, at, d)
}

// A child is an instance whose process can be killed and started again. Others reach it through its
// recorder, at an address that stays.
type child struct {
	t    *testing.T
	runs string // the test that is the process
	env  []string
	data string
	dsn  string // of PostgreSQL; "" = SQLite
	*recorder

	ahead int // of its clock, in seconds

	said  *lines
	cmd   *exec.Cmd
	pipe  io.Closer
	ended chan struct{}

	mu    sync.Mutex
	deeds string // where it takes them; "" = it is down
}

func newChild(t *testing.T) *child {
	t.Helper()
	c := newProcess(t, "TestCrashChild")
	if os.Getenv("HALQA_TEST_ENGINE") == "postgres" {
		c.dsn = testdb.DSN(t)
	}
	return c
}

// newProcess is a child that does what a test says.
func newProcess(t *testing.T, runs string, env ...string) *child {
	t.Helper()
	c := &child{t: t, runs: runs, env: env, data: t.TempDir(), recorder: newRecorder(t), said: &lines{}}
	t.Cleanup(func() {
		c.kill()
		if t.Failed() {
			t.Logf("%s said:\n%s", c.base, c.said)
		}
	})
	return c
}

// start starts the process and returns when it answers.
func (c *child) start() {
	c.t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^"+c.runs+"$", "-test.timeout=0")
	cmd.Env = append(os.Environ(), envCrashData+"="+c.data, envCrashDSN+"="+c.dsn, envCrashBase+"="+c.base, fmt.Sprintf("%s=%d", envCrashClock, c.ahead))
	cmd.Env = append(cmd.Env, c.env...)
	cmd.Stderr = c.said
	pipe, err := cmd.StdinPipe()
	if err != nil {
		c.t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		c.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		c.t.Fatal(err)
	}
	c.cmd, c.pipe, c.ended = cmd, pipe, make(chan struct{})
	ready := make(chan []string, 1)
	go func(ended chan struct{}) {
		defer close(ended)
		scan := bufio.NewScanner(out)
		for scan.Scan() {
			if where, ok := strings.CutPrefix(scan.Text(), crashReady); ok {
				ready <- strings.Fields(where)
			} else {
				fmt.Fprintln(c.said, scan.Text())
			}
		}
		_ = cmd.Wait() // it was killed
	}(c.ended)
	select {
	case where := <-ready:
		c.mu.Lock()
		c.deeds = where[1]
		c.mu.Unlock()
		c.leadTo(where[0])
	case <-c.ended:
		c.t.Fatalf("the child ended at once\n%s", c.said)
	case <-time.After(patience):
		c.t.Fatalf("the child does not answer\n%s", c.said)
	}
}

// kill ends the process as if the power had failed, and waits until it is gone.
func (c *child) kill() {
	c.mu.Lock()
	c.deeds = ""
	c.mu.Unlock()
	if c.cmd == nil {
		return
	}
	_ = c.cmd.Process.Kill()
	<-c.ended
	c.leadTo("")
	c.pipe.Close()
	c.cmd = nil
}

// errNoAnswer says that a deed may have been done or not.
var errNoAnswer = errors.New("no answer")

// do asks the child for a deed.
func (c *child) do(ctx context.Context, d deed) (done, error) {
	c.mu.Lock()
	where := c.deeds
	c.mu.Unlock()
	if where == "" {
		return done{Refused: "it is down"}, nil
	}
	body, err := json.Marshal(d)
	if err != nil {
		return done{}, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+where, bytes.NewReader(body))
	if err != nil {
		return done{}, err
	}
	res, err := c.direct.RoundTrip(req)
	if err != nil {
		return done{}, errNoAnswer
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		return done{}, errNoAnswer
	}
	if res.StatusCode != http.StatusOK {
		return done{}, fmt.Errorf("%s: status %d: %s", d.Verb, res.StatusCode, text)
	}
	var answer done
	if err := json.Unmarshal(text, &answer); err != nil {
		return done{}, errNoAnswer
	}
	return answer, nil
}

// must is do for what has to work.
func (c *child) must(d deed) {
	c.t.Helper()
	if answer, err := c.do(c.t.Context(), d); err != nil || answer.Refused != "" {
		c.t.Fatalf("%+v: %s %v\n%s", d, answer.Refused, err, c.said)
	}
}
