package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"time"

	_ "modernc.org/sqlite" // registers the driver "sqlite"
)

const (
	// maxStatements bounds the statements that one connection keeps. The package's own texts are
	// fewer; this is for texts with lists in them.
	maxStatements = 512

	// Waiting for another process (a backup, a shell) that holds the file. The writer's wait is short
	// because it comes up to maxRetries times, and everybody waits with it.
	writerWait = time.Second
	readerWait = 5 * time.Second

	// walLimit is the size that the write-ahead log is cut to once it has been copied back.
	walLimit = 64 << 20 // bytes
)

// sqliteDB is a SQLite file: one connection that writes and a few that read.
type sqliteDB struct {
	store  *Store
	reads  *sql.DB
	writes *sql.DB
	writer *writer
	slots  chan struct{} // one for each reader that may be in use
	mu     sync.Mutex
	idle   []*conn // the one used last is on top, so that few stay warm
}

func openSQLite(ctx context.Context, s *Store, path, snapshotDir string, m migrations) (*sqliteDB, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	// SQLite would create the file readable by everybody. It holds keys; the log beside it inherits
	// its mode.
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	f.Close()
	if snapshotDir == "" {
		snapshotDir = filepath.Dir(path)
	}
	if err := migrateSQLite(ctx, s, path, snapshotDir, m); err != nil {
		return nil, err
	}

	d := &sqliteDB{store: s, slots: make(chan struct{}, max(4, 2*runtime.GOMAXPROCS(0)))}
	if d.writes, err = sql.Open("sqlite", sqliteDSN(path, writerWait, "foreign_keys(1)", "cache_size(-8000)")); err != nil {
		return nil, err
	}
	if d.reads, err = sql.Open("sqlite", sqliteDSN(path, readerWait, "query_only(1)", "cache_size(-2000)")); err != nil {
		d.writes.Close()
		return nil, err
	}
	d.reads.SetMaxIdleConns(cap(d.slots))
	d.writer, err = startWriter(s, d.writes, path+"-wal")
	if err != nil {
		d.writes.Close()
		d.reads.Close()
		return nil, err
	}
	return d, nil
}

// sqliteDSN is the driver's name for the file, with what every connection sets. The driver runs the
// pragmas in alphabetical order, busy_timeout first; none may stand there twice.
func sqliteDSN(path string, wait time.Duration, pragmas ...string) string {
	q := url.Values{
		"_pragma": append([]string{
			fmt.Sprintf("busy_timeout(%d)", wait.Milliseconds()),
			"journal_mode(WAL)",
			"synchronous(FULL)", // a commit that was answered survives a power cut
			fmt.Sprintf("journal_size_limit(%d)", walLimit),
			"temp_store(MEMORY)",
			"trusted_schema(0)",
		}, pragmas...),
		"_txlock":    {"immediate"},
		"_dqs":       {"0"}, // a misspelt column in double quotes is an error, as on PostgreSQL
		"_defensive": {"1"},
	}
	return "file:" + (&url.URL{Path: path}).EscapedPath() + "?" + q.Encode()
}

func (d *sqliteDB) update(ctx context.Context, f func(*Tx) error) error {
	return d.writer.submit(&job{ctx: ctx, f: f})
}

func (d *sqliteDB) view(ctx context.Context, f func(*Tx) error) (err error) {
	select {
	case d.slots <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-d.slots }()
	c, err := d.reader(ctx)
	if err != nil {
		return err
	}
	// Deferred: a reader never waits for the writer, nor makes it wait.
	if err := c.run("BEGIN DEFERRED"); err != nil {
		c.close()
		return err
	}
	tx := d.store.newTx(ctx, c)
	tx.view = true
	defer func() {
		tx.over = true
		// Also after a panic. What cannot be ended must not be used again.
		if e := c.run("ROLLBACK"); e != nil {
			c.close()
			return
		}
		d.release(c)
	}()
	if err := call(f, tx); err != nil {
		return err
	}
	return tx.failed
}

// reader takes an idle connection or opens one.
func (d *sqliteDB) reader(ctx context.Context) (*conn, error) {
	d.mu.Lock()
	if n := len(d.idle); n > 0 {
		c := d.idle[n-1]
		d.idle = d.idle[:n-1]
		d.mu.Unlock()
		return c, nil
	}
	d.mu.Unlock()
	return connect(ctx, d.reads, d.store.fault)
}

func (d *sqliteDB) release(c *conn) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.idle = append(d.idle, c)
}

// upkeep lets SQLite look at the tables (0x10002: all, with a bound on how long) and cuts the log
// unless somebody reads from it.
func (d *sqliteDB) upkeep(ctx context.Context) error {
	return d.writer.submit(&job{ctx: ctx, upkeep: []string{
		"PRAGMA optimize=0x10002",
		"PRAGMA busy_timeout(0)",
		"PRAGMA wal_checkpoint(TRUNCATE)",
		fmt.Sprintf("PRAGMA busy_timeout(%d)", writerWait.Milliseconds()),
	}})
}

// close folds the log into the file, so that the file alone is the database. The readers go first,
// for they would keep it from that.
func (d *sqliteDB) close() error {
	for _, c := range d.idle {
		c.close()
	}
	err := d.reads.Close()
	d.writer.stop()
	return errors.Join(err, d.writes.Close())
}

// A conn is one connection and its prepared statements.
type conn struct {
	c     *sql.Conn
	fault func(statement string) error
	stmts map[string]*sql.Stmt
}

func connect(ctx context.Context, db *sql.DB, fault func(string) error) (*conn, error) {
	c, err := db.Conn(ctx)
	if err != nil {
		return nil, err
	}
	return &conn{c: c, fault: fault, stmts: map[string]*sql.Stmt{}}, nil
}

// close ends the connection, and with it any transaction left open in it.
func (c *conn) close() {
	for _, s := range c.stmts {
		s.Close()
	}
	// Conn.Close alone would put it back into the pool of database/sql.
	c.c.Raw(func(any) error { return errBadConn })
	c.c.Close()
}

// exec and query hand no context to the driver: a statement that is interrupted rolls back the whole
// transaction, and in the writer that is everybody's.
func (c *conn) exec(_ context.Context, query string, args []any) (sql.Result, error) {
	s, err := c.stmt(query)
	if err != nil {
		return nil, err
	}
	return s.Exec(args...)
}

func (c *conn) query(_ context.Context, query string, args []any) (*sql.Rows, error) {
	s, err := c.stmt(query)
	if err != nil {
		return nil, err
	}
	return s.Query(args...)
}

// run executes a statement of the engine itself.
func (c *conn) run(query string) error {
	_, err := c.exec(context.Background(), query, nil)
	return err
}

func (c *conn) stmt(query string) (*sql.Stmt, error) {
	if err := c.fault(query); err != nil {
		return nil, err
	}
	if s, ok := c.stmts[query]; ok {
		return s, nil
	}
	s, err := c.c.PrepareContext(context.Background(), unnamed(planOnce(query)))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", firstLine(query), err)
	}
	if len(c.stmts) >= maxStatements {
		for q, old := range c.stmts { // any will do; texts in use come back at once
			old.Close()
			delete(c.stmts, q)
			break
		}
	}
	c.stmts[query] = s
	return s, nil
}

// watched is where SQLite looks at the value of a parameter while it plans: a row limit, and what is
// compared with a column as the condition of a partial index compares it.
var watched = regexp.MustCompile(`(=|<|>|\bLIMIT|\bOFFSET) *\$`)

// planOnce makes SQLite plan a query without looking at its parameters. A statement whose parameters it
// has looked at is planned again each time they are bound, which takes longer than running most of
// ours: 5 ms for a feed of 64 circles that is read in 1 ms. A sign in front of a parameter changes
// nothing but that it is not looked at.
func planOnce(query string) string { return watched.ReplaceAllString(query, "${1} +$$") }

// placeholder is a parameter as both engines write it.
var placeholder = regexp.MustCompile(`\$([0-9]+)`)

// unnamed writes ? for parameters that stand in a query once and in their order. To SQLite $7 is a name, and
// to bind a parameter the driver asks for its name, which SQLite looks up from the first one on: a list of
// 500 ids was bound in 0.2 ms, twice as long as its rows took to find.
func unnamed(query string) string {
	all := placeholder.FindAllStringSubmatch(query, -1)
	times := make(map[string]int, len(all))
	for _, m := range all {
		if times[m[1]]++; times[m[1]] == 1 && m[1] != strconv.Itoa(len(times)) {
			return query // a ? takes the number after the largest so far
		}
	}
	return placeholder.ReplaceAllStringFunc(query, func(p string) string {
		if times[p[1:]] == 1 {
			return "?"
		}
		return p
	})
}

// firstLine is enough of a query to find it by.
func firstLine(query string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(query), "\n")
	return line
}
