package federation

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"maps"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"halqa/circles"
	"halqa/federation/as"
	"halqa/internal/app"
	"halqa/internal/fetch"
	"halqa/internal/moderation"
	"halqa/internal/standing"
	"halqa/internal/store"
	"halqa/internal/testdb"
	"halqa/internal/tips"
	"halqa/wallet/wallettest"
)

var updateGolden = flag.Bool("update", false, "write testdata/golden anew")

// goldenKey is the public key of every actor in the golden files. Nothing is signed with its other half.
const goldenKey = "-----BEGIN PUBLIC KEY-----\n" +
	"MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAwf1Fixed0Key0Of0Golden0Files0Only\n" +
	"-----END PUBLIC KEY-----\n"

// specPeers are the servers that docs/spec.txt has lines for, with what a circle takes them for.
var specPeers = map[string]as.Software{
	"Lemmy 0.19": {Name: "lemmy", Version: "0.19.20"}, "Lemmy 1.0": {Name: "lemmy", Version: "1.0.0-beta.1"},
	"PieFed": {Name: "piefed"}, "Mbin": {Name: "mbin"}, "NodeBB": {Name: "nodebb"}, "Mastodon": {Name: "mastodon"},
	"GoToSocial": {Name: "gotosocial"}, "WordPress": {Name: "wordpress"}, "Misskey": {Name: "misskey"},
}

// spoken gathers each shape that leaves an instance: its bytes, and which peers get it.
type spoken struct {
	*house
	shapes  map[string][]byte
	readers map[string]map[string]bool // shape → peers
	kinds   map[circles.EventKind]bool // of the entries that were rendered
	pos     circles.Seq
}

// newSpoken is an instance whose ids, keys and times are the same at every run: the clock stands still
// but for one minute a step, and ids are made of it.
func newSpoken(t *testing.T) *spoken {
	t.Helper()
	h := &house{TB: t, clock: &stopwatch{at: time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)}, dsn: testdb.DSN(t)}
	h.site = Site{Base: "https://h.example", Host: "h.example"}
	h.client = fetch.New(fetch.Options{Now: h.clock.now})
	t.Cleanup(h.client.Close)
	h.open()
	t.Cleanup(func() { h.store.Close() })
	w := &spoken{house: h, shapes: map[string][]byte{}, readers: map[string]map[string]bool{}, kinds: map[circles.EventKind]bool{}}
	h.update(func(tx *store.Tx) error {
		return tx.AddActor(&circles.Actor{ID: circles.ActorID(tx.NewID()), Kind: circles.KindInstance, Name: "h.example", URI: "/",
			PublicKey: goldenKey, Published: tx.Now(), CreatedAt: tx.Now(), UpdatedAt: tx.Now()})
	})
	return w
}

func (w *spoken) person(name string) circles.Viewer {
	w.Helper()
	v := circles.Viewer{Role: circles.SiteMember}
	w.update(func(tx *store.Tx) (err error) {
		v.Person, err = w.app.CreatePerson(tx, app.NewPerson{Name: name, Keys: app.Keys{Public: goldenKey, Private: []byte("none")}})
		return err
	})
	return v
}

func (w *spoken) circle(owner circles.Viewer, name string) *circles.Circle {
	w.Helper()
	c := &circles.Circle{CreatedBy: owner.Person, Visibility: circles.Public, Posting: circles.PostingOpen, Language: "en"}
	w.update(func(tx *store.Tx) error {
		c.Actor = circles.Actor{ID: circles.ActorID(tx.NewID()), Kind: circles.KindCircle, Name: name, URI: "/c/" + name,
			PublicKey: goldenKey, Indexable: true, Published: tx.Now(), CreatedAt: tx.Now(), UpdatedAt: tx.Now()}
		if err := tx.AddCircle(c); err != nil {
			return err
		}
		return tx.SetRole(c.CircleID(), owner.Person, circles.RoleOwner)
	})
	return c
}

func (w *spoken) stranger(kind circles.ActorKind, name string) (id circles.ActorID) {
	w.Helper()
	path := "https://lemmy.example/u/" + name
	if kind == circles.KindCircle {
		path = "https://lemmy.example/c/" + name
	}
	w.update(func(tx *store.Tx) (err error) {
		id, err = w.app.UpsertRemoteActor(tx, app.RemoteActor{Actor: circles.Actor{Kind: kind, Name: name, Host: "lemmy.example",
			URI: path, Inbox: path + "/inbox", SharedInbox: "https://lemmy.example/inbox", Outbox: path + "/outbox",
			Followers: path + "/followers", PublicKey: goldenKey, Published: tx.Now()}})
		return err
	})
	return id
}

// said does something and renders for each family what came of it, while it is true.
func (w *spoken) said(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
	w.view(func(tx *store.Tx) error {
		events, err := tx.EventsAfter(w.pos, 100)
		for _, ev := range events {
			w.pos = ev.Seq
			for _, peer := range slices.Sorted(maps.Keys(specPeers)) {
				if isMessage(ev.Kind) {
					if err := w.letter(tx, ev, peer); err != nil {
						return err
					}
					continue
				}
				if isTip(ev.Kind) {
					if err := w.receipt(tx, ev); err != nil {
						return err
					}
					continue
				}
				if ev.Kind == circles.GateTold {
					if err := w.explanation(tx, ev, peer); err != nil {
						return err
					}
					continue
				}
				b, err := pack(w.site, tx, ev, classOf(specPeers[peer].Name))
				if err != nil {
					return err
				}
				for _, p := range b.parcels {
					w.note(shapeOf(w, p.body.Bytes), p.body.Bytes, peer)
					w.kinds[ev.Kind] = true
				}
			}
		}
		return err
	})
	w.clock.forward(time.Minute)
}

// letter notes a private message, which is rendered for the one server it goes to.
func (w *spoken) letter(tx *store.Tx, ev circles.Event, peer string) error {
	signer, err := tx.Actor(ev.Signer)
	if err != nil {
		return err
	}
	said, err := speaker{site: w.site, tx: tx, family: specPeers[peer].Name}.message(ev, signer, formMain)
	if err != nil {
		return err
	}
	w.note(shapeOf(w, said.doc.Bytes())+"-private", said.doc.Bytes(), peer)
	w.kinds[ev.Kind] = true
	return nil
}

// explanation notes what is said about a gate, which depends on the one server it goes to.
func (w *spoken) explanation(tx *store.Tx, ev circles.Event, peer string) error {
	signer, err := tx.Actor(ev.Signer)
	if err != nil {
		return err
	}
	n, err := tx.GateNotice(ev.Object)
	if err != nil {
		return err
	}
	s := speaker{site: w.site, tx: tx, family: "halqa"}
	said, err := s.gateTold(ev, signer, formMain)
	if err != nil {
		return err
	}
	w.shapes["reject-gate"], w.readers["reject-gate"] = said.doc.Bytes(), map[string]bool{} // between two of ours
	family := specPeers[peer].Name
	forms, instead := gateForms(n, specPeers[peer])
	for _, form := range slices.Concat(forms, instead) {
		s.family = family
		if said, err = s.gateTold(ev, signer, form); err != nil {
			return err
		}
		shape := shapeOf(w, said.doc.Bytes()) + "-gate"
		if classOf(family).micro() {
			shape += "-answer"
		}
		w.note(shape, said.doc.Bytes(), peer)
	}
	w.kinds[ev.Kind] = true
	return nil
}

// receipt notes what is said of a tip, which goes to one server of our kind and to no other.
func (w *spoken) receipt(tx *store.Tx, ev circles.Event) error {
	signer, err := tx.Actor(ev.Signer)
	if err != nil {
		return err
	}
	said, err := speaker{site: w.site, tx: tx}.tip(ev, signer, formMain)
	if err != nil {
		return err
	}
	w.shapes[shapeOf(w, said.doc.Bytes())], w.kinds[ev.Kind] = said.doc.Bytes(), true
	return nil
}

func (w *spoken) note(shape string, body []byte, peer string) {
	if w.shapes[shape] == nil {
		w.shapes[shape], w.readers[shape] = slices.Clone(body), map[string]bool{}
	}
	w.readers[shape][peer] = true
}

// document notes what an address answers: everyone may ask, or these families do.
func (w *spoken) document(name, path string, families ...string) {
	w.Helper()
	r := httptest.NewRequest("GET", w.site.Base+path, nil)
	r.Header.Set("Accept", fetch.ActivityJSON)
	answer := httptest.NewRecorder()
	w.pub.ServeHTTP(answer, r)
	if answer.Code != 200 && answer.Code != 410 {
		w.Fatalf("%s answers %d", path, answer.Code)
	}
	for peer, runs := range specPeers {
		if len(families) == 0 || slices.Contains(families, runs.Name) {
			w.note(name, bytes.TrimSpace(answer.Body.Bytes()), peer)
		}
	}
}

// shapeOf names a shape by how its types stand in each other: "announce-create-page".
func shapeOf(t testing.TB, body []byte) (shape string) {
	t.Helper()
	var o obj
	decode(t, body, &o)
	var parts []string
	actor := o["actor"]
	for {
		kind := strings.ToLower(o["type"].(string))
		parts = append(parts, kind)
		if target, ok := o["target"].(string); ok {
			last := target[strings.LastIndexByte(target, '/')+1:]
			switch {
			case kind == "add" || kind == "remove":
				parts = append(parts, last)
			case last == "": // the instance
				parts = append(parts, "site")
			}
		}
		if kind == "delete" && o["summary"] != nil {
			parts = append(parts, "removal")
		}
		switch inner := o["object"].(type) {
		case map[string]any:
			o = inner
			switch on, said := o["commentsEnabled"].(bool); {
			case said && on:
				defer func() { shape += "-opened" }()
			case said:
				defer func() { shape += "-closed" }()
			}
			continue
		case []any:
			parts = append(parts, "list")
		case string:
			switch {
			case kind == "delete" && inner == actor:
				parts = append(parts, "actor")
			case kind == "announce" || kind == "create" || kind == "update":
				parts = append(parts, "id")
			}
		}
		return strings.Join(parts, "-")
	}
}

// TestEachShapeIsGolden renders everything that an instance says, and what it publishes, and compares it
// with testdata/golden to the byte; then compares which servers get it with the lines of docs/spec.txt.
func TestEachShapeIsGolden(t *testing.T) {
	w := newSpoken(t)
	ctx := t.Context()
	run := func(_ any, err error) error { return err }
	olga, alice, boss := w.person("olga"), w.person("alice"), w.person("boss")
	boss.Role = circles.SiteAdmin
	c := w.circle(olga, "gardening")
	id := c.CircleID()
	bob := circles.PersonID(w.stranger(circles.KindPerson, "bob"))
	lake := circles.CircleID(w.stranger(circles.KindCircle, "lake"))
	receive := func(f func(tx *store.Tx) error) error { return w.store.Update(ctx, f) }

	w.said(w.app.EditProfile(ctx, alice, app.Profile{DisplayName: "Alice", Summary: "I *dig*.", Indexable: true}))
	w.said(run(w.app.EditCircle(ctx, olga, id, app.CircleEdit{Title: "Gardening", Description: "Soil, and what grows in it.",
		Language: "en", Visibility: circles.Public, Posting: circles.PostingOpen})))

	// Who follows whom.
	w.said(run(w.app.Join(ctx, alice, lake)))
	w.said(receive(func(tx *store.Tx) error { return run(w.app.ReceiveAccept(tx, lake.Actor(), alice.Person.Actor())) }))
	follow := func(tx *store.Tx) error {
		return run(w.app.ReceiveFollow(tx, app.Said{By: bob}, id.Actor(), "https://lemmy.example/follow/1", "https://lemmy.example/inbox"))
	}
	w.said(receive(follow))
	w.said(run(w.app.Join(ctx, alice, id)))
	w.said(w.app.SetRole(ctx, olga, id, alice.Person, circles.RoleModerator))
	w.said(w.app.SetRole(ctx, olga, id, alice.Person, circles.RoleMember))

	// What is written.
	photo := circles.MediaID("0123456789abcdef0123456789abcdef")
	w.update(func(tx *store.Tx) error {
		return tx.AddPhoto(&circles.Photo{ID: photo, Owner: alice.Person.Actor(), Mime: "image/webp", Width: 1600, Height: 1200,
			Blurhash: "LEHV6nWB2yk8pyo0adR*.7kCMdnj", CreatedAt: tx.Now()})
	})
	words := app.NewPost{Circle: id, Title: "Soil & compost", Body: "Ask @bob@lemmy.example about #worms.", Link: "https://news.example/soil",
		Photos: []app.PhotoRef{{ID: photo, Alt: "A bed of soil"}}, Language: "en", Warning: "worms"}
	post, err := w.app.Post(ctx, alice, words)
	w.said(err)
	comment, err := w.app.Comment(ctx, olga, app.NewComment{Parent: post.ID, Body: "Leaf mould.", Language: "en"})
	w.said(err)
	edit := app.Edit{Title: words.Title, Body: "Ask @bob@lemmy.example, or me.", Link: words.Link, Language: "en",
		Photos: words.Photos, Warning: words.Warning}
	w.said(run(w.app.Edit(ctx, alice, post.ID, edit)))
	w.said(run(w.app.Edit(ctx, olga, comment.ID, app.Edit{Body: "Leaf mould, sieved.", Language: "en"})))
	for _, value := range []int{1, 0, -1, 0} {
		w.said(run(w.app.Vote(ctx, olga, post.ID, value)))
	}

	// What moderators do.
	do := func(acts ...func(context.Context, circles.Viewer, circles.PostID) error) {
		for _, act := range acts {
			w.said(act(ctx, olga, post.ID))
		}
	}
	do(w.app.Pin, w.app.Unpin, w.app.Lock, w.app.Unlock)
	w.said(w.app.Remove(ctx, olga, post.ID, "off topic"))
	do(w.app.Return)
	w.said(w.app.Ban(ctx, olga, app.NewBan{Circle: id, Person: bob, Reason: "spam", Until: w.clock.now().AddDate(0, 0, 7).UnixMicro(), Remove: true}))
	w.said(receive(follow)) // refused
	w.said(w.app.Unban(ctx, olga, id, bob))

	// What authors take back and bring back.
	w.said(w.app.Delete(ctx, alice, post.ID))
	w.said(w.app.Restore(ctx, alice, post.ID))
	w.said(w.app.Delete(ctx, olga, comment.ID))
	w.document("tombstone-note", comment.Path())
	w.said(w.app.Restore(ctx, olga, comment.ID))

	// What is for one person.
	letter, err := w.app.SendMessage(ctx, alice, app.NewMessage{To: bob, Body: "Your *worms* are here."})
	w.said(err)
	w.said(w.app.DeleteMessage(ctx, alice, letter.ID))

	// Reports and suspensions.
	var far [2]circles.PostID
	for i, in := range []app.RemotePost{
		{URI: "https://lemmy.example/post/1", Circle: lake, Title: "Carp"}, {URI: "https://lemmy.example/post/2", Circle: id, Title: "Spam"},
	} {
		in.HTML, in.Published = "<p>Look.</p>", w.clock.now().UnixMicro()
		w.said(receive(func(tx *store.Tx) error {
			said := app.Said{By: bob}
			if in.Circle == lake {
				said.Via = lake
			}
			out, err := w.app.ReceivePost(tx, said, in)
			far[i] = out.Post
			return err
		}))
	}
	m := moderation.New(moderation.Options{Store: w.store, App: w.app, Host: w.site.Host})
	for _, target := range far {
		w.said(m.Report(ctx, alice, moderation.NewReport{Target: circles.ReportTarget{Post: target}, Category: circles.ReportSpam, Text: "look"}))
	}
	w.said(m.Suspend(ctx, boss, olga.Person.Actor(), "spam"))
	w.said(m.Unsuspend(ctx, boss, olga.Person.Actor()))

	// What is published, by who reads it.
	w.document("webfinger", "/.well-known/webfinger?resource=acct:gardening@h.example")
	w.document("nodeinfo", "/nodeinfo/2.1")
	w.document("group", "/c/gardening")
	w.document("person", "/u/alice")
	w.document("application", "/")
	w.document("page", post.Path())
	w.document("note", comment.Path())
	w.document("outbox", "/c/gardening/outbox", "lemmy", "piefed")
	w.document("moderators", "/c/gardening/moderators", "lemmy", "piefed", "mbin")
	w.document("followers", "/c/gardening/followers", "mbin", "mastodon", "misskey")
	w.document("context", post.Path()+"/context", "nodebb", "mastodon")
	w.document("replies", post.Path()+"/replies", "mastodon", "gotosocial")
	w.said(w.app.Pin(ctx, olga, post.ID))
	w.document("featured", "/c/gardening/featured", "lemmy", "piefed", "mbin", "mastodon", "misskey", "gotosocial")
	w.said(w.app.Delete(ctx, alice, post.ID))
	w.document("tombstone", post.Path())

	// A body that Misskey would not read.
	w.said(run(w.app.Post(ctx, alice, app.NewPost{Circle: id, Title: "Long", Body: strings.Repeat("Wurzelballen ", 2500)})))

	// Who leaves.
	w.said(w.app.Leave(ctx, alice, lake))
	w.said(receive(func(tx *store.Tx) error { return w.app.DeletePerson(tx, alice.Person) }))
	for range 5 {
		w.said(w.app.FinishDeletions(ctx))
	}

	// A poll of ours, with its counts now and at its end, and a vote in one elsewhere.
	asked, err := w.app.Post(ctx, boss, app.NewPost{Circle: id, Title: "Leeks or beans?", Body: "For the north bed.", Language: "en",
		Poll: &app.NewPoll{Options: []string{"Leeks", "Beans"}, For: time.Hour}})
	w.said(err)
	_, err = w.app.VotePoll(ctx, olga, asked.ID, []int{0})
	w.said(err)
	w.clock.forward(6 * time.Minute)
	w.said(w.app.SweepPolls(ctx))
	w.clock.forward(time.Hour)
	w.said(w.app.SweepPolls(ctx))
	var theirs circles.PostID
	w.said(receive(func(tx *store.Tx) error {
		out, err := w.app.ReceivePost(tx, app.Said{By: bob, Via: lake}, app.RemotePost{URI: "https://lemmy.example/post/9", Circle: lake, Title: "Perch?",
			HTML: "<p>Perch?</p>", Poll: &app.RemotePoll{Options: []app.RemoteOption{{Name: "Yes"}, {Name: "No"}}}})
		theirs = out.Post
		return err
	}))
	_, err = w.app.VotePoll(ctx, boss, theirs, []int{1})
	w.said(err)

	// What a gate holds.
	w.update(func(tx *store.Tx) error {
		return tx.AddActor(&circles.Actor{ID: circles.ActorID(tx.NewID()), Kind: circles.KindService, Name: app.GateName, URI: "/u/" + app.GateName,
			PublicKey: goldenKey, Locked: true, Bot: true, Published: tx.Now(), CreatedAt: tx.Now(), UpdatedAt: tx.Now()})
	})
	w.document("service", "/u/"+app.GateName)
	w.said(standing.NewGates(w.store).Storm(ctx, boss, id, time.Hour, "A wave of spam", "en"))
	w.document("group-gated", "/c/gardening", "piefed")
	w.said(receive(func(tx *store.Tx) error {
		return run(w.app.ReceivePost(tx, app.Said{By: bob, Activity: "https://lemmy.example/create/11"}, app.RemotePost{URI: "https://lemmy.example/post/11",
			Circle: id, Title: "Pills", HTML: "<p>Pills.</p>"}))
	}))

	w.tipped(olga, id, bob)

	for _, lane := range laneOrder {
		for _, k := range kindsOf(lane) {
			if !w.kinds[k] {
				t.Errorf("no shape of %s: do it above", k)
			}
		}
	}
	w.compareFiles()
	w.compareSpec()
}

var activityID = regexp.MustCompile(`/activity/[0-9]+`)

// renumber counts the activities of a body in the order in which it names them. Their ids are places in the
// log, which one entry more, anywhere before, would move on in every file.
func renumber(body []byte) []byte {
	numbers := map[string]string{}
	return activityID.ReplaceAllFunc(body, func(id []byte) []byte {
		n, ok := numbers[string(id)]
		if !ok {
			n = fmt.Sprintf("/activity/%d", len(numbers)+1)
			numbers[string(id)] = n
		}
		return []byte(n)
	})
}

// compareFiles compares the shapes with their files, and finds files of no shape.
func (w *spoken) compareFiles() {
	w.Helper()
	const dir = "testdata/golden"
	if *updateGolden {
		if err := errors.Join(os.RemoveAll(dir), os.MkdirAll(dir, 0o755)); err != nil {
			w.Fatal(err)
		}
		for name, body := range w.shapes {
			if err := os.WriteFile(filepath.Join(dir, name+".json"), renumber(body), 0o644); err != nil {
				w.Fatal(err)
			}
		}
	}
	files, err := filepath.Glob(dir + "/*.json")
	if err != nil {
		w.Fatal(err)
	}
	for _, f := range files {
		if name := strings.TrimSuffix(filepath.Base(f), ".json"); w.shapes[name] == nil {
			w.Errorf("%s: nothing of this shape leaves the instance any more", f)
		}
	}
	for name, got := range w.shapes {
		if !json.Valid(got) {
			w.Errorf("%s is not JSON: %s", name, got)
		}
		want, err := os.ReadFile(filepath.Join(dir, name+".json"))
		if err != nil {
			w.Errorf("%s: %v; look at it, then run with -update", name, err)
			continue
		}
		if got = renumber(got); !bytes.Equal(got, want) {
			w.Errorf("%s: got\n%s\nwant\n%s\nIf this is meant, read again what the peers of docs/spec.txt make of it, then run with -update.", name, got, want)
		}
	}
}

// compareSpec compares who gets a shape with the lines of docs/spec.txt that say how it was seen that
// they can read it.
func (w *spoken) compareSpec() {
	w.Helper()
	text, err := os.ReadFile("../docs/spec.txt")
	if err != nil {
		w.Fatal(err)
	}
	seen := map[[2]string]bool{}
	for line := range strings.Lines(string(text)) {
		line, ours := strings.CutPrefix(strings.TrimSpace(line), "wire |")
		if !ours {
			continue
		}
		columns := strings.Split(line, "|")
		if len(columns) != 7 {
			w.Errorf("docs/spec.txt: %d columns, want 8: %s", len(columns)+1, line)
			continue
		}
		for i := range columns {
			if columns[i] = strings.TrimSpace(columns[i]); columns[i] == "" {
				w.Errorf("docs/spec.txt: column %d is empty: %s", i+2, line)
			}
		}
		peer, how, date := columns[0], columns[2], columns[6]
		if _, known := specPeers[peer]; !known {
			w.Errorf("docs/spec.txt: the peer %q is none of those compared", peer)
		}
		if !slices.Contains([]string{"ran", "read", "persona"}, how) {
			w.Errorf("docs/spec.txt: %q is no way to know: %s", how, line)
		}
		if _, err := time.Parse(time.DateOnly, date); err != nil {
			w.Errorf("docs/spec.txt: %v", err)
		}
		for _, shape := range strings.Fields(columns[3]) {
			key := [2]string{peer, shape}
			switch {
			case w.shapes[shape] == nil:
				w.Errorf("docs/spec.txt: %s has a line for %s, which is no shape of ours", peer, shape)
			case !w.readers[shape][peer]:
				w.Errorf("docs/spec.txt: %s has a line for %s, which it is not sent", peer, shape)
			case seen[key]:
				w.Errorf("docs/spec.txt: %s has two lines for %s", peer, shape)
			}
			seen[key] = true
		}
	}
	for _, shape := range slices.Sorted(maps.Keys(w.shapes)) {
		for _, peer := range slices.Sorted(maps.Keys(specPeers)) {
			if w.readers[shape][peer] && !seen[[2]string{peer, shape}] {
				w.Errorf("docs/spec.txt: no line says what %s makes of %s", peer, shape)
			}
		}
	}
}

// tipped shows that olga takes tips, and lets bob, as if his server were one of ours, give her one.
func (w *spoken) tipped(olga circles.Viewer, circle circles.CircleID, bob circles.PersonID) {
	w.Helper()
	ctx := w.Context()
	rail := wallettest.NewFake("", w.clock.now)
	money := tips.New(tips.Options{Store: w.store, Origin: w.site.Base, Now: w.clock.now, Log: slog.New(slog.DiscardHandler)})
	must := func(err error) {
		w.Helper()
		if err != nil {
			w.Fatal(err)
		}
	}
	must(money.Use(ctx, rail))
	must(money.SetPayee(ctx, olga, "fake", "fake-account", "olga"))
	w.said(money.SetWish(ctx, olga, tips.Wish{Takes: tips.TakesAll, Abroad: true}))
	post, err := w.app.Post(ctx, olga, app.NewPost{Circle: circle, Title: "Leeks", Language: "en"})
	w.said(err)
	w.document("person-tips", "/u/olga")
	w.document("page-tips", post.Path())
	var payer *circles.Actor
	w.update(func(tx *store.Tx) (err error) {
		if payer, err = tx.Actor(bob.Actor()); err != nil {
			return err
		}
		return tips.KeepOrigin(tx, payer.Host, "https://"+payer.Host+"/tip")
	})
	order := tips.Order{ID: "https://lemmy.example/tips/7", Payer: payer.URI, Object: w.site.Base + post.Path(), Minor: 5000, Asset: "XTS", Exponent: 3,
		Nonce: "0123456789abcdef", Expires: w.clock.now().Add(time.Hour).Truncate(time.Second)}
	_, err = money.Answer(ctx, payer, order, 0)
	must(err)
	all, err := money.History(ctx, olga, 0, 1)
	must(err)
	bill := fmt.Sprintf("bill-tip_%d_a1", all[0].ID)
	for _, step := range []func() error{
		func() error { return rail.Pay(ctx, bill, 5000, true) },
		func() error { return rail.Dispute(ctx, bill, 2000) },
	} {
		must(step())
		messages, err := rail.Messages(ctx, bill)
		must(err)
		for _, m := range messages {
			_, err := money.Webhook(ctx, "fake", m.Header, m.Query, m.Body)
			must(err)
		}
		w.said(money.Sweep(ctx))
	}
	must(money.SetPolicy(ctx, olga, tips.CirclePolicy{Circle: circle, Policy: tips.PolicyLikesOnly}))
	w.document("group-tips", "/c/gardening")
}
