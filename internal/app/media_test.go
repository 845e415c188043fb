package app

import (
	"io"
	"strings"
	"testing"
	"time"

	"halqa/circles"
	"halqa/internal/media"
	"halqa/internal/store"
)

func (h *house) upload(who circles.Viewer, n uint8) circles.Photo {
	h.Helper()
	p, err := h.Upload(h.ctx(), who, picture(n), media.Post)
	h.must(err)
	return p
}

// fetch opens the first file of a photo.
func (h *house) fetch(who circles.Viewer, p circles.Photo) (public bool, err error) {
	h.Helper()
	c, err := h.PhotoFile(h.ctx(), who, p.ID, p.Files[0].Name)
	if err != nil {
		return false, err
	}
	defer c.Close()
	data, err := io.ReadAll(c)
	if int64(len(data)) != p.Files[0].Bytes {
		h.Errorf("read %d bytes, %v; want %d", len(data), err, p.Files[0].Bytes)
	}
	return c.Public, err
}

// TestPhotoAudience: a photo is seen by who sees its post, and does not exist for others.
func TestPhotoAudience(t *testing.T) {
	h := newHouse(t)
	ann, bob, mod := h.person("ann"), h.person("bob"), h.person("meg")
	visitor := circles.Viewer{}
	open, den := h.open(ann, "garden", circles.Public), h.open(ann, "den", circles.MembersOnly)
	_, err := h.Join(h.ctx(), mod, open)
	h.must(err)
	h.must(h.SetRole(h.ctx(), ann, open, mod.Person, circles.RoleModerator))
	see := func(step string, p circles.Photo, want map[*circles.Viewer]bool) {
		t.Helper()
		for who, sees := range want {
			_, err := h.fetch(*who, p)
			if sees != (err == nil) {
				t.Errorf("%s: viewer %d sees it: %v, want %v", step, who.Person, err == nil, sees)
			}
			if err != nil {
				wantKind(t, step, err, circles.NotFound)
			}
		}
	}
	p := h.upload(ann, 1)
	see("loose", p, map[*circles.Viewer]bool{&ann: true, &bob: false, &visitor: false})
	_, err = h.Post(h.ctx(), bob, NewPost{Circle: open, Title: "mine now", Photos: []PhotoRef{{ID: p.ID}}})
	wantKind(t, "posting another's upload", err, circles.NotFound)
	post, err := h.Post(h.ctx(), ann, NewPost{Circle: open, Title: "x", Photos: []PhotoRef{{ID: p.ID, Alt: " a  pea "}}})
	h.must(err)
	if post.PhotoN != 1 {
		t.Errorf("%d photos, want 1", post.PhotoN)
	}
	see("posted", p, map[*circles.Viewer]bool{&ann: true, &bob: true, &visitor: true})
	if public, _ := h.fetch(visitor, p); !public {
		t.Error("a photo in a public circle is not public")
	}
	h.must(h.Remove(h.ctx(), mod, post.ID, "no"))
	see("removed", p, map[*circles.Viewer]bool{&ann: true, &mod: true, &bob: false, &visitor: false})
	h.must(h.Return(h.ctx(), mod, post.ID))
	h.must(h.Delete(h.ctx(), ann, post.ID))
	see("deleted", p, map[*circles.Viewer]bool{&ann: true, &mod: false, &bob: false, &visitor: false})

	q := h.upload(ann, 2)
	_, err = h.Post(h.ctx(), ann, NewPost{Circle: den, Title: "x", Photos: []PhotoRef{{ID: q.ID}}})
	h.must(err)
	see("among members", q, map[*circles.Viewer]bool{&ann: true, &bob: false, &visitor: false})
	if public, _ := h.fetch(ann, q); public {
		t.Error("a photo among members may be cached by everyone")
	}
}

func TestEditPhotos(t *testing.T) {
	h := newHouse(t)
	ann, bob := h.person("ann"), h.person("bob")
	c := h.open(ann, "garden", circles.Public)
	a, b, d := h.upload(ann, 1), h.upload(ann, 2), h.upload(ann, 3)
	p, err := h.Post(h.ctx(), ann, NewPost{Circle: c, Title: "x", Photos: []PhotoRef{{ID: a.ID}, {ID: b.ID}}})
	h.must(err)
	seq := h.mark()
	edited, err := h.Edit(h.ctx(), ann, p.ID, Edit{Title: "x", Photos: []PhotoRef{{ID: d.ID, Alt: "d"}, {ID: a.ID}}})
	h.must(err)
	if edited.PhotoN != 2 || edited.EditedAt == 0 || len(h.since(seq)) != 2 {
		t.Errorf("edited %+v with %d entries", edited, len(h.since(seq)))
	}
	h.update(func(tx *store.Tx) error {
		now, err := tx.PhotosOf(p.ID)
		if err != nil || len(now) != 2 || now[0].ID != d.ID || now[0].Alt != "d" || now[1].ID != a.ID {
			t.Errorf("photos %+v, %v", now, err)
		}
		loose, err := tx.Photo(b.ID)
		if err != nil || loose.Post != 0 {
			t.Errorf("what was taken out: %+v, %v", loose, err)
		}
		return nil
	})
	wantKind(t, "describing another's picture", h.SetAlt(h.ctx(), bob, a.ID, "mine"), circles.NotFound)
	seq = h.mark()
	h.must(h.SetAlt(h.ctx(), ann, a.ID, "a pea"))
	if got := len(h.since(seq)); got != 2 {
		t.Errorf("a new description said %d entries, want an edit's 2", got)
	}
	_, err = h.Edit(h.ctx(), ann, p.ID, Edit{Title: "x", Photos: make([]PhotoRef, circles.MaxPhotos+1)})
	wantKind(t, "too many pictures", err, circles.TooLarge)
}

// TestSweepMedia: what no post took goes after a day, but not a file that another picture shares.
func TestSweepMedia(t *testing.T) {
	h := newHouse(t)
	ann := h.person("ann")
	c := h.open(ann, "garden", circles.Public)
	kept, twin, icon, gone := h.upload(ann, 1), h.upload(ann, 1), h.upload(ann, 2), h.upload(ann, 3)
	if kept.ID == twin.ID || kept.Files[0].Hash != twin.Files[0].Hash {
		t.Fatalf("one picture uploaded twice: %+v and %+v", kept, twin)
	}
	_, err := h.Post(h.ctx(), ann, NewPost{Circle: c, Title: "x", Photos: []PhotoRef{{ID: kept.ID}}})
	h.must(err)
	h.must(h.EditProfile(h.ctx(), ann, Profile{Icon: icon.ID}))
	_, err = h.Post(h.ctx(), ann, NewPost{Circle: c, Title: "x", Photos: []PhotoRef{{ID: icon.ID}}})
	wantKind(t, "posting an icon", err, circles.NotFound)
	h.must(h.SweepMedia(h.ctx()))
	if _, err := h.fetch(ann, gone); err != nil {
		t.Errorf("swept too early: %v", err)
	}
	h.pass(25 * time.Hour)
	h.must(h.SweepMedia(h.ctx()))
	h.must(h.SweepBlobs(h.ctx()))
	for _, p := range []circles.Photo{kept, icon} {
		if _, err := h.fetch(circles.Viewer{}, p); err != nil {
			t.Errorf("%s is gone: %v", p.ID, err)
		}
	}
	for _, p := range []circles.Photo{twin, gone} {
		_, err := h.fetch(ann, p)
		wantKind(t, "swept picture", err, circles.NotFound)
	}
	h.must(h.EditProfile(h.ctx(), ann, Profile{}))
	h.must(h.SweepMedia(h.ctx()))
	_, err = h.fetch(ann, icon)
	wantKind(t, "an icon that was taken down", err, circles.NotFound)
	if f, err := h.blobs.Open(gone.Files[0].Hash); err == nil {
		f.Close()
		t.Error("the file of a swept picture is still there")
	}
}

func TestUploadLimits(t *testing.T) {
	h := newHouse(t)
	ann := h.person("ann")
	_, err := h.Upload(h.ctx(), circles.Viewer{}, picture(1), media.Post)
	wantKind(t, "visitor", err, circles.Denied)
	_, err = h.Upload(h.ctx(), ann, strings.NewReader("<svg onload=x>"), media.Post)
	wantKind(t, "no picture", err, circles.Invalid)
	h.update(func(tx *store.Tx) error {
		for i := range maxLoose {
			id, err := newMediaID()
			if err != nil {
				return err
			}
			if err := tx.AddPhoto(&circles.Photo{ID: id, Owner: ann.Person.Actor(), Mime: "image/webp", Pos: i, CreatedAt: tx.Now()}); err != nil {
				return err
			}
		}
		return nil
	})
	_, err = h.Upload(h.ctx(), ann, picture(1), media.Post)
	wantKind(t, "too many loose pictures", err, circles.Limited)
}
