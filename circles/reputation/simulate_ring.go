package reputation

import "fmt"

// What the ring does all day. Its best account is its first: everyone gives to that one first, it gives
// nothing back (so that nothing is halved), and writes daily.

func (m *Simulation) ringDay(a Attack) {
	where := attacked
	if a.OwnCircle {
		where = ringsOwn
	}
	for i, who := range m.ring {
		if m.day-m.start < 4 {
			m.note(Active, 0, who)
		}
		if !a.Appeals {
			op := a.OwnCircle && i == 0
			by := m.s.Person(where, who).Intro.By
			m.coming[m.day+acceptedAfter] = append(m.coming[m.day+acceptedAfter],
				upcoming{where, who, CountsOutside(op, a.OwnCircle && by == m.ring[0])})
		}
	}
	if a.Appeals {
		m.flood()
		return
	}
	for i, who := range m.fooled {
		m.help(a, where, who, i, len(m.fooled))
	}
	if a.Corrupt {
		m.help(a, where, simOperators, 0, 1)
	}
	for i, who := range m.ring {
		if i == 0 && !a.OwnCircle {
			if m.s.Tier(m.v, where, who, m.day) >= Regular {
				m.vouchNext(a, where, who, 0, 1)
			}
			continue
		}
		m.give(a, where, who, i)
		if m.s.Tier(m.v, where, who, m.day) >= Regular || a.OwnCircle && i == 0 {
			m.vouchNext(a, where, who, i, 7)
		}
	}
}

// help is the day of somebody who works for the ring: vouch for the best account, then for others, and
// like the best as long as it counts, then others.
func (m *Simulation) help(a Attack, c CircleID, who ActorID, part, parts int) {
	m.vouch(c, m.ring[0], who, "")
	m.vouchNext(a, c, who, part, parts)
	if !m.worthwhile(a, c, 0, who) || !m.rate(c, Like, m.ring[0], who, a.Domains) {
		at := 1 + m.rng.IntN(30)
		m.rate(c, Like, m.ring[at-at%parts+part], who, a.Domains)
	}
}

// vouchNext vouches for the first account of a part of the ring that nobody introduced yet.
func (m *Simulation) vouchNext(a Attack, c CircleID, who ActorID, part, parts int) {
	for i := 1 + part; i < len(m.ring); i += parts {
		if m.s.Person(c, m.ring[i]).Intro.Event == 0 && m.ring[i] != who {
			m.vouch(c, m.ring[i], who, m.ringDomain(a, who))
			return
		}
	}
}

// give spends a like of the ring: on the best account while it counts, on the next nine, on anyone.
func (m *Simulation) give(a Attack, c CircleID, who ActorID, i int) {
	if m.s.Person(c, who).Intro.Event == 0 && m.s.Person(c, who).Operates == 0 {
		if m.rng.IntN(4) == 0 { // counts nothing; it tries
			m.rate(c, Like, m.ring[(i+1)%len(m.ring)], who, a.Domains)
		}
		return
	}
	for at := range 10 {
		if at != i && m.worthwhile(a, c, at, who) {
			m.rate(c, Like, m.ring[at], who, a.Domains)
			return
		}
	}
	m.rate(c, Like, m.ring[m.rng.IntN(len(m.ring))], who, a.Domains)
}

// worthwhile asks the formula what a like would give, as an attacker who has read it would.
func (m *Simulation) worthwhile(a Attack, c CircleID, at int, who ActorID) bool {
	e, _ := m.v.Rate(m.s.Rows(c, m.ring[at], who, 0, m.ringDomain(a, who)), m.rating(c, Like, m.ring[at], who, a.Domains))
	return e.CreditedMilli >= 100
}

// flood: everyone without a pass has an appeal open, the first twenty get one, write their five texts a
// day, and appeal again.
func (m *Simulation) flood() {
	holding := 0
	for _, granted := range m.passes {
		if PassHolds(granted, m.day, 0) {
			holding++
		}
	}
	for _, who := range m.ring {
		granted := m.passes[who]
		opened := m.start
		if granted != 0 {
			opened = granted + PassDays
		}
		if !PassHolds(granted, m.day, 0) && !m.gateOpen(who) && Unanswered(opened, m.day, holding) == Passes {
			m.passes[who], granted = m.day, m.day
			holding++
			m.given++
		}
		for n := 0; PassHolds(granted, m.day, n); n++ {
			m.coming[m.day+acceptedAfter] = append(m.coming[m.day+acceptedAfter], upcoming{unmanned, who, true})
		}
	}
}

// gateOpen reports whether somebody may comment behind a Careful gate in a circle where nobody knows them.
func (m *Simulation) gateOpen(who ActorID) bool {
	f := FactsOf(m.v, m.s.Person(unmanned, who), m.s.Person(0, who), m.s.Circle(unmanned), 0, m.day)
	return presetCareful().Circle.Judge(Comment, &f).Allowed
}

func (m *Simulation) outlook(n int) Outlook {
	o := Outlook{Day: n, Passes: m.given}
	for _, who := range m.ring {
		p := m.s.Person(attacked, who)
		if s := m.v.Standing(p, m.day); s >= o.Standing {
			o.Standing = s
			o.Earned = max(o.Earned, p.A.Value(Half180, m.day))
		}
		t := m.s.Tier(m.v, attacked, who, m.day)
		o.Tier = max(o.Tier, t)
		if t >= Regular {
			o.Regulars++
		}
		o.Own = max(o.Own, m.s.Standing(m.v, ringsOwn, who, m.day))
		if m.gateOpen(who) {
			o.Gate++
		}
	}
	return o
}

func (m *Simulation) at() int64 { m.id++; return m.day.Start() + int64(m.id)%microsPerDay }

func (m *Simulation) apply(e Event) {
	if err := m.s.Apply(e); err != nil {
		panic(err) // the simulation wrote what the formula never writes
	}
}

func (m *Simulation) note(k Kind, c CircleID, who ActorID) {
	at := m.at()
	m.apply(m.v.Note(m.id, k, c, who, 0, at))
}

func (m *Simulation) accept(in upcoming) {
	at := m.at()
	e, _ := m.v.Accept(m.s.Rows(in.circle, in.who, 0, 0, ""), Contribution{ID: m.id, Circle: in.circle, Subject: in.who,
		At: at, Outside: in.outside})
	m.apply(e)
}

func (m *Simulation) ringDomain(a Attack, who ActorID) string { return domainAmong(a.Domains, who) }

func domainAmong(domains int, who ActorID) string {
	if who < firstOfRing || domains == 0 {
		return ""
	}
	return fmt.Sprintf("d%d.example", int(who)%domains)
}

func (m *Simulation) rating(c CircleID, k Kind, subject, source ActorID, domains int) Rating {
	in := Rating{ID: m.id, Circle: c, Subject: subject, Source: source, Kind: k, Object: int64(m.id),
		At: m.day.Start(), Accepted: true, Domain: domainAmong(domains, source), SubjectDomain: domainAmong(domains, subject)}
	if in.Domain != "" {
		in.Class = ClassOf("", m.start, m.day, 0, 0)
	}
	return in
}

// rate applies a like and what it introduces, and reports whether it counted.
func (m *Simulation) rate(c CircleID, k Kind, subject, source ActorID, domains int) bool {
	if subject == source {
		return false
	}
	at := m.at()
	in := m.rating(c, k, subject, source, domains)
	in.At = at
	e, _ := m.v.Rate(m.s.Rows(c, subject, source, 0, in.Domain), in)
	m.apply(e)
	if k == Like && e.WeightMilli > 0 {
		m.id++
		if intro, ok := m.v.Introduce(m.s.Rows(c, subject, source, 0, ""), e, m.id); ok {
			m.apply(intro)
		}
	}
	return e.CreditedMilli > 0
}

func (m *Simulation) vouch(c CircleID, subject, source ActorID, domain string) {
	at := m.at()
	in := VouchIn{ID: m.id, Circle: c, Subject: subject, Source: source, Domain: domain, At: at}
	if domain != "" {
		in.Class = ClassOf("", m.start, m.day, 0, 0)
	}
	e, no := m.v.Vouch(m.s.Rows(c, subject, source, 0, ""), in)
	if no != NoRefusal {
		return
	}
	m.apply(e)
	m.id++
	if intro, ok := m.v.Introduction(m.s.Rows(c, subject, source, 0, ""), e, m.id); ok {
		m.apply(intro)
	}
}
