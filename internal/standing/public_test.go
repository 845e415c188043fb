package standing

import (
	"strings"
	"testing"
	"time"

	"halqa/circles"
	"halqa/circles/reputation"
	"halqa/internal/store"
)

// of reads what anybody may of a handle, by action.
func (n *town) of(c *circles.Circle, name, host string) (*Public, map[reputation.Action]Access) {
	n.Helper()
	p, err := n.PublicOf(n.Context(), circles.Viewer{}, c.CircleID(), name, host)
	n.must(err)
	all := map[reputation.Action]Access{}
	for _, a := range p.Actions {
		all[a.Action] = a
	}
	return p, all
}

// TestPublicOf: a stranger reads of somebody elsewhere what every reader could count, action by action, with who
// set it and why.
func TestPublicOf(t *testing.T) {
	n := newTown(t)
	far := n.person("far", "far.example")
	asks := commentAfter(5)
	asks.Gates[reputation.Comment] = reputation.Gate{Any: []reputation.Path{{days(1)}, vouch}, Else: reputation.Hold}
	n.set(n.circle, asks, "Spam wave")
	if p, _ := n.of(n.circle, "far", "far.example"); p.Seen {
		t.Error("somebody who did nothing here was seen")
	}
	n.known(far)
	n.now = n.now.Add(48 * time.Hour)
	for _, name := range []string{"far", "Far"} {
		p, all := n.of(n.circle, name, "far.example")
		if !p.Seen || p.Refused != "" || len(all) != len(reputation.Actions()) {
			t.Fatalf("%s: seen %t, refused %q, %d actions", name, p.Seen, p.Refused, len(all))
		}
		post := all[reputation.Post]
		if post.Allowed || post.Outcome != Hold || post.SetBy != "/u/ann" || !strings.Contains(post.SetLine("en"), "Spam wave") || post.Appeal != "/c/garden/why#appeal" || len(post.Unmet) != 3 {
			t.Errorf("%s posting: %+v", name, post)
		}
		if m := post.Unmet[0]; m.Fact != reputation.DaysKnown || m.Have == nil || *m.Have != 2 || m.Need != 5 || m.ETA != stamp(n.now.Truncate(24*time.Hour).Add(3*24*time.Hour).UnixMicro()) {
			t.Errorf("%s misses %+v", name, m)
		}
		for _, m := range post.Unmet[1:] {
			if m.Have != nil || m.ETA != "" {
				t.Errorf("%s is told %+v", name, m)
			}
		}
		if a := all[reputation.Comment]; !a.Allowed || a.Outcome != Allow {
			t.Errorf("%s commenting: %+v", name, a)
		}
		for _, a := range []reputation.Action{reputation.GiveVouch, reputation.CreateCircle} {
			if all[a].Blocked != string(NotSignedIn) {
				t.Errorf("%s may %s: %+v", name, a, all[a])
			}
		}
	}
}

// TestPublicOfTellsNothingElse: whatever happens to somebody that not every reader could count, the answer to
// strangers is the same to the letter.
func TestPublicOfTellsNothingElse(t *testing.T) {
	n := newTown(t)
	far := n.person("far", "far.example")
	n.known(far)
	n.known(n.person("twin", "far.example"))
	fact := func(f reputation.Fact, s reputation.Scope, v int) reputation.Path {
		return reputation.Path{{Fact: f, Scope: s, Value: v}}
	}
	gates := reputation.Settings{Gates: map[reputation.Action]reputation.Gate{
		reputation.Join:      {Any: []reputation.Path{fact(reputation.StrikesLately, reputation.ScopeInstance, 0)}, Else: reputation.Request},
		reputation.Post:      {Any: []reputation.Path{fact(reputation.VouchesHeld, reputation.ScopeCircle, 1), fact(reputation.ByOperator, reputation.ScopeCircle, 1)}, Else: reputation.Hold},
		reputation.PostMedia: {Any: []reputation.Path{fact(reputation.MembershipDays, reputation.ScopeCircle, 1)}, Else: reputation.Hold},
		reputation.Comment:   {Any: []reputation.Path{fact(reputation.TierHeld, reputation.ScopeCircle, 1)}, Else: reputation.Hold},
		reputation.React:     {Any: []reputation.Path{fact(reputation.StrikesLately, reputation.ScopeCircle, 0)}, Else: reputation.Deny},
		reputation.Downvote:  {Any: []reputation.Path{fact(reputation.StandingPoints, reputation.ScopeCircle, 5)}, Else: reputation.Deny},
	}, Limits: map[reputation.Action]reputation.Limit{reputation.PostLink: {PerDay: 1, FirstHeld: 1}}}
	n.update(func(tx *store.Tx) error {
		return putRules(tx, n.circle.CircleID(), reputation.Settings{}, gates, false, 0, n.ann.Person.Actor())
	})
	n.now = n.now.Add(24 * time.Hour)
	show := func(name string) string {
		p, _ := n.of(n.circle, name, "far.example")
		var b strings.Builder
		for _, a := range p.Actions {
			b.WriteString(string(a.Action) + " " + string(a.Outcome) + " " + a.Say("en") + string(a.Limit))
			for _, m := range a.Unmet {
				b.WriteString(" " + string(m.Fact) + m.ETA)
				if m.Have != nil {
					b.WriteString("!")
				}
			}
			b.WriteString("\n")
		}
		return b.String()
	}
	before := show("far")
	if strings.Contains(before, "!") || strings.Count(before, "vouches") != 1 || strings.Count(before, "strikes_90d") != 2 {
		t.Fatalf("before anything happened:\n%s", before)
	}
	open := func(a Action) bool {
		d := n.judge(Question{Who: far, Action: a, Post: &circles.Post{ID: 1, Kind: circles.IsPost, Circle: n.circle.CircleID(), Author: n.ann.Person, State: circles.Visible}})
		return d.Allowed() && d.Outcome == Allow
	}
	if open(Comment) || open(Post) {
		t.Fatal("far may do what nothing opened yet")
	}
	n.update(func(tx *store.Tx) error {
		ann, err := tx.Actor(n.ann.Person.Actor())
		if err != nil {
			return err
		}
		if err := Placed(tx, n.circle, n.ann.Person, circles.NoRole, circles.RoleOwner); err != nil {
			return err
		}
		if err := GiveVouch(tx, n.circle, far.Person, ann); err != nil {
			return err
		}
		if err := tx.SetRole(n.circle.CircleID(), far.Person, circles.RoleMember); err != nil {
			return err
		}
		return Welcomed(tx, n.circle.CircleID(), far.Person, n.ann.Person)
	})
	n.now = n.now.Add(26 * time.Hour)
	twin := show("twin")
	if !open(Comment) || !open(Post) {
		t.Error("a vouch and an approval opened nothing, so this shows nothing")
	}
	if after := show("far"); after != twin {
		t.Errorf("strangers read\n%s\nand of somebody to whom nothing happened\n%s", after, twin)
	}
}

// TestPublicOfSomebodyShutOut: what stands in the public log of moderation is told, without its reason.
func TestPublicOfSomebodyShutOut(t *testing.T) {
	n := newTown(t)
	far := n.person("far", "far.example")
	n.update(func(tx *store.Tx) error {
		return tx.SetBan(circles.Ban{Circle: n.circle.CircleID(), Person: far.Person, By: n.ann.Person.Actor(), At: tx.Now(), Reason: "A secret of two"})
	})
	p, _ := n.of(n.circle, "far", "far.example")
	if p.Refused != Banned {
		t.Errorf("refused %q, want %q", p.Refused, Banned)
	}
	hidden := n.open("shed", circles.MembersOnly)
	if _, err := n.PublicOf(n.Context(), circles.Viewer{}, hidden.CircleID(), "far", "far.example"); !circles.Is(err, circles.NotFound) {
		t.Errorf("of a circle that strangers do not see: %v", err)
	}
}
