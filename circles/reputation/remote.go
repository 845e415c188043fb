package reputation

// A Class is what an instance thinks of a remote domain. The empty class is local.
type Class string

const (
	Local       Class = ""
	PeerTrusted Class = "trusted" // set by an admin: its claimed account ages are believed
	PeerNormal  Class = "normal"
	Probation   Class = "probation" // new here, or too often spam
	PeerLimited Class = "limited"   // set by an admin: hidden unless followed
	PeerBlocked Class = "blocked"   // set by an admin: nothing is exchanged
)

const (
	probationDays  = 7  // a domain is new here for a week
	probationItems = 10 // reviewed items from which a share means something
	probationShare = 5  // one in five upheld as spam
)

// ClassOf returns the class of a remote domain that an admin set to set ("" = left alone), first seen
// on a day, of which spam of reviewed items of the last 90 days were upheld as spam. What an admin set
// stands, but a trusted domain that turned to spam goes on probation all the same.
func ClassOf(set Class, firstSeen, today Day, reviewed, spam int) Class {
	switch {
	case set == PeerLimited || set == PeerBlocked:
		return set
	case reviewed >= probationItems && spam*probationShare >= reviewed:
		return Probation
	case set == PeerTrusted:
		return set
	case today-firstSeen < probationDays:
		return Probation
	}
	return PeerNormal
}

// Weighs reports whether ratings from such a domain count at all.
func (c Class) Weighs() bool { return c == Local || c == PeerTrusted || c == PeerNormal }

// FirstKnown returns the day from which a remote person counts as known: their first verified activity
// here. A claimed date of publication is believed only from domains that an admin trusts, and never
// one before 2016, when no server of this network was there to write it.
func FirstKnown(c Class, seen, claimed Day) Day {
	const networkBegan Day = 16801 // 2016-01-01
	if c == PeerTrusted && claimed >= networkBegan && claimed < seen {
		return claimed
	}
	return seen
}

// CountsOutside reports whether what somebody does in a circle counts for the instance too: not where
// they, or the person who introduced them there, operate.
func CountsOutside(operates, introducerOperates bool) bool { return !operates && !introducerOperates }
