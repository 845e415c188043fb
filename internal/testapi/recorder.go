// Package testapi checks what the JSON edge answers against its own OpenAPI document, and keeps count of
// which route was seen to answer with which status.
//
// A Recorder stands between a test's client and the server, so every answer that the client gets is looked
// at. It knows the document alone and nothing else of ours. Begin with New and Recorder.Transport.
package testapi

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"
)

// maxAlike is how many answers of one route and status are held against their schema. A test that plays
// thousands of sequences would take three times as long with each of its answers looked into.
const maxAlike = 50

// A Recorder validates answers. It is safe for concurrent use.
type Recorder struct {
	doc    *openapi3.T
	router routers.Router

	mu       sync.Mutex
	seen     map[string]int // "GET /path 200"
	problems []string
}

// New reads a document, and fails unless it is a good one itself.
func New(document []byte) (*Recorder, error) {
	doc, err := openapi3.NewLoader().LoadFromData(document)
	if err != nil {
		return nil, fmt.Errorf("read the document: %w", err)
	}
	if err := doc.Validate(context.Background()); err != nil {
		return nil, fmt.Errorf("the document: %w", err)
	}
	if !strings.HasPrefix(doc.OpenAPI, "3.1") {
		return nil, fmt.Errorf("the document is of version %s", doc.OpenAPI)
	}
	router, err := gorillamux.NewRouter(doc)
	if err != nil {
		return nil, fmt.Errorf("routes of the document: %w", err)
	}
	return &Recorder{doc: doc, router: router, seen: map[string]int{}}, nil
}

// Transport sends requests on and looks at what comes back. Addresses that are not the document's pass.
func (r *Recorder) Transport(next http.RoundTripper) http.RoundTripper { return &transport{r, next} }

type transport struct {
	r    *Recorder
	next http.RoundTripper
}

func (t *transport) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := t.next.RoundTrip(req)
	if err != nil || req.Method == http.MethodOptions {
		return resp, err
	}
	body, err := io.ReadAll(resp.Body)
	resp.Body.Close()
	if err != nil {
		return nil, err
	}
	resp.Body = io.NopCloser(bytes.NewReader(body))
	t.r.look(req, resp, body)
	return resp, nil
}

func (r *Recorder) look(req *http.Request, resp *http.Response, body []byte) {
	route, params, err := r.router.FindRoute(req)
	if err != nil {
		return
	}
	key := route.Method + " " + route.Path + " " + strconv.Itoa(resp.StatusCode)
	r.mu.Lock()
	r.seen[key]++
	enough := r.seen[key] > maxAlike
	r.mu.Unlock()
	if enough {
		return
	}
	// Pictures have no schema to hold them against.
	options := &openapi3filter.Options{ExcludeResponseBody: strings.HasPrefix(resp.Header.Get("Content-Type"), "image/"), IncludeResponseStatus: true, MultiError: true}
	err = openapi3filter.ValidateResponse(req.Context(), &openapi3filter.ResponseValidationInput{
		RequestValidationInput: &openapi3filter.RequestValidationInput{Request: req, PathParams: params, Route: route, Options: options},
		Status:                 resp.StatusCode, Header: resp.Header, Body: io.NopCloser(bytes.NewReader(body)), Options: options,
	})
	if err != nil {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.problems = append(r.problems, fmt.Sprintf("%s: %v\n%.2000s", key, err, body))
	}
}

// Problems are the answers that the document does not allow.
func (r *Recorder) Problems() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.problems)
}

// Unseen are the routes and statuses of the document that no answer had. Ranges such as 5XX are left out.
func (r *Recorder) Unseen() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var unseen []string
	for path, item := range r.doc.Paths.Map() {
		for method, op := range item.Operations() {
			for status := range op.Responses.Map() {
				key := method + " " + path + " " + status
				if _, err := strconv.Atoi(status); err == nil && r.seen[key] == 0 {
					unseen = append(unseen, key)
				}
			}
		}
	}
	slices.Sort(unseen)
	return unseen
}
