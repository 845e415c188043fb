package web

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// browser starts the system's Chromium for one test. Where there is none it skips, or fails if
// HALQA_TEST_REQUIRE names browser.
func browser(t *testing.T) context.Context {
	t.Helper()
	missing := t.Skipf
	if required("browser") {
		missing = t.Fatalf
	}
	path, err := exec.LookPath("chromium")
	if err != nil {
		missing("no chromium on this machine")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path), chromedp.UserDataDir(t.TempDir()), chromedp.NoSandbox,
		chromedp.Flag("disable-gpu", true), chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true), chromedp.Flag("no-first-run", true))
	ctx, stop := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(stop)
	ctx, stop = chromedp.NewContext(ctx)
	t.Cleanup(stop)
	if err := chromedp.Do(ctx); err != nil {
		missing("chromium does not start: %v", err)
	}
	ctx, stop = context.WithTimeout(ctx, 15*time.Minute)
	t.Cleanup(stop)
	return ctx
}

// sampleSite serves every sample at /sample/{file} and a picture for every photo.
func sampleSite(t *testing.T) *httptest.Server {
	t.Helper()
	s := testServer(t)
	s.echo.GET("/sample/:file", echoSample(s))
	picture := meadow()
	mux := http.NewServeMux()
	mux.HandleFunc("/media/", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "image/jpeg")
		w.Write(picture)
	})
	mux.Handle("/", s)
	site := httptest.NewUnstartedServer(mux)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	site.Listener = l
	site.Start()
	t.Cleanup(site.Close)
	return site
}

// meadow draws a plain landscape, so that a screenshot shows where photos stand.
func meadow() []byte {
	img := image.NewRGBA(image.Rect(0, 0, 480, 320))
	for y := range 320 {
		for x := range 480 {
			c := color.RGBA{uint8(150 + y/6), uint8(185 + y/9), uint8(215 - y/5), 255}
			if y > 190+(x*x/2400)%40 {
				c = color.RGBA{uint8(70 + x/9), uint8(110 + y/8), 60, 255}
			}
			img.Set(x, y, c)
		}
	}
	var b bytes.Buffer
	jpeg.Encode(&b, img, nil)
	return b.Bytes()
}

// findings lists what is wrong with the page as it stands: what sticks out of it, the controls that
// are too small to hit, and those without a name.
const findings = `(() => {
	const d = document.documentElement, out = [];
	if (d.scrollWidth > d.clientWidth) {
		for (const e of document.querySelectorAll("body *")) {
			const r = e.getBoundingClientRect();
			if ((r.right > d.clientWidth + 1 || r.left < -1) && r.width > 1) out.push("sticks out: " + e.outerHTML.slice(0, 60) + " " + Math.round(r.left) + " to " + Math.round(r.right));
		}
		if (!out.length) out.push("sticks out: something reaches " + d.scrollWidth);
	}
	for (const e of document.querySelectorAll("button, summary, .btn, .ring, .tabs a, .nav a, input:not([type=hidden]), select")) {
		const r = e.getBoundingClientRect();
		const least = e.matches(".pri, .post .ring, input:not([type=checkbox], [type=radio])") ? 44 : 24;
		if (e.checkVisibility() && r.width > 1 && (r.width < least || r.height < least) && !e.closest(".check, .hue")) out.push("too small: " + e.outerHTML.slice(0, 60) + " " + Math.round(r.width) + "x" + Math.round(r.height));
	}
	for (const e of document.querySelectorAll("a[href], button, summary, input:not([type=hidden]), select, textarea")) {
		const named = e.textContent.trim() || e.getAttribute("aria-label") || e.labels?.length || e.querySelector("img:not([alt=''])");
		if (e.checkVisibility() && e.tabIndex >= 0 && !named) out.push("without a name: " + e.outerHTML.slice(0, 80));
	}
	const ids = new Set();
	for (const e of document.querySelectorAll("[id]")) { if (ids.has(e.id)) out.push("an id twice: " + e.id); ids.add(e.id); }
	return out.slice(0, 8).join("\n");
})()`

// look sets the window and opens a page.
func look(t *testing.T, ctx context.Context, url string, width int64, theme string) string {
	t.Helper()
	media := emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: theme}}}
	if _, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, media); err != nil {
		t.Fatal(err)
	}
	if err := chromedp.Do(ctx, chromedp.EmulateViewport(width, 800), chromedp.Navigate(url)); err != nil {
		t.Fatalf("%s at %d: %v", url, width, err)
	}
	return script(t, ctx, findings)
}

func script(t *testing.T, ctx context.Context, code string) string {
	t.Helper()
	s, err := chromedp.Run(ctx, chromedp.Evaluate[string](code))
	if err != nil {
		t.Fatalf("%.80s: %v", code, err)
	}
	return s
}

// Every page stands at four widths, right to left too, with nothing sticking out, no control too
// small or without a name, and nothing that the content security policy had to stop. With
// HALQA_SHOTS set to a folder the pages are also photographed into it, light and dark.
func TestPagesInABrowser(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a browser")
	}
	ctx := browser(t)
	site := sampleSite(t)
	var mu sync.Mutex
	var complaints []string
	err := chromedp.Listen(ctx, func(ev any) {
		mu.Lock()
		defer mu.Unlock()
		switch ev := ev.(type) {
		case *log.EventEntryAdded:
			if ev.Entry.Level == "error" {
				complaints = append(complaints, ev.Entry.Text+" "+ev.Entry.URL)
			}
		case *runtime.EventExceptionThrown:
			complaints = append(complaints, ev.ExceptionDetails.Text)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	names := []string{"/dev/components"}
	for _, c := range samples() {
		names = append(names, "/sample/"+c.file)
	}
	shots, only := os.Getenv("HALQA_SHOTS"), os.Getenv("HALQA_PAGES")
	for _, name := range names {
		if only != "" && !strings.Contains(","+only+",", ","+filepath.Base(name)+",") {
			continue
		}
		for _, width := range []int64{320, 360, 768, 1180} {
			if found := look(t, ctx, site.URL+name, width, "light"); found != "" {
				t.Errorf("%s at %d:\n%s", name, width, found)
			}
			if width == 320 {
				if found := script(t, ctx, `document.documentElement.dir = "rtl"; `+findings); found != "" {
					t.Errorf("%s at %d, right to left:\n%s", name, width, found)
				}
			}
			if shots == "" || width != 360 && width != 1180 {
				continue
			}
			for _, theme := range []string{"light", "dark"} {
				look(t, ctx, site.URL+name, width, theme)
				png, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
				if err != nil {
					t.Fatal(err)
				}
				file := fmt.Sprintf("%s-%d-%s.png", filepath.Base(name), width, theme)
				if err := os.WriteFile(filepath.Join(shots, file), png, 0o644); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	mu.Lock()
	defer mu.Unlock()
	for _, c := range complaints {
		t.Errorf("the browser complains: %s", c)
	}
}
