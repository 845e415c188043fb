package web

import (
	"fmt"
	"html/template"
	"slices"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"halqa/circles"
	"halqa/internal/i18n"
)

var sampleNow = time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)

// A sample is a page with plausible content; zero is the empty view of the same type.
type sample struct {
	file, page string
	view, zero any
}

var (
	ada   = PersonRef{Actor: "https://halqa.test/u/ada", Name: "ada", Display: "Ada Moreau", Href: "/u/ada", Moderator: true}
	bo    = PersonRef{Actor: "https://pond.example/users/bo", Name: "bo@pond.example", Display: "Bo", Href: "/u/bo@pond.example"}
	lin   = PersonRef{Actor: "https://halqa.test/u/lin", Name: "lin", Display: "林 小雨", Href: "/u/lin"}
	plant = CircleRef{Actor: "https://halqa.test/c/gardening", Name: "gardening", Title: "Gardening", Href: "/c/gardening"}
	stars = CircleRef{Actor: "https://sky.example/c/astronomy", Name: "astronomy@sky.example", Title: "Backyard astronomy", Href: "/c/astronomy@sky.example"}
	tea   = CircleRef{Actor: "https://halqa.test/c/tea", Name: "tea", Title: "茶", Href: "/c/tea"}
)

func samplePage(title string, member bool) Page {
	p := Page{
		Site:  Site{Name: "Meadow", Host: "halqa.test", Version: "0.1", Signup: true},
		Title: title, Lang: "en", Languages: []i18n.Language{{Tag: "en", Name: "English"}, {Tag: "zh", Name: "中文"}}, Here: "/",
	}
	if member {
		p.Viewer = &Viewer{Person: ada}
	}
	return p
}

func samplePhoto(id, alt string) Photo {
	return Photo{ID: id, Href: "/media/" + id, Alt: alt, Width: 1600, Height: 1067, Widths: []int{480, 960, 1600}, Blurhash: "LEHV6nWB2yk8pyo0adR*.7kCMdnj"}
}

func sampleRows(may bool) []PostRow {
	photo := samplePhoto("tomatoes", "A wooden crate of striped tomatoes on wet grass.")
	v := func(id circles.PostID, up, down, mine int) Vote {
		w := Vote{ID: id, Up: up, Down: down, Mine: mine, May: may, Back: "/"}
		if !may {
			w.Login = "/login"
		}
		return w
	}
	return []PostRow{
		{ID: 11, Href: "/post/11", Title: "First crate of the striped tomatoes, and what I would do differently", Excerpt: "Sown in March under glass, planted out in May. The two rows with comfrey mulch gave a third more than the bare ones, and none of them split after the storm.", Circle: &plant, Author: ada, At: sampleNow.Add(-3 * time.Hour), Thumb: &photo, Photos: 3, Comments: 14, Vote: v(11, 42, 0, 1), Pinned: true},
		{ID: 12, Href: "/post/12", Title: "Why the Pleiades look better at the edge of your eye", Circle: &stars, Author: bo, At: sampleNow.Add(-26 * time.Hour), LinkHost: "skyandnotes.example", LinkHref: "https://skyandnotes.example/pleiades", Comments: 3, Vote: v(12, 1280, 4, 0)},
		{ID: 13, Href: "/post/13", Title: "今年的白茶到了，先泡一壶给大家看", Lang: "zh", Excerpt: "福鼎的寿眉，存了三年，汤色比去年深一些。水温九十度，第一泡三十秒。", Circle: &tea, Author: lin, At: sampleNow.Add(-40 * time.Minute), Photos: 1, Comments: 0, Vote: v(13, 7, 0, 0), Audience: "local"},
		{ID: 14, Href: "/post/14", Title: "A wasp on the window sill, close up", Circle: &plant, Author: bo, At: sampleNow.Add(-9 * 24 * time.Hour), Thumb: &photo, Photos: 1, Comments: 1, Vote: v(14, 2, 1, -1), Sensitive: true, Warning: "Insects, very close", Locked: true},
	}
}

func sampleThread() []Comment {
	at := func(h int) time.Time { return sampleNow.Add(-time.Duration(h) * time.Hour) }
	menu := []Action{{Label: "Edit", Href: "/post/21/edit"}, {Label: "Delete", Href: "/post/21/delete", Danger: true}}
	c := func(id circles.PostID, who PersonRef, level int, body string, below int, kids ...Comment) Comment {
		return Comment{ID: id, Href: "/post/11?focus=" + id.String() + "#c" + id.String(), Author: who, OP: who.Name == "ada", At: at(int(30 - id)), Body: template.HTML("<p>" + body + "</p>"), Vote: Vote{ID: id, Up: int(id) % 5, May: true, Mine: int(id) % 2}, Level: level, Reply: "/post/11/reply?to=" + id.String(), Menu: menu, Kids: kids, Below: below}
	}
	deep := c(25, bo, 4, "Then I will mulch half a row and report back in autumn.", 3)
	deep.Rest = "/post/11?focus=25"
	return []Comment{
		c(21, bo, 1, "Did the comfrey bring slugs? Mine always does, and by July there is nothing left of the basil beside it.", 6,
			c(22, ada, 2, "Fewer than straw. I cut it, let it wilt for a day, and only then put it down.", 5,
				c(23, lin, 3, "晒一天这个办法很好，谢谢！", 4, deep)),
			Comment{ID: 26, Level: 2, Gone: "Removed by a moderator: Rule 2, be kind."}),
		c(27, lin, 1, "Which variety is this? The seeds I find under that name are never as dark.", 0),
	}
}

func sampleHead() CircleHead {
	return CircleHead{Circle: plant, Handle: "!gardening@halqa.test", Visibility: "public", MayJoin: true}
}

func samples() []sample {
	directory := []DirectoryRow{
		{Circle: plant, About: "Beds, balconies, allotments: what grows, what fails, and why.", Members: 412, Posts: 1893, Active: sampleNow.Add(-3 * time.Hour), Topic: "gardening", Visibility: "public", Role: "member"},
		{Circle: stars, About: "Looking up from where you are.", Members: 12840, Posts: 20412, Active: sampleNow.Add(-time.Minute), Topic: "science", Visibility: "public"},
		{Circle: tea, About: "喝茶，聊茶。", Members: 31, Posts: 88, Topic: "茶", Visibility: "local", Role: "pending"},
	}
	tabs := func(current int, labels ...string) []Tab {
		var out []Tab
		for i, l := range labels {
			out = append(out, Tab{Label: l, Href: "/?tab=" + strings.ToLower(l), Current: i == current})
		}
		return out
	}
	sorts := tabs(0, "Hot", "New", "Active", "Top")
	rules := []Rule{{Text: "Say where you garden: a frost date helps more than a name."}, {Text: "Be kind."}, {Text: "No selling.", Detail: "Swapping seeds is fine."}}
	member := sampleHead()
	member.MayJoin, member.MayPost, member.Role, member.Settings = false, true, "owner", "/c/gardening/settings"
	post := PostView{Also: []AlsoRow{{Circle: stars, Href: "/post/31", Comments: 12}, {Circle: tea, Href: "/post/32", Comments: 1}},
		Page: samplePage("First crate of the striped tomatoes", true), ID: 11, Head: member, Blurb: "Beds, balconies, allotments: what grows, what fails, and why.", Rules: rules, Headline: "First crate of the striped tomatoes, and what I would do differently",
		Author: ada, At: sampleNow.Add(-3 * time.Hour), Edited: sampleNow.Add(-2 * time.Hour), History: "/post/11/history",
		Body:   `<p>Sown in March under glass, planted out in May. The two rows with <a href="https://example.org">comfrey mulch</a> gave a third more than the bare ones.</p><blockquote><p>Water the soil, not the leaves.</p></blockquote><ul><li>north row: 4.1 kg</li><li>south row: 5.6 kg</li></ul>`,
		Photos: []Photo{samplePhoto("tomatoes", "A wooden crate of striped tomatoes on wet grass."), samplePhoto("row", "")},
		Vote:   Vote{ID: 11, Up: 42, Down: 1, Mine: 1, May: true}, Menu: []Action{{Label: "Edit", Href: "/post/11/edit"}, {Label: "History", Href: "/post/11/history"}, {Label: "Delete", Href: "/post/11/delete", Danger: true}},
		Delivery: &Delivery{Done: 11, Total: 13, Waiting: 2, Hosts: []DeliveryHost{{Host: "slow.example", Error: "It did not answer in time.", Next: sampleNow.Add(4 * time.Minute)}, {Host: "closed.example", Error: "It refused the post.", Failed: true}, {Host: "new.example", Error: "on its way.", Waiting: true}}},
		Sorts:    tabs(0, "Hot", "New", "Old", "Only the author"), Thread: sampleThread(), Comments: 9, Answer: &AnswerForm{Post: 11, Swap: true},
	}
	asked := post
	asked.Poll = &PollView{ID: 11, Options: []PollOption{{Pos: 0, Text: "Leeks"}, {Pos: 1, Text: "Beans"}}, Open: true, Ends: sampleNow.Add(time.Hour), Voters: 3, May: true, Show: "/post/11?results=1#poll"}
	counted := post
	counted.Poll = &PollView{ID: 11, Options: []PollOption{{Pos: 0, Text: "Leeks", Votes: 2, Percent: 67, Mine: true}, {Pos: 1, Text: "Beans", Votes: 1, Percent: 33}}, Ends: sampleNow.Add(-time.Hour), Voters: 3, Result: true, Voted: true, Elsewhere: "pond.example"}
	veiled := post
	veiled.Sensitive, veiled.Warning, veiled.Delivery, veiled.Answer, veiled.WhyNot, veiled.Thread = true, "Insects, very close", nil, nil, "This post is locked; nobody can comment on it.", nil
	veiled.Viewer, veiled.Menu, veiled.Link = nil, nil, &Link{Label: "example.org/a/rather/long/address/that/goes/on/and/on", Href: "https://example.org"}
	gone := post
	gone.Gone, gone.Delivery, gone.Answer = "Removed by a moderator: Rule 3, no selling.", nil, nil
	options := []Option{{Value: "en", Label: "English", Selected: true}, {Value: "zh", Label: "中文"}}
	visibility := []Option{{Value: "public", Label: "Everyone, here and on other servers", Selected: true}, {Value: "unlisted", Label: "Everyone with the address; not in the directory"}, {Value: "local", Label: "Everyone here; nothing leaves this server"}, {Value: "members", Label: "Its members only; nothing leaves this server"}}
	slots := []MediaSlot{{Photo: samplePhoto("tomatoes", ""), Alt: "A wooden crate of striped tomatoes.", Pos: 1, Of: 2}, {Photo: samplePhoto("row", ""), Pos: 2, Of: 2}, {File: "bed.tiff", Problem: "bed.tiff is not a JPEG, PNG, WebP or GIF."}}
	broken := SignupView{Page: samplePage("Sign up", false), Name: "admin", Rules: rules}
	broken.Refuse("name", "This name is taken; choose another.")
	broken.Refuse("password", "A password needs at least 12 characters.")
	answer := sampleThread()[0]
	answer.Kids = nil
	notice := samplePage("", true)
	notice.Flash = &Flash{Text: "Your post is out.", Good: true}
	notice.Section = "home"
	circlesPage := samplePage("Circles", false)
	circlesPage.Section = "circles"
	tos := samplePage("Settings", true)
	settings := func(section string) SettingsView {
		return SettingsView{Page: tos, Tabs: []Tab{{Label: "Profile", Href: "/settings/profile", Current: section == "profile"}, {Label: "Password", Href: "/settings/password", Current: section == "password"}, {Label: "Appearance", Href: "/settings/appearance", Current: section == "appearance"}, {Label: "Sessions", Href: "/settings/sessions", Current: section == "sessions"}},
			Section: section, Display: "Ada Moreau", Bio: "Allotment, rain, tomatoes.", Themes: []Option{{Value: "auto", Label: "As the system", Selected: true}, {Value: "light", Label: "Light"}, {Value: "dark", Label: "Dark"}}, Densities: []Option{{Value: "", Label: "Roomy", Selected: true}, {Value: "compact", Label: "Compact"}}, Locales: options,
			Sessions: []Session{{ID: "1", What: "Firefox on Linux", Since: sampleNow.Add(-2 * 24 * time.Hour), Seen: sampleNow, Current: true}, {ID: "2", What: "Safari on iPhone", Since: sampleNow.Add(-50 * 24 * time.Hour), Seen: sampleNow.Add(-3 * time.Hour)}}}
	}
	hueRow := []Hue{{Label: "By its address", Selected: true}}
	for n := range hues {
		hueRow = append(hueRow, Hue{Value: fmt.Sprint(n), Label: fmt.Sprint(n + 1), Class: fmt.Sprint("hue", n)})
	}
	roles := []Option{{Value: "moderator", Label: "Moderator", Selected: true}, {Value: "member", Label: "Member"}}
	settingsForm := CircleFormView{Page: samplePage("Circle settings", true), Action: "/c/gardening/settings", Circle: plant, Tabs: []Tab{{Label: "Settings", Href: "/c/gardening/settings", Current: true}, {Label: "Gates", Href: "/c/gardening/gates"}, {Label: "Filter", Href: "/c/gardening/filter"}, {Label: "Tips", Href: "/c/gardening/tips"}, {Label: "Webhooks", Href: "/c/gardening/webhooks"}, {Label: "Reports", Href: "/c/gardening/mod"}}, Heading: "Gardening", Languages: options, Visibility: visibility[:2],
		Posting: []Option{{Value: "open", Label: "Every member", Selected: true}}, Hues: hueRow[1:], Roles: roles, Asking: []PersonRef{lin, bo},
		Staff: []RoleRow{{Person: ada, Role: "Owner"}, {Person: bo, Role: "Moderator", Roles: roles}}}
	elsewhere := DirectoryView{Page: circlesPage, Query: "!astronomy@sky.example", Address: true, MayLook: true, What: "!nobody@sky.example"}
	elsewhere.Viewer = &Viewer{Person: ada}
	elsewhere.Refuse("what", "sky.example knows nobody by the name of nobody.")
	return append([]sample{
		{"directory-elsewhere", "directory", elsewhere, DirectoryView{}},
		{"circle-settings", "circle_form", settingsForm, CircleFormView{}},
		{"home-visitor", "home", HomeView{Page: samplePage("", false), Feed: Feed{Sorts: sorts, Posts: sampleRows(false), More: "/?after=1"}, Circles: directory}, HomeView{}},
		{"home-member", "home", HomeView{Page: notice, Feed: Feed{Tabs: tabs(0, "Mine", "Local", "All"), Sorts: sorts, Posts: sampleRows(true), More: "/?after=1"}, Circles: directory, Joined: true, Open: []CircleRef{plant, tea}}, HomeView{}},
		{"home-empty", "home", HomeView{Page: samplePage("", true)}, HomeView{}},
		{"directory", "directory", DirectoryView{Page: circlesPage, Topics: tabs(0, "All topics", "Gardening", "Science", "茶"), Rows: directory, More: "/circles?after=1"}, DirectoryView{}},
		{"circle-move", "circle_move", CircleMoveView{Page: samplePage("Move this circle", true), Circle: settingsForm.Circle,
			Address: "https://halqa.example/c/gardening", Target: "!gardening@new.example", Aliases: "https://old.example/c/gardening"}, CircleMoveView{}},
		{"circle-form", "circle_form", CircleFormView{Page: samplePage("Found a circle", true), Action: "/circles/new", New: true, LocalNotice: true, Hues: hueRow, Languages: options, Visibility: visibility, Posting: []Option{{Value: "open", Label: "Every member", Selected: true}, {Value: "operators", Label: "Its operators only; members comment"}}}, CircleFormView{}},
		{"circle", "circle", CircleView{Page: samplePage("Gardening", false), Feed: Feed{Sorts: sorts, Posts: sampleRows(false)}, Head: sampleHead(), Text: "<p>Beds, balconies, allotments: what grows, what fails, and why.</p>", Rules: rules, Topic: "gardening", Language: "English", Posting: "open", Members: 412, Written: 1893, Founded: sampleNow.Add(-400 * 24 * time.Hour), Moderators: []PersonRef{ada}}, CircleView{}},
		{"circle-owner", "circle", CircleView{Page: samplePage("Gardening", true), Feed: Feed{Sorts: sorts}, Head: member, Members: 1, People: "/c/gardening/people", Posting: "operators", Stale: sampleNow.Add(-5 * 24 * time.Hour)}, CircleView{}},
		{"post", "post", post, PostView{}},
		{"post-asks", "post", asked, PostView{}},
		{"post-counted", "post", counted, PostView{}},
		{"post-veiled", "post", veiled, PostView{}},
		{"post-gone", "post", gone, PostView{}},
		{"reply", "reply", ReplyView{Page: samplePage("Reply", true), Post: Link{Label: post.Headline, Href: "/post/11"}, To: &answer, Answer: AnswerForm{Post: 11, To: 21}}, ReplyView{}},
		{"history", "history", HistoryView{Page: samplePage("History", true), Post: Link{Label: post.Headline, Href: "/post/11"}, Revisions: []Revision{{At: sampleNow.Add(-2 * time.Hour), By: ada, Title: post.Headline, Body: post.Body}, {At: sampleNow.Add(-3 * time.Hour), By: ada, Title: "First crate", Body: "<p>Sown in March.</p>", First: true}}}, HistoryView{}},
		{"media", "media", MediaView{Page: samplePage("Photo", false), Photo: samplePhoto("tomatoes", "A wooden crate of striped tomatoes on wet grass."), Post: &Link{Label: post.Headline, Href: "/post/11"}}, MediaView{}},
		{"compose", "compose", ComposeView{Page: samplePage("New post", true), Head: member, Action: "/c/gardening/submit", Languages: options, MaxPhotos: 10, MaxBytes: 16 << 20}, ComposeView{}},
		{"draft", "draft", DraftView{Page: samplePage("Before it goes out", true), Action: "/c/gardening/submit", Body: "Sown in March.", Head: member, Slots: slots, Preview: sampleRows(false)[0]}, DraftView{}},
		{"edit", "edit", EditView{Page: samplePage("Edit post", true), Action: "/post/11/edit", Back: Link{Label: post.Headline, Href: "/post/11"}, Headline: post.Headline, Body: "Sown in March.", Languages: options, Slots: slots[:1], Base: "1",
			Poll: &EditedPoll{PollDraft: PollDraft{Options: "Leeks\nBeans", Several: true, Max: 10}, Voters: 3}}, EditView{}},
		{"confirm", "confirm", ConfirmView{Page: samplePage("Delete this post?", true), Action: "/post/11/delete", Lead: "It disappears here at once, and other servers are told.", Button: "Delete", Danger: true, Reason: true, Back: Link{Href: "/post/11"}, Subject: post.Headline}, ConfirmView{}},
		{"person", "person-page", PersonView{Page: samplePage("Ada Moreau", false), Person: ada, Handle: "@ada@halqa.test", Bio: "<p>Allotment, rain, tomatoes.</p>", Joined: sampleNow.Add(-500 * 24 * time.Hour), Tabs: tabs(0, "Posts", "Comments", "Circles"), Rows: sampleRows(false)[:2]}, PersonView{}},
		{"person-said", "person-page", PersonView{Page: samplePage("Bo", true), Person: bo, Handle: "@bo@pond.example", Remote: "https://pond.example/@bo", Pay: []PayLink{{Href: "https://pay.example/bo", Host: "pay.example"}, {Href: "lightning:bo@pond.example", Text: "bo@pond.example"}}, Tabs: tabs(1, "Posts", "Comments", "Circles"), Said: []Saying{{On: Link{Label: post.Headline, Href: "/post/11"}, In: plant, Href: "/post/11?focus=21", At: sampleNow, Body: "<p>Did the comfrey bring slugs?</p>"}}}, PersonView{}},
		{"login", "login", LoginView{Page: samplePage("Log in", false), Next: "/post/11"}, LoginView{}},
		{"login-suspended", "login", refusedLogin(), LoginView{}},
		{"login-carries", "login", LoginView{Page: samplePage("Log in", false), Next: "/c/gardening/submit", Kept: Carried{To: "/c/gardening/submit", Text: "A long answer.", Files: true,
			Fields: []CarriedField{{"title", "Beds"}}}}, LoginView{}},
		{"signup-refused", "signup", broken, SignupView{}},
		{"setup", "setup", SetupView{Page: samplePage("Set up", false), Checks: []Check{{Good: true, Text: "The database can be written."}, {Text: "No public host is set: this instance is seen on this machine only.", Fix: "Set host in the configuration when you are ready; it is for good."}}}, SetupView{}},
		{"settings-profile", "settings", settings("profile"), SettingsView{}},
		{"settings-password", "settings", settings("password"), SettingsView{}},
		{"settings-appearance", "settings", settings("appearance"), SettingsView{}},
		{"settings-sessions", "settings", settings("sessions"), SettingsView{}},
		{"about", "about", AboutView{Page: samplePage("About", false), Lede: "A place for growers.", People: 1204, Circles: 88, Posts: 120938, Source: "https://example.org/source"}, AboutView{}},
		{"error", "error", ErrorView{Page: samplePage("Nothing here", false), Status: 404, Message: "There is no page at this address, or it is not for you to see.", Next: Link{Label: "To the front page", Href: "/"}, Request: "0123456789abcdef"}, ErrorView{}},
	}, slices.Concat(memberSamples(), draftSamples(), listSamples(), moderateSamples(), adminSamples(), programSamples(), letterSamples(), gateSamples(), tipSamples(), appealSamples())...)
}

// echoSample serves the samples through the same renderer and headers as the real pages.
func echoSample(s *Server) echo.HandlerFunc {
	return func(c echo.Context) error {
		for _, x := range samples() {
			if x.file == c.Param("file") {
				return s.render(c, 200, x.page, x.view)
			}
		}
		return noPage
	}
}
