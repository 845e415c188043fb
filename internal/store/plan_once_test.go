package store

import (
	"context"
	"database/sql"
	"path/filepath"
	"slices"
	"strings"
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

// TestUnnamed holds what is rewritten against what its parameters are then bound to.
func TestUnnamed(t *testing.T) {
	tests := []struct{ query, want string }{
		{"SELECT 1", "SELECT 1"},
		{"SELECT $1, $2, $3", "SELECT ?, ?, ?"},
		{"SELECT $1, $2, $1, $3", "SELECT $1, ?, $1, ?"},
		{"SELECT $2, $1", "SELECT $2, $1"},
		{"SELECT $1, $3, $2", "SELECT $1, $3, $2"},
		{"SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $1, $10, $11", "SELECT $1, ?, ?, ?, ?, ?, ?, ?, ?, $10, $1, $10, ?"},
		{"SELECT x FROM y WHERE y = +$1 AND z IN ($2,$3) LIMIT +$4", "SELECT x FROM y WHERE y = +? AND z IN (?,?) LIMIT +?"},
	}
	db, err := sql.Open("sqlite", "file:"+filepath.Join(t.TempDir(), "unnamed.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	values := func(query string, args []any) []int64 {
		t.Helper()
		rows, err := db.Query(query, args...)
		if err != nil {
			t.Fatalf("%s: %v", query, err)
		}
		defer rows.Close()
		rows.Next()
		columns, _ := rows.Columns()
		got, into := make([]int64, len(columns)), make([]any, len(columns))
		for i := range got {
			into[i] = &got[i]
		}
		if err := rows.Scan(into...); err != nil {
			t.Fatalf("%s: %v", query, err)
		}
		return got
	}
	for _, tt := range tests {
		got := unnamed(tt.query)
		if got != tt.want {
			t.Errorf("unnamed(%q) = %q, want %q", tt.query, got, tt.want)
		}
		if strings.Contains(tt.query, "FROM") {
			continue
		}
		args := []any{}
		for i := range strings.Count(tt.query, "$") {
			args = append(args, int64(i+1)*11)
		}
		if g, w := values(got, args), values(tt.query, args); !slices.Equal(g, w) {
			t.Errorf("%q gives %v, %q gives %v", got, g, tt.query, w)
		}
	}
}
