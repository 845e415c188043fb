package ledger

import (
	"halqa/internal/store"
	"halqa/internal/store/internal/key"
)

// A Conformance is how an adapter did in the conformance kit.
type Conformance struct {
	Adapter, Version               string
	Level, Passed, Failed, Skipped int
	At                             int64 // UTC microseconds
}

// SaveConformance keeps an adapter's latest.
func SaveConformance(tx *store.Tx, r Conformance) error {
	_, err := tx.Statements(key.SQL{}).Exec(`INSERT INTO wallet_report (adapter, version, level, passed, failed, skipped, at) VALUES ($1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT (adapter) DO UPDATE SET version = excluded.version, level = excluded.level, passed = excluded.passed,
			failed = excluded.failed, skipped = excluded.skipped, at = excluded.at`,
		r.Adapter, r.Version, r.Level, r.Passed, r.Failed, r.Skipped, tx.Now())
	return err
}

// Conformances returns those of all adapters, by name.
func Conformances(tx *store.Tx) (map[string]Conformance, error) {
	all := map[string]Conformance{}
	err := tx.Statements(key.SQL{}).Rows(`SELECT adapter, version, level, passed, failed, skipped, at FROM wallet_report`, nil, func(r store.Row) error {
		var p Conformance
		err := r.Scan(&p.Adapter, &p.Version, &p.Level, &p.Passed, &p.Failed, &p.Skipped, &p.At)
		all[p.Adapter] = p
		return err
	})
	return all, err
}
