package circles

// An AppealKind says what an appeal is against.
type AppealKind string

const (
	AppealGate    AppealKind = "gate"    // what a gate, limit or switch does not let somebody do
	AppealHeld    AppealKind = "held"    // a post or comment that waits, or was refused
	AppealRemoval AppealKind = "removal" // of a post or comment
	AppealBan     AppealKind = "ban"     // from a circle; from no circle it is the suspension from the instance
	AppealPenalty AppealKind = "penalty" // a line of the ledger of standing that an upheld report wrote
)

// AppealKinds lists them.
func AppealKinds() []AppealKind {
	return []AppealKind{AppealGate, AppealHeld, AppealRemoval, AppealBan, AppealPenalty}
}

// An AppealState is what became of an appeal.
type AppealState string

const (
	AppealOpen      AppealState = "open"
	AppealGranted   AppealState = "granted" // what it is against was undone
	AppealDenied    AppealState = "denied"
	AppealPassed    AppealState = "passed" // nobody answered in time, so a gate opened for a while
	AppealWithdrawn AppealState = "withdrawn"
)

// An Appeal is somebody's word against one thing that was decided about them.
type Appeal struct {
	ID      int64
	Person  PersonID
	Circle  CircleID // 0 = it is about the whole instance, or about what is in no circle
	Kind    AppealKind
	Action  string  // of AppealGate: which
	Object  int64   // the post, or of AppealPenalty the line of the ledger; 0 = none
	Decider ActorID // who decided what it is against; 0 = a rule of the program, or nobody in time
	ActedAt int64   // when; UTC microseconds, as all of these; 0 = not known
	Said    string  // what was said about it then, in plain words
	Body    string  // what the person says; plain text

	State AppealState
	Site  bool // those who run the instance answer, not the circle
	At    int64
	DueAt int64 // when nobody's answer opens the gate; 0 = it does not

	FirstBy   ActorID // of one that was taken to the instance after the circle said no
	FirstAt   int64
	FirstNote string

	DecidedBy ActorID // 0 = nobody
	DecidedAt int64
	Note      string // what the person reads
	Restoring bool   // what a lifted ban had removed is still being returned
}

// Post is the post or comment that the appeal is about; 0 if it is about none.
func (a *Appeal) Post() PostID {
	if a.Kind == AppealHeld || a.Kind == AppealRemoval {
		return PostID(a.Object)
	}
	return 0
}

// Suspension reports whether it is against the person's suspension from the whole instance.
func (a *Appeal) Suspension() bool { return a.Kind == AppealBan && a.Circle == 0 }

// MayGoOn reports whether the person may take it from the circle to those who run the instance.
func (a *Appeal) MayGoOn() bool { return a.State == AppealDenied && !a.Site }
