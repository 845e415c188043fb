package wallettest

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
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

func TestThereAre44Cases(t *testing.T) {
	seen := map[int]bool{}
	for _, c := range cases {
		if seen[c.n] || c.n < 1 || c.n > 44 || c.name == "" || c.level < 0 || c.level > 3 {
			t.Errorf("case %d %q of level %d", c.n, c.name, c.level)
		}
		seen[c.n] = true
	}
	if len(seen) != 44 {
		t.Errorf("%d cases, want 44", len(seen))
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
			again.Header.Set(remote.Header, k.signed(parts[1], parts[2], r.Method, r.URL.RequestURI(), []byte(read)))
		}
		inner.ServeHTTP(w, again)
	}))
	h.URL = srv.URL
	return h, srv.Close
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
	if rep.Adapter != "fake" || len(rep.Cases) != 44 || rep.Count(Failed) != 1 || rep.Count(Passed) != 43 {
		t.Fatalf("%s: %d cases, %d failed, %d passed", rep.Adapter, len(rep.Cases), rep.Count(Failed), rep.Count(Passed))
	}
	var text, js, junit bytes.Buffer
	for _, err := range []error{rep.Text(&text), rep.JSON(&js), rep.JUnit(&junit)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if !strings.Contains(text.String(), "FAIL 14  L1") || !strings.Contains(text.String(), "passed 43 of 44, 1 failed, 0 skipped, level 3") {
		t.Errorf("text:\n%s", text.String())
	}
	var back Report
	if err := json.Unmarshal(js.Bytes(), &back); err != nil || fmt.Sprint(back) != fmt.Sprint(rep) {
		t.Errorf("JSON reads back as %v, %v", back, err)
	}
	var suite junitSuite
	if err := xml.Unmarshal(junit.Bytes(), &suite); err != nil || suite.Tests != 44 || suite.Failures != 1 {
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
	if rep.Count(Passed) != 44 {
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
