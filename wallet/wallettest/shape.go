package wallettest

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"sync/atomic"

	"halqa/wallet"
)

var shapeCases = []testCase{
	{1, 0, "describe says what it must", nil, false, func(k *kit) error {
		d := k.d
		d.Assets = []wallet.Asset{{Code: "XTS", Min: 1, Max: 1, Step: 1}} // they are the third case's
		if err := d.Check(); err != nil {
			return err
		}
		again, err := k.a.Describe(k.ctx)
		if err != nil {
			return err
		}
		if !reflect.DeepEqual(again, k.d) {
			return errors.New("two descriptions differ")
		}
		return nil
	}},
	{2, 0, "capabilities are those that there are", nil, false, func(k *kit) error {
		if k.h.Adapter != nil {
			have := wallet.Capabilities(k.h.Adapter)
			if !sameWords(have, k.d.Capabilities) {
				return fmt.Errorf("the descriptor names %v, the adapter has %v", k.d.Capabilities, have)
			}
		}
		for capability, try := range map[string]func() error{
			wallet.CapPayeeCheck: func() error { _, err := k.a.CheckPayee(k.ctx, "nothing", "nothing"); return err },
			wallet.CapFind:       func() error { _, err := k.a.FindCharge(k.ctx, "kit_nothing"); return err },
			wallet.CapCancel:     func() error { _, err := k.a.CancelCharge(k.ctx, "kit-nothing"); return err },
			wallet.CapWebhook:    func() error { _, _, err := k.a.Webhook(k.ctx, nil, "", nil); return err },
			wallet.CapFeed:       func() error { _, err := k.a.Feed(k.ctx, "", 1); return err },
			wallet.CapRefund:     func() error { _, err := k.a.GetRefund(k.ctx, "kit-nothing"); return err },
			wallet.CapProof: func() error {
				_, err := k.a.VerifyProof(k.ctx, wallet.ProofQuery{Amount: wallet.Amount{Minor: 1, Asset: k.asset.Code}})
				return err
			},
		} {
			switch err := try(); {
			case errors.Is(err, wallet.ErrUnsupported) && k.d.Can(capability):
				return fmt.Errorf("%s: describe names it, and its route answers unsupported", capability)
			case !errors.Is(err, wallet.ErrUnsupported) && !k.d.Can(capability):
				return fmt.Errorf("%s: describe does not name it, and its route answers %s, want unsupported", capability, said(err))
			}
		}
		return nil
	}},
	{3, 0, "assets are finite and divisible by what a number holds", nil, false, func(k *kit) error {
		seen := map[string]bool{}
		for _, a := range k.d.Assets {
			if err := a.Check(); err != nil {
				return err
			}
			if seen[a.Code] {
				return fmt.Errorf("asset %s is named twice", a.Code)
			}
			seen[a.Code] = true
		}
		return nil
	}},
	{4, 0, "the least is taken, less is not", nil, false, func(k *kit) error {
		if _, err := k.create(int64(k.asset.Min)); err != nil {
			return fmt.Errorf("the least: %w", err)
		}
		if less := k.asset.Min - k.asset.Step; less > 0 {
			_, err := k.a.CreateCharge(k.ctx, k.ask(int64(less)))
			return wants(err, wallet.ErrLimit)
		}
		return nil
	}},
	{5, 0, "the most is taken, more is not", nil, false, func(k *kit) error {
		most := int64(k.asset.Max / k.asset.Step * k.asset.Step)
		if _, err := k.create(most); err != nil {
			return fmt.Errorf("the most: %w", err)
		}
		if most > 1<<62 {
			return nil
		}
		_, err := k.a.CreateCharge(k.ctx, k.ask(most+int64(k.asset.Step)))
		return wants(err, wallet.ErrLimit)
	}},
	{6, 0, "amounts between the steps are refused", nil, false, func(k *kit) error {
		if k.asset.Step == 1 {
			return skip("every amount is a step")
		}
		_, err := k.a.CreateCharge(k.ctx, k.ask(k.sum()+1))
		return wants(err, wallet.ErrInvalid)
	}},
	{7, 0, "nothing and less than nothing are refused", nil, false, func(k *kit) error {
		for _, minor := range []int64{0, -int64(k.asset.Step)} {
			_, err := k.a.CreateCharge(k.ctx, k.ask(minor))
			if err := wants(err, wallet.ErrInvalid, wallet.ErrLimit); err != nil {
				return fmt.Errorf("%d: %w", minor, err)
			}
		}
		return nil
	}},
	{8, 0, "an amount that does not fit 64 bits is refused", nil, false, func(k *kit) error {
		return k.refusesAmount(`{"minor":"9223372036854775808","asset":%q}`)
	}},
	{9, 0, "an amount that is a JSON number is refused", nil, false, func(k *kit) error {
		for _, form := range []string{fmt.Sprintf(`{"minor":%d,"asset":%%q}`, k.sum()), fmt.Sprintf(`{"minor":"%d.0","asset":%%q}`, k.sum()), `{"minor":"1e3","asset":%q}`} {
			if err := k.refusesAmount(form); err != nil {
				return err
			}
		}
		return nil
	}},
	{10, 0, "another asset is refused", nil, false, func(k *kit) error {
		in := k.ask(k.sum())
		in.Amount.Asset = "NOSUCHASSET"
		_, err := k.a.CreateCharge(k.ctx, in)
		return wants(err, wallet.ErrMismatch, wallet.ErrInvalid)
	}},
	{11, 0, "a bad payee is refused, and nobody's network is searched", nil, false, func(k *kit) error {
		in := k.ask(k.sum())
		in.Payee.Kind = "no-such-kind"
		_, err := k.a.CreateCharge(k.ctx, in)
		if err := wants(err, wallet.ErrInvalid); err != nil {
			return fmt.Errorf("a kind of payee that there is not: %w", err)
		}
		if !k.d.Can(wallet.CapPayeeCheck) {
			return nil
		}
		var hits atomic.Int64
		trap := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { hits.Add(1) }))
		defer trap.Close()
		host := trap.Listener.Addr().(*net.TCPAddr)
		for _, kind := range k.d.PayeeKinds {
			for _, input := range []string{trap.URL, "name@" + host.String(), "name@localhost:" + fmt.Sprint(host.Port), "http://[::ffff:127.0.0.1]:" + fmt.Sprint(host.Port), "\x00", strings.Repeat("a", 5000)} {
				_, err := k.a.CheckPayee(k.ctx, kind, input)
				if err := wants(err, wallet.ErrInvalid); err != nil {
					return fmt.Errorf("%s %.40q: %w", kind, input, err)
				}
			}
		}
		if n := hits.Load(); n > 0 {
			return fmt.Errorf("checking a payee reached this machine %d times", n)
		}
		return nil
	}},
	{18, 0, "what never was is not found", nil, false, func(k *kit) error {
		for _, id := range []string{"kit-nothing", "../charges", "a b", "%00", strings.Repeat("x", 199), "'; DROP TABLE charge; --"} {
			_, err := k.a.GetCharge(k.ctx, id)
			if err := wants(err, wallet.ErrNotFound); err != nil {
				return fmt.Errorf("%.30q: %w", id, err)
			}
		}
		return nil
	}},
}

func sameWords(a, b []string) bool {
	in := map[string]int{}
	for _, w := range a {
		in[w]++
	}
	for _, w := range b {
		in[w]--
	}
	for _, n := range in {
		if n != 0 {
			return false
		}
	}
	return true
}

// refusesAmount sends a request whose amount is written as no client of ours would.
func (k *kit) refusesAmount(form string) error {
	in, err := json.Marshal(k.ask(k.sum()))
	if err != nil {
		return err
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(in, &fields); err != nil {
		return err
	}
	amount := fmt.Sprintf(form, k.asset.Code)
	fields["amount"] = json.RawMessage(amount)
	body, err := json.Marshal(fields)
	if err != nil {
		return err
	}
	a, err := k.raw("POST", "/v1/charges", body)
	if err != nil {
		return err
	}
	if a.status != http.StatusUnprocessableEntity {
		return fmt.Errorf("%s is answered %d, want 422", amount, a.status)
	}
	return nil
}

// said is an answer in a word.
func said(err error) string {
	if err == nil {
		return "as if it were"
	}
	return fmt.Sprintf("%q", err)
}
