package store_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestRevMovesWithWhatIsKept holds every statement that changes posts against Leads: what it sets without
// moving Rev is read by Leads anew, or is nothing that PostLeads reads.
func TestRevMovesWithWhatIsKept(t *testing.T) {
	free := []string{"listed", "ups", "downs", "score", "comments", // Leads has them
		"hot", "scaled", "active", "controversy", "create_seq", "announce_seq"} // PostLeads has not
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	update := regexp.MustCompile("(?s)UPDATE\\s+post\\s+SET\\s(.*?)(\\bWHERE\\b|`)")
	column := regexp.MustCompile(`(?:^|,)\s*([a-z_]+)\s*=`)
	found := 0
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		source, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range update.FindAllSubmatch(source, -1) {
			found++
			set := string(m[1])
			if strings.Contains(set, "rev = rev + 1") {
				continue
			}
			for _, c := range column.FindAllStringSubmatch(set, -1) {
				if !slices.Contains(free, c[1]) {
					t.Errorf("%s changes %s of a post, and its rev does not move: %s", name, c[1], set)
				}
			}
		}
		if strings.Contains(string(source), "DELETE FROM post ") {
			t.Errorf("%s deletes posts: another could come with the same id and rev", name)
		}
	}
	if found < 8 {
		t.Errorf("only %d statements that change posts were found", found)
	}
}
