// Package media turns pictures that people upload, or that other servers show, into files that are
// safe to serve: decoded in memory-safe code under limits that are checked first, turned upright,
// scaled, and encoded anew, so that nothing of the original file survives but its pixels. It also
// keeps blobs: files named by the hash of their content.
//
// It will not store rows, decide who may see a picture, or let a hash out as an address; those are
// the work of its callers. Colour profiles are dropped with all other metadata: a wide-gamut
// picture turns slightly paler, and no profile can carry a name or a bomb.
//
// Begin with process.go for the life of one picture, header.go for what is refused before decoding;
// blobs.go and cache.go keep the files.
package media
