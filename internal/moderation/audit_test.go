package moderation

import (
	"strings"
	"testing"
	"time"

	"halqa/circles"
	"halqa/circles/reputation"
	"halqa/internal/store"
)

// ring has ann bring in bob and eve, who like all thirteen things that somebody third wrote, and the night
// pass. It returns who wrote them.
func (h *house) ring() circles.Viewer {
	h.Helper()
	ctx := h.Context()
	dan := h.person("dan")
	for _, who := range []circles.Viewer{h.bob, h.eve} {
		h.must(h.app.Vouch(ctx, h.ann, h.circle, who.Person))
	}
	var posts []*circles.Post
	for range 13 {
		posts = append(posts, h.write(dan, h.circle, "Look"))
	}
	h.now = h.now.Add(49 * time.Hour)
	h.must(h.app.SweepStanding(ctx))
	for _, p := range posts {
		for _, who := range []circles.Viewer{h.bob, h.eve} {
			_, err := h.app.Vote(ctx, who, p.ID, 1)
			h.must(err)
		}
	}
	h.now = h.now.Add(24 * time.Hour)
	h.must(h.app.AuditStanding(ctx))
	return dan
}

func (h *house) earned(who circles.Viewer) (points int64) {
	h.must(h.store.View(h.Context(), func(tx *store.Tx) error {
		in, err := tx.StandingIn(h.circle, who.Person)
		points = in.Person.A.Value(reputation.Half180, reputation.DayOf(tx.Now()))
		return err
	}))
	return points
}

func (h *house) finding() Finding {
	h.Helper()
	found, next, err := h.Findings(h.Context(), h.boss, "")
	h.must(err)
	if len(found) != 1 || next != "" {
		h.Fatalf("found %+v, next %q", found, next)
	}
	return found[0]
}

// TestAuditIsDecidedByAdmins: what one hand gave does not count from the night on; the admin sees who and
// what, nobody else does, not even who runs the circle; and what is dismissed counts again.
func TestAuditIsDecidedByAdmins(t *testing.T) {
	h := newHouse(t)
	ctx := h.Context()
	dan := h.ring()
	before := h.earned(dan)
	if before < 5000 {
		t.Fatalf("two Members gave %d, want about 6000", before)
	}
	h.must(h.app.SweepStanding(ctx))
	if got := h.earned(dan); got != 0 {
		t.Errorf("found, and %d still counts", got)
	}
	f := h.finding()
	names := map[string]bool{}
	for _, p := range f.People {
		names[p.Name] = p.Found
	}
	if f.Kind != reputation.Alike || f.Percent != 100 || f.Ratings != 26 || f.Circle.CircleID() != h.circle || f.Days != 14 || len(names) != 2 || !names["bob"] || !names["eve"] {
		t.Errorf("found %+v by %v", f, names)
	}
	keeper := h.person("keeper")
	keeper.Role = circles.SiteModerator
	for name, who := range map[string]circles.Viewer{"the circle's owner": h.ann, "one of them": h.bob, "a moderator of the instance": keeper, "a visitor": {}} {
		want := circles.Forbidden
		if !who.SignedIn() {
			want = circles.Denied
		}
		_, _, err := h.Findings(ctx, who, "")
		wantKind(t, name+" looks", err, want)
		wantKind(t, name+" decides", h.DecideFinding(ctx, who, f.ID, true, "x"), want)
	}
	wantKind(t, "no reason", h.DecideFinding(ctx, h.boss, f.ID, false, "  "), circles.Invalid)
	wantKind(t, "no such finding", h.DecideFinding(ctx, h.boss, f.ID+1, false, "x"), circles.NotFound)
	if _, _, err := h.Findings(ctx, h.boss, "!"); circles.KindOf(err) != circles.Invalid {
		t.Errorf("a cursor that is none: %v", err)
	}
	h.must(h.DecideFinding(ctx, h.boss, f.ID, false, "They sit at one table"))
	wantKind(t, "a second decision", h.DecideFinding(ctx, h.boss, f.ID, true, "Or not"), circles.Conflict)
	h.must(h.app.SweepStanding(ctx))
	if got := h.earned(dan); got < before-100 || got > before {
		t.Errorf("dismissed, and %d counts, want about %d", got, before)
	}
	h.logged(circles.ModAuditDismiss, "They sit at one table")
	if f := h.finding(); f.Outcome != store.AuditDismissed || f.Days != 0 {
		t.Errorf("after it is %+v", f)
	}
	h.now = h.now.Add(24 * time.Hour)
	h.must(h.app.AuditStanding(ctx))
	h.finding() // and no second one about the same people
}

// logged fails unless the public log has the decision and its reason, and none of those it is about.
func (h *house) logged(action circles.ModAction, reason string) {
	h.Helper()
	entries, _, err := h.Log(h.Context(), circles.Viewer{}, h.circle, "")
	h.must(err)
	if len(entries) == 0 || entries[0].Action != action || entries[0].Reason != reason || entries[0].By.Name != "boss" || entries[0].Person != nil {
		h.Errorf("the public log has %+v, want %s for %q and nobody's name", entries, action, reason)
	}
}

// TestConfirmedAuditCutsOff: confirming leaves the ratings without effect, takes back how those found came
// in, and takes vouching from who brought them in; one of those found cannot decide, whatever their role.
func TestConfirmedAuditCutsOff(t *testing.T) {
	h := newHouse(t)
	ctx := h.Context()
	dan := h.ring()
	h.must(h.app.SweepStanding(ctx))
	f := h.finding()
	own := h.bob
	own.Role = circles.SiteAdmin
	err := h.DecideFinding(ctx, own, f.ID, false, "It is only me")
	wantKind(t, "one of those found decides", err, circles.Forbidden)
	if err == nil || !strings.Contains(err.Error(), "among these people") {
		t.Errorf("the refusal says %v", err)
	}
	h.must(h.DecideFinding(ctx, h.boss, f.ID, true, "One hand"))
	h.must(h.app.SweepStanding(ctx))
	h.logged(circles.ModAuditConfirm, "One hand")
	if got := h.earned(dan); got != 0 {
		t.Errorf("confirmed, and %d counts", got)
	}
	for _, p := range h.finding().People {
		if !p.Cut {
			t.Errorf("%s is not cut off", p.Name)
		}
	}
	h.must(h.store.View(ctx, func(tx *store.Tx) error {
		for _, who := range []circles.Viewer{h.bob, h.eve} {
			in, err := tx.StandingIn(h.circle, who.Person)
			if err != nil || in.Person.Intro.Event != 0 {
				t.Errorf("still introduced: %+v, %v", in.Person.Intro, err)
			}
		}
		return nil
	}))
	err = h.app.Vouch(ctx, h.ann, h.circle, dan.Person)
	if k := circles.KindOf(err); err == nil || k == circles.Internal {
		t.Errorf("who brought them in vouches on: %v", err)
	}
	h.now = h.now.Add(91 * 24 * time.Hour)
	h.must(h.app.Vouch(ctx, h.ann, h.circle, dan.Person))
}
