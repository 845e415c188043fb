package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"halqa/circles"
)

// While a server runs it owns the data folder, so commands that change data are handed to it over a
// socket in that folder. Who may open the socket may run commands: it is readable by its owner only.

const (
	ctlName    = "ctl.sock"
	maxCtl     = 1 << 20 // bytes of one request or answer; a post with its text is far below
	ctlTimeout = 2 * time.Minute
	maxSocket  = 107 // bytes of a socket's path; the system takes no more
)

// A ctlRequest is one command line for the running server.
type ctlRequest struct {
	Args  []string `json:"args"`
	Stdin string   `json:"stdin"`
}

type ctlAnswer struct {
	Code   int    `json:"code"`
	Stdout string `json:"stdout"`
	Stderr string `json:"stderr"`
}

// isForwarded reports whether a command reads or changes the data of an instance.
func isForwarded(command string) bool {
	first, _, _ := strings.Cut(command, " ")
	return first == "user" || first == "token" || first == "circle" || first == "post" || first == "peer" || first == "standing" || first == "wallet" && command != "wallet check"
}

// dialCtl returns a client of the server that runs on the configured data folder; running is false
// where none does.
func dialCtl(c config) (client *http.Client, running bool, err error) {
	path := filepath.Join(c.Data, ctlName)
	conn, err := net.DialTimeout("unix", path, 2*time.Second)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ECONNREFUSED) || len(path) > maxSocket {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, circles.Errorf(circles.Invalid, "The running server cannot be reached at %s: %v. Run this command as the user it runs as.", path, err)
	}
	conn.Close()
	return &http.Client{
		Timeout: ctlTimeout,
		Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			var d net.Dialer
			return d.DialContext(ctx, "unix", path)
		}},
	}, true, nil
}

// forward hands the command line to the server that runs on this data folder. answered is false
// where none runs; then the command opens the database itself.
func (g *cli) forward(ctx context.Context, term *terminal, args []string) (code int, answered bool, err error) {
	c, err := readConfig(g.Config, term.getenv)
	if err != nil {
		return 0, false, err
	}
	client, running, err := dialCtl(c)
	if err != nil || !running {
		return 0, false, err
	}
	defer client.CloseIdleConnections()
	stdin, err := readStdin(term, args)
	if err != nil {
		return 0, false, err
	}
	body, err := json.Marshal(ctlRequest{Args: args, Stdin: stdin})
	if err != nil {
		return 0, false, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://halqa/run", bytes.NewReader(body))
	if err != nil {
		return 0, false, err
	}
	resp, err := client.Do(req)
	if err != nil {
		return 0, true, fmt.Errorf("ask the running server: %w", err)
	}
	defer resp.Body.Close()
	var answer ctlAnswer
	if err := json.NewDecoder(io.LimitReader(resp.Body, maxCtl)).Decode(&answer); err != nil {
		return 0, true, fmt.Errorf("read the running server's answer: %w", err)
	}
	io.WriteString(term.out, answer.Stdout)
	io.WriteString(term.err, answer.Stderr)
	return answer.Code, true, nil
}

// readStdin reads what a command takes from standard input, which its "-" argument asks for.
func readStdin(term *terminal, args []string) (string, error) {
	for _, a := range args {
		if a == "-" || strings.HasSuffix(a, "=-") {
			text, err := io.ReadAll(io.LimitReader(term.in, maxCtl))
			if err != nil {
				return "", fmt.Errorf("read standard input: %w", err)
			}
			return string(text), nil
		}
	}
	return "", nil
}

// listenCtl opens the control socket, taking the place of one that a killed server left behind: the
// caller holds the lock of the data folder, so nobody else can be listening.
func listenCtl(data string) (net.Listener, error) {
	path := filepath.Join(data, ctlName)
	if len(path) > maxSocket {
		return nil, circles.Errorf(circles.Invalid, "The path of the data folder is too long for its control socket %s: at most %d bytes.", path, maxSocket)
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("control socket: %w", err)
	}
	l, err := net.Listen("unix", path)
	if err != nil {
		return nil, fmt.Errorf("control socket: %w", err)
	}
	if err := os.Chmod(path, 0o600); err != nil {
		l.Close()
		return nil, fmt.Errorf("control socket: %w", err)
	}
	return l, nil
}

// ctlHandler runs command lines on the open house, one at a time each in its own request.
func ctlHandler(h *house) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /run", func(w http.ResponseWriter, r *http.Request) {
		var req ctlRequest
		if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxCtl)).Decode(&req); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		var out, errs bytes.Buffer
		answer := ctlAnswer{Code: h.command(r.Context(), req, &out, &errs)}
		answer.Stdout, answer.Stderr = out.String(), errs.String()
		w.Header().Set("Content-Type", "application/json")
		if err := json.NewEncoder(w).Encode(answer); err != nil {
			h.log.Warn("control socket", "error", err)
		}
	})
	mux.HandleFunc("POST "+backupPath, h.serveBackup)
	mux.HandleFunc("POST "+probePath, h.serveProbe)
	mux.HandleFunc("GET "+probePath, h.serveProbed)
	return mux
}

// readLine reads one line of standard input, such as a password.
func readLine(term *terminal) (string, error) {
	text, err := io.ReadAll(io.LimitReader(term.in, maxCtl))
	if err != nil {
		return "", fmt.Errorf("read standard input: %w", err)
	}
	line, _, _ := strings.Cut(string(text), "\n")
	return strings.TrimSuffix(line, "\r"), nil
}
