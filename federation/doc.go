// Package federation is the ActivityPub edge: it takes in what other servers send, serves what they
// ask for, and delivers what happened here.
//
// It decides who may say something (signatures, origins, slots, parking) and in what shape each
// family of peers is told; what an act means and whether it is allowed is for app and standing. It
// holds no queue of its own: what has to be sent is read from the log of internal/store. Shapes and
// parsers are in federation/as, signatures in federation/httpsig.
//
// Begin with inbox.go and accept.go for what arrives, resume.go for what had to wait, publish.go for
// what others may read; with sender.go for what leaves, announce.go for what it says to whom, and
// render.go for posts and actors as documents.
package federation
