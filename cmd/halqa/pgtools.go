package main

import (
	"bytes"
	"context"
	"errors"
	"net/url"
	"os"
	"os/exec"
	"strings"

	"halqa/circles"
)

// PostgreSQL is copied and filled by its own programs: they know its types, run on one snapshot, and
// are what its administrators trust.

// libpqWords are the parameters of an address that PostgreSQL's programs know and that say where and
// how to connect. They refuse an address with words that only our driver knows.
var libpqWords = []string{
	"host", "hostaddr", "port", "user", "dbname", "passfile", "connect_timeout", "options", "keepalives", "sslmode", "sslcert",
	"sslkey", "sslrootcert", "sslcrl", "sslnegotiation", "requiressl", "gssencmode", "channel_binding", "target_session_attrs",
}

// dumpPostgres writes the database at dsn to a new file, from one snapshot.
func dumpPostgres(ctx context.Context, dsn, file string) error {
	return pgTool(ctx, dsn, "pg_dump", "--format=custom", "--no-owner", "--no-privileges", "--file="+file)
}

// fillPostgres puts what dumpPostgres wrote into the database at dsn, all of it or nothing. Tables
// that are there already make it fail.
func fillPostgres(ctx context.Context, dsn, file string) error {
	return pgTool(ctx, dsn, "pg_restore", "--no-owner", "--no-privileges", "--single-transaction", "--exit-on-error", file)
}

func pgTool(ctx context.Context, dsn, name string, args ...string) error {
	program, err := exec.LookPath(name)
	if err != nil {
		return circles.Errorf(circles.Invalid, "%s is not installed here, and PostgreSQL is copied with it; install PostgreSQL's client programs.", name)
	}
	address, password, err := libpqAddress(dsn)
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, program, append([]string{"--no-password", "--dbname=" + address}, args...)...)
	cmd.Env = os.Environ()
	if password != "" { // never among the arguments, which others on this machine can read
		cmd.Env = append(cmd.Env, "PGPASSWORD="+password)
	}
	var said bytes.Buffer
	cmd.Stderr = &said
	if err := cmd.Run(); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			line, _, _ := strings.Cut(strings.TrimSpace(said.String()), "\n")
			return circles.Errorf(circles.Invalid, "%s", strings.TrimSuffix(line, ".")+".")
		}
		return err
	}
	return nil
}

// libpqAddress takes the password out of a database's address, and the words that libpq refuses.
func libpqAddress(dsn string) (address, password string, err error) {
	u, err := url.Parse(dsn)
	if err != nil {
		return "", "", circles.Errorf(circles.Invalid, "HALQA_DATABASE cannot be read as an address.")
	}
	if u.User != nil {
		password, _ = u.User.Password()
		u.User = url.User(u.User.Username())
	}
	given, kept := u.Query(), url.Values{}
	for _, word := range libpqWords {
		if v, ok := given[word]; ok {
			kept[word] = v
		}
	}
	if p := given.Get("password"); p != "" {
		password = p
	}
	u.RawQuery = kept.Encode()
	return u.String(), password, nil
}
