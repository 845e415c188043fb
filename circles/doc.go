// Package circles is the domain language of Halqa: typed ids, people, circles, posts, votes and
// the events that say what changed, with the pure rules of who may see what and who may do what.
//
// It does no I/O, knows no SQL, no HTTP and no ActivityPub. Every other room speaks in its words.
//
// Begin with person.go, circle.go and post.go for the nouns, event.go for what the log records,
// and visibility.go for the rule that decides what a reader gets.
package circles
