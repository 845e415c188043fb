package as

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// Everything recorded in the folder named by HALQA_CAPTURES must be read with what matters in it.
func TestCaptures(t *testing.T) {
	dir := os.Getenv("HALQA_CAPTURES")
	if dir == "" {
		t.Skip("HALQA_CAPTURES names no folder of recorded traffic")
	}
	files, err := filepath.Glob(filepath.Join(dir, "*", "*.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no recordings in %s: %v", dir, err)
	}
	kinds := map[string]int{}
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		var rec struct {
			Request  json.RawMessage `json:"request_body"`
			Response json.RawMessage `json:"response_body"`
		}
		if err := json.Unmarshal(data, &rec); err != nil {
			t.Fatalf("%s: %v", f, err)
		}
		for _, body := range []json.RawMessage{rec.Request, rec.Response} {
			if len(body) == 0 || body[0] != '{' {
				continue
			}
			_, typ, err := Identify(body)
			if err != nil {
				t.Errorf("%s: %v", f, err)
				continue
			}
			if typ != "" {
				kinds[typ]++
				checkCapture(t, filepath.Base(f), typ, body)
			}
		}
	}
	t.Logf("read %v", kinds)
}

func checkCapture(t *testing.T, name, typ string, body []byte) {
	switch typ {
	case "Person", "Group", "Application", "Service":
		a, err := ParseActor(body)
		if err != nil || a.ID == "" || a.Username == "" || len(a.Keys) != 1 || a.Keys[0].Owner != a.ID {
			t.Errorf("%s: actor %+v, %v", name, a, err)
		}
	case "Note", "Article", "Question":
		checkContent(t, name, body)
	case "Collection", "CollectionPage", "OrderedCollection", "OrderedCollectionPage":
		c, err := ParseCollection(body)
		if err != nil || c.Type != typ {
			t.Errorf("%s: collection %+v, %v", name, c, err)
		}
	default:
		e, err := Parse(body)
		if err != nil || e.Actor == "" || e.Object.IsZero() || slices.Contains(e.CC, "") {
			t.Errorf("%s: activity %+v, %v", name, e, err)
			return
		}
		if !e.Object.Embedded() {
			return
		}
		object := e.Object
		if inner, err := object.Activity(); err == nil && inner.Object.Embedded() {
			object = inner.Object
		}
		if slices.Contains([]string{"Note", "Article", "Question"}, object.Type) && typ != "Delete" {
			checkContent(t, name, object.Raw)
		}
	}
}

func checkContent(t *testing.T, name string, body []byte) {
	c, err := ParseContent(body)
	if err != nil || c.ID == "" || c.AttributedTo == "" || c.Content == "" || c.Published.IsZero() || len(c.To) == 0 {
		t.Errorf("%s: content %+v, %v", name, c, err)
	}
	if err == nil && (c.Type == "Question") != (c.Poll != nil && len(c.Poll.Options) > 1) {
		t.Errorf("%s: poll %+v", name, c.Poll)
	}
}
