package web

import "time"

// letterSamples are the pages of private messages.
func letterSamples() []sample {
	tabs := []Tab{{Label: "Conversations", Href: "/messages", Current: true}, {Label: "Requests (1)", Href: "/messages?tab=requests"}}
	rows := []ConversationRow{{With: bo, Href: "/messages/bo@pond.example", At: sampleNow.Add(-time.Minute), Unread: 2, Excerpt: "Did the comfrey bring slugs?"},
		{With: lin, Href: "/messages/lin", At: sampleNow.Add(-time.Hour), Mine: true, Excerpt: "晒一天这个办法很好，谢谢！"}}
	talk := LettersView{Page: samplePage("Messages with Bo", true), With: bo, Path: "/messages/bo@pond.example", Earlier: "/messages/bo@pond.example?before=x", Asking: true,
		Letters: []Letter{{ID: "1", At: sampleNow.Add(-time.Hour), Body: "<p>Did the <em>comfrey</em> bring slugs?</p>", Edited: true, Shared: true},
			{ID: "2", Mine: true, At: sampleNow, Body: "<p>None so far.</p>", Failed: "The server did not answer."}, {ID: "3", Gone: true, At: sampleNow},
			{ID: "4", At: sampleNow, Warn: "slugs", Body: "<p>Many.</p>"}}}
	talk.Viewer = &Viewer{Person: ada, Letters: 100}
	talk.Section = "messages"
	request := LettersView{Page: samplePage("Messages with Bo", true), With: bo, Path: "/messages/bo@pond.example", Request: true,
		Letters: []Letter{{ID: "1", At: sampleNow, Text: "Hello, see this"}}}
	closed := LettersView{Page: samplePage("Messages with Bo", true), With: bo, Path: "/messages/bo@pond.example", Declined: true, Closed: "This person does not want to hear from you."}
	queue := LetterQueueView{Page: samplePage("Reported messages", true), Cases: []LetterCase{{ID: 7, From: bo, Who: lin, At: sampleNow, Category: "Harassment or hate", Quoted: "You will see.", Words: "He goes on."}}}
	wishes := SettingsView{Page: samplePage("Settings", true), Section: "messages", Tabs: []Tab{{Label: "Messages", Href: "/settings/messages", Current: true}},
		Wishes: []Option{{Value: "everyone", Label: "Everyone", Selected: true}, {Value: "nobody", Label: "Nobody"}}}
	return []sample{
		{"conversations", "conversations", ConversationsView{Page: samplePage("Messages", true), Tabs: tabs, Rows: rows, More: "/messages?after=x"}, ConversationsView{}},
		{"requests", "conversations", ConversationsView{Page: samplePage("Messages", true), Tabs: tabs, Requests: true}, ConversationsView{}},
		{"letters", "letters", talk, LettersView{}},
		{"letters-request", "letters", request, LettersView{}},
		{"letters-closed", "letters", closed, LettersView{}},
		{"letter-queue", "letter-queue", queue, LetterQueueView{}},
		{"settings-messages", "settings", wishes, SettingsView{}},
	}
}
