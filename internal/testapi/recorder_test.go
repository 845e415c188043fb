package testapi

import (
	"io"
	"net/http"
	"strings"
	"testing"
)

const document = `{"openapi":"3.1.0","info":{"title":"t","version":"1"},"servers":[{"url":"http://h.example"}],"paths":{"/a/{id}":{"get":{
	"parameters":[{"name":"id","in":"path","required":true,"schema":{"type":"string"}}],
	"responses":{"200":{"description":"ok","content":{"application/json":{"schema":{"$ref":"#/components/schemas/A"}}}},"404":{"description":"no"},"5XX":{"description":"no"}}}}},
	"components":{"schemas":{"A":{"type":"object","required":["n"],"properties":{"n":{"type":"integer"},"kind":{"type":"string","enum":["x"]}}}}}}`

// A canned answers always alike.
type canned struct {
	status int
	kind   string
	body   string
}

func (c canned) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: c.status, Header: http.Header{"Content-Type": {c.kind}}, Body: io.NopCloser(strings.NewReader(c.body)), Request: r}, nil
}

func TestRecorderSeesWhatIsNotAsDocumented(t *testing.T) {
	for _, c := range []struct {
		name   string
		answer canned
		good   bool
	}{
		{"as documented", canned{200, "application/json", `{"n":1,"kind":"x"}`}, true},
		{"a member too few", canned{200, "application/json", `{"kind":"x"}`}, false},
		{"a word that is none", canned{200, "application/json", `{"n":1,"kind":"y"}`}, false},
		{"words for a number", canned{200, "application/json", `{"n":"1"}`}, false},
		{"another type", canned{200, "text/html", `<p>`}, false},
		{"no JSON", canned{200, "application/json", `{`}, false},
		{"another status", canned{201, "application/json", `{"n":1}`}, false},
		{"in the range", canned{503, "", ``}, true},
	} {
		r, err := New([]byte(document))
		if err != nil {
			t.Fatal(err)
		}
		if got := r.Unseen(); len(got) != 2 {
			t.Fatalf("before the first answer %v are unseen, want 200 and 404", got)
		}
		resp, err := (&http.Client{Transport: r.Transport(c.answer)}).Get("http://h.example/a/1")
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(resp.Body)
		if string(body) != c.answer.body {
			t.Errorf("%s: the client got %q", c.name, body)
		}
		if got := len(r.Problems()) == 0; got != c.good {
			t.Errorf("%s: problems %v", c.name, r.Problems())
		}
	}
	if _, err := New([]byte(`{"openapi":"3.1.0"}`)); err == nil {
		t.Error("a document without info is taken")
	}
}
