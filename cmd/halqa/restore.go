package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path"
	"path/filepath"
	"syscall"
	"time"

	"halqa/circles"
	"halqa/internal/store"
)

type restoreCmd struct {
	File   string `arg:"" help:"The backup." placeholder:"FILE" type:"path"`
	Data   string `help:"The empty folder to restore into, instead of the configured one." placeholder:"DIR" type:"path"`
	Verify bool   `help:"Read and check the backup, and restore nothing."`
}

// Run restores a backup into an empty folder, or only reads it. The whole backup is checked before
// the first byte of it is kept.
func (c *restoreCmd) Run(ctx context.Context, term *terminal, g *cli) error {
	cfg, err := readConfig(g.Config, term.getenv)
	if err != nil {
		return err
	}
	if c.Data != "" {
		cfg.Data = c.Data
	}
	f, err := os.Open(c.File)
	if err != nil {
		return circles.Errorf(circles.Invalid, "The backup cannot be read: %v.", err)
	}
	defer f.Close()
	sum, err := readArchive(ctx, f, func(string, int64, io.Reader) error { return nil })
	if err != nil {
		return err
	}
	if err := checkHead(sum.Head); err != nil {
		return err
	}
	fmt.Fprintf(term.out, "A backup of %s from %s: a database and %d pictures, %s.\n",
		named(sum.Head.Host), sum.Head.At.UTC().Format("2006-01-02 15:04 UTC"), sum.Pictures, bytesText(sum.Bytes))
	if c.Verify {
		fmt.Fprintln(term.out, "Everything is there and unchanged.")
		return nil
	}
	if err := checkTarget(cfg, sum); err != nil {
		return err
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return err
	}
	log, err := newLog(term.err, "warn")
	if err != nil {
		return err
	}
	if err := restore(ctx, cfg, f, sum, log, time.Now); err != nil {
		return err
	}
	fmt.Fprintf(term.out, "Restored into %s.\n", cfg.Data)
	if cfg.Host != sum.Head.Host {
		fmt.Fprintf(term.out, "Set host = %q in the configuration before you start it.\n", sum.Head.Host)
	}
	return nil
}

func named(host string) string {
	if host == "" {
		return "an instance without a host"
	}
	return host
}

// checkHead refuses a database that this program cannot read.
func checkHead(head backupHead) error {
	newest, err := store.Newest()
	if err != nil {
		return err
	}
	if head.Schema > newest {
		return circles.Errorf(circles.Invalid, "The backup was made by a newer Halqa (%.40q); restore it with that program or a later one.", head.Program)
	}
	return nil
}

// checkTarget refuses a place that the backup does not fit.
func checkTarget(cfg config, sum backupSum) error {
	switch {
	case sum.Head.Engine == "sqlite" && cfg.database != "":
		return circles.Errorf(circles.Invalid, "The backup holds a SQLite database, and HALQA_DATABASE names PostgreSQL; unset it to restore.")
	case sum.Head.Engine == "postgres" && cfg.database == "":
		return circles.Errorf(circles.Invalid, "The backup holds a PostgreSQL database; create an empty one and name it in HALQA_DATABASE.")
	}
	if err := os.MkdirAll(cfg.Data, 0o700); err != nil {
		return circles.Errorf(circles.Invalid, "The data folder %s cannot be made: %v.", cfg.Data, err)
	}
	inside, err := os.ReadDir(cfg.Data)
	if err != nil {
		return circles.Errorf(circles.Invalid, "The data folder %s cannot be read: %v.", cfg.Data, err)
	}
	for _, entry := range inside {
		if entry.Name() != "lost+found" { // of a file system of its own
			return circles.Errorf(circles.Conflict, "The data folder %s is not empty; a backup is restored into an empty one.", cfg.Data)
		}
	}
	var disk syscall.Statfs_t
	if err := syscall.Statfs(cfg.Data, &disk); err == nil && disk.Blocks > 0 {
		if free := int64(disk.Bavail) * int64(disk.Bsize); free < sum.Bytes {
			return circles.Errorf(circles.Invalid, "The backup needs %s, and %s are free at %s.", bytesText(sum.Bytes), bytesText(free), cfg.Data)
		}
	}
	return nil
}

const restoring = "restoring.tmp" // below the data folder, until everything is there

// restore fills the data folder. What it made is removed if it fails.
func restore(ctx context.Context, cfg config, backup io.Reader, want backupSum, log *slog.Logger, now func() time.Time) (err error) {
	unlock, err := store.LockFolder(cfg.Data)
	if err != nil {
		return err
	}
	defer unlock()
	defer func() {
		if err != nil {
			for _, name := range []string{restoring, "media", sqliteMember, sqliteMember + "-wal", sqliteMember + "-shm", "lock"} {
				err = errors.Join(err, os.RemoveAll(filepath.Join(cfg.Data, name)))
			}
		}
	}()
	scratch := filepath.Join(cfg.Data, restoring)
	if err := os.Mkdir(scratch, 0o700); err != nil {
		return err
	}
	root, err := os.OpenRoot(scratch) // every name is resolved inside, whatever it says
	if err != nil {
		return err
	}
	defer root.Close()
	if err := root.Mkdir("media", 0o700); err != nil {
		return err
	}
	got, err := readArchive(ctx, backup, func(name string, size int64, content io.Reader) error {
		return unpack(root, name, content, want.Head.At)
	})
	if err != nil {
		return err
	}
	if got != want {
		return circles.Errorf(circles.Invalid, "The backup changed while it was read; nothing was restored.")
	}
	database := filepath.Join(scratch, want.Head.member())
	cfg.Host = want.Head.Host
	if want.Head.Engine == "sqlite" {
		if err := store.CheckSQLite(ctx, database); err != nil {
			return err
		}
		if err := skipLog(ctx, "sqlite:"+database, want.Head.At, log, now); err != nil {
			return err
		}
	} else {
		if err := fillPostgres(ctx, cfg.database, database); err != nil {
			return err
		}
		if err := skipLog(ctx, cfg.database, want.Head.At, log, now); err != nil {
			return err
		}
	}
	// The database comes last: until it lies there, this is no instance.
	if err := os.Rename(filepath.Join(scratch, "media"), filepath.Join(cfg.Data, "media")); err != nil {
		return err
	}
	if want.Head.Engine == "sqlite" {
		if err := os.Rename(database, filepath.Join(cfg.Data, sqliteMember)); err != nil {
			return err
		}
	}
	return errors.Join(os.RemoveAll(scratch), syncFolder(cfg.Data))
}

// unpack writes one member. Pictures get the time of the backup as that of their storing.
func unpack(root *os.Root, name string, content io.Reader, at time.Time) error {
	if dir := path.Dir(name); dir != "." {
		if err := root.Mkdir(dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
			return err
		}
	}
	f, err := root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, content)
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close(), root.Chtimes(name, at, at))
}

// Places of the log that may have been used between the backup and its restoring: more in a second
// than an instance can fill, and some for clocks that disagree.
const (
	skipPerSecond = 10_000
	skipAtLeast   = 1_000_000
)

func skipLog(ctx context.Context, dsn string, at time.Time, log *slog.Logger, now func() time.Time) error {
	st, err := store.Open(ctx, store.Options{DSN: dsn, Now: now, Log: log})
	if err != nil {
		return err
	}
	elapsed := max(0, int64(now().Sub(at)/time.Second))
	return errors.Join(st.SkipLog(ctx, skipAtLeast+elapsed*skipPerSecond), st.Close())
}
