// Package wallet is the contract between Halqa and payment rails: what an adapter must do, what it may
// do, and the plain values that pass between the two. It imports the standard library only, and is all
// of Halqa that the author of an adapter in Go needs; docs/adapters.md tells the same for any language.
//
// An adapter moves money. Halqa decides who may tip whom, keeps the ledger, and never trusts a message
// about money: a webhook only says "look again", and [Adapter.GetCharge] is the truth. Only one number
// ever moves money in the ledger, [Charge.Received] with what was taken back from it; it is cumulative,
// so that hearing the same twice, late or in the wrong order changes nothing.
//
// What this package will not do: it performs no I/O, knows no rail, and decides nothing about people.
//
// Begin reading at [Adapter]; then [Charge], whose comments say how a charge may move. A new adapter is
// tested with package wallettest, and becomes a program of its own with package remote.
package wallet
