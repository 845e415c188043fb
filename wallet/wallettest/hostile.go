package wallettest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"halqa/wallet"
)

var faultCases = []testCase{
	{29, 3, "a webhook twice is one hint twice", []string{wallet.CapWebhook}, true, func(k *kit) error {
		return k.hears(func(c wallet.Charge, m Message) error {
			for range 2 {
				if err := k.hint(c, m); err != nil {
					return err
				}
			}
			return nil
		})
	}},
	{30, 3, "fifty webhooks at once move nothing", []string{wallet.CapWebhook}, true, func(k *kit) error {
		return k.hears(func(c wallet.Charge, m Message) error {
			var (
				wg  sync.WaitGroup
				mu  sync.Mutex
				all error
			)
			for range 50 {
				wg.Add(1)
				go func() {
					defer wg.Done()
					if err := k.hint(c, m); err != nil {
						mu.Lock()
						all = err
						mu.Unlock()
					}
				}()
			}
			wg.Wait()
			return all
		})
	}},
	{31, 3, "webhooks out of order end at the same truth", []string{wallet.CapWebhook}, true, func(k *kit) error {
		c, err := k.create(k.sum())
		if err != nil {
			return err
		}
		if err := k.h.Rail.Pay(k.ctx, c.ID, c.Requested.Minor, false); err != nil && !errors.Is(err, ErrNotPossible) {
			return err
		}
		if err := k.h.Rail.Pay(k.ctx, c.ID, c.Requested.Minor, true); err != nil {
			return err
		}
		messages, err := k.messages(c)
		if err != nil {
			return err
		}
		slices.Reverse(messages)
		for _, m := range messages {
			if err := k.hint(c, m); err != nil {
				return err
			}
		}
		if c, err = k.look(c); err != nil {
			return err
		}
		return has(c, wallet.Settled, c.Requested.Minor)
	}},
	{32, 3, "a webhook of ten minutes ago moves nothing", []string{wallet.CapWebhook}, true, func(k *kit) error {
		return k.hears(func(c wallet.Charge, m Message) error {
			if err := k.hint(c, m); err != nil {
				return err
			}
			if err := k.advance(10 * time.Minute); err != nil {
				return err
			}
			_, _, err := k.a.Webhook(k.ctx, m.Header, m.Query, m.Body) // a hint at most
			if err != nil && !errors.Is(err, wallet.ErrBadSignature) {
				return err
			}
			return nil
		})
	}},
	{33, 3, "a forged webhook says nothing", []string{wallet.CapWebhook}, true, func(k *kit) error {
		if err := k.refuses(ForgeSignature); err != nil {
			return err
		}
		_, _, err := k.a.Webhook(k.ctx, nil, "", []byte(`{}`))
		return wants(err, wallet.ErrBadSignature, wallet.ErrInvalid)
	}},
	{34, 3, "a webhook that was altered says nothing", []string{wallet.CapWebhook}, true, func(k *kit) error {
		return k.hears(func(c wallet.Charge, m Message) error {
			for name, change := range map[string]func([]byte) []byte{
				"a byte more":     func(b []byte) []byte { return append(b, ' ') },
				"a byte less":     func(b []byte) []byte { return b[:max(len(b)-1, 0)] },
				"another in it":   func(b []byte) []byte { b[len(b)/2] ^= 1; return b },
				"written anew":    func(b []byte) []byte { return anew(b) },
				"said twice over": func(b []byte) []byte { return append(b, b...) },
			} {
				body := change(bytes.Clone(m.Body))
				if bytes.Equal(body, m.Body) {
					continue
				}
				hints, _, err := k.a.Webhook(k.ctx, m.Header, m.Query, body)
				if err := wants(err, wallet.ErrBadSignature); err != nil {
					return fmt.Errorf("%s: %w", name, err)
				}
				if len(hints) > 0 {
					return fmt.Errorf("%s: %d hints", name, len(hints))
				}
			}
			return nil
		})
	}},
	{35, 3, "a webhook too old, or from the future, says nothing", []string{wallet.CapWebhook}, true, func(k *kit) error {
		if err := k.refuses(ForgeOld); err != nil {
			return err
		}
		return k.refuses(ForgeFuture)
	}},
	{36, 3, "a webhook for another merchant says nothing", []string{wallet.CapWebhook}, true, func(k *kit) error {
		return k.refuses(ForgeMerchant)
	}},
	{37, 3, "a webhook about nothing known breaks nothing", []string{wallet.CapWebhook}, true, func(k *kit) error {
		c, err := k.create(k.sum())
		if err != nil {
			return err
		}
		m, err := k.h.Rail.Forge(k.ctx, c.ID, ForgeUnknown)
		if err != nil {
			return err
		}
		hints, _, err := k.a.Webhook(k.ctx, m.Header, m.Query, m.Body)
		if err != nil && !errors.Is(err, wallet.ErrNotFound) {
			return fmt.Errorf("a charge that never was: %w", err)
		}
		for _, h := range hints {
			if _, err := k.a.GetCharge(k.ctx, h.ChargeID); !errors.Is(err, wallet.ErrNotFound) {
				return fmt.Errorf("the hint names %q, and looking there says %v", h.ChargeID, err)
			}
		}
		return nil
	}},
	{38, 3, "what no webhook told is in the feed", []string{wallet.CapFeed}, true, func(k *kit) error {
		_, cursor, err := k.feed("")
		if err != nil {
			return err
		}
		c, err := k.paid()
		if err != nil {
			return err
		}
		found, next, err := k.feed(cursor)
		if err != nil {
			return err
		}
		if !found[c.ID] {
			return errors.New("a payment is not in the feed")
		}
		if next == cursor {
			return errors.New("the cursor stays where it was")
		}
		again, _, err := k.feed(next)
		if err == nil && again[c.ID] {
			return errors.New("what was read comes again behind the cursor")
		}
		return err
	}},
	{39, 3, "a rail that is down has not failed", nil, true, func(k *kit) error {
		c, err := k.create(k.sum())
		if err != nil {
			return err
		}
		if err := k.h.Rail.Down(k.ctx, true); err != nil {
			return err
		}
		down, getErr := k.a.GetCharge(k.ctx, c.ID)
		_, createErr := k.a.CreateCharge(k.ctx, k.ask(k.sum()))
		healthErr := k.a.Health(k.ctx)
		if err := k.h.Rail.Down(k.ctx, false); err != nil {
			return err
		}
		switch {
		case getErr == nil && (down.State == wallet.Unknown || down.State == c.State) && c.Follows(down) == nil:
		case errors.Is(getErr, wallet.ErrTemporary), errors.Is(getErr, wallet.ErrIndeterminate):
		default:
			return fmt.Errorf("looking at a charge: %s, %v", down.State, getErr)
		}
		if err := wants(createErr, wallet.ErrTemporary, wallet.ErrIndeterminate); err != nil {
			return fmt.Errorf("making a charge: %w", err)
		}
		if healthErr == nil {
			return errors.New("health says that all is well")
		}
		c, err = k.look(c)
		if err == nil && c.State != wallet.Pending {
			return fmt.Errorf("when it is up again the charge is %s", c.State)
		}
		return err
	}},
	{44, 3, "secrets stay secret", nil, true, func(k *kit) error {
		c, err := k.paid()
		if err != nil {
			return err
		}
		_, notFound := k.a.GetCharge(k.ctx, "kit-nothing")
		_, invalid := k.a.CreateCharge(k.ctx, k.ask(-1))
		logs, secrets, err := k.h.Rail.Logs(k.ctx)
		if err != nil {
			return err
		}
		said, err := json.Marshal(struct{ D, C any }{k.d, c})
		if err != nil {
			return err
		}
		for _, secret := range append(secrets, string(k.h.Secret)) {
			for where, text := range map[string]string{
				"the log": logs, "describe or a charge": string(said), "an error": fmt.Sprint(notFound, invalid),
			} {
				if secret != "" && strings.Contains(text, secret) {
					return fmt.Errorf("a secret stands in %s", where)
				}
			}
		}
		return nil
	}},
}

// anew is a JSON body written another way, meaning the same.
func anew(b []byte) []byte {
	var v any
	if json.Unmarshal(b, &v) != nil {
		return append(b, '\n')
	}
	out, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		return append(b, '\n')
	}
	return out
}

// messages are the webhooks of a charge; there is at least one.
func (k *kit) messages(c wallet.Charge) ([]Message, error) {
	all, err := k.h.Rail.Messages(k.ctx, c.ID)
	if err == nil && len(all) == 0 {
		err = errors.New("the rail sent no webhook")
	}
	return all, err
}

// hint passes a message on and expects it to name the charge.
func (k *kit) hint(c wallet.Charge, m Message) error {
	hints, reply, err := k.a.Webhook(k.ctx, m.Header, m.Query, m.Body)
	if err != nil {
		return fmt.Errorf("webhook: %w", err)
	}
	if reply.Status < 200 || reply.Status > 299 {
		return fmt.Errorf("the rail is answered %d", reply.Status)
	}
	for _, h := range hints {
		if h.ChargeID == c.ID {
			return nil
		}
	}
	return fmt.Errorf("%d hints, none names the charge", len(hints))
}

// hears does something with the last webhook of a paid charge, after which the charge is what it was.
func (k *kit) hears(do func(wallet.Charge, Message) error) error {
	c, err := k.paid()
	if err != nil {
		return err
	}
	messages, err := k.messages(c)
	if err != nil {
		return err
	}
	if err := do(c, messages[len(messages)-1]); err != nil {
		return err
	}
	after, err := k.look(c)
	if err != nil {
		return err
	}
	return still(c, after)
}

// refuses forges a message and expects that nothing comes of it.
func (k *kit) refuses(how Forgery) error {
	c, err := k.create(k.sum())
	if err != nil {
		return err
	}
	m, err := k.h.Rail.Forge(k.ctx, c.ID, how)
	if err != nil {
		return err
	}
	hints, _, err := k.a.Webhook(k.ctx, m.Header, m.Query, m.Body)
	if err := wants(err, wallet.ErrBadSignature); err != nil {
		return fmt.Errorf("forged (%s): %w", how, err)
	}
	if len(hints) > 0 {
		return fmt.Errorf("forged (%s): %d hints", how, len(hints))
	}
	after, err := k.look(c)
	if err != nil {
		return err
	}
	return still(c, after)
}

// feed reads to the end from a cursor.
func (k *kit) feed(cursor string) (found map[string]bool, next string, err error) {
	found = map[string]bool{}
	for range 1000 {
		p, err := k.a.Feed(k.ctx, cursor, 5)
		if err != nil {
			return nil, "", fmt.Errorf("feed: %w", err)
		}
		if len(p.Hints) > 5 {
			return nil, "", fmt.Errorf("asked for 5 at most, got %d", len(p.Hints))
		}
		for _, h := range p.Hints {
			found[h.ChargeID] = true
		}
		cursor = p.Cursor
		if !p.More {
			return found, cursor, nil
		}
	}
	return nil, "", errors.New("the feed has no end")
}
