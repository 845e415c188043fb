package web

import "time"

func programSamples() []sample {
	scopes := []ScopeRow{{Label: "Read what you may read"}, {Label: "Moderate where you may", Grave: true}}
	consent := ConsentView{Page: samplePage("Let Lantern act for you?", true), Program: "Lantern", Website: "https://app.example", Lead: "app.example", Scopes: scopes,
		Ask: []HiddenField{{"client_id", "x"}}}
	tokens := TokensView{Page: samplePage("Settings", true), Tabs: []Tab{{Label: "Programs", Href: "/settings/tokens", Current: true}}, Token: "eyJhbGciOiJFZERTQSJ9.e30.c2ln", Made: "Script",
		Grants: []GrantRow{{ID: "1", Name: "Lantern", Program: true, Scopes: scopes, Since: sampleNow.Add(-48 * time.Hour), Used: sampleNow.Add(-time.Hour), Until: sampleNow.Add(900 * time.Hour)},
			{ID: "2", Name: "Script", Scopes: scopes[:1], Since: sampleNow, Used: sampleNow, Until: sampleNow.Add(900 * time.Hour)}},
		Choices: []Option{{Value: "read", Label: "Read what you may read", Selected: true}}, Days: []Option{{Value: "30", Label: "30 days"}}}
	tokens.Refuse("name", "Say what the token is for, so that you know it again.")
	long := consent
	long.Long, long.Lead = true, ""
	return []sample{
		{"consent", "consent", consent, ConsentView{}},
		{"consent-long", "consent", long, ConsentView{}},
		{"code", "code", CodeView{Page: samplePage("Carry this over", true), Program: "Lantern", Code: "k3Yx-example-code"}, CodeView{}},
		{"tokens", "tokens", tokens, TokensView{}},
		{"webhooks", "webhooks", WebhooksView{Page: samplePage("Webhooks", true), Circle: plant, Tabs: []Tab{{Label: "Settings", Href: "/c/gardening/settings"}, {Label: "Gates", Href: "/c/gardening/gates"}, {Label: "Filter", Href: "/c/gardening/filter"}, {Label: "Tips", Href: "/c/gardening/tips"}, {Label: "Webhooks", Href: "/c/gardening/webhooks", Current: true}, {Label: "Reports", Href: "/c/gardening/mod"}}, Action: "/c/gardening/webhooks", Secret: "whsec_c2VjcmV0",
			Hooks: []WebhookRow{{ID: 1, URL: "https://hook.example/a", Events: []string{"posts", "reports"}, Delivered: sampleNow.Add(-time.Hour)},
				{ID: 2, URL: "https://gone.example/b", Events: []string{"posts"}, Failing: sampleNow.Add(-200 * time.Hour), Status: 500, Error: "It is broken.", Disabled: true}},
			Events: []Option{{Value: "post", Label: "posts", Selected: true}}}, WebhooksView{}},
		{"reference", "reference", ReferenceView{Page: samplePage("For programs", false), Base: "https://halqa.test/api/circles/v1", Document: "/api/circles/v1/openapi.json",
			Scopes: []Link{{Label: "read", Href: "Read what you may read"}},
			Groups: []ReferenceGroup{{Name: "read", Title: "Reading", Routes: []ReferenceRow{{Method: "GET", Path: "/api/circles/v1/posts/{id}", About: "A post or comment, whole.", Scope: "read", Open: true}}}}}, ReferenceView{}},
	}
}
