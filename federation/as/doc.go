// Package as is the codec: it reads the ActivityStreams that other servers send and writes ours.
//
// Reading. Parse turns a body into an Envelope (who did what to which object, for whom), which is
// enough to settle votes, follows, undos and everything unknown. ParseActor, ParseContent and
// ParseCollection read what an envelope carries or a fetch brought. They take anything that is JSON
// of sane size, and an odd field is as good as an absent one: servers send null, one-element lists
// as single values, objects where addresses belong, numbers among addresses (NodeBB did). What they
// return is valid UTF-8 without NUL and of bounded size, and nothing more: HTML is not cleaned,
// addresses are not checked, and who may say what is for the caller to judge.
//
// go-fed/activity v1.0.0 is the vocabulary behind ParseActor and ParseContent; no other package
// imports it. It reads texts, times and numbers, whatever form AS2 allows for them. Measured, it
// cannot be given the rest: its addresses go through net/url, which rewrites some, and an id that
// changed one byte is another id; it does not know Hashtag, PropertyValue, Multikey, source,
// sensitive, commentsEnabled, or contentMap beside content; it fails on a root without a type that it
// knows. So view.go hands it a copy with only those members, under a type that it knows, and the
// rest is read from the document itself.
//
// Writing. Every shape that we send has a function that returns a Doc, rendered at once: the same
// input gives the same bytes. Peers differ in what they choke on, so the shapes are exact: to and cc,
// tag and attachment are always arrays (Lemmy loses comments otherwise), language is an object or
// absent, nothing is ever null. All addresses are absolute and come from the caller.
//
// Begin with scan.go (the JSON reader and its limits) and envelope.go, then content.go; context.go
// and activities.go for the other direction.
package as
