package api

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"halqa/internal/accounts"
)

// about is how every scope is explained in the document; the consent page says it in the reader's words.
var about = map[accounts.Scope]string{
	accounts.ScopeRead:          "Read what the owner may read",
	accounts.ScopeNotifications: "Read what the owner was told, and mark it as seen",
	accounts.ScopeWrite:         "Post, comment, vote, save and report in the owner's name",
	accounts.ScopeFollow:        "Join, follow, block and mute in the owner's name",
	accounts.ScopeMessages:      "Read and write the owner's private messages",
	accounts.ScopeTip:           "Give tips, which may be money, in the owner's name, and see those that the owner gave and got",
	accounts.ScopeCircles:       "Open circles and change those that the owner runs",
	accounts.ScopeModerate:      "Moderate where the owner may",
	accounts.ScopeAccount:       "Change the owner's profile and settings, and take back leave",
	accounts.ScopeAdmin:         "Run the instance, if the owner does",
}

// writeDocument makes the OpenAPI document of the table.
func (s *Server) writeDocument() ([]byte, error) {
	known := &schemas{named: object{}}
	problem := object{"description": "A refusal.", "content": object{"application/problem+json": object{"schema": known.of(reflectType(Problem{}), false)}}}
	oauthProblem := object{"description": "A refusal.", "content": object{
		jsonType:                   object{"schema": known.of(reflectType(OAuthProblem{}), false)},
		"application/problem+json": object{"schema": known.of(reflectType(Problem{}), false)}}}
	paths := object{}
	for _, r := range s.routes {
		item, ok := paths[r.path].(object)
		if !ok {
			item = object{}
			paths[r.path] = item
		}
		item[strings.ToLower(r.method)] = s.operation(r, known, problem, oauthProblem)
	}
	scopes := object{}
	for _, one := range accounts.AllScopes() {
		scopes[string(one)] = about[one]
	}
	return json.Marshal(object{
		"openapi": "3.1.0",
		"info": object{"title": "Halqa", "version": "1", "summary": "Everything that the pages can do, for programs.",
			"description": "Ids are strings. Times are UTC. A list has items and, if there is more, next: a cursor, whose address is also in the Link header. " +
				"Refusals are application/problem+json with a stable type. A POST may carry an Idempotency-Key: the same request with the same key is done once and answered alike for 24 hours. " +
				"RateLimit-Limit, RateLimit-Remaining and RateLimit-Reset say how many requests a minute holds, how many are left, and in how many seconds all are back. " +
				"To get a token: register a program, send the person to /oauth/authorize with response_type=code, client_id, redirect_uri, scope, state, code_challenge and code_challenge_method=S256, " +
				"and exchange the code; or let the person make a personal token at /settings/tokens. Send it as Authorization: Bearer and the token. " +
				"A program that registered the grant type refresh_token gets tokens for an hour, and a refresh token that is good once; another one gets a token for a year. " +
				"Who gave the leave can take it back at any time: from then on the answer is 401 with problem-token-revoked. " +
				"A parameter or field that a route does not know is refused."},
		"x-problem-types": problemTypes(),
		"servers":         []any{object{"url": s.o.Origin}},
		"paths":           paths,
		"components": object{
			"schemas": known.named,
			"securitySchemes": object{"oauth": object{"type": "oauth2", "flows": object{"authorizationCode": object{
				"authorizationUrl": s.o.Origin + "/oauth/authorize", "tokenUrl": s.o.Origin + "/oauth/token", "scopes": scopes}}}},
		},
	})
}

// problemTypes are the types of refusals with their titles.
func problemTypes() object {
	all := object{}
	for slug, title := range problemTitles {
		all[problemBase+slug] = title
	}
	return all
}

func (s *Server) operation(r route, known *schemas, problem, oauthProblem object) object {
	op := object{"summary": r.about, "tags": []string{r.group}, "operationId": operationID(r)}
	if r.gates != nil {
		op["x-gates"] = r.gates
	}
	switch {
	case r.scope == "":
		op["security"] = []any{}
		op["description"] = "Without a token: " + r.open + "."
	case r.open != "":
		op["security"] = []any{object{}, object{"oauth": []string{string(r.scope)}}}
		op["description"] = "With or without a token: " + r.open + "."
	default:
		op["security"] = []any{object{"oauth": []string{string(r.scope)}}}
	}
	var params []any
	for _, name := range r.params() {
		schema := object{"type": "string"}
		if name == "id" && !strings.Contains(r.path, "/media/") || name == "person" {
			schema["pattern"] = "^[0-9]{1,16}$"
		}
		params = append(params, object{"name": name, "in": "path", "required": true, "schema": schema})
	}
	for _, p := range r.parameters() {
		schema := object{"type": "string"}
		switch {
		case p.flag:
			schema["type"] = "boolean"
		case p.number:
			schema["type"] = "integer"
		case p.values != nil:
			schema["enum"] = p.values
		}
		params = append(params, object{"name": p.name, "in": "query", "description": p.about, "schema": schema})
	}
	if r.method == http.MethodPost && !r.raw {
		params = append(params, object{"name": "Idempotency-Key", "in": "header", "description": "Names this request, so that sending it again does nothing more.", "schema": object{"type": "string", "maxLength": 200}})
	}
	if params != nil {
		op["parameters"] = params
	}
	switch {
	case r.upload:
		op["requestBody"] = object{"required": true, "content": object{"multipart/form-data": object{"schema": object{"type": "object", "required": []string{"file"},
			"properties": object{"file": object{"type": "string", "contentMediaType": "application/octet-stream"}}}}}}
	case r.in != nil:
		schema := known.of(r.in, !r.raw)
		content := object{jsonType: object{"schema": schema}}
		if r.form {
			content["application/x-www-form-urlencoded"] = object{"schema": schema}
		}
		op["requestBody"] = object{"required": true, "content": content}
	}
	answers := object{"5XX": problem}
	for _, status := range r.statuses() {
		answer := problem
		switch {
		case status == http.StatusNotModified:
			answer = object{"description": "As the If-None-Match has it."}
		case status == r.status && r.binary:
			answer = object{"description": "The file.", "content": object{"image/*": object{}}}
		case status == r.status && r.out == nil:
			answer = object{"description": "Done."}
		case status == r.status:
			answer = object{"description": "As asked.", "content": object{jsonType: object{"schema": known.of(r.out, false)}}}
		case r.raw:
			answer = oauthProblem
		}
		answers[strconv.Itoa(status)] = answer
	}
	op["responses"] = answers
	return op
}

// parameters are all that may stand behind the question mark.
func (r route) parameters() []param {
	all := slices.Clone(r.query)
	if r.paged {
		all = append(all, word("cursor", "next of the page before, with the same parameters."))
	}
	if r.sized {
		all = append(all, number("limit", "How long the page may be: 1 to 100."))
	}
	return all
}

// operationID names a route for generators of clients.
func operationID(r route) string {
	name := strings.ToLower(r.method)
	for _, part := range strings.FieldsFunc(strings.TrimPrefix(r.path, Prefix), func(c rune) bool { return strings.ContainsRune("/{}._-", c) }) {
		name += strings.ToUpper(part[:1]) + part[1:]
	}
	return name
}
