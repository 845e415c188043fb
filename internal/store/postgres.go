package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"

	"halqa/circles"
)

const (
	// maxConns leaves room on a server with the usual hundred connections.
	maxConns = 20

	// maxUpdateTime ends an Update whose server has stopped answering.
	maxUpdateTime = 30 * time.Second
)

// postgresDB is a PostgreSQL database behind database/sql's pool. pgx prepares each text once per
// connection by itself.
type postgresDB struct {
	store  *Store
	db     *sql.DB
	config *pgx.ConnConfig // for connections beside the pool
}

func openPostgres(ctx context.Context, s *Store, dsn string, m migrations) (database, error) {
	config, err := pgx.ParseConfig(dsn)
	if err != nil {
		// pgx hides the password in its message.
		return nil, circles.Errorf(circles.Invalid, "The database address cannot be read: %v.", err)
	}
	if config.RuntimeParams["application_name"] == "" {
		config.RuntimeParams["application_name"] = "halqa"
	}
	config.RuntimeParams["timezone"] = "UTC"
	db := stdlib.OpenDB(*config)
	db.SetMaxOpenConns(maxConns)
	db.SetMaxIdleConns(maxConns)
	db.SetConnMaxIdleTime(5 * time.Minute)
	if err := migratePostgres(ctx, db, m); err != nil {
		db.Close()
		return nil, err
	}
	return &postgresDB{store: s, db: db, config: config}, nil
}

func (d *postgresDB) close() error                 { return d.db.Close() }
func (d *postgresDB) upkeep(context.Context) error { return nil }

func (d *postgresDB) view(ctx context.Context, f func(*Tx) error) error {
	_, err := d.once(ctx, &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true}, f)
	return err
}

func (d *postgresDB) update(ctx context.Context, f func(*Tx) error) error {
	for n := 0; ; n++ {
		if err := ctx.Err(); err != nil {
			return err
		}
		// Once begun it is finished, so that a caller that goes away leaves no commit in doubt.
		run, cancel := context.WithTimeout(context.WithoutCancel(ctx), maxUpdateTime)
		tx, err := d.once(run, &sql.TxOptions{Isolation: sql.LevelSerializable}, f)
		expired := run.Err() != nil
		cancel()
		if err == nil {
			d.store.tell(tx)
			return nil
		}
		var failed error
		if tx != nil {
			failed = tx.failed
		}
		clash := tx != nil && tx.clashed()
		switch {
		case n < maxRetries && (clash || isConflict(err) || isConflict(failed)):
			if clash {
				d.store.ids.skip(n)
			}
			pause(n)
		case expired:
			return fmt.Errorf("%w: %w", errLost, err)
		case isConflict(failed) && !isConflict(err):
			return failed // the closure put something else in its place
		default:
			return err
		}
	}
}

// once runs f in one transaction. The Tx is nil if none could be begun.
func (d *postgresDB) once(ctx context.Context, o *sql.TxOptions, f func(*Tx) error) (*Tx, error) {
	if err := d.store.fault("BEGIN"); err != nil {
		return nil, err
	}
	t, err := d.db.BeginTx(ctx, o)
	if err != nil {
		if ctx.Err() == nil && postgresCode(err) == "" {
			err = fmt.Errorf("%w: %w", errLost, err)
		}
		return nil, err
	}
	tx := d.store.newTx(ctx, pgQuerier{t, d.store.fault})
	tx.view = o.ReadOnly
	defer func() {
		tx.over = true
		t.Rollback() // after a commit this does nothing; it is for errors and panics
	}()
	if err := call(f, tx); err != nil {
		return tx, err
	}
	if tx.failed != nil {
		return tx, tx.failed
	}
	if err := d.commit(t); err != nil {
		tx.failed = err
		if !o.ReadOnly && postgresCode(err) == "" && !pgconn.SafeToRetry(err) && !errors.Is(err, pgx.ErrTxCommitRollback) {
			return tx, &unknownOutcome{err}
		}
		return tx, err
	}
	return tx, nil
}

func (d *postgresDB) commit(t *sql.Tx) error {
	if err := d.store.fault("COMMIT"); err != nil {
		return err
	}
	return t.Commit()
}

type pgQuerier struct {
	tx    *sql.Tx
	fault func(statement string) error
}

func (q pgQuerier) exec(ctx context.Context, query string, args []any) (sql.Result, error) {
	if err := q.fault(query); err != nil {
		return nil, err
	}
	res, err := q.tx.ExecContext(ctx, query, args...)
	return res, pgError(query, err)
}

func (q pgQuerier) query(ctx context.Context, query string, args []any) (*sql.Rows, error) {
	if err := q.fault(query); err != nil {
		return nil, err
	}
	rows, err := q.tx.QueryContext(ctx, query, args...)
	return rows, pgError(query, err)
}

// pgError says which statement the server could not make sense of; its own message has only a
// position.
func pgError(query string, err error) error {
	if code := postgresCode(err); len(code) == 5 && code[:2] == "42" {
		return fmt.Errorf("%s: %w", firstLine(query), err)
	}
	return err
}
