package as

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/go-fed/activity/streams/vocab"
)

// A Content is a post or a comment in any of the types that carry one: Page, Note, Article, Question,
// Video, Event, and whatever else has the same members, ChatMessage and Tombstone included.
type Content struct {
	ID           string
	Type         string
	AttributedTo string // the author: the first that does not say it is a Group
	Channel      string // the first Group among the authors; PeerTube's channel
	To, CC       []string
	Audience     []string
	InReplyTo    string

	Name    string // the title, plain text
	Content string // HTML unless MediaType says otherwise; as sent, not cleaned
	Summary string // a content warning, or an Article's extract; HTML
	// ContentMap has the languages in which the content is given, in the document's order.
	ContentMap []LangText
	Language   string // as stated, or the only one of ContentMap
	MediaType  string
	Source     Source
	Sensitive  bool

	URL         string // the page for people; of several, the first that is HTML
	Attachments []Attachment
	Image       *Attachment
	Tags        []Tag

	Published, Updated time.Time // zero if absent
	FormerType         string    // of a Tombstone, as Deleted
	Deleted            time.Time
	StartTime, EndTime time.Time

	Context      string // FEP-7888
	Conversation string // what Mastodon and Pleroma call it
	Quote        string // FEP-044f, or one of the older names
	NoQuote      bool   // interactionPolicy.canQuote is stated and does not let everybody
	Replies      Tally
	Answers      Ref // Replies itself: Mastodon embeds the first page
	Likes        Tally
	Shares       Tally

	CommentsEnabled *bool // nil if not said
	Poll            *Poll // of a Question
	Proof           bool  // as in Envelope
	Raw             json.RawMessage
}

// A LangText is a text in one language; Lang is what the sender wrote, lower case or not.
type LangText struct{ Lang, Text string }

// A Source is what the author typed. // ActivityPub 3.3
type Source struct{ Content, MediaType string }

// An Attachment is a picture, a file or a link.
type Attachment struct {
	Type          string // Image, Document, Link, Video, Audio, PropertyValue…
	URL           string
	MediaType     string
	Name          string   // the alternative text
	Value         string   // of a PropertyValue; HTML
	Rel           []string // of a Link; RelPayment and RelEndpoint are read
	Blurhash      string
	Width, Height int
	Sensitive     bool
}

// A Tag is a Mention, a Hashtag or an Emoji.
type Tag struct {
	Type string
	Href string
	Name string // "@bob@lemmy.example", "#garden", ":blobcat:"
	Icon string // of an Emoji
}

// A Tally is a collection that was named, or embedded with its number of members. Total is -1 if
// only named.
type Tally struct {
	ID    string
	Total int
}

// A Poll is a Question's part.
type Poll struct {
	Multiple bool
	Options  []PollOption
	Voters   int
	EndTime  time.Time // zero: no end
	Closed   bool
}

// A PollOption is one answer and its votes.
type PollOption struct {
	Name  string
	Votes int
}

// maxRels is more than anybody gives one link.
const maxRels = 4

// maxPollOptions is above what Mastodon (4), Pleroma (20) and Misskey (10) allow.
const maxPollOptions = 40

// IsPublic reports whether everyone is among the recipients.
func (c *Content) IsPublic() bool {
	return slices.Contains(c.To, Public) || slices.Contains(c.CC, Public)
}

// ParseContent reads an object. Besides the errors of Parse there is one: a content or source longer
// than MaxContent, of kind circles.TooLarge.
func ParseContent(raw []byte) (*Content, error) {
	doc, err := scan(raw)
	if err != nil {
		return nil, err
	}
	return content(doc.root())
}

func content(v value) (*Content, error) {
	o, q, err := viewObject(v)
	if err != nil {
		return nil, err
	}
	c := &Content{
		ID: v.get("id").id(), Type: v.typ(),
		To: v.get("to").ids(MaxArray), CC: v.get("cc").ids(MaxArray), Audience: v.get("audience").ids(MaxList),
		InReplyTo: v.get("inReplyTo").id(),
		Name:      text(o.GetActivityStreamsName(), v, "name", MaxName),
		Summary:   text(o.GetActivityStreamsSummary(), v, "summary", MaxSummary),
		Content:   text(o.GetActivityStreamsContent(), v, "content", MaxContent+1),
		MediaType: v.get("mediaType").text(128),
		Source: Source{
			Content:   v.get("source").get("content").text(MaxContent + 1),
			MediaType: v.get("source").get("mediaType").text(128),
		},
		Sensitive:    v.get("sensitive").truth(),
		Attachments:  attachments(v.get("attachment")),
		Published:    moment(o.GetActivityStreamsPublished(), v, "published"),
		Updated:      moment(o.GetActivityStreamsUpdated(), v, "updated"),
		FormerType:   v.get("formerType").text(128),
		Deleted:      moment(nil, v, "deleted"),
		StartTime:    moment(o.GetActivityStreamsStartTime(), v, "startTime"),
		EndTime:      moment(o.GetActivityStreamsEndTime(), v, "endTime"),
		Context:      v.get("context").id(),
		Conversation: v.get("conversation").id(),
		Answers:      ref(v.get("replies").first()), Replies: tally(v.get("replies")), Likes: tally(v.get("likes")), Shares: tally(v.get("shares")),
		CommentsEnabled: v.get("commentsEnabled").flag(),
		Proof:           !v.get("proof").absent(),
		Raw:             v.raw(),
	}
	if len(c.Content) > MaxContent || len(c.Source.Content) > MaxContent {
		return nil, refuse(ReasonTooLarge, "The text is longer than 256 KiB.")
	}
	c.AttributedTo, c.Channel = authors(v.get("attributedTo"))
	c.URL = page(v.get("url"))
	c.languages(v)
	c.Tags = tags(v.get("tag"))
	if image := v.get("image").first(); !image.absent() {
		if a := attachment(image); a.URL != "" {
			c.Image = &a
		}
	}
	for _, key := range []string{"quote", "quoteUrl", "quoteUri", "_misskey_quote"} {
		if c.Quote == "" {
			c.Quote = v.get(key).id()
		}
	}
	if c.Quote == "" {
		c.Quote = quoteLink(v.get("tag"))
	}
	if can := v.get("interactionPolicy").get("canQuote"); !can.absent() {
		c.NoQuote = !slices.Contains(can.get("automaticApproval").ids(MaxList), Public)
	}
	if q != nil {
		c.Poll = poll(q, v)
		c.Poll.EndTime = c.EndTime
	}
	return c, nil
}

// authors tells people from Groups: PeerTube gives both the account and the channel.
func authors(v value) (author, group string) {
	v.each(func(e value) {
		switch id := e.id(); {
		case id == "":
		case e.typ() == "Group":
			if group == "" {
				group = id
			}
		case author == "":
			author = id
		}
	})
	if author == "" {
		author = group
	}
	return author, group
}

// page picks the address for people out of one or several addresses or Links.
func page(v value) string {
	best := ""
	v.each(func(e value) {
		id := e.id()
		if best == "" {
			best = id
		} else if id != "" && e.get("mediaType").str() == "text/html" {
			best = id
		}
	})
	return best
}

func (c *Content) languages(v value) {
	v.get("contentMap").members(func(lang string, m value) {
		if len(c.ContentMap) < MaxList && len(lang) <= 64 && m.isString() {
			c.ContentMap = append(c.ContentMap, LangText{lang, m.text(MaxContent)})
		}
	})
	c.Language = language(v.get("language"))
	if c.Language == "" && len(c.ContentMap) == 1 {
		c.Language = c.ContentMap[0].Lang
	}
}

// language reads Lemmy's and PeerTube's {"identifier","name"}, or a bare code.
func language(v value) string {
	v = v.first()
	if v.isObject() {
		v = v.get("identifier")
	}
	return v.text(64)
}

// quoteLink is the first Link among the tags that leads to an object. // FEP-e232
func quoteLink(v value) (href string) {
	seen := 0
	v.each(func(e value) {
		if seen++; href != "" || seen > MaxList || e.typ() != "Link" {
			return
		}
		switch kind, _, _ := strings.Cut(e.get("mediaType").text(128), ";"); strings.TrimSpace(kind) {
		case "application/activity+json", "application/ld+json":
			href = e.get("href").id()
		}
	})
	return href
}

func tags(v value) (all []Tag) {
	v.each(func(e value) {
		if len(all) >= MaxList || !e.isObject() {
			return
		}
		t := Tag{
			Type: e.typ(),
			Href: e.get("href").id(),
			Name: e.get("name").text(MaxName),
			Icon: e.get("icon").first().get("url").id(),
		}
		if t.Type != "" && (t.Href != "" || t.Name != "") {
			all = append(all, t)
		}
	})
	return all
}

func attachments(v value) []Attachment {
	var out []Attachment
	v.each(func(e value) {
		if a := attachment(e); len(out) < MaxList && (a.URL != "" || a.Value != "") {
			out = append(out, a)
		}
	})
	return out
}

// attachment reads an object with a url (an address, a Link or several of them), a Link with an href,
// or a bare address.
func attachment(v value) Attachment {
	if v.isString() {
		return Attachment{URL: v.id()}
	}
	a := Attachment{
		Type:      v.typ(),
		URL:       v.get("url").id(),
		MediaType: v.get("mediaType").text(128),
		Name:      v.get("name").text(MaxName),
		Value:     v.get("value").text(MaxName),
		Blurhash:  v.get("blurhash").text(128),
		Width:     v.get("width").count(), Height: v.get("height").count(),
		Sensitive: v.get("sensitive").truth(),
	}
	if a.URL == "" {
		a.URL = v.get("href").id()
	}
	v.get("rel").each(func(e value) {
		if rel := e.text(128); rel != "" && len(a.Rel) < maxRels {
			a.Rel = append(a.Rel, rel)
		}
	})
	if link := v.get("url").first(); link.isObject() {
		if a.MediaType == "" {
			a.MediaType = link.get("mediaType").text(128)
		}
		if a.Width == 0 {
			a.Width, a.Height = link.get("width").count(), link.get("height").count()
		}
	}
	return a
}

func tally(v value) Tally {
	v = v.first()
	t := Tally{ID: v.id(), Total: -1}
	if total := v.get("totalItems"); !total.absent() {
		t.Total = total.count()
	}
	return t
}

// poll reads the answers through go-fed; only a name that it took for an address is read again.
func poll(q vocab.ActivityStreamsQuestion, v value) *Poll {
	p := &Poll{}
	key := "oneOf"
	several := q.GetActivityStreamsAnyOf()
	if several != nil && several.Len() > 0 {
		p.Multiple, key = true, "anyOf"
	}
	var names []string
	v.get(key).each(func(e value) { names = append(names, e.get("name").text(MaxName)) })
	add := func(n vocab.ActivityStreamsNote) {
		i := len(p.Options)
		if i >= len(names) || i >= maxPollOptions {
			return
		}
		o := PollOption{Name: names[i]}
		if n != nil {
			if r := n.GetActivityStreamsReplies(); r != nil && r.IsActivityStreamsCollection() {
				if t := r.GetActivityStreamsCollection().GetActivityStreamsTotalItems(); t != nil && t.IsXMLSchemaNonNegativeInteger() {
					o.Votes = max(t.Get(), 0)
				}
			}
		}
		p.Options = append(p.Options, o)
	}
	if p.Multiple {
		for it := several.Begin(); it != several.End(); it = it.Next() {
			add(it.GetActivityStreamsNote())
		}
	} else if one := q.GetActivityStreamsOneOf(); one != nil {
		for it := one.Begin(); it != one.End(); it = it.Next() {
			add(it.GetActivityStreamsNote())
		}
	}
	p.Voters = v.get("votersCount").count()
	if closed := q.GetActivityStreamsClosed(); closed != nil && closed.Len() > 0 {
		it := closed.At(0)
		p.Closed = it.IsXMLSchemaDateTime() || it.IsXMLSchemaBoolean() && it.GetXMLSchemaBoolean()
	}
	return p
}
