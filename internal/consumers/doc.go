// Package consumers is what follows the log for the people of this instance: the search index and the
// notifications, a file each.
//
// A consumer is told what changed and reads what is true now. It may be told twice, so whatever it does
// comes to the same when done again; and it does nothing that somebody waits for in a request. It judges
// nothing: who may read or wants to hear of something is decided by store and app, when a row is written
// and again when it is shown.
//
// Begin with notifications.go; search.go also fills its index from the tables, once, when it is new.
package consumers
