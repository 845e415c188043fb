package store

import (
	"fmt"
	"time"
)

// AcquireLease takes the lease, or prolongs it for who holds it, until ttl from now, and reports
// whether it is the holder's. A holder stops working well before its lease ends unless it has
// prolonged it; ttl is therefore several times the interval at which it asks.
func (tx *Tx) AcquireLease(name, holder string, ttl time.Duration) (bool, error) {
	n, err := tx.exec(`INSERT INTO lease (name, holder, until) VALUES ($1, $2, $3)
		ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until = excluded.until
		WHERE lease.holder = excluded.holder OR lease.until <= $4`,
		name, holder, tx.at+ttl.Microseconds(), tx.at)
	if err != nil {
		return false, fmt.Errorf("lease %s: %w", name, err)
	}
	return n == 1, nil
}

// ReleaseLease gives the lease back so that the next one need not wait for its end. A lease of
// somebody else is left alone.
func (tx *Tx) ReleaseLease(name, holder string) error {
	_, err := tx.exec("DELETE FROM lease WHERE name = $1 AND holder = $2", name, holder)
	if err != nil {
		return fmt.Errorf("lease %s: %w", name, err)
	}
	return nil
}
