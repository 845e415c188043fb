package tips

import (
	"golang.org/x/text/currency"
)

// How many decimals an asset has is never for another instance to say: its word would become the meaning of a
// number in everybody's history here. Our own wallets declare theirs; of what none of them moves, the assets below
// and the money of ISO 4217 are known, and nothing else can be tipped abroad.

// divided are assets that are no state's money: millisatoshi, piconero, and what ISO 4217 keeps for tests, as the
// kit's own adapter has it, so that two instances can be tried with no real money.
var divided = map[string]uint8{"BTC": 11, "XMR": 12, "XTS": 3}

// otherwise are those moneys of ISO 4217 that do not have two decimals.
var otherwise = map[string]uint8{
	"BIF": 0, "CLP": 0, "DJF": 0, "GNF": 0, "ISK": 0, "JPY": 0, "KMF": 0, "KRW": 0, "PYG": 0, "RWF": 0, "UGX": 0, "UYI": 0,
	"VND": 0, "VUV": 0, "XAF": 0, "XOF": 0, "XPF": 0,
	"BHD": 3, "IQD": 3, "JOD": 3, "KWD": 3, "LYD": 3, "OMR": 3, "TND": 3,
	"CLF": 4, "UYW": 4,
}

// decimals returns how an asset is divided that no wallet here has to move; false if nobody knows.
func decimals(code string) (uint8, bool) {
	if n, ok := divided[code]; ok {
		return n, true
	}
	if n, ok := otherwise[code]; ok {
		return n, true
	}
	// What begins with X is metal or a unit of account, and has no decimals; but for those above and
	// the dollar of the East Caribbean.
	if code != "XCD" && (len(code) != 3 || code[0] == 'X') {
		return 0, false
	}
	_, err := currency.ParseISO(code)
	return 2, err == nil
}

// The most of one tip to another instance where no rule sets one, in whole units and, of what is worth much, in
// its smallest. It keeps the sums of all tips there within what the ledger counts to, whatever others ask for.
const wholeAbroad = 10_000_000

var mostDivided = map[string]int64{"BTC": 100_000_000_000, "XMR": 10_000_000_000_000}

// mostAbroad returns it for an asset with so many decimals.
func mostAbroad(code string, exponent uint8) int64 {
	if n, ok := mostDivided[code]; ok {
		return n
	}
	n := int64(wholeAbroad)
	for range exponent {
		n *= 10
	}
	return n
}

// same reports whether an asset of another instance is known, and divided there as here. Credits of ours are
// nobody else's.
func (t *Tips) same(code string, exponent uint8) bool {
	n, ok := decimals(code)
	for _, r := range t.all() {
		if a, moves := r.d.Asset(code); moves {
			if r.closed() || ok && a.Exponent != n {
				return false
			}
			n, ok = a.Exponent, true
		}
	}
	return ok && n == exponent
}
