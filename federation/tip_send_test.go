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
	status := func(code int) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) { http.Error(w, "No tips today.", code) }
	}
	for _, c := range []struct {
		name   string
		answer http.HandlerFunc // nil = nobody listens
		want   circles.Kind
	}{
		{"nobody listens", nil, circles.Busy},
		{"too often", status(http.StatusTooManyRequests), circles.Busy},
		{"in trouble", status(http.StatusServiceUnavailable), circles.Internal},
		{"broken", status(http.StatusInternalServerError), circles.Internal},
		{"hung up", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, circles.Internal},
		{"refused", status(http.StatusForbidden), circles.Forbidden},
	} {
		srv := httptest.NewServer(c.answer)
		defer srv.Close()
		if c.answer == nil {
			srv.Close()
		}
		req, err := http.NewRequestWithContext(context.Background(), "POST", srv.URL+"/tip", strings.NewReader("{}"))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := h.inbox.exchange(context.Background(), req, nil); circles.KindOf(err) != c.want {
			t.Errorf("%s: %v of kind %s, want %s", c.name, err, circles.KindOf(err), c.want)
		}
	}
}
