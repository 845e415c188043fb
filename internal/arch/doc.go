// Package arch holds no code, only the test that keeps the house in order: which room may import
// which, that each opens with a paragraph about itself, and that money never reaches a voice.
//
// Begin with the table in arch_test.go. A new room gets a row there and one in docs/design.md.
package arch
