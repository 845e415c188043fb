package as

import (
	"encoding/json"
	"slices"
	"time"
)

// An Actor is anything that has an inbox: Person, Service, Group, Application, Organization. Nothing
// in it is checked: that ID is where it was fetched from, that keys are its own, that addresses share
// its host.
type Actor struct {
	ID       string
	Type     string
	Username string // preferredUsername
	Name     string // plain text
	Summary  string // HTML; as sent, not cleaned
	Source   Source
	URL      string

	Inbox, Outbox        string
	SharedInbox          string
	Followers, Following string
	Featured             string
	// Moderators is the collection of a Group's moderators: "moderators", or else "attributedTo".
	Moderators   string
	AttributedTo string

	Icon, Image string // addresses of pictures
	Keys        []Key  // at most maxKeys
	Fields      []Attachment
	Tags        []Tag // Emoji of its texts

	ManuallyApproves bool
	RestrictedToMods bool   // only moderators may post (postingRestrictedToMods)
	PostingWarning   string // PieFed: shown to a person before they post
	Sensitive        bool
	Discoverable     *bool // nil if not said
	Indexable        *bool
	Suspended        bool
	TipPolicy        string // of a circle of our kind
	Languages        []string

	Published, Updated time.Time
	MovedTo            string
	AlsoKnownAs        []string
	Proof              bool
	Raw                json.RawMessage
}

// A Key is one of an actor's public keys: PEM from publicKey, or Multibase from assertionMethod.
type Key struct {
	ID        string
	Owner     string // or controller
	PEM       string
	Multibase string
}

const (
	maxKeys   = 10 // what Mastodon reads
	maxKeyPEM = 8 << 10
)

// IsGroup reports whether the actor is a board rather than somebody.
func (a *Actor) IsGroup() bool { return a.Type == "Group" }

// Key returns the key with this id, comparing whole addresses.
func (a *Actor) Key(id string) (Key, bool) {
	i := slices.IndexFunc(a.Keys, func(k Key) bool { return k.ID == id })
	if i < 0 {
		return Key{}, false
	}
	return a.Keys[i], true
}

// ParseActor reads an actor. A stub with a key and nothing else, as GoToSocial serves under a key's
// address, is an Actor without inbox.
func ParseActor(raw []byte) (*Actor, error) {
	doc, err := scan(raw)
	if err != nil {
		return nil, err
	}
	return actor(doc.root())
}

func actor(v value) (*Actor, error) {
	p, err := viewActor(v)
	if err != nil {
		return nil, err
	}
	a := &Actor{
		ID: v.get("id").id(), Type: v.typ(),
		Username: v.get("preferredUsername").text(256),
		Name:     text(p.GetActivityStreamsName(), v, "name", MaxName),
		Summary:  text(p.GetActivityStreamsSummary(), v, "summary", MaxSummary),
		Source: Source{
			Content:   v.get("source").get("content").text(MaxSummary),
			MediaType: v.get("source").get("mediaType").text(128),
		},
		URL:   page(v.get("url")),
		Inbox: v.get("inbox").id(), Outbox: v.get("outbox").id(),
		SharedInbox: v.get("endpoints").get("sharedInbox").id(),
		Followers:   v.get("followers").id(), Following: v.get("following").id(),
		Featured:     v.get("featured").id(),
		Moderators:   v.get("moderators").id(),
		AttributedTo: v.get("attributedTo").id(),
		Tags:         tags(v.get("tag")),
		Icon:         picture(v.get("icon")), Image: picture(v.get("image")),
		Fields:           attachments(v.get("attachment")),
		ManuallyApproves: v.get("manuallyApprovesFollowers").truth(),
		RestrictedToMods: v.get("postingRestrictedToMods").truth(),
		PostingWarning:   v.get("postingWarning").text(MaxName),
		Sensitive:        v.get("sensitive").truth(),
		Indexable:        v.get("indexable").flag(),
		Suspended:        v.get("suspended").truth(),
		TipPolicy:        v.get("tipPolicy").text(16),
		Published:        moment(p.GetActivityStreamsPublished(), v, "published"),
		Updated:          v.get("updated").time(),
		MovedTo:          v.get("movedTo").id(),
		AlsoKnownAs:      v.get("alsoKnownAs").ids(MaxList),
		Proof:            !v.get("proof").absent(),
		Raw:              v.raw(),
	}
	if d := p.GetTootDiscoverable(); d != nil && d.IsXMLSchemaBoolean() {
		b := d.Get()
		a.Discoverable = &b
	}
	if a.Moderators == "" && a.Type == "Group" {
		a.Moderators = a.AttributedTo
	}
	v.get("language").each(func(e value) {
		if code := language(e); code != "" && len(a.Languages) < MaxList {
			a.Languages = append(a.Languages, code)
		}
	})
	a.keys(v)
	return a, nil
}

// picture reads an Image, the first of several, or a bare address.
func picture(v value) string { return attachment(v.first()).URL }

func (a *Actor) keys(v value) {
	add := func(k Key) {
		if len(a.Keys) < maxKeys && (k.PEM != "" || k.Multibase != "") {
			a.Keys = append(a.Keys, k)
		}
	}
	v.get("publicKey").each(func(k value) {
		pem := k.get("publicKeyPem").str()
		if len(pem) > maxKeyPEM {
			return
		}
		add(Key{ID: k.get("id").id(), Owner: k.get("owner").id(), PEM: pem})
	})
	v.get("assertionMethod").each(func(k value) {
		add(Key{ID: k.get("id").id(), Owner: k.get("controller").id(), Multibase: k.get("publicKeyMultibase").text(256)})
	})
}
