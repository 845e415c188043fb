package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"halqa/circles"
)

const (
	sqliteEngine   = "sqlite"
	postgresEngine = "postgres"

	// maxRetries bounds how often a closure runs again after a serialization failure, a deadlock or
	// a lock of another process. Conflicts thin out with each round; whoever loses ten is told so.
	maxRetries = 10
)

// errClosed is what View and Update return after Close.
var errClosed = errors.New("store: closed")

// Options say which database to open and what it needs from outside.
type Options struct {
	DSN         string           // "sqlite:PATH" or "postgres://…"
	Now         func() time.Time // nil = time.Now
	Log         *slog.Logger     // nil = nothing is logged
	SnapshotDir string           // where SQLite's copy goes before migrations; "" = beside the database

	// Fault is asked before each statement of a View or Update, and before those that begin and end them. What it
	// returns is the database's answer in place of the statement's, which does not run. For tests; nil = no faults.
	Fault func(statement string) error
}

// A Store is an open database. Its methods are safe for concurrent use.
type Store struct {
	db     database
	name   string // of the engine
	now    func() time.Time
	log    *slog.Logger
	fault  func(statement string) error // see Options
	ids    ids
	tokens atomic.Int64 // see TokenChanges
	marker uintptr      // where call calls a closure; see refuseNested

	mu      sync.Mutex
	wakeups chan struct{}
	closed  bool
	users   sync.WaitGroup // Views and Updates that run; grows under mu and until closed
	closing func() error
}

// A database is what the two engines do differently.
type database interface {
	view(ctx context.Context, f func(*Tx) error) error
	update(ctx context.Context, f func(*Tx) error) error
	upkeep(ctx context.Context) error
	close() error
}

// Open opens the database, migrates it forward and refuses one that a newer program wrote. On
// SQLite a copy is taken before migrations of a database that holds anything. The caller locks the
// data folder first (LockFolder) and calls Close at the end.
func Open(ctx context.Context, o Options) (*Store, error) {
	m, err := embedded()
	if err != nil {
		return nil, err
	}
	return open(ctx, o, m)
}

func open(ctx context.Context, o Options, m migrations) (*Store, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.NewTextHandler(io.Discard, nil))
	}
	if o.Fault == nil {
		o.Fault = func(string) error { return nil }
	}
	s := &Store{now: o.Now, log: o.Log, fault: o.Fault, wakeups: make(chan struct{})}
	s.closing = sync.OnceValue(s.shut)
	call(func(*Tx) error {
		var pc [1]uintptr
		runtime.Callers(2, pc[:]) // 0 is Callers, 1 this function, 2 call
		s.marker = pc[0]
		return nil
	}, nil)

	var err error
	if path, ok := strings.CutPrefix(o.DSN, "sqlite:"); ok && path != "" {
		s.name = sqliteEngine
		s.db, err = openSQLite(ctx, s, path, o.SnapshotDir, m)
	} else if strings.HasPrefix(o.DSN, "postgres://") || strings.HasPrefix(o.DSN, "postgresql://") {
		s.name = postgresEngine
		s.db, err = openPostgres(ctx, s, o.DSN, m)
	} else {
		// The address is not repeated: it may hold a password.
		return nil, circles.Errorf(circles.Invalid, "The database address must begin with sqlite: or postgres://.")
	}
	if err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	return s, nil
}

// Close waits for the Views and Updates that run and closes the database. Later calls of View and
// Update return an error.
func (s *Store) Close() error { return s.closing() }

func (s *Store) shut() error {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.users.Wait()
	return s.db.close()
}

// enter counts a user of the database, who calls s.users.Done at the end.
func (s *Store) enter() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return errClosed
	}
	s.users.Add(1)
	return nil
}

// Engine returns "sqlite" or "postgres".
func (s *Store) Engine() string { return s.name }

// View runs f on a snapshot: whatever is committed meanwhile, f sees the database as it was at its
// first query. Nothing can be written. It returns f's error. A cancelled context ends it at the
// next statement. Long readers call it once a page: on SQLite a snapshot that stays open keeps the
// write-ahead log from being cut.
func (s *Store) View(ctx context.Context, f func(*Tx) error) error {
	s.refuseNested("View")
	if err := s.enter(); err != nil {
		return err
	}
	defer s.users.Done()
	return asRefusal(s.db.view(ctx, f))
}

// Update runs f in a serializable transaction and returns after its commit, or after its rollback
// if f returns an error, panics or has had a failed statement. f runs again, up to ten times, when
// it met a conflict; after that, and when the disk is full or the database cannot be reached, the
// error is a circles.Error of kind Busy. The context is looked at before f starts, never later: what
// has begun is finished.
//
// On SQLite several Updates share one commit, each in its own savepoint, so f waits for no disk but
// its caller does.
func (s *Store) Update(ctx context.Context, f func(*Tx) error) error {
	s.refuseNested("Update")
	if err := s.enter(); err != nil {
		return err
	}
	defer s.users.Done()
	return asRefusal(s.db.update(ctx, f))
}

// Upkeep refreshes the statistics of SQLite's query planner and cuts its write-ahead log. The clock
// calls it every few hours; PostgreSQL looks after itself.
func (s *Store) Upkeep(ctx context.Context) error {
	if err := s.enter(); err != nil {
		return err
	}
	defer s.users.Done()
	return s.db.upkeep(ctx)
}

// Wake returns a channel that is closed at the next commit that appends to the log. A follower takes
// the channel, then reads the log up to its end, then waits for the channel. Commits of another
// process on the same PostgreSQL wake nobody here, so it also looks every few seconds.
func (s *Store) Wake() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.wakeups
}

// tell lets those who wait for a commit know what tx changed.
func (s *Store) tell(tx *Tx) {
	if tx.tokens {
		s.tokens.Add(1)
	}
	if tx.appended {
		s.wake()
	}
}

func (s *Store) wake() {
	s.mu.Lock()
	defer s.mu.Unlock()
	close(s.wakeups)
	s.wakeups = make(chan struct{})
}

// call is the only place that calls closures. It is not inlined, so that its address on a stack
// tells that a closure is running there.
//
//go:noinline
func call(f func(*Tx) error, tx *Tx) error {
	err := f(tx)
	return err
}

// refuseNested panics if this goroutine is inside a closure. Without it a nested Update would wait
// for itself for ever on SQLite, and on PostgreSQL would commit on its own. Closures run on the
// goroutine of their caller, so the stack tells; a closure that starts a goroutine and waits for its
// Update is not caught.
func (s *Store) refuseNested(name string) {
	var pcs [64]uintptr
	for skip := 3; ; skip += len(pcs) {
		n := runtime.Callers(skip, pcs[:])
		for _, pc := range pcs[:n] {
			if pc == s.marker {
				panic("store: " + name + " called inside a closure of View or Update")
			}
		}
		if n < len(pcs) {
			return
		}
	}
}
