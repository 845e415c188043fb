package api

import (
	"encoding/json"
	"strings"
	"testing"

	"halqa/circles"
)

// TestGatesThatCannotBe: a gate that cannot be reached, contradicts itself, asks more than the bounds allow or
// asks what is not known is refused, the sentence says which gate, which path and why, and nothing changes.
func TestGatesThatCannotBe(t *testing.T) {
	h := newHouse(t)
	ann := h.person("ann", circles.SiteAdmin)
	var garden CircleView
	ann.post("/circles", m{"name": "gardening"}, &garden)
	at := path("/circles/%s/gates", garden.Circle.ID)
	const person = `[{"fact":"operator_approved","eq":true}]`
	read := func() string {
		var now struct{ Settings json.RawMessage }
		ann.get(at, &now)
		return string(now.Settings)
	}
	before := read()
	for _, c := range []struct{ name, settings, field, says string }{
		{"unreachable", `{"gates":{"post":{"any":[[{"fact":"days_known_here","gte":14}],` + person + `],"else":"hold"},"comment":{"any":[` + person + `,[{"fact":"accepted_contributions","scope":"circle","gte":1}]],"else":"hold"}}}`,
			"comment", "comment, path 2: a new account that may not comment here cannot have 1 accepted contribution in this circle within 14 days"},
		{"members alone", `{"gates":{"join":{"any":[[{"fact":"membership_days","gte":1}],` + person + `],"else":"deny"}}}`, "join", "join, path 1: nobody is a member before joining"},
		{"asked twice", `{"gates":{"comment":{"any":[[{"fact":"days_known_here","gte":1},{"fact":"days_known_here","gte":2}]],"else":"hold"}}}`, "comment", "comment, path 1: days_known_here is asked twice"},
		{"more than there is", `{"gates":{"react":{"any":[[{"fact":"operator_approved","gte":2}]],"else":"deny"}}}`, "react", "react, path 1: nobody ever has operator_approved of 2"},
		{"too many days", `{"gates":{"comment":{"any":[` + person + `,[{"fact":"days_known_here","gte":15}]],"else":"hold"}}}`, "comment", "comment, path 2: it asks 15 days known here; at most 14 days known here may be asked here"},
		{"too high a tier", `{"gates":{"react":{"any":[[{"fact":"tier","gte":"trusted"}]],"else":"deny"}}}`, "react", "react, path 1: it asks being Trusted; at most being a Regular may be asked here"},
		{"nobody's word", `{"gates":{"comment":{"any":[[{"fact":"days_known_here","gte":1}]],"else":"hold"}}}`, "comment", "comment: no path is opened by a vouch or an approval alone"},
		{"people alone", `{"gates":{"comment":{"any":[` + person + `],"else":"hold"}}}`, "comment", "comment: every path waits for other people"},
		{"money", `{"gates":{"comment":{"any":[` + person + `,[{"fact":"days_known_here","gte":1}],[{"fact":"tips_given","gte":1}]],"else":"hold"}}}`, "comment", `comment, path 3: there is no fact "tips_given"`},
		{"a name", `{"gates":{"post":{"any":[[{"fact":"legal_name","eq":true}]],"else":"hold"}}}`, "post", `post, path 1: there is no fact "legal_name"`},
		{"good conduct shuts", `{"gates":{"comment":{"any":[` + person + `,[{"fact":"standing","lte":5}]],"else":"hold"}}}`, "comment", "comment, path 2: standing cannot be asked as lte: good conduct never removes access"},
		{"strikes wanted", `{"gates":{"comment":{"any":[[{"fact":"strikes_90d","gte":1}]],"else":"hold"}}}`, "comment", "comment, path 1: strikes_90d can only be asked as lte"},
		{"a direction too many", `{"gates":{"comment":{"any":[[{"fact":"standing","gte":1,"lte":5}]],"else":"hold"}}}`, "comment", "comment, path 1: standing wants exactly one of gte, lte and eq"},
		{"a negation", `{"gates":{"comment":{"any":[[{"fact":"standing","gte":1,"not":true}]],"else":"hold"}}}`, "comment", `comment, path 1: json: unknown field "not"`},
		{"words for a number", `{"gates":{"comment":{"any":[[{"fact":"days_known_here","gte":"ten"}]],"else":"hold"}}}`, "comment", "comment, path 1: JSON of the kind string cannot stand there"},
		{"another scope", `{"gates":{"post":{"any":[[{"fact":"days_known_here","scope":"circle","gte":1}]],"else":"hold"}}}`, "post", "post, path 1: days_known_here is not kept for the circle"},
		{"what can never be gated", `{"gates":{"appeal":{"any":[` + person + `],"else":"deny"}}}`, "appeal", "appeal: there is no such action; reading, reporting, blocking, appealing, leaving and exporting can never be gated"},
		{"another outcome", `{"gates":{"react":{"any":[[{"fact":"days_known_here","gte":1}]],"else":"hold"}}}`, "react", "react: it cannot be held, only allowed or denied"},
		{"five paths", `{"gates":{"react":{"any":[` + strings.Repeat(`[{"fact":"days_known_here","gte":1}],`, 4) + person + `],"else":"deny"}}}`, "react", "react: 5 paths; at most 4"},
		{"speech switched off", `{"off":{"comment":true}}`, "comment", "comment: it cannot be switched off here"},
		{"every first post held", `{"limits":{"comment":{"first_held":1}}}`, "comment", "leave people to an operator's silence"},
		{"a limit of another kind", `{"limits":{"comment":{"per_week":1}}}`, "settings", `comment: json: unknown field "per_week"`},
		{"a place of another kind", `{"gates":{"create_circle":{"any":[` + person + `],"else":"deny"}}}`, "create_circle", "create_circle: this gate does not stand here"},
		{"a list", `{"gates":{"comment":[]}}`, "settings", "comment: JSON of the kind array cannot stand there"},
		{"not settings", `{"doors":{}}`, "settings", `settings: json: unknown field "doors"`},
	} {
		for _, preview := range []bool{true, false} {
			p := ann.ask("PUT", at, m{"settings": json.RawMessage(c.settings), "reason": "so", "preview": preview}).problem(422, "invalid")
			if !strings.Contains(p.Detail, c.says) || p.Field != c.field && p.Field != "settings" {
				t.Errorf("%s: refused at %q with %q, want %q with %q", c.name, p.Field, p.Detail, c.field, c.says)
			}
		}
	}
	if after := read(); after != before {
		t.Errorf("refused, and the settings are %s, were %s", after, before)
	}
}
