package federation

import (
	"slices"
	"testing"

	"halqa/federation/as"
	"halqa/internal/store"
)

func TestWhoReadsWarn(t *testing.T) {
	for _, c := range []struct {
		name, version string
		want          bool
	}{
		{"lemmy", "1.0.0-beta.1", true},
		{"lemmy", "1.0.0-beta.12", true},
		{"lemmy", "1.0.0-beta.1-14-g439734dd6", true},
		{"lemmy", "1.0.0-rc.0", true},
		{"lemmy", "1.0.0", true},
		{"lemmy", "1.0.0+build", true},
		{"lemmy", "1.0.1-alpha.0", true},
		{"lemmy", "1.2.3", true},
		{"lemmy", "10.0.0", true},
		{"lemmy", "1.0.0-beta.0", false},
		{"lemmy", "1.0.0-alpha.20", false},
		{"lemmy", "1.0.0-test-arm-qemu.0", false},
		{"lemmy", "0.19.20", false},
		{"lemmy", "01.0.0", false},
		{"lemmy", "1.0", false},
		{"lemmy", "1.0.0x", false},
		{"lemmy", "nightly-2026-11-22", false},
		{"lemmy", "", false},
		{"piefed", "1.6.18", false},
		{"halqa", "1.0.0", false},
	} {
		if got := warned(as.Software{Name: c.name, Version: c.version}); got != c.want {
			t.Errorf("%s %q reads a Warn: %t, want %t", c.name, c.version, got, c.want)
		}
	}
}

// A Warn stands in a public log. What a moderator wrote to an author goes as a message.
func TestAModeratorsNoteIsNoWarn(t *testing.T) {
	lemmy := as.Software{Name: "lemmy", Version: "1.0.0"}
	for _, c := range []struct {
		n             store.GateNotice
		want, instead []string
	}{
		{store.GateNotice{Told: true, Post: 9, Decision: store.GateHeld}, []string{formWarn}, []string{formNotice}},
		{store.GateNotice{Told: true, Post: 9, Decision: store.GateRefused}, []string{formWarn}, []string{formNotice}},
		{store.GateNotice{Told: true, Post: 9, Decision: store.GateRefused, Note: "Your brother told me who you are"}, []string{formNotice}, nil},
	} {
		forms, instead := gateForms(&c.n, lemmy)
		if !slices.Equal(forms, c.want) || !slices.Equal(instead, c.instead) {
			t.Errorf("%+v goes as %v, or %v; want %v, or %v", c.n, forms, instead, c.want, c.instead)
		}
	}
}
