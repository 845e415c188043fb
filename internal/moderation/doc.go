// Package moderation is what people do about what others did: reports by members and by other servers
// in one list for each circle, what was decided about them, the public log of moderators' acts,
// suspensions, and what is exchanged with which server.
//
// It removes and bans through app, asks standing whether somebody may, and decides nothing by itself:
// a report changes nothing until a person looked at it. Nobody is told who reported them.
//
// Begin with report.go for how a report comes in, queue.go for what happens to it; log.go, suspend.go
// and peers.go stand for themselves.
package moderation
