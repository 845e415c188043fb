// Package remote carries package wallet over HTTP, so that an adapter can be a program of its own, in any
// language: [New] is a client that is an adapter, [Serve] makes a server of any adapter. docs/adapters.md
// describes the same for those who write neither.
//
// Both directions are signed with one shared secret. A request names the time and a number that is never
// used twice; the answer's signature covers that number, so that it answers this request and no other.
// A program that cannot prove that it knows the secret learns nothing and moves nothing.
//
// What it will not do: it follows no redirect, keeps no state but the numbers of the last ten minutes, and
// never asks twice. Who retries is the caller, by the rules of wallet.Adapter.
//
// Begin with sign.go; routes.go lists what there is.
package remote
