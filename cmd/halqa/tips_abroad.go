package main

import (
	"encoding/hex"
	"errors"
	"strings"

	"halqa/internal/tips"
	"halqa/wallet"
	"halqa/wallet/lightning"
)

// invoicePaid checks what another instance shows of a Lightning payment: the very invoice that the payer was
// shown, and the preimage that only who was paid could give away. The payment's hash makes it one tip's.
func invoicePaid(p wallet.Proof, q *tips.Quote) (unique string, err error) {
	invoice := p.Data["bolt11"]
	quoted := false
	for _, a := range q.Actions {
		text, ok := strings.CutPrefix(strings.ToLower(a.URI), "lightning:")
		quoted = quoted || ok && text == strings.ToLower(invoice)
	}
	if !quoted {
		return "", errors.New("the invoice is not the one that was quoted")
	}
	in, err := lightning.Proves(invoice, p.Data["preimage"])
	switch {
	case err != nil:
		return "", err
	case in.MilliSat != q.Minor || tips.AssetCode(q.Asset, q.Exponent) != "BTC/11":
		return "", errors.New("the invoice is for another amount")
	}
	return hex.EncodeToString(in.PaymentHash[:]), nil
}
