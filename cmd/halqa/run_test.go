package main

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"halqa/internal/testdb"
)

// patience is how long a test waits for something that happens on its own. It says nothing about how
// fast that is.
const patience = 60 * time.Second

// An instance is a configuration file and a data folder, which commands are run on.
type instance struct {
	t      *testing.T
	config string // the file
	data   string
	env    map[string]string
}

// newInstance writes a configuration with these further lines at its top.
func newInstance(t *testing.T, lines ...string) *instance {
	t.Helper()
	dir := t.TempDir()
	in := &instance{t: t, config: filepath.Join(dir, "halqa.toml"), data: filepath.Join(dir, "data"), env: map[string]string{}}
	if os.Getenv("HALQA_TEST_ENGINE") == "postgres" {
		in.env["HALQA_DATABASE"] = testdb.DSN(t)
	}
	in.configure(lines...)
	return in
}

func (in *instance) configure(lines ...string) {
	in.t.Helper()
	text := strings.Join(append(lines, `listen = "localhost:0"`, fmt.Sprintf("data = %q", in.data)), "\n") + "\n"
	if err := os.WriteFile(in.config, []byte(text), 0o600); err != nil {
		in.t.Fatal(err)
	}
}

// An outcome is what a command line came to.
type outcome struct {
	code     int
	out, err string
}

// run runs a command line on the instance.
func (in *instance) run(stdin string, args ...string) outcome {
	in.t.Helper()
	var out, errs bytes.Buffer
	code := run(in.t.Context(), append([]string{"--config", in.config}, args...), in.getenv, strings.NewReader(stdin), &out, &errs)
	return outcome{code, out.String(), errs.String()}
}

func (in *instance) getenv(name string) string { return in.env[name] }

// must is run for what has to work.
func (in *instance) must(stdin string, args ...string) outcome {
	in.t.Helper()
	o := in.run(stdin, args...)
	if o.code != exitOK {
		in.t.Fatalf("halqa %s: exit status %d\n%s%s", strings.Join(args, " "), o.code, o.out, o.err)
	}
	return o
}

// wantRefused fails unless the command said, in one sentence on one line, why it cannot be done.
func (o outcome) wantRefused(t *testing.T, sentence string) {
	t.Helper()
	if o.code != exitRefused {
		t.Errorf("exit status %d, want %d; it said: %s", o.code, exitRefused, o.err)
	}
	if strings.Count(o.err, "\n") != 1 || !strings.HasPrefix(o.err, "halqa: ") || !strings.HasSuffix(o.err, ".\n") {
		t.Errorf("it said %q, want one line with a sentence", o.err)
	}
	if !strings.Contains(o.err, sentence) {
		t.Errorf("it said %q, want it to say %q", o.err, sentence)
	}
}

// A served is an instance that runs.
type served struct {
	*instance
	base   string
	out    *lines
	err    *lines
	cancel context.CancelFunc
	code   chan int
}

var saysWhere = regexp.MustCompile(`Halqa is at (http\S+)/\n`)

// serve starts the server and waits until it answers. It is stopped when the test ends.
func (in *instance) serve(args ...string) *served {
	in.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	s := &served{instance: in, out: &lines{}, err: &lines{}, cancel: cancel, code: make(chan int, 1)}
	go func() {
		s.code <- run(ctx, append([]string{"--config", in.config, "serve"}, args...), in.getenv, strings.NewReader(""), s.out, s.err)
	}()
	in.t.Cleanup(func() { s.stop() })
	eventually(in.t, "the server says where it is", func() bool {
		if found := saysWhere.FindStringSubmatch(s.out.String()); found != nil {
			s.base = found[1]
			return true
		}
		select {
		case code := <-s.code:
			s.code <- code
			in.t.Fatalf("serve: exit status %d\n%s%s", code, s.out, s.err)
		default:
		}
		return false
	})
	return s
}

// stop asks the server to stop and returns its exit status.
func (s *served) stop() int {
	s.cancel()
	select {
	case code := <-s.code:
		s.code <- code
		return code
	case <-time.After(patience):
		s.t.Fatalf("the server did not stop\n%s", stacks())
		return -1
	}
}

func (s *served) status(path string) int {
	s.t.Helper()
	resp, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Get(s.base + path)
	if err != nil {
		s.t.Fatal(err)
	}
	resp.Body.Close()
	return resp.StatusCode
}

// lines is a buffer that may be read while it is written.
type lines struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// eventually waits until something holds.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	end := time.After(patience)
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-tick.C:
		case <-end:
			t.Fatalf("not within %v: %s", patience, what)
		}
	}
}

func stacks() string {
	buf := make([]byte, 1<<20)
	return string(buf[:runtime.Stack(buf, true)])
}

// ours counts the goroutines that run our code or serve its connections, tests left out.
func ours() int {
	n := 0
	for _, g := range strings.Split(stacks(), "\n\n") {
		if strings.Contains(g, "testing.tRunner") || strings.Contains(g, "testing.(*M)") {
			continue
		}
		if strings.Contains(g, "halqa") || strings.Contains(g, "net/http.") || strings.Contains(g, "database/sql.") {
			n++
		}
	}
	return n
}
