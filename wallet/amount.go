package wallet

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
)

// An Amount is a whole number of minor units of one asset: {"minor":"2100","asset":"CNY"} is 21 yuan.
// In JSON minor is a string, because it may be larger than what a double holds exactly (2^53).
// Arithmetic returns [ErrOverflow]; it never wraps and never rounds.
type Amount struct {
	Minor int64
	Asset string
}

// maxExponent bounds how finely an asset is divided: with 12 digits an int64 still holds nine million
// whole units, which is enough for a tip, and Monero, the finest in use, has 12.
const maxExponent = 12

var (
	assetCode = regexp.MustCompile(`^[A-Z][A-Z0-9]{1,11}$`)
	minorForm = regexp.MustCompile(`^-?(0|[1-9][0-9]{0,18})$`)
)

// ValidAsset reports whether a code can name an asset: 2 to 12 capital letters and digits.
func ValidAsset(code string) bool { return assetCode.MatchString(code) }

// Add returns a + b. ErrMismatch if the assets differ, ErrOverflow if the sum does not fit.
func (a Amount) Add(b Amount) (Amount, error) {
	if a.Asset != b.Asset {
		return Amount{}, fmt.Errorf("%w: %s and %s", ErrMismatch, a.Asset, b.Asset)
	}
	sum, err := Sum(a.Minor, b.Minor)
	return Amount{sum, a.Asset}, err
}

// Sub returns a - b, which may be negative. Errors as for Add.
func (a Amount) Sub(b Amount) (Amount, error) {
	if b.Minor == math.MinInt64 {
		return Amount{}, ErrOverflow
	}
	return a.Add(Amount{-b.Minor, b.Asset})
}

// Sum adds minor units. ErrOverflow if the sum does not fit.
func Sum(units ...int64) (int64, error) {
	var sum int64
	for _, u := range units {
		next := sum + u
		if (u > 0 && next < sum) || (u < 0 && next > sum) {
			return 0, ErrOverflow
		}
		sum = next
	}
	return sum, nil
}

// Share returns part/whole of the amount, rounded down; what is left over is the caller's to place.
// Both are positive; ErrInvalid otherwise, ErrOverflow if the product does not fit.
func (a Amount) Share(part, whole int64) (Amount, error) {
	if part < 0 || whole <= 0 || a.Minor < 0 {
		return Amount{}, ErrInvalid
	}
	if part != 0 && a.Minor > math.MaxInt64/part {
		return Amount{}, ErrOverflow
	}
	return Amount{a.Minor * part / whole, a.Asset}, nil
}

// Decimal writes the amount in whole units with all its decimals and no asset: Minor 2100 with
// exponent 2 is "21.00".
func (a Amount) Decimal(exponent uint8) string {
	digits := strconv.FormatInt(a.Minor, 10)
	sign := ""
	if digits[0] == '-' {
		sign, digits = "-", digits[1:]
	}
	if exponent == 0 {
		return sign + digits
	}
	if pad := int(exponent) + 1 - len(digits); pad > 0 {
		digits = strings.Repeat("0", pad) + digits
	}
	cut := len(digits) - int(exponent)
	return sign + digits[:cut] + "." + digits[cut:]
}

// ParseDecimal reads what a person typed, "21", "21.5" or "21.50", as an amount of an asset with that
// exponent. It takes digits and one point: no sign, no exponent, no separators of thousands, and no
// more decimals than the asset has, because dropping one would change the sum silently.
// ErrInvalid says that it is no such number, ErrOverflow that it is too large.
func ParseDecimal(s, asset string, exponent uint8) (Amount, error) {
	if exponent > maxExponent {
		return Amount{}, fmt.Errorf("%w: exponent %d", ErrInvalid, exponent)
	}
	whole, part, point := strings.Cut(s, ".")
	if whole == "" || (point && part == "") || len(part) > int(exponent) || len(whole) > 19 {
		return Amount{}, fmt.Errorf("%w: not an amount", ErrInvalid)
	}
	for _, c := range whole + part {
		if c < '0' || c > '9' {
			return Amount{}, fmt.Errorf("%w: not an amount", ErrInvalid)
		}
	}
	n, err := strconv.ParseInt(whole+part+strings.Repeat("0", int(exponent)-len(part)), 10, 64)
	if err != nil {
		return Amount{}, ErrOverflow
	}
	return Amount{n, asset}, nil
}

type wireAmount struct {
	Minor string `json:"minor"`
	Asset string `json:"asset"`
}

// MarshalJSON writes the form above.
func (a Amount) MarshalJSON() ([]byte, error) {
	return json.Marshal(wireAmount{strconv.FormatInt(a.Minor, 10), a.Asset})
}

// UnmarshalJSON reads the form above and nothing else: a minor that is a JSON number, has a point, an
// exponent, a plus sign or leading zeros is ErrInvalid, one that does not fit 64 bits ErrOverflow.
func (a *Amount) UnmarshalJSON(b []byte) error {
	var w wireAmount
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&w); err != nil {
		return fmt.Errorf("%w: amount: %v", ErrInvalid, err)
	}
	n, err := parseMinor(w.Minor)
	if err != nil {
		return err
	}
	if !ValidAsset(w.Asset) {
		return fmt.Errorf("%w: asset code %.20q", ErrInvalid, w.Asset)
	}
	*a = Amount{n, w.Asset}
	return nil
}

func parseMinor(s string) (int64, error) {
	if !minorForm.MatchString(s) || s == "-0" {
		if len(s) > 19 && strings.Trim(s, "-0123456789") == "" {
			return 0, ErrOverflow
		}
		return 0, fmt.Errorf("%w: %.40q must be a whole number in a string", ErrInvalid, s)
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return 0, ErrOverflow
	}
	return n, nil
}

// Units is a count of minor units in JSON: a string, for the same reason as in [Amount].
type Units int64

// MarshalJSON writes "2100".
func (u Units) MarshalJSON() ([]byte, error) {
	return json.Marshal(strconv.FormatInt(int64(u), 10))
}

// UnmarshalJSON reads what MarshalJSON writes; errors as for [Amount].
func (u *Units) UnmarshalJSON(b []byte) error {
	var s string
	if err := json.Unmarshal(b, &s); err != nil {
		return fmt.Errorf("%w: %.40s must be a whole number in a string", ErrInvalid, b)
	}
	n, err := parseMinor(s)
	*u = Units(n)
	return err
}

// An Asset is something that an adapter can move, and in what portions.
type Asset struct {
	Code     string `json:"code"`     // "CNY", "BTC"; capitals and digits
	Exponent uint8  `json:"exponent"` // decimals of one whole: CNY 2, BTC 11 (millisatoshi), XMR 12, credits 0; at most 12
	Min      Units  `json:"min"`      // least minor units of one charge, at least 1
	Max      Units  `json:"max"`      // most
	Step     Units  `json:"step"`     // every charge is a multiple of it: 1000 with BTC means whole satoshis
}

// Check returns ErrInvalid for an asset that cannot be: a bad code, an exponent above 12, or portions
// that allow nothing.
func (a Asset) Check() error {
	switch {
	case !ValidAsset(a.Code):
		return fmt.Errorf("%w: asset code %.20q", ErrInvalid, a.Code)
	case a.Exponent > maxExponent:
		return fmt.Errorf("%w: %s: exponent %d is above %d", ErrInvalid, a.Code, a.Exponent, maxExponent)
	case a.Min < 1 || a.Max < a.Min || a.Step < 1 || a.Max/a.Step == 0 || a.Max/a.Step*a.Step < a.Min:
		return fmt.Errorf("%w: %s: min %d, max %d, step %d leave no amount", ErrInvalid, a.Code, a.Min, a.Max, a.Step)
	}
	return nil
}

// Takes returns nil if a charge may ask for the amount; ErrMismatch for another asset, ErrInvalid for
// zero, less than zero or a broken step, ErrLimit outside Min and Max.
func (a Asset) Takes(m Amount) error {
	switch {
	case m.Asset != a.Code:
		return fmt.Errorf("%w: %s, want %s", ErrMismatch, m.Asset, a.Code)
	case m.Minor <= 0:
		return fmt.Errorf("%w: amount must be above zero", ErrInvalid)
	case m.Minor < int64(a.Min) || m.Minor > int64(a.Max):
		return fmt.Errorf("%w: %s to %s %s", ErrLimit,
			Amount{int64(a.Min), a.Code}.Decimal(a.Exponent), Amount{int64(a.Max), a.Code}.Decimal(a.Exponent), a.Code)
	case m.Minor%int64(a.Step) != 0:
		return fmt.Errorf("%w: amount must be a multiple of %s %s", ErrInvalid,
			Amount{int64(a.Step), a.Code}.Decimal(a.Exponent), a.Code)
	}
	return nil
}
