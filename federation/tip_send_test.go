package federation

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"halqa/circles"
)

// Only what surely did nothing is Busy, after which a payer begins anew. A server that hung up or was in trouble may
// have had a charge made before: then nobody knows, and the same order is sent again.
func TestWhatAnOrderCameTo(t *testing.T) {
	h := newHouse(t)
	var answer http.HandlerFunc
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { answer(w, r) }))
	defer srv.Close()
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	status := func(code int) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) { http.Error(w, "No tips today.", code) }
	}
	for _, c := range []struct {
		name   string
		url    string
		answer http.HandlerFunc
		want   circles.Kind
	}{
		{"nobody listens", gone.URL, nil, circles.Busy},
		{"too often", srv.URL, status(http.StatusTooManyRequests), circles.Busy},
		{"in trouble", srv.URL, status(http.StatusServiceUnavailable), circles.Internal},
		{"broken", srv.URL, status(http.StatusInternalServerError), circles.Internal},
		{"hung up", srv.URL, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, circles.Internal},
		{"refused", srv.URL, status(http.StatusForbidden), circles.Forbidden},
	} {
		answer = c.answer
		req, err := http.NewRequestWithContext(context.Background(), "POST", c.url+"/tip", strings.NewReader("{}"))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := h.inbox.exchange(context.Background(), req, nil); circles.KindOf(err) != c.want {
			t.Errorf("%s: %v of kind %s, want %s", c.name, err, circles.KindOf(err), c.want)
		}
	}
}
