// Package tips is what a tip is to Halqa: who meant how much for whom, which rail was asked, what the
// rail says came of it, and what the ledger therefore holds. That money moved exactly once is decided
// here, and nowhere else.
//
// A rail is any wallet.Adapter. It is never called inside a transaction, and never believed about
// money by what it sends: a webhook, a feed and the clock all lead to the same question, GetCharge, and
// the answer's counters are booked by their differences (settle.go). So the same news twice, late or in
// the wrong order books nothing twice.
//
// What this package will not do: it knows no standing and no ranking, and nothing that judges people can
// reach it; it delivers nothing, and draws no page.
//
// Begin with Start, then settle.go.
package tips
