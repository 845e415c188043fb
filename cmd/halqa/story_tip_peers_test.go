package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"halqa/circles"
	"halqa/internal/testpeer"
	"halqa/internal/tips"
	"halqa/wallet"
)

// Servers of other kinds show the people, posts and circles of one that speaks of tips as if it said nothing
// of them, and hear nothing of a tip that crosses two instances.
func TestPlainServersIgnoreTips(t *testing.T) {
	a, b := newTown(t), newTown(t)
	ctx := t.Context()
	garden := b.circle("gardening")
	rail := b.opens(b.lin, "lin")
	var all []*visit
	for _, persona := range testpeer.Personas() {
		v := b.visit(persona)
		v.follows("gardening")
		v.bob.Follow(ctx, b.finger("lin"))
		v.sees("the Accept of lin", func() bool { return v.bob.Follows(b.finger("lin")) })
		all = append(all, v)
	}
	post := b.post(b.lin, garden.CircleID(), "My first leeks", "Thick as a thumb.")
	for _, v := range all {
		v.shown("the post", post.at, nil)
	}
	b.must(b.h.tips.SetPolicy(ctx, b.ann, tips.CirclePolicy{Circle: garden.CircleID(), Policy: tips.PolicyLikesOnly}))
	b.must(b.h.tips.SetPolicy(ctx, b.ann, tips.CirclePolicy{Circle: garden.CircleID(), Policy: tips.PolicyOn}))

	here := a.fetches(post.at)
	gave, err := a.h.tips.Start(ctx, a.lin, tips.Intent{Post: here.ID, Adapter: tips.Abroad, Amount: wallet.Amount{Minor: 5000, Asset: "XTS"}, Once: "form", Locale: "en"})
	if err != nil {
		t.Fatal(err)
	}
	rail.paid(b.history(b.lin)[0], 5000)
	a.settles(a.lin, gave.ID, tips.Paid, 5000)
	last := b.post(b.lin, garden.CircleID(), "My second leeks", "")
	for _, v := range all {
		v.shown("what came after the tip", last.at, nil)
		v.content("the end")
		if s := v.peer.Story(); strings.Contains(s, "TipReceipt") || strings.Contains(s, "TipRevoked") {
			t.Errorf("%s was told of the tip:\n%s", v.peer.Persona, s)
		}
	}
}

// Nobody but who was tipped says that they were, and no server that does not show where it takes tips is
// given a way to pay.
func TestStrangersAndTips(t *testing.T) {
	a, b := newTown(t), newTown(t)
	ctx := t.Context()
	garden := b.circle("gardening")
	rail := b.opens(b.lin, "lin")
	post := b.post(b.lin, garden.CircleID(), "My first leeks", "")
	eve := b.visit(testpeer.Unknown)
	bold := eve.bob.Daring()

	intent := func(actor string) []byte {
		return []byte(`{"@context":"https://www.w3.org/ns/activitystreams","id":"` + eve.peer.URL + `/tips/1","type":"TipIntent","actor":"` + actor + `","object":"` + post.at +
			`","amountMinor":"5000","asset":"XTS/3","nonce":"0123456789abcdef","expires":"` + time.Now().Add(time.Hour).UTC().Format(time.RFC3339) + `"}`)
	}
	for what, c := range map[string]struct {
		body []byte
		want int
	}{
		"from a server that shows nothing": {intent(bold.ID), 403},
		"in another's name":                {intent(a.finger("lin")), 401},
		"that is none":                     {[]byte(`{"type":"Create"}`), 400},
		"that is no JSON":                  {[]byte(`{`), 400},
		"that is long":                     {[]byte(`{"type":"TipIntent","content":"` + strings.Repeat("x", 20<<10) + `"}`), 413},
	} {
		if ans := bold.Send(ctx, b.finger("lin")+"/tip", c.body); ans.Status != c.want {
			t.Errorf("an intent %s: answered %d, want %d", what, ans.Status, c.want)
		}
	}
	if all := b.history(b.lin); len(all) != 0 {
		t.Fatalf("tips came of it: %+v", all)
	}

	here := a.fetches(post.at)
	gave, err := a.h.tips.Start(ctx, a.lin, tips.Intent{Post: here.ID, Adapter: tips.Abroad, Amount: wallet.Amount{Minor: 5000, Asset: "XTS"}, Once: "form", Locale: "en"})
	if err != nil {
		t.Fatal(err)
	}
	binding := fmt.Sprintf("sha256:%x", gave.Binding)
	n := 0
	forge := func(actor, author, id string) {
		t.Helper()
		n++
		body, err := json.Marshal(map[string]any{"@context": "https://www.w3.org/ns/activitystreams", "id": fmt.Sprintf("%s/acts/%d", eve.peer.URL, n), "type": "Create",
			"actor": actor, "to": []string{a.finger("lin")}, "cc": []string{}, "object": map[string]any{"id": id, "type": "TipReceipt", "attributedTo": author, "context": post.at,
				"intent": a.h.site.Base + "/tips/" + circles.PostID(gave.ID).String(), "amountMinor": "5000", "asset": "XTS/3", "binding": binding,
				"paymentProof": map[string]string{"type": "adapter-attested"}, "published": "2026-11-22T10:00:00Z"}})
		a.must(err)
		if ans := bold.Send(ctx, a.h.site.Base+"/inbox", body); ans.Status >= 500 || ans.Status == 0 {
			t.Errorf("answered %d %v", ans.Status, ans.Err)
		}
	}
	lin := b.finger("lin")
	forge(bold.ID, bold.ID, eve.peer.URL+"/r/1")
	forge(bold.ID, lin, eve.peer.URL+"/r/2")
	forge(lin, lin, lin+"/r/3")
	forge(bold.ID, lin, lin+"/r/4")
	if tip, err := a.h.tips.Tip(ctx, a.lin, gave.ID); err != nil || tip.State != tips.Open || tip.Net != 0 {
		t.Fatalf("after forged receipts the tip is %+v, %v", tip, err)
	}
	rail.paid(b.history(b.lin)[0], 5000)
	a.settles(a.lin, gave.ID, tips.Paid, 5000)
}
