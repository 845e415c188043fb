package reputation

import (
	"encoding/json"
	"fmt"
	"reflect"
	"runtime"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// A town is a small ledger being written by the rules: circle 1 with operators 1 and 2, people 3 to 9,
// of whom 8 and 9 are on a domain elsewhere.
type town struct {
	v   Version
	s   *State
	log []Event
	day Day
	id  EventID
}

func newTown(t testing.TB) *town {
	w := &town{v: Current(), s: NewState(), day: Epoch}
	for who := ActorID(1); who <= 9; who++ {
		w.apply(t, w.v.Note(w.next(), Known, 0, who, 0, w.at()))
	}
	for who := ActorID(1); who <= 2; who++ {
		w.apply(t, w.v.Note(w.next(), Operates, 1, who, 0, w.at()))
	}
	return w
}

func (w *town) next() EventID { w.id++; return w.id }
func (w *town) at() int64     { return w.day.Start() + int64(w.id) }

func (w *town) domain(who ActorID) string {
	if who >= 8 {
		return "far.example"
	}
	return ""
}

type failer interface{ Fatalf(string, ...any) }

func (w *town) apply(t failer, e Event) {
	if err := w.s.Apply(e); err != nil {
		t.Fatalf("%v", err)
	}
	w.log = append(w.log, e)
}

func (w *town) rate(t failer, k Kind, subject, source ActorID) (Event, Reason) {
	in := Rating{ID: w.next(), Circle: 1, Subject: subject, Source: source, Kind: k, Object: int64(w.id), At: w.at(),
		Accepted: true, Domain: w.domain(source), SubjectDomain: w.domain(subject)}
	if in.Domain != "" {
		in.Class = PeerNormal
	}
	e, why := w.v.Rate(w.s.Rows(1, subject, source, 0, in.Domain), in)
	if why == ZeroSelf {
		return e, why
	}
	w.apply(t, e)
	if intro, ok := w.v.Introduce(w.s.Rows(1, subject, source, 0, ""), e, w.next()); ok && k == Like {
		w.apply(t, intro)
	}
	return e, why
}

func (w *town) vouch(t failer, subject, source ActorID) (Event, Refusal) {
	in := VouchIn{ID: w.next(), Circle: 1, Subject: subject, Source: source, Domain: w.domain(source), At: w.at()}
	if in.Domain != "" {
		in.Class = PeerNormal
	}
	e, no := w.v.Vouch(w.s.Rows(1, subject, source, 0, ""), in)
	if no == NoRefusal {
		w.apply(t, e)
		if intro, ok := w.v.Introduction(w.s.Rows(1, subject, source, 0, ""), e, w.next()); ok {
			w.apply(t, intro)
		}
	}
	return e, no
}

func (w *town) accept(t failer, who ActorID) {
	e, _ := w.v.Accept(w.s.Rows(1, who, 0, 0, ""), Contribution{ID: w.next(), Circle: 1, Subject: who, Object: int64(w.id), At: w.at(), Outside: true})
	w.apply(t, e)
}

// grow lets somebody become a Regular by the two operators' and two friends' ratings.
func (w *town) grow(t failer, who ActorID) {
	for range 25 {
		w.day++
		w.accept(t, who)
		for source := ActorID(1); source <= 7; source++ {
			if source != who {
				w.rate(t, Like, who, source)
			}
		}
	}
}

// restore gives back what r took, if it took anything that may come back.
func (w *town) restore(t failer, r Event) {
	if r.Reverses == 0 || r.Kind == Vouch || r.Kind == Introduced || slices.ContainsFunc(w.log, func(e Event) bool { return e.Restores == r.Reverses }) {
		return
	}
	was := r
	was.ID, was.Reverses, was.CreditedMilli = r.Reverses, 0, -r.CreditedMilli
	e, _ := w.v.Restore(w.s.Rows(1, was.Subject, was.Source, was.Branch, was.Domain), was, w.next(), w.at(), w.domain(was.Subject))
	w.apply(t, e)
}

// drawStep does one thing that anyone might do.
func (w *town) drawStep(t *rapid.T) {
	who := ActorID(rapid.IntRange(1, 9).Draw(t, "who"))
	by := ActorID(rapid.IntRange(1, 9).Draw(t, "by"))
	switch rapid.IntRange(0, 12).Draw(t, "what") {
	case 0:
		w.day += Day(rapid.SampledFrom([]int{1, 1, 2, 29, 31, 100, 400}).Draw(t, "days"))
	case 1:
		w.vouch(t, who, ActorID(rapid.IntRange(1, 3).Draw(t, "voucher")))
	case 2:
		w.accept(t, who)
	case 3:
		w.apply(t, w.v.Uphold(Verdict{ID: w.next(), Circle: 1, Subject: who, Decider: 1, Serious: who%2 == 0, At: w.at()}))
	case 4:
		w.rate(t, Helpful, who, by)
	case 5:
		w.apply(t, w.v.Note(w.next(), Active, 0, who, 0, w.at()))
	case 6:
		if e, ok := w.v.EndVouch(w.s.Rows(1, who, by, 0, ""), 1, who, by, w.next(), w.at()); ok {
			w.apply(t, e)
		}
	case 7:
		e := rapid.SampledFrom(w.log).Draw(t, "reversed")
		if e.Reverses == 0 && !w.s.reversed[e.ID] && e.Kind != Operates && e.Kind != Known {
			r, _ := e.Reverse(w.next(), w.at())
			w.apply(t, r)
		}
	case 8:
		w.restore(t, rapid.SampledFrom(w.log).Draw(t, "restored"))
	default:
		w.rate(t, Like, who, by)
	}
}

func TestCapsAndReplay(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := newTown(nil)
		for who := ActorID(3); who <= 7; who++ {
			w.vouch(t, who, 1+who%2)
		}
		w.vouch(t, 8, 1)
		w.vouch(t, 9, 2)
		for range rapid.IntRange(1, 120).Draw(t, "steps") {
			w.drawStep(t)
			for k, e := range w.s.edges {
				if got := e.A.Value(Half180, w.day); got > w.v.RaterCap {
					t.Fatalf("%d holds %d from %d", k.subject, got, k.source)
				}
			}
			for k, b := range w.s.branches {
				if got := b.Value(Half180, w.day); got > w.v.BranchCap {
					t.Fatalf("%d holds %d from branch %d", k.subject, got, k.source)
				}
			}
			for k, d := range w.s.domains {
				if got := d.Value(Half180, w.day); got > w.v.DomainCap || k.subject >= 8 && got > w.v.OwnDomain {
					t.Fatalf("%d holds %d from %s", k.subject, got, k.domain)
				}
			}
			for k, p := range w.s.people {
				if got := w.v.Standing(p, w.day); got < 0 || got > w.v.Most {
					t.Fatalf("%d stands at %d", k.who, got)
				}
				parts := w.v.Parts(p, w.day)
				if sum := min(max(min(parts.Bound, parts.Earned+parts.Days+parts.Vouches)-parts.Against, 0), w.v.Most); sum != parts.Standing {
					t.Fatalf("%d: the parts come to %d: %+v", k.who, sum, parts)
				}
			}
		}
		read := rapid.Permutation(w.log).Draw(t, "order")
		again, err := Fold(read)
		if err != nil || !reflect.DeepEqual(again, w.s) {
			t.Fatalf("another order of reading gives another state (%v)", err)
		}
		replayed, wrong, err := Replay(read, nil, w.domain)
		if err != nil || len(wrong) > 0 || !reflect.DeepEqual(replayed, w.s) {
			t.Fatalf("replay: %v, %+v", err, wrong)
		}
	})
}

// TestSumsIgnoreOrder applies ratings and their reversals to one person's rows in any order whatever.
func TestSumsIgnoreOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var events []Event
		for i := range rapid.IntRange(0, 12).Draw(t, "n") {
			d := Epoch + Day(rapid.IntRange(0, 200).Draw(t, "day"))
			e := Event{ID: EventID(i*2 + 1), Circle: 1, Subject: 5, Source: 6, Kind: Like, WeightMilli: 1000, Branch: 3,
				CreditedMilli: rapid.Int64Range(0, 3000).Draw(t, "credited"), Day: d, At: d.Start(), FormulaVersion: 1}
			events = append(events, e)
			if rapid.Bool().Draw(t, "reverse") {
				r, _ := e.Reverse(e.ID+1, e.At+microsPerDay)
				events = append(events, r)
			}
		}
		var a, b Rows
		for _, e := range events {
			a = Apply(a, e)
		}
		for _, e := range rapid.Permutation(events).Draw(t, "order") {
			b = Apply(b, e)
		}
		if a.Subject.A != b.Subject.A || a.Given != b.Given || a.Branch != b.Branch || a.Subject.Branches != b.Subject.Branches || a.Rater.Rated != b.Rater.Rated {
			t.Fatalf("order matters:\n%+v\n%+v", a, b)
		}
	})
}

// TestReversalRestores: whatever is taken back, what somebody has is what they would have without it.
func TestReversalRestores(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := newTown(nil)
		for who := ActorID(3); who <= 9; who++ {
			w.vouch(t, who, 1+who%2)
		}
		for range rapid.IntRange(1, 40).Draw(t, "steps") {
			w.drawStep(t)
		}
		who := ActorID(rapid.IntRange(3, 9).Draw(t, "subject"))
		row := w.s.Person(1, who)
		row.Advance(w.v, w.s.Person(0, who), w.s.Circle(1), w.day-1)
		was, tier := w.s.Standing(w.v, 1, who, w.day), w.s.Tier(w.v, 1, who, w.day)
		n := len(w.log)
		switch rapid.IntRange(0, 3).Draw(t, "what") {
		case 0:
			w.rate(t, rapid.SampledFrom([]Kind{Like, Helpful}).Draw(t, "kind"), who, 1+who%2)
		case 1:
			w.accept(t, who)
		case 2:
			w.apply(t, w.v.Uphold(Verdict{ID: w.next(), Circle: 1, Subject: who, Decider: 1, Serious: true, At: w.at()}))
		case 3:
			w.apply(t, w.v.Note(w.next(), Approved, 1, who, 1, w.at()))
		}
		for _, e := range slices.Backward(slices.Clone(w.log[n:])) {
			r, err := e.Reverse(w.next(), w.at())
			if err != nil {
				t.Fatalf("%v", err)
			}
			w.apply(t, r)
		}
		got := w.s.Person(1, who)
		if s, k := w.s.Standing(w.v, 1, who, w.day), w.s.Tier(w.v, 1, who, w.day); s != was || k != tier {
			t.Fatalf("standing %d %s, after a reversal %d %s", was, tier, s, k)
		}
		if got.A != row.A || got.P != row.P || got.Accepted != row.Accepted || got.Branches != row.Branches ||
			got.Approved != row.Approved || got.Intro != row.Intro || got.Days.Distinct(w.day, window) != row.Days.Distinct(w.day, window) {
			t.Fatalf("got %+v, want %+v", got, row)
		}
	})
}

// TestRestoringIsExact: what is taken back and given again is what it was, no fresher and no less, while
// there is room; and clipped to the caps where somebody has taken the room meanwhile.
func TestRestoringIsExact(t *testing.T) {
	w := newTown(t)
	w.vouch(t, 3, 1)
	w.vouch(t, 4, 2)
	var likes []Event
	for range 3 {
		e, _ := w.rate(t, Like, 3, 2)
		likes = append(likes, e)
	}
	w.day += 180
	before := w.s.Person(1, 3)
	for _, e := range likes {
		r, _ := e.Reverse(w.next(), w.at())
		w.apply(t, r)
		w.restore(t, r)
	}
	if got := w.s.Person(1, 3); got.A != before.A || got.Branches != before.Branches {
		t.Errorf("restored at once: %+v, want %+v", got.A, before.A)
	}
	r, _ := w.log[len(w.log)-1].Reverse(w.next(), w.at())
	w.apply(t, r)
	for range 2 { // 1 was left of 3, so these two fill the cap
		w.rate(t, Like, 3, 2)
	}
	w.restore(t, r)
	last := w.log[len(w.log)-1]
	if got := w.s.Rows(1, 3, 2, 0, "").Given.A.Value(Half180, w.day); got > w.v.RaterCap || last.Restores == 0 || last.CreditedMilli >= 1000 {
		t.Errorf("%d from one rater after restoring %+v", got, last)
	}
	if _, wrong, err := Replay(w.log, nil, nil); err != nil || len(wrong) > 0 {
		t.Errorf("replay: %v, %+v", err, wrong)
	}
	forged := slices.Clone(w.log)
	forged[len(forged)-1].CreditedMilli = 1000
	if _, wrong, _ := Replay(forged, nil, nil); len(wrong) != 1 {
		t.Errorf("a restoration above the cap goes unnoticed: %+v", wrong)
	}
}

// TestSweepsDoNotMatter: days that pass one by one and days that pass at once leave the same tier.
func TestSweepsDoNotMatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := newTown(nil)
		for who := ActorID(3); who <= 7; who++ {
			w.vouch(t, who, 1+who%2)
		}
		w.grow(t, 3)
		for range rapid.IntRange(0, 30).Draw(t, "steps") {
			w.drawStep(t)
		}
		lazy, home, c := w.s.Person(1, 3), w.s.Person(0, 3), w.s.Circle(1)
		daily := lazy
		until := w.day + Day(rapid.IntRange(1, 700).Draw(t, "later"))
		for d := daily.Checked; d < until; d++ {
			daily.Advance(w.v, home, c, d)
		}
		daily.Advance(w.v, home, c, until)
		lazy.Advance(w.v, home, c, until)
		if lazy != daily {
			t.Fatalf("at once %+v, day by day %+v", lazy, daily)
		}
	})
}

// TestStandingInTime is the published example: 33 fades by halves, a serious strike takes 15, and its
// reversal gives them back.
func TestStandingInTime(t *testing.T) {
	v, p := Current(), Person{Checked: Epoch, Branches: 3}
	for d := range Day(20) {
		p.Days.Add(Epoch-d+19, 1) // ten points for twenty days
	}
	today := Epoch + 19
	p.A = Sum{}.Add(23_000, Half180, today)
	for _, tt := range []struct {
		after Day
		want  int64
	}{{0, 33_000}, {90, 16_263}, {180, 11_500}, {360, 5750}} {
		if got := v.Standing(p, today+tt.after); got != tt.want {
			t.Errorf("after %d days of silence: %d, want %d", tt.after, got, tt.want)
		}
	}
	r := Rows{Subject: p}
	strike := v.Uphold(Verdict{ID: 1, Circle: 1, Subject: 5, Decider: 1, Serious: true, At: today.Start()})
	r = Apply(r, strike)
	if got := v.Standing(r.Subject, today); got != 18_000 {
		t.Errorf("after a serious strike: %d, want 18000", got)
	}
	back, _ := strike.Reverse(2, (today + 40).Start())
	r = Apply(r, back)
	if got := v.Standing(r.Subject, today); got != 33_000 {
		t.Errorf("after its reversal: %d, want 33000", got)
	}
}

func TestTiers(t *testing.T) {
	w := newTown(t)
	tier := func(who ActorID) Tier { return w.s.Tier(w.v, 1, who, w.day) }
	if tier(3) != Newcomer {
		t.Errorf("a fresh account is a %s", tier(3))
	}
	for range 3 { // Member by days
		w.apply(t, w.v.Note(w.next(), Active, 0, 3, 0, w.at()))
		w.day++
	}
	if tier(3) != Member {
		t.Errorf("three days known, three active: %s", tier(3))
	}
	for who := ActorID(4); who <= 7; who++ {
		w.vouch(t, who, 1+who%2)
	}
	w.apply(t, w.v.Note(w.next(), Approved, 1, 8, 1, w.at()))
	if tier(4) != Member || tier(8) != Member {
		t.Errorf("vouched for: %s; approved: %s", tier(4), tier(8))
	}
	w.grow(t, 3)
	if tier(3) != Regular || w.s.Person(1, 3).Intro.Event == 0 {
		t.Errorf("liked by six for 25 days: %s at %d, %+v", tier(3), w.s.Standing(w.v, 1, 3, w.day), w.s.Person(1, 3).Intro)
	}
	// Above the mark it holds for ever; below it for thirty days.
	regular := w.day
	for w.s.Standing(w.v, 1, 3, w.day)*1000 >= w.v.Regular.Score*w.v.Mark {
		w.day++
		if tier(3) != Regular {
			t.Fatalf("lost on day %d with %d", w.day-regular, w.s.Standing(w.v, 1, 3, w.day))
		}
	}
	low := w.day
	for tier(3) == Regular {
		w.day++
	}
	if got := int(w.day - low); got != w.v.Grace || tier(3) != Member {
		t.Errorf("lost after %d days below the mark, and then a %s; want %d and member", got, tier(3), w.v.Grace)
	}
}

func TestWeights(t *testing.T) {
	w := newTown(t)
	want := func(e Event, why Reason, weight, credited int64, reason Reason) {
		t.Helper()
		if e.WeightMilli != weight || e.CreditedMilli != credited || why != reason {
			t.Errorf("got weight %d, %d, %q; want %d, %d, %q", e.WeightMilli, e.CreditedMilli, why, weight, credited, reason)
		}
	}
	e, why := w.rate(t, Like, 4, 3)
	want(e, why, 0, 0, ZeroUnknown)
	e, why = w.rate(t, Like, 4, 1)
	want(e, why, 1000, 1000, Full)
	e, why = w.rate(t, Helpful, 4, 1)
	want(e, why, 1000, 2000, Clipped)
	e, why = w.rate(t, Like, 1, 2)
	want(e, why, 0, 0, ZeroOperates)
	w.vouch(t, 3, 1)
	e, why = w.rate(t, Like, 4, 3)
	want(e, why, 500, 500, HalfMember)
	w.vouch(t, 4, 2)
	e, why = w.rate(t, Like, 3, 4)
	want(e, why, 250, 250, Halved)
	w.day += 30
	e, why = w.rate(t, Like, 4, 3)
	want(e, why, 500, 500, HalfMember)
	w.day += 30
	for i := range w.v.Budget {
		if e, why = w.rate(t, Like, ActorID(4+i%4), 3); e.WeightMilli == 0 {
			t.Fatalf("like %d of the month: %s", i, why)
		}
	}
	e, why = w.rate(t, Like, 4, 3)
	want(e, why, 0, 0, ZeroBudget)
	rows := w.s.Rows(1, 4, 9, 0, "far.example")
	for _, class := range []Class{Local, Probation, PeerLimited, PeerBlocked} {
		e, why = w.v.Rate(rows, Rating{ID: 1, Circle: 1, Subject: 4, Source: 9, Kind: Like, At: w.at(), Accepted: true, Domain: "far.example", Class: class})
		want(e, why, 0, 0, ZeroDomain)
	}
	e, why = w.v.Rate(rows, Rating{ID: 1, Circle: 1, Subject: 4, Source: 1, Kind: Like, At: w.at()})
	want(e, why, 0, 0, ZeroWaits)
}

func TestVouches(t *testing.T) {
	w := newTown(t)
	want := func(got, want Refusal) {
		t.Helper()
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	no := func(subject, source ActorID) Refusal { _, r := w.vouch(t, subject, source); return r }
	want(no(3, 1), NoRefusal)
	want(no(3, 1), VouchTwice)
	want(no(3, 3), VouchSelf)
	want(no(2, 1), VouchOperator)
	want(no(4, 3), VouchTier)
	want(no(99, 1), VouchUnknown)
	p := w.s.Person(1, 3)
	if p.Intro.Branch != 3 || p.ActiveVouches(w.day) != 1 || w.v.Standing(p, w.day) != 0 || V1().Standing(p, w.day) != 10_000 {
		t.Errorf("after a vouch: %+v at %d", p.Intro, w.v.Standing(p, w.day))
	}
	for _, tt := range []struct {
		after Day
		want  int
	}{{364, 1}, {365, 0}} {
		if got := p.ActiveVouches(w.day + tt.after); got != tt.want {
			t.Errorf("after %d days %d vouches hold, want %d", tt.after, got, tt.want)
		}
	}
	for i := range ActorID(19) { // with the first, twenty this month
		w.apply(t, w.v.Note(w.next(), Known, 0, 100+i, 0, w.at()))
		want(no(100+i, 1), NoRefusal)
	}
	want(no(4, 1), VouchQuota)
	w.day += 30
	want(no(4, 1), NoRefusal)
	for who := ActorID(5); who <= 7; who++ {
		want(no(who, 2), NoRefusal)
	}
	w.grow(t, 3)
	for i := range ActorID(10) {
		want(no(100+i, 3), NoRefusal)
	}
	want(no(4, 3), VouchQuota)
	if got := w.s.Person(1, 100).Intro.Branch; got != 100 {
		t.Errorf("the first introduction stays: branch %d", got)
	}
	w.apply(t, w.v.Note(w.next(), VouchLost, 1, 2, 1, w.at()))
	want(no(9, 2), VouchSuspended)
	w.day += 90
	want(no(9, 2), NoRefusal)
	e, ok := w.v.EndVouch(w.s.Rows(1, 9, 2, 0, ""), 1, 9, 2, w.next(), w.at())
	w.apply(t, e)
	if p := w.s.Person(1, 9); !ok || p.ActiveVouches(w.day) != 0 || w.s.Tier(w.v, 1, 9, w.day) != Member {
		t.Errorf("a vouch taken back still holds, or took Member away")
	}
}

func TestClosedLedger(t *testing.T) {
	good := Event{ID: 5, Circle: 1, Subject: 2, Source: 3, Kind: Like, WeightMilli: 1000, Branch: 3, CreditedMilli: 1000, Day: Epoch, At: Epoch.Start(), FormulaVersion: 1}
	if err := good.Check(); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*Event){
		"tip":       func(e *Event) { e.Kind = "tip" },
		"version":   func(e *Event) { e.FormulaVersion = 3 },
		"much":      func(e *Event) { e.CreditedMilli = 15_001 },
		"negative":  func(e *Event) { e.CreditedMilli = -1 },
		"half":      func(e *Event) { e.Kind, e.CreditedMilli = Accepted, 500 },
		"weight":    func(e *Event) { e.WeightMilli = 1001 },
		"self":      func(e *Event) { e.Source = 2 },
		"own vouch": func(e *Event) { e.Kind, e.Source = Vouch, 2 },
		"no branch": func(e *Event) { e.Branch = 0 },
		"instance":  func(e *Event) { e.Circle = 0 },
		"early":     func(e *Event) { e.Day = Epoch - 1 },
		"late":      func(e *Event) { e.Day, e.At = Horizon+1, (Horizon + 1).Start() },
		"future":    func(e *Event) { e.Day++ },
	} {
		e := good
		change(&e)
		if e.Check() == nil {
			t.Errorf("%s: %+v stands", name, e)
		}
	}
	s := NewState()
	r, _ := good.Reverse(6, good.At)
	if _, err := r.Reverse(7, good.At); err == nil {
		t.Error("a reversal was reversed")
	}
	twice := r
	twice.ID = 7
	if s.Apply(good) != nil || s.Apply(r) != nil || s.Apply(twice) == nil || s.Apply(good) == nil {
		t.Error("an event counted twice, or a good one not once")
	}
	forged := []Event{good}
	forged[0].Source, forged[0].Branch = 4, 4 // nobody introduced 4
	_, wrong, err := Replay(forged, nil, nil)
	if err != nil || len(wrong) != 1 || wrong[0].WantWeight != 0 {
		t.Errorf("a forged credit: %v, %+v", err, wrong)
	}
}

// TestTryAnotherFormula replays one ledger by a formula with a smaller cap.
func TestTryAnotherFormula(t *testing.T) {
	w := newTown(t)
	for who := ActorID(4); who <= 7; who++ {
		w.vouch(t, who, 1+who%2)
	}
	w.grow(t, 3)
	small := Current()
	small.RaterCap = 1000
	s, changed, err := Replay(w.log, &small, w.domain)
	if err != nil || len(changed) == 0 {
		t.Fatalf("%v, %d changed", err, len(changed))
	}
	was, is := w.s.Person(1, 3), s.Person(1, 3)
	if a, b := was.A.Value(Half180, w.day), is.A.Value(Half180, w.day); a <= b || b >= 6*1001 { // each sum is rounded down by itself
		t.Errorf("earned %d, by the smaller cap %d, want 6000 or fractions more", a, b)
	}
}

func TestRemote(t *testing.T) {
	for _, tt := range []struct {
		set            Class
		days           Day
		reviewed, spam int
		want           Class
	}{
		{"", 6, 0, 0, Probation}, {"", 7, 0, 0, PeerNormal}, {"", 99, 10, 2, Probation}, {"", 99, 9, 9, PeerNormal},
		{"", 99, 11, 2, PeerNormal}, {PeerTrusted, 1, 0, 0, PeerTrusted}, {PeerTrusted, 99, 10, 5, Probation},
		{PeerLimited, 99, 0, 0, PeerLimited}, {PeerBlocked, 99, 50, 0, PeerBlocked},
	} {
		if got := ClassOf(tt.set, Epoch, Epoch+tt.days, tt.reviewed, tt.spam); got != tt.want {
			t.Errorf("%+v: got %s", tt, got)
		}
	}
	if got := FirstKnown(PeerNormal, Epoch, Epoch-500); got != Epoch {
		t.Errorf("a stranger's claimed age was believed: %d", got)
	}
	if got := FirstKnown(PeerTrusted, Epoch, Epoch-500); got != Epoch-500 {
		t.Errorf("a trusted domain's age was not believed: %d", got)
	}
}

func TestAppeals(t *testing.T) {
	for _, tt := range []struct {
		opened, today Day
		passes        int
		want          Answer
	}{{1, 7, 0, Waits}, {1, 8, 19, Passes}, {1, 8, 20, ToAdmin}} {
		if got := Unanswered(tt.opened, tt.today, tt.passes); got != tt.want {
			t.Errorf("%+v: got %s", tt, got)
		}
	}
	for _, tt := range []struct {
		granted, today Day
		written        int
		want           bool
	}{{0, 5, 0, false}, {5, 5, 4, true}, {5, 5, 5, false}, {5, 18, 0, true}, {5, 19, 0, false}, {5, 4, 0, false}} {
		if got := PassHolds(tt.granted, tt.today, tt.written); got != tt.want {
			t.Errorf("%+v: got %v", tt, got)
		}
	}
}

func TestFactsOf(t *testing.T) {
	w := newTown(t)
	w.vouch(t, 3, 1)
	w.accept(t, 3)
	w.apply(t, w.v.Uphold(Verdict{ID: w.next(), Circle: 1, Subject: 3, Decider: 1, At: w.at()}))
	w.day += 5
	f := FactsOf(w.v, w.s.Person(1, 3), w.s.Person(0, 3), w.s.Circle(1), w.day-2, w.day)
	got := fmt.Sprint(f.Of(DaysKnown, ScopeInstance), f.Of(AcceptedCount, ScopeCircle), f.Of(AcceptedCount, ScopeInstance),
		Tier(f.Of(TierHeld, ScopeCircle)), f.Of(VouchesHeld, ScopeCircle), f.Of(ByOperator, ScopeCircle),
		f.Of(MembershipDays, ScopeCircle), f.Of(StrikesLately, ScopeCircle), f.Of(StrikesLately, ScopeInstance), f.StrikeEase)
	if want := "5 1 1 member 1 0 2 1 0 85"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if d := Evaluate(gate(Deny, Path{{StrikesLately, "", 0}}), &f); d.Soonest() != 85 {
		t.Errorf("a strike is gone in %d days, want 85", d.Soonest())
	}
	text, err := json.Marshal(w.s.Person(1, 3))
	var back Person
	if err != nil || json.Unmarshal(text, &back) != nil || back != w.s.Person(1, 3) {
		t.Errorf("a row does not survive %s", text)
	}
}

// BenchmarkReplay reckons a million events again, one after the other as they come from the store. The limit is
// to look up the three rows that a rating changes; heap-MiB is what the replay holds at its end.
func BenchmarkReplay(b *testing.B) {
	const events = 1_000_000
	w := newTown(b)
	w.log = slices.Grow(w.log, events)
	for i := range ActorID(2000) {
		w.apply(b, w.v.Note(w.next(), Known, 0, 100+i, 0, w.at()))
		if i < 20 {
			w.vouch(b, 100+i, 1)
		}
	}
	for i := 0; len(w.log) < events; i++ {
		if i%4000 == 0 {
			w.day++
		}
		w.rate(b, Like, 100+ActorID(i*7%2000), 100+ActorID(i*13%20))
	}
	log := w.log
	type key struct{ subject, source ActorID }
	rows := map[key]int64{}
	began := time.Now()
	for i := range log {
		e := &log[i]
		rows[key{e.Subject, e.Source}] += e.CreditedMilli
		rows[key{e.Subject, 0}] += e.CreditedMilli
		rows[key{e.Source, 0}]++
	}
	limit := time.Since(began)
	w.s, rows = nil, nil
	heap := func() float64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return float64(m.HeapAlloc) / (1 << 20)
	}
	before, held := heap(), 0.0
	b.ReportAllocs()
	for b.Loop() {
		r := NewReplayer(nil, w.domain)
		for _, e := range log {
			if wrong, err := r.Next(e); err != nil || wrong != nil {
				b.Fatal(err, wrong)
			}
		}
		b.StopTimer()
		held = max(held, heap()-before)
		runtime.KeepAlive(r)
		b.StartTimer()
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/events, "ns/event")
	b.ReportMetric(b.Elapsed().Seconds()/float64(b.N)/limit.Seconds(), "×limit")
	b.ReportMetric(held, "heap-MiB")
}
