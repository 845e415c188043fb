package main

import (
	"strings"
	"testing"
	"time"

	"halqa/internal/tips"
)

// Each rule is set from the file, and what cannot be is refused with its place.
func TestTipRulesAreConfigured(t *testing.T) {
	c := defaultConfig()
	err := c.decode([]byte("[tips]\npace = 3\nring_days = 2\nsource_payers = 7\nsource_days = 9\npayee_wait = 5\nlimit_wait = 6\n[tips.assets.CRD]\nmin = 2\nusual = 4\nmax = 8\npayer_day = 10\npayee_day = 20\npair_day = 9\n"))
	if err != nil {
		t.Fatal(err)
	}
	if err := c.check(); err != nil {
		t.Fatal(err)
	}
	r := c.Tips.rules()
	if r.Pace != 3 || r.Ring != 48*time.Hour || r.SourcePayers != 7 || r.SourceTime != 9*24*time.Hour || r.PayeeWait != 5*time.Hour || r.LimitWait != 6*time.Hour {
		t.Errorf("rules %+v", r)
	}
	if want := (tips.Bounds{Min: 2, Usual: 4, Max: 8, PayerDay: 10, PayeeDay: 20, PairDay: 9}); r.Assets["CRD"] != want {
		t.Errorf("credits %+v, want %+v", r.Assets["CRD"], want)
	}
	if got, want := r.Assets["CNY"], tips.DefaultRules().Assets["CNY"]; got != want {
		t.Errorf("an asset that the file leaves out is %+v, want %+v", got, want)
	}
	for _, bad := range []string{"pace = -1", "ring_days = 91", "source_payers = -1", "source_days = 91", "payee_wait = -1", "limit_wait = 100000", "[tips.assets.crd]\nmin = 1", "[tips.assets.CRD]\nmin = -1",
		"[tips.assets.CRD]\nmin = 9\nmax = 8", "[tips.assets.CRD]\nusual = 9\nmax = 8", "[tips.assets.CRD]\nmin = 3\nusual = 2"} {
		c := defaultConfig()
		if err := c.decode([]byte("[tips]\n" + bad)); err != nil {
			t.Fatal(err)
		}
		if err := c.check(); err == nil || !strings.Contains(err.Error(), "tips.") {
			t.Errorf("%q: %v, want a refusal that names it", bad, err)
		}
	}
}
