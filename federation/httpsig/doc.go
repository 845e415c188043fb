// Package httpsig signs the requests we send and checks the signatures of those we get.
//
// The fediverse speaks two dialects. Everybody reads and nearly everybody sends the expired draft
// "Signing HTTP Messages" (draft-cavage-http-signatures-12); we send nothing else. RFC 9421 is
// read as well, with the algorithms in use: rsa-v1_5-sha256 and ed25519.
//
// A request is checked in three steps, from cheap to costly, so that a caller can rate-limit and
// block by the host of the key before anything is computed, and fetch a key only for a request that
// could pass:
//
//	sig, err := httpsig.Parse(r)                  // header syntax; tells KeyID
//	checked, err := sig.Check(hosts, body, now)   // what is covered, host, clock, digest
//	err = checked.Verify(key)                     // the cryptography
//
// What must be covered. Draft-cavage: (request-target), host, date or (created), and digest unless
// the method is GET or HEAD. RFC 9421: @method, the address (@target-uri, or @authority with @path
// or @request-target), created, and content-digest unless the method is GET or HEAD. All servers
// whose traffic was seen (GoToSocial, NodeBB, WordPress, snac) sign that much; snac puts digest
// before date and signs the digest of nothing on GET too. Without (request-target) a signed Delete
// could be replayed to another inbox, without host to another server, without digest with another
// body: there is no lenient mode.
//
// The package does no I/O, keeps no state, and knows nothing about actors: that the key belongs to
// the actor is for the caller to establish. Linked Data signatures are not read at all.
//
// Begin with parse.go, then check.go; sign.go is the other direction, keys.go reads and writes keys.
package httpsig
