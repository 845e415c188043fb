package lightning

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"halqa/wallet"
)

// node speaks with one lnd over REST.
type node struct {
	base     string
	macaroon string // hexadecimal
	opens    []byte // the same, as it is
	client   *http.Client
}

const (
	nodeTime    = 8 * time.Second // of one answer; less than what Halqa gives a wallet
	maxNodeBody = 1 << 20         // of one answer; an invoice has a few kB
)

// newNode checks what is configured and connects to nothing.
func newNode(address string, cert, macaroon []byte) (*node, error) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil || u.RawQuery != "" || (u.Path != "" && u.Path != "/") {
		return nil, fmt.Errorf("%w: the address of a node is https://host:port", wallet.ErrInvalid)
	}
	// This certificate and no other: what a name means, and what authorities sign, is nothing to us.
	pinned := x509.NewCertPool()
	if !pinned.AppendCertsFromPEM(cert) {
		return nil, fmt.Errorf("%w: the node's certificate is not in PEM", wallet.ErrInvalid)
	}
	if len(macaroon) < 16 || len(macaroon) > 4096 {
		return nil, fmt.Errorf("%w: the macaroon has %d bytes", wallet.ErrInvalid, len(macaroon))
	}
	return &node{base: "https://" + u.Host, macaroon: hex.EncodeToString(macaroon), opens: bytes.Clone(macaroon), client: &http.Client{
		Transport: &http.Transport{
			TLSClientConfig:     &tls.Config{RootCAs: pinned, MinVersion: tls.VersionTLS12},
			DialContext:         (&net.Dialer{Timeout: nodeTime / 2}).DialContext,
			TLSHandshakeTimeout: nodeTime / 2, IdleConnTimeout: time.Minute, MaxIdleConnsPerHost: 4,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}, nil
}

// A refusal is lnd's own no. Its words are for the log: they may name channels and balances.
type refusal struct {
	status int
	code   int
	words  string
}

func (r *refusal) Error() string {
	return fmt.Sprintf("lnd: status %d, code %d: %.200s", r.status, r.code, r.words)
}

// Unwrap says that nothing happened: what is refused is not done.
func (r *refusal) Unwrap() error { return wallet.ErrTemporary }

// codeNotFound is gRPC's.
const codeNotFound = 5

// call asks for one thing and reads the answer. Errors: *refusal if lnd said no, wallet.ErrTemporary if
// it was never reached, wallet.ErrIndeterminate if it did not answer.
func (n *node) call(ctx context.Context, method, path string, in, out any) error {
	ctx, cancel := context.WithTimeout(ctx, nodeTime)
	defer cancel()
	resp, err := n.send(ctx, method, path, in)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxNodeBody))
	if err != nil {
		return fmt.Errorf("%w: lnd: %w", wallet.ErrIndeterminate, err)
	}
	if resp.StatusCode != http.StatusOK {
		return refused(resp.StatusCode, body, n.sent(in)...)
	}
	if out == nil {
		return nil
	}
	if err := json.Unmarshal(body, out); err != nil {
		return fmt.Errorf("%w: lnd's answer: %w", wallet.ErrIndeterminate, err)
	}
	return nil
}

// sent is what lnd is trusted with, which its words must not carry further: preimages too, for who knows one
// has a receipt for what nobody paid.
func (n *node) sent(in any) [][]byte {
	secrets := [][]byte{[]byte(n.macaroon), n.opens}
	if o, ok := in.(order); ok {
		secrets = append(secrets, o.Preimage)
	}
	return secrets
}

func refused(status int, body []byte, secrets ...[]byte) error {
	var said struct {
		Code    int    `json:"code"`
		Message string `json:"message"`
	}
	if json.Unmarshal(body, &said) != nil { // a proxy, or another program
		said.Code = -1
	}
	return &refusal{status, said.Code, wallet.Redact(said.Message, secrets...)}
}

func (n *node) send(ctx context.Context, method, path string, in any) (*http.Response, error) {
	var body io.Reader
	if in != nil {
		b, err := json.Marshal(in)
		if err != nil {
			return nil, err
		}
		body = bytes.NewReader(b)
	}
	req, err := http.NewRequestWithContext(ctx, method, n.base+path, body)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Grpc-Metadata-macaroon", n.macaroon)
	resp, err := n.client.Do(req)
	if err == nil {
		return resp, nil
	}
	var dial *net.OpError
	var cert *tls.CertificateVerificationError
	if errors.As(err, &dial) && dial.Op == "dial" || errors.As(err, &cert) {
		return nil, fmt.Errorf("%w: lnd: %w", wallet.ErrTemporary, err)
	}
	return nil, fmt.Errorf("%w: lnd: %w", wallet.ErrIndeterminate, err)
}

// A record is an invoice as lnd keeps it: lnrpc.Invoice, as far as it is read here.
type record struct {
	Memo           string  `json:"memo"`
	Hash           []byte  `json:"r_hash"`
	Preimage       []byte  `json:"r_preimage"`
	MilliSat       whole64 `json:"value_msat"`
	Created        whole64 `json:"creation_date"`
	Settled        whole64 `json:"settle_date"`
	Expiry         whole64 `json:"expiry"`
	SettleIndex    whole64 `json:"settle_index"`
	Paid           whole64 `json:"amt_paid_msat"`
	PaymentRequest string  `json:"payment_request"`
	State          string  `json:"state"`
}

// whole64 is a number that protobuf's JSON writes as a string.
type whole64 int64

func (n *whole64) UnmarshalJSON(b []byte) error {
	if s, err := strconv.Unquote(string(b)); err == nil {
		b = []byte(s)
	}
	v, err := strconv.ParseInt(string(b), 10, 64)
	*n = whole64(v)
	return err
}

func (n whole64) MarshalJSON() ([]byte, error) {
	return []byte(strconv.Quote(strconv.FormatInt(int64(n), 10))), nil
}

// order is a request for an invoice: lnrpc.Invoice, as far as it is written here.
type order struct {
	Memo            string  `json:"memo"`
	Preimage        []byte  `json:"r_preimage"`
	MilliSat        whole64 `json:"value_msat"`
	DescriptionHash []byte  `json:"description_hash"`
	Expiry          whole64 `json:"expiry"`
	Private         bool    `json:"private"`
}

// look returns the invoice with a payment hash, wallet.ErrNotFound if there is none.
func (n *node) look(ctx context.Context, hash []byte) (record, error) {
	var r record
	err := n.call(ctx, http.MethodGet, "/v1/invoice/"+hex.EncodeToString(hash), nil, &r)
	var no *refusal
	if errors.As(err, &no) && no.code == codeNotFound {
		return r, wallet.ErrNotFound
	}
	if err == nil && !bytes.Equal(r.Hash, hash) {
		return r, fmt.Errorf("%w: lnd answered with another invoice", wallet.ErrTemporary)
	}
	return r, err
}

func (n *node) add(ctx context.Context, o order) error {
	return n.call(ctx, http.MethodPost, "/v1/invoices", o, nil)
}

// cancel asks for an invoice to be taken back. That it was paid, or taken back before, is a refusal.
func (n *node) cancel(ctx context.Context, hash []byte) error {
	return n.call(ctx, http.MethodPost, "/v2/invoices/cancel", map[string][]byte{"payment_hash": hash}, nil)
}

// list returns invoices in the order they were made, those after an index, and the index of the last.
func (n *node) list(ctx context.Context, after uint64, limit int) (all []record, last uint64, err error) {
	var page struct {
		Invoices []record `json:"invoices"`
		Last     whole64  `json:"last_index_offset"`
	}
	err = n.call(ctx, http.MethodGet, fmt.Sprintf("/v1/invoices?index_offset=%d&num_max_invoices=%d", after, limit), nil, &page)
	return page.Invoices, uint64(page.Last), err
}
