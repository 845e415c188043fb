package store

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
)

// presenceTimeout is how long the server may take to say that a process is still present.
const presenceTimeout = 2 * time.Second

// A Presence says that a process is alive: on PostgreSQL a connection of its own with an advisory lock,
// which the server frees as soon as the process dies. On SQLite the lock of the data folder says the
// same, so there is nothing to hold.
type Presence struct {
	mu   sync.Mutex
	conn *pgx.Conn // nil on SQLite
}

// Attend makes this process present under a name. It returns nil, and no error, while another one is.
// Who no longer needs it calls Close.
func (s *Store) Attend(ctx context.Context, name string) (*Presence, error) {
	d, ok := s.db.(*postgresDB)
	if !ok {
		return &Presence{}, nil
	}
	ctx, cancel := context.WithTimeout(ctx, presenceTimeout)
	defer cancel()
	conn, err := pgx.ConnectConfig(ctx, d.config.Copy())
	if err != nil {
		return nil, fmt.Errorf("presence: %w", err)
	}
	p := &Presence{conn: conn}
	h := fnv.New64a()
	h.Write([]byte("halqa presence " + name))
	var alone bool
	if err := conn.QueryRow(ctx, "SELECT pg_try_advisory_lock($1)", int64(h.Sum64())).Scan(&alone); err != nil {
		p.Close()
		return nil, fmt.Errorf("presence: %w", err)
	}
	if !alone {
		p.Close()
		return nil, nil
	}
	return p, nil
}

// Check returns an error if the server may have freed the name since.
func (p *Presence) Check(ctx context.Context) error {
	if p.conn == nil {
		return nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.conn.IsClosed() {
		return errors.New("presence: the connection is closed")
	}
	ctx, cancel := context.WithTimeout(ctx, presenceTimeout)
	defer cancel()
	if err := p.conn.Ping(ctx); err != nil {
		return fmt.Errorf("presence: %w", err)
	}
	return nil
}

// Close gives the name back.
func (p *Presence) Close() {
	if p == nil || p.conn == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), presenceTimeout)
	defer cancel()
	_ = p.conn.Close(ctx) // what is left of it the server frees with the connection
}
