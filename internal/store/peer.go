package store

import (
	"database/sql"
	"errors"
	"fmt"
)

// A PeerPolicy is what was decided about another server.
type PeerPolicy struct {
	Peer
	Reason  string
	Trusted bool // in standing; see SetPeerTrusted
}

// PeerPolicy returns what is known of a server; nil if nothing is.
func (tx *Tx) PeerPolicy(host string) (*PeerPolicy, error) {
	p, err := one(tx, scanPeerPolicy, `SELECT `+peerColumns+`, reason, trusted FROM peer WHERE host = $1`, host)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return &p, err
}

func scanPeerPolicy(r rowScanner) (PeerPolicy, error) {
	var reason string
	var trusted bool
	p, err := scanPeer(rowWith{r, []any{&reason, &trusted}})
	return PeerPolicy{p, reason, trusted}, err
}

// SetPolicy is SetPeerPolicy with the reason.
func (tx *Tx) SetPolicy(host, policy, reason string) error {
	if err := tx.SetPeerPolicy(host, policy); err != nil {
		return fmt.Errorf("policy for %s: %w", host, err)
	}
	_, err := tx.exec(`UPDATE peer SET reason = $2 WHERE host = $1`, host, reason)
	return err
}

// Policies returns servers that something was decided about, by name, behind after, at most limit.
func (tx *Tx) Policies(after string, limit int) ([]PeerPolicy, error) {
	return list(tx, scanPeerPolicy, `SELECT `+peerColumns+`, reason, trusted FROM peer
		WHERE policy <> '' AND host > $1 ORDER BY host LIMIT $2`, after, limit)
}

// PeerList returns servers by name, behind after, at most limit.
func (tx *Tx) PeerList(after string, limit int) ([]PeerPolicy, error) {
	return list(tx, scanPeerPolicy, `SELECT `+peerColumns+`, reason, trusted FROM peer WHERE host > $1 ORDER BY host LIMIT $2`, after, limit)
}
