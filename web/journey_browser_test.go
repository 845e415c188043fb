package web

import (
	"context"
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"halqa/circles"
	"halqa/internal/app"
)

// The same journey in a browser, with its modules and without any script.
func TestJourneyInABrowser(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a browser")
	}
	for _, scripts := range []bool{true, false} {
		t.Run(fmt.Sprintf("scripts=%v", scripts), func(t *testing.T) {
			h := newHouse(t)
			h.open()
			ctx := browser(t)
			if _, err := chromedp.Call(ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: !scripts}); err != nil {
				t.Fatal(err)
			}
			j := &walk{T: t, ctx: ctx, house: h}
			j.run(scripts)
		})
	}
}

// A walk is a person in front of a browser.
type walk struct {
	*testing.T
	ctx   context.Context
	house *house
}

func (w *walk) open(path string) {
	w.Helper()
	if err := chromedp.Do(w.ctx, chromedp.Navigate(w.house.site.URL+path)); err != nil {
		w.Fatal(err)
	}
}

// do runs a piece of script as the hand of the person: the page's own scripts may be off.
func (w *walk) do(code string) {
	w.Helper()
	script(w.T, w.ctx, code+`; ""`)
}

func (w *walk) fill(id, value string) {
	w.Helper()
	w.do(fmt.Sprintf(`document.getElementById(%q).value = %q`, id, value))
}

func (w *walk) press(selector string) {
	w.Helper()
	w.do(fmt.Sprintf(`document.querySelector(%q).click()`, selector))
}

func (w *walk) until(what, expression string) {
	w.Helper()
	until(w.T, w.ctx, what, expression)
}

func (w *walk) says(words string) {
	w.Helper()
	w.until("the page says "+words, fmt.Sprintf(`!!document.querySelector("main")?.innerText.includes(%q)`, words))
}

func (w *walk) run(scripts bool) {
	w.open("/signup")
	w.fill("name", "ada")
	w.fill("password", goodPassword)
	w.press("main .btn.pri")
	w.until("signing up leads home", `location.pathname === "/" && !!document.querySelector(".menu.end")`)
	w.open("/circles/new")
	w.fill("name", "gardening")
	w.fill("title", "Gardening")
	w.press("main .btn.pri")
	w.says("Your circle is there")

	w.open("/c/gardening/submit")
	w.fill("title", "First crate")
	w.fill("body", "Sown in **March**.")
	w.do(`const dt = new DataTransfer(); dt.items.add(new File([Uint8Array.from(atob("` + base64.StdEncoding.EncodeToString(meadow()) + `"), c => c.charCodeAt(0))], "bed.jpg", {type: "image/jpeg"}));
		const f = document.querySelector("#photos"); f.files = dt.files; f.dispatchEvent(new Event("change", {bubbles: true}))`)
	if scripts {
		w.until("the photo has its field", `!!document.querySelector("#chosen textarea")`)
		w.do(`document.querySelector("#chosen textarea").value = "A crate."`)
	}
	w.press("main button[value=post]")
	if !scripts {
		w.says("Before it goes out")
		w.do(`document.querySelector(".slot textarea").value = "A crate."`)
		w.press("main button[value=post]")
	}
	w.says("Your post is out")
	w.until("the photo is there", `[...document.querySelectorAll("article img")].some(i => i.alt === "A crate." && (i.scrollIntoView(), i.complete && i.naturalWidth > 0))`)
	w.do(`window.here = 1`)

	w.fill("body", "Did they split?")
	w.press("#answer .btn.pri")
	w.until("the comment is there", `!!document.querySelector(".thread .cmt")?.innerText.includes("Did they split?")`)
	w.until("the page counts it", `["#talk-title", ".article a[href='#talk']"].every(s => document.querySelector(s).innerText.trim() === "1 comment")`)
	w.press(".article .ring[data-key=up]")
	w.until("the vote shows", `document.querySelector(".article .ring[data-key=up]")?.getAttribute("aria-pressed") === "true"`)
	if scripts {
		w.until("neither left the page", `window.here === 1`)
		w.fill("body", " ")
		w.press("#answer .btn.pri")
		w.until("a refusal stands in its place, with the focus", `window.here === 1 && document.activeElement?.matches(".summary")`)
	}

	w.do(`location.href = document.querySelector(".article .menu a[href$='/edit']").href`)
	w.until("the form for an edit", `location.pathname.endsWith("/edit") && !!document.getElementById("title")`)
	w.fill("title", "First crates")
	w.press("main .btn.pri")
	w.says("Your change is there")
	w.until("the new title", `document.querySelector("h1").innerText === "First crates"`)
	w.do(`location.href = document.querySelector(".article .menu a[href$='/delete']").href`)
	w.until("the question before it", `location.pathname.endsWith("/delete") && !!document.querySelector(".btn.bad")`)
	w.press(".btn.bad")
	w.says("You deleted this")
	w.do(`location.href = document.querySelector(".article .menu a[href$='/restore']").href`)
	w.until("the question before that", `location.pathname.endsWith("/restore") && !!document.querySelector("main form .btn.pri")`)
	w.press("main form .btn.pri")
	w.says("It is back")
	w.until("the post with its photo and its comment", `!!document.querySelector("article img") && !!document.querySelector(".thread .cmt")`)

	// The composer refuses in place, with a script as well.
	w.open("/c/gardening/submit")
	w.fill("title", "x")
	w.do(`const dt = new DataTransfer(); dt.items.add(new File(["no picture"], "notes.txt")); document.querySelector("#photos").files = dt.files`)
	w.press("main button[value=post]")
	w.says("notes.txt")
	if n := strings.Count(w.house.logs.String(), "level=ERROR"); n > 0 {
		w.Errorf("the journey left %d errors in the log:\n%s", n, w.house.logs)
	}
}

// Pages with what a real database holds stand at every width, and nothing sticks out of them. With
// HALQA_SHOTS set to a folder they are photographed into it.
func TestRealPagesInABrowser(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a browser")
	}
	h := newHouse(t)
	paths := furnish(h)
	ctx := browser(t)
	w := &walk{T: t, ctx: ctx, house: h}
	shots := os.Getenv("HALQA_SHOTS")
	shoot := func(name, path string) {
		if found := look(t, ctx, h.site.URL+path, 360, "light"); found != "" {
			t.Errorf("%s at 360:\n%s", path, found)
		}
		if shots == "" {
			return
		}
		for _, width := range []int64{360, 1180} {
			for _, theme := range []string{"light", "dark"} {
				look(t, ctx, h.site.URL+path, width, theme)
				png, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
				h.must(err)
				h.must(os.WriteFile(filepath.Join(shots, fmt.Sprintf("real-%s-%d-%s.png", name, width, theme)), png, 0o644))
			}
		}
	}
	for name, path := range paths {
		if !strings.HasPrefix(path, "/settings") && !strings.HasSuffix(path, "/submit") && !strings.HasSuffix(path, "/settings") && !strings.HasSuffix(path, "/edit") {
			shoot("visitor-"+name, path)
		}
	}
	w.open("/login")
	w.fill("name", "ada")
	w.fill("password", goodPassword)
	w.press("main .btn.pri")
	w.until("logging in leads home", `location.pathname === "/"`)
	for name, path := range paths {
		shoot("member-"+name, path)
	}
	for _, name := range []string{"home", "post", "circle", "settings", "compose"} {
		path := paths[name]
		sep := "?"
		if strings.Contains(path, "?") {
			sep = "&"
		}
		shoot("zh-"+name, path+sep+"lang=zh")
	}
}

// furnish fills an instance with what three people did, and returns pages to look at.
func furnish(h *house) map[string]string {
	h.Helper()
	ctx := h.ctx()
	_, err := h.accounts.Create(ctx, "keeper", goodPassword, circles.SiteAdmin)
	h.must(err)
	people := map[string]circles.Viewer{}
	for name, title := range map[string]string{"ada": "Ada Moreau", "bob": "<Bob>" + strings.Repeat("withoutaspace", 4), "lin": "林 小雨"} {
		_, err := h.accounts.Create(ctx, name, goodPassword, circles.SiteMember)
		h.must(err)
		people[name] = memberOf(h, name)
		h.must(h.app.EditProfile(ctx, people[name], app.Profile{DisplayName: title, Summary: "Allotment, rain, *tomatoes*.", Indexable: true}))
	}
	found := func(owner, name, title, about string, v circles.Visibility) circles.CircleID {
		c, err := h.app.CreateCircle(ctx, people[owner], app.NewCircle{Name: name, Title: title, Description: about, Topic: "garden", Language: "en",
			Rules: "1. Be kind.\n2. Say where you garden: a frost date helps more than a name.", Visibility: v, Hue: glyphHue(name)})
		h.must(err)
		for who, viewer := range people {
			if who != owner {
				_, err := h.app.Join(ctx, viewer, c.CircleID())
				h.must(err)
			}
		}
		return c.CircleID()
	}
	garden := found("ada", "gardening", "Gardening", "Beds, balconies, allotments: what grows, what fails, and **why**.", circles.Public)
	tea := found("lin", "tea", "茶", "喝茶，聊茶。", circles.LocalOnly)
	found("ada", "attic", "The attic", "", circles.MembersOnly)
	upload := func(who string) app.PhotoRef {
		p, err := h.app.Upload(ctx, people[who], strings.NewReader(string(meadow())), 0)
		h.must(err)
		return app.PhotoRef{ID: p.ID, Alt: "A meadow under a pale sky."}
	}
	write := func(who string, in app.NewPost) *circles.Post {
		p, err := h.app.Post(ctx, people[who], in)
		h.must(err)
		return p
	}
	crates := []app.PhotoRef{upload("ada"), upload("ada"), upload("ada")}
	first := write("ada", app.NewPost{Circle: garden, Title: "First crate of the striped tomatoes, and what I would do differently next year", Language: "en",
		Body: "Sown in March under glass, planted out in May.\n\n> Water the soil, not the leaves.\n\n- north row: 4.1 kg\n- south row: 5.6 kg\n\n```\na line of code that is far too long to fit on a telephone without scrolling sideways\n```",
		Link: "https://www.example.org/seeds/striped", Photos: crates})
	write("bob", app.NewPost{Circle: garden, Title: "A wasp on the window sill, close up", Photos: []app.PhotoRef{upload("bob")}, Warning: "Insects, very close, and a good deal more than one line on a telephone has room for"})
	write("lin", app.NewPost{Circle: tea, Title: "今年的白茶到了，先泡一壶给大家看", Language: "zh", Body: "福鼎的寿眉，存了三年，汤色比去年深一些。"})
	write("bob", app.NewPost{Circle: garden, Title: "Averyveryverylongwordthatnobodywouldeverwriteinatitlebutsomebodydoesoneday", Body: strings.Repeat("word ", 80)})
	parent := first.ID
	for i := range 12 {
		who := []string{"bob", "ada", "lin"}[i%3]
		c, err := h.app.Comment(ctx, people[who], app.NewComment{Parent: parent, Body: fmt.Sprintf("Answer %d. Fewer than straw: I cut it, let it wilt for a day, and only then put it down.", i+1)})
		h.must(err)
		if i%4 != 3 {
			parent = c.ID
		}
		_, err = h.app.Vote(ctx, people["ada"], c.ID, []int{1, 0, -1}[i%3])
		h.must(err)
	}
	c, err := h.app.Comment(ctx, people["bob"], app.NewComment{Parent: first.ID, Body: "Buy my seeds."})
	h.must(err)
	_, err = h.app.Comment(ctx, people["lin"], app.NewComment{Parent: c.ID, Body: "请不要在这里卖东西。", Language: "zh"})
	h.must(err)
	h.must(h.app.Remove(ctx, people["ada"], c.ID, "Rule 2, no selling"))
	_, err = h.app.Edit(ctx, people["ada"], first.ID, app.Edit{Title: first.Title, Body: first.Body + "\n\nEdited.", Link: first.Link, Language: "en", Photos: crates})
	h.must(err)
	post := first.Path()
	return map[string]string{
		"home": "/", "top": "/?feed=all&sort=top&t=month", "directory": "/circles", "unknown": "/circles?q=!stars@sky.example", "circle": "/c/gardening",
		"post": post, "focus": post + "?focus=" + parent.String(), "history": post + "/history", "person": "/u/ada", "said": "/u/bob?tab=comments",
		"about": "/about", "new-circle": "/circles/new", "compose": "/c/gardening/submit", "circle-settings": "/c/gardening/settings",
		"edit": post + "/edit", "settings": "/settings/profile", "sessions": "/settings/sessions", "appearance": "/settings/appearance",
	}
}
