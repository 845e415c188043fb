package store

import (
	"context"
	"database/sql"
	"path/filepath"
	"testing"

	"modernc.org/sqlite/vtab"
)

// An oracle is a table of no rows that counts how often SQLite asks it how it can be searched, which it
// does each time it plans a statement.
type oracle struct{ asked int }

func (o *oracle) Create(c vtab.Context, _ []string) (vtab.Table, error) {
	return o, c.Declare("CREATE TABLE x (a)")
}
func (o *oracle) Connect(c vtab.Context, args []string) (vtab.Table, error) { return o.Create(c, args) }
func (o *oracle) BestIndex(*vtab.IndexInfo) error                           { o.asked++; return nil }
func (o *oracle) Open() (vtab.Cursor, error)                                { return nothing{}, nil }
func (o *oracle) Disconnect() error                                         { return nil }
func (o *oracle) Destroy() error                                            { return nil }

type nothing struct{}

func (nothing) Filter(int, string, []vtab.Value) error { return nil }
func (nothing) Next() error                            { return nil }
func (nothing) Eof() bool                              { return true }
func (nothing) Column(int) (vtab.Value, error)         { return nil, nil }
func (nothing) Rowid() (int64, error)                  { return 0, nil }
func (nothing) Close() error                           { return nil }

// TestStatementsArePlannedOnce runs what SQLite would plan again for each value of its parameters.
func TestStatementsArePlannedOnce(t *testing.T) {
	db, err := sql.Open("sqlite", "file:"+filepath.Join(t.TempDir(), "plan.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	o := &oracle{}
	if err := vtab.RegisterModule(db, "oracle", o); err != nil {
		t.Fatal(err)
	}
	c, err := connect(t.Context(), db, func(string) error { return nil })
	if err != nil {
		t.Fatal(err)
	}
	defer c.close()
	for _, query := range []string{
		"CREATE VIRTUAL TABLE o USING oracle",
		"CREATE TABLE p (id INTEGER PRIMARY KEY, circle INTEGER, host TEXT)",
		"CREATE INDEX p_loose ON p (id) WHERE circle = 0 AND host <> ''",
	} {
		if err := c.run(query); err != nil {
			t.Fatal(err)
		}
	}
	ask := func(query string, args ...any) int {
		t.Helper()
		before := o.asked
		rows, err := c.query(context.Background(), query, args)
		if err != nil {
			t.Fatalf("%s: %v", query, err)
		}
		for rows.Next() {
		}
		if err := rows.Close(); err != nil {
			t.Fatal(err)
		}
		return o.asked - before
	}
	for _, query := range []string{
		"SELECT p.id FROM p, o WHERE p.circle = $1",
		"SELECT p.id FROM p, o WHERE p.host <> $1",
		"SELECT p.id FROM p, o WHERE p.circle > $1",
		"SELECT p.id FROM p, o LIMIT $1",
		"SELECT p.id FROM p, o LIMIT 1 OFFSET $1",
	} {
		if ask(query, int64(1)) == 0 {
			t.Errorf("%s is not planned at all", query)
		}
		for value := range int64(3) {
			if n := ask(query, value); n != 0 {
				t.Errorf("%s is planned again for %d", query, value)
			}
		}
	}
}
