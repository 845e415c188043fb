package run

import (
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"
	"slices"
	"time"
)

// A Clock runs sweeps one after another: look for what is due, do it, look again after the interval.
// What is due is a column on its own row, so a sweep that was missed is made up for by the next.
type Clock struct {
	now    func() time.Time
	log    *slog.Logger
	sweeps []*sweep
}

type sweep struct {
	name     string
	interval time.Duration
	do       func(context.Context) error
	due      time.Time // zero = at once
}

// NewClock returns a clock without sweeps.
func NewClock(now func() time.Time, log *slog.Logger) *Clock { return &Clock{now: now, log: log} }

// Every registers a sweep. It runs when Run begins, and then as often as the interval says, counted
// from its end. A sweep that fails or panics is logged and runs again at its next turn.
func (c *Clock) Every(name string, interval time.Duration, do func(context.Context) error) {
	c.sweeps = append(c.sweeps, &sweep{name: name, interval: interval, do: do})
}

// Run runs the sweeps until ctx ends. It returns ctx's error.
func (c *Clock) Run(ctx context.Context) error {
	for _, s := range c.sweeps {
		s.due = time.Time{}
	}
	for {
		wait := c.step(ctx)
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		case <-timer.C:
		}
	}
}

// step runs what is due, the longest due first, and returns how long nothing will be.
func (c *Clock) step(ctx context.Context) time.Duration {
	order := slices.Clone(c.sweeps)
	slices.SortStableFunc(order, func(a, b *sweep) int { return a.due.Compare(b.due) })
	for _, s := range order {
		if ctx.Err() != nil || s.due.After(c.now()) {
			break
		}
		if err := s.run(ctx); err != nil && ctx.Err() == nil {
			c.log.Error("sweep", "name", s.name, "err", err)
		}
		s.due = c.now().Add(s.interval)
	}
	wait := time.Hour
	for _, s := range c.sweeps {
		wait = min(wait, s.due.Sub(c.now()))
	}
	return max(wait, 0)
}

// run keeps one sweep's panic from ending the others.
func (s *sweep) run(ctx context.Context) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic: %v\n%s", r, debug.Stack())
		}
	}()
	return s.do(ctx)
}
