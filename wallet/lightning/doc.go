// Package lightning is tips in bitcoin over Lightning, in two ways that hold nobody's money.
//
// [LND] asks the payee's own node for invoices, over REST and with a macaroon that can do nothing else.
// It keeps nothing: an invoice's preimage follows from its key, so that the key leads to the invoice and
// the node is the only memory there is. [Addresses] pays people at their Lightning Address, at whatever
// provider that is (LUD-06, LUD-16): it asks for an invoice, checks it, and can confirm the payment where
// the provider tells (LUD-21) or the payer shows the preimage; where neither happens it says that nobody
// knows.
//
// What this package will not do: it pays nothing, opens no channel, holds no key that could, and returns
// nothing over Lightning, because an invoice has no way back. Units are millisatoshi everywhere: asset BTC
// with 11 decimals.
//
// Begin reading at [Decode], which reads what both are about, an invoice.
package lightning
