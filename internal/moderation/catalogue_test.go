package moderation

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"halqa/circles"
)

// TestRefusalsAreInTheCatalogue is that of app, for this package, with the names of what is chosen from.
func TestRefusalsAreInTheCatalogue(t *testing.T) {
	catalogue, err := os.ReadFile("../i18n/locale/en.toml")
	if err != nil {
		t.Fatal(err)
	}
	files, _ := filepath.Glob("*.go")
	key := regexp.MustCompile(`With\("(refused\.[a-z-]+)"`)
	var keys []string
	for _, file := range append(files, "../../circles/moderation.go") {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range key.FindAllStringSubmatch(string(source), -1) {
			keys = append(keys, m[1])
		}
		for _, m := range regexp.MustCompile(`ModAction = "([a-z-]+)"`).FindAllStringSubmatch(string(source), -1) {
			keys = append(keys, "moderation.action."+m[1])
		}
	}
	for _, c := range circles.ReportCategories() {
		keys = append(keys, "moderation.category."+string(c))
	}
	if len(keys) < 25 {
		t.Fatalf("found only %d keys", len(keys))
	}
	for _, k := range keys {
		if !strings.Contains(string(catalogue), `"`+k+`"`) {
			t.Errorf("the catalogue lacks %q", k)
		}
	}
}
