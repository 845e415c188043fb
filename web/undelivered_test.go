package web

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"halqa/circles"
	"halqa/internal/app"
	"halqa/internal/fetch"
	"halqa/internal/i18n"
)

// TestUndelivered: what keeps a post from a server is said in the reader's language, for each of the
// sentences that the record can hold; two of them are made here as deliveries make them.
func TestUndelivered(t *testing.T) {
	words, err := i18n.Load()
	if err != nil {
		t.Fatal(err)
	}
	refusing := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) }))
	defer refusing.Close()
	gone := httptest.NewServer(nil)
	gone.Close()
	client := fetch.New(fetch.Options{LabNetworks: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}})
	defer client.Close()
	said := func(address string) string {
		_, err := client.JSON(t.Context(), address)
		return sentence(t, err)
	}
	host := func(address string) string { return strings.TrimPrefix(address, "http://") }
	for _, tt := range []struct {
		name string
		h    app.DeliveryHost
		want string
	}{
		{"refused", app.DeliveryHost{Host: host(refusing.URL), Status: 403, Error: said(refusing.URL)}, host(refusing.URL) + " 返回了状态码 403。"},
		{"not there", app.DeliveryHost{Host: host(gone.URL), Error: said(gone.URL)}, "无法连接到 " + host(gone.URL) + "，请稍后再试。"},
		{"slow", app.DeliveryHost{Host: "b.example", Error: "b.example took too long to answer; try again later."}, "b.example 响应太慢，请稍后再试。"},
		{"ours", app.DeliveryHost{Host: "b.example", Error: "This server could not put the activity together."}, "本服务器未能生成这条活动。"},
		{"of an older version", app.DeliveryHost{Host: "b.example", Error: "not wanted"}, "not wanted"},
		{"nothing yet", app.DeliveryHost{Host: "b.example"}, ""},
	} {
		v := &visit{s: &Server{words: words}, l: words.Localizer("zh")}
		if got := v.undelivered(tt.h); got != tt.want {
			t.Errorf("%s: %q is %q, want %q", tt.name, tt.h.Error, got, tt.want)
		}
	}
}

func sentence(t *testing.T, err error) string {
	t.Helper()
	if err == nil || circles.KindOf(err) == circles.Internal {
		t.Fatalf("the fetch ended with %v", err)
	}
	var e *circles.Error
	if !errors.As(err, &e) {
		t.Fatal(err)
	}
	return e.Message
}
