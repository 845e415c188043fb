package app

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"halqa/circles"
	"halqa/internal/store"
	"halqa/internal/text"
)

const (
	// maxDrafts and maxDraftPhotos are what one person may leave unfinished: their uploads wait for weeks
	// then, not for a day.
	maxDrafts      = 50
	maxDraftPhotos = 100

	// draftsFor is how long a draft is kept that its author does not touch.
	draftsFor = 180 * 24 * time.Hour

	// draftSlack is how many times longer than a post's the texts of a draft may be: what was refused for its
	// length is kept, too.
	draftSlack = 2

	draftPage = 100 // drafts that go in one transaction
)

// A Draft is what a person has begun to write and not sent.
type Draft struct {
	Name      string           // of NewDraftName or ReplyDraft; keeping it again under the same name replaces it
	Circle    circles.CircleID // of a post; 0 = none is chosen
	Parent    circles.PostID   // what a comment answers; 0 for a post
	Title     string
	Body      string // markdown
	Link      string // as it was typed
	Photos    []PhotoRef
	Language  string
	Sensitive bool
	Warning   string
	Poll      *NewPoll // of a post; nil = none
	SavedAt   int64    // UTC microseconds; set when it is read
}

// NewDraftName makes a name for the draft of a post.
func NewDraftName() (string, error) {
	var b [8]byte
	if _, err := rand.Read(b[:]); err != nil {
		return "", fmt.Errorf("name a draft: %w", err)
	}
	return hex.EncodeToString(b[:]), nil
}

// replyDraft begins the names of comments' drafts. A person has one for each thing they answer.
const replyDraft = "re-"

// ReplyDraft is the name of the draft of an answer to this post or comment.
func ReplyDraft(parent circles.PostID) string { return replyDraft + parent.String() }

// goodDraftName reports whether a name is one that NewDraftName or ReplyDraft makes.
func goodDraftName(name string, parent circles.PostID) bool {
	if parent != 0 {
		return name == ReplyDraft(parent)
	}
	b, err := hex.DecodeString(name)
	return err == nil && len(b) == 8 && name == strings.ToLower(name)
}

// SaveDraft keeps what a person has written so far. It need not be fit to be sent: it may have no title or
// a broken link, and whether its author may send it is asked when they do. One that is empty is forgotten.
func (a *App) SaveDraft(ctx context.Context, who circles.Viewer, in Draft) error {
	if !who.SignedIn() {
		return errSignIn()
	}
	d, err := cleanDraft(in)
	if err != nil {
		return err
	}
	photos, err := cleanPhotos(in.Photos)
	if err != nil {
		return err
	}
	if d.Title == "" && strings.TrimSpace(d.Body) == "" && d.Link == "" && d.Poll == "" && len(photos) == 0 {
		return a.DropDraft(ctx, who, d.Name)
	}
	return a.update(ctx, "keep a draft", func(tx *store.Tx) error {
		drafts, pictures, err := tx.DraftCounts(who.Person, d.Name)
		if err != nil {
			return err
		}
		if drafts >= maxDrafts || pictures+int64(len(photos)) > maxDraftPhotos {
			return circles.Errorf(circles.TooLarge, "You have as many drafts as one person can keep; finish some or throw them away.").
				With("refused.too-many-drafts", nil)
		}
		d.SavedAt = tx.Now()
		if err := tx.SaveDraft(who.Person, &d); err != nil {
			return err
		}
		return keepDraftPhotos(tx, who.Person, d.Name, photos)
	})
}

// cleanDraft cleans what is typed, but refuses little: a draft is kept as it is.
func cleanDraft(in Draft) (store.Draft, error) {
	d := store.Draft{Name: in.Name, Circle: in.Circle, Parent: in.Parent, Sensitive: in.Sensitive}
	if !goodDraftName(in.Name, in.Parent) {
		return d, circles.Errorf(circles.NotFound, "There is no such draft.").With("refused.no-draft", nil)
	}
	var err error
	if d.Body, err = block("body", "text", in.Body, draftSlack*circles.MaxBody); err != nil {
		return d, err
	}
	if d.Title, err = line("title", "title", in.Title, draftSlack*circles.MaxTitle); err != nil {
		return d, err
	}
	if d.Link, err = line("link", "link", in.Link, draftSlack*circles.MaxLink); err != nil {
		return d, err
	}
	if d.Warning, err = line("warning", "content warning", in.Warning, draftSlack*circles.MaxWarning); err != nil {
		return d, err
	}
	if d.Language, err = text.Language(in.Language); err != nil {
		d.Language = ""
	}
	if in.Poll != nil && in.Parent == 0 {
		err = keepPoll(&d, in.Poll)
	}
	return d, err
}

// keepPoll puts a poll into a draft as it was typed, but for lines that say nothing.
func keepPoll(d *store.Draft, in *NewPoll) error {
	var options []string
	for _, o := range in.Options {
		o, err := line("poll", "option", o, draftSlack*circles.MaxPollOption)
		if err != nil {
			return err
		}
		if o == "" {
			continue
		}
		if len(options) == draftSlack*circles.MaxPollOptions {
			return errPollMany()
		}
		options = append(options, o)
	}
	d.Poll, d.Several = strings.Join(options, "\n"), in.Multiple
	d.PollFor = int64(min(max(in.For, 0), draftSlack*circles.MaxPollTime) / time.Second)
	return nil
}

// pollOf is the poll of a draft; nil if it has none.
func pollOf(d *store.Draft) *NewPoll {
	if d.Poll == "" {
		return nil
	}
	return &NewPoll{Options: strings.Split(d.Poll, "\n"), Multiple: d.Several, For: time.Duration(d.PollFor) * time.Second}
}

// keepDraftPhotos makes uploads of a person the photos of a draft, in this order. Those it had and is to
// have no more are loose again; one that is gone meanwhile is left out.
func keepDraftPhotos(tx *store.Tx, person circles.PersonID, name string, refs []PhotoRef) error {
	had, err := tx.PhotosOfDraft(person, name)
	if err != nil {
		return err
	}
	drop := map[circles.MediaID]bool{}
	for _, h := range had {
		drop[h.ID] = true
	}
	for i, r := range refs {
		photo, err := tx.Photo(r.ID)
		if circles.Is(err, circles.NotFound) {
			continue
		}
		if err != nil {
			return err
		}
		if photo.Owner != person.Actor() || photo.Post != 0 || photo.Pos == store.IconPos {
			continue
		}
		delete(drop, r.ID)
		if err := tx.PlaceDraftPhoto(r.ID, person, name, i); err != nil {
			return err
		}
		if err := tx.SetPhotoAlt(r.ID, r.Alt); err != nil {
			return err
		}
	}
	for id := range drop {
		if err := tx.PlacePhoto(id, 0, 0); err != nil {
			return err
		}
	}
	return nil
}

// sentDraft forgets the draft of what was just stored; "" = it was none.
func sentDraft(tx *store.Tx, who circles.Viewer, name string) error {
	if name == "" || who.Remote {
		return nil
	}
	return tx.RemoveDraft(who.Person, name)
}

// A KeptDraft is a draft with the circle that it is for.
type KeptDraft struct {
	Draft
	In *circles.Circle // of a post; nil = none is chosen, or the viewer may not enter it any more
}

// Draft returns a draft of the viewer's.
func (a *App) Draft(ctx context.Context, v circles.Viewer, name string) (*KeptDraft, error) {
	if !v.SignedIn() {
		return nil, errSignIn()
	}
	var out *KeptDraft
	err := a.view(ctx, "draft", func(tx *store.Tx) error {
		d, err := tx.Draft(v.Person, name)
		if err != nil {
			return err
		}
		out = &KeptDraft{Draft: Draft{Name: d.Name, Circle: d.Circle, Parent: d.Parent, Title: d.Title, Body: d.Body, Link: d.Link, Language: d.Language,
			Sensitive: d.Sensitive, Warning: d.Warning, Poll: pollOf(d), SavedAt: d.SavedAt}}
		photos, err := tx.PhotosOfDraft(v.Person, name)
		for _, p := range photos {
			out.Photos = append(out.Photos, PhotoRef{ID: p.ID, Alt: p.Alt})
		}
		if err != nil || d.Circle == 0 {
			return err
		}
		c, _, err := letIn(tx, v, d.Circle)
		if circles.Is(err, circles.NotFound) || circles.Is(err, circles.Gone) {
			return nil
		}
		out.In = c
		return err
	})
	if circles.Is(err, circles.NotFound) {
		return nil, circles.Errorf(circles.NotFound, "There is no such draft.").With("refused.no-draft", nil)
	}
	return out, err
}

// A DraftRow is a draft as the list of its author's shows it.
type DraftRow struct {
	Name    string
	Comment bool
	Title   string
	Excerpt string          // one line of its text
	Circle  *circles.Circle // nil = none is chosen, or the viewer may not enter it any more
	Root    *circles.Post   // of a comment: the post of its thread, without its texts; nil if the viewer may not see it
	Photos  int
	SavedAt int64 // UTC microseconds
}

// Drafts returns the viewer's drafts, the latest first.
func (a *App) Drafts(ctx context.Context, v circles.Viewer) ([]DraftRow, error) {
	if !v.SignedIn() {
		return nil, errSignIn()
	}
	var out []DraftRow
	err := a.view(ctx, "drafts", func(tx *store.Tx) error {
		out = nil
		rows, err := tx.Drafts(v, maxDrafts)
		if err != nil {
			return err
		}
		var roots []circles.PostID
		var in []circles.CircleID
		for _, r := range rows {
			roots, in = append(roots, r.Root), append(in, r.Inside)
		}
		around, err := tx.CircleCards(unique(in))
		if err != nil {
			return err
		}
		titles, err := tx.PostTitles(unique(roots))
		if err != nil {
			return err
		}
		for _, r := range rows {
			row := DraftRow{Name: r.Name, Comment: r.Parent != 0, Title: r.Title, Excerpt: text.Excerpt(cmp.Or(r.Body, strings.ReplaceAll(r.Poll, "\n", " · ")), excerptLen),
				Circle: around[r.Inside], Photos: r.Photos, SavedAt: r.SavedAt}
			if root := titles[r.Root]; root != nil && root.State == circles.Visible {
				row.Root = root
			}
			out = append(out, row)
		}
		return nil
	})
	return out, err
}

// DropDraft throws a draft of the person's away. There need be none of this name.
func (a *App) DropDraft(ctx context.Context, who circles.Viewer, name string) error {
	if !who.SignedIn() {
		return errSignIn()
	}
	return a.update(ctx, "drop a draft", func(tx *store.Tx) error { return tx.RemoveDraft(who.Person, name) })
}

// SweepDrafts forgets drafts that nobody has touched for a long time. The clock calls it.
func (a *App) SweepDrafts(ctx context.Context) error {
	before := a.now().Add(-draftsFor).UnixMicro()
	for {
		var found int
		err := a.update(ctx, "forget drafts", func(tx *store.Tx) error {
			old, err := tx.OldDrafts(before, draftPage)
			found = len(old)
			if err != nil {
				return err
			}
			for _, d := range old {
				if err := tx.RemoveDraft(d.Person, d.Name); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil || found < draftPage {
			return err
		}
	}
}
