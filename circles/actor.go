package circles

import (
	"slices"
	"strings"
)

// An ActorKind says what an actor is.
type ActorKind string

const (
	KindPerson   ActorKind = "person"
	KindCircle   ActorKind = "circle"
	KindInstance ActorKind = "instance" // a server speaking for itself
	KindService  ActorKind = "service"  // an automatic correspondent, such as the gate
)

// An Actor is what people and circles have in common: a name, an address, a place to deliver to.
type Actor struct {
	ID          ActorID
	Kind        ActorKind
	Name        string // preferredUsername; lower case for local ones
	Host        string // "" for local actors; else an IDNA lower-case host, with a port in test networks
	URI         string // a path for local actors ("/u/alice"), an https address for remote ones
	URL         string // the page for people; "" = the URI
	DisplayName string // plain text; "" = Name
	Summary     string // markdown for local actors, "" for remote ones
	SummaryHTML string // sanitised
	IconMedia   MediaID
	IconURL     string // the remote picture, never sent to a browser as it is
	Emoji       string // small pictures in DisplayName; see NameEmoji

	Inbox       string // remote actors only
	SharedInbox string
	Outbox      string
	Followers   string
	Moderators  string
	KeyID       string
	PublicKey   string // PEM

	Bot       bool
	Locked    bool // approves followers by hand
	Indexable bool

	Published   int64 // UTC microseconds; claimed by its server if remote
	CreatedAt   int64 // first known here
	UpdatedAt   int64
	FetchedAt   int64   // remote: when the document was last read
	DeletedAt   int64   // 0 = not deleted
	SuspendedAt int64   // 0 = not suspended
	MovedTo     string  // where it lives now, as its server or its owner says
	AlsoKnownAs Aliases // other addresses that it says are its own
}

// Aliases are addresses of one actor, separated by spaces.
type Aliases string

// maxAliases bounds what is kept of them; Mastodon takes no more.
const maxAliases = 10

// AliasesOf joins addresses. What has a space in it is none.
func AliasesOf(addresses []string) Aliases {
	var kept []string
	for _, a := range addresses {
		if a != "" && len(a) <= MaxLink && !strings.ContainsAny(a, " \t\r\n") && len(kept) < maxAliases {
			kept = append(kept, a)
		}
	}
	return Aliases(strings.Join(kept, " "))
}

// List returns the addresses.
func (a Aliases) List() []string { return strings.Fields(string(a)) }

// Has reports whether an address is among them.
func (a Aliases) Has(address string) bool { return slices.Contains(a.List(), address) }

// Local reports whether the actor lives on this instance.
func (a *Actor) Local() bool { return a.Host == "" }

// Title is the name to show: the display name, or the user name where none is set.
func (a *Actor) Title() string {
	if a.DisplayName != "" {
		return a.DisplayName
	}
	return a.Name
}

// Path is the local page of an actor: /u/name, /c/name, with @host for remote ones.
func (a *Actor) Path() string {
	prefix := "/u/"
	switch a.Kind {
	case KindCircle:
		prefix = "/c/"
	case KindInstance:
		return "/"
	}
	if a.Local() {
		return prefix + a.Name
	}
	return prefix + a.Name + "@" + a.Host
}

// DeliveryInbox is where activities for this remote actor go: the shared inbox where it has one.
func (a *Actor) DeliveryInbox() string {
	if a.SharedInbox != "" {
		return a.SharedInbox
	}
	return a.Inbox
}

// A Person is an actor that writes and votes.
type Person struct {
	Actor
}

// PersonID returns the person's typed id.
func (p *Person) PersonID() PersonID { return PersonID(p.ID) }

// A SiteRole is what an account may do on this instance, apart from any circle.
type SiteRole string

const (
	SiteMember    SiteRole = "member"
	SiteModerator SiteRole = "moderator"
	SiteAdmin     SiteRole = "admin"
)

// ParseSiteRole reads a role's name.
func ParseSiteRole(s string) (SiteRole, error) {
	switch r := SiteRole(s); r {
	case SiteMember, SiteModerator, SiteAdmin:
		return r, nil
	}
	return "", Errorf(Invalid, "The role must be member, moderator or admin, not %q.", s)
}

// A Viewer is who reads or acts. The zero Viewer is a visitor who is not signed in.
type Viewer struct {
	Person PersonID // 0 = visitor
	Role   SiteRole // "" for visitors and for remote people
	Remote bool     // a person of another instance, proven by a signature
}

// SignedIn reports whether the viewer is a local person.
func (v Viewer) SignedIn() bool { return v.Person != 0 && !v.Remote }

// Moderates reports whether the viewer moderates the whole instance.
func (v Viewer) Moderates() bool { return v.Role == SiteModerator || v.Role == SiteAdmin }
