package main

import (
	"bytes"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// A simnet is a Lightning network of two real nodes on loopback: a payer with money, a payee, and a channel
// between them over a chain of their own. HALQA_LND names the folder with the programs lnd and btcd, which
// `.ci/run` builds from tools/lightning; without it the test is skipped, or fails if HALQA_TEST_REQUIRE
// names lightning. What it starts it ends, by its process, when the test does.
type simnet struct {
	t     testing.TB
	bin   string
	dir   string
	chain *daemon
	btcd  []string // its arguments
	rpc   string
	payer *lightningNode
	payee *lightningNode
	key   string // the payee's, by which the payer looks for a way
}

// netPatience is how long a node has for anything: on a busy machine lnd takes half a minute to start.
const netPatience = 3 * time.Minute

func newSimnet(t testing.TB) *simnet {
	t.Helper()
	bin := os.Getenv("HALQA_LND")
	if bin == "" {
		if slices.Contains(strings.Split(os.Getenv("HALQA_TEST_REQUIRE"), ","), "lightning") {
			t.Fatal("HALQA_TEST_REQUIRE asks for lightning, and HALQA_LND does not say where lnd and btcd are")
		}
		// Building the nodes takes minutes and the network, so only the slow tier of .ci/run does, and requires them.
		t.Skip("HALQA_LND does not say where lnd and btcd are")
	}
	n := &simnet{t: t, bin: bin, dir: t.TempDir(), rpc: loopbackPort(t)}
	n.btcd = []string{"--simnet", "--configfile=" + n.file("btcd.conf"), "--datadir=" + n.file("btcd"), "--logdir=" + n.file("btcd-log"),
		"--rpcuser=simnet", "--rpcpass=simnet", "--rpccert=" + n.file("rpc.cert"), "--rpckey=" + n.file("rpc.key"), "--rpclisten=" + n.rpc,
		"--listen=" + loopbackPort(t), "--nodnsseed", "--txindex"}
	if err := os.WriteFile(n.file("btcd.conf"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(n.stop)
	n.startChain()
	n.payer, n.payee = n.node("payer"), n.node("payee")
	n.payer.start()
	n.payee.start()

	// The blocks pay the payer. btcd is told so at its start.
	var address struct {
		Address string `json:"address"`
	}
	n.payer.must("GET", "/v1/newaddress", nil, &address)
	n.chain.stop()
	n.btcd = append(n.btcd, "--miningaddr="+address.Address)
	n.startChain()
	n.mine(400) // segregated witness is on from about 300
	n.wait("the payer's money", func() bool {
		var b struct {
			Confirmed string `json:"confirmed_balance"`
		}
		return n.payer.ask("GET", "/v1/balance/blockchain", nil, &b) == nil && len(b.Confirmed) > 9
	})
	n.open()
	return n
}

// stop ends the nodes before their chain: without it they wait half a minute each for an answer.
func (n *simnet) stop() {
	for _, node := range []*lightningNode{n.payer, n.payee} {
		if node != nil && node.daemon != nil {
			node.daemon.stop()
		}
	}
	if n.chain != nil {
		n.chain.stop()
	}
}

func (n *simnet) file(name string) string { return filepath.Join(n.dir, name) }

func loopbackPort(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func (n *simnet) wait(what string, holds func() bool) {
	n.t.Helper()
	if !within(netPatience, holds) {
		n.t.Fatalf("not within %v: %s", netPatience, what)
	}
}

func (n *simnet) startChain() {
	n.t.Helper()
	n.chain = n.run("btcd", n.btcd)
	n.wait("btcd answers", func() bool { return n.ask("getblockcount", nil, nil) == nil })
}

// mine makes blocks, and waits until both nodes have seen them.
func (n *simnet) mine(blocks int) {
	n.t.Helper()
	if err := n.ask("generate", []any{blocks}, nil); err != nil {
		n.t.Fatal(err)
	}
	var height int64
	if err := n.ask("getblockcount", nil, &height); err != nil {
		n.t.Fatal(err)
	}
	for _, node := range []*lightningNode{n.payer, n.payee} {
		n.wait(node.name+" has seen the chain", func() bool {
			var i struct {
				Height int64 `json:"block_height"`
				Synced bool  `json:"synced_to_chain"`
			}
			return node.ask("GET", "/v1/getinfo", nil, &i) == nil && i.Height == height && i.Synced
		})
	}
}

// open opens the channel.
func (n *simnet) open() {
	n.t.Helper()
	var who struct {
		Key string `json:"identity_pubkey"`
	}
	n.payee.must("GET", "/v1/getinfo", nil, &who)
	n.key = who.Key
	n.payer.must("POST", "/v1/peers", map[string]any{"addr": map[string]string{"pubkey": who.Key, "host": n.payee.peers}, "perm": true}, nil)
	key, err := hex.DecodeString(who.Key)
	if err != nil {
		n.t.Fatal(err)
	}
	n.wait("a channel begins", func() bool { // the two have to have met, and to believe in the same chain
		return n.payer.ask("POST", "/v1/channels", map[string]any{"node_pubkey": key, "local_funding_amount": "5000000"}, nil) == nil
	})
	n.mine(6)
	n.connected()
}

// connected waits until the channel can carry payments: it is open for both, and the payer knows a way over
// it. A node has its channel open a moment before it is on its own map, and pays nothing in that moment.
func (n *simnet) connected() {
	n.t.Helper()
	for _, node := range []*lightningNode{n.payer, n.payee} {
		n.wait("the channel is open for "+node.name, func() bool {
			var all struct {
				Channels []json.RawMessage `json:"channels"`
			}
			return node.ask("GET", "/v1/channels?active_only=true", nil, &all) == nil && len(all.Channels) == 1
		})
	}
	n.wait("the payer knows a way to the payee", func() bool {
		var m struct {
			Routes []json.RawMessage `json:"routes"`
		}
		return n.payer.ask("GET", "/v1/graph/routes/"+n.key+"/1000", nil, &m) == nil && len(m.Routes) > 0
	})
}

// pay pays an invoice and returns its preimage, which is the invoice's; an error says why not.
func (n *simnet) pay(invoice string, hash string) ([]byte, error) {
	n.t.Helper()
	resp, err := n.payer.send("POST", "/v2/router/send", map[string]any{"payment_request": invoice, "timeout_seconds": 60, "fee_limit_sat": "10", "no_inflight_updates": true})
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	var m struct {
		Result struct {
			Status   string `json:"status"`
			Preimage string `json:"payment_preimage"`
			Reason   string `json:"failure_reason"`
		} `json:"result"`
		Error json.RawMessage `json:"error"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&m); err != nil {
		return nil, err
	}
	if m.Result.Status != "SUCCEEDED" {
		return nil, fmt.Errorf("%s %s %s", m.Result.Status, m.Result.Reason, m.Error)
	}
	preimage, err := hex.DecodeString(m.Result.Preimage)
	if sum := sha256.Sum256(preimage); err != nil || hex.EncodeToString(sum[:]) != hash {
		n.t.Fatalf("the payer got %x, which does not hash to %s: %v", preimage, hash, err)
	}
	return preimage, nil
}

// ask is a call of btcd.
func (n *simnet) ask(method string, params []any, out any) error {
	if params == nil {
		params = []any{}
	}
	body, err := json.Marshal(map[string]any{"jsonrpc": "1.0", "id": 1, "method": method, "params": params})
	if err != nil {
		return err
	}
	client, err := pinned(n.file("rpc.cert"))
	if err != nil {
		return err
	}
	defer client.CloseIdleConnections()
	req, err := http.NewRequest("POST", "https://"+n.rpc+"/", bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.SetBasicAuth("simnet", "simnet")
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	var m struct {
		Result json.RawMessage `json:"result"`
		Error  json.RawMessage `json:"error"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&m); err != nil {
		return err
	}
	if len(m.Error) > 0 && string(m.Error) != "null" {
		return fmt.Errorf("btcd: %s", m.Error)
	}
	if out == nil {
		return nil
	}
	return json.Unmarshal(m.Result, out)
}

func pinned(cert string) (*http.Client, error) {
	b, err := os.ReadFile(cert)
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(b) {
		return nil, fmt.Errorf("%s is no certificate", cert)
	}
	return &http.Client{Timeout: 70 * time.Second, Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}}}, nil
}

// A lightningNode is one lnd.
type lightningNode struct {
	*simnet
	name         string
	peers, rest  string
	args         []string
	daemon       *daemon
	client       *http.Client
	macaroonText string
}

func (n *simnet) node(name string) *lightningNode {
	n.t.Helper()
	l := &lightningNode{simnet: n, name: name, peers: loopbackPort(n.t), rest: loopbackPort(n.t)}
	l.args = []string{"--lnddir=" + n.file(name), "--bitcoin.simnet", "--bitcoin.node=btcd", "--btcd.rpchost=" + n.rpc, "--btcd.rpcuser=simnet", "--btcd.rpcpass=simnet",
		"--btcd.rpccert=" + n.file("rpc.cert"), "--noseedbackup", "--nobootstrap", "--listen=" + l.peers, "--rpclisten=" + loopbackPort(n.t), "--restlisten=" + l.rest,
		"--trickledelay=50", "--debuglevel=warn"}
	return l
}

func (l *lightningNode) start() {
	l.t.Helper()
	l.daemon = l.run("lnd", l.args)
	l.wait(l.name+" answers", func() bool {
		client, err := pinned(l.file(l.name + "/tls.cert"))
		if err != nil {
			return false
		}
		macaroon, err := os.ReadFile(l.macaroon("admin"))
		if err != nil {
			return false
		}
		l.client, l.macaroonText = client, hex.EncodeToString(macaroon)
		return l.ask("GET", "/v1/getinfo", nil, nil) == nil
	})
}

func (l *lightningNode) macaroon(name string) string {
	return l.file(l.name + "/data/chain/bitcoin/simnet/" + name + ".macaroon")
}

func (l *lightningNode) send(method, path string, in any) (*http.Response, error) {
	body, err := json.Marshal(in)
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequest(method, "https://"+l.rest+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Grpc-Metadata-macaroon", l.macaroonText)
	return l.client.Do(req)
}

// ask is a call of the node with all its rights, which Halqa never has.
func (l *lightningNode) ask(method, path string, in, out any) error {
	resp, err := l.send(method, path, in)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s %s: status %d: %.300s", method, path, resp.StatusCode, b)
	}
	if err != nil || out == nil {
		return err
	}
	return json.Unmarshal(b, out)
}

func (l *lightningNode) must(method, path string, in, out any) {
	l.t.Helper()
	if err := l.ask(method, path, in, out); err != nil {
		l.t.Fatalf("%s: %v", l.name, err)
	}
}

// A daemon runs until it is stopped.
type daemon struct {
	cmd  *exec.Cmd
	done chan struct{}
}

func (n *simnet) run(name string, args []string) *daemon {
	n.t.Helper()
	p := &daemon{cmd: exec.Command(filepath.Join(n.bin, name), args...), done: make(chan struct{})}
	said := &lines{}
	p.cmd.Stdout, p.cmd.Stderr, p.cmd.Dir, p.cmd.Env = said, said, n.dir, []string{"HOME=" + n.dir}
	if err := p.cmd.Start(); err != nil {
		n.t.Fatal(err)
	}
	go func() { p.cmd.Wait(); close(p.done) }()
	n.t.Cleanup(func() {
		p.stop()
		if n.t.Failed() {
			n.t.Logf("%s said last:\n%s", name, tail(said.String(), 20))
		}
	})
	return p
}

// tail is the last lines of what a program said: all of it hides what the test said.
func tail(said string, most int) string {
	all := strings.Split(strings.TrimSpace(said), "\n")
	return strings.Join(all[max(0, len(all)-most):], "\n")
}

// stop asks it to end, and ends it if it does not.
func (p *daemon) stop() {
	p.cmd.Process.Signal(os.Interrupt) // one that has ended already says so here, and needs no more
	select {
	case <-p.done:
	case <-time.After(30 * time.Second):
		p.cmd.Process.Kill()
		<-p.done
	}
}
