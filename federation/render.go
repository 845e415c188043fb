package federation

import (
	"cmp"
	"errors"
	"html"
	"net/url"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/language"
	"golang.org/x/text/language/display"

	"halqa/circles"
	"halqa/federation/as"
	"halqa/internal/standing"
	"halqa/internal/store"
	"halqa/internal/text"
	"halqa/internal/tips"
)

// public is everyone. Always the whole address: "as:Public" fails in Lemmy.
const public = "https://www.w3.org/ns/activitystreams#Public"

// activityPath is the address of what a log entry says to others; form tells apart several forms of
// one entry, "" being the first.
func (s Site) activityPath(seq circles.Seq, form string) string {
	address := s.Base + "/activity/" + seq.String()
	if form != "" {
		address += "/" + form
	}
	return address
}

// A postView is a post or comment with what stands around it on the wire.
type postView struct {
	post     *circles.Post
	author   *circles.Actor
	circle   *circles.Circle // nil if it is in none
	root     *circles.Post   // the post itself if it is no comment
	parent   *circles.Post   // nil if it is no comment
	answered *circles.Actor  // who wrote the parent; nil with it
	mentions []*circles.Actor
	tags     []string // without their #
	photos   []circles.Photo
	quote    string        // the address of what it quotes; "" = nothing that others may hear of
	poll     *circles.Poll // nil if it asks nothing
	opened   bool          // it is said that it takes comments again
	tips     tips.Policy   // what it says of tips; "" = nothing
}

// loadPost reads a post for rendering.
func loadPost(tx *store.Tx, id circles.PostID) (*postView, error) {
	p, err := tx.Post(id)
	if err != nil {
		return nil, err
	}
	return viewOf(tx, p)
}

// viewOf reads what stands around a post.
func viewOf(tx *store.Tx, p *circles.Post) (*postView, error) {
	v := &postView{post: p, root: p}
	var err error
	if v.author, err = tx.Actor(p.Author.Actor()); err != nil {
		return nil, err
	}
	if p.Circle != 0 {
		if v.circle, err = tx.Circle(p.Circle); err != nil {
			return nil, err
		}
	}
	if p.Parent != 0 {
		if v.parent, err = tx.Post(p.Parent); err != nil {
			return nil, err
		}
		if v.answered, err = tx.Actor(v.parent.Author.Actor()); err != nil {
			return nil, err
		}
		v.root = v.parent
		if p.Root != p.Parent {
			if v.root, err = tx.Post(p.Root); err != nil {
				return nil, err
			}
		}
	}
	if v.mentions, err = tx.Mentions(p.ID); err != nil {
		return nil, err
	}
	if v.tags, err = tx.Tags(p.ID); err != nil {
		return nil, err
	}
	if p.PhotoN > 0 {
		if v.photos, err = tx.PhotosOf(p.ID); err != nil {
			return nil, err
		}
	}
	if v.quote, err = quoted(tx, p); err != nil {
		return nil, err
	}
	if p.Kind == circles.IsPost {
		if v.poll, err = tx.Poll(p.ID); err != nil {
			return nil, err
		}
	}
	v.tips, err = tips.PolicyFor(tx, p, v.circle, v.sensitive())
	return v, err
}

// quoted returns the id of what a post quotes. What is in a circle that stays here is not named to others.
func quoted(tx *store.Tx, p *circles.Post) (string, error) {
	uri, err := tx.QuoteOf(p.ID)
	if err != nil || !strings.HasPrefix(uri, "/") {
		return uri, err
	}
	of, err := tx.PostByURI(uri)
	if circles.Is(err, circles.NotFound) {
		return "", nil
	}
	if err != nil || of.Circle == 0 {
		return uri, err
	}
	c, err := tx.Circle(of.Circle)
	if err != nil || !c.Visibility.Federated() {
		return "", err
	}
	return uri, nil
}

func (s Site) quotes(v *postView) string {
	if v.quote == "" {
		return ""
	}
	return s.Address(v.quote)
}

// federated reports whether anything about the post may leave the instance.
func (v *postView) federated() bool { return v.circle == nil || v.circle.Visibility.Federated() }

// audience returns the recipients of the post itself, which are those of the author's activities too.
func (v *postView) audience(s Site) (to, cc []string) {
	followers := s.followers(v.author)
	open := v.root.Listed
	if v.circle != nil {
		open = v.circle.Visibility != circles.Unlisted
	}
	var more []string
	if v.post.Kind == circles.IsPost {
		if v.circle != nil {
			to = append(to, s.ActorAddress(&v.circle.Actor))
		}
		more = append(more, followers)
	} else {
		to = append(to, s.ActorAddress(v.answered))
		if v.circle != nil {
			more = append(more, s.ActorAddress(&v.circle.Actor), s.followers(&v.circle.Actor))
		} else {
			more = append(more, followers)
		}
	}
	if open {
		to = append(to, public)
	} else {
		more = append(more, public)
	}
	for _, m := range v.mentions {
		more = append(more, s.ActorAddress(m))
	}
	for _, a := range more {
		if a != "" && !slices.Contains(to, a) && !slices.Contains(cc, a) {
			cc = append(cc, a)
		}
	}
	return to, cc
}

// renderPost is the post as a Page, or with a poll in that form, and the comment as a Note. For who asks
// for the document, now is the time in UTC microseconds, and the likes and votes of this moment are in
// it; in activities, where it is 0, they would change the bytes of what is sent again.
func (s Site) renderPost(v *postView, now int64, polls pollForm) as.Doc {
	p := v.post
	id := s.Address(p.URI)
	to, cc := v.audience(s)
	audience, context, replies := "", "", ""
	if v.circle != nil {
		audience = s.ActorAddress(&v.circle.Actor)
	}
	if v.root.Local() {
		context = s.Address(v.root.URI) + "/context"
	}
	var likes, shares as.Count
	if p.Local() {
		replies = id + "/replies"
		if now != 0 {
			likes, shares = as.Count{ID: id + "/likes", Total: int(p.Ups)}, as.Count{ID: id + "/shares"}
		}
	}
	tipped := ""
	if v.tips != "" && v.tips != tips.PolicyOff {
		tipped = id + "/tips"
	}
	page := id
	if p.URL != "" {
		page = s.Address(p.URL)
	}
	warning, sensitive := p.Warning, p.Sensitive || (v.circle != nil && v.circle.Sensitive)
	content, markdown := s.absolute(p.BodyHTML), p.Body
	if p.Kind == circles.IsComment {
		return as.Note{
			ID: id, AttributedTo: s.ActorAddress(v.author), To: to, CC: cc, Audience: audience,
			InReplyTo: s.Address(v.parent.URI), Content: content, Markdown: markdown, URL: page,
			Images: s.pictures(v.photos), Warning: warning, Sensitive: sensitive,
			Language: languageOf(p.Language), Tags: s.marks(v), Quote: s.quotes(v), Context: context, Replies: replies, Likes: likes,
			Tips: tipped, TipPolicy: string(v.tips), Published: moment(p.Published), Updated: moment(p.EditedAt),
		}.Doc()
	}
	doc := as.Page{
		ID: id, AttributedTo: s.ActorAddress(v.author), To: to, CC: cc, Audience: audience,
		Name: p.Title, Content: content, Markdown: markdown, URL: page, Link: p.Link,
		Images: s.pictures(v.photos), Warning: warning, Sensitive: sensitive,
		Language: languageOf(p.Language), Tags: s.marks(v), Quote: s.quotes(v), Context: context, Replies: replies,
		Likes: likes, Shares: shares, Tips: tipped, TipPolicy: string(v.tips), Closed: p.Locked, Opened: v.opened && !p.Locked,
		Published: moment(p.Published), Updated: moment(p.EditedAt),
	}
	if len(doc.Images) > 0 {
		doc.Thumbnail = &doc.Images[0]
	}
	if v.poll != nil {
		s.putPoll(&doc, v, polls, now)
	}
	return doc.Doc()
}

// renderTombstone is what is left of a post or comment that was taken away.
func (s Site) renderTombstone(v *postView) as.Doc {
	t := as.Tombstone{ID: s.Address(v.post.URI), FormerType: "Page", Published: moment(v.post.Published), Deleted: moment(cmp.Or(v.post.DeletedAt, v.post.RemovedAt))}
	if v.circle != nil {
		t.Audience = s.ActorAddress(&v.circle.Actor)
	}
	if v.parent != nil {
		t.FormerType, t.InReplyTo = "Note", s.Address(v.parent.URI)
	}
	return t.Doc()
}

// marks names whom the post is for, and its tags. The circle is among them so that reply composers of microblogs
// keep it: without it a reply from there never reaches the circle.
func (s Site) marks(v *postView) []as.Mark {
	var marks []as.Mark
	seen := make(map[string]bool)
	add := func(a *circles.Actor) {
		if href := s.ActorAddress(a); !seen[href] {
			seen[href] = true
			marks = append(marks, as.Mention(href, s.handle(a)))
		}
	}
	if v.circle != nil {
		add(&v.circle.Actor)
	}
	if v.answered != nil && v.answered.ID != v.author.ID {
		add(v.answered)
	}
	for _, a := range v.mentions {
		add(a)
	}
	for _, tag := range v.tags {
		marks = append(marks, s.hashtag(tag))
	}
	// The circle's own tag lets microblogs that follow a tag find its threads. Not on comments: their
	// readers have the thread, and others would drown in them.
	if v.circle != nil && v.post.Kind == circles.IsPost {
		if own := text.TagKey(v.circle.Name); !slices.Contains(v.tags, own) && strings.ContainsFunc(own, unicode.IsLetter) {
			marks = append(marks, s.hashtag(own))
		}
	}
	return marks
}

func (s Site) hashtag(key string) as.Mark {
	return as.Hashtag(s.Base+"/tag/"+url.PathEscape(key), "#"+key)
}

func (s Site) handle(a *circles.Actor) string {
	host := a.Host
	if host == "" {
		host = s.Host
	}
	return "@" + a.Name + "@" + host
}

func (s Site) pictures(photos []circles.Photo) []as.Picture {
	var all []as.Picture
	for _, p := range photos {
		all = append(all, s.picture(p))
	}
	return all
}

// picture is a photo in the form that everyone shows: JPEG.
func (s Site) picture(p circles.Photo) as.Picture {
	if p.RemoteURL != "" {
		return as.Picture{URL: p.RemoteURL, MediaType: p.Mime, Name: p.Alt, Blurhash: p.Blurhash, Width: p.Width, Height: p.Height}
	}
	return as.Picture{
		URL: s.mediaAddress(p.ID), MediaType: "image/jpeg", Name: p.Alt,
		Blurhash: p.Blurhash, Width: p.Width, Height: p.Height,
	}
}

func (s Site) mediaAddress(id circles.MediaID) string {
	return s.Base + "/media/" + string(id) + "/full.jpg"
}

// absolute makes the links of our own HTML, which begin with a slash, good elsewhere. The text is
// sanitised, so a quote inside an attribute or between tags is never a bare one.
func (s Site) absolute(html string) string {
	if !strings.Contains(html, `="/`) {
		return html
	}
	return strings.NewReplacer(` href="/`, ` href="`+s.Base+`/`, ` src="/`, ` src="`+s.Base+`/`).Replace(html)
}

func languageOf(code string) as.Language {
	if code == "" {
		return as.Language{}
	}
	tag, err := language.Parse(code)
	if err != nil {
		return as.Language{}
	}
	return as.Language{Code: code, Name: display.English.Tags().Name(tag)}
}

// followers is the address of an actor's followers; "" if its server told none.
func (s Site) followers(a *circles.Actor) string {
	if a.Local() {
		return s.ActorAddress(a) + "/followers"
	}
	return a.Followers
}

// keyID is the id of a local actor's key. Lemmy wants the fragment.
func (s Site) keyID(a *circles.Actor) string { return s.ActorAddress(a) + "#main-key" }

// profile is what all actors of ours have in their documents.
func (s Site) profile(a *circles.Actor) as.Profile {
	id := s.ActorAddress(a)
	base := strings.TrimSuffix(id, "/")
	p := as.Profile{
		ID: id, Username: a.Name, Name: a.Title(), URL: id,
		Summary: s.absolute(a.SummaryHTML), Markdown: a.Summary,
		Inbox: base + "/inbox", Outbox: base + "/outbox", Followers: base + "/followers", Following: base + "/following",
		Featured: base + "/featured", Shared: s.Base + "/inbox",
		KeyID: s.keyID(a), KeyPEM: a.PublicKey,
		Published: moment(a.Published), Updated: moment(a.UpdatedAt),
	}
	if a.IconMedia != "" {
		p.Icon = &as.Picture{URL: s.mediaAddress(a.IconMedia), MediaType: "image/jpeg"}
	}
	return p
}

// renderCircle is a circle as a Group. What it asks of who writes stands in postingWarning, which PieFed
// shows before, and below its description, for everyone else.
func (s Site) renderCircle(tx *store.Tx, c *circles.Circle) (as.Doc, error) {
	asked, err := standing.Asks(tx, c, c.Language)
	if err != nil {
		return as.Doc{}, err
	}
	g := as.Group{
		Profile: s.profile(&c.Actor), Moderators: s.ActorAddress(&c.Actor) + "/moderators",
		ManuallyApproves: c.Locked, RestrictedToMods: c.Posting == circles.PostingOperators,
		Discoverable: c.Visibility == circles.Public, Indexable: c.Indexable && c.Visibility == circles.Public,
	}
	g.Sensitive, g.AlsoKnownAs, g.MovedTo = c.Sensitive, c.AlsoKnownAs.List(), s.moved(&c.Actor)
	if l := languageOf(c.Language); l.Code != "" {
		g.Languages = []as.Language{l}
	}
	said, err := tips.CircleSays(tx, c)
	if err != nil {
		return as.Doc{}, err
	}
	if said != tips.PolicyOn {
		g.TipPolicy = string(said)
	}
	if len(asked) > 0 {
		why := g.ID + "/why"
		g.PostingWarning = strings.Join(asked, " · ") + " · " + why
		g.Summary += `<p><a href="` + html.EscapeString(why) + `">` + html.EscapeString(why) + `</a></p>`
	}
	if g.Gates, err = standing.DemandsOf(tx, c, s.Address); err != nil {
		return as.Doc{}, err
	}
	return g.Doc(), nil
}

// renderPerson is a member.
func (s Site) renderPerson(tx *store.Tx, a *circles.Actor) (as.Doc, error) {
	payments, err := s.payments(tx, a)
	if err != nil {
		return as.Doc{}, err
	}
	return as.Person{
		Payments: payments,
		Profile:  s.profile(a), Bot: a.Bot || a.Kind == circles.KindService, ManuallyApproves: a.Locked,
		Discoverable: a.Indexable, Indexable: a.Indexable, MovedTo: s.moved(a), AlsoKnownAs: a.AlsoKnownAs.List(),
	}.Doc(), nil
}

func (s Site) moved(a *circles.Actor) string {
	if a.MovedTo == "" {
		return ""
	}
	return s.Address(a.MovedTo)
}

// renderInstance is the instance itself.
func (s Site) renderInstance(a *circles.Actor) as.Doc {
	p := s.profile(a)
	p.Followers, p.Following, p.Featured = "", "", ""
	return as.Application{Profile: p, Endpoint: s.Base + "/tip"}.Doc()
}

// renderActor is a local actor of any kind.
func (s Site) renderActor(tx *store.Tx, a *circles.Actor) (as.Doc, error) {
	switch a.Kind {
	case circles.KindCircle:
		c, err := tx.Circle(circles.CircleID(a.ID))
		if err != nil {
			return as.Doc{}, err
		}
		return s.renderCircle(tx, c)
	case circles.KindPerson, circles.KindService:
		return s.renderPerson(tx, a)
	case circles.KindInstance:
		return s.renderInstance(a), nil
	}
	return as.Doc{}, errors.New("actor of kind " + string(a.Kind))
}
