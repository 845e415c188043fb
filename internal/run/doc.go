// Package run is the one worker of an instance: whoever holds the lease reads the log's tail, offers
// it to those who follow the log, runs the sweeps of the clock, and keeps every follower's position.
//
// It knows neither what an entry means nor what a sweep does; cmd registers both. It never runs two
// sweeps at once, never offers an entry twice to a follower that has said it is done (but may after
// a crash: followers are idempotent), and starts no goroutine that Run does not wait for.
//
// A follower that is slow or fails is behind alone. What it has finished is a position in the log
// (cursor.go); positions that moved are written together once a second (book.go), so a follower
// costs no write while it has nothing to do.
//
// Begin with worker.go for the whole, then dispatcher.go, cursor.go and clock.go.
package run
