package wallettest

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"halqa/wallet/remote"
)

func start() time.Time { return time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC) }

func TestFakePassesAll(t *testing.T) {
	Run(t, func(testing.TB) Harness { return NewFake("", start).Harness() })
}

func TestThereAre49Cases(t *testing.T) {
	seen := map[int]bool{}
	for _, c := range cases {
		if seen[c.n] || c.n < 1 || c.n > 49 || c.name == "" || c.level < 0 || c.level > 3 {
			t.Errorf("case %d %q of level %d", c.n, c.name, c.level)
		}
		seen[c.n] = true
	}
	if len(seen) != 49 {
		t.Errorf("%d cases, want 49", len(seen))
	}
}

// planted says which cases find which bug. A bug that other cases find too is no mistake of theirs: who
// makes a new charge each time also makes two when an answer is lost.
var planted = map[Bug][]int{
	"no-version":             {1},
	"boasts":                 {2},
	"exponent-13":            {3},
	"less":                   {4},
	"more":                   {5},
	"between":                {6},
	"negative":               {7},
	"wraps-around":           {8},
	"takes-numbers":          {9},
	"any-asset":              {10},
	"any-payee":              {11},
	"searches":               {11},
	"a-new-charge-each-time": {12, 14, 17},
	"forgets-contents":       {13},
	"remembers-for-a-while":  {14},
	"finds-badly":            {15},
	"notes-before-asking":    {16},
	"asks-twice":             {17},
	"unknown-is-an-accident": {18, 37},
	"no-time":                {19},
	"wandering-source":       {21, 23, 29, 30, 32, 34, 40, 42, 43},
	"nearly-is-enough":       {20},
	"first-payment-only":     {21, 23},
	"caps-received":          {22, 23},
	"late-is-lost":           {24},
	"late-is-in-time":        {24, 25},
	"canceled-is-lost":       {25},
	"cancel-wins":            {25, 26},
	"zero-conf":              {27, 28},
	"never-looks-back":       {28},
	"webhooks-are-money":     {29, 30, 31, 32},
	"believes-webhooks":      {31},
	"believes-anybody":       {33, 34, 35, 36},
	"lax-bytes":              {34},
	"any-time":               {35},
	"any-future":             {35},
	"any-merchant":           {36},
	"unknown-is-fatal":       {37},
	"no-news":                {38},
	"down-is-failed":         {39},
	"always-well":            {39},
	"restless":               {40},
	"stale-revision":         {40, 43},
	"refunds-unbounded":      {41},
	"refund-keys-ignored":    {41},
	"refunds-at-once":        {42},
	"no-chargebacks":         {43},
	"takes-too-much":         {43},
	"logs-secrets":           {44},
	"serves-anybody":         {45},
	"reads-on-and-on":        {45},
	"signs-for-strangers":    {45, 46},
	"forgets-numbers":        {46},
	"any-hour":               {46},
	"never-well":             {47},
	"leads-nowhere":          {48},
	"all-is-422":             {49},
}

// lax are bugs of a server's reading, which remote.Serve does not have: they are planted in front of it.
var lax = map[Bug]func(string) string{
	"takes-numbers": func(body string) string {
		return regexp.MustCompile(`"minor":"?(\d+)(\.0|e3)?"?`).ReplaceAllString(body, `"minor":"$1"`)
	},
	"wraps-around": func(body string) string {
		return strings.Replace(body, `"9223372036854775808"`, `"5000"`, 1)
	},
}

func harness(bug Bug) (Harness, func()) {
	f := NewFake(bug, start)
	h := f.Harness()
	if loose, ok := doors[bug]; ok {
		h.Adapter, h.Secret = nil, []byte("a secret of the kit, of 32 bytes at least")
		srv := httptest.NewServer(loose(&kit{h: h}, remote.Serve(f, h.Secret, f.Now)))
		h.URL = srv.URL
		return h, srv.Close
	}
	rewrite, ok := lax[bug]
	if !ok {
		return h, func() {}
	}
	h.Adapter, h.Secret = nil, []byte("a secret of the kit, of 32 bytes at least")
	inner := remote.Serve(f, h.Secret, f.Now)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var body bytes.Buffer
		body.ReadFrom(r.Body)
		read := rewrite(body.String())
		again := r.Clone(r.Context())
		again.Body, again.ContentLength = nopCloser{strings.NewReader(read)}, int64(len(read))
		if read != body.String() {
			k := kit{h: h}
			parts := regexp.MustCompile(`t=(\d+),n=(\w+)`).FindStringSubmatch(r.Header.Get(remote.Header))
			again.Header.Set(remote.Header, k.signed(parts[1], parts[2], r.Method+"."+r.URL.RequestURI(), []byte(read)))
		}
		inner.ServeHTTP(w, again)
	}))
	h.URL = srv.URL
	return h, srv.Close
}

// doors are bugs of who stands at the door, planted in front of remote.Serve: k signs with the secret.
var doors = map[Bug]func(k *kit, inner http.Handler) http.Handler{
	"serves-anybody":      func(k *kit, inner http.Handler) http.Handler { return letIn(k, inner, false, false) },
	"forgets-numbers":     func(k *kit, inner http.Handler) http.Handler { return letIn(k, inner, true, true) },
	"any-hour":            func(k *kit, inner http.Handler) http.Handler { return letIn(k, inner, true, false) },
	"reads-on-and-on":     readOn,
	"signs-for-strangers": func(k *kit, inner http.Handler) http.Handler { return rewritten(k, inner, http.StatusUnauthorized, 0) },
	"all-is-422":          func(k *kit, inner http.Handler) http.Handler { return rewritten(k, inner, http.StatusNotFound, 422) },
}

var inHeader = regexp.MustCompile(`t=(\d+),n=(\w+),v1=(\w+)`)

// letIn asks again for who was refused, under a signature of its own: for who signed rightly and came again or at
// another hour, or for who did not.
func letIn(k *kit, inner http.Handler, right, again bool) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		try := func(r *http.Request) *httptest.ResponseRecorder {
			rec := httptest.NewRecorder()
			r.Body = io.NopCloser(bytes.NewReader(body))
			inner.ServeHTTP(rec, r)
			return rec
		}
		rec := try(r)
		what := r.Method + "." + r.URL.RequestURI()
		parts := append(inHeader.FindStringSubmatch(r.Header.Get(remote.Header)), "", "", "", "")
		now := fmt.Sprint(k.h.Now().Unix())
		isRight := parts[0] != "" && parts[0] == k.signed(parts[1], parts[2], what, body)
		if rec.Code == http.StatusUnauthorized && rec.Header().Get(remote.Header) == "" && isRight == right && (!right || (parts[1] == now) == again) {
			r.Header.Set(remote.Header, k.signed(now, k.number(), what, body))
			rec = try(r)
		}
		pass(w, rec)
	})
}

// readOn cuts a body that is too long and goes on with what it read.
func readOn(k *kit, inner http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if len(body) > remote.MaxRequest {
			body = bytes.TrimSpace(body)
			parts := inHeader.FindStringSubmatch(r.Header.Get(remote.Header))
			r.Header.Set(remote.Header, k.signed(parts[1], parts[2], r.Method+"."+r.URL.RequestURI(), body))
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		inner.ServeHTTP(w, r)
	})
}

// rewritten signs answers of a status, with another one if that is not 0.
func rewritten(k *kit, inner http.Handler, from, to int) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		rec := httptest.NewRecorder()
		inner.ServeHTTP(rec, r)
		if rec.Code == from {
			if to != 0 {
				rec.Code = to
			}
			parts := append(inHeader.FindStringSubmatch(r.Header.Get(remote.Header)), "", "", "")
			rec.Header().Set(remote.Header, k.signed(fmt.Sprint(k.h.Now().Unix()), parts[2], fmt.Sprint(rec.Code), rec.Body.Bytes()))
		}
		pass(w, rec)
	})
}

func pass(w http.ResponseWriter, rec *httptest.ResponseRecorder) {
	for k, v := range rec.Header() {
		w.Header()[k] = v
	}
	w.WriteHeader(rec.Code)
	w.Write(rec.Body.Bytes())
}

type nopCloser struct{ *strings.Reader }

func (nopCloser) Close() error { return nil }

func TestEachBugIsFoundByItsCases(t *testing.T) {
	found := map[int]Bug{}
	for bug, want := range planted {
		t.Run(string(bug), func(t *testing.T) {
			var got []int
			for _, c := range cases {
				h, stop := harness(bug)
				k, end, err := open(h)
				if err != nil {
					t.Fatal(err)
				}
				if r := k.try(t.Context(), c); r.Outcome == Failed {
					got = append(got, c.n)
					t.Logf("%d %s: %s", c.n, c.name, r.Detail)
				}
				end()
				stop()
			}
			slices.Sort(got)
			if !slices.Equal(got, want) {
				t.Errorf("found by %v, want %v", got, want)
			}
		})
		for _, n := range want {
			found[n] = bug
		}
	}
	for _, c := range cases {
		if found[c.n] == "" {
			t.Errorf("no bug is planted for case %d, %s", c.n, c.name)
		}
	}
}

func TestReport(t *testing.T) {
	rep, err := Check(t.Context(), NewFake("remembers-for-a-while", start).Harness())
	if err != nil {
		t.Fatal(err)
	}
	if rep.Adapter != "fake" || len(rep.Cases) != 49 || rep.Count(Failed) != 1 || rep.Count(Passed) != 48 {
		t.Fatalf("%s: %d cases, %d failed, %d passed", rep.Adapter, len(rep.Cases), rep.Count(Failed), rep.Count(Passed))
	}
	var text, js, junit bytes.Buffer
	for _, err := range []error{rep.Text(&text), rep.JSON(&js), rep.JUnit(&junit)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if !strings.Contains(text.String(), "FAIL 14  L1") || !strings.Contains(text.String(), "passed 48 of 49, 1 failed, 0 skipped, level 3") {
		t.Errorf("text:\n%s", text.String())
	}
	var back Report
	if err := json.Unmarshal(js.Bytes(), &back); err != nil || fmt.Sprint(back) != fmt.Sprint(rep) {
		t.Errorf("JSON reads back as %v, %v", back, err)
	}
	var suite junitSuite
	if err := xml.Unmarshal(junit.Bytes(), &suite); err != nil || suite.Tests != 49 || suite.Failures != 1 {
		t.Errorf("JUnit: %d tests, %d failures, %v", suite.Tests, suite.Failures, err)
	}
}

// TestOverHTTP checks the fake as `halqa wallet check` would, with adapter and rail behind addresses.
func TestOverHTTP(t *testing.T) {
	f := NewFake("", start)
	secret := []byte(strings.Repeat("s", remote.MinSecret))
	adapter := httptest.NewServer(remote.Serve(f, secret, f.Now))
	defer adapter.Close()
	rail := httptest.NewServer(ServeRail(f))
	defer rail.Close()
	rep, err := Check(t.Context(), Harness{
		URL: adapter.URL, Secret: secret, Payee: f.Harness().Payee, Rail: DialRail(rail.URL), Now: f.Now, Level: 3,
	})
	if err != nil {
		t.Fatal(err)
	}
	if rep.Count(Passed) != 49 {
		var text bytes.Buffer
		rep.Text(&text)
		t.Errorf("\n%s", text.String())
	}
	// Without a hand on the rail there is less to see, and it is not called passed.
	rep, err = Check(t.Context(), Harness{URL: adapter.URL, Secret: secret, Payee: f.Harness().Payee, Now: f.Now, Level: 2})
	if err != nil {
		t.Fatal(err)
	}
	if rep.Count(Failed) != 0 || rep.Count(Skipped) != 16 {
		t.Errorf("without a rail: %d failed, %d skipped", rep.Count(Failed), rep.Count(Skipped))
	}
	if _, err := Check(t.Context(), Harness{URL: adapter.URL, Secret: []byte(strings.Repeat("x", remote.MinSecret)), Now: f.Now}); err == nil {
		t.Error("a stranger was served")
	}
}

// away is a network on which nobody listens for a while.
type away struct {
	left, calls int
	base        http.RoundTripper
}

func (a *away) RoundTrip(r *http.Request) (*http.Response, error) {
	a.calls++
	if a.left--; a.left >= 0 {
		return nil, &net.OpError{Op: "dial", Err: errors.New("connection refused")}
	}
	return a.base.RoundTrip(r)
}

// TestAnAdapterThatEndedIsAwaited holds that a restart is no fault, and that one that stays away is said once.
func TestAnAdapterThatEndedIsAwaited(t *testing.T) {
	k, stop, err := open(NewFake("", start).Harness())
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	a := &away{left: 3, base: k.faults.base}
	k.faults.base = a
	if r := k.try(t.Context(), shapeCases[0]); r.Outcome != Passed || a.calls < 4 {
		t.Errorf("after three refusals: %s %s, asked %d times", r.Outcome, r.Detail, a.calls)
	}
	a.left = 1 << 30
	over, cancel := context.WithCancel(t.Context())
	cancel()
	if r := k.try(over, shapeCases[0]); r.Outcome != Failed {
		t.Errorf("one that is away: %s %s", r.Outcome, r.Detail)
	}
	a.left, a.calls = 0, 0
	if r := k.try(t.Context(), shapeCases[1]); r.Outcome != Skipped || a.calls != 0 {
		t.Errorf("the case after it: %s %s, asked %d times", r.Outcome, r.Detail, a.calls)
	}
}
