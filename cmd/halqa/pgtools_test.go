package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestPasswordsAreNotAmongArguments(t *testing.T) {
	for _, c := range []struct{ dsn, address, password string }{
		{"postgres://ann@db.example/halqa", "postgres://ann@db.example/halqa", ""},
		{"postgres://ann:s%40cret@db.example:5433/halqa?sslmode=require", "postgres://ann@db.example:5433/halqa?sslmode=require", "s@cret"},
		{"postgres://db.example/halqa?user=ann&password=secret", "postgres://db.example/halqa?user=ann", "secret"},
		// Words of our driver that PostgreSQL's programs refuse.
		{"postgres:///halqa?host=%2Frun%2Fpostgresql&pool_max_conns=4&timezone=UTC", "postgres:///halqa?host=%2Frun%2Fpostgresql", ""},
	} {
		address, password, err := libpqAddress(c.dsn)
		if err != nil || address != c.address || password != c.password {
			t.Errorf("libpqAddress(%q) = %q, %q, %v, want %q, %q", c.dsn, address, password, err, c.address, c.password)
		}
	}
}

// What the program gets to see, by a program in its place.
func TestPostgresToolsGetThePasswordFromTheEnvironment(t *testing.T) {
	bin := t.TempDir()
	said := filepath.Join(bin, "said")
	script := "#!/bin/sh\necho \"$@\" > " + said + "\necho \"$PGPASSWORD\" >> " + said + "\necho 'pg_dump: error: no such server' >&2\nexit 1\n"
	if err := os.WriteFile(filepath.Join(bin, "pg_dump"), []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", bin)
	err := dumpPostgres(t.Context(), "postgres://ann:secret@db.example/halqa", filepath.Join(bin, "out"))
	if err == nil || err.Error() != "pg_dump: error: no such server." {
		t.Errorf("the program's failure became %v", err)
	}
	text, err := os.ReadFile(said)
	if err != nil {
		t.Fatal(err)
	}
	args, password, _ := strings.Cut(string(text), "\n")
	if strings.Contains(args, "secret") || password != "secret\n" {
		t.Errorf("the program got the arguments %q and the password %q", args, password)
	}

	t.Setenv("PATH", t.TempDir())
	err = dumpPostgres(t.Context(), "postgres://ann:secret@db.example/halqa", filepath.Join(bin, "out"))
	if err == nil || !strings.Contains(err.Error(), "pg_dump is not installed here") || strings.Contains(err.Error(), "secret") {
		t.Errorf("without the program: %v", err)
	}
}

// A backup that is stopped in the middle leaves nothing, here and in the data folder.
func TestBackupThatIsStopped(t *testing.T) {
	in := newInstance(t)
	in.must("", "user", "create", "ann")
	s := in.serve()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	dir := t.TempDir()
	args := []string{"--config", in.config, "backup", filepath.Join(dir, "b")}
	if code := run(ctx, args, in.getenv, strings.NewReader(""), s.out, s.err); code != exitFailed {
		t.Errorf("exit status %d, want 1", code)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
	in.must("", "backup", filepath.Join(dir, "c"))
	if left, err := filepath.Glob(filepath.Join(in.data, "*.tmp")); err != nil || len(left) > 0 {
		t.Errorf("left in the data folder: %v, %v", left, err)
	}
}
