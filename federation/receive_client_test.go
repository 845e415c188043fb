//go:build unix

package federation

import (
	"bufio"
	"encoding/gob"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// sends in the environment makes this program the sending side of a benchmark.
const sends = "HALQA_BENCH_SENDS"

func TestMain(m *testing.M) {
	if os.Getenv(sends) != "" {
		if err := sender16(gob.NewDecoder(os.Stdin), gob.NewEncoder(os.Stdout)); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// A sending is what the sending side is to send where.
type sending struct {
	Address  string
	Requests [][]byte
}

// A sent is how it went.
type sent struct {
	Took   []time.Duration // of each request
	CPU    time.Duration   // of the sending process
	Failed string

	server, client float64 // microseconds of CPU a request
}

// sendApart sends requests that were made before over 16 connections, from a process of its own. The
// benchmark's time is that of the sending.
func sendApart(b *testing.B, address string, requests [][]byte) sent {
	b.Helper()
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), sends+"=1")
	child.Stderr = os.Stderr
	in, err := child.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	out, err := child.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := child.Start(); err != nil {
		b.Fatal(err)
	}
	say, hear := gob.NewEncoder(in), gob.NewDecoder(out)
	var ready bool
	if err := say.Encode(sending{address, requests}); err != nil {
		b.Fatal(err)
	}
	if err := hear.Decode(&ready); err != nil {
		b.Fatal(err)
	}
	var r sent
	b.ResetTimer()
	cpu := cpuTime()
	if err := say.Encode(true); err != nil {
		b.Fatal(err)
	}
	if err := hear.Decode(&r); err != nil {
		b.Fatal(err)
	}
	cpu = cpuTime() - cpu
	b.StopTimer()
	in.Close()
	if err := child.Wait(); err != nil || r.Failed != "" {
		b.Fatalf("the sending side: %v %s", err, r.Failed)
	}
	n := float64(len(requests))
	r.server, r.client = float64(cpu.Microseconds())/n, float64(r.CPU.Microseconds())/n
	return r
}

// sender16 is the sending side: it connects, waits for the word, sends, and tells how long each took.
func sender16(in *gob.Decoder, out *gob.Encoder) error {
	var e sending
	if err := in.Decode(&e); err != nil {
		return err
	}
	var conns []wireConn
	for range benchConns {
		conn, err := dialWire(e.Address)
		if err != nil {
			return err
		}
		defer conn.Close()
		conns = append(conns, conn)
	}
	var begin bool
	if err := out.Encode(true); err != nil {
		return err
	}
	if err := in.Decode(&begin); err != nil {
		return err
	}
	r := sent{Took: make([]time.Duration, len(e.Requests))}
	var failed atomic.Pointer[string]
	var next atomic.Int64
	var all sync.WaitGroup
	cpu := cpuTime()
	for _, conn := range conns {
		all.Go(func() {
			for {
				i := int(next.Add(1)) - 1
				if i >= len(e.Requests) {
					return
				}
				begun := time.Now()
				status, err := conn.send(e.Requests[i])
				r.Took[i] = time.Since(begun)
				if err != nil || !strings.Contains(status, " 202 ") {
					why := fmt.Sprintf("answered %q, %v", status, err)
					failed.Store(&why)
					return
				}
			}
		})
	}
	all.Wait()
	r.CPU = cpuTime() - cpu
	if why := failed.Load(); why != nil {
		r.Failed = *why
	}
	return out.Encode(r)
}

// A wireConn sends requests that were made before and reads how they are answered.
type wireConn struct {
	net.Conn
	in *bufio.Reader
}

func dialWire(address string) (wireConn, error) {
	conn, err := net.Dial("tcp", address)
	return wireConn{conn, bufio.NewReader(conn)}, err
}

// send returns the status line of the answer, which may have a body of a known length.
func (c wireConn) send(request []byte) (status string, err error) {
	if _, err := c.Write(request); err != nil {
		return "", err
	}
	body := 0
	for {
		line, err := c.in.ReadString('\n')
		if err != nil {
			return "", err
		}
		if status == "" {
			status = line
		}
		if n, ok := strings.CutPrefix(line, "Content-Length: "); ok {
			fmt.Sscan(n, &body)
		}
		if line == "\r\n" {
			break
		}
	}
	_, err = c.in.Discard(body)
	return status, err
}
