package app

import (
	"fmt"
	"slices"
	"strings"

	"halqa/circles"
	"halqa/internal/standing"
	"halqa/internal/store"
	"halqa/internal/text"
)

const (
	maxMime     = 100
	maxBlurhash = 200 // bytes; 9 × 9 components take 167
	maxPixels   = 100_000
)

// A RemotePost is a post or comment as another server sent it. Prepare makes it fit to be stored.
type RemotePost struct {
	URI, URL  string
	Circle    circles.CircleID // of a post; 0 = none. A comment is where its parent is.
	Unlisted  bool             // of a post in no circle: its author keeps it out of lists
	Parent    circles.PostID   // 0 = a post
	Title     string
	HTML      string
	Source    string // markdown; "" = none sent
	Link      string
	Language  string
	Warning   string
	Sensitive bool
	Locked    bool  // believed of new posts in circles elsewhere; ReceiveLock is for others
	Published int64 // UTC microseconds, as claimed; 0 = not said
	Updated   int64 // likewise
	Mentions  []circles.ActorID
	Tags      []string // hashtags, with or without their #
	Photos    []RemotePhoto
	Emojis    []circles.Emoji // small pictures that the text names
	Quote     string          // the id of what it quotes, a path for one of ours; "" = nothing
	NoQuote   bool            // its author says that not everybody may quote it
	Aside     bool            // it was fetched for who quotes it; what it quotes in turn is not wanted
	Poll      *RemotePoll     // nil = none
	Raw       []byte          // the author's activity, kept for announcing; nil = not kept

	prepared bool
	crossOf  string        // see circles.Post.CrossOf
	poll     *circles.Poll // Poll, if it is fit to be shown and voted in
}

// A RemotePhoto is a picture of a remote post.
type RemotePhoto struct {
	URL, Alt, Mime string
	Width, Height  int
	Blurhash       string
}

// Prepare cleans a remote post: its HTML sanitised, its fields cut to what is stored, its title
// derived where it has none. It is best called before the transaction, because it takes time;
// the Receive methods do it where it was not done.
func (a *App) Prepare(p *RemotePost) {
	if p.prepared {
		return
	}
	p.prepared = true
	if len(p.HTML) > circles.MaxBodyHTML {
		p.HTML = p.HTML[:circles.MaxBodyHTML]
	}
	p.HTML, p.Emojis = withEmoji(a.sanitizer.Sanitize(p.HTML), cleanEmoji(p.Emojis))
	p.Source = text.CleanBlock(cutBytes(p.Source, 4*circles.MaxBody), circles.MaxBody)
	p.URL, p.Link = remoteURL(p.URL), remoteURL(p.Link)
	p.Language, _ = text.Language(p.Language) // what is none counts as not said
	p.Warning = text.CleanLine(p.Warning, circles.MaxWarning)
	p.Sensitive = p.Sensitive || p.Warning != ""
	photos := p.Photos
	p.Photos = nil
	for _, ph := range photos {
		if ph.URL = remoteURL(ph.URL); ph.URL == "" || len(p.Photos) == circles.MaxPhotos {
			continue
		}
		ph.Alt = text.CleanLine(ph.Alt, circles.MaxAlt)
		ph.Mime = text.CleanLine(ph.Mime, maxMime)
		if ph.Blurhash = text.CleanLine(ph.Blurhash, maxBlurhash); len(ph.Blurhash) < 6 {
			ph.Blurhash = ""
		}
		ph.Width, ph.Height = min(max(ph.Width, 0), maxPixels), min(max(ph.Height, 0), maxPixels)
		p.Photos = append(p.Photos, ph)
	}
	if len(p.Mentions) > circles.MaxMentions {
		p.Mentions = p.Mentions[:circles.MaxMentions]
	}
	p.Tags = cleanTags(p.Tags)
	if p.Parent != 0 {
		p.Title, p.Link = "", ""
		return
	}
	p.poll = p.Poll.prepare()
	said := p.Source
	if said == "" {
		said = text.ExcerptHTML(p.HTML, circles.MaxLink)
	}
	p.crossOf = a.uriOf(text.CrosspostOf(said))
	p.Title = text.CleanLine(p.Title, circles.MaxTitle)
	for _, instead := range []string{text.TitleFrom(text.Plain(p.HTML)), p.Warning, p.alt(), p.Link, "…"} {
		if p.Title != "" {
			break
		}
		p.Title = text.Excerpt(instead, circles.MaxTitle)
	}
}

func (p *RemotePost) alt() string {
	if len(p.Photos) == 0 {
		return ""
	}
	return p.Photos[0].Alt
}

func (p *RemotePost) put(to *circles.Post) {
	to.URL, to.Title, to.Link, to.Body, to.BodyHTML = p.URL, p.Title, p.Link, p.Source, p.HTML
	if to.Kind == circles.IsPost {
		to.CrossOf = p.crossOf
	}
	to.Language, to.Sensitive, to.Warning, to.PhotoN = p.Language, p.Sensitive, p.Warning, len(p.Photos)
}

// captions are what is said of its photos, one for each.
func (p *RemotePost) captions() []string {
	all := make([]string, len(p.Photos))
	for i, x := range p.Photos {
		all[i] = x.Alt
	}
	return all
}

// names are whom and what the post names. A circle's own tag, which others and we put on everything in
// it, is not the author's word unless the text says it too.
func (p *RemotePost) names(c *circles.Circle) names {
	n := names{people: p.Mentions, tags: p.Tags}
	if c == nil {
		return n
	}
	own := text.TagKey(c.Name)
	if i := slices.Index(p.Tags, own); i >= 0 && !strings.Contains(text.TagKey(text.Plain(p.HTML)), "#"+own) {
		n.tags = slices.Delete(slices.Clone(p.Tags), i, i+1)
	}
	return n
}

// ReceivePost stores a post or comment of a remote person. One that is there already stays as it is; of
// one that was absent the place is filled.
func (a *App) ReceivePost(tx *store.Tx, said Said, in RemotePost) (Outcome, error) {
	a.Prepare(&in)
	absent, err := tx.PostByURI(in.URI)
	switch {
	case circles.Is(err, circles.NotFound):
		absent = nil
	case err != nil:
		return Outcome{}, err
	case !absent.Absent:
		return Outcome{Result: Nothing, Post: absent.ID}, nil
	}
	p := &circles.Post{Kind: circles.IsPost, Circle: in.Circle, Author: said.By}
	at := place{post: p, root: p}
	q := standing.Question{Who: said.viewer(), Action: standing.Post, Via: said.Via}
	if in.Parent != 0 {
		above, err := placeOf(tx, in.Parent)
		if err != nil {
			return refused(0, err)
		}
		p.Kind, p.Circle, p.Parent, p.Root, p.Depth = circles.IsComment, above.post.Circle, in.Parent, above.root.ID, above.post.Depth+1
		at.circle, at.root = above.circle, above.root
		q = above.question(q.Who, standing.Comment)
		q.Via = said.Via
		q.Words = a.judged("", in.HTML, in.names(at.circle), in.captions())
	} else {
		if at.circle, err = circleOf(tx, p); err != nil {
			return refused(0, err)
		}
		q.Circle = at.circle
		q.Words = a.judged(in.Title, in.HTML, in.names(at.circle), in.captions())
		if len(in.Photos) > 0 {
			q.With = append(q.With, standing.PostMedia)
		}
		if in.Link != "" {
			q.With = append(q.With, standing.PostLink)
		}
	}
	if p.Absent, err = fill(absent, p); err != nil {
		return refused(0, err)
	}
	d, err := allow(tx, q)
	if err != nil {
		if d.Gate != nil {
			if err := explain(tx, at.circle, d.Actor, d.Gate, store.GateNotice{Activity: said.Activity, Object: in.URI,
				Decision: store.GateRefused, Language: in.Language}); err != nil {
				return Outcome{}, err
			}
		}
		return refused(0, err)
	}
	if !sameHost(in.URI, d.Actor.Host) {
		return refused(0, circles.Errorf(circles.Invalid, "The id of a post must lie on its author's server."))
	}
	p.URI = in.URI
	p.Published = clampTime(in.Published, tx.Now())
	if p.Absent {
		p.ID = absent.ID
	} else if p.ID, err = tx.NewPostIDAt(p.Published); err != nil {
		return Outcome{}, fmt.Errorf("receive %s: %w", in.URI, err)
	}
	p.Listed = !in.Unlisted
	if p.Kind == circles.IsPost {
		p.Root = p.ID
		p.Locked = in.Locked && at.circle != nil && !at.circle.Local()
	}
	if in.Updated > p.Published {
		p.EditedAt = clampTime(in.Updated, tx.Now())
	}
	in.put(p)
	if err := tx.KeepEmoji(in.Emojis); err != nil {
		return Outcome{}, fmt.Errorf("receive %s: %w", in.URI, err)
	}
	if len(in.Photos) > 0 {
		if _, err := receivePhotos(tx, p, in.Photos); err != nil {
			return Outcome{}, fmt.Errorf("receive %s: %w", in.URI, err)
		}
	}
	if err := publish(tx, at, d, extras{names: in.names(at.circle), poll: in.poll, raw: in.Raw}, said.detail()); err != nil {
		return Outcome{}, fmt.Errorf("receive %s: %w", in.URI, err)
	}
	if in.Quote != "" || in.NoQuote {
		if err := receiveQuote(tx, p, in); err != nil {
			return Outcome{}, fmt.Errorf("receive %s: %w", in.URI, err)
		}
	}
	if p.State == circles.Held {
		if err := explain(tx, at.circle, d.Actor, d.Gate, store.GateNotice{Post: p.ID, Activity: said.Activity, Object: in.URI,
			Decision: store.GateHeld, Language: in.Language}); err != nil {
			return Outcome{}, fmt.Errorf("receive %s: %w", in.URI, err)
		}
		return Outcome{Result: Waits, Post: p.ID, Reason: d.Reason, Refusal: d.Refusal, Gate: d.Gate}, nil
	}
	return Outcome{Result: Applied, Post: p.ID}, nil
}

// ReceiveUpdate applies an edit by the author. What is not here yet, or absent, arrives with it. An edit older
// than the one that is here, or that says the same, changes nothing; none moves a post elsewhere, closes
// it to comments or opens it.
func (a *App) ReceiveUpdate(tx *store.Tx, said Said, in RemotePost) (Outcome, error) {
	p, err := tx.PostByURI(in.URI)
	if circles.Is(err, circles.NotFound) || err == nil && p.Absent {
		return a.ReceivePost(tx, said, in)
	}
	if err != nil {
		return Outcome{}, err
	}
	in.Parent = p.Parent
	a.Prepare(&in)
	had, err := tx.PhotosOf(p.ID)
	if err != nil {
		return Outcome{}, err
	}
	shows := slices.ContainsFunc(in.Photos, func(n RemotePhoto) bool {
		return !slices.ContainsFunc(had, func(p circles.Photo) bool { return p.RemoteURL == n.URL })
	})
	ask := func(q *standing.Question) {
		q.Words = a.judged(in.Title, in.HTML, in.names(q.Circle), in.captions())
		q.With = added(q.Post, shows, in.Link)
	}
	o, err := said.onWith(tx, p.ID, standing.Edit, ask, func(at place, d standing.Decision) (bool, error) {
		p := at.post
		if in.Updated != 0 && in.Updated < p.EditedAt {
			return false, nil
		}
		before := *p
		in.put(p)
		if err := tx.KeepEmoji(in.Emojis); err != nil {
			return false, err
		}
		if err := receiveQuote(tx, p, in); err != nil {
			return false, err
		}
		photos, err := receivePhotos(tx, p, in.Photos)
		if err != nil {
			return false, err
		}
		asks, counts, err := receivePoll(tx, p, in.poll)
		if err != nil {
			return false, err
		}
		if before == *p && !photos && !asks {
			if counts {
				err = passCounts(tx, at, said)
			}
			return counts, err
		}
		if err := in.names(at.circle).keep(tx, p.ID); err != nil {
			return false, err
		}
		if err := keepRaw(tx, p.ID, in.Raw); err != nil {
			return false, err
		}
		return true, saveEdit(tx, at, d.Actor, before, clampTime(in.Updated, tx.Now()), said.detail())
	})
	if err == nil && o.Gate != nil {
		err = explainEdit(tx, said, p, o.Gate, in)
	}
	return o, err
}

// receivePhotos makes the rows of a post's remote pictures what they are to be, and reports whether
// anything changed.
func receivePhotos(tx *store.Tx, p *circles.Post, photos []RemotePhoto) (changed bool, err error) {
	had, err := tx.PhotosOf(p.ID)
	if err != nil {
		return false, err
	}
	same := len(had) == len(photos)
	for i := 0; same && i < len(had); i++ {
		same = had[i].RemoteURL == photos[i].URL && had[i].Alt == photos[i].Alt
	}
	if same {
		return false, nil
	}
	for _, h := range had {
		if _, err := tx.RemovePhoto(h.ID); err != nil {
			return false, err
		}
	}
	for i, ph := range photos {
		id, err := newMediaID()
		if err != nil {
			return false, err
		}
		err = tx.AddPhoto(&circles.Photo{ID: id, Owner: p.Author.Actor(), Post: p.ID, Pos: i, Alt: ph.Alt, Mime: ph.Mime,
			Width: ph.Width, Height: ph.Height, Blurhash: ph.Blurhash, RemoteURL: ph.URL, CreatedAt: tx.Now()})
		if err != nil {
			return false, err
		}
	}
	return true, nil
}

func keepRaw(tx *store.Tx, id circles.PostID, raw []byte) error {
	if len(raw) == 0 {
		return nil
	}
	return tx.SetPostRaw(id, raw)
}

// cutBytes bounds what is looked at; what it cuts in half is mended by the cleaning that follows.
func cutBytes(s string, n int) string {
	if len(s) > n {
		return s[:n]
	}
	return s
}
