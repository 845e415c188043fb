package web

import (
	"io"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"halqa/circles"
	"halqa/internal/accounts"
)

// A session that has ended does not take along what was written in it. The login page that answers then
// carries the words of the form, and who logs in there has the form before them again with those words. It
// is not sent for them: they may have waited long, or be somebody else.

const (
	// maxParts bounds the parts of a form whose sender nobody knows yet. The composer's, with ten photos that
	// were uploaded before, has under sixty.
	maxParts = 200

	carriedPrefix = "kept-"
)

// Carried are the words of a form that waits for a login.
type Carried struct {
	To     string // where the form goes; "" = nothing is carried
	Text   string // the longest of it, which is shown
	Fields []CarriedField
	Files  bool // it had photos, which are not kept
}

// A CarriedField is one field of it.
type CarriedField struct{ Name, Value string }

// Field is its name in the login form.
func (c CarriedField) Field() string { return carriedPrefix + c.Name }

// carries reports whether a field holds what somebody wrote or chose in a form for texts. Everything else,
// a password above all, is not repeated to anybody.
func carries(name string) bool {
	switch name {
	case "title", "body", "link", "language", "warning", "sensitive", "poll", "poll-several", "poll-for", "in", "to", "base", "draft", "media", "drop":
		return true
	}
	return strings.HasPrefix(name, "alt-") || strings.HasPrefix(name, "pos-")
}

// loginFirst answers a form with words whose sender is not signed in any more.
func (v *visit) loginFirst() error {
	denied := circles.Errorf(circles.Denied, "Sign in to do that.").With("refused.not-signed-in", nil)
	f, files, err := v.readWords(maxUpload)
	if err != nil {
		return err
	}
	kept := carried(v.Request().URL.EscapedPath(), f, files)
	if f.Get("do") == "leave" || kept.To == "" || v.tellsProgram(denied) { // nobody reads the answer, or there is nothing to keep
		return denied
	}
	view := v.loginView(localPath(kept.To), "")
	view.Kept = kept
	return v.show(http.StatusUnauthorized, "login", view)
}

// carried picks what is kept of a form; To stays empty if that is no words at all.
func carried(to string, f url.Values, files bool) Carried {
	kept := Carried{Files: files}
	for _, name := range slices.Sorted(maps.Keys(f)) {
		if !carries(name) {
			continue
		}
		for _, value := range f[name] {
			if name == "body" && kept.Text == "" {
				kept.Text = value
			} else if value != "" && len(kept.Fields) < maxParts {
				kept.Fields = append(kept.Fields, CarriedField{name, value})
			}
		}
	}
	if strings.TrimSpace(kept.Text+f.Get("title")+f.Get("link")+f.Get("poll")) != "" {
		kept.To = to
	}
	return kept
}

// unpack reads what a login form carries.
func unpack(f url.Values) (kept Carried, words url.Values) {
	words = url.Values{}
	for name, values := range f {
		if name, ok := strings.CutPrefix(name, carriedPrefix); ok && carries(name) {
			words[name] = values
		}
	}
	return carried(f.Get("carry-to"), words, f.Get("carry-files") != ""), words
}

// readWords reads the fields of a form and leaves its files unread, whoever sends it; files says that there
// were some. limit bounds the whole, in bytes, and maxForm the fields. Nothing is written to disk for it.
func (v *visit) readWords(limit int64) (f url.Values, files bool, err error) {
	r := v.Request()
	if kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind != "multipart/form-data" {
		f, err = v.form()
		return f, false, err
	}
	r.Body = http.MaxBytesReader(v.Response(), r.Body, limit)
	parts, err := r.MultipartReader()
	if err != nil {
		return nil, false, badForm(err)
	}
	f = url.Values{}
	room := int64(maxForm)
	for range maxParts {
		part, err := parts.NextPart()
		if err == io.EOF {
			return f, files, nil
		}
		if err != nil {
			return nil, false, badForm(err)
		}
		_, names, _ := mime.ParseMediaType(part.Header.Get("Content-Disposition"))
		if _, file := names["filename"]; file {
			files = files || part.FileName() != ""
			continue
		}
		raw, err := io.ReadAll(io.LimitReader(part, room+1))
		if err != nil {
			return nil, false, badForm(err)
		}
		if room -= int64(len(raw) + len(part.FormName())); room < 0 {
			return nil, false, badForm(&http.MaxBytesError{Limit: maxForm})
		}
		f.Add(part.FormName(), string(raw))
	}
	return nil, false, badForm(&http.MaxBytesError{Limit: maxForm})
}

// resume shows who has just signed in the form that waited, as they left it. The handler of the form does
// that, which is told not to do anything else.
func (v *visit) resume(login *accounts.Login, kept Carried, words url.Values) error {
	m, err := v.s.accounts.Member(v.Request().Context(), login.Token)
	if err != nil {
		return v.lostWords(words, err)
	}
	v.s.setCookie(v.Context, v.s.sessionCookie(), login.Token, sessionFor)
	v.Set(memberKey, m)
	v.member, v.who, v.l = m, m.Viewer, v.s.localizer(v.Context)

	u, err := url.Parse(localPath(kept.To))
	if err != nil {
		return noPage
	}
	r := v.Request().Clone(v.Request().Context())
	r.URL, r.Body, r.MultipartForm = u, http.NoBody, nil
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.PostForm, r.Form = words, words
	v.SetRequest(r)
	v.s.echo.Router().Find(http.MethodPost, echo.GetPath(r), v.Context)
	h, ok := v.s.texts[v.Path()]
	if !ok {
		return v.Redirect(http.StatusSeeOther, "/") // no form of ours goes there
	}
	key, text := "carry.look", "You are logged in again. Nothing has been sent: look it over, and send it."
	if kept.Files {
		key, text = "carry.look-photos", "You are logged in again. Nothing has been sent: look it over, choose the photos again, and send it."
	}
	v.slow, v.resumed = circles.Errorf(circles.Conflict, "%s", text).With(key, nil), true
	err = h(v)
	if err != nil && !v.Response().Committed { // what it was for is not there for them
		return v.lostWords(words, err)
	}
	return err
}

// lostWords gives back what was written where it can not be sent from any more, with the reason.
func (v *visit) lostWords(f url.Values, reason error) error {
	var all []string
	for _, name := range []string{"title", "link", "body", "poll"} {
		if s := strings.TrimSpace(f.Get(name)); s != "" {
			all = append(all, s)
		}
	}
	if len(all) == 0 {
		return reason
	}
	var form Form
	view := LostView{Page: v.page(v.l.T("drafts.lost")), Why: v.l.Error(reason), Body: strings.Join(all, "\n\n")}
	view.NoIndex = true
	resumed := v.resumed
	v.resumed = false // the reason is this one
	defer func() { v.resumed = resumed }()
	return v.show(v.refusedWriting(&form, reason), "lost", view)
}
