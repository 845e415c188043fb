package reputation

import "testing"

// TestCapsOneByOne: each cap by itself cuts what comes in, to the thousandth.
func TestCapsOneByOne(t *testing.T) {
	today := Epoch + 100
	sum := func(milli int64) Sum { return Sum{}.Add(milli, Half180, today) }
	rater := Person{Intro: Introduction{Event: 1, By: 1, Branch: 7}, Regular: Latch{On: true}, A: sum(1), Checked: today}
	far := Rating{Domain: "far.example", SubjectDomain: "near.example", Class: PeerNormal}
	own := Rating{Domain: "far.example", SubjectDomain: "far.example", Class: PeerNormal}
	for _, tt := range []struct {
		name string
		rows Rows
		in   Rating
		kind Kind
		want int64
		why  Reason
	}{
		{"room everywhere", Rows{}, Rating{}, Helpful, 3000, Full},
		{"the rater's 3", Rows{Given: Edge{A: sum(2400)}}, Rating{}, Like, 600, Clipped},
		{"the branch's 15", Rows{Branch: sum(14_300)}, Rating{}, Like, 700, Clipped},
		{"a full branch", Rows{Branch: sum(15_000)}, Rating{}, Helpful, 0, Clipped},
		{"the domain's 15", Rows{Domain: sum(14_900)}, far, Like, 100, Clipped},
		{"far below the domain's", Rows{Domain: sum(5000)}, far, Like, 1000, Full},
		{"one's own domain's 5", Rows{Domain: sum(4800)}, own, Like, 200, Clipped},
		{"the smallest room", Rows{Given: Edge{A: sum(2900)}, Branch: sum(14_950), Domain: sum(14_990)}, far, Like, 10, Clipped},
	} {
		in := tt.in
		in.ID, in.Circle, in.Subject, in.Source, in.Kind, in.At, in.Accepted = 9, 1, 2, 3, tt.kind, today.Start(), true
		tt.rows.Rater = rater
		e, why := Current().Rate(tt.rows, in)
		if e.CreditedMilli != tt.want || why != tt.why || e.Branch != 7 || e.WeightMilli != 1000 {
			t.Errorf("%s: got %d %q with weight %d in branch %d, want %d %q", tt.name, e.CreditedMilli, why, e.WeightMilli, e.Branch, tt.want, tt.why)
		}
	}
	// What has faded leaves room again.
	rater.Checked = Epoch + 180
	e, _ := Current().Rate(Rows{Rater: rater, Given: Edge{A: Sum{}.Add(3000, Half180, Epoch)}},
		Rating{ID: 9, Circle: 1, Subject: 2, Source: 3, Kind: Helpful, At: (Epoch + 180).Start(), Accepted: true})
	if e.CreditedMilli != 1500 {
		t.Errorf("a half-life after the cap was full: got %d, want 1500", e.CreditedMilli)
	}
}

func TestIntroducedByLikes(t *testing.T) {
	w := newTown(t)
	introduced := func(who ActorID) bool { return w.s.Person(1, who).Intro.Event != 0 }
	for range 5 {
		w.rate(t, Like, 4, 1)
	}
	if introduced(4) {
		t.Error("five likes of one day introduced")
	}
	w.day++
	first, _ := w.rate(t, Like, 5, 1)
	w.rate(t, Like, 5, 1)
	back, _ := first.Reverse(w.next(), w.at())
	w.apply(t, back)
	w.day++
	if w.rate(t, Like, 5, 1); introduced(5) {
		t.Error("two likes and one taken back introduced")
	}
	if w.rate(t, Like, 5, 1); !introduced(5) {
		t.Error("three likes on two days did not introduce")
	}
	if got := w.s.Person(1, 5).Intro; got.Branch != 5 || got.By != 1 {
		t.Errorf("introduced by an operator: %+v", got)
	}
	for range 3 { // 5 is introduced, and three active days make a Member, whose likes do not introduce
		w.apply(t, w.v.Note(w.next(), Active, 0, 5, 0, w.at()))
		w.day++
		w.rate(t, Like, 6, 5)
		w.rate(t, Like, 6, 5)
	}
	if introduced(6) {
		t.Error("a Member's likes introduced")
	}
	for who := ActorID(6); who <= 7; who++ {
		w.vouch(t, who, 2)
	}
	w.grow(t, 5)
	if w.s.Tier(w.v, 1, 5, w.day) != Regular {
		t.Fatal("5 did not become a Regular")
	}
	if _, no := w.vouch(t, 3, 5); no != NoRefusal || w.s.Person(1, 3).Intro.Branch != 5 {
		t.Errorf("brought in by 5: %q, %+v", no, w.s.Person(1, 3).Intro)
	}
	w.grow(t, 3)
	if _, no := w.vouch(t, 5, 3); no != VouchBack {
		t.Errorf("3 vouches for who brought 3 in: %q", no)
	}
}

// TestADayCountsWhole: what came and went within a day leaves no tier behind.
func TestADayCountsWhole(t *testing.T) {
	v := Current()
	r := Rows{Home: Person{Known: Epoch}}
	day := Epoch + 50
	for d := day - 20; d < day; d++ {
		r.Subject.Days.Add(d, 1)
	}
	r.Subject.A = r.Subject.A.Add(9000, Half180, day-1)
	r.Subject.Branches, r.Subject.Checked = 3, day-1
	e := Event{ID: 1, Circle: 1, Subject: 2, Source: 3, Kind: Helpful, WeightMilli: 1000, Branch: 8, CreditedMilli: 3000, Day: day, At: day.Start(), FormulaVersion: v.Number}
	r = Apply(r, e)
	if got := v.Tier(r.Subject, r.Home, r.Circle, day); got != Regular {
		t.Fatalf("with %d: %s", v.Standing(r.Subject, day), got)
	}
	back, _ := e.Reverse(2, day.Start()+1)
	r = Apply(r, back)
	r.Subject.Advance(v, r.Home, r.Circle, day+5)
	if r.Subject.Regular.On {
		t.Error("an hour of standing made a Regular")
	}
}

// TestGraceBeginsAgain: thirty days below the mark are thirty in a row.
func TestGraceBeginsAgain(t *testing.T) {
	v := Current()
	l := Latch{On: true}
	day := Epoch
	pass := func(days int, s int64) {
		for range days {
			day++
			l.step(v, v.Regular, s, day, &Person{}, Person{}, Circle{})
		}
	}
	pass(29, 15_999)
	pass(1, 16_000)
	pass(30, 15_999)
	if !l.On {
		t.Error("lost, though one day between was not below the mark")
	}
	if pass(1, 15_999); l.On {
		t.Error("still held after thirty days below the mark")
	}
}

func TestWhatCountsOutside(t *testing.T) {
	for _, tt := range []struct{ operates, introducer, want bool }{
		{false, false, true}, {true, false, false}, {false, true, false}, {true, true, false},
	} {
		if got := CountsOutside(tt.operates, tt.introducer); got != tt.want {
			t.Errorf("%+v: got %v", tt, got)
		}
	}
	w := newTown(t)
	accept := func(outside bool) Reason {
		e, why := w.v.Accept(w.s.Rows(1, 3, 0, 0, ""), Contribution{ID: w.next(), Circle: 1, Subject: 3, At: w.at(), Outside: outside})
		w.apply(t, e)
		return why
	}
	accept(true)
	accept(false)
	if here, there := w.s.Person(1, 3).Accepted, w.s.Person(0, 3).Accepted; here != 2 || there != 1 {
		t.Errorf("accepted %d here and %d outside, want 2 and 1", here, there)
	}
	for _, e := range w.log {
		if rows := Apply(Rows{}, e); e.Kind == Accepted && (rows.Home != Person{}) != e.Outside {
			t.Errorf("%+v changes what the instance knows: %v", e, rows.Home != Person{})
		}
	}
	for range w.v.AcceptedPerDay - 2 {
		accept(false)
	}
	if why := accept(true); why != ZeroDailyLimit || w.s.Person(1, 3).Accepted != int32(w.v.AcceptedPerDay) {
		t.Errorf("one more than a day counts: %q, %d", why, w.s.Person(1, 3).Accepted)
	}
	e, why := w.v.Accept(w.s.Rows(1, 1, 0, 0, ""), Contribution{ID: w.next(), Circle: 1, Subject: 1, At: w.at(), Outside: true})
	if why != ZeroOwnCircle || e.CreditedMilli != 0 || e.Outside {
		t.Errorf("an operator's own post: %q, %+v", why, e)
	}
	strike := w.v.Uphold(Verdict{ID: w.next(), Circle: 1, Subject: 3, Decider: 1, At: w.at()})
	w.apply(t, strike)
	abroad := w.v.Uphold(Verdict{ID: w.next(), Circle: 1, Subject: 3, Decider: 1, Instance: true, At: w.at()})
	w.apply(t, abroad)
	home := w.s.Person(0, 3)
	if got := home.Strikes.Total(w.day, window); got != 1 {
		t.Errorf("%d strikes outside, want the one that the instance decided", got)
	}
}

func TestHarsherIsTighter(t *testing.T) {
	p := Path{known(3)}
	for _, tt := range []struct {
		now, next Gate
		want      bool
	}{
		{gate(Hold, p), gate(Deny, p), true}, {gate(Deny, p), gate(Hold, p), false},
		{gate(Request, p), gate(Deny, p), true}, {gate(Deny), gate(Deny, p), false}, {gate(Deny, p), gate(Deny), true},
		{gate(Hold, p), gate(Hold, Path{tier(Member)}, p), false},
		{gate(Hold, Path{vouched()}), gate(Hold, Path{tier(Member)}), false}, // a vouch makes a Member
		{gate(Hold, Path{tier(Member)}), gate(Hold, Path{vouched()}), true},
	} {
		if got := TighterGate(tt.now, tt.next); got != tt.want {
			t.Errorf("%+v to %+v: tighter is %v", tt.now, tt.next, got)
		}
	}
}

// TestAPathIsNotFedByItsOwnAction: another path may open the gate early; what is then done through it
// does not prove this one.
func TestAPathIsNotFedByItsOwnAction(t *testing.T) {
	path := Path{{AcceptedCount, ScopeCircle, 1}}
	w := World{}.with(1, Settings{Gates: map[Action]Gate{
		Comment: gate(Hold, Path{known(1)}, path, Path{vouched()}),
		Post:    gate(Hold, Path{known(9)}, Path{vouched()}),
	}})
	w.Circles[0].Open = true
	if day, ok := w.Reach(1, Comment, path, 14); !ok || day != 9+acceptedAfter {
		t.Errorf("reached on day %d (%v), want %d, by posting", day, ok, 9+acceptedAfter)
	}
}
