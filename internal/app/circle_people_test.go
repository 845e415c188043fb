package app

import (
	"fmt"
	"testing"
	"time"

	"halqa/circles"
	"halqa/circles/reputation"
	"halqa/internal/store"
)

// TestCirclePeople: the people of a circle see each other, page by page, each once; others do not, and only who
// runs it sees tiers.
func TestCirclePeople(t *testing.T) {
	h := newHouse(t)
	ann, bob, eve := h.person("ann"), h.person("bob"), h.person("eve")
	boss := h.admin("boss")
	c := h.open(ann, "garden", circles.Public)
	far := h.stranger("zoe", "far.example")
	names := []string{"ann"}
	in := func(who circles.Viewer, name string) {
		_, err := h.Join(h.ctx(), who, c)
		h.must(err)
		names = append(names, name)
	}
	in(bob, "bob")
	h.pass(time.Minute)
	for i := range 4 { // at the same moment
		in(h.person(fmt.Sprint("dan", i)), fmt.Sprint("dan", i))
	}
	h.pass(time.Minute)
	h.update(func(tx *store.Tx) error { return tx.SetRole(c, far, circles.RoleMember) })
	names = append(names, "zoe")
	gone := h.person("gone")
	_, err := h.Join(h.ctx(), gone, c)
	h.must(err)
	h.update(func(tx *store.Tx) error {
		if err := tx.SetRole(c, eve.Person, circles.RolePending); err != nil {
			return err
		}
		a, err := tx.Actor(gone.Person.Actor())
		if err != nil {
			return err
		}
		a.DeletedAt = tx.Now()
		return tx.SaveActor(a)
	})

	for _, limit := range []int{1, 2, 5, 100} {
		var got []string
		for cursor, pages := "", 0; ; pages++ {
			p, err := h.CirclePeople(h.ctx(), bob, c, cursor, limit)
			h.must(err)
			if len(p.People) > limit || pages > len(names) {
				t.Fatalf("a page of %d has %d, the %dth", limit, len(p.People), pages)
			}
			for _, x := range p.People {
				got = append([]string{x.Person.Name}, got...)
				if x.Tier != nil || x.MayVouch {
					t.Errorf("a member learns of %s: tier %v, vouch %v", x.Person.Name, x.Tier, x.MayVouch)
				}
			}
			if cursor = p.Next; cursor == "" {
				break
			}
		}
		if fmt.Sprint(got) != fmt.Sprint(names) {
			t.Errorf("by %d: %v, want %v", limit, got, names)
		}
	}

	for _, x := range []struct {
		name string
		who  circles.Viewer
		want circles.Kind
	}{{"a visitor", circles.Viewer{}, circles.Denied}, {"who waits", eve, circles.Forbidden}, {"another", h.person("fay"), circles.Forbidden}} {
		_, err := h.CirclePeople(h.ctx(), x.who, c, "", 0)
		wantKind(t, x.name, err, x.want)
	}
	closed := h.open(ann, "attic", circles.MembersOnly)
	_, err = h.CirclePeople(h.ctx(), bob, closed, "", 0)
	wantKind(t, "outside a members-only circle", err, circles.NotFound)
	_, err = h.CirclePeople(h.ctx(), bob, c, "people-x", 0)
	wantKind(t, "another's cursor", err, circles.Invalid)
	_, err = h.CirclePeople(h.ctx(), boss, h.farCircle("pond", "far.example"), "", 0)
	wantKind(t, "a circle elsewhere", err, circles.Forbidden)
	_, err = h.CirclePeople(h.ctx(), boss, closed, "", 0)
	h.must(err)
	_, err = h.CirclePeople(h.ctx(), circles.Viewer{Person: h.person("mona").Person, Role: circles.SiteModerator}, c, "", 0)
	h.must(err)

	seen := func(who circles.Viewer) map[string]CirclePerson {
		p, err := h.CirclePeople(h.ctx(), who, c, "", 0)
		h.must(err)
		all := map[string]CirclePerson{}
		for _, x := range p.People {
			all[x.Person.Name] = x
		}
		return all
	}
	h.write(bob, c, "beans")
	h.must(h.Vouch(h.ctx(), ann, c, bob.Person))
	tier := func(x CirclePerson) string {
		if x.Tier == nil {
			return ""
		}
		return x.Tier.String()
	}
	byAnn, byBoss, byBob := seen(ann), seen(boss), seen(bob)
	for name, want := range map[string]string{"ann": "", "bob": "member", "dan0": "newcomer", "zoe": "newcomer"} {
		if got := tier(byAnn[name]); got != want {
			t.Errorf("to its owner %s is %q, want %q", name, got, want)
		}
		if got := tier(byBoss[name]); got != want {
			t.Errorf("to an admin %s is %q, want %q", name, got, want)
		}
		if byBob[name].Tier != nil || byBob[name].MayVouch || byBoss[name].MayVouch {
			t.Errorf("of %s a member learns %+v, an admin may vouch: %v", name, byBob[name], byBoss[name].MayVouch)
		}
	}
	if x := byAnn["bob"]; !x.MayVouch || !x.Vouched {
		t.Errorf("bob, whom ann vouches for: %+v", x)
	}
	if x := byAnn["ann"]; x.MayVouch {
		t.Error("ann may vouch for herself")
	}
	h.must(h.Unvouch(h.ctx(), ann, c, bob.Person))
	if x := seen(ann)["bob"]; !x.MayVouch || x.Vouched {
		t.Errorf("bob, whom ann vouches for no longer: %+v", x)
	}
	// A vouch is for who is known: what the list offers is what would be taken.
	for name, x := range seen(ann) {
		err := h.Vouch(h.ctx(), ann, c, circles.PersonID(x.Person.ID))
		if x.MayVouch != (err == nil) {
			t.Errorf("vouching for %s is offered: %v, and answered %v", name, x.MayVouch, err)
		}
	}
	// A Regular vouches, too, and still learns no tier.
	h.update(func(tx *store.Tx) error {
		s, err := tx.StandingIn(c, bob.Person)
		if err != nil {
			return err
		}
		s.Person.Regular.On = true
		s.Person.Intro.Event, s.Person.Intro.By, s.Person.Intro.Branch = 1, reputation.ActorID(ann.Person), reputation.ActorID(ann.Person)
		return tx.SaveStandingPerson(reputation.CircleID(c), reputation.ActorID(bob.Person), s.Person)
	})
	if x := seen(bob)["dan0"]; x.Tier != nil || !x.MayVouch {
		t.Errorf("to a Regular dan0 is %+v", x)
	}
	if x := seen(bob)["bob"]; x.MayVouch {
		t.Error("a Regular may vouch for themselves")
	}
}
