package federation

import (
	"strings"
	"testing"

	"halqa/federation/as"
)

func TestOrderKey(t *testing.T) {
	const post, bob, eve, group = "https://a.example/post/1", "https://a.example/u/bob", "https://b.example/u/eve", "https://c.example/c/trees"
	create := func(by string) obj {
		return obj{"id": by + "/1", "type": "Create", "actor": by, "object": obj{"id": post, "type": "Page"}}
	}
	like := func(by string) obj { return obj{"id": by + "/2", "type": "Like", "actor": by, "object": post} }
	wrap := func(kind, by string, inner any) obj {
		return obj{"id": by + "/" + kind, "type": kind, "actor": by, "object": inner}
	}
	long := "https://a.example/" + strings.Repeat("x", 1500)
	for _, test := range []struct {
		name     string
		activity obj
		want     string
	}{
		{"Create", create(bob), post},
		{"Delete by id", wrap("Delete", bob, post), post},
		{"Undo of a Delete", wrap("Undo", bob, wrap("Delete", bob, post)), post},
		{"announced Create", wrap("Announce", group, create(bob)), post},
		{"announced Undo of a Delete", wrap("Announce", group, wrap("Undo", bob, wrap("Delete", bob, post))), post},
		{"announced address", wrap("Announce", group, post), post},
		{"announced Page", wrap("Announce", group, obj{"id": post, "type": "Page"}), post},
		{"Like", like(bob), bob + " " + post},
		{"Undo of a Like", wrap("Undo", bob, like(bob)), bob + " " + post},
		{"announced Like", wrap("Announce", group, like(bob)), bob + " " + post},
		{"Follow", wrap("Follow", bob, group), bob + " " + group},
		{"Undo of a Follow", wrap("Undo", bob, wrap("Follow", bob, group)), bob + " " + group},
		{"Accept of a Follow", wrap("Accept", group, wrap("Follow", bob, group)), bob + " " + group},
		{"Delete by somebody of another server", wrap("Delete", eve, post), eve + " " + post},
		{"Create of another server's", create(eve), eve + " " + post},
		{"nothing", obj{"id": bob + "/9", "type": "Twirl", "actor": bob}, bob + "/9"},
		{"long", wrap("Delete", bob, long), bounded(long)},
	} {
		a, err := as.Parse(mustJSON(t, test.activity))
		if err != nil {
			t.Fatal(err)
		}
		if got := orderKey(a); got != test.want || len(got) > maxIndexed {
			t.Errorf("%s: got %q, want %q", test.name, got, test.want)
		}
	}
}

func TestNeedsAreReadBack(t *testing.T) {
	for _, want := range []lacks{
		{what: needActor, address: "https://a.example/u/bob"},
		{what: needObject, address: "https://a.example/a b c", circle: 1 << 52},
		{what: needRenew, address: "https://a.example/c/x"},
	} {
		if got, ok := parseLacks(want.String()); !ok || got != want {
			t.Errorf("%+v is read back as %+v, %t", want, got, ok)
		}
	}
	for _, s := range []string{"", "actor", "actor 1", "actor x https://a.example/"} {
		if got, ok := parseLacks(s); ok {
			t.Errorf("%q is read as %+v", s, got)
		}
	}
}
