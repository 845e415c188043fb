// Package testpeer is a remote fediverse server for tests: it listens on loopback, has people and
// communities, signs and checks signatures with code of its own, and refuses what the server it
// plays refuses. A test scripts its people (bob.Follow, bob.Post, mod.Remove), waits for what our
// instance sends back, and reads what that server's users would see.
//
// A Peer judges what arrives before it answers, also where the server it plays would do so later, so
// that a test may ask for the verdict as soon as the delivery is done. What it sends of its own accord
// (an Accept, a community's Announce) goes out beside that: wait for it.
//
// It imports nothing of ours, so that a bug of ours is not shared by the judge. It is not a
// fediverse server: it keeps everything in memory, has no pages, and knows only what the evidence
// beside each Reason says about a peer. Where that evidence is silent it accepts.
//
// Begin with New and Persona; then actor.go and script.go for what people can do, reasons.go for
// what is refused and why, world.go for what can be asked, mutation.go for damage done on purpose.
package testpeer
