package accounts

import (
	"testing"
	"time"

	"halqa/circles"
)

func TestOneMemberCannotFlood(t *testing.T) {
	at := time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
	p := newPace(func() time.Time { return at })
	for i := range formBurst {
		if err := p.allow(1); err != nil {
			t.Fatalf("form %d of %d: %v", i+1, formBurst, err)
		}
	}
	if err := p.allow(1); !circles.Is(err, circles.Limited) {
		t.Errorf("one form too many: %v, want %s", err, circles.Limited)
	}
	if err := p.allow(2); err != nil {
		t.Errorf("somebody else is held up: %v", err)
	}
	at = at.Add(formEvery)
	if err := p.allow(1); err != nil {
		t.Errorf("after %v: %v", formEvery, err)
	}
	if err := p.allow(1); !circles.Is(err, circles.Limited) {
		t.Errorf("two forms after %v: %v, want %s", formEvery, err, circles.Limited)
	}
}
