package app

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"halqa/circles"
	"halqa/internal/store"
)

func (h *house) draftName() string {
	h.Helper()
	name, err := NewDraftName()
	h.must(err)
	return name
}

// drafts tells a person's drafts in short: "name title/circle/root/photos".
func (h *house) drafts(who circles.Viewer) (all []string) {
	h.Helper()
	rows, err := h.Drafts(h.ctx(), who)
	h.must(err)
	for _, r := range rows {
		s := r.Name + " " + r.Title + r.Excerpt
		if r.Circle != nil {
			s += " in " + r.Circle.Name
		}
		if r.Root != nil {
			s += " below " + r.Root.Title
		}
		if r.Photos > 0 {
			s += fmt.Sprintf(" with %d", r.Photos)
		}
		all = append(all, s)
	}
	return all
}

func (h *house) wantDrafts(step string, who circles.Viewer, want ...string) {
	h.Helper()
	if got := h.drafts(who); !slices.Equal(got, want) {
		h.Errorf("%s: drafts\n\t%s\nwant\n\t%s", step, strings.Join(got, "\n\t"), strings.Join(want, "\n\t"))
	}
}

// A draft is kept as it is, replaced under its name, its author's alone, and gone when it is sent.
func TestDrafts(t *testing.T) {
	h := newHouse(t)
	ann, bob := h.person("ann"), h.person("bob")
	garden, den := h.open(ann, "garden", circles.Public), h.open(ann, "den", circles.MembersOnly)
	post := h.write(ann, garden, "Peas")
	one, two := h.draftName(), h.draftName()
	h.must(h.SaveDraft(h.ctx(), ann, Draft{Name: one, Circle: garden, Body: "no title yet", Link: "not a link"}))
	h.must(h.SaveDraft(h.ctx(), ann, Draft{Name: two, Circle: den, Title: "B"}))
	h.must(h.SaveDraft(h.ctx(), ann, Draft{Name: one, Circle: garden, Title: "A", Body: "more", Link: "not a link", Warning: "w", Language: "zh", Sensitive: true}))
	h.wantDrafts("two kept", ann, one+" Amore in garden", two+" B in den")
	h.wantDrafts("another's", bob)
	got, err := h.Draft(h.ctx(), ann, one)
	h.must(err)
	want := Draft{Name: one, Circle: garden, Title: "A", Body: "more", Link: "not a link", Warning: "w", Language: "zh", Sensitive: true, SavedAt: got.SavedAt}
	if fmt.Sprint(got.Draft) != fmt.Sprint(want) || got.In == nil || got.In.CircleID() != garden {
		t.Errorf("draft %+v, want %+v", got.Draft, want)
	}
	_, err = h.Draft(h.ctx(), bob, one)
	wantKind(t, "another's draft", err, circles.NotFound)
	for _, bad := range []Draft{{Name: "x"}, {Name: ReplyDraft(post.ID)}, {Name: one, Parent: post.ID}, {Name: strings.ToUpper("abcdef0123456789")}} {
		bad.Body = "x"
		wantKind(t, fmt.Sprintf("named %+v", bad), h.SaveDraft(h.ctx(), ann, bad), circles.NotFound)
	}
	wantKind(t, "a visitor's", h.SaveDraft(h.ctx(), circles.Viewer{}, Draft{Name: one, Body: "x"}), circles.Denied)
	wantKind(t, "too long", h.SaveDraft(h.ctx(), ann, Draft{Name: one, Body: strings.Repeat("x", 2*circles.MaxBody+1)}), circles.TooLarge)

	// What a post would be refused for stays, and another's draft of the same name is not touched.
	h.must(h.SaveDraft(h.ctx(), bob, Draft{Name: one, Title: "bob's"}))
	_, err = h.Post(h.ctx(), ann, NewPost{Circle: garden, Title: "A", Link: "not a link", Draft: one})
	wantKind(t, "a broken link", err, circles.Invalid)
	h.wantDrafts("after a refusal", ann, one+" Amore in garden", two+" B in den")
	_, err = h.Post(h.ctx(), ann, NewPost{Circle: garden, Title: "A", Draft: one})
	h.must(err)
	h.wantDrafts("sent", ann, two+" B in den")
	h.wantDrafts("bob's own", bob, one+" bob's")

	re := ReplyDraft(post.ID)
	h.must(h.SaveDraft(h.ctx(), bob, Draft{Name: re, Parent: post.ID, Body: "so"}))
	h.must(h.SaveDraft(h.ctx(), bob, Draft{Name: re, Parent: post.ID, Body: "so far"}))
	h.wantDrafts("an answer", bob, re+" so far in garden below Peas", one+" bob's")
	_, err = h.Comment(h.ctx(), bob, NewComment{Parent: post.ID, Body: "so far", Draft: re})
	h.must(err)
	h.wantDrafts("answered", bob, one+" bob's")
	h.must(h.SaveDraft(h.ctx(), bob, Draft{Name: one}))
	h.wantDrafts("emptied", bob)
}

// A circle or thread that is closed to the author is not named in their own list either.
func TestDraftsNameNothingHidden(t *testing.T) {
	h := newHouse(t)
	ann, bob := h.person("ann"), h.person("bob")
	den := h.open(ann, "den", circles.MembersOnly)
	post := h.write(ann, den, "Secret")
	_, err := h.Join(h.ctx(), bob, den)
	h.must(err)
	h.must(h.SetRole(h.ctx(), ann, den, bob.Person, circles.RoleMember))
	one := h.draftName()
	h.must(h.SaveDraft(h.ctx(), bob, Draft{Name: one, Circle: den, Title: "mine"}))
	h.must(h.SaveDraft(h.ctx(), bob, Draft{Name: ReplyDraft(post.ID), Parent: post.ID, Body: "re"}))
	h.wantDrafts("inside", bob, ReplyDraft(post.ID)+" re in den below Secret", one+" mine in den")
	h.must(h.Leave(h.ctx(), bob, den))
	h.wantDrafts("outside", bob, ReplyDraft(post.ID)+" re", one+" mine")
}

// The uploads of a draft outlive the sweep of loose ones, and are loose again when it is gone.
func TestDraftPhotos(t *testing.T) {
	h := newHouse(t)
	ann, bob := h.person("ann"), h.person("bob")
	garden := h.open(ann, "garden", circles.Public)
	a, b, c, theirs := h.upload(ann, 1), h.upload(ann, 2), h.upload(ann, 3), h.upload(bob, 4)
	one, two := h.draftName(), h.draftName()
	h.must(h.SaveDraft(h.ctx(), ann, Draft{Name: one, Circle: garden, Photos: []PhotoRef{{ID: b.ID, Alt: "b"}, {ID: a.ID}, {ID: theirs.ID}}}))
	h.pass(30 * 24 * time.Hour)
	h.must(h.SweepMedia(h.ctx()))
	_, err := h.fetch(ann, c)
	wantKind(t, "a loose one", err, circles.NotFound)
	d, err := h.Draft(h.ctx(), ann, one)
	h.must(err)
	if len(d.Photos) != 2 || d.Photos[0] != (PhotoRef{ID: b.ID, Alt: "b"}) || d.Photos[1].ID != a.ID {
		t.Errorf("photos %+v, want b and a", d.Photos)
	}
	if _, err := h.fetch(bob, a); err == nil {
		t.Error("somebody else sees the photo of a draft")
	}
	h.update(func(tx *store.Tx) error {
		n, err := tx.LoosePhotoCount(ann.Person.Actor(), 100)
		if n != 0 {
			t.Errorf("%d uploads of drafts count as loose", n)
		}
		return err
	})

	// A photo is in one draft; what is sent takes its own and lets go of the rest.
	h.must(h.SaveDraft(h.ctx(), ann, Draft{Name: two, Photos: []PhotoRef{{ID: a.ID}}}))
	if d, err = h.Draft(h.ctx(), ann, one); err != nil || len(d.Photos) != 1 {
		t.Errorf("the first draft has %+v, %v", d, err)
	}
	h.must(h.SaveDraft(h.ctx(), ann, Draft{Name: two, Title: "T", Photos: []PhotoRef{{ID: a.ID}, {ID: b.ID}}}))
	p, err := h.Post(h.ctx(), ann, NewPost{Circle: garden, Title: "T", Photos: []PhotoRef{{ID: a.ID}}, Draft: two})
	h.must(err)
	h.must(h.SweepMedia(h.ctx()))
	if _, err := h.fetch(circles.Viewer{}, a); err != nil || p.PhotoN != 1 {
		t.Errorf("what was posted: %v, %d photos", err, p.PhotoN)
	}
	_, err = h.fetch(ann, b)
	wantKind(t, "what was left out", err, circles.NotFound)
}

// A poll is kept as it was typed, fit to be sent or not.
func TestDraftPoll(t *testing.T) {
	h := newHouse(t)
	ann := h.person("ann")
	name := h.draftName()
	for _, tt := range []struct {
		in   *NewPoll
		want string
	}{
		{&NewPoll{Options: []string{" Peas ", "", "Beans"}, Multiple: true, For: 6 * time.Hour}, "[Peas Beans] true 6h0m0s"},
		{&NewPoll{Options: []string{"Peas", "Peas"}, For: -time.Hour}, "[Peas Peas] false 0s"},
		{&NewPoll{Options: []string{"one\ntwo"}, For: 1 << 62}, "[one two] false 1440h0m0s"},
		{&NewPoll{Options: []string{" "}, Multiple: true}, "none"},
		{nil, "none"},
	} {
		h.must(h.SaveDraft(h.ctx(), ann, Draft{Name: name, Title: "Which?", Poll: tt.in}))
		d, err := h.Draft(h.ctx(), ann, name)
		h.must(err)
		got := "none"
		if d.Poll != nil {
			got = fmt.Sprint(d.Poll.Options, d.Poll.Multiple, d.Poll.For)
		}
		if got != tt.want {
			t.Errorf("%+v is kept as %s, want %s", tt.in, got, tt.want)
		}
	}
	many := strings.Split(strings.Repeat("o\n", draftSlack*circles.MaxPollOptions+1), "\n")
	wantKind(t, "very many options", h.SaveDraft(h.ctx(), ann, Draft{Name: name, Poll: &NewPoll{Options: many}}), circles.TooLarge)
	long := []string{strings.Repeat("x", draftSlack*circles.MaxPollOption+1)}
	wantKind(t, "a very long option", h.SaveDraft(h.ctx(), ann, Draft{Name: name, Poll: &NewPoll{Options: long}}), circles.TooLarge)

	h.must(h.SaveDraft(h.ctx(), ann, Draft{Name: name, Poll: &NewPoll{Options: []string{"Peas", "Beans"}}}))
	h.wantDrafts("nothing but a poll", ann, name+" Peas · Beans")
	h.must(h.SaveDraft(h.ctx(), ann, Draft{Name: name, Poll: &NewPoll{Options: []string{""}}}))
	h.wantDrafts("emptied", ann)
}

// Nobody fills the disk with what they do not send.
func TestDraftLimits(t *testing.T) {
	h := newHouse(t)
	ann := h.person("ann")
	var first string
	for i := range maxDrafts {
		name := h.draftName()
		if i == 0 {
			first = name
		}
		h.must(h.SaveDraft(h.ctx(), ann, Draft{Name: name, Title: "x"}))
	}
	wantKind(t, "one more", h.SaveDraft(h.ctx(), ann, Draft{Name: h.draftName(), Title: "x"}), circles.TooLarge)
	h.must(h.SaveDraft(h.ctx(), ann, Draft{Name: first, Title: "changed"}))
	h.pass(draftsFor + time.Hour)
	kept := h.draftName()
	h.must(h.DropDraft(h.ctx(), ann, first))
	h.must(h.SaveDraft(h.ctx(), ann, Draft{Name: kept, Title: "new"}))
	h.must(h.SweepDrafts(h.ctx()))
	h.wantDrafts("after half a year", ann, kept+" new")

	photo := h.upload(ann, 1)
	h.must(h.SaveDraft(h.ctx(), ann, Draft{Name: kept, Photos: []PhotoRef{{ID: photo.ID}}}))
	h.update(func(tx *store.Tx) error { return tx.RemoveAccount(ann.Person) })
	h.wantDrafts("without an account", ann)
	h.pass(25 * time.Hour)
	h.must(h.SweepMedia(h.ctx()))
	_, err := h.fetch(ann, photo)
	wantKind(t, "the photo of an account that is gone", err, circles.NotFound)
}
