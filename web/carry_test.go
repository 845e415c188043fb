package web

import (
	"bytes"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"halqa/circles"
	"halqa/internal/app"
)

const hostile = "\nFirst </textarea><script>alert(1)</script> \"quoted\" &amp; 中文\x00\xff end"

// expire ends the session of a reader on the server: the browser does not know.
func (r *reader) expire(name string) {
	r.Helper()
	all, err := r.accounts.Sessions(r.ctx(), memberOf(r.house, name))
	r.must(err)
	for _, s := range all {
		r.must(r.accounts.EndSession(r.ctx(), memberOf(r.house, name), s.ID))
	}
}

// offers reports whether the page has a form that goes there.
func (r *reader) offers(action string) bool {
	return len(find(r.doc, func(n *html.Node) bool { return n.Data == "form" && attr(n, "action") == action })) > 0
}

// returns signs in on the page that a form with words was answered by.
func (r *reader) returns(name string) {
	r.Helper()
	if r.status != http.StatusUnauthorized {
		r.Fatalf("a form without a session: %d, want 401: %s", r.status, r.main())
	}
	r.shows("Your session has ended")
	r.hides("<script>alert")
	r.send("/login", fill{"name": name, "password": "wrong"})
	if r.status != http.StatusUnprocessableEntity {
		r.Errorf("a wrong password: %d, want 422", r.status)
	}
	r.send("/login", fill{"name": name, "password": goodPassword})
	if r.status != http.StatusOK {
		r.Fatalf("signed in again: %d: %s", r.status, r.main())
	}
	r.hides("<script>alert", goodPassword)
}

// What was written in a session that has ended is put before its author again, and is not sent for them.
func TestWordsOutliveTheSession(t *testing.T) {
	g := newGarden(t)
	bob := g.bob
	bob.client.Transport, g.ada.client.Transport = nil, nil // with every gate shut another form comes back
	author := memberOf(g.house, "bob")
	want := strings.Split(strings.Trim(hostile, "\n"), "\x00")[0] // as far as a page can say it

	t.Run("comment", func(t *testing.T) {
		bob.open(g.path)
		bob.expire("bob")
		bob.send(g.path+"/reply", fill{"body": hostile, "!": "do=send"})
		bob.returns("bob")
		bob.shows("Nothing has been sent", "Nothing is lost")
		if got := bob.values(bob.form(g.path+"/reply"), nil).Get("body"); !strings.Contains(got, want) {
			t.Errorf("the form has %q", got)
		}
		th, err := g.app.Thread(g.ctx(), author, g.post.ID, app.ThreadQuery{})
		g.must(err)
		if len(th.Comments) != 0 {
			t.Error("it was sent by signing in")
		}
		bob.send(g.path+"/reply", fill{"!": "do=send"})
		bob.shows("Your comment is there", "&lt;script&gt;")
	})
	t.Run("post", func(t *testing.T) {
		bob.open("/c/gardening/submit")
		bob.send("/c/gardening/submit", fill{"title": "Beds", "!": "do=draft"}, file{"photos", "bed.jpg", meadow()})
		bob.expire("bob")
		bob.send("/c/gardening/submit", fill{"!": "do=words"})
		bob.returns("bob")
		form := fill{"title": "Beds <b>", "body": hostile, "link": "https://example.org/a?b=c", "poll": "Leeks\nBeans", "poll-several": "1", "poll-for": "6h",
			"warning": "mud", "sensitive": "1", "!": "do=post"}
		bob.expire("bob")
		bob.send("/c/gardening/submit", form, file{"photos", "second.jpg", meadow()})
		bob.shows("Only the photos have to be chosen again")
		bob.returns("bob")
		bob.shows("choose the photos again", "Nothing is lost", `name="media"`, "Leeks\nBeans</textarea>")
		got := bob.values(bob.form("/c/gardening/submit"), nil)
		for _, name := range []string{"title", "link", "poll-several", "poll-for", "warning", "sensitive"} {
			if got.Get(name) != form[name] {
				t.Errorf("%s came back as %q, want %q", name, got.Get(name), form[name])
			}
		}
		bob.send("/c/gardening/submit", fill{"!": "do=post"})
		bob.send("/c/gardening/submit", fill{"!": "do=post"})
		bob.shows("Your post is out", "Beds &lt;b&gt;")
		bob.hides("<script>alert")
	})
	t.Run("edit", func(t *testing.T) {
		g.ada.open(g.path + "/edit")
		g.ada.expire("ada")
		g.ada.send(g.path+"/edit", fill{"body": "A long afternoon of writing."})
		g.ada.returns("ada")
		g.ada.shows("A long afternoon of writing.", "Nothing has been sent")
		g.ada.send(g.path+"/edit", nil)
		g.ada.shows("Your change is there", "A long afternoon of writing.")
		// Another who signs in there gets the words, not the form.
		g.ada.open(g.path + "/edit")
		g.ada.expire("ada")
		g.ada.send(g.path+"/edit", fill{"body": "A second afternoon."})
		g.ada.send("/login", fill{"name": "bob", "password": goodPassword})
		g.ada.shows("A second afternoon.", "Only its author")
		if g.ada.offers(g.path + "/edit") {
			t.Error("somebody else is offered the form")
		}
	})
	t.Run("message", func(t *testing.T) {
		bob.open("/messages/ada")
		bob.expire("bob")
		bob.send("/messages/ada", fill{"body": hostile})
		bob.returns("bob")
		bob.shows("Nothing has been sent")
		if got := bob.values(bob.form("/messages/ada"), nil).Get("body"); !strings.Contains(got, want) {
			t.Errorf("the form has %q", got)
		}
		bob.send("/messages/ada", nil)
		bob.shows("&lt;script&gt;")
	})
	t.Run("gone", func(t *testing.T) {
		bob.open(g.path)
		bob.expire("bob")
		bob.send(g.path+"/reply", fill{"body": "into the void"})
		g.must(g.app.Delete(g.ctx(), memberOf(g.house, "ada"), g.post.ID))
		bob.send("/login", fill{"name": "bob", "password": goodPassword})
		bob.shows("into the void")
	})
}

// A login page carries words for forms of ours and nothing else, and nothing without bound.
func TestCarriedFormsAreBounded(t *testing.T) {
	g := newGarden(t)
	v := g.reader()
	post := func(path string, form url.Values) {
		t.Helper()
		v.take(v.client.PostForm(g.site.URL+path, form))
	}
	post(g.path+"/reply", url.Values{"body": {"x"}, "password": {"hush hush"}, "other": {"hidden"}, "do": {"send"}})
	v.shows("kept-body")
	v.hides("hush hush", "hidden\n", "kept-password", "kept-other", "kept-do")
	for _, form := range []url.Values{{}, {"body": {" \n"}}, {"body": {"left"}, "do": {"leave"}}} {
		if post(g.path+"/reply", form); v.status != 401 || v.offers("/login") {
			t.Errorf("%v: %d with a form, want 401 without", form, v.status)
		}
	}
	if post("/post/11/vote", url.Values{"vote": {"up"}, "body": {"words"}}); v.status != 401 || strings.Contains(v.html, "words</textarea>") {
		t.Errorf("a form without words: %d", v.status)
	}
	if post(g.path+"/reply", url.Values{"body": {strings.Repeat("x", maxForm)}}); v.status != http.StatusRequestEntityTooLarge {
		t.Errorf("a form that is too large: %d, want 413", v.status)
	}
	many := url.Values{"body": {"x"}}
	for i := range 5000 {
		many.Set("alt-"+strconv.Itoa(i), "y")
	}
	if post(g.path+"/reply", many); v.status != 401 || strings.Count(v.html, `name="kept-`) > maxParts+1 {
		t.Errorf("many fields: %d, %d kept", v.status, strings.Count(v.html, `name="kept-`))
	}
	parts := func(write func(*multipart.Writer)) {
		t.Helper()
		var b bytes.Buffer
		w := multipart.NewWriter(&b)
		write(w)
		w.Close()
		v.take(v.client.Post(g.site.URL+"/c/gardening/submit", w.FormDataContentType(), &b))
	}
	parts(func(w *multipart.Writer) {
		for range maxParts + 1 {
			w.WriteField("alt", "x")
		}
	})
	if v.status != http.StatusRequestEntityTooLarge {
		t.Errorf("too many parts: %d, want 413", v.status)
	}
	parts(func(w *multipart.Writer) {
		for range 3 {
			w.WriteField("body", strings.Repeat("x", maxForm/2))
		}
	})
	if v.status != http.StatusRequestEntityTooLarge {
		t.Errorf("parts that are too large: %d, want 413", v.status)
	}
	parts(func(w *multipart.Writer) {
		f, _ := w.CreateFormFile("photos", "<b>.jpg")
		io.CopyN(f, endless{}, 3*maxForm)
		w.WriteField("title", "After a photo")
	})
	v.shows("After a photo", "Only the photos")
	v.hides("&lt;b&gt;.jpg")
	resp, err := v.client.Post(g.site.URL+"/c/gardening/submit", "multipart/form-data; boundary=x", strings.NewReader("--x\r\nbroken"))
	if v.take(resp, err); v.status != 422 {
		t.Errorf("a damaged form: %d, want 422", v.status)
	}

	// Where the words are to go is checked when somebody has signed in.
	for _, to := range []string{"https://evil.example/x", "//evil.example", "/post/" + g.post.ID.String() + "/delete", "/settings/password", "/nowhere", "\\evil"} {
		r := g.reader()
		r.open("/login")
		r.take(r.client.PostForm(g.site.URL+"/login", url.Values{"name": {"bob"}, "password": {goodPassword}, "carry-to": {to}, "kept-body": {"words"}}))
		if !strings.HasPrefix(r.path, "/") || r.status != 200 || strings.Contains(r.html, "words") {
			t.Errorf("carried to %s: at %s with %d", to, r.path, r.status)
		}
	}
	th, err := g.app.Thread(g.ctx(), circles.Viewer{}, g.post.ID, app.ThreadQuery{})
	g.must(err)
	if th.Post.State != circles.Visible || len(th.Comments) != 0 {
		t.Error("a login did something")
	}
}
