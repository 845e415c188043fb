package as

import "time"

// A Page is a post with a title.
type Page struct {
	ID           string
	AttributedTo string
	To, CC       []string
	Audience     string
	Name         string // plain text; empty in some forms of a Question only
	Content      string // HTML; may be empty
	Markdown     string // what the author typed
	URL          string // for people
	Link         string // the address that the post is about
	Images       []Picture
	Thumbnail    *Picture
	Warning      string // a content warning; microblogs hide the post behind it
	Sensitive    bool
	Language     Language
	Tags         []Mark
	Context      string
	Replies      string
	Likes        Count
	Shares       Count
	Quote        string  // the id of what it quotes; "" = nothing
	Closed       bool    // no more comments; written only if so
	Tips         string  // the collection of who tipped it; "" = nothing is said
	TipPolicy    string  // "on", "likes-only" or "off"; "" = nothing is said of tips
	Opened       bool    // comments again, which is said to who heard that it is closed; never with Closed
	Poll         *Ballot // makes it a Question
	Published    time.Time
	Updated      time.Time // zero until edited: GoToSocial drops an object updated before it was published
}

// A Note is a comment, or a message to one person (To is that person, Audience and Context empty).
// It has no name: Mastodon and PieFed would take it for a vote.
type Note struct {
	ID           string
	AttributedTo string
	To, CC       []string
	Audience     string
	InReplyTo    string
	Content      string
	Markdown     string
	URL          string
	Images       []Picture
	Warning      string
	Sensitive    bool
	Language     Language
	Tags         []Mark
	Context      string
	Replies      string
	Likes        Count
	Quote        string
	Tips         string
	TipPolicy    string
	Gate         *Gate
	Published    time.Time // never zero: PieFed takes a Note without it for a vote
	Updated      time.Time
}

// A Picture is an image by its address. Name is the alternative text; the zero sizes are not written.
type Picture struct {
	URL           string
	MediaType     string
	Name          string
	Blurhash      string
	Width, Height int
}

// A Language is a code and its English name; the zero value is not written.
type Language struct{ Code, Name string }

// A Mark is a tag: see Mention and Hashtag.
type Mark struct {
	Type string `json:"type"`
	Href string `json:"href"`
	Name string `json:"name"`
}

// Mention tags an actor; name is "@bob@lemmy.example".
func Mention(href, name string) Mark { return Mark{"Mention", href, name} }

// Hashtag tags a subject; name is "#garden".
func Hashtag(href, name string) Mark { return Mark{"Hashtag", href, name} }

// A Count is a collection given by its size. It is not written if ID is empty.
type Count struct {
	ID    string
	Total int
}

type objectOut struct {
	ID           string       `json:"id"`
	Type         string       `json:"type"`
	AttributedTo string       `json:"attributedTo"`
	To           list[string] `json:"to"`
	CC           list[string] `json:"cc"`
	Audience     string       `json:"audience,omitempty"`
	InReplyTo    string       `json:"inReplyTo,omitempty"`
	Name         string       `json:"name,omitempty"`
	Summary      string       `json:"summary,omitempty"`
	Content      string       `json:"content"`
	MediaType    string       `json:"mediaType"`
	Source       *source      `json:"source,omitempty"`
	URL          string       `json:"url,omitempty"`
	Attachment   list[any]    `json:"attachment"`
	Image        *image       `json:"image,omitempty"`
	Sensitive    bool         `json:"sensitive"`
	Language     *languageOut `json:"language,omitempty"`
	Tag          list[Mark]   `json:"tag"`
	Context      string       `json:"context,omitempty"`
	Replies      string       `json:"replies,omitempty"`
	Likes        *counted     `json:"likes,omitempty"`
	Shares       *counted     `json:"shares,omitempty"`
	Tips         string       `json:"tips,omitempty"`
	TipPolicy    string       `json:"tipPolicy,omitempty"`
	Comments     *bool        `json:"commentsEnabled,omitempty"`
	QuoteURI     string       `json:"quoteUri,omitempty"`
	MisskeyQuote string       `json:"_misskey_quote,omitempty"`
	Published    string       `json:"published"`
	Updated      string       `json:"updated,omitempty"`
	Gate         *Gate        `json:"gate,omitempty"`
	questionOut
}

type source struct {
	Content   string `json:"content"`
	MediaType string `json:"mediaType"`
}

type image struct {
	Type      string `json:"type"`
	URL       string `json:"url"`
	MediaType string `json:"mediaType,omitempty"`
	Name      string `json:"name,omitempty"`
	Blurhash  string `json:"blurhash,omitempty"`
	Width     int    `json:"width,omitempty"`
	Height    int    `json:"height,omitempty"`
}

type link struct {
	Type string `json:"type"`
	Rel  string `json:"rel,omitempty"`
	Name string `json:"name,omitempty"`
	Href string `json:"href"`
}

type languageOut struct {
	Identifier string `json:"identifier"`
	Name       string `json:"name"`
}

type counted struct {
	ID    string `json:"id"`
	Type  string `json:"type"`
	Total int    `json:"totalItems"`
}

// Doc renders the post.
func (p Page) Doc() Doc {
	w := objectOut{
		ID: p.ID, Type: "Page", AttributedTo: p.AttributedTo, To: p.To, CC: p.CC, Audience: p.Audience,
		Name: p.Name, Summary: p.Warning, Content: p.Content, MediaType: "text/html",
		Source: markdown(p.Markdown), URL: p.URL, Sensitive: p.Sensitive, Language: p.Language.wire(),
		Tag: p.Tags, Context: p.Context, Replies: p.Replies, Likes: p.Likes.wire(), Shares: p.Shares.wire(), Tips: p.Tips, TipPolicy: p.TipPolicy,
		QuoteURI: p.Quote, MisskeyQuote: p.Quote,
		Published: stamp(p.Published), Updated: stamp(p.Updated),
	}
	if p.Link != "" {
		// First, since Lemmy makes the first attachment the post's address.
		w.Attachment = append(w.Attachment, link{Type: "Link", Href: p.Link})
	}
	w.Attachment = append(w.Attachment, pictures(p.Images)...)
	if p.Thumbnail != nil {
		w.Image = p.Thumbnail.wire()
	}
	if p.Closed || p.Opened {
		w.Comments = &p.Opened
	}
	context := quoting(p.Quote)
	if p.Poll != nil {
		w.Type, w.questionOut, context = "Question", p.Poll.wire(), contextQuestion
	}
	return Doc{body: render(w), context: withTips(context, p.TipPolicy)}
}

// Doc renders the comment.
func (n Note) Doc() Doc {
	return Doc{context: withTips(quoting(n.Quote), n.TipPolicy), body: render(objectOut{
		ID: n.ID, Type: "Note", AttributedTo: n.AttributedTo, To: n.To, CC: n.CC, Audience: n.Audience,
		InReplyTo: n.InReplyTo, Summary: n.Warning, Content: n.Content, MediaType: "text/html",
		Source: markdown(n.Markdown), URL: n.URL, Attachment: pictures(n.Images), Sensitive: n.Sensitive,
		Language: n.Language.wire(), Tag: n.Tags, Context: n.Context, Replies: n.Replies,
		Likes: n.Likes.wire(), Tips: n.Tips, TipPolicy: n.TipPolicy, QuoteURI: n.Quote, MisskeyQuote: n.Quote, Published: stamp(n.Published), Updated: stamp(n.Updated), Gate: n.Gate,
	})}
}

// A Tombstone stands where something was, for those who ask again. Of a post or comment it says where it
// stood, so that what hangs below it has its place elsewhere too; never what it said, nor who said it.
// Everything but the id may be left out.
type Tombstone struct {
	ID                 string
	FormerType         string
	Audience           string // the circle that it was in
	InReplyTo          string
	Published, Deleted time.Time
}

// Doc renders the tombstone.
func (t Tombstone) Doc() Doc {
	return Doc{context: contextPlain, body: render(struct {
		ID         string `json:"id"`
		Type       string `json:"type"`
		FormerType string `json:"formerType,omitempty"`
		Audience   string `json:"audience,omitempty"`
		InReplyTo  string `json:"inReplyTo,omitempty"`
		Published  string `json:"published,omitempty"`
		Deleted    string `json:"deleted,omitempty"`
	}{t.ID, "Tombstone", t.FormerType, t.Audience, t.InReplyTo, stamp(t.Published), stamp(t.Deleted)})}
}

func markdown(s string) *source {
	if s == "" {
		return nil
	}
	return &source{s, "text/markdown"}
}

func (p Picture) wire() *image {
	return &image{"Image", p.URL, p.MediaType, p.Name, p.Blurhash, p.Width, p.Height}
}

func pictures(ps []Picture) list[any] {
	var out list[any]
	for _, p := range ps {
		out = append(out, p.wire())
	}
	return out
}

func (l Language) wire() *languageOut {
	if l.Code == "" {
		return nil
	}
	return &languageOut{l.Code, l.Name}
}

func (c Count) wire() *counted {
	if c.ID == "" {
		return nil
	}
	return &counted{c.ID, "Collection", c.Total}
}
