package web

import "time"

// adminSamples are the pages of who runs the instance, and the way from one server to another.
func adminSamples() []sample {
	ago := func(h int) time.Time { return sampleNow.Add(-time.Duration(h) * time.Hour) }
	roles := []Option{{Value: "member", Label: "Member", Selected: true}, {Value: "admin", Label: "Admin"}}
	admin := func(section string, change func(*AdminView)) AdminView {
		v := AdminView{Page: samplePage("Run this place", true), Section: section, Tabs: []Tab{{Label: "This place", Href: "/admin", Current: section == "site"}, {Label: "People", Href: "/admin/people", Current: section == "people"}, {Label: "Other servers", Href: "/admin/peers", Current: section == "peers"}}}
		change(&v)
		return v
	}
	peers := admin("peers", func(v *AdminView) {
		v.More, v.Host, v.Reason = "/admin/peers?after=x", "spam.example", "Nothing but advertising."
		v.Policies = []PolicyOption{{Value: "", Label: "Everything", Help: "Both ways."}, {Value: "blocked", Label: "Nothing", Help: "Nothing is taken.", Selected: true}}
		v.Peers = []PeerRow{
			{Host: "pond.example", Software: "lemmy 0.19.12", Reached: ago(0), Heard: ago(1), Change: "/admin/peers?host=pond.example#policy", Queue: true, Pending: 3, Window: 8},
			{Host: "slow.example", Software: "mastodon 4.5.0", Failing: ago(30), Next: ago(-1), Status: 503, Error: "It is overloaded.", Queue: true, Pending: 1204, Behind: true, Oldest: ago(30), Window: 1, Dropped: 12, Change: "/admin/peers?host=slow.example#policy"},
			{Host: "gone.example", Failing: ago(900), Error: "It did not answer in time.", Dormant: true, Queue: true, Change: "/admin/peers?host=gone.example#policy"},
			{Host: "spam.example", Policy: "blocked", Blocked: true, Reason: "Nothing but advertising.", Change: "/admin/peers?host=spam.example#policy"}}
	})
	peers.Refuse("reason", "Say why; everyone can read it in the moderation log.")
	elsewhere := ElsewhereView{Page: samplePage("Join from your server", false), Circle: plant, Handle: "!gardening@halqa.test", Action: "/c/gardening/elsewhere", Me: "@bo@pond.example", Host: "pond.example"}
	asked := elsewhere
	asked.Go = "https://pond.example/authorize_interaction?uri=https%3A%2F%2Fhalqa.test%2Fc%2Fgardening"
	return []sample{
		{"admin", "admin", admin("site", func(v *AdminView) { v.Name, v.Sentence, v.Registration = "Meadow", "For growers.", roles }), AdminView{}},
		{"admin-people", "admin", admin("people", func(v *AdminView) {
			v.People = []AccountRow{{Person: ada, Name: "ada", Since: ago(9000), Seen: ago(1), Roles: roles}, {Person: lin, Name: "lin", Since: ago(90), Suspended: true, Roles: roles}}
		}), AdminView{}},
		{"admin-peers", "admin", peers, AdminView{}},
		{"suspended", "suspended", SuspensionsView{Page: samplePage("Suspended", true), Tabs: []Tab{{Label: "Suspended", Href: "/mod/suspended", Current: true}}, More: "/mod/suspended?after=x",
			Rows: []SuspensionRow{{Circle: &stars, Handle: "!stars@pond.example", At: ago(3), Reason: "Nothing but advertising.", Lift: stars.Href + "/suspend"}, {Person: bo, Handle: "@bo@pond.example", At: ago(9), Lift: bo.Href + "/suspend"}}}, SuspensionsView{}},
		{"policies", "policies", PoliciesView{Page: samplePage("Other servers", false), More: "/about/peers?after=x", Peers: []PolicyRow{
			{Host: "slow.example", Level: "Limited", Reason: "Much that nobody asked for.", Since: ago(900)}, {Host: "spam.example", Level: "Blocked", Blocked: true, Reason: "Nothing but advertising."}}}, PoliciesView{}},
		{"admin-audit", "admin", admin("audit", func(v *AdminView) {
			v.More = "/admin/audit?after=x"
			v.Findings = []FindingRow{
				{ID: "a1", Circle: plant, At: ago(5), What: "84% of 310 ratings stay among these people", Open: true, Days: 13, People: []FoundRow{{Person: ada}, {Person: lin}}},
				{ID: "a0", Circle: plant, At: ago(500), What: "These people rate the same things", Outcome: "Confirmed", Reason: "One hand.", People: []FoundRow{{Person: ada, Cut: true}, {Person: lin, Guest: true, Cut: true}}}}
		}), AdminView{}},
		{"elsewhere", "elsewhere", elsewhere, ElsewhereView{}},
		{"elsewhere-go", "elsewhere", asked, ElsewhereView{}},
	}
}
