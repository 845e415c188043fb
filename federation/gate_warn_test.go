package federation

import (
	"testing"

	"halqa/federation/as"
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
