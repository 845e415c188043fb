package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"

	"halqa/circles"
	"halqa/internal/media"
	"halqa/internal/store"
)

type backupCmd struct {
	File string `arg:"" help:"The file to write, which must not be there yet; - writes to standard output." placeholder:"FILE"`
}

// Run writes a backup. The running server makes it, where one runs; this program writes the file, so
// that it lies where, and belongs to whom, the command line says.
func (c *backupCmd) Run(ctx context.Context, term *terminal, g *cli) error {
	cfg, err := readConfig(g.Config, term.getenv)
	if err != nil {
		return err
	}
	write := func(w io.Writer) error {
		client, running, err := dialCtl(cfg)
		if err != nil {
			return err
		}
		if running {
			defer client.CloseIdleConnections()
			return askBackup(ctx, client, w)
		}
		if cfg.database == "" {
			if _, err := os.Stat(filepath.Join(cfg.Data, sqliteMember)); errors.Is(err, fs.ErrNotExist) {
				return circles.Errorf(circles.Invalid, "There is no instance in the data folder %s.", cfg.Data)
			}
		}
		return withHouse(ctx, term, g, func(h *house) error { return h.backup(ctx, w) })
	}
	if c.File == "-" {
		return write(term.out)
	}
	if err := writeWhole(c.File, write); err != nil {
		return err
	}
	info, err := os.Stat(c.File)
	if err != nil {
		return err
	}
	fmt.Fprintf(term.out, "%s: %s. It holds private keys and passwords' hashes: keep it where nobody else can read it.\n", c.File, bytesText(info.Size()))
	return nil
}

// writeWhole makes a file, readable by its owner only, that appears when all of it has reached the
// disk, or not at all.
func writeWhole(name string, write func(io.Writer) error) (err error) {
	if _, err := os.Lstat(name); err == nil {
		return circles.Errorf(circles.Conflict, "%s is there already; choose another name.", name)
	}
	f, err := os.CreateTemp(filepath.Dir(name), "."+filepath.Base(name)+".*")
	if err != nil {
		return circles.Errorf(circles.Invalid, "The backup cannot be written there: %v.", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(f.Name()))
		}
	}()
	if err := errors.Join(write(f), f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Link(f.Name(), name); errors.Is(err, fs.ErrExist) { // unlike a rename it replaces nothing
		return circles.Errorf(circles.Conflict, "%s is there already; choose another name.", name)
	} else if err != nil {
		if err := os.Rename(f.Name(), name); err != nil { // a file system without links
			return err
		}
	} else if err := os.Remove(f.Name()); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(name))
}

func syncFolder(name string) error {
	d, err := os.Open(name)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

const (
	backupPath    = "/backup"
	backupTrouble = "Halqa-Backup-Trouble" // a trailer: why the bytes before it are no backup
)

// askBackup has the running server make a backup.
func askBackup(ctx context.Context, client *http.Client, w io.Writer) error {
	client.Timeout = 0 // as long as it takes
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://halqa"+backupPath, nil)
	if err != nil {
		return err
	}
	resp, err := client.Do(req)
	if err != nil {
		return fmt.Errorf("ask the running server: %w", err)
	}
	defer resp.Body.Close()
	if _, err := io.Copy(w, resp.Body); err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	if trouble := resp.Trailer.Get(backupTrouble); trouble != "" {
		return circles.Errorf(circles.Conflict, "%s", trouble)
	}
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("the running server is of another version and makes no backups: it answered %s", resp.Status)
	}
	return nil
}

// serveBackup answers askBackup.
func (h *house) serveBackup(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Trailer", backupTrouble)
	w.Header().Set("Content-Type", "application/gzip")
	err := h.backup(r.Context(), w)
	if err == nil {
		return
	}
	var refusal *circles.Error
	if errors.As(err, &refusal) && refusal.Kind != circles.Internal {
		w.Header().Set(backupTrouble, refusal.Message)
		return
	}
	h.log.Error("backup", "error", err)
	w.Header().Set(backupTrouble, "The running server could not make the backup; its log says why.")
}

// backup writes the instance as it is now. What was answered before it began is in it: the database
// is copied first, and no picture is removed meanwhile that the copy may name.
func (h *house) backup(ctx context.Context, w io.Writer) (err error) {
	if !h.backing.TryLock() {
		return circles.Errorf(circles.Conflict, "Another backup is being made; wait until it is done.")
	}
	defer h.backing.Unlock()
	select {
	case h.keeping <- struct{}{}:
		defer func() { <-h.keeping }()
	case <-ctx.Done():
		return ctx.Err()
	}
	scratch := filepath.Join(h.cfg.Data, "backup.tmp") // one at a time; a killed server leaves it
	if err := os.RemoveAll(scratch); err != nil {
		return err
	}
	if err := os.Mkdir(scratch, 0o700); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(scratch)) }()

	schema, err := store.Newest()
	if err != nil {
		return err
	}
	head := backupHead{
		Format: backupFormat, Program: version, Schema: schema, Engine: h.store.Engine(), Host: h.cfg.Host, At: h.now().UTC(),
	}
	database := filepath.Join(scratch, head.member())
	if err := h.copyDatabase(ctx, database); err != nil {
		return err
	}
	manifest, err := os.Create(filepath.Join(scratch, manifestMember))
	if err != nil {
		return err
	}
	defer manifest.Close()
	a, err := newArchiveWriter(contextWriter{ctx, w}, head, manifest)
	if err != nil {
		return err
	}
	copied, err := os.Open(database)
	if err != nil {
		return err
	}
	defer copied.Close()
	if err := addFile(a, head.member(), copied); err != nil {
		return err
	}
	err = h.blobs.Walk(ctx, func(b media.Blob) error {
		f, err := h.blobs.Open(b.Hash)
		if err != nil {
			return err
		}
		defer f.Close()
		return addFile(a, "media/"+b.Hash[:2]+"/"+b.Hash, f)
	})
	if err != nil {
		return err
	}
	return a.close()
}

func addFile(a *archiveWriter, name string, f *os.File) error {
	info, err := f.Stat()
	if err != nil {
		return err
	}
	return a.add(name, info.Size(), f)
}

// copyDatabase writes the database as it is now to a new file.
func (h *house) copyDatabase(ctx context.Context, file string) error {
	if h.cfg.database != "" {
		return dumpPostgres(ctx, h.cfg.database, file)
	}
	f, err := os.OpenFile(file, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	f.Close()
	return h.store.CopySQLite(ctx, file)
}

// unlessKept makes a sweep wait for its next turn while a backup reads what it would remove.
func (h *house) unlessKept(sweep func(context.Context) error) func(context.Context) error {
	return func(ctx context.Context) error {
		select {
		case h.keeping <- struct{}{}:
			defer func() { <-h.keeping }()
			return sweep(ctx)
		default:
			return nil
		}
	}
}

// A contextWriter stops writing when its context ends.
type contextWriter struct {
	ctx context.Context
	w   io.Writer
}

func (c contextWriter) Write(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.w.Write(p)
}

// bytesText says a size as people do.
func bytesText(n int64) string {
	switch {
	case n >= 1<<30:
		return fmt.Sprintf("%.1f GiB", float64(n)/(1<<30))
	case n >= 1<<20:
		return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20))
	}
	return fmt.Sprintf("%d KiB", (n+1023)/1024)
}
