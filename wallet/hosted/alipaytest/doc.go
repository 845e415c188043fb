// Package alipaytest is a gateway of Alipay for tests, on loopback: it checks every request's RSA2
// signature, keeps trades and refunds, and signs its answers and notices with a key of its own. It was
// written from Alipay's descriptions and shares no code with the library that the adapter uses, so that
// each checks the other.
//
// There are three strings to sign, and they differ. A request: without sign and without empty values,
// sign_type included. A notice: without sign and without sign_type, empty values included. An answer: the
// raw bytes of its <method>_response member.
//
// What it will not do: it moves no money, draws no cashier, and knows one product only, a trade that a
// browser opens by page pay or WAP pay and that is paid once and exactly.
//
// Begin with [New]; trade.go has what payers, merchants and trades do.
package alipaytest
