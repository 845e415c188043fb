// Package fetch is the one HTTP client for everything that strangers can make this server fetch:
// actors, objects, WebFinger, NodeInfo, media, deliveries, link previews, and what wallet adapters
// call. An address is judged at the moment its socket is about to connect, on the resolved address,
// on every hop, so neither a redirect nor a changing DNS answer can lead inside.
//
// It will not keep cookies, read proxy settings, follow a redirect of anything but GET and HEAD,
// read more than its caller allowed, or decide whether a document may say what it says: comparing
// an object's id with the address it came from is the caller's work (see SameHost).
//
// Begin with client.go for what a Client is, address.go for the addresses it refuses, and do.go
// for the life of one request.
package fetch
