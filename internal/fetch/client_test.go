package fetch

import (
	"crypto/x509"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
)

// A proxy named in the environment would connect for us, unchecked.
func TestProxyEnvironmentIsIgnored(t *testing.T) {
	proxy := serve(t, func(http.ResponseWriter, *http.Request) { t.Error("the proxy was asked") })
	for _, name := range []string{"HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"} {
		t.Setenv(name, proxy.URL)
	}
	c := client(t, Options{Resolver: to(t, "127.0.0.1")})
	_, err := c.Document(t.Context(), "https://peer.example/", nil)
	wantReason(t, "with a proxy set", err, ReasonAddress)
}

func TestCookiesAreNotKept(t *testing.T) {
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if len(r.Cookies()) > 0 {
			t.Errorf("got cookies %v", r.Cookies())
		}
		http.SetCookie(w, &http.Cookie{Name: "track", Value: "1"})
		activity(w, `{}`)
	})
	c := client(t, Options{LabNetworks: lab})
	h := c.HTTPClient()
	for range 2 {
		if _, err := c.Document(t.Context(), s.URL, nil); err != nil {
			t.Fatal(err)
		}
		resp, err := h.Get(s.URL)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
	}
}

func TestCertificateIsChecked(t *testing.T) {
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		activity(w, r.Proto)
	}))
	s.EnableHTTP2 = true
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.StartTLS()
	t.Cleanup(s.Close)
	_, err := client(t, Options{LabNetworks: lab}).Document(t.Context(), s.URL, nil)
	wantReason(t, "unknown authority", err, ReasonTLS)

	pool := x509.NewCertPool()
	pool.AddCert(s.Certificate())
	c := client(t, Options{LabNetworks: lab, RootCAs: pool, Resolver: to(t, "127.0.0.1")})
	resp, err := c.Document(t.Context(), s.URL, nil)
	if err != nil || string(resp.Body) != "HTTP/2.0" {
		t.Errorf("trusted: got %v, %v; want HTTP/2.0", resp, err)
	}
	u, _ := url.Parse(s.URL)
	_, err = c.Document(t.Context(), "https://other.test:"+u.Port()+"/", nil)
	wantReason(t, "another name", err, ReasonTLS)

	plain := serve(t, func(http.ResponseWriter, *http.Request) {})
	_, err = c.Document(t.Context(), strings.Replace(plain.URL, "http:", "https:", 1), nil)
	wantReason(t, "no TLS", err, ReasonBroken)
}

func TestUserAgentIsNeverEmpty(t *testing.T) {
	var got []string
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		got = append(got, r.UserAgent())
		activity(w, `{}`)
	})
	for _, agent := range []string{"", "Halqa/1 (+https://halqa.example)"} {
		c := client(t, Options{LabNetworks: lab, UserAgent: agent})
		if _, err := c.Document(t.Context(), s.URL, nil); err != nil {
			t.Fatal(err)
		}
		resp, err := c.HTTPClient().Get(s.URL)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
	}
	want := []string{"Halqa", "Halqa", "Halqa/1 (+https://halqa.example)", "Halqa/1 (+https://halqa.example)"}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// One host that hangs holds its own connections only.
func TestConnectionsPerHostAreBounded(t *testing.T) {
	var mu sync.Mutex
	var once sync.Once
	open, most := 0, 0
	full := make(chan struct{})
	release := make(chan struct{})
	s := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		mu.Lock()
		open++
		most = max(most, open)
		if open == readConnsPerHost {
			once.Do(func() { close(full) })
		}
		mu.Unlock()
		<-release
		mu.Lock()
		open--
		mu.Unlock()
		activity(w, `{}`)
	})
	c := client(t, Options{LabNetworks: lab})
	var wg sync.WaitGroup
	for range 2 * readConnsPerHost {
		wg.Go(func() {
			if _, err := c.Document(t.Context(), s.URL, nil); err != nil {
				t.Error(err)
			}
		})
	}
	<-full
	quick := serve(t, func(w http.ResponseWriter, _ *http.Request) { activity(w, `{}`) })
	if _, err := c.Document(t.Context(), quick.URL, nil); err != nil {
		t.Errorf("another host: %v", err)
	}
	close(release)
	wg.Wait()
	if most > readConnsPerHost {
		t.Errorf("%d connections to one host", most)
	}
}
