package web

// appealSamples are the pages by which people object to what was decided about them.
func appealSamples() []sample {
	tabs := []Tab{{Label: "Reports", Href: "/c/gardening/mod"}, {Label: "Appeals", Href: "/c/gardening/appeals", Current: true}}
	gate := AppealRow{ID: 1, What: "What is asked first: Post", Circle: &plant, Who: bo, Said: "You can post in 1 day. Set by @ada, 3 Nov 2026: Spam wave.", Words: "I have been here before.", At: sampleNow,
		State: "waits for an answer", Open: true, Due: sampleNow, May: true, Approves: true, Reason: "x", Problem: "Say why."}
	removal := AppealRow{ID: 2, What: "A removal", About: Link{Label: "First crate", Href: "/post/11"}, Circle: &plant, Who: bo, Said: "Off topic", Words: "It is about plants.", At: sampleNow,
		State: "denied", First: "It is off topic.", Note: "It is indeed.", MayGoOn: true}
	above := AppealRow{ID: 3, What: "A ban", Circle: &plant, Who: bo, Said: "Spam", Words: "It was not me.", At: sampleNow, State: "waits for an answer", Open: true, Site: true}
	form := AppealView{Page: samplePage("Appeal", true), Action: "/appeal?about=gate&action=post&circle=gardening", Case: gate, Silence: true, Words: "I have been here before."}
	form.Refuse("body", "Say why.")
	queue := AppealsView{Page: samplePage("Appeals", true), Action: "/c/gardening/appeals", Circle: plant, Tabs: tabs, Rows: []AppealRow{gate, above}, More: "/c/gardening/appeals?after=1"}
	queue.Refuse("reason-1", "Say why.")
	susp := SuspensionView{Page: samplePage("Your account is suspended", false), Since: sampleNow, Reason: "Advertising in every circle, after two warnings.", May: true, Words: "Those were my own seeds."}
	susp.Refuse("body", "Say why you think that it is wrong; who decides reads it.")
	waiting := AppealRow{ID: 4, What: "The suspension of an account", Words: "Those were my own seeds.", At: sampleNow, State: "waits for an answer", Open: true, Site: true}
	answered := waiting
	answered.ID, answered.State, answered.Open, answered.Note = 3, "denied", false, "They were sold in every one of them."
	waits, over := susp, susp
	waits.Form, waits.May, waits.Open, waits.Words = Form{}, false, &waiting, ""
	over.Form, over.May, over.Answered, over.Words = Form{}, false, &answered, ""
	return []sample{
		{"suspension", "suspension", susp, SuspensionView{Refused: "You have written 10 appeals within a day; write the next one tomorrow."}},
		{"suspension-waits", "suspension", waits, SuspensionView{}},
		{"suspension-answered", "suspension", over, SuspensionView{}},
		{"appeal", "appeal", form, AppealView{}},
		{"appeals", "appeals", AppealsView{Page: samplePage("Your appeals", true), Action: "/appeals", Rows: []AppealRow{removal, above}, Bans: []Link{{Label: "!gardening@halqa.test", Href: "/appeal?about=ban&circle=gardening"}}}, AppealsView{}},
		{"appeal-queue", "appeal-queue", queue, AppealsView{}},
	}
}

// refusedLogin is what somebody who is suspended sees after the right password.
func refusedLogin() LoginView {
	v := LoginView{Page: samplePage("Log in", false), Name: "lin", Next: "/", Object: "/suspension"}
	v.Refuse("", "This account is suspended; write to the people who run this instance.")
	return v
}
