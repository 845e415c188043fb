package as

import (
	"encoding/xml"
	"strings"
)

// ActivityJSON is the media type of everything we send; LDJSON is the same by its other name.
const (
	ActivityJSON = "application/activity+json"
	LDJSON       = `application/ld+json; profile="https://www.w3.org/ns/activitystreams"`
)

// A WebFinger is the answer about one name. // RFC 7033 4.4
type WebFinger struct {
	Subject   string // "acct:gardening@h.example", as asked
	Actor     string // its id
	Type      string // "Group", "Person"…
	Page      string // for people
	Subscribe string // template with {uri}; may be empty
}

// Bytes renders the JRD, for application/jrd+json.
func (f WebFinger) Bytes() []byte {
	type jrdLink struct {
		Rel        string            `json:"rel"`
		Type       string            `json:"type,omitempty"`
		Href       string            `json:"href,omitempty"`
		Template   string            `json:"template,omitempty"`
		Properties map[string]string `json:"properties,omitempty"` // one at most
	}
	links := []jrdLink{}
	aliases := list[string]{f.Actor}
	if f.Page != "" {
		links = append(links, jrdLink{Rel: "http://webfinger.net/rel/profile-page", Type: "text/html", Href: f.Page})
		if f.Page != f.Actor {
			aliases = append(aliases, f.Page)
		}
	}
	links = append(links, jrdLink{Rel: "self", Type: ActivityJSON, Href: f.Actor,
		Properties: map[string]string{"https://www.w3.org/ns/activitystreams#type": f.Type}})
	if f.Subscribe != "" {
		links = append(links, jrdLink{Rel: relSubscribe, Template: f.Subscribe})
	}
	return render(struct {
		Subject string       `json:"subject"`
		Aliases list[string] `json:"aliases"`
		Links   []jrdLink    `json:"links"`
	}{f.Subject, aliases, links})
}

// A NodeInfo is what an instance says of itself. // NodeInfo 2.0, 2.1
type NodeInfo struct {
	Name           string // of the instance
	Description    string
	Version        string // of the software
	Repository     string // only in 2.1
	Homepage       string // only in 2.1
	Open           bool   // anyone may register
	Users          int
	ActiveMonth    int
	ActiveHalfyear int
	Posts          int
	Comments       int
}

// SoftwareName is what peers switch on; it never changes.
const SoftwareName = "halqa"

// Bytes renders the document of schema "2.0" or "2.1".
func (n NodeInfo) Bytes(schema string) []byte {
	type software struct {
		Name       string `json:"name"`
		Version    string `json:"version"`
		Repository string `json:"repository,omitempty"`
		Homepage   string `json:"homepage,omitempty"`
	}
	type users struct {
		Total          int `json:"total"`
		ActiveHalfyear int `json:"activeHalfyear"`
		ActiveMonth    int `json:"activeMonth"`
	}
	sw := software{Name: SoftwareName, Version: n.Version}
	if schema == "2.1" {
		sw.Repository, sw.Homepage = n.Repository, n.Homepage
	}
	return render(struct {
		Version   string       `json:"version"`
		Software  software     `json:"software"`
		Protocols list[string] `json:"protocols"`
		Services  struct {
			Inbound  list[string] `json:"inbound"`
			Outbound list[string] `json:"outbound"`
		} `json:"services"`
		Open  bool `json:"openRegistrations"`
		Usage struct {
			Users    users `json:"users"`
			Posts    int   `json:"localPosts"`
			Comments int   `json:"localComments"`
		} `json:"usage"`
		Metadata struct {
			Name        string `json:"nodeName,omitempty"`
			Description string `json:"nodeDescription,omitempty"`
		} `json:"metadata"`
	}{
		Version: schema, Software: sw, Protocols: list[string]{"activitypub"}, Open: n.Open,
		Usage: struct {
			Users    users `json:"users"`
			Posts    int   `json:"localPosts"`
			Comments int   `json:"localComments"`
		}{users{n.Users, n.ActiveHalfyear, n.ActiveMonth}, n.Posts, n.Comments},
		Metadata: struct {
			Name        string `json:"nodeName,omitempty"`
			Description string `json:"nodeDescription,omitempty"`
		}{n.Name, n.Description},
	})
}

// NodeInfoLinks renders /.well-known/nodeinfo: both schemas, and the instance actor. // FEP-2677
func NodeInfoLinks(v20, v21, instance string) []byte {
	type nodeLink struct {
		Rel  string `json:"rel"`
		Href string `json:"href"`
	}
	return render(struct {
		Links []nodeLink `json:"links"`
	}{[]nodeLink{
		{"http://nodeinfo.diaspora.software/ns/schema/2.0", v20},
		{"http://nodeinfo.diaspora.software/ns/schema/2.1", v21},
		{"https://www.w3.org/ns/activitystreams#Application", instance},
	}})
}

// HostMeta renders /.well-known/host-meta, for application/xrd+xml. template holds {uri}. Mastodon
// asks for it when WebFinger says 404. // RFC 6415
func HostMeta(template string) []byte {
	var b strings.Builder
	b.WriteString(`<?xml version="1.0" encoding="UTF-8"?>` + "\n" +
		`<XRD xmlns="http://docs.oasis-open.org/ns/xri/xrd-1.0"><Link rel="lrdd" template="`)
	_ = xml.EscapeText(&b, []byte(template)) // a Builder does not fail
	b.WriteString(`"/></XRD>` + "\n")
	return []byte(b.String())
}

const (
	relSubscribe = "http://ostatus.org/schema/1.0/subscribe"
	maxTemplate  = 2048 // bytes, as of any address that people follow
)

// A Finger is a peer's WebFinger answer, as far as it matters.
type Finger struct {
	Subject string
	Aliases []string
	Selves  []Self // Lemmy lists a person and a group of the same name

	Subscribe string // template with {uri} of where its people follow and join; may be empty
}

// Self is a link to an actor; Type may be empty.
type Self struct{ Href, Type string }

// ParseWebFinger reads a JRD.
func ParseWebFinger(body []byte) (*Finger, error) {
	doc, err := scan(body)
	if err != nil {
		return nil, err
	}
	v := doc.root()
	f := &Finger{Subject: v.get("subject").text(MaxName), Aliases: v.get("aliases").ids(MaxList)}
	v.get("links").each(func(l value) {
		if t := l.get("template").text(maxTemplate); l.get("rel").str() == relSubscribe && strings.Contains(t, "{uri}") && f.Subscribe == "" {
			f.Subscribe = t
			return
		}
		typ := l.get("type").text(256)
		href := l.get("href").id()
		as := typ == ActivityJSON || strings.HasPrefix(typ, "application/ld+json")
		if l.get("rel").str() != "self" || !as || href == "" || len(f.Selves) >= MaxList {
			return
		}
		f.Selves = append(f.Selves, Self{href, l.get("properties").get("https://www.w3.org/ns/activitystreams#type").text(64)})
	})
	return f, nil
}

// ParseNodeInfoLinks returns the address of the newest NodeInfo document that a peer lists, or "".
func ParseNodeInfoLinks(body []byte) (string, error) {
	doc, err := scan(body)
	if err != nil {
		return "", err
	}
	best, version := "", ""
	doc.root().get("links").each(func(l value) {
		v, ok := strings.CutPrefix(l.get("rel").text(256), "http://nodeinfo.diaspora.software/ns/schema/")
		if href := l.get("href").id(); ok && href != "" && v > version {
			best, version = href, v
		}
	})
	return best, nil
}

// Software is what a peer runs.
type Software struct {
	Name    string // lower case; "" if not said
	Version string
	Users   int
	Open    bool
}

// ParseNodeInfo reads a peer's NodeInfo of any version.
func ParseNodeInfo(body []byte) (Software, error) {
	doc, err := scan(body)
	if err != nil {
		return Software{}, err
	}
	v := doc.root()
	return Software{
		Name:    strings.ToLower(v.get("software").get("name").text(128)),
		Version: v.get("software").get("version").text(128),
		Users:   v.get("usage").get("users").get("total").count(),
		Open:    v.get("openRegistrations").truth(),
	}, nil
}
