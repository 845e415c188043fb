package circles

// A Ban shuts a person out of a circle: they neither write nor vote there, nor follow it.
type Ban struct {
	Circle CircleID
	Person PersonID
	By     ActorID
	At     int64 // UTC microseconds
	Until  int64 // 0 = for good
	Reason string
	Remove bool // what they wrote there goes too; true until all of it is gone
}

// In reports whether the ban is in force.
func (b Ban) In(now int64) bool { return b.Until == 0 || b.Until > now }

// A ModAction is what somebody who moderates did.
type ModAction string

const (
	ModRemove    ModAction = "remove" // Post
	ModReturn    ModAction = "return"
	ModLock      ModAction = "lock" // Post
	ModUnlock    ModAction = "unlock"
	ModPin       ModAction = "pin" // Post
	ModUnpin     ModAction = "unpin"
	ModBan       ModAction = "ban" // Person, in Circle
	ModUnban     ModAction = "unban"
	ModAppoint   ModAction = "appoint" // Person moderates Circle now
	ModRetire    ModAction = "retire"
	ModSuspend   ModAction = "suspend" // Person or circle, on this instance
	ModUnsuspend ModAction = "unsuspend"
	ModPeer      ModAction = "peer"  // Host, Policy
	ModTrust     ModAction = "trust" // Host, in standing
	ModDistrust  ModAction = "distrust"
	ModApprove   ModAction = "approve" // Post that waited
	ModRefuse    ModAction = "refuse"  // Post that waited

	ModGrantAppeal ModAction = "appeal-grant" // what it was against was undone
	ModDenyAppeal  ModAction = "appeal-deny"
	ModPassAppeal  ModAction = "appeal-pass" // nobody answered in time; by nobody

	ModAuditConfirm ModAction = "confirm" // what the audit found in Circle
	ModAuditDismiss ModAction = "clear"

	ModNote ModAction = "note" // the words beside a gift for Post were taken away
)

// A ModEntry is one line of the public log of what moderators did. What was removed is named, never
// shown.
type ModEntry struct {
	ID     int64
	At     int64 // UTC microseconds
	By     ActorID
	Action ModAction
	Circle CircleID // 0 = it concerns the whole instance
	Post   PostID
	Person ActorID
	Host   string
	Policy string // of ModPeer: "", "limited" or "blocked"
	Until  int64  // of ModBan; 0 = for good
	Reason string
}

// A ReportCategory says in one word what is wrong.
type ReportCategory string

const (
	ReportSpam          ReportCategory = "spam"
	ReportHarassment    ReportCategory = "harassment"
	ReportIllegal       ReportCategory = "illegal"
	ReportIntimate      ReportCategory = "intimate"      // pictures of somebody who did not agree
	ReportImpersonation ReportCategory = "impersonation" // somebody who is not who they say
	ReportRules         ReportCategory = "rules"         // of the circle
	ReportOther         ReportCategory = "other"
)

// ReportCategories lists them in the order in which a form shows them.
func ReportCategories() []ReportCategory {
	return []ReportCategory{ReportSpam, ReportHarassment, ReportIllegal, ReportIntimate, ReportImpersonation, ReportRules, ReportOther}
}

// ParseReportCategory reads a category's name.
func ParseReportCategory(s string) (ReportCategory, error) {
	for _, c := range ReportCategories() {
		if string(c) == s {
			return c, nil
		}
	}
	return "", FieldErrorf(Invalid, "category", "Choose what is wrong with it.").With("refused.category", nil)
}

// A ReportTarget is what a report is about: exactly one of the three.
type ReportTarget struct {
	Post   PostID
	Person PersonID
	Circle CircleID
}

// A ReportState is how far a report got.
type ReportState string

const (
	ReportOpen      ReportState = "open"
	ReportDismissed ReportState = "dismissed"
	ReportUpheld    ReportState = "upheld" // something was done about it
)

// A Severity is how grave what a report was about is, by whoever upholds it. Standing reads it.
type Severity string

const (
	Minor   Severity = "minor"
	Serious Severity = "serious"
)

// A Report is everything that was said against one thing until somebody decides.
type Report struct {
	ID       int64
	Target   ReportTarget
	Circle   CircleID // whose moderators decide; 0 = the people who run this instance
	Site     bool     // the people who run this instance decide: it is in no circle of ours
	Category ReportCategory
	State    ReportState
	Count    int64 // people who reported it
	FirstAt  int64 // UTC microseconds
	LastAt   int64

	DecidedBy ActorID // 0 = nobody yet
	DecidedAt int64
	Decision  ModAction // of an upheld one: what was done; "" = something elsewhere
	Note      string    // what the one who decided wrote; for moderators
}

// A Complaint is what one person said in a report.
type Complaint struct {
	Report   int64
	By       ActorID
	At       int64
	Category ReportCategory
	Text     string // plain
}
