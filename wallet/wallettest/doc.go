// Package wallettest is the conformance kit for wallet adapters: 49 cases in four levels that an adapter
// passes before anybody's money goes through it.
//
//	L0  shape         what it says of itself, and what it refuses
//	L1  idempotency   the same key is the same charge, whatever gets lost
//	L2  money         every way in which money comes, and goes back; needs a hand on the rail
//	L3  faults        webhooks that lie, a rail that is down, secrets
//
// An adapter in Go is tested by [Run]. Any other is tested over HTTP by [Check], which is what `halqa wallet
// check` calls. Both go through package remote, with faults in between, so that what is tested is what
// will run. A [Rail] is the other side: the payer, the bank, the chain. [Fake] is a reference adapter with
// its rail; with a planted bug it is how the kit itself is tested.
//
// Begin reading at [Harness]; the cases are in the files called after their level.
package wallettest
