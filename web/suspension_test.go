package web

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"halqa/circles"
)

// tryLogin signs in, or is refused.
func (r *reader) tryLogin(name, password string) {
	r.Helper()
	r.open("/login")
	r.send("/login", fill{"name": name, "password": password})
}

// TestASuspendedPersonObjects: who cannot sign in any more reads why, says a word against it, and is let in by
// somebody else than who shut them out.
func TestASuspendedPersonObjects(t *testing.T) {
	h := newHouse(t)
	cy, mo, boss := h.member("cyn", circles.SiteMember), h.member("moe", circles.SiteModerator), h.member("boss", circles.SiteAdmin)
	mo.open("/u/cyn/suspend")
	mo.send("/u/cyn/suspend", fill{"reason": "Nothing but advertising."})

	cy.tryLogin("cyn", "not the password")
	cy.hides("suspended", "/suspension")
	if cy.open("/suspension"); cy.status != http.StatusUnauthorized {
		t.Errorf("without a proof it answers %d: %s", cy.status, cy.main())
	}
	cy.hides("advertising")
	cy.tryLogin("cyn", goodPassword)
	if cy.status != http.StatusForbidden {
		t.Errorf("the right password: %d", cy.status)
	}
	cy.shows("This account is suspended", `href="/suspension"`)
	if cy.open("/settings/profile"); !strings.HasPrefix(cy.path, "/login") {
		t.Errorf("the proof opens %s", cy.path)
	}
	cy.open("/suspension")
	cy.shows("Your account is suspended", "22 Nov", "Nothing but advertising.")
	if cy.send("/suspension", fill{"body": " "}); cy.status != http.StatusUnprocessableEntity {
		t.Errorf("an empty objection: %d", cy.status)
	}
	if cy.send("/suspension", fill{"body": strings.Repeat("x", 2001)}); cy.status != http.StatusUnprocessableEntity {
		t.Errorf("a long objection: %d", cy.status)
	}
	cy.send("/suspension", fill{"body": "Those were my own seeds."})
	cy.shows("Your appeal was sent.", "waits for an answer", "Those were my own seeds.")
	cy.take(cy.client.PostForm(h.site.URL+"/suspension", url.Values{"body": {"And another."}}))
	if cy.status != http.StatusConflict {
		t.Errorf("a second objection: %d", cy.status)
	}
	cy.hides("And another.")

	mo.open("/mod/appeals")
	mo.shows("The suspension of an account", "Those were my own seeds.", "Somebody else answers")
	mo.hides("Grant it")
	boss.open("/mod/appeals")
	boss.shows("The suspension of an account", "@cyn", "Nothing but advertising.", "Those were my own seeds.")
	boss.send("/mod/appeals", fill{"!": "do=grant", "reason": "Seeds are welcome."})
	boss.shows("Granted")

	if cy.open("/suspension"); cy.status != http.StatusUnauthorized {
		t.Errorf("who is let in again still opens it: %d", cy.status)
	}
	cy.tryLogin("cyn", goodPassword)
	if cy.status != http.StatusOK || cy.path != "/" {
		t.Errorf("after the suspension was lifted: %d at %s: %s", cy.status, cy.path, cy.main())
	}
	cy.open("/suspension")
	cy.shows("granted", "Seeds are welcome.")
	if cy.path != "/appeals" {
		t.Errorf("a member is led to %s", cy.path)
	}
	boss.open("/modlog")
	boss.shows("granted an appeal", "Nothing but advertising.")
}

// TestASuspendedPersonHasOneAnswer to each suspension, and can take back what stands in the way of asking.
func TestASuspendedPersonHasOneAnswer(t *testing.T) {
	h := newHouse(t)
	cy, mo, boss := h.member("cyn", circles.SiteMember), h.member("moe", circles.SiteModerator), h.member("boss", circles.SiteAdmin)
	suspend := func(reason string) {
		mo.open("/u/cyn/suspend")
		mo.send("/u/cyn/suspend", fill{"reason": reason})
	}
	suspend("Spam.")
	cy.tryLogin("cyn", goodPassword)
	cy.open("/suspension")
	cy.send("/suspension", fill{"body": "First words"})
	cy.send("/suspension", fill{"!": "do=withdraw"})
	cy.shows("You have taken it back.")
	cy.send("/suspension", fill{"body": "Better words"})
	boss.open("/mod/appeals")
	boss.hides("First words")
	boss.send("/mod/appeals", fill{"!": "do=deny", "reason": "It was spam."})
	cy.open("/suspension")
	cy.shows("denied", "It was spam.")
	cy.take(cy.client.PostForm(h.site.URL+"/suspension", url.Values{"body": {"Once more."}}))
	if cy.status != http.StatusConflict {
		t.Errorf("against an answer: %d", cy.status)
	}
	old := cy.client.Jar.Cookies(mustURL(t, h.site.URL))
	mo.open("/u/cyn/suspend")
	mo.send("/u/cyn/suspend", nil)
	suspend("Spam again.")
	cy.client.Jar.SetCookies(mustURL(t, h.site.URL), old)
	if cy.open("/suspension"); cy.status != http.StatusUnauthorized {
		t.Errorf("the proof of another suspension: %d", cy.status)
	}
	cy.tryLogin("cyn", goodPassword)
	cy.open("/suspension")
	cy.shows("Spam again.")
	cy.send("/suspension", fill{"body": "This one is new."})
	cy.shows("waits for an answer")
	mo.open("/u/cyn/suspend")
	mo.send("/u/cyn/suspend", nil)
	boss.open("/mod/appeals")
	boss.shows("Nobody waits for an answer")
}

func mustURL(t *testing.T, s string) *url.URL {
	t.Helper()
	u, err := url.Parse(s)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// TestTheProofOfASuspendedPerson opens one page for an hour, and is nobody else's.
func TestTheProofOfASuspendedPerson(t *testing.T) {
	h := newHouse(t)
	cy, dora, boss := h.member("cyn", circles.SiteMember), h.member("dora", circles.SiteMember), h.member("boss", circles.SiteAdmin)
	for _, name := range []string{"cyn", "dora"} {
		boss.open("/u/" + name + "/suspend")
		boss.send("/u/"+name+"/suspend", fill{"reason": "Only " + name + " reads this."})
	}
	proof := func(r *reader, name string) string {
		t.Helper()
		r.tryLogin(name, goodPassword)
		for _, k := range r.client.Jar.Cookies(mustURL(t, h.site.URL)) {
			if k.Name == h.objectionCookie() {
				return k.Value
			}
		}
		t.Fatalf("%s has no proof", name)
		return ""
	}
	one, two := proof(cy, "cyn"), proof(dora, "dora")
	raw := func(s string) []byte {
		b, err := base64.RawURLEncoding.DecodeString(s)
		h.must(err)
		return b
	}
	a, b := raw(one), raw(two)
	forged := append(append([]byte{}, b[:8]...), a[8:]...) // dora's id under cyn's seal
	longer := append([]byte{}, a...)
	longer[8]++ // for ever
	open := func(token string) *reader {
		r := h.reader()
		r.client.Jar.SetCookies(mustURL(t, h.site.URL), []*http.Cookie{{Name: h.objectionCookie(), Value: token}})
		r.open("/suspension")
		return r
	}
	for name, token := range map[string]string{"forged": base64.RawURLEncoding.EncodeToString(forged), "longer": base64.RawURLEncoding.EncodeToString(longer),
		"cut": one[:len(one)-2], "empty": "", "noise": strings.Repeat("A", len(one)), "long": strings.Repeat("A", 4000)} {
		r := open(token)
		if r.status != http.StatusUnauthorized {
			t.Errorf("%s: %d", name, r.status)
		}
		r.hides("reads this")
	}
	r := open(one)
	r.shows("Only cyn reads this.")
	// In the place of a session it is nothing.
	s := h.reader()
	s.client.Jar.SetCookies(mustURL(t, h.site.URL), []*http.Cookie{{Name: h.sessionCookie(), Value: one}})
	if s.open("/settings/profile"); !strings.HasPrefix(s.path, "/login") {
		t.Errorf("as a session it opens %s", s.path)
	}
	h.mu.Lock()
	h.now = h.now.Add(time.Hour)
	h.mu.Unlock()
	if r := open(one); r.status != http.StatusUnauthorized {
		t.Errorf("after an hour: %d", r.status)
	}
	// Guesses are counted as those of passwords are.
	last := 0
	for range 40 {
		last = open("guess").status
	}
	if last != http.StatusTooManyRequests {
		t.Errorf("after forty guesses: %d", last)
	}
}
