package main

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"halqa/api"
	"halqa/circles"
	"halqa/federation"
	"halqa/internal/accounts"
	"halqa/internal/app"
	"halqa/internal/consumers"
	"halqa/internal/fetch"
	"halqa/internal/media"
	"halqa/internal/moderation"
	worker "halqa/internal/run"
	"halqa/internal/standing"
	"halqa/internal/store"
	"halqa/internal/text"
	"halqa/internal/tips"
	"halqa/web"
)

// A house is one instance, opened: every room that a command or the server uses, in the order of
// their dependencies. Close puts the lights out in the opposite order.
type house struct {
	cfg  config
	log  *slog.Logger
	now  func() time.Time
	site federation.Site

	proxies []netip.Prefix

	store    *store.Store
	fetch    *fetch.Client
	blobs    *media.Blobs
	cache    *media.Cache
	app      *app.App
	accounts *accounts.Accounts
	worker   *worker.Worker
	sender   *federation.Sender
	inbox    *federation.Inbox

	moderation *moderation.Moderation
	tips       *tips.Tips
	gates      *standing.Gates

	backing sync.Mutex    // held by a backup
	keeping chan struct{} // of one: full while a backup needs all pictures, or a sweep removes some
	probes  probes

	closers []func() error
}

// cacheLimit bounds the pictures of other servers; the least recently seen go first.
const cacheLimit = 1 << 30 // bytes

// loopback is where an instance without a host finds its peers.
var loopback = []string{"127.0.0.0/8", "::1/128"}

// openHouse opens the data folder and the database of an instance whose address is base. A folder
// that another process has open is refused, for SQLite has one writer.
func openHouse(ctx context.Context, cfg config, base string, log *slog.Logger, now func() time.Time) (h *house, err error) {
	h = &house{cfg: cfg, log: log, now: now, keeping: make(chan struct{}, 1)}
	defer func() {
		if err != nil {
			h.close()
			h = nil
		}
	}()
	if h.site, err = federation.NewSite(base); err != nil {
		return h, err
	}
	// A proxy on this machine is the usual one; who else can connect from loopback runs here anyway.
	if h.proxies, err = prefixes("proxies", append(append([]string{}, loopback...), cfg.Proxies...)); err != nil {
		return h, err
	}
	if err := os.MkdirAll(cfg.Data, 0o700); err != nil {
		return h, circles.Errorf(circles.Invalid, "The data folder %s cannot be made: %v.", cfg.Data, err)
	}
	unlock, err := store.LockFolder(cfg.Data)
	if errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.EROFS) || errors.Is(err, syscall.EISDIR) {
		return h, circles.Errorf(circles.Invalid, "The data folder %s cannot be written: %v.", cfg.Data, err)
	}
	if err != nil {
		return h, err
	}
	h.closers = append(h.closers, func() error { unlock(); return nil })
	if h.store, err = store.Open(ctx, store.Options{DSN: cfg.dsn(), Now: now, Log: log}); err != nil {
		return h, err
	}
	h.closers = append(h.closers, h.store.Close)
	if err := h.holdHost(ctx); err != nil {
		return h, err
	}
	if h.fetch, err = h.openFetch(); err != nil {
		return h, err
	}
	h.closers = append(h.closers, func() error { h.fetch.Close(); return nil })
	if h.blobs, err = media.OpenBlobs(filepath.Join(cfg.Data, "media"), now); err != nil {
		return h, err
	}
	h.closers = append(h.closers, h.blobs.Close)
	if h.cache, err = media.OpenCache(filepath.Join(cfg.Data, "cache"), cacheLimit, now); err != nil {
		return h, err
	}
	h.closers = append(h.closers, h.cache.Close)
	h.app = app.New(app.Options{
		Store: h.store, Text: text.NewRenderer(h.site.Base), Sanitizer: text.NewSanitizer(),
		Pictures: media.NewProcessor(0), Blobs: h.blobs, Host: h.site.Host, Origin: h.site.Base, Now: now, Log: log,
		Begging: cfg.Filters.Begging == "off",
	})
	if _, err := h.app.EnsureInstanceActor(ctx); err != nil {
		return h, err
	}
	if _, err := h.app.EnsureGateActor(ctx); err != nil {
		return h, err
	}
	if err := h.openTips(ctx); err != nil {
		return h, err
	}
	h.gates = standing.NewGates(h.store)
	h.accounts = accounts.New(accounts.Options{Store: h.store, App: h.app, Host: h.site.Host, Origin: h.site.Base, Now: now, Log: log})
	return h, nil
}

// holdHost notes the host the first time one is configured, and refuses another one later: everybody
// who was met under the old name would become a stranger with the same face.
func (h *house) holdHost(ctx context.Context) error {
	return h.store.Update(ctx, func(tx *store.Tx) error {
		held, err := tx.Setting(store.SettingHost)
		if err != nil {
			return err
		}
		switch {
		case held == h.cfg.Host:
			return nil
		case held == "":
			return tx.SetSetting(store.SettingHost, h.cfg.Host)
		case h.cfg.Host == "":
			return circles.Errorf(circles.Conflict, "This data belongs to the instance %s, and no host is configured. Set host = %q, because other servers know its people by that name.", held, held)
		}
		return circles.Errorf(circles.Conflict, "This data belongs to the instance %s, but the configured host is %s. Other servers know its people by the first name; set host = %q, or begin with an empty data folder.", held, h.cfg.Host, held)
	})
}

func (h *house) openFetch() (*fetch.Client, error) {
	blocks := h.cfg.Federation.LabNetworks
	if h.cfg.Host == "" {
		blocks = append(append([]string{}, blocks...), loopback...)
	} else if len(blocks) > 0 {
		h.log.Warn("lab_networks is set: strangers can make this server ask machines in these networks", "networks", strings.Join(blocks, " "))
	}
	lab, err := prefixes("federation.lab_networks", blocks)
	if err != nil {
		return nil, err
	}
	return fetch.New(fetch.Options{
		LabNetworks: lab, LabOnly: h.cfg.Host == "" && len(h.cfg.Federation.LabNetworks) == 0,
		UserAgent: "Halqa/" + version + " (+" + h.site.Base + "/)", Now: h.now, Known: h.knownPeer,
	}), nil
}

// knownPeer reports whether a host was met before; such a host does not count as one more subdomain.
func (h *house) knownPeer(host string) bool {
	known := false
	err := h.store.View(context.Background(), func(tx *store.Tx) error {
		peers, err := tx.PeersBy([]string{host})
		known = len(peers) > 0
		return err
	})
	return err == nil && known
}

// holder is who holds the lease: the data folder, since whoever has its lock is alone with it. So nobody
// waits for the lease of a process that was killed. The database of SQLite lies in the folder, and any
// name does; on PostgreSQL several folders may share one, and each has a name of its own in a file.
func (h *house) holder() (string, error) {
	if h.store.Engine() == "sqlite" {
		return "the data folder", nil
	}
	path := filepath.Join(h.cfg.Data, "holder")
	name, err := os.ReadFile(path)
	if err == nil && len(name) > 0 {
		return string(name), nil
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	made := rand.Text()
	return made, os.WriteFile(path, []byte(made), 0o600)
}

// openFederation makes the parts that speak with other servers, and the worker that drives them.
func (h *house) openFederation() error {
	holder, err := h.holder()
	if err != nil {
		return err
	}
	h.worker = worker.New(worker.Options{Store: h.store, Holder: holder, Now: h.now, Log: h.log})
	h.sender = federation.NewSender(federation.SenderOptions{
		Site: h.site, Store: h.store, Fetch: h.fetch, Book: h.worker.Book(), Now: h.now, Log: h.log,
	})
	h.inbox = federation.NewInbox(federation.InboxOptions{
		Site: h.site, Store: h.store, App: h.app, Tips: h.tips, Fetch: h.fetch, Log: h.log, Now: h.now, Heard: h.sender.Heard,
		Client: h.client,
	})
	h.tips.Proves(tips.ProofPreimage, invoicePaid)
	h.closers = append(h.closers, func() error { return h.inbox.SaveKept(context.Background()) })
	h.tips.Connect(h.inbox.Carrier())
	h.worker.Follow(h.sender.Consumer())
	search := consumers.NewSearch(h.store, h.log)
	h.worker.Follow(worker.Consumer{Name: search.Name(), Start: search.Start, Handle: search.Handle})
	h.worker.Follow(worker.Consumer{Name: "notifications", Handle: consumers.NewNotifications(h.store).Handle})
	hooks := consumers.NewWebhooks(h.store, h.fetch, h.site.Base, h.now, h.log)
	h.worker.Follow(worker.Consumer{Name: "webhooks", Handle: hooks.Handle})
	h.worker.Part("webhooks", hooks.Run)
	h.worker.Part("sender", h.sender.Run)
	h.worker.Part("parked activities", h.inbox.Resume)
	h.worker.Part("backfill", h.inbox.Backfill)
	h.worker.Part("quoted posts", h.inbox.Quoted)
	h.moderation = moderation.New(moderation.Options{
		Store: h.store, App: h.app, Host: h.site.Host, Queues: h.queues, PeerDecided: h.sender.PeerDecided,
	})
	h.worker.Every("deletions", time.Minute, h.app.FinishDeletions)
	h.worker.Every("moves", time.Minute, h.app.FinishMoves)
	h.worker.Every("removals", time.Minute, h.app.FinishRemovals)
	h.worker.Every("standing", time.Minute, h.app.SweepStanding)
	h.worker.Every("audit", time.Hour, h.app.AuditStanding) // once a day
	h.worker.Every("polls", 15*time.Second, h.app.SweepPolls)
	h.worker.Every("activity", 24*time.Hour, h.app.RefreshActivity)
	h.worker.Every("loose pictures", time.Hour, h.unlessKept(h.app.SweepMedia))
	h.worker.Every("looks at threads", 24*time.Hour, h.app.SweepReading)
	h.worker.Every("old drafts", 24*time.Hour, h.app.SweepDrafts)
	h.worker.Every("unused blobs", 24*time.Hour, h.unlessKept(h.app.SweepBlobs))
	h.worker.Every("gates", time.Minute, h.gates.Sweep)
	h.worker.Every("proofs of gates", time.Minute, h.gates.Prove)
	h.worker.Every("held posts", time.Hour, h.app.SweepHeld)
	h.worker.Every("notices of gates", 24*time.Hour, h.app.SweepGateNotices)
	h.worker.Every("appeals", time.Minute, h.moderation.SweepAppeals)
	h.worker.Every("sessions", time.Hour, h.accounts.Sweep)
	h.sweepTips()
	h.worker.Every("tokens", time.Hour, h.accounts.SweepTokens)
	h.worker.Every("received", time.Hour, h.trimReceived)
	h.worker.Every("bytes kept", time.Minute, h.inbox.SaveKept)
	return nil
}

const (
	receivedKept  = worker.LogKept + 24*time.Hour // a little longer than the log that names them
	tombstoneKept = 30 * 24 * time.Hour
	trimPage      = 1000
)

// trimReceived forgets what arrived long ago, a page at a time.
func (h *house) trimReceived(ctx context.Context) error {
	trim := func(kept time.Duration, page func(*store.Tx, int64) (int64, error)) error {
		before := h.now().Add(-kept).UnixMicro()
		for {
			var n int64
			err := h.store.Update(ctx, func(tx *store.Tx) (err error) {
				n, err = page(tx, before)
				return err
			})
			if err != nil || n < trimPage {
				return err
			}
		}
	}
	err := trim(receivedKept, func(tx *store.Tx, before int64) (int64, error) { return tx.TrimReceived(before, trimPage) })
	if err != nil {
		return err
	}
	return trim(tombstoneKept, func(tx *store.Tx, before int64) (int64, error) { return tx.TrimTombstones(before, trimPage) })
}

// queues is how delivering goes, for the page that shows it.
func (h *house) queues() []moderation.Queue {
	var all []moderation.Queue
	for _, p := range h.sender.Peers() {
		all = append(all, moderation.Queue{
			Host: p.Host, Window: p.Window, Pending: p.Pending, Behind: p.Behind, OldestAt: p.OldestAt, Dropped: p.Dropped, Dormant: p.Dormant,
		})
	}
	return all
}

// client is the address a request came from: the last one that a trusted proxy names, or the peer.
func (h *house) client(r *http.Request) netip.Addr {
	ap, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	addr := ap.Addr().Unmap()
	if !h.trusted(addr) {
		return addr
	}
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(hops) - 1; i >= 0; i-- {
		hop, err := netip.ParseAddr(strings.TrimSpace(hops[i]))
		if err != nil {
			break
		}
		if addr = hop.Unmap(); !h.trusted(addr) {
			break
		}
	}
	return addr
}

// trusted reports whether an address is a reverse proxy's, whose word about its client is believed.
func (h *house) trusted(a netip.Addr) bool {
	for _, p := range h.proxies {
		if p.Contains(a) {
			return true
		}
	}
	return false
}

// handler joins the pages and the protocol on one listener.
func (h *house) handler() (http.Handler, error) {
	publisher := federation.NewPublisher(federation.PublisherOptions{
		Site: h.site, Store: h.store, App: h.app, Inbox: h.inbox, Log: h.log, Version: version, About: h.about,
	})
	pages, programs, err := h.edges()
	if err != nil {
		return nil, err
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if h.probes.see(h, r) {
			w.WriteHeader(http.StatusNoContent)
			return
		}
		if api.Owns(r.URL.Path) {
			programs.ServeHTTP(w, r)
			return
		}
		if publisher.Owns(r) {
			publisher.ServeHTTP(w, r)
			return
		}
		pages.ServeHTTP(w, r)
	}), nil
}

// edges are what browsers and programs speak to.
func (h *house) edges() (*web.Server, *api.Server, error) {
	var proxies []*net.IPNet
	for _, p := range h.proxies {
		proxies = append(proxies, &net.IPNet{IP: p.Addr().AsSlice(), Mask: net.CIDRMask(p.Bits(), p.Addr().BitLen())})
	}
	programs, err := api.New(api.Options{
		App: h.app, Accounts: h.accounts, Moderation: h.moderation, Tips: h.tips, Gates: h.gates, Resolver: h.inbox, Origin: h.site.Base, Version: version,
		Client: h.client, Now: h.now, Log: h.log,
	})
	if err != nil {
		return nil, nil, err
	}
	pages, err := web.New(web.Options{
		App: h.app, Accounts: h.accounts, Tips: h.tips, Moderation: h.moderation, Gates: h.gates, Resolver: h.inbox, Subscribe: h.inbox.Subscribe, Pictures: &web.Pictures{Client: h.fetch, Cache: h.cache},
		API: aboutAPI(programs), Origin: h.site.Base, Version: version, Proxies: proxies, LocalOnly: h.cfg.Host == "", Now: h.now, Log: h.log,
	})
	if err != nil {
		return nil, nil, err
	}
	return pages, programs, nil
}

// about is what NodeInfo says of this instance.
func (h *house) about(ctx context.Context) (federation.About, error) {
	site, err := h.accounts.Site(ctx)
	if site.Name == "" {
		site.Name = h.site.Host
	}
	return federation.About{Name: site.Name, Description: site.Description, Open: site.Registration == accounts.Open}, err
}

// close closes what was opened, the last first.
func (h *house) close() error {
	var errs []error
	for i := len(h.closers) - 1; i >= 0; i-- {
		errs = append(errs, h.closers[i]())
	}
	h.closers = nil
	return errors.Join(errs...)
}

// command runs one command line on the open house, for the control socket.
func (h *house) command(ctx context.Context, req ctlRequest, stdout, stderr io.Writer) int {
	term := &terminal{in: strings.NewReader(req.Stdin), out: stdout, err: stderr, getenv: func(string) string { return "" }, house: h}
	return runCommand(ctx, req.Args, term)
}
