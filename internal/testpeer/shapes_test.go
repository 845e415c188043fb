package testpeer

import (
	"encoding/json"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const shapes = "../../federation/as/testdata/shapes" // what our instance sends, to the byte

// ourInstance serves the golden shapes of our instance from a peer's address, with keys that work.
type ourInstance struct {
	t    *testing.T
	home *Peer
	away *Peer
	bob  *Actor
}

// shape reads a golden, moved to where home listens and bob lives.
func (o ourInstance) shape(name string) obj {
	o.t.Helper()
	data, err := os.ReadFile(filepath.Join(shapes, name+".json"))
	if err != nil {
		o.t.Fatal(err)
	}
	text := strings.NewReplacer("https://h.example", o.home.URL, "https://p.example/u/bob", o.bob.ID,
		"https://lemmy.example/u/bob", o.bob.ID).Replace(string(data))
	doc, err := parse([]byte(text))
	if err != nil {
		o.t.Fatalf("%s: %v", name, err)
	}
	return doc
}

func (o ourInstance) serve(doc obj) {
	body, err := json.Marshal(doc)
	if err != nil {
		o.t.Fatal(err)
	}
	o.home.Serve(strings.TrimPrefix(doc.str("id"), o.home.URL), activityJSON, body)
}

// actor serves an actor of ours with a WebFinger answer, and returns who can sign for it.
func (o ourInstance) actor(name string) (id string, key *Actor) {
	doc := o.shape(name)
	key = o.home.Person(doc.str("preferredUsername"))
	doc.sub("publicKey")["publicKeyPem"] = key.publicKey()["publicKeyPem"]
	o.serve(doc)
	acct := "acct:" + doc.str("preferredUsername") + "@" + o.home.Host()
	o.home.Serve("/.well-known/webfinger?resource="+url.QueryEscape(acct), jrdJSON,
		[]byte(`{"subject":"`+acct+`","links":[{"rel":"self","type":"application/activity+json","href":"`+doc.str("id")+`"}]}`))
	return doc.str("id"), key
}

func (o ourInstance) send(key *Actor, a obj) {
	o.t.Helper()
	body, err := json.Marshal(a)
	if err != nil {
		o.t.Fatal(err)
	}
	ans := key.Send(o.t.Context(), o.bob.Inbox(), body, WithKeyID(a.ref("actor")+"#main-key"))
	if !ans.OK() {
		o.t.Errorf("%s is answered %d, %v: %s", shapeOf(a), ans.Status, ans.Err, ans.Body)
	}
}

// What our instance sends is taken by every persona without complaint.
func TestOurShapesAreTaken(t *testing.T) {
	for _, persona := range Personas() {
		t.Run(string(persona), func(t *testing.T) {
			away := New(t, persona)
			o := ourInstance{t, New(t, Unknown), away, away.Person("bob").Daring()}
			circle, circleKey := o.actor("group")
			alice, aliceKey := o.actor("person")
			o.serve(o.shape("application"))
			o.serve(o.shape("followers"))
			o.serve(o.shape("moderators"))
			post := o.shape("page")
			o.serve(post)
			forwarded := func(name string) obj { // by the circle, as it passes on what alice did
				a := o.shape(name)
				delete(a, "@context")
				w := o.shape("announce")
				w["id"], w["object"] = a.str("id")+"0", map[string]any(a)
				return w
			}
			threads := persona.Threadiverse()

			follow := o.bob.Follow(t.Context(), circle)
			accept := o.shape("accept")
			accept.sub("object")["id"] = follow.ID
			o.send(circleKey, accept)
			if !o.bob.Follows(circle) {
				t.Fatalf("not accepted\n%s", away.Story())
			}
			if got, want := away.KnowsSite(o.home.Host()), persona == Lemmy; got != want {
				t.Errorf("it knows our site: %v, want %v", got, want)
			}
			if threads {
				o.send(circleKey, o.shape("announce"))
			} else {
				o.send(circleKey, o.shape("announce-id"))
			}
			x, ok := away.Post(post.str("id"))
			if !ok || threads && (x.Title != "Soil & <compost>" || x.Group != circle || x.Link != "https://news.example/a") {
				t.Errorf("the post is %+v\n%s", x, away.Story())
			}
			o.send(aliceKey, o.shape("create-note"))
			if got := away.Comments(post.str("id")); len(got) != 1 || got[0].Author != alice || got[0].Warning != "" {
				t.Errorf("comments are %+v\n%s", got, away.Story())
			}
			o.send(aliceKey, o.shape("update"))
			if x, _ := away.Post(post.str("id")); x.Edits != 1 {
				t.Errorf("after the edit: %+v", x)
			}
			if threads {
				o.send(circleKey, forwarded("lock"))
				if x, _ := away.Post(post.str("id")); !x.Locked {
					t.Errorf("not locked\n%s", away.Story())
				}
				o.send(circleKey, forwarded("undo-lock"))
				o.send(circleKey, forwarded("block"))
				if len(away.Bans()) != 1 {
					t.Errorf("bans are %+v\n%s", away.Bans(), away.Story())
				}
				o.send(circleKey, forwarded("undo-block"))
				o.send(circleKey, forwarded("delete"))
			} else {
				o.send(aliceKey, o.shape("delete"))
			}
			if x, _ := away.Post(post.str("id")); x.Gone != "deleted" {
				t.Errorf("after the deletion: %+v\n%s", x, away.Story())
			}
			if got := away.Bans(); len(got) != 0 {
				t.Errorf("bans are %+v", got)
			}
			for _, c := range away.Complaints() {
				t.Errorf("%+v", c)
			}
		})
	}
}
