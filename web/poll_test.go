package web

import (
	"strings"
	"testing"
	"time"

	"halqa/circles"
)

// A member asks without script; others vote, see the result without voting, and after the end.
func TestPollPages(t *testing.T) {
	h := newHouse(t)
	ada, bob := h.member("ada", circles.SiteAdmin), h.member("bob", circles.SiteMember)
	ada.open("/circles/new")
	ada.send("/circles/new", fill{"name": "gardening", "title": "Gardening"})
	ada.open("/c/gardening/submit")
	ada.send("/c/gardening/submit", fill{"title": "Which one?", "poll": "Leeks\n", "!": "do=post"})
	ada.shows("A poll needs two options at least")
	ada.send("/c/gardening/submit", fill{"title": "Which one?", "poll": "Leeks\nBeans <b>\n\n", "poll-for": "1h", "!": "do=draft"})
	ada.send("/c/gardening/submit", fill{"!": "do=post"})
	post := strings.SplitN(ada.path, "#", 2)[0]
	if !strings.HasPrefix(post, "/post/") {
		t.Fatalf("after posting ada is at %s: %s", ada.path, ada.main())
	}

	bob.open("/c/gardening")
	bob.shows("Poll: 0 people voted")
	bob.open(post)
	bob.shows("Choose one", "Leeks", "Beans &lt;b&gt;", "Show the result", "Open until")
	bob.hides("0 votes")
	bob.open(post + "?results=1")
	bob.shows("0 votes", "Back to voting")
	bob.open(post)
	bob.send(post+"/poll", fill{"choice": "1"})
	bob.shows("Your vote was counted.", "your choice", "1 vote, 100", "1 person voted")
	bob.hides("Show the result", "Back to voting")

	visitor := h.reader()
	visitor.open(post)
	visitor.shows("Leeks", "Log in to vote", "Show the result")
	visitor.hides("1 vote,")
	visitor.open(post + "?results=1")
	visitor.shows("1 vote, 100")

	// Another question discards the votes, and the page says so before.
	ada.open(post + "/edit")
	ada.shows("1 person voted", "discards all votes", "Leeks\nBeans &lt;b&gt;</textarea>")
	ada.send(post+"/edit", fill{"body": "edited"})
	ada.shows("1 person voted", "Leeks")
	ada.open(post + "/edit")
	ada.send(post+"/edit", fill{"poll": "Leeks"})
	ada.shows("A poll needs two options at least")
	ada.send(post+"/edit", fill{"poll": " "})
	ada.shows("cannot be taken off")
	ada.send(post+"/edit", fill{"poll": "Leeks\nRye", "poll-several": "1"})
	bob.open(post)
	bob.shows("Rye", "0 people voted", "Choose")
	bob.hides("Beans", "your choice")
	bob.send(post+"/poll", fill{"choice": "1"})
	bob.shows("1 vote, 100")

	h.mu.Lock()
	h.now = h.now.Add(2 * time.Hour)
	h.mu.Unlock()
	visitor.open(post)
	visitor.shows("Closed", "1 vote, 100")
	visitor.hides("Log in to vote", "Show the result")
	ada.open(post + "/edit")
	ada.shows("its result stands")
	ada.hides(`name="poll"`)
	ada.send(post+"/edit", fill{"body": "edited again"})
	ada.shows("edited again", "1 vote, 100")
}
