package web

import (
	"bytes"
	"compress/gzip"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/maypok86/otter/v2"

	"halqa/circles"
)

// Pages that visitors read over and over are kept as they were sent. A kept page names the circles that
// it shows, with the sum of their revs as it was read; whoever gets it next has had that sum compared
// first, so that nothing is shown that was removed meanwhile. Votes and relative times move no rev, so
// a page is not kept for longer than those may lag.

const (
	keptPages = 16 << 20 // bytes of all kept pages, plain and compressed
	keptPage  = 10 * time.Second
	maxKept   = 512 << 10 // bytes of one page; a larger one is rare, and would push out many
)

// A keptCopy is a page as a visitor got it.
type keptCopy struct {
	html  []byte
	until time.Time
	shown []circles.CircleID
	revs  int64 // the sum of theirs

	once sync.Once
	gz   []byte
}

type pageCache = otter.Cache[string, *keptCopy]

func newPageCache() (*pageCache, error) {
	return otter.New(&otter.Options[string, *keptCopy]{
		MaximumWeight: keptPages,
		Weigher:       func(key string, p *keptCopy) uint32 { return uint32(len(key) + len(p.html)*5/4 + 200) },
	})
}

// cacheQuery are the parts of a query that kept pages differ by. A page asked for with any other is made
// anew, and so can neither fill the cache nor carry one reader's words to another.
var cacheQuery = []string{"after", "feed", "focus", "lang", "sort", "t", "tab"}

// cacheKey is what a visitor's page is kept under; "" is for pages that are made for one reader.
func (s *Server) cacheKey(c echo.Context) string {
	r := c.Request()
	if r.Method != http.MethodGet || cookie(c, s.sessionCookie()) != "" || cookie(c, flashCookie) != "" {
		return ""
	}
	var b strings.Builder
	b.Grow(128)
	b.WriteString(r.URL.EscapedPath())
	if r.URL.RawQuery != "" {
		q := r.URL.Query()
		for name, values := range q {
			if len(values) != 1 || !slices.Contains(cacheQuery, name) {
				return ""
			}
		}
		b.WriteByte('?')
		b.WriteString(q.Encode())
		if r.URL.RawQuery != q.Encode() { // the page repeats its own address, so another spelling is another page
			return ""
		}
	}
	b.WriteByte('\n')
	b.WriteString(s.localizer(c).Tag())
	b.WriteByte('\n')
	b.WriteString(oneOf(cookie(c, themeCookie), "light", "dark"))
	b.WriteByte('\n')
	b.WriteString(oneOf(cookie(c, densityCookie), "compact"))
	return b.String()
}

// kept makes a handler whose pages are kept for visitors. The handler names the circles that its page
// shows with shows; a page that names none is not kept.
func (s *Server) kept(h func(*visit) error) echo.HandlerFunc {
	slow := s.visit(h)
	return func(c echo.Context) error {
		key := s.cacheKey(c)
		if key == "" {
			return slow(c)
		}
		if p, ok := s.cache.GetIfPresent(key); ok && s.options.Now().Before(p.until) {
			revs, err := s.app.CircleRevs(c.Request().Context(), p.shown)
			if err != nil {
				return err
			}
			if revs == p.revs {
				return p.send(c)
			}
		}
		c.Set(cacheKeyName, key)
		return slow(c)
	}
}

const cacheKeyName = "cache key" // in the echo context

// shows notes that the page shows what is in this circle, as it stood at c.Rev.
func (v *visit) shows(c *circles.Circle) {
	if c == nil || c.Kind != circles.KindCircle {
		return
	}
	if v.shown == nil {
		v.shown = map[circles.CircleID]int64{}
	}
	if rev, ok := v.shown[c.CircleID()]; !ok || c.Rev < rev {
		v.shown[c.CircleID()] = c.Rev
	}
}

// keep keeps a page that was just made, if it may be.
func (v *visit) keep(status int, html []byte) {
	key, _ := v.Get(cacheKeyName).(string)
	if key == "" || status != http.StatusOK || len(v.shown) == 0 || len(html) > maxKept || len(v.Response().Header()["Set-Cookie"]) > 0 {
		return
	}
	p := &keptCopy{html: bytes.Clone(html), until: v.s.options.Now().Add(keptPage)}
	for id, rev := range v.shown {
		p.shown = append(p.shown, id)
		p.revs += rev
	}
	slices.Sort(p.shown)
	v.s.cache.Set(key, p)
}

// send answers with a kept page. It is compressed once somebody asks for it again.
func (p *keptCopy) send(c echo.Context) error {
	h := c.Response().Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Add("Vary", "Accept-Encoding")
	body := p.html
	if strings.Contains(c.Request().Header.Get("Accept-Encoding"), "gzip") {
		p.once.Do(p.compress)
		if p.gz != nil {
			body = p.gz
			h.Set("Content-Encoding", "gzip")
		}
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	c.Response().WriteHeader(http.StatusOK)
	_, err := c.Response().Write(body)
	return err
}

func (p *keptCopy) compress() {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write(p.html); err != nil {
		return
	}
	if w.Close() == nil && b.Len() < len(p.html) {
		p.gz = b.Bytes()
	}
}
