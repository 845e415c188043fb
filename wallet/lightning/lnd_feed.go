package lightning

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"strconv"
	"strings"
	"time"

	"halqa/wallet"
)

const (
	// feedStretch bounds how many invoices one call reads, whosever they are.
	feedStretch = 500

	// settledFor is how long ago an invoice was settled when its place in the node's order cannot move
	// any more: clocks differ, and a list of many pages takes a while.
	settledFor = time.Hour

	maxFeedBody = 8 << 20
)

// Feed implements wallet.Feeder. A node numbers settled invoices in the order they were settled, and
// tells what came after a number; that number is the cursor, "s17". The node takes 0 for "nothing of the
// past", so that the beginning is read from its list instead, in the order invoices were made: cursor
// "l", the place in the list, and the highest number that is old enough to be relied on.
func (l *LND) Feed(ctx context.Context, cursor string, limit int) (wallet.Page, error) {
	limit = min(max(limit, 1), feedStretch)
	kind, rest := "l", "0.0"
	if cursor != "" {
		kind, rest = cursor[:1], cursor[1:]
	}
	place, settled, _ := strings.Cut(rest, ".")
	at, err := strconv.ParseUint(place, 10, 63)
	if err != nil || kind != "s" && kind != "l" {
		return wallet.Page{}, fmt.Errorf("%w: cursor", wallet.ErrInvalid)
	}
	if kind == "s" {
		return l.settledAfter(ctx, at, limit)
	}
	old, err := strconv.ParseUint(settled, 10, 63)
	if err != nil {
		return wallet.Page{}, fmt.Errorf("%w: cursor", wallet.ErrInvalid)
	}
	return l.listed(ctx, at, old, limit)
}

// listed reads a page of all invoices. When it ends, what was settled meanwhile on pages that were read
// already comes after the highest number that was old; a list of one page is the truth of one moment, and
// its highest number is.
func (l *LND) listed(ctx context.Context, at, old uint64, limit int) (wallet.Page, error) {
	all, last, err := l.node.list(ctx, at, limit)
	if err != nil {
		return wallet.Page{}, temporary(err)
	}
	page := wallet.Page{Hints: []wallet.Hint{}}
	long := l.o.Now().Add(-settledFor).Unix()
	for _, r := range all {
		if r.State != "SETTLED" {
			continue
		}
		if at == 0 && len(all) < limit || int64(r.Settled) < long {
			old = max(old, uint64(r.SettleIndex))
		}
		page.Hints = l.hint(page.Hints, r)
	}
	switch {
	case len(all) == limit && last > at:
		page.Cursor, page.More = fmt.Sprintf("l%d.%d", last, old), true
	case old > 0:
		page.Cursor = fmt.Sprintf("s%d", old)
	}
	return page, nil
}

func (l *LND) hint(all []wallet.Hint, r record) []wallet.Hint {
	if _, ok := l.mine(r); !ok {
		return all
	}
	return append(all, wallet.Hint{ChargeID: hex.EncodeToString(r.Hash), DedupeID: fmt.Sprintf("settled-%d", r.SettleIndex)})
}

// settledAfter reads what the node tells of after a number. It goes on telling for as long as it is
// listened to, so that silence is the end: what a slow node has not told yet comes with the next call.
func (l *LND) settledAfter(ctx context.Context, after uint64, limit int) (wallet.Page, error) {
	began := fmt.Sprintf("s%d", after)
	page := wallet.Page{Hints: []wallet.Hint{}, Cursor: began}
	listening, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	silence := time.AfterFunc(nodeTime, func() { stop(errQuiet) })
	defer silence.Stop()
	hear := &httptrace.ClientTrace{WroteRequest: func(httptrace.WroteRequestInfo) { silence.Reset(l.o.Quiet) }} // connecting is not silence
	quiet := func(err error) (wallet.Page, error) {
		if errors.Is(context.Cause(listening), errQuiet) && ctx.Err() == nil || page.Cursor != began {
			return page, nil // what was told is true, however it ended
		}
		return wallet.Page{}, temporary(fmt.Errorf("%w: %w", wallet.ErrIndeterminate, err))
	}
	resp, err := l.node.send(httptrace.WithClientTrace(listening, hear), http.MethodGet, fmt.Sprintf("/v1/invoices/subscribe?settle_index=%d", after), nil)
	if err != nil {
		return quiet(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		body, _ := io.ReadAll(io.LimitReader(resp.Body, maxNodeBody))
		return wallet.Page{}, refused(resp.StatusCode, body, l.node.sent(nil)...)
	}
	told := json.NewDecoder(io.LimitReader(resp.Body, maxFeedBody))
	for range feedStretch {
		var m struct {
			Result *record         `json:"result"`
			Error  json.RawMessage `json:"error"`
		}
		if err := told.Decode(&m); err != nil {
			return quiet(err)
		}
		if m.Result == nil {
			return wallet.Page{}, refused(resp.StatusCode, m.Error, l.node.sent(nil)...)
		}
		silence.Reset(l.o.Quiet)
		if m.Result.State != "SETTLED" || uint64(m.Result.SettleIndex) <= after {
			continue // one that was made just now
		}
		page.Cursor = fmt.Sprintf("s%d", m.Result.SettleIndex)
		if page.Hints = l.hint(page.Hints, *m.Result); len(page.Hints) == limit {
			break
		}
	}
	page.More = true
	return page, nil
}

var errQuiet = errors.New("the node has told what it knows")
