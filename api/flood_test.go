package api

import (
	"fmt"
	"net/http"
	"testing"

	"halqa/circles"
	"halqa/internal/accounts"
)

// Whoever sends one bad token after the other is told to wait before the next one is looked at; tokens that
// are remembered go on, and so does what needs none.
func TestAFloodOfBadTokens(t *testing.T) {
	h := newHouse(t)
	ada := h.person("ada", circles.SiteMember)
	h.limits = newLimits(h.clock, 30) // ten a minute without a token
	ada.ask("GET", "/me", nil).is(http.StatusOK)
	bad := h.visitor()
	count := map[int]int{}
	var last *reply
	for i := range 40 {
		bad.token = fmt.Sprintf("eyJhbGciOiJFZERTQSJ9.e30.%d", i)
		last = bad.ask("GET", "/me", nil)
		count[last.status]++
	}
	// The clock of the test moves on with each look, so a few more than ten are looked at.
	if count[http.StatusUnauthorized] < 10 || count[http.StatusTooManyRequests] < 10 || len(count) != 2 {
		t.Errorf("forty bad tokens are answered %v", count)
	}
	if last.status == http.StatusTooManyRequests && last.header.Get("Retry-After") == "" {
		t.Error("nothing says when to come again")
	}
	ada.ask("GET", "/me", nil).is(http.StatusOK)
	h.visitor().ask("GET", "/circles", nil).is(http.StatusOK)
	// Good ones that nobody has seen yet are not counted.
	h.limits = newLimits(h.clock, 30)
	for range 40 {
		token, _, err := h.accounts.MakeTokenFor(h.ctx(), "ada", accounts.NewToken{Name: "test", Scopes: accounts.AllScopes(), Days: 30})
		h.must(err)
		fresh := h.visitor()
		fresh.token = token
		fresh.ask("GET", "/me", nil).is(http.StatusOK)
	}
}
