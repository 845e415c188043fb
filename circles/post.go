package circles

// A PostKind tells a post from a comment.
type PostKind string

const (
	IsPost    PostKind = "post"
	IsComment PostKind = "comment"
)

// A PostState is what became of a post or comment.
type PostState string

const (
	Visible PostState = "visible"
	Held    PostState = "held"    // waits for a person
	Refused PostState = "refused" // a gate said no; kept for its author and for an appeal
	Removed PostState = "removed" // by a moderator, with a reason
	Deleted PostState = "deleted" // by its author
)

// Limits of what people write, local and remote alike.
const (
	MaxTitle    = 200       // runes; Lemmy's own limit, and NodeBB drops longer titles without a word
	MaxBody     = 50_000    // runes of markdown
	MaxBodyHTML = 400 << 10 // bytes of a remote body before it is sanitised
	MaxWarning  = 200       // runes
	MaxAlt      = 1500      // runes; what Mastodon takes
	MaxPhotos   = 10        // photos of one post
	MaxLink     = 2048      // bytes of an address
	MaxMentions = 50        // people one post may name; further names stay plain text
)

// A Post is a post or a comment.
type Post struct {
	ID     PostID
	URI    string // a path for local ones ("/post/17"), an https address for remote ones
	URL    string // the page for people on its own server; "" = the URI
	Kind   PostKind
	Circle CircleID
	Author PersonID
	Root   PostID // itself for a post
	Parent PostID // 0 for a post
	Depth  int    // 0 for a post

	State     PostState
	Reason    string // why it was removed, held or refused; shown
	RemovedBy ActorID
	RemovedAt int64
	DeletedAt int64

	Title     string // plain text; "" for comments
	Link      string // the page the post is about; "" = none
	CrossOf   string // the URI of the post that it says it was taken over from; "" = none
	Body      string // markdown; for remote ones their source where they sent one
	BodyHTML  string // sanitised
	Language  string // BCP 47; "" = unknown
	Sensitive bool
	Warning   string // the content warning; plain text
	Locked    bool   // no more comments
	Pinned    bool
	Listed    bool // in the common feeds: its circle is public; of what is in none, whether it is public
	LocalTo   bool // its circle lives here
	Absent    bool // it is Deleted, and only its place is known: it was gone before it came here
	PhotoN    int  // how many photos it has

	Published int64 // UTC microseconds, clamped to when it arrived
	EditedAt  int64 // 0 = never
	CreatedAt int64 // stored here

	Ups, Downs, Score int64
	Comments          int64 // visible ones below it, for posts
	Hot, Scaled       int64
	Active            int64
	Controversy       int64

	CreateSeq   Seq // the log entry of its Create by its author; 0 for remote ones
	AnnounceSeq Seq // the log entry of its circle's Announce; 0 where the circle is elsewhere
	Rev         int64
}

// Local reports whether the post was written here.
func (p *Post) Local() bool { return len(p.URI) > 0 && p.URI[0] == '/' }

// Path is the address of a post on this instance: /post/id or /comment/id.
func (p *Post) Path() string {
	if p.Kind == IsComment {
		return "/comment/" + p.ID.String()
	}
	return "/post/" + p.ID.String()
}

// A Revision is how a post stood before an edit.
type Revision struct {
	Post     PostID
	At       int64 // when this text was replaced
	Editor   ActorID
	Title    string
	Link     string
	Body     string
	BodyHTML string
}

// A Vote is one person's like (+1) or dislike (-1).
type Vote struct {
	Post  PostID
	Actor PersonID
	Value int // 1 or -1
	At    int64
	Seq   Seq    // the log entry of our Like; 0 for remote ones
	URI   string // the remote Like's id
}

// A Photo is a picture of a post. Remote ones have a RemoteURL and no files.
type Photo struct {
	ID        MediaID
	Owner     ActorID
	Post      PostID // 0 = uploaded, not posted yet
	Pos       int
	Alt       string // the description for who cannot see it
	Mime      string // of the largest file
	Width     int
	Height    int
	Blurhash  string
	Animated  bool
	RemoteURL string
	CreatedAt int64
	Files     []PhotoFile // largest first; the JPEG fallback last
}

// A PhotoFile is one encoding of a photo.
type PhotoFile struct {
	Name   string // in the address: "480.webp", "960.webp", "1600.webp", "full.jpg"
	Mime   string
	Width  int
	Height int
	Bytes  int64
	Hash   string // SHA-256, hex; stays inside
}
