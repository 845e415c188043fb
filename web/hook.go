package web

import (
	"net/http"
	"net/netip"
	"slices"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/maypok86/otter/v2"
	"golang.org/x/time/rate"

	"halqa/circles"
	"halqa/internal/tips"
	"halqa/wallet"
)

// How often a wallet may knock, per second and source. Each knock has a signature checked, so a stranger must
// not be able to knock as often as they like, nor use up what a real wallet needs: whoever has shown a true
// message has a measure of their own, in which strangers have no part.
const (
	hookRate, hookBurst         = 20, 100  // of one source that has shown a true message
	strangeRate, strangeBurst   = 1, 20    // of one source that has not; a true message is not counted
	strangersRate, strangersMax = 100, 200 // of all of those together

	hookSources = 10_000 // remembered, of either kind
	hookForgets = 26 * time.Hour
)

// A hookGate counts knocks by wallet and source. What strangers do makes no room among those who have shown
// a true message. It is safe for concurrent use.
type hookGate struct {
	now      func() time.Time
	proven   *otter.Cache[string, *rate.Limiter]
	strange  *otter.Cache[string, *rate.Limiter]
	together *rate.Limiter
}

func newHookGate(now func() time.Time) *hookGate {
	kept := func() *otter.Cache[string, *rate.Limiter] {
		return otter.Must(&otter.Options[string, *rate.Limiter]{MaximumSize: hookSources, ExpiryCalculator: otter.ExpiryAccessing[string, *rate.Limiter](hookForgets)})
	}
	return &hookGate{now: now, proven: kept(), strange: kept(), together: rate.NewLimiter(strangersRate, strangersMax)}
}

// admit reports whether a message may be looked at. heard is called with what it turned out to be.
func (g *hookGate) admit(adapter string, from netip.Addr) (heard func(err error), ok bool) {
	key, now := adapter+" "+sourceOf(from), g.now()
	if l, known := g.proven.GetIfPresent(key); known {
		return func(error) {}, l.AllowN(now, 1)
	}
	l, known := g.strange.GetIfPresent(key)
	if !known {
		l, _ = g.strange.SetIfAbsent(key, rate.NewLimiter(strangeRate, strangeBurst))
	}
	if !l.AllowN(now, 1) || !g.together.AllowN(now, 1) {
		return nil, false
	}
	return func(err error) {
		switch {
		case err == nil:
			g.proven.SetIfAbsent(key, rate.NewLimiter(hookRate, hookBurst))
			l.AllowN(now, -1)
		case circles.Is(err, circles.Busy): // the wallet could not be asked, or knows nothing yet: no fault of who knocks
			l.AllowN(now, -1)
		}
	}, true
}

// sourceOf is what an address counts as: an IPv6 network has as many as it likes.
func sourceOf(a netip.Addr) string {
	a = a.Unmap().WithZone("")
	if a.Is6() {
		return netip.PrefixFrom(a, 64).Masked().String()
	}
	return a.String()
}

// walletWebhook is POST /wallet/{adapter}/webhook: a program's, signed by itself, so neither session nor
// origin are asked for. The answer goes out when what it hints at is durable. What costs least is asked
// first: whether there is such a wallet, then the source, then the body, then the signature.
func (s *Server) walletWebhook(c echo.Context) error {
	name := c.Param("adapter")
	if !slices.ContainsFunc(s.tips.Rails(), func(d wallet.Descriptor) bool { return d.Name == name && d.Can(wallet.CapWebhook) }) {
		return c.NoContent(http.StatusNotFound)
	}
	from, _ := netip.ParseAddr(c.RealIP())
	heard, ok := s.hooks.admit(name, from)
	if !ok {
		c.Response().Header().Set(echo.HeaderRetryAfter, "60")
		return c.NoContent(http.StatusTooManyRequests)
	}
	body, err := readAtMost(c.Request().Body, tips.MaxWebhook)
	if err != nil {
		return c.NoContent(http.StatusRequestEntityTooLarge)
	}
	reply, err := s.tips.Webhook(c.Request().Context(), name, c.Request().Header, c.Request().URL.RawQuery, body)
	heard(err)
	if err != nil {
		s.log.Warn("a wallet's message was refused", "adapter", name, "error", err)
		return c.NoContent(circles.KindOf(err).Status())
	}
	status := reply.Status
	if status < 200 || status > 299 {
		status = http.StatusOK
	}
	kind := reply.ContentType
	if kind != "application/json" {
		kind = "text/plain; charset=utf-8" // never markup from our own origin
	}
	return c.Blob(status, kind, reply.Body)
}
