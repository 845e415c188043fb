package reputation

// A Preset is a named beginning: settings for a circle and for the instance, as an operator could have
// written them. They pass the same Check; none is privileged.
type Preset struct {
	Name             string // a catalogue key: preset.<name>
	Storm            bool   // only as a storm
	Circle, Instance Settings
}

// Presets returns the four, from the most open.
func Presets() []Preset {
	return []Preset{presetOpen(), presetWelcoming(), presetCareful(), presetStorm()}
}

// PresetNamed returns a preset; false if there is none of that name.
func PresetNamed(name string) (Preset, bool) {
	for _, p := range Presets() {
		if p.Name == name {
			return p, true
		}
	}
	return Preset{}, false
}

func known(days int) Clause    { return Clause{DaysKnown, ScopeInstance, days} }
func contributed(n int) Clause { return Clause{AcceptedCount, ScopeInstance, n} }
func tier(t Tier) Clause       { return Clause{TierHeld, ScopeCircle, int(t)} }
func vouched() Clause          { return Clause{VouchesHeld, ScopeCircle, 1} }
func approved(s Scope) Clause  { return Clause{ByOperator, s, 1} }

func gate(otherwise Outcome, any ...Path) Gate { return Gate{Any: any, Else: otherwise} }

// newCircles is the instance's gate before a new circle in all presets but Storm.
func newCircles() Gate {
	return gate(Deny, Path{known(7), contributed(3)}, Path{approved(ScopeInstance)})
}

func presetOpen() Preset {
	return Preset{Name: "open",
		Circle: Settings{
			Gates: map[Action]Gate{
				Downvote:  gate(Deny, Path{tier(Member)}),
				GiveVouch: gate(Deny, Path{tier(Regular)}),
			},
			Limits: map[Action]Limit{PostMedia: {FirstHeld: 3}, PostLink: {FirstHeld: 3}},
		},
		Instance: Settings{Gates: map[Action]Gate{StartDM: gate(Request), CreateCircle: newCircles()}},
	}
}

func presetWelcoming() Preset {
	two := 2
	return Preset{Name: "welcoming",
		Circle: Settings{
			Gates: map[Action]Gate{
				Post:      gate(Hold, Path{known(1)}, Path{vouched()}, Path{approved(ScopeCircle)}),
				PostMedia: gate(Hold, Path{tier(Member)}),
				PostLink:  gate(Hold, Path{tier(Member)}),
				Downvote:  gate(Deny, Path{tier(Regular)}),
				GiveVouch: gate(Deny, Path{tier(Regular)}),
			},
			Limits: map[Action]Limit{Comment: {Below: Member, PerDay: 5, TextOnly: true, MaxLinks: &two}},
		},
		// A message has no circle, so Member is asked for in the facts that make one.
		Instance: Settings{Gates: map[Action]Gate{
			StartDM:      gate(Request, Path{known(3), {ActiveDays, ScopeInstance, 3}}, Path{approved(ScopeInstance)}),
			CreateCircle: newCircles(),
		}},
	}
}

func presetCareful() Preset {
	regular := gate(Hold, Path{tier(Regular)}, Path{approved(ScopeCircle)})
	return Preset{Name: "careful",
		Circle: Settings{Gates: map[Action]Gate{
			React:     gate(Deny, Path{known(1)}),
			Comment:   gate(Hold, Path{known(7), contributed(3)}, Path{vouched()}, Path{approved(ScopeCircle)}),
			Post:      gate(Hold, Path{known(14), contributed(5)}, Path{vouched()}, Path{approved(ScopeCircle)}),
			PostMedia: regular, PostLink: regular,
			Downvote:  gate(Deny, Path{tier(Regular)}),
			GiveVouch: gate(Deny, Path{tier(Regular)}),
		}},
		// And Regular in the days and contributions that it asks.
		Instance: Settings{Gates: map[Action]Gate{
			StartDM:      gate(Request, Path{known(21), contributed(10)}, Path{approved(ScopeInstance)}),
			CreateCircle: gate(Deny, Path{approved(ScopeInstance)}),
		}},
	}
}

func presetStorm() Preset {
	regular := gate(Hold, Path{tier(Regular)}, Path{approved(ScopeCircle)})
	return Preset{Name: "storm", Storm: true,
		Circle: Settings{
			Gates: map[Action]Gate{
				Join:    gate(Request),
				React:   gate(Deny, Path{tier(Member)}),
				Comment: gate(Hold, Path{tier(Member)}),
				Post:    regular, PostMedia: regular, PostLink: regular,
				GiveVouch: gate(Deny), // operators vouch by their role
			},
			Off: map[Action]bool{Downvote: true},
		},
		Instance: Settings{Off: map[Action]bool{StartDM: true, CreateCircle: true}},
	}
}
