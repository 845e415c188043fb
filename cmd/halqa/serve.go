package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"runtime/debug"
	"sync"
	"time"

	"halqa/circles"
)

const (
	headerTimeout = 10 * time.Second // a client that sends its headers slower is not worth a connection
	readTimeout   = 5 * time.Minute  // photos from slow lines
	idleTimeout   = 2 * time.Minute
	maxHeader     = 64 << 10
	stopTimeout   = 10 * time.Second // for requests under way when the server is told to stop

	// collectAt is how much the heap may grow between two collections, in percent of what lives. Little lives, some
	// 12 MiB, and an answer leaves 75 KB of garbage: with Go's own 100 a busy server collects every 150 answers,
	// and those that come meanwhile wait. api's benchmark of lists sets the same. GOGC overrides it.
	collectAt = 200
)

type serveCmd struct {
	Listen string `help:"Where to listen, instead of the configured place." placeholder:"HOST:PORT"`
	Data   string `help:"The data folder, instead of the configured one." placeholder:"DIR" type:"path"`
}

// Run serves until ctx ends.
func (c *serveCmd) Run(ctx context.Context, term *terminal, g *cli) error {
	cfg, err := loadConfig(g.Config, term.getenv)
	if err != nil {
		return err
	}
	if c.Listen != "" {
		cfg.set("listen", &cfg.Listen, c.Listen)
	}
	if c.Data != "" {
		cfg.set("data", &cfg.Data, c.Data)
	}
	if err := cfg.check(); err != nil {
		return err
	}
	log, err := newLog(term.err, cfg.Log)
	if err != nil {
		return err
	}
	if term.getenv("GOGC") == "" {
		debug.SetGCPercent(collectAt)
	}
	srv, err := startServer(ctx, cfg, log)
	if err != nil {
		return err
	}
	fmt.Fprintf(term.out, "Halqa is at %s/\n", srv.house.site.Base)
	if srv.setup != "" {
		fmt.Fprintf(term.out, "Nobody runs this instance yet. Set it up here, once: %s\n", srv.setup)
	}
	if cfg.Host == "" {
		fmt.Fprintln(term.out, "No host is configured, so it is reachable, and reaches others, on this machine only.")
	}
	// A start reads templates, catalogues and migrations, and leaves as much garbage as the instance needs to run. A
	// small one does so little that it would be days before the system had that memory back.
	debug.FreeOSMemory()
	<-ctx.Done()
	fmt.Fprintln(term.out, "Stopping.")
	return srv.stop()
}

// A server is an open house that answers. stop must be called.
type server struct {
	house *house
	setup string // the one-time set-up address; "" once somebody runs the instance

	web    *http.Server
	ctl    *http.Server
	cancel context.CancelFunc
	done   sync.WaitGroup
	mu     sync.Mutex
	errs   []error
}

// startServer opens an instance and begins to answer. What it starts ends with stop, not with ctx, so
// that requests under way can finish.
func startServer(ctx context.Context, cfg config, log *slog.Logger) (*server, error) {
	l, err := net.Listen("tcp", cfg.Listen)
	if err != nil {
		return nil, circles.Errorf(circles.Invalid, "Halqa cannot listen on %s: %v. Stop what uses it, or choose another with --listen.", cfg.Listen, err)
	}
	h, err := openHouse(ctx, cfg, baseOf(cfg, l.Addr().String()), log, time.Now)
	if err != nil {
		l.Close()
		return nil, err
	}
	srv := &server{house: h}
	if err := srv.start(ctx, l); err != nil {
		l.Close()
		return nil, errors.Join(err, srv.stop())
	}
	return srv, nil
}

// baseOf is the address of an instance: its host over https, or where it listens on this machine.
func baseOf(cfg config, at string) string {
	if cfg.Host != "" {
		return "https://" + cfg.Host
	}
	host, _, err := net.SplitHostPort(cfg.Listen)
	if err != nil || host == "" || host == "0.0.0.0" || host == "::" {
		host = "localhost"
	}
	_, port, _ := net.SplitHostPort(at)
	if port == "0" { // any free one, and no server has taken one yet
		return "http://" + host
	}
	return "http://" + net.JoinHostPort(host, port)
}

func (s *server) start(ctx context.Context, l net.Listener) error {
	h := s.house
	token, err := h.accounts.SetupToken(ctx)
	if err != nil {
		return err
	}
	if token != "" {
		s.setup = h.site.Base + "/setup?token=" + token
	}
	if err := h.openFederation(); err != nil {
		return err
	}
	handler, err := h.handler()
	if err != nil {
		return err
	}
	ctl, err := listenCtl(h.cfg.Data)
	if err != nil {
		return err
	}
	working, cancel := context.WithCancel(context.WithoutCancel(ctx))
	s.cancel = cancel
	errorLog := slog.NewLogLogger(h.log.Handler(), slog.LevelDebug)
	s.web = &http.Server{
		Handler: handler, ReadHeaderTimeout: headerTimeout, ReadTimeout: readTimeout, IdleTimeout: idleTimeout,
		MaxHeaderBytes: maxHeader, ErrorLog: errorLog,
	}
	s.ctl = &http.Server{Handler: ctlHandler(h), ReadHeaderTimeout: headerTimeout, ErrorLog: errorLog}
	s.run("worker", func() error { return h.worker.Run(working) })
	s.run("pages", func() error { return s.web.Serve(l) })
	s.run("control socket", func() error { return s.ctl.Serve(ctl) })
	return nil
}

func (s *server) run(name string, f func() error) {
	s.done.Go(func() {
		if err := f(); err != nil && !errors.Is(err, http.ErrServerClosed) {
			s.house.log.Error(name, "error", err)
			s.mu.Lock()
			s.errs = append(s.errs, fmt.Errorf("%s: %w", name, err))
			s.mu.Unlock()
		}
	})
}

// stop lets requests under way finish, writes positions down, and closes everything.
func (s *server) stop() error {
	ctx, cancel := context.WithTimeout(context.Background(), stopTimeout)
	defer cancel()
	if s.web != nil {
		if err := s.web.Shutdown(ctx); err != nil {
			s.web.Close()
		}
		s.ctl.Close()
	}
	if s.cancel != nil {
		s.cancel()
	}
	s.done.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	return errors.Join(append(s.errs, s.house.close())...)
}
