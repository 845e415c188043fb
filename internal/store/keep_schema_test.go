package store_test

import (
	"testing"

	"halqa/internal/store"
	"halqa/internal/testdb"
)

// The writer forgets rows by the table that a statement names, so nothing else may change them: no trigger, and
// no key that goes or changes with another's.
func TestNothingChangesKeptRowsUnseen(t *testing.T) {
	s := testdb.Open(t)
	if s.Engine() != "sqlite" {
		t.Skip("skipped: of SQLite only")
	}
	const tables = `('post', 'actor', 'circle', 'gate_rule')`
	view(t, s, func(tx *store.Tx) error {
		known, err := tx.Int(`SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name IN ` + tables)
		if err != nil {
			return err
		}
		if known != 4 {
			t.Errorf("%d of the four tables are there", known)
		}
		keys, err := tx.Int(`SELECT count(*) FROM sqlite_schema m, pragma_foreign_key_list(m.name) f
			WHERE m.type = 'table' AND m.name IN ` + tables + ` AND (f.on_delete <> 'NO ACTION' OR f.on_update <> 'NO ACTION')`)
		if err != nil {
			return err
		}
		triggers, err := tx.Int(`SELECT count(*) FROM sqlite_schema s, (SELECT value AS name FROM json_each('["post", "actor", "circle", "gate_rule"]')) k
			WHERE s.type = 'trigger' AND (s.tbl_name = k.name OR s.sql LIKE '%UPDATE ' || k.name || ' %' OR s.sql LIKE '%INTO ' || k.name || ' %' OR s.sql LIKE '%FROM ' || k.name || ' %')`)
		if err != nil {
			return err
		}
		if keys != 0 || triggers != 0 {
			t.Errorf("%d keys and %d triggers change rows that the writer keeps", keys, triggers)
		}
		return nil
	})
}
