package tips

import "halqa/internal/store/ledger"

// The words of the ledger that the edges use, which may not reach it themselves.
type (
	CirclePolicy = ledger.CirclePolicy
	CircleBounds = ledger.Bounds
	Policy       = ledger.Policy
	Wish         = ledger.Wish
	Takes        = ledger.Takes
	Limit        = ledger.Limit
	State        = ledger.TipState
	Audit        = ledger.Audit
	Row          = ledger.Tip // a tip in a list
	Gift         = ledger.Gift
	ShownGift    = ledger.ShownGift
	Link         = ledger.Link
	LinkKind     = ledger.LinkKind
)

const (
	LinkEndpoint  = ledger.LinkEndpoint
	LinkLightning = ledger.LinkLightning
	LinkPage      = ledger.LinkPage

	PolicyOn        = ledger.PolicyOn
	PolicyLikesOnly = ledger.PolicyLikesOnly
	PolicyOff       = ledger.PolicyOff

	TakesAll      = ledger.TakesAll
	TakesFollowed = ledger.TakesFollowed
	TakesNone     = ledger.TakesNone

	Open     = ledger.TipOpen
	Held     = ledger.TipHeld
	Paid     = ledger.TipPaid
	Short    = ledger.TipShort
	Expired  = ledger.TipExpired
	Canceled = ledger.TipCanceled
	Failed   = ledger.TipFailed
	Returned = ledger.TipReturned
)
