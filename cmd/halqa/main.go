// Command halqa hosts interest circles on the fediverse: one binary, one data folder.
//
// This package is wiring and commands only: it reads the configuration, opens the rooms in order,
// joins their handlers on one listener, and closes them in the opposite order. It holds no rule of
// the domain. Each subcommand is a file; begin reading with serve.go, then house.go.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"halqa/circles"

	"github.com/alecthomas/kong"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Getenv, os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// Exit statuses.
const (
	exitOK      = 0
	exitFailed  = 1 // it was tried and did not work
	exitRefused = 2 // what was asked cannot be done as asked; nothing was changed
)

// A terminal is what a command talks to. It holds no configuration.
type terminal struct {
	in     io.Reader
	out    io.Writer
	err    io.Writer
	getenv func(string) string
	house  *house // the running server's, where it runs the command; nil = none is open
}

// cli is the grammar of the command line.
type cli struct {
	Config string `help:"The configuration file; without it HALQA_CONFIG names it, or it is halqa.toml here." placeholder:"FILE" type:"path"`

	Serve    serveCmd    `cmd:"" help:"Run the server."`
	Demo     demoCmd     `cmd:"" help:"Run two instances on this machine that talk to each other."`
	User     userCmd     `cmd:"" help:"Accounts of people."`
	Token    tokenCmd    `cmd:"" help:"Tokens of programs."`
	Circle   circleCmd   `cmd:"" help:"Circles."`
	Post     postCmd     `cmd:"" help:"Posts."`
	Peer     peerCmd     `cmd:"" help:"Other servers."`
	Standing standingCmd `cmd:"" help:"The ledger of standing."`
	Wallet   walletCmd   `cmd:"" help:"Wallets, credits and their ledger."`
	Backup   backupCmd   `cmd:"" help:"Write everything into one file, while the server runs or not."`
	Restore  restoreCmd  `cmd:"" help:"Put a backup into an empty folder."`
	Check    configCmd   `cmd:"" name:"config" help:"The configuration."`
	Version  versionCmd  `cmd:"" help:"Print the version."`
}

// run is the whole program: it returns when the command is done, or when ctx ends and everything
// it started has stopped. The result is the exit status.
func run(ctx context.Context, args []string, getenv func(string) string, stdin io.Reader, stdout, stderr io.Writer) int {
	return runCommand(ctx, args, &terminal{in: stdin, out: stdout, err: stderr, getenv: getenv})
}

// runCommand reads one command line and does it.
func runCommand(ctx context.Context, args []string, term *terminal) int {
	var grammar cli
	exit := -1
	parser, err := kong.New(&grammar,
		kong.Name("halqa"),
		kong.Description("Interest circles on the fediverse, in one program."),
		kong.Writers(term.out, term.err),
		kong.Exit(func(code int) { exit = code }),
		kong.BindTo(ctx, (*context.Context)(nil)),
		kong.Bind(term),
		kong.Bind(&grammar),
	)
	if err != nil {
		return report(term.err, err)
	}
	parsed, err := parser.Parse(args)
	if exit >= 0 { // --help has printed what it had to say
		return exit
	}
	if err != nil {
		fmt.Fprintf(term.err, "halqa: %v. Run `halqa --help` to see what there is.\n", err)
		return exitRefused
	}
	if term.house == nil && isForwarded(parsed.Command()) {
		code, answered, err := grammar.forward(ctx, term, args)
		if err != nil {
			return report(term.err, err)
		}
		if answered {
			return code
		}
	}
	return report(term.err, parsed.Run())
}

// report prints why a command did not work, and returns the exit status for it.
func report(stderr io.Writer, err error) int {
	if err == nil {
		return exitOK
	}
	var refusal *circles.Error
	if errors.As(err, &refusal) && refusal.Kind != circles.Internal {
		fmt.Fprintln(stderr, "halqa:", refusal.Message)
		if refusal.Kind == circles.Busy {
			if refusal.Err != nil {
				fmt.Fprintln(stderr, "halqa: the cause:", refusal.Err)
			}
			return exitFailed
		}
		return exitRefused
	}
	fmt.Fprintln(stderr, "halqa:", err)
	return exitFailed
}
