package web

import (
	"context"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"halqa/circles"
	"halqa/circles/reputation"
	"halqa/internal/accounts"
	"halqa/internal/app"
	"halqa/internal/i18n"
	"halqa/internal/moderation"
	"halqa/internal/standing"
	"halqa/internal/text"
	"halqa/internal/tips"
	"halqa/static"
)

// Options is what the pages are made from.
type Options struct {
	App        *app.App
	Accounts   *accounts.Accounts
	Tips       *tips.Tips             // tips; nil = there are none
	Moderation *moderation.Moderation // reports, logs, other servers; nil = there are no such pages
	Gates      *standing.Gates        // what circles ask before people act; nil = there are no such pages
	Resolver   app.Resolver           // finds what lives elsewhere; nil = this instance is not federated
	// Subscribe asks a server where it takes its person of this name who wants to join something: an
	// address with {uri} in it. nil = visitors are not led to their servers.
	Subscribe func(ctx context.Context, name, host string) (template string, err error)
	Pictures  *Pictures // shows pictures of other servers; nil = they are links

	API API // the routes for programs, for the page about them

	Origin    string       // "https://example.org", without a slash; decides names and flags of cookies
	Version   string       // of this program, for the foot of the page
	Source    string       // where its source is; may be empty
	Proxies   []*net.IPNet // whose X-Forwarded-For is believed; none by default
	Rows      int          // posts on a page of a feed; 0 = as app has it
	Dev       bool         // shows /dev/components
	Now       func() time.Time
	Log       *slog.Logger
	LocalOnly bool // no public host is set yet: the instance is seen on this machine only
}

// Server answers browsers. Between requests it keeps copies of what the database holds, and nothing
// that would be lost.
type Server struct {
	options    Options
	app        *app.App
	accounts   *accounts.Accounts
	moderation *moderation.Moderation
	tips       *tips.Tips
	hooks      *hookGate   // of wallets that knock
	handles    *sourceGate // of visitors who ask about somebody by a handle
	bills      *sourceGate // of invoices for strangers
	paid       *sourceGate // of strangers who ask what became of those
	host       string      // as it stands in handles; with the port on a loopback instance
	echo       *echo.Echo
	gated      map[string][]reputation.Action // of actions, as Actions names them
	pages      *renderer
	words      *i18n.Bundle
	markdown   *text.Renderer // of previews; app renders what is kept
	site       siteCopy
	texts      map[string]func(*visit) error // where forms with words go, by their routes; see authors
	asking     chan struct{}                 // of askers: visitors who wait for their own server
	cache      *pageCache
	log        *slog.Logger
}

// maxForm bounds what a form without files may send: the longest post and its fields, with room.
const maxForm = 1 << 20 // bytes

// New parses every template and lays out the routes.
func New(o Options) (*Server, error) {
	words, err := i18n.Load()
	if err != nil {
		return nil, err
	}
	assets, err := static.Load()
	if err != nil {
		return nil, err
	}
	r, err := newRenderer(words, assets, o.Now)
	if err != nil {
		return nil, err
	}
	guard, err := sameOrigin(o.Origin)
	if err != nil {
		return nil, err
	}
	cache, err := newPageCache()
	if err != nil {
		return nil, err
	}
	_, host, _ := strings.Cut(o.Origin, "://")
	s := &Server{
		options: o, app: o.App, accounts: o.Accounts, moderation: o.Moderation, tips: o.Tips, host: host, echo: echo.New(), gated: map[string][]reputation.Action{}, pages: r, words: words,
		markdown: text.NewRenderer(o.Origin), cache: cache, log: o.Log, texts: map[string]func(*visit) error{},
		asking: make(chan struct{}, askers), hooks: newHookGate(o.Now), handles: newSourceGate(o.Now, measure{handleRate, handleBurst}, measure{}), bills: newSourceGate(o.Now, measure{billRate, billBurst}, measure{billsRate, billsBurst}),
		paid: newSourceGate(o.Now, measure{paidRate, paidBurst}, measure{paidsRate, paidsBurst}),
	}
	e := s.echo
	e.HideBanner, e.HidePort = true, true
	e.IPExtractor = echo.ExtractIPDirect()
	if len(o.Proxies) > 0 {
		trust := []echo.TrustOption{echo.TrustLoopback(false), echo.TrustLinkLocal(false), echo.TrustPrivateNet(false)}
		for _, n := range o.Proxies {
			trust = append(trust, echo.TrustIPRange(n))
		}
		e.IPExtractor = echo.ExtractIPFromXFFHeader(trust...)
	}
	e.HTTPErrorHandler = s.refuse
	e.Use(requestID, headers, guard, s.session)
	s.routes(assets)
	return s, nil
}

// Actions are all that a browser can ask for: "POST /c/:name/join".
func (s *Server) Actions() []string {
	var all []string
	for _, r := range s.echo.Routes() {
		all = append(all, r.Method+" "+r.Path)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// Gated are the acts that a gate may stand before, by the action that does them.
func (s *Server) Gated() map[string][]reputation.Action { return maps.Clone(s.gated) }

func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.echo.ServeHTTP(w, r) }

// localizer picks the language of an answer: what the address asks for, what the member has set, what
// was chosen in this browser, what the browser says.
func (s *Server) localizer(c echo.Context) *i18n.Localizer {
	set := ""
	if m := member(c); m != nil {
		set = m.Settings.Language
	}
	return s.words.Localizer(c.QueryParam("lang"), set, cookie(c, langCookie), c.Request().Header.Get("Accept-Language"))
}

// page fills in what the shell needs.
func (s *Server) page(c echo.Context, title string) Page {
	l := s.localizer(c)
	p := Page{
		Site:      s.aboutSite(c.Request().Context()),
		Title:     title,
		Lang:      l.Tag(),
		Languages: s.words.Languages(),
		Theme:     oneOf(cookie(c, themeCookie), "light", "dark"),
		Density:   oneOf(cookie(c, densityCookie), "compact"),
		Here:      localPath(c.Request().URL.RequestURI()),
		Flash:     s.takeFlash(c, l),
	}
	if m := member(c); m != nil {
		p.Theme, p.Density, p.reveal = m.Settings.Theme, m.Settings.Density, m.Settings.Reveal
		p.Viewer = &Viewer{Person: s.person(m.Actor), Admin: m.Role == circles.SiteAdmin, Staff: m.Moderates(), Unseen: s.unseen(c, m.Viewer), Letters: s.unread(c, m.Viewer), Tips: s.tips != nil}
	}
	if c.Request().Method != http.MethodGet {
		p.Here = "/"
	}
	return p
}

func (s *Server) render(c echo.Context, status int, name string, view any) error {
	return s.pages.page(c.Response(), status, s.localizer(c).Tag(), name, view, nil)
}

// localPath returns p if it is a path on this site, else "/". A browser reads "//host", "/\host" and
// control characters in ways that lead elsewhere.
func localPath(p string) string {
	if len(p) > 2000 || !strings.HasPrefix(p, "/") || strings.HasPrefix(p, "//") {
		return "/"
	}
	for _, r := range p {
		if r < ' ' || r == '\\' || r == 0x7f {
			return "/"
		}
	}
	if u, err := url.Parse(p); err != nil || u.Host != "" || u.Scheme != "" {
		return "/"
	}
	return p
}

func queryEscape(s string) string { return url.QueryEscape(s) }

func oneOf(s string, known ...string) string {
	for _, k := range known {
		if s == k {
			return s
		}
	}
	return ""
}
