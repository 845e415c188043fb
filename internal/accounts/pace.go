package accounts

import (
	"time"

	"github.com/maypok86/otter/v2"
	"golang.org/x/time/rate"

	"halqa/circles"
)

// How fast one member may change things, by forms and by programs together: a page full of votes at once, then one a second. Without it one
// session wrote 300 comments in two seconds, and every server that follows the circle got them.
const (
	formBurst   = 60
	formEvery   = time.Second
	pacesKept   = 20_000           // members remembered
	paceForgets = 10 * time.Minute // by then the burst is full again
)

// A pace counts the forms that each member sends. It is safe for concurrent use.
type pace struct {
	now     func() time.Time
	members *otter.Cache[circles.PersonID, *rate.Limiter]
}

func newPace(now func() time.Time) *pace {
	return &pace{now: now, members: otter.Must(&otter.Options[circles.PersonID, *rate.Limiter]{
		MaximumSize:      pacesKept,
		ExpiryCalculator: otter.ExpiryAccessing[circles.PersonID, *rate.Limiter](paceForgets),
	})}
}

// Allow counts one change that a member sends, or refuses it.
func (a *Accounts) Allow(v circles.Viewer) error { return a.pace.allow(v.Person) }

// allow counts one form of a member, or refuses it.
func (p *pace) allow(person circles.PersonID) error {
	limiter, ok := p.members.GetIfPresent(person)
	if !ok {
		limiter, _ = p.members.SetIfAbsent(person, rate.NewLimiter(rate.Every(formEvery), formBurst))
	}
	if limiter.AllowN(p.now(), 1) {
		return nil
	}
	return circles.Errorf(circles.Limited, "That was too often; wait a minute and try again.").With("refused.too-often", nil)
}
