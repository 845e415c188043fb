// Package reputation is standing and gates as arithmetic: what a person's own doings here amount to
// in a circle, and what a circle may ask before somebody speaks in it. All of it is pure functions
// over plain values, in integers, with the day passed in, so that a ledger replayed elsewhere years
// later gives the same numbers to the bit.
//
// Standing is a fold over an append-only ledger of Events. The caps apply when an event is credited
// and never later: Version.Vote answers how much a like gives, the answer is frozen in the event, and
// Apply only adds it up. So one vote touches a fixed number of rows (Rows), a reversal takes back
// exactly what was given, and the owner's ledger page can say for ever what each event was worth.
//
// A gate is any of at most four paths, each of which is all of at most four facts. The shape is the
// point: it can say "in two days, or now with one vouch", it can be proved reachable, and good
// conduct can only open it, because a Clause has no direction of its own to get wrong.
//
// What it will not do: there is no I/O, no clock, no float, and no kind of event for money, identity,
// popularity, machine scores or activity elsewhere. Kind is a closed list, and the list is the
// promise. Who is asking, what is stored and when a sweep runs belong to whoever calls.
//
// Simulation runs attacks against a circle on these very functions; docs/standing.md publishes what
// came of them, failures included.
//
// Begin with event.go for what can happen, credit.go for what it is worth and tier.go for what that
// opens; for gates with gate.go, then check.go for what an operator may ask. docs/standing.md tells
// the same in words for the people who are judged by it.
package reputation
