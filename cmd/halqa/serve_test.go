package main

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

func TestServeAnswersAndStopsCleanly(t *testing.T) {
	in := newInstance(t)
	// Once before, so that what a first run leaves for the whole process does not count.
	in.serve().stop()
	before := ours()

	s := in.serve()
	for path, want := range map[string]int{"/": 200, "/.well-known/nodeinfo": 200, "/nodeinfo/2.1": 200, "/c/nobody": 404} {
		if got := s.status(path); got != want {
			t.Errorf("GET %s: %d, want %d", path, got, want)
		}
	}
	if code := s.stop(); code != exitOK {
		t.Errorf("exit status %d, want 0\n%s", code, s.err)
	}
	eventually(t, "everything that the server started has ended", func() bool { return ours() <= before })
	if _, err := os.Lstat(filepath.Join(in.data, ctlName)); !os.IsNotExist(err) {
		t.Errorf("the control socket is still there: %v", err)
	}
	in.serve().stop() // the folder is free again
}

var setupAddress = regexp.MustCompile(`Set it up here, once: (http://localhost:\d+/setup\?token=(\S+))\n`)

func TestServePrintsTheSetUpAddressUntilSomebodyRunsIt(t *testing.T) {
	in := newInstance(t, `log = "debug"`)
	s := in.serve()
	first := setupAddress.FindStringSubmatch(s.out.String())
	if first == nil {
		t.Fatalf("no set-up address in %q", s.out)
	}
	if strings.Contains(s.err.String(), first[2]) {
		t.Error("the token is in the log")
	}
	s.stop()
	s = in.serve()
	second := setupAddress.FindStringSubmatch(s.out.String())
	if second == nil || second[2] == first[2] {
		t.Errorf("the second start printed %q, want another address", s.out)
	}
	s.must("", "user", "create", "ann", "--role", "admin")
	s.stop()
	s = in.serve()
	if strings.Contains(s.out.String(), "token") {
		t.Errorf("somebody runs it, and it printed %q", s.out)
	}
}

func TestSecondServerOnOneFolderIsRefused(t *testing.T) {
	in := newInstance(t)
	s := in.serve()
	in.run("", "serve").wantRefused(t, "Another Halqa is running on the data folder "+in.data)
	if got := s.status("/"); got != 200 {
		t.Errorf("the first server answers %d afterwards", got)
	}
}

func TestPortInUse(t *testing.T) {
	l, err := net.Listen("tcp", "localhost:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	in := newInstance(t)
	in.run("", "serve", "--listen", l.Addr().String()).wantRefused(t, "Halqa cannot listen on "+l.Addr().String())
	if _, err := os.Stat(in.data); !os.IsNotExist(err) {
		t.Errorf("a refused start made the data folder: %v", err)
	}
}

func TestDataFolderThatCannotBeUsed(t *testing.T) {
	in := newInstance(t)
	if err := os.WriteFile(in.data, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	in.run("", "serve").wantRefused(t, "The data folder "+in.data+" cannot be made")
	in = newInstance(t)
	// Root may write anywhere, so it is the lock that cannot be opened.
	if err := os.MkdirAll(filepath.Join(in.data, "lock"), 0o700); err != nil {
		t.Fatal(err)
	}
	in.run("", "serve").wantRefused(t, "The data folder "+in.data+" cannot be written")
	in = newInstance(t)
	in.data += strings.Repeat("/long", 30)
	in.configure()
	in.run("", "serve").wantRefused(t, "too long for its control socket")
}

func TestHostIsSetOnceAndForAll(t *testing.T) {
	in := newInstance(t)
	in.must("", "user", "create", "lin") // without a host it is still open
	in.configure(`host = "circles.example"`)
	in.must("", "user", "list")
	in.configure(`host = "other.example"`)
	in.run("", "serve").wantRefused(t, `set host = "circles.example"`)
	in.run("", "user", "list").wantRefused(t, "belongs to the instance circles.example")
	in.configure()
	in.run("", "serve").wantRefused(t, `Set host = "circles.example"`)
	in.configure(`host = "circles.example"`)
	s := in.serve()
	if !strings.Contains(s.out.String(), "Halqa is at https://circles.example/") {
		t.Errorf("serve printed %q", s.out)
	}
}

// Somebody who runs a command in the wrong folder is told so, not shown an empty instance.
func TestReadingMakesNoInstance(t *testing.T) {
	if os.Getenv("HALQA_TEST_ENGINE") == "postgres" {
		t.Skip("PostgreSQL is named by its address and cannot be mistaken for another folder's")
	}
	in := newInstance(t)
	for _, args := range [][]string{{"user", "list"}, {"circle", "list"}, {"user", "role", "lin", "admin"}, {"backup", filepath.Join(t.TempDir(), "b")}} {
		in.run("", args...).wantRefused(t, "There is no instance in the data folder "+in.data)
	}
	if _, err := os.Stat(in.data); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the data folder was made: %v", err)
	}
	in.must("", "user", "create", "lin")
	in.must("", "user", "list")
}

// The same commands, in the running server and on their own.
func TestCommandsWithAndWithoutAServer(t *testing.T) {
	for _, running := range []bool{true, false} {
		t.Run(fmt.Sprintf("running=%v", running), func(t *testing.T) {
			in := newInstance(t, `log = "debug"`)
			var s *served
			if running {
				s = in.serve()
			}
			const password = "correct horse battery staple"
			o := in.must(password+"\n", "user", "create", "ann", "--role", "admin", "--password=-")
			if !strings.HasSuffix(o.out, "/u/ann\n") || strings.Contains(o.out+o.err, password) {
				t.Errorf("user create printed %q, %q", o.out, o.err)
			}
			made := in.must("", "user", "create", "ben")
			if !regexp.MustCompile(`/u/ben\npassword: \S.{10,}\n$`).MatchString(made.out) {
				t.Errorf("user create printed %q, want a password that it made", made.out)
			}
			in.run("", "user", "create", "cleo", "--password", "on-the-command-line").wantRefused(t, "can be read by others on this machine")
			in.run("", "user", "create", "ann").wantRefused(t, "")
			in.run("", "user", "create", "no spaces").wantRefused(t, "")
			in.run("", "user", "create", "dora", "--role", "king").wantRefused(t, "")
			in.must("", "user", "role", "ben", "moderator")
			list := in.must("", "user", "list").out
			if !regexp.MustCompile(`(?m)^ann +admin +`).MatchString(list) || !regexp.MustCompile(`(?m)^ben +moderator +`).MatchString(list) {
				t.Errorf("user list printed\n%s", list)
			}
			reset := in.must("", "user", "reset-password", "ann").out
			if !strings.HasPrefix(reset, "password: ") {
				t.Errorf("user reset-password printed %q", reset)
			}
			in.run("", "user", "reset-password", "nobody").wantRefused(t, "")
			in.run("", "user", "registration", "ajar").wantRefused(t, "")
			if o := in.must("", "user", "registration", "open"); o.out != "Registration is open now.\n" {
				t.Errorf("user registration printed %q", o.out)
			}
			if running {
				if got := s.status("/signup"); got != 200 {
					t.Errorf("registration is open, and GET /signup: %d", got)
				}
			}

			o = in.must("Plants and **patience**.", "circle", "create", "gardening", "--owner", "ann", "--title", "Gardening", "--description", "-")
			if !strings.HasSuffix(o.out, "/c/gardening\n") {
				t.Errorf("circle create printed %q", o.out)
			}
			in.run("", "circle", "create", "gardening", "--owner", "ann").wantRefused(t, "")
			in.run("", "circle", "create", "tea", "--owner", "nobody").wantRefused(t, `no account called "nobody"`)
			in.run("", "circle", "create", "tea", "--owner", "ann", "--visibility", "secret").wantRefused(t, "")
			if list := in.must("", "circle", "list").out; !regexp.MustCompile(`(?m)^gardening +public +1 +0 +Gardening`).MatchString(list) {
				t.Errorf("circle list printed\n%s", list)
			}
			o = in.must("Soil first.\n", "post", "create", "gardening", "What is first?", "--as", "ann", "--body=-")
			path := regexp.MustCompile(`/post/\d+\n$`).FindString(o.out)
			if path == "" {
				t.Errorf("post create printed %q", o.out)
			}
			in.run("", "post", "create", "tea", "Hello", "--as", "ann").wantRefused(t, `no circle called "tea"`)
			if running {
				if got := s.status(strings.TrimSpace(path)); got != 200 {
					t.Errorf("GET %s: %d", strings.TrimSpace(path), got)
				}
				for _, secret := range []string{password, strings.TrimSpace(strings.TrimPrefix(reset, "password: "))} {
					if strings.Contains(s.err.String()+s.out.String(), secret) {
						t.Error("a password is in the log")
					}
				}
			}
		})
	}
}

func TestControlSocketIsItsOwnersAlone(t *testing.T) {
	in := newInstance(t)
	if err := os.MkdirAll(in.data, 0o755); err != nil {
		t.Fatal(err)
	}
	socket := filepath.Join(in.data, ctlName)
	left, err := net.Listen("unix", socket) // a killed server's
	if err != nil {
		t.Fatal(err)
	}
	left.(*net.UnixListener).SetUnlinkOnClose(false)
	left.Close()
	in.must("", "user", "create", "ann") // nobody answers there, so the command works by itself
	s := in.serve()
	info, err := os.Lstat(socket)
	if err != nil || info.Mode() != os.ModeSocket|0o600 {
		t.Errorf("the socket is %v, %v, want it readable by its owner only", info.Mode(), err)
	}
	in.must("", "user", "create", "ben")
	if list := in.must("", "user", "list").out; strings.Count(list, "\n") != 3 {
		t.Errorf("user list printed\n%s", list)
	}
	s.stop()
	in.must("", "user", "list")
}

// Only a trusted proxy is believed, and of what it says only the part that it added itself.
func TestClientBehindProxies(t *testing.T) {
	proxies, err := prefixes("proxies", append([]string{"10.0.0.0/8"}, loopback...))
	if err != nil {
		t.Fatal(err)
	}
	h := &house{proxies: proxies}
	for _, c := range []struct{ peer, forwarded, want string }{
		{"203.0.113.9:1", "", "203.0.113.9"},
		{"203.0.113.9:1", "198.51.100.1", "203.0.113.9"}, // a stranger's claim
		{"127.0.0.1:1", "", "127.0.0.1"},
		{"127.0.0.1:1", "198.51.100.1", "198.51.100.1"},
		{"[::ffff:127.0.0.1]:1", "::ffff:198.51.100.1", "198.51.100.1"},
		{"127.0.0.1:1", "6.6.6.6, 198.51.100.1", "198.51.100.1"}, // the first is the client's own claim
		{"10.1.1.1:1", "6.6.6.6, 198.51.100.1, 10.2.2.2", "198.51.100.1"},
		{"10.1.1.1:1", "10.3.3.3", "10.3.3.3"},
		{"127.0.0.1:1", "127.0.0.1", "127.0.0.1"},
		{"127.0.0.1:1", "nonsense", "127.0.0.1"},
		{"10.1.1.1:1", "nonsense, 10.2.2.2", "10.2.2.2"},
	} {
		r := &http.Request{RemoteAddr: c.peer, Header: http.Header{}}
		if c.forwarded != "" {
			r.Header.Set("X-Forwarded-For", c.forwarded)
		}
		if got := h.client(r).String(); got != c.want {
			t.Errorf("%s saying %q: %s, want %s", c.peer, c.forwarded, got, c.want)
		}
	}
}

// What is in the database can be read by its owner only.
func TestDataFolderIsPrivate(t *testing.T) {
	in := newInstance(t)
	in.must("", "user", "create", "ann")
	err := filepath.WalkDir(in.data, func(p string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err == nil && info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has mode %v", p, info.Mode())
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
