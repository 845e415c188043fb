// Package key holds what only the rooms below internal/store can name: SQL is the key to a
// transaction's statements, so that all SQL stays below that folder. It does nothing by itself; begin
// reading at store.Tx.Statements, which asks for it.
package key

// SQL opens Tx.Statements.
type SQL struct{}
