package web

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"halqa/circles"
	"halqa/internal/app"
)

// From a report to a removal, a ban and the log that everyone reads.
func TestReportsJourney(t *testing.T) {
	g := newGarden(t)
	bob, ada := g.bob, g.ada
	c := g.comment("Cheap watches here.")
	comment := "/post/" + c.ID.String()
	carol := g.member("carol", circles.SiteMember)
	carol.open(g.path)
	carol.open(carol.action(comment + "/report"))
	carol.shows("Report this comment", "Cheap watches here.", "Nobody else does")
	carol.send(comment+"/report", fill{"text": "It is everywhere."})
	if carol.status != 422 {
		t.Errorf("a report of nothing: %d, want 422", carol.status)
	}
	carol.shows("Choose what is wrong with it.", "It is everywhere.")
	carol.send(comment+"/report", fill{"category": "spam"})
	carol.shows("Your report is with the moderators")

	for who, r := range map[string]*reader{"bob": bob, "carol": carol} {
		for _, path := range []string{"/c/gardening/mod", "/c/gardening/bans", "/mod", "/mod/site"} {
			if r.open(path); r.status != 403 && r.status != 404 {
				t.Errorf("%s opens %s: %d, want 403 or 404", who, path, r.status)
			}
			r.hides("It is everywhere.")
		}
	}
	v := g.reader()
	if v.open("/c/gardening/mod"); !strings.HasPrefix(v.path, "/login") {
		t.Errorf("a visitor opens the reports: %s", v.path)
	}

	ada.open("/c/gardening")
	ada.shows(`href="/c/gardening/mod"`, `<span class="chip warn">1</span>`)
	ada.open("/mod")
	ada.shows("1 open report", "gardening")
	ada.open("/c/gardening/mod")
	ada.shows("Cheap watches here.", "It is everywhere.", "Spam or advertising", "1 person reported this")
	ada.send("/c/gardening/mod", fill{"do": "remove"})
	if ada.status != 422 {
		t.Errorf("a removal without a reason: %d, want 422: %s", ada.status, ada.main())
	}
	ada.shows("Say why it is removed", `aria-invalid="true"`)
	ada.send("/c/gardening/mod", fill{"do": "remove", "reason": "Rule 3, no selling."})
	ada.shows("Removed.", "All clear")
	ada.open("/c/gardening/mod?decided=1")
	ada.shows("Upheld", "removed", "Decided by")
	bob.open(g.path)
	bob.shows("Rule 3, no selling.")

	v.open("/c/gardening/modlog")
	v.shows("removed", "a comment", "Rule 3, no selling.", `title="@bob"`)
	v.hides("Cheap watches here.", `title="@ada"`)
	v.open("/modlog")
	v.shows("Rule 3, no selling.", `href="/c/gardening"`)
	ada.open("/c/gardening/modlog")
	ada.shows(`title="@ada"`)

	// The second one is reported, too, and its author shut out from the list.
	again, err := g.app.Comment(g.ctx(), memberOf(g.house, "bob"), app.NewComment{Parent: g.post.ID, Body: "More watches."})
	g.must(err)
	carol.open("/post/" + again.ID.String() + "/report")
	carol.send("/post/"+again.ID.String()+"/report", fill{"category": "rules"})
	ada.open("/c/gardening/mod")
	ada.send("/c/gardening/mod", fill{"do": "ban", "reason": "Selling again.", "days": "7", "also": "1"})
	ada.shows("They are banned")
	ada.open("/c/gardening/bans")
	ada.shows("@bob@", "Selling again.", "until")
	bob.open(g.path)
	bob.hides(`id="body"`)
	ada.send("/c/gardening/bans", nil)
	ada.shows("The ban is lifted", "Nobody is banned")
	bob.open("/c/gardening")
	bob.send("/c/gardening/join", nil)
	bob.shows("You joined the circle")
}

func TestBansJourney(t *testing.T) {
	g := newGarden(t)
	ada := g.ada
	ada.open("/c/gardening/bans?person=@bob")
	ada.shows(`value="@bob"`)
	form := func(in fill, status int, words string) {
		t.Helper()
		f := find(ada.doc, byID("ban"))
		ada.take(ada.client.PostForm(g.site.URL+"/c/gardening/bans", ada.values(f[0], in)))
		if ada.status != status {
			t.Errorf("banning with %v: %d, want %d", in, ada.status, status)
		}
		ada.shows(words)
	}
	form(fill{"person": "nobody", "reason": "x"}, 422, "Nobody here has that name")
	form(fill{"person": "bob", "reason": ""}, 422, `href="#reason"`)
	form(fill{"person": "@bob", "reason": "Rude."}, 200, "They are banned")
	ada.shows("Rude.", "For good")
	g.bob.open("/c/gardening")
	g.bob.hides(`action="/c/gardening/join"`)
	if g.bob.take(g.bob.client.PostForm(g.site.URL+"/c/gardening/bans", url.Values{"lift": {fmt.Sprint(memberOf(g.house, "bob").Person)}})); g.bob.status != 403 {
		t.Errorf("the banned one lifts a ban: %d, want 403", g.bob.status)
	}
}

// What a member shuts out is gone for them until they let it in again.
func TestBlocksJourney(t *testing.T) {
	g := newGarden(t)
	g.comment("Slugs everywhere.")
	ada := g.ada
	ada.open("/u/bob")
	ada.send("/u/bob/mute", nil)
	ada.shows("Muted.", `action="/u/bob/unmute"`)
	ada.open("/settings/blocks")
	ada.shows("Muted people and circles", `title="@bob"`)
	ada.send("/u/bob/unmute", nil)
	if ada.path != "/settings/blocks" {
		t.Errorf("ending a mute leads to %s", ada.path)
	}
	ada.open("/u/bob")
	ada.send("/u/bob/block", nil)
	ada.shows("You have blocked this person")
	ada.open(g.path)
	ada.hides("Slugs everywhere.")

	bob := g.bob
	bob.open("/c/gardening")
	bob.send("/c/gardening/block", nil)
	bob.shows("You have blocked this circle")
	bob.open("/?feed=all")
	bob.hides("Striped tomatoes")
	bob.open("/settings/blocks")
	bob.send("/c/gardening/unblock", nil)
	bob.open("/?feed=all")
	bob.shows("Striped tomatoes")

	bob.open("/settings/blocks?host=spam.example")
	bob.send("/settings/blocks", fill{"host": "not a host"})
	if bob.status != 422 {
		t.Errorf("blocking what is no server: %d, want 422", bob.status)
	}
	bob.shows(`href="#host"`)
	bob.open("/settings/blocks?host=spam.example")
	bob.send("/settings/blocks", nil)
	bob.shows("spam.example")
	bob.send("/settings/blocks", fill{"!": "do=unblock"})
	bob.hides("spam.example")
}

func TestFollowersAreApproved(t *testing.T) {
	g := newGarden(t)
	ada, bob := g.ada, g.bob
	ada.open("/settings/followers")
	ada.shows("Everybody may follow you at once")
	ada.open("/settings/profile")
	ada.send("/settings/profile", fill{"locked": "1"})
	bob.open("/u/ada")
	bob.send("/u/ada/follow", nil)
	bob.shows("Waiting for an answer")
	ada.open("/settings/followers")
	ada.shows("@bob@")
	ada.send("/settings/followers", fill{"!": "do=accept"})
	ada.shows("They follow you now", "Nobody waits")
	bob.open("/u/ada")
	bob.shows(`action="/u/ada/unfollow"`, "Unfollow")
}

// Pins and locks are for moderators, from the post's menu.
func TestPinsAndLocks(t *testing.T) {
	g := newGarden(t)
	g.ada.open(g.path)
	g.ada.send(g.path+"/pin", nil)
	g.ada.shows("stands first")
	g.ada.send(g.path+"/lock", nil)
	g.ada.open("/c/gardening")
	g.ada.shows("Pinned", "Locked")
	g.bob.open(g.path)
	g.bob.hides(g.path + "/unpin")
	if g.bob.take(g.bob.client.PostForm(g.site.URL+g.path+"/unpin", nil)); g.bob.status != 403 {
		t.Errorf("a member unpins: %d, want 403", g.bob.status)
	}
	g.ada.open(g.path)
	g.ada.send(g.path+"/unpin", nil)
	g.ada.shows("no longer pinned")
}
