package circles

// A Visibility is a circle's audience. It is chosen when the circle is made; later it can change
// only within what it promised: public and unlisted are federated, local and members are not.
type Visibility string

const (
	Public      Visibility = "public"   // anyone, in every feed, federated
	Unlisted    Visibility = "unlisted" // anyone with the address, federated, in no directory or common feed
	LocalOnly   Visibility = "local"    // people signed in on this instance; nothing leaves it
	MembersOnly Visibility = "members"  // its members, who are local; nothing leaves the instance
)

// Federated reports whether posts of such a circle leave the instance.
func (v Visibility) Federated() bool { return v == Public || v == Unlisted }

// ParseVisibility reads a visibility's name.
func ParseVisibility(s string) (Visibility, error) {
	switch v := Visibility(s); v {
	case Public, Unlisted, LocalOnly, MembersOnly:
		return v, nil
	}
	return "", FieldErrorf(Invalid, "visibility", "The visibility must be public, unlisted, local or members, not %q.", s)
}

// A Posting mode says who may start a post in a circle. Comments are not concerned.
type Posting string

const (
	PostingOpen      Posting = "open"
	PostingOperators Posting = "operators"
)

// ParsePosting reads a posting mode's name.
func ParsePosting(s string) (Posting, error) {
	switch p := Posting(s); p {
	case PostingOpen, PostingOperators:
		return p, nil
	}
	return "", FieldErrorf(Invalid, "posting", "Posting must be open or operators, not %q.", s)
}

// A Circle is a group of people around an interest.
type Circle struct {
	Actor
	Topic      string
	Language   string // BCP 47; "" = any
	Visibility Visibility
	Posting    Posting
	Sensitive  bool // everything in it is shown behind a warning
	Hue        int  // 0–11, a twelfth of the colour circle
	Rules      string
	RulesHTML  string
	CreatedBy  PersonID

	Members     int64
	Posts       int64
	Comments    int64
	ActiveMonth int64 // people who wrote or voted here in thirty days; refreshed daily
	PostedAt    int64 // the last visible post or comment
	Rev         int64 // grows with every change that a reader could see
}

// CircleID returns the circle's typed id.
func (c *Circle) CircleID() CircleID { return CircleID(c.ID) }

// Audience is who may read what is in the circle now, for MaySee: nobody while it is suspended.
func (c *Circle) Audience() Visibility {
	if c.SuspendedAt != 0 {
		return ""
	}
	return c.Visibility
}

// A Role is a person's place in a circle.
type Role string

const (
	NoRole        Role = ""
	RolePending   Role = "pending" // asked to join, or the other instance has not answered yet
	RoleMember    Role = "member"
	RoleModerator Role = "moderator"
	RoleOperator  Role = "operator"
	RoleOwner     Role = "owner"
)

// Member reports whether the role belongs to the circle.
func (r Role) Member() bool {
	return r == RoleMember || r.Moderates()
}

// Moderates reports whether the role may remove and lock.
func (r Role) Moderates() bool { return r == RoleModerator || r.Operates() }

// Operates reports whether the role may change the circle and post in an operators-only one.
func (r Role) Operates() bool { return r == RoleOperator || r == RoleOwner }

// A Membership is one person in one circle.
type Membership struct {
	Circle CircleID
	Person PersonID
	Role   Role
	At     int64
}
