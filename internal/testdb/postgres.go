package testdb

import (
	"context"
	"crypto/rand"
	"errors"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

	"halqa/internal/store"
)

// templateLock is the advisory lock under which a template is made.
const templateLock = 0x74656d70

// postgresCopy creates a database from the template and drops it when the test ends.
func postgresCopy(t testing.TB) string {
	t.Helper()
	s := needServer(t)
	return create(t, s, " TEMPLATE "+s.template)
}

// Empty returns the address of a PostgreSQL database without any tables, for tests of migrations.
func Empty(t testing.TB) string {
	t.Helper()
	return create(t, needServer(t), "")
}

func needServer(t testing.TB) server {
	t.Helper()
	s, err := postgresServer()
	if errors.Is(err, errNotInstalled) && !required("postgres") {
		t.Skipf("skipped: %v, and HALQA_TEST_POSTGRES is not set", err)
	}
	if err != nil {
		t.Fatalf("PostgreSQL for tests: %v", err)
	}
	return s
}

func create(t testing.TB, s server, how string) string {
	t.Helper()
	name := "halqa_test_" + strings.ToLower(rand.Text()[:16])
	if err := admin(t.Context(), s.dsn, "CREATE DATABASE "+name+how); err != nil {
		t.Fatalf("create database: %v", err)
	}
	t.Cleanup(func() {
		if err := admin(context.Background(), s.dsn, "DROP DATABASE "+name+" WITH (FORCE)"); err != nil {
			t.Errorf("drop database: %v", err)
		}
	})
	return withDatabase(s.dsn, name)
}

type server struct {
	dsn      string // of a database one may create others from
	template string // the name of the migrated database, and how to copy it
}

// postgresServer finds or starts the server, once in a process, and sees to the template.
var postgresServer = sync.OnceValues(func() (server, error) {
	dsn := os.Getenv("HALQA_TEST_POSTGRES")
	if dsn == "" {
		var err error
		if dsn, err = joinCluster(); err != nil {
			return server{}, err
		}
	}
	name, err := template(context.Background(), dsn)
	return server{dsn, name + " STRATEGY file_copy"}, err // 60 ms; the default takes 200 (PostgreSQL 15)
})

// template makes the migrated database unless another process has. It counts as made once it is
// marked as a template; one that is not was left by a process that was killed.
func template(ctx context.Context, dsn string) (string, error) {
	schema, err := store.Schema()
	if err != nil {
		return "", err
	}
	name := "halqa_template_open_" + schema
	c, err := pgx.Connect(ctx, dsn)
	if err != nil {
		return "", err
	}
	defer c.Close(ctx)
	if _, err := c.Exec(ctx, "SELECT pg_advisory_lock($1)", templateLock); err != nil { // until Close
		return "", err
	}
	var made bool
	err = c.QueryRow(ctx, "SELECT datistemplate FROM pg_database WHERE datname = $1", name).Scan(&made)
	if made {
		return name, nil
	}
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return "", err
	}
	for _, q := range []string{"DROP DATABASE IF EXISTS " + name + " WITH (FORCE)", "CREATE DATABASE " + name} {
		if _, err := c.Exec(ctx, q); err != nil {
			return "", err
		}
	}
	s, err := store.Open(ctx, store.Options{DSN: withDatabase(dsn, name)})
	if err != nil {
		return "", err
	}
	if err := Ungate(ctx, s); err != nil {
		return "", err
	}
	if err := s.Close(); err != nil {
		return "", err
	}
	_, err = c.Exec(ctx, "ALTER DATABASE "+name+" IS_TEMPLATE true")
	return name, err
}

func admin(ctx context.Context, dsn, statement string) error {
	c, err := pgx.Connect(ctx, dsn)
	if err != nil {
		return err
	}
	defer c.Close(ctx)
	_, err = c.Exec(ctx, statement)
	return err
}

// withDatabase returns the address with another database in it.
func withDatabase(dsn, name string) string {
	u, err := url.Parse(dsn)
	if err != nil {
		return dsn // Connect has parsed it before
	}
	u.Path = "/" + name
	return u.String()
}

// Sibling returns the address of another database on the server that the tests use, or of one that a
// test has open already.
func Sibling(t testing.TB, name string) string {
	t.Helper()
	return withDatabase(needServer(t).dsn, name)
}

// Cut ends the connections of a PostgreSQL database that hold an advisory lock, as if those who hold
// them had died.
func Cut(t testing.TB, dsn string) {
	t.Helper()
	err := admin(t.Context(), dsn, `SELECT pg_terminate_backend(pid, 10000) FROM pg_locks
		WHERE locktype = 'advisory' AND pid <> pg_backend_pid()
		AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`)
	if err != nil {
		t.Fatal(err)
	}
}
