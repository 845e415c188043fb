package lightning

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"halqa/wallet"
)

// An Address is a Lightning Address, name@host, as LUD-16 has it.
type Address struct{ Name, Host string }

func (a Address) String() string { return a.Name + "@" + a.Host }

var (
	addressName = regexp.MustCompile(`^[a-z0-9][a-z0-9._+-]{0,63}$`)
	addressHost = regexp.MustCompile(`^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])$`)
)

// ParseAddress reads what a person typed. Hosts are public names: no port, no number, nothing of a local
// network; whether the name leads to one is the guarded client's to refuse.
func ParseAddress(typed string) (Address, error) {
	name, host, ok := strings.Cut(strings.ToLower(strings.TrimPrefix(strings.TrimSpace(typed), "lightning:")), "@")
	if _, err := netip.ParseAddr(host); !ok || err == nil || len(host) > 253 || !addressName.MatchString(name) || !addressHost.MatchString(host) {
		return Address{}, fmt.Errorf("%w: a Lightning Address is name@host", wallet.ErrInvalid)
	}
	return Address{name, host}, nil
}

const (
	maxAnswer    = 64 << 10 // bytes of a provider's answer; metadata may carry a small picture
	maxRedirects = 2        // from a name of somebody's own to their provider
	maxComment   = 200
)

// An offer is what a provider answers for an address: LUD-06 payRequest.
type offer struct {
	Tag      string `json:"tag"`
	Callback string `json:"callback"`
	Min      milli  `json:"minSendable"`
	Max      milli  `json:"maxSendable"`
	Metadata string `json:"metadata"`
	Comment  milli  `json:"commentAllowed"` // LUD-12, characters
}

// milli is a whole number that some providers write with a point or an exponent.
type milli int64

func (n *milli) UnmarshalJSON(b []byte) error {
	v, err := strconv.ParseInt(string(b), 10, 64)
	if err != nil {
		var f float64
		if f, err = strconv.ParseFloat(string(b), 64); err == nil && (f != float64(int64(f)) || f < 0 || f > 1<<53) {
			err = strconv.ErrRange
		}
		v = int64(f)
	}
	*n = milli(v)
	return err
}

// an answer that is an error: LUD-06. The reason is a stranger's text, for the log.
type providerError struct {
	Status string `json:"status"`
	Reason string `json:"reason"`
}

// errProvider is wrapped by what a provider did wrong.
var errProvider = errors.New("lightning: the provider")

// A provider asks the servers behind Lightning Addresses, over a client that refuses private networks.
type provider struct{ client *http.Client }

// get reads a JSON answer from an address over https. LUD-06 errors have any status.
func (p provider) get(ctx context.Context, address string, out any) error {
	for range maxRedirects + 1 {
		u, err := url.Parse(address)
		if err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil || len(address) > wallet.MaxURL {
			return fmt.Errorf("%w names an address that is none", errProvider)
		}
		body, next, err := p.hop(ctx, u)
		if err != nil {
			return err
		}
		if next != "" {
			address = next
			continue
		}
		var no providerError
		if json.Unmarshal(body, &no) == nil && strings.EqualFold(no.Status, "ERROR") {
			return fmt.Errorf("%w says no: %.100q", errProvider, no.Reason)
		}
		if err := json.Unmarshal(body, out); err != nil {
			return fmt.Errorf("%w answers something else: %w", errProvider, err)
		}
		return nil
	}
	return fmt.Errorf("%w leads on and on", errProvider)
}

func (p provider) hop(ctx context.Context, u *url.URL) (body []byte, next string, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, "", err
	}
	req.Header.Set("Accept", "application/json")
	resp, err := p.client.Do(req)
	if err != nil {
		return nil, "", fmt.Errorf("%w is not reached: %w", errProvider, err)
	}
	defer resp.Body.Close()
	if resp.StatusCode >= 300 && resp.StatusCode < 400 {
		to, err := resp.Location()
		if err != nil {
			return nil, "", fmt.Errorf("%w leads nowhere", errProvider)
		}
		return nil, to.String(), nil
	}
	body, err = io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	if err == nil && len(body) > maxAnswer {
		err = errors.New("too long")
	}
	if err != nil {
		return nil, "", fmt.Errorf("%w does not finish its answer: %w", errProvider, err)
	}
	if resp.StatusCode >= 500 || resp.StatusCode == http.StatusTooManyRequests {
		return nil, "", fmt.Errorf("%w answers with status %d", errProvider, resp.StatusCode)
	}
	return body, "", nil
}

// offer asks what an address takes.
//
// LUD-16, LUD-06
func (p provider) offer(ctx context.Context, a Address) (offer, error) {
	var o offer
	if err := p.get(ctx, "https://"+a.Host+"/.well-known/lnurlp/"+a.Name, &o); err != nil {
		return o, err
	}
	u, err := url.Parse(o.Callback)
	if o.Tag != "payRequest" || err != nil || u.Scheme != "https" || o.Min < 1 || o.Max < o.Min || o.Metadata == "" || !json.Valid([]byte(o.Metadata)) {
		return o, fmt.Errorf("%w offers nothing that can be paid", errProvider)
	}
	return o, nil
}

// A bill is an invoice that a provider made, and where it tells what became of it; "" = nowhere.
type bill struct {
	Text, Verify string
	Invoice
}

// bill asks for an invoice and checks it against what was asked: the amount, the network, that it
// commits to what the provider offered where it commits to anything, and that there is time to pay it.
//
// LUD-06, LUD-12, LUD-21
func (p provider) bill(ctx context.Context, o offer, network string, minor int64, memo string) (bill, error) {
	u, err := url.Parse(o.Callback)
	if err != nil {
		return bill{}, err
	}
	q := u.Query()
	q.Set("amount", strconv.FormatInt(minor, 10))
	if n := len([]rune(memo)); memo != "" && milli(n) <= o.Comment && n <= maxComment {
		q.Set("comment", memo)
	}
	u.RawQuery = q.Encode()
	var said struct {
		Invoice string `json:"pr"`
		Verify  string `json:"verify"`
	}
	if err := p.get(ctx, u.String(), &said); err != nil {
		return bill{}, err
	}
	in, err := checked(said.Invoice, network, minor)
	switch {
	case err != nil:
		return bill{}, fmt.Errorf("%w: %w", errProvider, err)
	case in.Hashed && in.DescriptionHash != sha256.Sum256([]byte(o.Metadata)):
		return bill{}, fmt.Errorf("%w: %w: an invoice for something else than was offered", errProvider, wallet.ErrInvalid)
	}
	b := bill{Text: strings.ToLower(said.Invoice), Invoice: in}
	if v, err := url.Parse(said.Verify); err == nil && v.Scheme == "https" && v.User == nil && strings.EqualFold(v.Host, u.Host) && len(said.Verify) <= wallet.MaxURL {
		b.Verify = said.Verify // another host could say anything of it
	}
	return b, nil
}

// A verdict is what a provider tells of an invoice.
type verdict struct {
	Settled  bool   `json:"settled"`
	Preimage string `json:"preimage"`
	Invoice  string `json:"pr"`
}

// verify asks what became of an invoice.
//
// LUD-21
func (p provider) verify(ctx context.Context, address, invoice string) (verdict, error) {
	var v verdict
	if err := p.get(ctx, address, &v); err != nil {
		return v, err
	}
	if v.Invoice != "" && !strings.EqualFold(v.Invoice, invoice) {
		return v, fmt.Errorf("%w tells of another invoice", errProvider)
	}
	return v, nil
}
