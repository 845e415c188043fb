package circles

import (
	"errors"
	"testing"
	"time"
)

func TestMaySee(t *testing.T) {
	visitor, remote := Viewer{}, Viewer{Person: 7, Remote: true}
	member, admin := Viewer{Person: 7, Role: SiteMember}, Viewer{Person: 8, Role: SiteAdmin}
	moderator := Viewer{Person: 9, Role: SiteModerator}
	for _, c := range []struct {
		who        string
		viewer     Viewer
		role       Role
		visibility Visibility
		want       bool
	}{
		{"visitor", visitor, NoRole, Public, true},
		{"visitor", visitor, NoRole, Unlisted, true},
		{"visitor", visitor, NoRole, LocalOnly, false},
		{"visitor", visitor, NoRole, MembersOnly, false},
		{"remote member", remote, RoleMember, LocalOnly, false},
		{"remote member", remote, RoleMember, MembersOnly, false},
		{"local stranger", member, NoRole, LocalOnly, true},
		{"local stranger", member, NoRole, MembersOnly, false},
		{"pending", member, RolePending, MembersOnly, false},
		{"member", member, RoleMember, MembersOnly, true},
		{"owner", member, RoleOwner, MembersOnly, true},
		{"site moderator", moderator, NoRole, MembersOnly, false},
		{"admin", admin, NoRole, MembersOnly, true},
		{"anyone", admin, RoleOwner, Visibility("made up"), false},
	} {
		if got := MaySee(c.viewer, c.visibility, c.role); got != c.want {
			t.Errorf("MaySee(%s, %s) = %v, want %v", c.who, c.visibility, got, c.want)
		}
	}
}

func TestMaySeePost(t *testing.T) {
	author, stranger := Viewer{Person: 1, Role: SiteMember}, Viewer{Person: 2, Role: SiteMember}
	visitor, moderator := Viewer{}, Viewer{Person: 3, Role: SiteModerator}
	for _, c := range []struct {
		state                                           PostState
		author, stranger, visitor, circleMod, moderator bool
	}{
		{Visible, true, true, true, true, true},
		{Held, true, false, false, true, true},
		{Refused, true, false, false, true, true},
		{Removed, true, false, false, true, true},
		{Deleted, true, false, false, false, false},
		{PostState("made up"), false, false, false, false, false},
	} {
		p := &Post{Author: 1, State: c.state}
		for who, got := range map[string][2]bool{
			"author":           {MaySeePost(author, NoRole, p), c.author},
			"stranger":         {MaySeePost(stranger, RoleMember, p), c.stranger},
			"visitor":          {MaySeePost(visitor, NoRole, p), c.visitor},
			"circle moderator": {MaySeePost(stranger, RoleModerator, p), c.circleMod},
			"site moderator":   {MaySeePost(moderator, NoRole, p), c.moderator},
		} {
			if got[0] != got[1] {
				t.Errorf("%s sees a %s post: %v, want %v", who, c.state, got[0], got[1])
			}
		}
	}
	// Nobody is the author of what has none.
	if MaySeePost(Viewer{}, NoRole, &Post{State: Deleted}) {
		t.Error("a visitor sees a deleted post without author")
	}
}

func TestParsePostID(t *testing.T) {
	for s, want := range map[string]PostID{"1": 1, "3476033227608064": 3476033227608064, "9007199254740991": 1<<53 - 1} {
		if got, err := ParsePostID(s); err != nil || got != want {
			t.Errorf("ParsePostID(%q) = %v, %v", s, got, err)
		}
	}
	for _, s := range []string{"", "0", "01", "-1", "+1", "1.0", "1e3", " 1", "9007199254740992", "99999999999999999", "１", "abc"} {
		if got, err := ParsePostID(s); !Is(err, NotFound) {
			t.Errorf("ParsePostID(%q) = %v, %v; want not found", s, got, err)
		}
	}
}

func TestIDsKeepTheirMillisecond(t *testing.T) {
	for _, at := range []time.Time{
		time.Date(2000, 1, 1, 0, 0, 0, 1e6, time.UTC), time.Date(2026, 11, 22, 4, 41, 50, 123e6, time.UTC),
	} {
		id := IDFloor(at)
		if got := IDTime(id); !got.Equal(at) {
			t.Errorf("IDTime(IDFloor(%v)) = %v", at, got)
		}
		if next := IDFloor(at.Add(time.Millisecond)); next <= id {
			t.Errorf("the id of a millisecond later is %d after %d", next, id)
		}
	}
	for _, at := range []time.Time{time.Time{}, time.Date(1969, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)} {
		if id := IDFloor(at); id < 1 || id > idMax {
			t.Errorf("IDFloor(%v) = %d, outside the id space", at, id)
		}
	}
}

func TestKindOf(t *testing.T) {
	own := Errorf(Forbidden, "No.")
	for _, c := range []struct {
		err  error
		want Kind
	}{
		{nil, ""}, {errors.New("disk"), Internal}, {own, Forbidden},
		{errors.Join(errors.New("while posting"), own), Forbidden},
	} {
		if got := KindOf(c.err); got != c.want {
			t.Errorf("KindOf(%v) = %q, want %q", c.err, got, c.want)
		}
	}
}

func TestPairKeyTellsTheTwoApart(t *testing.T) {
	if PairKey(1, 2) == PairKey(2, 1) || PairKey(1, 2) < 0 {
		t.Error("a pair's key must depend on the order and not be negative")
	}
}
