package web

import (
	"net/netip"
	"time"

	"github.com/maypok86/otter/v2"
	"golang.org/x/time/rate"
)

const (
	gateSources = 20_000           // remembered by one gate; who comes from more networks meets what all have together
	gateForgets = 10 * time.Minute // by then an allowance has to be whole again
)

// A measure is how often something may be done: so many a second, and so many at once.
type measure struct {
	rate  rate.Limit
	burst int
}

// A sourceGate counts what strangers ask by where they come from, so that one of them cannot use up what the
// others have, and together, if that is bounded at all. It is safe for concurrent use.
type sourceGate struct {
	now      func() time.Time
	each     measure
	kept     *otter.Cache[string, *rate.Limiter]
	together *rate.Limiter // nil = without end
}

func newSourceGate(now func() time.Time, each, together measure) *sourceGate {
	g := &sourceGate{now: now, each: each, kept: otter.Must(&otter.Options[string, *rate.Limiter]{
		MaximumSize: gateSources, ExpiryCalculator: otter.ExpiryAccessing[string, *rate.Limiter](gateForgets)})}
	if together != (measure{}) {
		g.together = rate.NewLimiter(together.rate, together.burst)
	}
	return g
}

// admit reports whether somebody at an address may ask now. Who is turned away for their own pace takes nothing
// of what all have.
func (g *sourceGate) admit(from netip.Addr) bool {
	key, now := sourceOf(from), g.now()
	l, ok := g.kept.GetIfPresent(key)
	if !ok {
		l, _ = g.kept.SetIfAbsent(key, rate.NewLimiter(g.each.rate, g.each.burst))
	}
	return l.AllowN(now, 1) && (g.together == nil || g.together.AllowN(now, 1))
}
