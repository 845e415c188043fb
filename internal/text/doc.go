// Package text turns what people and other servers write into what Halqa stores, shows and
// searches: markdown to HTML, remote HTML to safe HTML, HTML to plain text, plain text to search
// tokens; and it reads names, handles and language tags.
//
// It is pure: no database, no network, no clock. It never decides who may write or see something,
// and never fetches what a text points to. Whatever goes in, however hostile, comes out bounded,
// balanced and in valid UTF-8.
//
// Begin with render.go for what members write, sanitize.go for what arrives, clean.go for single
// fields, tokens.go for search.
package text
