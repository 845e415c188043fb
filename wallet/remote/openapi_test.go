package remote_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"halqa/wallet"
	"halqa/wallet/remote"
	"halqa/wallet/wallettest"
)

// document is the OpenAPI text of docs/adapters.md.
func document(t *testing.T) *openapi3.T {
	t.Helper()
	text, err := os.ReadFile("../../docs/adapters.md")
	if err != nil {
		t.Fatal(err)
	}
	block := regexp.MustCompile("(?s)```yaml\n(openapi:.*?)```").FindSubmatch(text)
	if block == nil {
		t.Fatal("docs/adapters.md has no OpenAPI document")
	}
	doc, err := openapi3.NewLoader().LoadFromData(block[1])
	if err != nil {
		t.Fatal(err)
	}
	if err := doc.Validate(context.Background()); err != nil {
		t.Fatal(err)
	}
	return doc
}

// TestTheDocumentIsTrue runs the whole kit over HTTP and holds each answer against the document.
func TestTheDocumentIsTrue(t *testing.T) {
	doc := document(t)
	f := wallettest.NewFake("", clock)
	inner := remote.Serve(f, secret, f.Now)
	var mu sync.Mutex
	seen := map[string]bool{}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		rec := httptest.NewRecorder()
		inner.ServeHTTP(rec, r)
		for k, v := range rec.Header() {
			w.Header()[k] = v
		}
		w.WriteHeader(rec.Code)
		w.Write(rec.Body.Bytes())
		if path := template(doc, r); path != "" && rec.Code != http.StatusRequestEntityTooLarge {
			mu.Lock()
			seen[r.Method+" "+path] = true
			mu.Unlock()
			holds(t, doc.Paths.Value(path).GetOperation(r.Method), r.Method+" "+path, rec)
		}
	}))
	defer srv.Close()
	rep, err := wallettest.Check(context.Background(), wallettest.Harness{
		URL: srv.URL, Secret: secret, Payee: wallet.Payee{Kind: "fake-account", Ref: "bob"}, Rail: f, Now: f.Now, Level: 3,
	})
	if err != nil || rep.Count(wallettest.Passed) != 49 {
		t.Fatalf("%d passed, %v", rep.Count(wallettest.Passed), err)
	}
	for path, item := range doc.Paths.Map() {
		for method := range item.Operations() {
			if !seen[method+" "+path] {
				t.Errorf("%s %s is in the document and was never asked", method, path)
			}
		}
	}
}

// template is the path of the document that a request is for.
func template(doc *openapi3.T, r *http.Request) string {
	for path := range doc.Paths.Map() {
		pattern := "^" + strings.ReplaceAll(regexp.QuoteMeta(path), `\{id\}`, "[^/]+") + "$"
		if regexp.MustCompile(pattern).MatchString(r.URL.EscapedPath()) && doc.Paths.Value(path).GetOperation(r.Method) != nil {
			return path
		}
	}
	return ""
}

func holds(t *testing.T, op *openapi3.Operation, name string, rec *httptest.ResponseRecorder) {
	t.Helper()
	resp := op.Responses.Value("200")
	if rec.Code != http.StatusOK {
		resp = op.Responses.Default()
		if resp == nil {
			return
		}
	}
	var body any
	if err := json.Unmarshal(rec.Body.Bytes(), &body); err != nil {
		t.Errorf("%s: %v", name, err)
		return
	}
	if err := resp.Value.Content.Get("application/json").Schema.Value.VisitJSON(body); err != nil {
		t.Errorf("%s answers %d %.200s: %v", name, rec.Code, rec.Body.String(), err)
	}
}
