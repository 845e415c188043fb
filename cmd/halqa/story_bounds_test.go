package main

import (
	"strings"
	"testing"

	"halqa/circles"
	"halqa/internal/accounts"
)

// An admin lets operators ask for a week at most. One who asks for ten days of who comments is told which gate,
// which path and why, in the editor's answer to a program; asks for a week, which is announced; and what the
// circle asks then is public.
func TestAnOperatorAsksMoreThanTheBoundsAllow(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	w.person("max", circles.SiteMember)
	token := func(name string) *program {
		p := newProgram(t, w.h.site.Base)
		var err error
		p.token, _, err = w.h.accounts.MakeTokenFor(t.Context(), name, accounts.NewToken{Name: "story", Scopes: accounts.AllScopes(), Days: 1})
		w.must(err)
		return p
	}
	ann, max := token("ann"), token("max")
	made := max.do(201, "POST", "/circles", map[string]any{"name": "chess", "title": "Chess"})
	at := "/circles/" + made.text("circle", "id") + "/gates"
	ann.do(204, "PUT", "/gates/bounds", map[string]any{"days": 7, "comment_days": 7})
	ask := func(days int) map[string]any {
		return map[string]any{"reason": "Beginners read first", "language": "en", "settings": map[string]any{"gates": map[string]any{"comment": map[string]any{
			"any":  []any{[]any{map[string]any{"fact": "operator_approved", "eq": true}}, []any{map[string]any{"fact": "days_known_here", "gte": days}}},
			"else": "hold"}}}}
	}
	refused := max.do(422, "PUT", at, ask(10))
	if want := "comment, path 2: it asks 10 days known here; at most 7 days known here may be asked here"; !strings.HasPrefix(refused.text("detail"), want) || refused.text("field") != "comment" {
		t.Errorf("refused at %q with %q, want %q", refused.text("field"), refused.text("detail"), want)
	}
	max.do(403, "PUT", "/gates/bounds", map[string]any{"days": 30})
	if said := max.do(200, "PUT", at, ask(7)); said["tighter"] != true || said.text("holds_at") == "" {
		t.Errorf("a week is answered with %v", said)
	}
	anyone := newProgram(t, w.h.site.Base)
	now := anyone.do(200, "GET", at, nil)
	if got := now.at("next", "gates", "comment", "any", 1, 0, "gte"); got != 7.0 || now.text("next_reason") != "Beginners read first" || now.at("bounds", "comment_days") != 7.0 {
		t.Errorf("announced is %v", now)
	}
	r := newBrowser(t, w.h.site.Base)
	r.open("/gates/log")
	if !strings.Contains(r.html, "What operators may ask was changed") {
		t.Error("the bounds changed and the public log does not tell")
	}
}
