// Package ledger is the SQL of money: accounts, and bookings between them that are balanced, appended
// and never changed. Each booking carries a hash over itself and the one before, so that what was
// altered later shows; triggers refuse on both engines what the program should never try.
//
// Amounts are integer minor units. A posting above zero adds to its account, one below takes from it,
// and those of one booking sum to nothing for each asset.
//
// It decides nothing about tips: which accounts there are and what is booked between them is
// internal/tips' affair, and nobody else imports this. Begin with Post; verify.go checks the whole.
package ledger
