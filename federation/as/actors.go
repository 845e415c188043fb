package as

import (
	"encoding/json"
	"time"
)

// Profile is what all actors of ours have.
type Profile struct {
	ID        string
	Username  string
	Name      string
	Summary   string // HTML
	Markdown  string
	URL       string
	Inbox     string
	Outbox    string
	Followers string
	Following string
	Featured  string
	Shared    string // the shared inbox; PieFed breaks on endpoints without one
	KeyID     string
	KeyPEM    string
	Ed25519ID string // with its Multikey, or both empty
	Ed25519   string
	Icon      *Picture
	Banner    *Picture
	Sensitive bool
	Published time.Time
	Updated   time.Time
}

// A Group is a circle.
type Group struct {
	Profile
	Moderators       string // the collection
	ManuallyApproves bool   // Lemmy reads it as private
	RestrictedToMods bool
	PostingWarning   string
	Gates            json.RawMessage // what the circle asks, in our own namespace; nil = nothing
	TipPolicy        string          // "likes-only" or "off"; "" = tips are taken
	Discoverable     bool            // Lemmy hides a circle from its lists if not
	Indexable        bool
	Languages        []Language
	Tags             []Mark
	AlsoKnownAs      []string
	MovedTo          string
}

// A Person is a member; a Bot is of type Service.
type Person struct {
	Profile
	Bot              bool
	ManuallyApproves bool // followers
	Discoverable     bool
	Indexable        bool
	AlsoKnownAs      []string
	MovedTo          string
	Payments         []Payment
}

// A Payment is a link that leads to a way of paying. // FEP-0ea0
type Payment struct {
	Rel  []string
	Name string
	Href string
}

// An Application is the instance itself.
type Application struct {
	Profile
	Endpoint string // where it takes intents of tips; not a way of paying by itself
}

type actorOut struct {
	ID               string             `json:"id"`
	Type             string             `json:"type"`
	Username         string             `json:"preferredUsername"`
	Name             string             `json:"name"`
	URL              string             `json:"url,omitempty"`
	Summary          string             `json:"summary,omitempty"`
	MediaType        string             `json:"mediaType,omitempty"`
	Source           *source            `json:"source,omitempty"`
	Inbox            string             `json:"inbox"`
	Outbox           string             `json:"outbox"`
	Followers        string             `json:"followers,omitempty"`
	Following        string             `json:"following,omitempty"`
	Featured         string             `json:"featured,omitempty"`
	AttributedTo     string             `json:"attributedTo,omitempty"`
	Moderators       string             `json:"moderators,omitempty"`
	Endpoints        *endpoints         `json:"endpoints,omitempty"`
	PublicKey        publicKey          `json:"publicKey"`
	AssertionMethod  list[multikey]     `json:"assertionMethod,omitempty"`
	Icon             *image             `json:"icon,omitempty"`
	Image            *image             `json:"image,omitempty"`
	ManuallyApproves bool               `json:"manuallyApprovesFollowers"`
	Discoverable     *bool              `json:"discoverable,omitempty"`
	Indexable        *bool              `json:"indexable,omitempty"`
	Sensitive        *bool              `json:"sensitive,omitempty"`
	RestrictedToMods *bool              `json:"postingRestrictedToMods,omitempty"`
	PostingWarning   string             `json:"postingWarning,omitempty"`
	Gates            json.RawMessage    `json:"gates,omitempty"`
	TipPolicy        string             `json:"tipPolicy,omitempty"`
	Language         *list[languageOut] `json:"language,omitempty"`
	Attachment       *list[payment]     `json:"attachment,omitempty"`
	Tag              *list[Mark]        `json:"tag,omitempty"`
	AlsoKnownAs      list[string]       `json:"alsoKnownAs,omitempty"`
	MovedTo          string             `json:"movedTo,omitempty"`
	Published        string             `json:"published,omitempty"`
	Updated          string             `json:"updated,omitempty"`
}

// payment is a Link with all that it is.
type payment struct {
	Type string       `json:"type"`
	Rel  list[string] `json:"rel"`
	Name string       `json:"name,omitempty"`
	Href string       `json:"href"`
}

type endpoints struct {
	SharedInbox string `json:"sharedInbox"`
}

type publicKey struct {
	ID    string `json:"id"`
	Owner string `json:"owner"`
	PEM   string `json:"publicKeyPem"`
}

type multikey struct {
	ID         string `json:"id"`
	Type       string `json:"type"`
	Controller string `json:"controller"`
	Multibase  string `json:"publicKeyMultibase"`
}

func (p Profile) wire(typ string) actorOut {
	w := actorOut{
		ID: p.ID, Type: typ, Username: p.Username, Name: p.Name, URL: p.URL,
		Summary: p.Summary, Source: markdown(p.Markdown), Inbox: p.Inbox, Outbox: p.Outbox,
		Followers: p.Followers, Following: p.Following, Featured: p.Featured,
		PublicKey: publicKey{p.KeyID, p.ID, p.KeyPEM},
		Published: stamp(p.Published), Updated: stamp(p.Updated),
	}
	if p.Summary != "" {
		w.MediaType = "text/html"
	}
	if p.Shared != "" {
		w.Endpoints = &endpoints{p.Shared}
	}
	if p.Ed25519 != "" {
		w.AssertionMethod = list[multikey]{{p.Ed25519ID, "Multikey", p.ID, p.Ed25519}}
	}
	if p.Icon != nil {
		w.Icon = p.Icon.wire()
	}
	if p.Banner != nil {
		w.Image = p.Banner.wire()
	}
	return w
}

// Doc renders the circle.
func (g Group) Doc() Doc {
	w := g.Profile.wire("Group")
	w.AttributedTo, w.Moderators = g.Moderators, g.Moderators
	w.ManuallyApproves = g.ManuallyApproves
	w.Discoverable, w.Indexable = &g.Discoverable, &g.Indexable
	w.Sensitive, w.RestrictedToMods, w.PostingWarning = &g.Sensitive, &g.RestrictedToMods, g.PostingWarning
	w.Gates = g.Gates
	languages, tags := list[languageOut]{}, list[Mark](g.Tags)
	for _, l := range g.Languages {
		languages = append(languages, *l.wire())
	}
	w.Language, w.Tag = &languages, &tags
	w.AlsoKnownAs, w.MovedTo, w.TipPolicy = g.AlsoKnownAs, g.MovedTo, g.TipPolicy
	return Doc{body: render(w), context: withGates(withTips(contextActor, g.TipPolicy), g.Gates != nil)}
}

// Doc renders the member.
func (p Person) Doc() Doc {
	typ := "Person"
	if p.Bot {
		typ = "Service"
	}
	w := p.Profile.wire(typ)
	w.Discoverable, w.Indexable, w.Sensitive = &p.Discoverable, &p.Indexable, &p.Sensitive
	w.AlsoKnownAs, w.MovedTo, w.ManuallyApproves = p.AlsoKnownAs, p.MovedTo, p.ManuallyApproves
	attachment, tags := list[payment]{}, list[Mark]{}
	for _, l := range p.Payments {
		attachment = append(attachment, payment{Type: "Link", Rel: l.Rel, Name: l.Name, Href: l.Href})
	}
	w.Attachment, w.Tag = &attachment, &tags
	return Doc{body: render(w), context: contextActor}
}

// Doc renders the instance. It approves followers by hand, that is: it has none.
func (a Application) Doc() Doc {
	w := a.Profile.wire("Application")
	w.ManuallyApproves = true
	if a.Endpoint != "" {
		w.Attachment = &list[payment]{{Type: "Link", Rel: list[string]{RelEndpoint}, Href: a.Endpoint}}
	}
	return Doc{body: render(w), context: contextActor}
}
