package web

import (
	"context"
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// until waits for an expression to be true on the page, also across its leaving for another page: a
// poll that a navigation cuts short begins again on the new one.
func until(t *testing.T, ctx context.Context, what, expression string) {
	t.Helper()
	var err error
	for range 10 {
		if _, err = chromedp.Run(ctx, chromedp.Poll[bool](expression, chromedp.WithPollingTimeout(10*time.Second))); err == nil {
			return
		}
		if !strings.Contains(err.Error(), "navigated") && !strings.Contains(err.Error(), "context") {
			break
		}
	}
	t.Fatalf("%s: %v", what, err)
}

// The modules make the pages quicker and change nothing about what a form does.
func TestModulesInABrowser(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a browser")
	}
	ctx := browser(t)
	site := sampleSite(t)
	mux := site.Config.Handler.(*http.ServeMux)
	s := testServer(t)
	var plain, swapped atomic.Int32
	mux.HandleFunc("POST /post/{id}/vote", func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Halqa-Swap") == "" {
			plain.Add(1)
			http.Redirect(w, r, "/sample/home-member", http.StatusSeeOther)
			return
		}
		swapped.Add(1)
		v := Vote{ID: 12, Up: 1281, Mine: 1, May: true}
		if r.FormValue("vote") == "none" {
			v.Mine, v.Up = 0, 1280
		}
		fmt.Fprint(w, ringDrawer(s.words.Localizer("en"))(v))
	})

	open := func(page string) {
		t.Helper()
		if err := chromedp.Do(ctx, chromedp.Navigate(site.URL+"/sample/"+page)); err != nil {
			t.Fatal(err)
		}
	}
	open("home-member")
	script(t, ctx, `window.here = 1; document.querySelector("#vote-12 [data-key=up]").focus(); document.querySelector("#vote-12 [data-key=up]").click(); ""`)
	until(t, ctx, "the vote shows", `document.querySelector("#vote-12 [data-key=up]").getAttribute("aria-pressed") === "true"`)
	until(t, ctx, "the focus stays on the ring, on the same page", `window.here === 1 && document.activeElement === document.querySelector("#vote-12 [data-key=up]")`)
	script(t, ctx, `document.activeElement.click(); ""`)
	until(t, ctx, "the vote goes back", `document.querySelector("#vote-12 [data-key=up]").getAttribute("aria-pressed") === "false"`)
	if swapped.Load() != 2 || plain.Load() != 0 {
		t.Errorf("%d swapped and %d plain votes, want 2 and 0", swapped.Load(), plain.Load())
	}

	script(t, ctx, `document.querySelector("[data-theme-form] [value=dark]").click(); ""`)
	until(t, ctx, "the theme changes at once", `document.documentElement.dataset.theme === "dark" && getComputedStyle(document.body).backgroundColor === "rgb(23, 21, 18)"`)

	open("post")
	script(t, ctx, `window.before = document.querySelector("a[data-lightbox]"); window.before.focus(); window.before.click(); ""`)
	until(t, ctx, "the photo opens", `document.querySelector("dialog[open] img")?.alt.startsWith("A wooden crate")`)
	script(t, ctx, `document.querySelector("dialog button").click(); ""`)
	until(t, ctx, "the photo closes and the focus is back", `!document.querySelector("dialog") && document.activeElement === window.before`)
	script(t, ctx, `document.querySelector(".acts details.menu summary").click(); ""`)
	until(t, ctx, "a menu opens", `!!document.querySelector("details.menu[open]")`)
	script(t, ctx, `document.body.click(); ""`)
	until(t, ctx, "a click elsewhere closes it", `!document.querySelector("details.menu[open]")`)

	open("compose")
	picture := base64.StdEncoding.EncodeToString(meadow())
	script(t, ctx, `const dt = new DataTransfer(); dt.items.add(new File([Uint8Array.from(atob("`+picture+`"), c => c.charCodeAt(0))], "bed.jpg", {type: "image/jpeg"}));
		const f = document.querySelector("#photos"); f.files = dt.files; f.dispatchEvent(new Event("change", {bubbles: true})); ""`)
	until(t, ctx, "the chosen photo is shown with a field for its description", `document.querySelector("#chosen img")?.naturalWidth === 480 && document.querySelector("#chosen label").htmlFor === document.querySelector("#chosen textarea").id`)
	var sent atomic.Value
	mux.HandleFunc("POST /c/gardening/submit", func(w http.ResponseWriter, r *http.Request) {
		r.ParseMultipartForm(1 << 20)
		sent.Store(fmt.Sprintf("%s|%s|%d", r.FormValue("title"), strings.Join(r.MultipartForm.Value["alt"], ","), len(r.MultipartForm.File["photos"])))
		http.Redirect(w, r, "/sample/post", http.StatusSeeOther)
	})
	script(t, ctx, `document.querySelector("#title").value = "Beds"; document.querySelector("#chosen textarea").value = "A bed."; document.querySelector("main button[value=post]").click(); ""`)
	until(t, ctx, "the post opens after the upload", `location.pathname === "/sample/post"`)
	if got, want := sent.Load(), "Beds|A bed.|1"; got != want {
		t.Errorf("the form sent %v, want %v", got, want)
	}

	// What was typed is kept when the page is left; what the page held already is not.
	left := make(chan string, 10)
	mux.HandleFunc("POST /drafts/{name}", func(w http.ResponseWriter, r *http.Request) {
		r.ParseMultipartForm(1 << 20)
		left <- fmt.Sprintf("%s|%s|%s|%s|%d", r.PathValue("name"), r.FormValue("do"), r.FormValue("title"), r.FormValue("body"), len(r.MultipartForm.File))
		w.WriteHeader(http.StatusNoContent)
	})
	open("compose-draft")
	open("home-member")
	open("compose-draft")
	script(t, ctx, `const body = document.querySelector("main textarea[name=body]"); body.value = "Sown in April. 四月播种"; body.dispatchEvent(new Event("input", {bubbles: true})); ""`)
	open("home-member")
	select {
	case got := <-left:
		if want := "00112233445566ff|leave|Striped tomatoes|Sown in April. 四月播种|0"; got != want {
			t.Errorf("leaving kept %s, want %s", got, want)
		}
	case <-time.After(20 * time.Second):
		t.Error("leaving the page kept nothing")
	}
	if len(left) > 0 {
		t.Errorf("kept once more: %s", <-left)
	}
}
