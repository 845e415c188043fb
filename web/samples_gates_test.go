package web

import "time"

// gateSamples are the pages of what is asked before people act, and of what waits.
func gateSamples() []sample {
	yes := []Option{{Label: "–"}, {Value: "1", Label: "yes", Selected: true}}
	gate := GateForm{Name: "post", Label: "Post", Lines: []string{"post: 1 day known here; or 1 vouch; it is held for an operator"}, Open: true,
		Paths: []PathForm{{N: 1, Fields: []FactField{{Name: "post.0.days_known_here.instance", Label: "Days known here", Value: "1"}, {Name: "post.0.operator_approved.circle", Label: "Approved by an operator", Options: yes}}}},
		Else:  []Option{{Label: "nothing is asked"}, {Value: "hold", Label: "it is held for a moderator", Selected: true}}, Limited: true, Below: []Option{{Value: "member", Label: "Member", Selected: true}},
		PerDay: "5", Text: true, Only: true, Links: "2", Held: true, First: "3", MayOff: true, Off: true}
	tabs := []Tab{{Label: "Gates", Href: "/c/gardening/gates", Current: true}, {Label: "Filter", Href: "/c/gardening/filter"}}
	editor := GatesView{Page: samplePage("Gates", true), Circle: plant, Tabs: tabs, Action: "/c/gardening/gates", Base: 3, Pilot: true, Storms: true, Why: "/c/gardening/why", Log: "/c/gardening/gates/log",
		Presets: []PresetRow{{Option: Option{Value: "welcoming", Label: "Welcoming", Selected: true}, Lines: []string{"Post: known here for 3 days; or is held", "Links: the first 3 are held"}}, {Option: Option{Value: "own", Label: "Settings of your own"}}}, Gates: []GateForm{gate}, Reason: "Spam wave",
		Next: []string{"+ comment: 7 days known here"}, NextAt: sampleNow.Add(time.Hour),
		Preview: &GatePreview{Diff: []string{"- post: 1 day", "+ post: 2 days"}, At: sampleNow.Add(72 * time.Hour), Now: []string{"- downvote: Member"}, Trials: []string{"Post: of 212 people it would have stopped 14."}}}
	site := GatesView{Page: samplePage("Gates", true), Tabs: tabs, Action: "/admin/gates", Why: "/why", Log: "/gates/log", Bounds: []BoundRow{{Name: "days", Label: "Days", Value: "30", Most: 30}},
		New: []Option{{Value: "welcoming", Label: "Welcoming", Selected: true}}}
	stormy := editor
	stormy.Storm, stormy.Preview, stormy.Next = sampleNow.Add(time.Hour), nil, nil
	rests := editor
	rests.MayAt, rests.Preview, rests.Next = sampleNow.Add(time.Hour), nil, nil
	why := WhyView{Page: samplePage("What is asked here, and why", true), Circle: plant, Storm: sampleNow, Next: []string{"+ post: 2 days"}, NextAt: sampleNow, Pilot: true,
		Log: "/c/gardening/gates/log", Feed: "/c/gardening/gates/log.atom", Edit: "/c/gardening/gates", Staff: []PersonRef{ada},
		Rows: []WhyRow{{Action: "Post", Outcome: "hold", Label: "held for a moderator", Rules: []string{"post: 1 day known here"}, Text: "You can post in 1 day. Set by @ada, 3 Nov 2026: Spam wave."},
			{Action: "Like", Outcome: "allow", Label: "open to you"}, {Action: "Downvote", Outcome: "deny", Label: "not yet"}}}
	of := WhyView{Page: samplePage("What is asked here, and why", false), Circle: plant, Visitor: true, Ask: true, Typed: "@bob@meadow.example", Action: "/c/gardening/why",
		Of:  &WhyOf{Handle: "@bob@meadow.example", Seen: true},
		Log: "/c/gardening/gates/log", Feed: "/c/gardening/gates/log.atom", Staff: []PersonRef{ada},
		Rows: []WhyRow{{Action: "Post", Outcome: "hold", Label: "held for a moderator", Rules: []string{"post: 14 days known here and 5 accepted contributions on this server; or 1 vouch"}, Text: "Set by @ada, 3 Nov 2026: Spam wave.", Appeal: "#appeal",
			Ways: []WhyWay{{N: 1, Clauses: []WhyClause{{What: "14 days known here", Have: "3", When: sampleNow}, {What: "5 accepted contributions on this server", Have: "0"}}}, {N: 2, Clauses: []WhyClause{{What: "1 vouch", Hidden: true}}}}},
			{Action: "Like", Outcome: "allow", Label: "open"}, {Action: "Downvote", Outcome: "deny", Label: "not yet", Appeal: "#appeal", Ways: []WhyWay{{N: 1, Clauses: []WhyClause{{What: "being a Regular", Hidden: true}}}}}}}
	unseen := of
	unseen.Of = &WhyOf{Handle: "@bob@meadow.example"}
	banned := of
	banned.Of = &WhyOf{Handle: "@bob@meadow.example", Seen: true, Refused: "This circle has banned this account.", Log: "/c/gardening/modlog"}
	nobody := of
	nobody.Of, nobody.Typed = nil, "bob"
	nobody.Refuse("of", "That is nobody’s address; write it as @name@example.org.")
	log := GateLogView{Page: samplePage("Changes of what is asked", false), Circle: plant, Feed: "/c/gardening/gates/log.atom", Why: "/c/gardening/why", More: "/c/gardening/gates/log?before=1",
		Entries: []GateLogRow{{ID: "7", At: sampleNow, By: ada, What: "Announced: Careful", Effective: sampleNow.Add(time.Hour), Reason: "Spam wave", Diff: []DiffLine{{Text: "post: 1 day"}, {Added: true, Text: "post: 14 days"}}},
			{ID: "6", At: sampleNow, What: "Loosened"}}}
	waits := HeldRow{ID: "11", What: Link{Label: "First crate", Href: "/post/11"}, Author: bo, Excerpt: "Sown in March.", At: sampleNow.Add(-time.Hour), Until: sampleNow.Add(time.Hour),
		Why: "It is held.", May: true, Reason: "x", Problem: "Say why."}
	mine := HeldRow{ID: "12", What: Link{Label: "A comment", Href: "/post/11#c12"}, Author: ada, At: sampleNow, Mine: true, State: "refused", Note: "Not about plants."}
	return []sample{
		{"gates", "gates", editor, GatesView{}},
		{"gates-site", "gates", site, GatesView{}},
		{"gates-storm", "gates", stormy, GatesView{}},
		{"gates-rest", "gates", rests, GatesView{}},
		{"why", "why", why, WhyView{}},
		{"why-visitor", "why", WhyView{Page: samplePage("What is asked here, and why", false), Visitor: true}, WhyView{}},
		{"why-of", "why", of, WhyView{}},
		{"why-unseen", "why", unseen, WhyView{}},
		{"why-banned", "why", banned, WhyView{}},
		{"why-nobody", "why", nobody, WhyView{}},
		{"gatelog", "gatelog", log, GateLogView{}},
		{"held", "held", HeldView{Page: samplePage("Held", true), Circle: plant, Tabs: tabs, Rows: []HeldRow{waits, mine}, More: "/c/gardening/held?after=1"}, HeldView{}},
		{"heldpost", "heldpost", HeldView{Page: samplePage("Waiting for a moderator", true), Rows: []HeldRow{mine}}, HeldView{}},
		{"filter", "filter", FilterView{Page: samplePage("Filter", true), Circle: plant, Tabs: tabs, Action: "/c/gardening/filter", Words: "pills\n/free (money|crypto)/", Hosts: "spam.example", Links: "2",
			Below: []Option{{Value: "member", Label: "Member", Selected: true}}}, FilterView{}},
	}
}
