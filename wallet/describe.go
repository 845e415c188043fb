package wallet

import (
	"fmt"
	"regexp"
)

var (
	nameForm = regexp.MustCompile(`^[a-z0-9-]{1,32}$`)
	kindForm = regexp.MustCompile(`^[a-z0-9-]{1,64}$`)
)

// Check returns ErrInvalid with the reason if Halqa could not work with an adapter that describes
// itself so.
func (d Descriptor) Check() error {
	switch {
	case !nameForm.MatchString(d.Name):
		return fmt.Errorf("%w: name %.40q", ErrInvalid, d.Name)
	case d.Version == "" || len(d.Version) > 64:
		return fmt.Errorf("%w: version %.70q", ErrInvalid, d.Version)
	case d.Contract != Contract:
		return fmt.Errorf("%w: contract %.20q, this is %s", ErrInvalid, d.Contract, Contract)
	case len(d.Assets) == 0 || len(d.Assets) > 64:
		return fmt.Errorf("%w: %d assets", ErrInvalid, len(d.Assets))
	case len(d.PayeeKinds) == 0 || len(d.PayeeKinds) > 16:
		return fmt.Errorf("%w: %d payee kinds", ErrInvalid, len(d.PayeeKinds))
	case d.Custody != CustodyNone && d.Custody != CustodyClosedLoop && d.Custody != CustodyInstance:
		return fmt.Errorf("%w: custody %.20q", ErrInvalid, d.Custody)
	case d.FinalitySeconds < 0 || d.FinalitySeconds > 90*24*3600:
		return fmt.Errorf("%w: finality of %d seconds", ErrInvalid, d.FinalitySeconds)
	}
	seen := map[string]bool{}
	for _, a := range d.Assets {
		if err := a.Check(); err != nil {
			return err
		}
		if seen[a.Code] {
			return fmt.Errorf("%w: asset %s is named twice", ErrInvalid, a.Code)
		}
		seen[a.Code] = true
	}
	for _, k := range d.PayeeKinds {
		if !kindForm.MatchString(k) {
			return fmt.Errorf("%w: payee kind %.70q", ErrInvalid, k)
		}
	}
	for _, c := range d.Capabilities {
		switch c {
		case CapPayeeCheck, CapFind, CapCancel, CapWebhook, CapFeed, CapRefund, CapProof:
		default:
			return fmt.Errorf("%w: capability %.20q is not one of %s", ErrInvalid, c, Contract)
		}
	}
	return nil
}
