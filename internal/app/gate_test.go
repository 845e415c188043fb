package app

import (
	"testing"

	"halqa/circles"
	"halqa/internal/standing"
	"halqa/internal/store"
)

// shut lets nobody through a gate who could not open it.
func (h *house) shut(c circles.CircleID, a standing.Action, otherwise standing.Outcome) {
	h.Helper()
	h.update(func(tx *store.Tx) error {
		return tx.SetGateRule(c, store.GateRule{Action: string(a), Rule: `{"gate":{"else":"` + string(otherwise) + `"}}`, SetAt: tx.Now()})
	})
}

// What stands may be edited, and what somebody may not publish does not come in by that.
func TestEditBringsNothingPastAGate(t *testing.T) {
	h := newHouse(t)
	ann, bob := h.person("ann"), h.person("bob")
	c := h.open(ann, "garden", circles.Public)
	_, err := h.Join(h.ctx(), bob, c)
	h.must(err)
	old, other := h.upload(bob, 1), h.upload(bob, 2)
	const page = "https://peas.example/grow"
	p, err := h.Post(h.ctx(), bob, NewPost{Circle: c, Title: "Peas", Link: page, Photos: []PhotoRef{{ID: old.ID}}})
	h.must(err)
	h.shut(c, standing.PostLink, standing.Hold)
	h.shut(c, standing.PostMedia, standing.Deny)
	for _, step := range []struct {
		what, link string
		photos     []PhotoRef
		refused    bool
	}{
		{"its words", page, []PhotoRef{{ID: old.ID, Alt: "peas"}}, false},
		{"another link", "https://pills.example/buy", []PhotoRef{{ID: old.ID}}, true},
		{"another photo", page, []PhotoRef{{ID: other.ID}}, true},
		{"one photo more", page, []PhotoRef{{ID: old.ID}, {ID: other.ID}}, true},
		{"less", "", nil, false},
		{"what was taken out", page, nil, true},
	} {
		_, err := h.Edit(h.ctx(), bob, p.ID, Edit{Title: step.what, Link: step.link, Photos: step.photos})
		if step.refused {
			wantKind(t, step.what, err, circles.Forbidden)
		} else if err != nil {
			t.Errorf("%s: %v", step.what, err)
		}
	}
}

// Whoever is led into a circle by a move asks at its door like anybody else.
func TestMovedAskAtTheDoor(t *testing.T) {
	h := newHouse(t)
	ann, bob := h.person("ann"), h.person("bob")
	c, far := h.open(ann, "garden", circles.Public), h.farCircle("plants", "far.example")
	_, err := h.Join(h.ctx(), bob, far)
	h.must(err)
	h.must(h.SetAliases(h.ctx(), ann, c, []string{"https://far.example/plants"}))
	h.shut(c, standing.Join, standing.Request)
	h.update(func(tx *store.Tx) error {
		out, err := h.ReceiveMove(tx, far.Actor(), c.Actor())
		if err == nil && out.Refusal != nil {
			err = out.Refusal
		}
		return err
	})
	h.update(func(tx *store.Tx) error {
		role, err := tx.Role(c, bob.Person)
		if role != circles.RolePending {
			t.Errorf("bob is %q of the circle, want %q", role, circles.RolePending)
		}
		return err
	})
}

// What asks for a direct transfer in a caption is held like a word of the text, and nobody loses it.
func TestBeggingInACaptionIsHeld(t *testing.T) {
	h := newHouse(t)
	ann, bob := h.person("ann"), h.person("bob")
	c := h.open(ann, "garden", circles.Public)
	_, err := h.Join(h.ctx(), bob, c)
	h.must(err)
	for _, x := range []struct {
		alt  string
		want circles.PostState
	}{{"Peas in a row", circles.Visible}, {"Scan my QR code for more peas", circles.Held}, {"豌豆，打赏请到支付宝账号 bob", circles.Held}} {
		pic := h.upload(bob, 1)
		p, err := h.Post(h.ctx(), bob, NewPost{Circle: c, Title: "Peas", Photos: []PhotoRef{{ID: pic.ID, Alt: x.alt}}})
		if err != nil || p.State != x.want {
			t.Errorf("%s: %+v, %v, want it %s", x.alt, p, err, x.want)
		}
	}
	// One that comes later is judged like an edit, with the words around it.
	pic := h.upload(bob, 1)
	p, err := h.Post(h.ctx(), bob, NewPost{Circle: c, Title: "Peas", Photos: []PhotoRef{{ID: pic.ID, Alt: "Peas in a row"}}})
	h.must(err)
	for alt, want := range map[string]bool{"Scan my QR code for more peas": false, "豌豆，打赏请到支付宝账号 bob": false, "Peas, picked": true} {
		err := h.SetAlt(h.ctx(), bob, pic.ID, alt)
		if want != (err == nil) || err != nil && !circles.Is(err, circles.Forbidden) {
			t.Errorf("a caption changed to %q: %v, want it taken %t", alt, err, want)
		}
	}
	var photos []circles.Photo
	h.update(func(tx *store.Tx) (err error) { photos, err = tx.PhotosOf(p.ID); return err })
	if len(photos) != 1 || photos[0].Alt != "Peas, picked" {
		t.Errorf("the picture says %+v, want what was taken alone", photos)
	}
	below, err := h.Post(h.ctx(), ann, NewPost{Circle: c, Title: "Beans"})
	h.must(err)
	said, err := h.Comment(h.ctx(), bob, NewComment{Parent: below.ID, Body: "my venmo is @bob-peas"})
	if err != nil || said.State != circles.Held {
		t.Errorf("a comment: %+v, %v", said, err)
	}
	held, _, err := h.HeldIn(h.ctx(), ann, c, "")
	if err != nil || len(held) != 3 || held[0].Why == nil || held[0].Why.Say("en") == "" {
		t.Errorf("what waits for ann: %+v, %v", held, err)
	}
}
