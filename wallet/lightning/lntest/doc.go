// Package lntest is a Lightning node and a provider of Lightning Addresses for tests, and the invoices that
// both sign. The node answers as lnd v0.21.1 does over REST, on loopback; the provider as LUD-06, 12, 16 and
// 21 have it. It was written from what they answer and shares no code with the adapters, so that each checks
// the other.
//
// What it will not do: it moves no money and finds no way. An invoice is paid by saying so.
//
// Begin with [NewNode] and [NewProvider].
package lntest
