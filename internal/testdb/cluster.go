package testdb

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

var errNotInstalled = errors.New("PostgreSQL is not installed")

// watchdog stops the server once nobody has held the lock on the file of its users for ten seconds;
// the go command starts test binaries one after another. A lock ends with its process, however that
// ends, so no server outlives its tests for long. Whoever comes while it stops waits for the lock,
// finds no server and starts another.
//
// Arguments: the file of users, the program pg_ctl, the data folder.
const watchdog = `
while :; do
	flock -x "$1" true || exit 1
	sleep 10
	flock -x -n -E 75 "$1" sh -c '"$1" -D "$2" -m immediate -w stop; rm -rf "$2"' sh "$2" "$3"
	[ $? -eq 75 ] || exit 0
done`

// A cluster is a PostgreSQL server of the tests' own, in a folder that all test binaries of a user
// share:
//
//	users       locked, shared, by each process that uses the server, until it ends
//	start       locked while one of them looks whether the server runs, and starts it
//	server/     owned by the account the server runs under
//	  guard     locked by the watchdog
//	  data/     the databases
//	  .s.PGSQL… the socket; the server listens on no port
type cluster struct {
	bin     string // folder of the programs
	dir     string
	account *syscall.Credential // nil = our own; PostgreSQL refuses to run as root
}

// joinCluster returns the address of the running server, starting it if need be. It keeps the server
// alive until this process ends.
func joinCluster() (dsn string, err error) {
	c, err := newCluster()
	if err != nil {
		return "", err
	}
	if _, err := lockFile(filepath.Join(c.dir, "users"), syscall.LOCK_SH); err != nil {
		return "", err
	}
	start, err := lockFile(filepath.Join(c.dir, "start"), syscall.LOCK_EX)
	if err != nil {
		return "", err
	}
	defer syscall.Close(start)
	if !c.running() {
		if err := c.start(); err != nil {
			return "", err
		}
	}
	return c.dsn(), c.guard()
}

func newCluster() (*cluster, error) {
	c := &cluster{dir: filepath.Join(os.TempDir(), fmt.Sprintf("halqa-test-postgres-%d", os.Getuid()))}
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb") // Debian keeps them off the path
	slices.SortFunc(found, func(a, b string) int { return version(b) - version(a) })
	if p, err := exec.LookPath("initdb"); err == nil {
		found = append(found, p)
	}
	if len(found) == 0 {
		return nil, errNotInstalled
	}
	c.bin = filepath.Dir(found[0])
	if _, err := exec.LookPath("flock"); err != nil {
		return nil, fmt.Errorf("%w: nor is flock, without which nothing would stop it", errNotInstalled)
	}

	owner := os.Getuid()
	if owner == 0 {
		u, err := user.Lookup("postgres")
		if err != nil {
			return nil, fmt.Errorf("%w: it refuses to run as root and there is no account postgres", errNotInstalled)
		}
		uid, _ := strconv.Atoi(u.Uid)
		gid, _ := strconv.Atoi(u.Gid)
		c.account = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
		owner = uid
	}
	if err := ownFolder(c.dir, os.Getuid(), 0o711); err != nil {
		return nil, err
	}
	return c, ownFolder(c.server(), owner, 0o700)
}

func version(initdb string) int {
	n, _ := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(initdb))))
	return n
}

// ownFolder makes the folder. In a public place a stranger's may stand there instead; that is an error.
func ownFolder(dir string, uid int, mode os.FileMode) error {
	err := os.Mkdir(dir, mode)
	if err == nil {
		return os.Chown(dir, uid, -1)
	}
	fi, e := os.Lstat(dir)
	if e != nil {
		return err
	}
	if st, ok := fi.Sys().(*syscall.Stat_t); !ok || !fi.IsDir() || int(st.Uid) != uid {
		return fmt.Errorf("%s is not a folder of user %d", dir, uid)
	}
	return nil
}

func (c *cluster) server() string { return filepath.Join(c.dir, "server") }
func (c *cluster) data() string   { return filepath.Join(c.server(), "data") }

func (c *cluster) dsn() string {
	u := url.URL{Scheme: "postgres", User: url.User("halqa"), Path: "/postgres", RawQuery: url.Values{"host": {c.server()}}.Encode()}
	return u.String()
}

func (c *cluster) running() bool {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	conn, err := pgx.Connect(ctx, c.dsn())
	if err != nil {
		return false
	}
	conn.Close(ctx)
	return true
}

// start makes a new server. It loses everything if the machine stops, which is what makes it quick.
func (c *cluster) start() error {
	if err := os.RemoveAll(c.data()); err != nil {
		return err
	}
	// Sorting by the rules of a language, as most servers in use do: a query that forgets to say how
	// it sorts shall be found here.
	err := c.run("initdb", "-D", c.data(), "--username=halqa", "--auth=trust", "--encoding=UTF8",
		"--locale=C.UTF-8", "--locale-provider=icu", "--icu-locale=en-US", "--no-sync", "--no-instructions")
	if err != nil {
		return err
	}
	return c.run("pg_ctl", "-D", c.data(), "-l", filepath.Join(c.data(), "server.log"), "-w", "start", "-o",
		"-c listen_addresses='' -c unix_socket_directories='"+c.server()+"' -c max_connections=400"+
			" -c fsync=off -c synchronous_commit=off -c full_page_writes=off -c autovacuum=off")
}

// guard starts the watchdog unless one is there.
func (c *cluster) guard() error {
	file := filepath.Join(c.server(), "guard")
	fd, err := lockFile(file, syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return nil
	}
	if err != nil {
		return err
	}
	lock := os.NewFile(uintptr(fd), file)
	defer lock.Close()
	cmd := c.command("sh", "-c", watchdog, "sh", filepath.Join(c.dir, "users"), filepath.Join(c.bin, "pg_ctl"), c.data())
	cmd.ExtraFiles = []*os.File{lock} // the lock is the open file's; it stays with the watchdog
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start watchdog: %w", err)
	}
	return cmd.Process.Release()
}

func (c *cluster) run(program string, args ...string) error {
	out, err := os.CreateTemp("", "halqa-postgres-")
	if err != nil {
		return err
	}
	defer os.Remove(out.Name())
	defer out.Close()
	cmd := c.command(filepath.Join(c.bin, program), args...)
	cmd.Stdout, cmd.Stderr = out, out // a file, not a pipe: the server inherits it and would keep a pipe open
	if err := cmd.Run(); err != nil {
		said, _ := os.ReadFile(out.Name())
		return fmt.Errorf("%s: %w\n%s", program, err, said)
	}
	return nil
}

// command runs under the server's account, in a session of its own: an interrupt at the terminal is
// for the tests.
func (c *cluster) command(program string, args ...string) *exec.Cmd {
	cmd := exec.Command(program, args...)
	cmd.Dir = "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Credential: c.account}
	return cmd
}

// lockFile opens and locks a file and returns its descriptor, which keeps the lock until it is closed
// or the process ends. Programs started meanwhile do not inherit it.
func lockFile(path string, how int) (fd int, err error) {
	fd, err = syscall.Open(path, syscall.O_CREAT|syscall.O_RDWR|syscall.O_CLOEXEC, 0o644)
	if err != nil {
		return 0, fmt.Errorf("%s: %w", path, err)
	}
	for {
		err = syscall.Flock(fd, how)
		if err != syscall.EINTR {
			break
		}
	}
	if err != nil {
		syscall.Close(fd)
		return 0, fmt.Errorf("lock %s: %w", path, err)
	}
	return fd, nil
}
