package web

import "time"

// memberSamples are the pages of what a member keeps, looks for and is told.
func memberSamples() []sample {
	row := sampleRows(true)[0]
	row.Saver, row.Seen, row.New = Saver{ID: 11, Saved: true, May: true, Back: "/saved"}, true, 3
	said := Saying{ID: 21, Tipped: 2, By: bo, On: Link{Label: row.Title, Href: row.Href}, In: stars, Href: "/post/11?focus=21", At: sampleNow, Body: "<p>Did the comfrey bring slugs?</p>", Saver: Saver{ID: 21, May: true, Back: "/saved"}}
	items := []ItemRow{{Post: &row}, {Said: &said}}
	told := NotificationsView{Page: samplePage("Notifications", true), Latest: 9, Unseen: true, More: "/notifications?after=x", Groups: []NotificationGroup{
		{Thread: 11, Heading: Link{Label: row.Title, Href: row.Href}, Circle: &plant, Latest: 9, Unseen: 2, More: 4, Shown: []Notification{
			{Who: bo, What: "answered you", Href: "/post/11#c21", At: sampleNow.Add(-time.Minute), Excerpt: "Did the comfrey bring slugs?"},
			{Who: lin, What: "mentioned you", Href: "/post/11#c23", At: sampleNow.Add(-time.Hour), Excerpt: "晒一天这个办法很好，谢谢！", Seen: true},
			{Who: PersonRef{Name: "A moderator"}, What: "removed what you wrote: Rule 2", At: sampleNow.Add(-2 * time.Hour), Seen: true}}},
		{Heading: Link{Label: "New followers"}, Latest: 3, Shown: []Notification{{Who: bo, What: "follows you", Href: bo.Href, At: sampleNow, Seen: true}}}}}
	told.Viewer = &Viewer{Person: ada, Admin: true, Staff: true, Unseen: 100}
	told.Section = "notifications"
	search := func(change func(*SearchView)) SearchView {
		v := SearchView{Page: samplePage("Search", true), Query: "comfrey", Type: "posts", Types: []Tab{{Label: "Posts", Href: "/search?q=comfrey", Current: true}, {Label: "People", Href: "/search?q=comfrey&type=people"}}}
		change(&v)
		return v
	}
	tag := TagView{Page: samplePage("#comfrey", true), Tag: "comfrey", Path: "/tag/comfrey", Wish: "follow", Feed: Feed{Posts: sampleRows(true)[:2], ShowAll: "/tag/comfrey?read=1"},
		Popular: []TagRow{{Link: Link{Label: "#comfrey", Href: "/tag/comfrey"}, People: 12}, {Link: Link{Label: "#白茶", Href: "/tag/白茶"}, People: 1}}, Followed: []Link{{Label: "#comfrey", Href: "/tag/comfrey"}}}
	return []sample{
		{"circle-people", "circle-people", CirclePeopleView{Page: samplePage("People of Gardening", true), Circle: plant, Members: 412, More: "/c/gardening/people?after=x", People: []CirclePersonRow{
			{Person: bo, Handle: "@bo@pond.example", Role: "Member", At: sampleNow, Tier: "Newcomer", Vouch: "/c/gardening/vouch?person=%40bo%40pond.example"},
			{Person: lin, Handle: "@lin@halqa.test", Role: "Member", At: sampleNow.Add(-50 * time.Hour), Tier: "Trusted", Vouch: "/c/gardening/vouch?person=%40lin", Vouched: true},
			{Person: ada, Handle: "@ada@halqa.test", Role: "Owner", Runs: true, At: sampleNow.Add(-500 * time.Hour)}}}, CirclePeopleView{}},
		{"circle-people-none", "circle-people", CirclePeopleView{Page: samplePage("People of Gardening", true), Circle: plant}, CirclePeopleView{}},
		{"notifications", "notifications", told, NotificationsView{}},
		{"standing", "standing", StandingView{Page: samplePage("Your standing", true), Known: "You are known here for 40 days.", More: "/me/standing?after=x",
			Totals: []StandingTotal{{Circle: plant, Href: "/me/standing?circle=gardening", Number: "33", Tier: "Regular", Sum: []string{"Ratings gave you 23.", "Your 20 days add 10."}}},
			Lines: []StandingRow{{At: sampleNow, What: "Somebody liked it", About: Link{Label: row.Title, Href: row.Href}, Gave: "+0.5", Why: "By a Member, so half."},
				{At: sampleNow, What: "Somebody vouches for you", By: bo, TakenBack: true}},
			Download: []Link{{Label: "CSV", Href: "/me/standing.csv"}}}, StandingView{}},
		{"standing-circle", "standing", StandingView{Page: samplePage("Your standing", true), Circle: plant}, StandingView{}},
		{"saved", "saved", SavedView{Page: samplePage("Saved", true), Items: items, More: "/saved?after=x"}, SavedView{}},
		{"tag", "tag", tag, TagView{}},
		{"search", "search", search(func(v *SearchView) {
			v.Items, v.In, v.InCircle, v.Everywhere = items, "gardening", plant, "/search?q=comfrey"
		}), SearchView{}},
		{"search-people", "search", search(func(v *SearchView) { v.People = []PersonRow{{bo, "@bo@pond.example"}, {lin, "@lin@halqa.test"}} }), SearchView{}},
		{"search-elsewhere", "search", search(func(v *SearchView) { v.Query, v.Address, v.MayLook = "!none@sky.example", true, true }), SearchView{}},
	}
}

// listSamples are the pages of lists of circles.
func listSamples() []sample {
	rows := []DirectoryRow{{Circle: plant, Members: 42}, {Circle: stars, Members: 1280}, {Circle: tea, Members: 7}}
	mine := []ListRow{{Link: Link{Label: "Everything that grows", Href: "/u/ada/lists/everything-that-grows"}, Slug: "everything-that-grows", Circles: 3, Has: true}, {Link: Link{Label: "茶", Href: "/u/ada/lists/茶"}, Slug: "茶", Circles: 1, Private: true}}
	form := ListFormView{Page: samplePage("Change the list", true), Action: "/lists/grows", Back: mine[0].Link, Heading: "Everything that grows", Public: true, Circles: rows, Add: "!none@sky.example"}
	form.Refuse("circle", "No circle with that name is known here; look it up among the circles first.")
	return []sample{
		{"list", "list", ListView{Page: samplePage("Everything that grows", true), Heading: "Everything that grows", About: "Gardens, balconies and the sky above.", Owner: ada, Private: true, Edit: "/lists/grows", Circles: rows, Feed: Feed{Posts: sampleRows(true), Sorts: []Tab{{Label: "Hot", Href: "?", Current: true}, {Label: "New", Href: "?sort=new"}}}}, ListView{}},
		{"my-lists", "my-lists", ListsView{Page: samplePage("Lists", true), Lists: mine, Public: true}, ListsView{}},
		{"list-form", "list-form", form, ListFormView{}},
		{"circle-lists", "circle-lists", CircleListsView{Page: samplePage("In which of your lists", true), Circle: plant, Lists: mine}, CircleListsView{}},
	}
}

// draftSamples are the pages of what was begun and not sent.
func draftSamples() []sample {
	compose := ComposeView{Page: samplePage("New post", true), Action: "/drafts/00112233445566ff", Draft: "00112233445566ff", Kept: true, MaxPhotos: 10, MaxBytes: 12 << 20,
		Headline: "Striped tomatoes", Body: "Sown in March.", Circles: []Option{{Label: "Choose a circle"}, {Value: "gardening", Label: "Gardening (!gardening@halqa.test)", Selected: true}}}
	compose.Refuse("in", "You are banned from this circle; its moderators can lift that.")
	return []sample{
		{"compose-draft", "compose", compose, ComposeView{}},
		{"drafts", "drafts", DraftsView{Page: samplePage("Drafts", true), Rows: []DraftRow{
			{Href: "/drafts/00112233445566ff", Title: "Striped tomatoes", Excerpt: "Sown in March.", Circle: &plant, Photos: 3, At: sampleNow.Add(-time.Hour)},
			{Href: "/drafts/re-11", Comment: true, Excerpt: "晒一天这个办法很好", Circle: &tea, On: Link{Label: "今年的白茶到了", Href: "/post/13"}, At: sampleNow.Add(-48 * time.Hour)},
			{Href: "/drafts/re-12", Comment: true, Excerpt: "Where the thread is gone", At: sampleNow.Add(-72 * time.Hour)},
			{Href: "/drafts/00112233445566aa", At: sampleNow.Add(-96 * time.Hour)}}}, DraftsView{}},
		{"lost", "lost", LostView{Page: samplePage("This cannot be sent from here", true), Why: "A moderator has locked this thread; nobody can comment on it now.", Body: "I think\nthat", Drop: "/drafts/re-12/delete"}, LostView{}},
	}
}
