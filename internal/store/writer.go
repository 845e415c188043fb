package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"strings"
	"time"
)

const (
	// A batch ends at so many closures or after so long, whichever is first: a commit costs one wait
	// for the disk whatever is in it, and nobody should wait long for others.
	maxBatch     = 64
	maxBatchTime = 5 * time.Millisecond

	// maxWaiting bounds the queue; more callers wait until it has room or their context ends.
	maxWaiting = 256
)

// errBadConn tells database/sql to throw a connection away.
var errBadConn = driver.ErrBadConn

// errGone is the outcome of a closure that panicked or ended its goroutine.
var errGone = errors.New("store: closure did not return")

// A writer owns the one connection that writes to a SQLite file. Its goroutine collects the Updates
// that wait, runs each in a savepoint of one transaction, commits, and only then lets them return.
//
// A closure runs on the goroutine of its caller, which the writer lends the connection for the
// time: a panic keeps its stack and ends no one else, and the nesting of Updates can be seen.
type writer struct {
	store   *Store
	db      *sql.DB
	wal     string // the write-ahead log's path
	c       *conn  // nil after a failure it did not survive, until the next transaction
	kept    kept
	version int64 // of the file, as of the last transaction; see unchanged
	batches int
	longest time.Duration // that a batch takes: maxBatchTime
	queue   chan *job
	done    chan struct{}
}

// A job is one Update, or upkeep.
type job struct {
	ctx    context.Context
	f      func(*Tx) error
	upkeep []string   // instead of f: statements to run outside a transaction
	turn   chan *Tx   // lends the connection; closed when err is final
	back   chan error // gives it back, with the closure's error
	tx     *Tx        // of the last run
	err    error
}

func startWriter(s *Store, db *sql.DB, wal string) (*writer, error) {
	c, err := connect(context.Background(), db, s.fault)
	if err != nil {
		return nil, err
	}
	w := &writer{store: s, db: db, wal: wal, c: c, longest: maxBatchTime, queue: make(chan *job, maxWaiting), done: make(chan struct{})}
	w.kept.wide = true
	w.kept.clear()
	go w.loop()
	return w, nil
}

// submit queues the job and plays the caller's part: run the closure each time the writer says so.
func (w *writer) submit(j *job) error {
	j.turn, j.back = make(chan *Tx), make(chan error)
	select {
	case w.queue <- j:
	case <-j.ctx.Done():
		return j.ctx.Err()
	}
	for tx := range j.turn {
		j.run(tx)
	}
	return j.err
}

func (j *job) run(tx *Tx) {
	err := errGone
	defer func() {
		tx.over = true
		j.back <- err
	}()
	err = call(j.f, tx)
}

// stop ends the writer. The Store sees to it that nobody submits any more.
func (w *writer) stop() {
	close(w.queue)
	<-w.done
}

func (w *writer) loop() {
	defer close(w.done)
	for j := range w.queue {
		w.batch(j)
		w.cutWAL()
	}
	if w.c != nil {
		for _, q := range []string{"PRAGMA optimize", "PRAGMA wal_checkpoint(TRUNCATE)"} {
			if err := w.c.run(q); err != nil {
				w.store.log.Warn("database not tidied up", "statement", q, "err", err)
			}
		}
		w.c.close()
	}
}

// cutWAL waits for the readers to let go of a log that has grown far too long. SQLite starts the log
// afresh only at a moment when nobody reads from it, which on a busy instance may never come.
func (w *writer) cutWAL() {
	if w.batches++; w.batches%256 != 0 || w.c == nil {
		return
	}
	if fi, err := os.Stat(w.wal); err != nil || fi.Size() < 2*walLimit {
		return
	}
	if err := w.c.run("PRAGMA wal_checkpoint(TRUNCATE)"); err != nil {
		w.store.log.Warn("write-ahead log not cut", "err", err)
	}
}

// batch runs first and whoever waits behind it, and commits them together.
func (w *writer) batch(first *job) {
	var (
		start  = time.Now()
		began  bool
		lost   bool   // the transaction is gone or in doubt
		ran    []*job // theirs is the commit's fate
		again  []*job // met a conflict of their own
		upkeep []*job
	)
	for j := first; j != nil; j = w.next(len(ran), start) {
		if j.upkeep != nil {
			upkeep = append(upkeep, j)
			continue
		}
		if err := j.ctx.Err(); err != nil {
			j.answer(err)
			continue
		}
		if !began {
			if err := w.begin(); err != nil {
				j.answer(err)
				break
			}
			began = true
		}
		j.err, lost = w.savepoint(j)
		switch {
		case errors.Is(j.err, errGone): // nobody waits for an answer
		case !lost && j.mayRetry():
			again = append(again, j)
		default:
			ran = append(ran, j)
		}
		if lost {
			break // before another job is taken from the queue
		}
	}
	if began && !lost {
		lost = w.c.run("COMMIT") != nil
	}
	if lost {
		w.rollback()
		again = append(ran, again...)
	} else {
		w.committed(ran)
	}
	for _, j := range again {
		w.alone(j)
	}
	for _, j := range upkeep {
		j.answer(w.pragmas(j.upkeep))
	}
}

// next returns a job that waits, or nil if the batch is to be committed.
func (w *writer) next(n int, start time.Time) *job {
	if n >= maxBatch || time.Since(start) >= w.longest {
		return nil
	}
	for range 2 {
		select {
		case j := <-w.queue: // nil if it is closed and empty
			return j
		default:
			// Callers that the last commit let go may be about to queue their next Update.
			runtime.Gosched()
		}
	}
	return nil
}

// savepoint runs a closure inside the transaction and undoes it unless it succeeds. lost means that
// the savepoint could not be left: a full disk, for one, makes SQLite roll back everything.
func (w *writer) savepoint(j *job) (err error, lost bool) {
	if err := w.c.run("SAVEPOINT job"); err != nil {
		return err, true
	}
	err = w.lend(j)
	if err != nil && w.kept.dirty {
		w.kept.clear() // it may know what is undone now
	}
	if err != nil && w.c.run("ROLLBACK TO job") != nil {
		return err, true
	}
	return err, w.c.run("RELEASE job") != nil
}

// lend lets the caller run its closure and returns what came of it.
func (w *writer) lend(j *job) error {
	j.tx = w.store.newTx(context.Background(), w.c)
	j.tx.kept, w.kept.dirty = &w.kept, false
	j.turn <- j.tx
	err := <-j.back
	if err == nil {
		err = j.tx.failed
	}
	return err
}

// mayRetry reports whether the closure failed for a reason that another run may not meet.
func (j *job) mayRetry() bool {
	return j.err != nil && (isConflict(j.err) || isConflict(j.tx.failed) || j.tx.clashed())
}

// alone runs a closure in a transaction of its own, several times if need be, and answers.
func (w *writer) alone(j *job) {
	for n := 0; ; n++ {
		if err := j.ctx.Err(); err != nil {
			j.answer(err)
			return
		}
		if err := w.begin(); err != nil {
			j.answer(err)
			return
		}
		j.err = w.lend(j)
		if j.err == nil {
			j.err = w.c.run("COMMIT")
		}
		if j.err == nil {
			w.committed([]*job{j})
			return
		}
		w.rollback()
		switch {
		case errors.Is(j.err, errGone):
			return
		case n < maxRetries && j.mayRetry():
			if j.tx.clashed() {
				w.store.ids.skip(n)
			}
			pause(n)
		case isConflict(j.tx.failed):
			j.answer(j.tx.failed) // whatever the closure made of it
			return
		default:
			j.answer(j.err)
			return
		}
	}
}

// begin opens the transaction, waiting for another process that writes.
func (w *writer) begin() error {
	for n := 0; ; n++ {
		err := w.reconnect()
		if err == nil {
			err = w.c.run("BEGIN IMMEDIATE")
		}
		if err == nil {
			w.unchanged()
		}
		if err == nil || n == maxRetries || !isConflict(err) {
			return err
		}
		pause(n)
	}
}

// unchanged forgets what was read before if anybody else has written since: a shell, or a copy that was put
// back. SQLite counts the commits of others.
func (w *writer) unchanged() {
	var version int64
	rows, err := w.c.query(context.Background(), "PRAGMA data_version", nil)
	if err == nil {
		if rows.Next() {
			err = rows.Scan(&version)
		}
		err = errors.Join(err, rows.Close())
	}
	if err != nil || version != w.version {
		w.kept.clear()
	}
	w.version = version
}

// rollback ends the transaction. If that cannot be done the connection is given up.
func (w *writer) rollback() {
	w.kept.clear()
	err := w.c.run("ROLLBACK")
	if err == nil || strings.Contains(err.Error(), "no transaction is active") {
		return
	}
	w.store.log.Error("database connection given up", "err", err)
	w.c.close()
	w.c = nil
}

func (w *writer) reconnect() error {
	if w.c != nil {
		return nil
	}
	c, err := connect(context.Background(), w.db, w.store.fault)
	if err != nil {
		return err
	}
	w.c = c
	w.kept.clear()
	return nil
}

func (w *writer) pragmas(all []string) error {
	if err := w.reconnect(); err != nil {
		return err
	}
	for _, p := range all {
		if err := w.c.run(p); err != nil {
			return fmt.Errorf("%s: %w", p, err)
		}
	}
	return nil
}

// committed answers jobs whose transaction is on disk. Whoever was answered may rely on the followers
// of the log being awake.
func (w *writer) committed(jobs []*job) {
	var all Tx
	for _, j := range jobs {
		if j.err == nil {
			all.appended = all.appended || j.tx.appended
			all.tokens = all.tokens || j.tx.tokens
		}
	}
	w.store.tell(&all)
	for _, j := range jobs {
		close(j.turn)
	}
}

func (j *job) answer(err error) {
	j.err = err
	close(j.turn)
}

// pause waits before the n-th retry, longer each time, differently for each caller.
func pause(n int) {
	time.Sleep(time.Duration(rand.Int64N(int64(time.Millisecond) << min(n, 6))))
}
