package web

import "time"

// moderateSamples are the pages of reports, of what is done about them, and of what a member shuts out.
func moderateSamples() []sample {
	ago := func(h int) time.Time { return sampleNow.Add(-time.Duration(h) * time.Hour) }
	days := []Option{{Value: "", Label: "For good", Selected: true}, {Value: "7", Label: "7 days"}}
	tabs := []Tab{{Label: "Reports", Href: "/c/gardening/mod", Current: true}, {Label: "Bans", Href: "/c/gardening/bans"}, {Label: "Log", Href: "/c/gardening/modlog"}}
	report := ReportView{Page: samplePage("Report this post", true), Action: "/post/11/report", Subject: "Cheap watches", Elsewhere: "pond.example", Words: "It is everywhere.", Back: Link{Href: "/post/11"},
		Categories: []Option{{Value: "spam", Label: "Spam or advertising"}, {Value: "other", Label: "Something else", Selected: true}}}
	report.Refuse("category", "Choose what is wrong with it.")
	queue := QueueView{Page: samplePage("Reports", true), Action: "/c/gardening/mod", Circle: plant, Tabs: tabs, Which: []Tab{{Label: "Open", Href: "/c/gardening/mod", Current: true}, {Label: "Decided", Href: "/c/gardening/mod?decided=1"}}, More: "/c/gardening/mod?after=x",
		Cases: []CaseRow{
			{ID: 5, What: Link{Label: "Cheap watches", Href: "/post/11"}, Excerpt: "Buy them here, and here.", Author: bo, Circle: &plant, Category: "Spam or advertising", Count: 2, At: ago(1), Open: true, MayRemove: true, MayBan: true, Days: days, Severity: []Option{{Value: "minor", Label: "Minor", Selected: true}, {Value: "serious", Label: "Serious"}}, Do: "remove", Problem: "Say why it is removed.",
				Complaints: []ComplaintRow{{Who: ada, Category: "Spam or advertising", Words: "It is everywhere.", At: ago(2)}, {Who: lin, Category: "Something else", At: ago(1)}}},
			{ID: 6, Gone: "It is gone.", Category: "Harassment or hate", Count: 1, At: ago(30), State: "Upheld", Decision: "removed", By: ada, Note: "Third time."}}}
	queue.Refuse("reason-5", "Say why it is removed.")
	bans := BansView{Page: samplePage("Banned people", true), Circle: plant, Action: "/c/gardening/bans", Tabs: tabs, Days: days, More: "/c/gardening/bans?after=x",
		Bans: []BanRow{{ID: 1, Person: bo, Handle: "@bo@pond.example", At: ago(50), Until: ago(-100), Reason: "Rule 3"}, {ID: 2, Person: lin, Handle: "@lin@halqa.test", At: ago(50)}}}
	log := LogView{Page: samplePage("What moderators did", false), More: "/modlog?after=x", Entries: []LogRow{
		{At: ago(1), By: ada, Action: "removed", Post: Link{Label: "a comment", Href: "/comment/21"}, Person: bo, Circle: &plant, Reason: "Rule 2, be kind."},
		{At: ago(2), Action: "banned", Person: bo, Circle: &plant, Until: ago(-48)},
		{At: ago(3), Action: "decided about the server", Host: "spam.example", Policy: "blocked", Reason: "Nothing but advertising."},
		{At: ago(4), Action: "suspended", Of: &stars}}}
	settings := func(section string) SettingsView {
		return SettingsView{Page: samplePage("Settings", true), Section: section, Tabs: []Tab{{Label: "Blocks", Href: "/settings/blocks", Current: true}}, Host: "spam.example", Hosts: []string{"noise.example"},
			Blocked: []BlockRow{{Person: bo, Undo: bo.Href + "/unblock", Label: "Lift the block"}, {Circle: stars, Undo: stars.Href + "/unblock", Label: "Lift the block"}}, Muted: []BlockRow{{Person: lin, Undo: lin.Href + "/unmute", Label: "No longer mute"}},
			BlockedTags: []Link{{Label: "#cats", Href: "/tag/cats"}}, Waiting: []FollowerRow{{ID: 4, Person: bo, Handle: "@bo@pond.example"}}}
	}
	return []sample{
		{"report", "report", report, ReportView{}},
		{"desks", "desks", DesksView{Page: samplePage("Reports", true), Desks: []DeskRow{{Label: "People, circles and what is elsewhere", Href: "/mod/site"}, {Circle: &plant, Href: "/c/gardening/mod", Open: 2}}}, DesksView{}},
		{"queue", "queue", queue, QueueView{}},
		{"bans", "bans", bans, BansView{}},
		{"modlog", "modlog", log, LogView{}},
		{"settings-blocks", "settings", settings("blocks"), SettingsView{}},
		{"settings-followers", "settings", settings("followers"), SettingsView{}},
	}
}
