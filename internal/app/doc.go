// Package app holds the use cases of content: what people write, vote, follow and join, what
// moderators do about it, and the same things done by people of other instances. A file is a verb.
//
// A verb has a form that takes a context and a Viewer and runs one Update; where federation shares
// it, a form that takes the *store.Tx of the inbox (Receive…, …Tx). Either way it asks standing, changes
// the tables, and appends to the log in one transaction; whatever is sent, shown or counted later
// follows from the log. Pictures are decoded and blobs written before the transaction.
//
// It knows no HTTP, no ActivityPub and no SQL, sends nothing and fetches nothing. Every refusal is a
// circles.Error.
//
// Begin with app.go; then post.go for how something gets written, say.go for what the log gets of
// it, receive_post.go for the same from elsewhere.
package app
