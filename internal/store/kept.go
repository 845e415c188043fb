package store

// A Kept is how many bytes of one host's posts were kept since the day of all of them began.
type Kept struct {
	Host  string
	Bytes int64
}

// KeptSince returns when the latest day began, UTC microseconds, and what each host had kept in it; 0 if
// nothing was ever counted.
func (tx *Tx) KeptSince() (since int64, all []Kept, err error) {
	if since, err = one(tx, value[int64], `SELECT COALESCE(MAX(since), 0) FROM kept`); err != nil || since == 0 {
		return 0, nil, err
	}
	all, err = list(tx, func(r rowScanner) (Kept, error) {
		var k Kept
		return k, r.Scan(&k.Host, &k.Bytes)
	}, `SELECT host, bytes FROM kept WHERE since = $1`, since)
	return since, all, err
}

// SaveKept writes what these hosts had kept in the day that began at since, and forgets earlier days.
func (tx *Tx) SaveKept(since int64, hosts []Kept) error {
	if _, err := tx.exec(`DELETE FROM kept WHERE since <> $1`, since); err != nil {
		return err
	}
	for _, k := range hosts {
		if _, err := tx.exec(`INSERT INTO kept (host, since, bytes) VALUES ($1, $2, $3)
			ON CONFLICT (host) DO UPDATE SET since = excluded.since, bytes = excluded.bytes`, k.Host, since, k.Bytes); err != nil {
			return err
		}
	}
	return nil
}
