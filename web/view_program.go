package web

import "time"

// ConsentView is page "consent": a program asks for leave.
type ConsentView struct {
	Page
	Program string
	Website string
	Lead    string // where the person is led back to; "" = nowhere, they carry a code
	Long    bool   // what it gets lives for a year
	Scopes  []ScopeRow
	Ask     []HiddenField
}

// A ScopeRow is something that a program may do, in words.
type ScopeRow struct {
	Label string
	Grave bool
}

// A HiddenField travels with a form.
type HiddenField struct{ Name, Value string }

// CodeView is page "code": what the person carries to a program that cannot be led to.
type CodeView struct {
	Page
	Program string
	Code    string
}

// TokensView is page "tokens", /settings/tokens.
type TokensView struct {
	Page
	Form
	Tabs    []Tab
	Grants  []GrantRow
	Token   string // one that was just made; shown once
	Made    string // its name
	Name    string
	Choices []Option // scopes
	Days    []Option
}

// A GrantRow is leave that the member gave.
type GrantRow struct {
	ID      string
	Name    string
	Program bool // to a program; else it is a token of their own
	Scopes  []ScopeRow
	Since   time.Time
	Used    time.Time // to the hour
	Until   time.Time
}

// API is what the page for people says of the routes for programs.
type API struct {
	Base     string // the path that all begin with
	Document string // the path of the OpenAPI document
	Groups   []ReferenceGroup
}

// ReferenceView is page "reference", /api.
type ReferenceView struct {
	Page
	Base     string
	Document string
	Scopes   []Link // Href is what it lets a program do, in words
	Groups   []ReferenceGroup
}

// A ReferenceGroup is a chapter of it.
type ReferenceGroup struct {
	Name   string
	Title  string
	Routes []ReferenceRow
}

// A ReferenceRow is one route.
type ReferenceRow struct {
	Method, Path, About, Scope string
	Open                       bool // a token is not needed
}

// WebhooksView is page "webhooks", /c/{name}/webhooks.
type WebhooksView struct {
	Page
	Form
	Circle CircleRef
	Tabs   []Tab
	Action string
	Hooks  []WebhookRow
	URL    string
	Events []Option
	Secret string // of one that was just made; shown once
}

// A WebhookRow is an address that is told of what happens in a circle.
type WebhookRow struct {
	ID        int64
	URL       string
	Events    []string
	Delivered time.Time
	Failing   time.Time // since when; zero = it is not
	Status    int
	Error     string
	Disabled  bool
}
