package arch

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// citation finds the keys of docs/spec.txt in source.
var citation = regexp.MustCompile(`\bRFC \d+|\bBOLT \d+|\bLUD-\d{2}\b|\bFEP-[0-9a-f]{4}\b|\bdraft-[a-z-]+-\d+\b|\bNodeInfo 2\.\d|\bBCP \d+|\bAP \d+(?:\.\d+)*`)

var statuses = map[string]bool{"full": true, "part": true, "read": true, "fact": true, "no": true}

// readSpecs returns the files that each key of docs/spec.txt names.
func readSpecs(t *testing.T) map[string][]string {
	t.Helper()
	text, err := os.ReadFile("../../docs/spec.txt")
	if err != nil {
		t.Fatal(err)
	}
	specs := map[string][]string{}
	n := 0
	for line := range strings.Lines(string(text)) {
		n++
		line = strings.TrimSuffix(line, "\n")
		if line == "" || strings.HasPrefix(line, "#") || strings.HasPrefix(line, "wire |") { // federation compares those
			continue
		}
		columns := strings.Split(line, "|")
		if len(columns) != 5 {
			t.Errorf("docs/spec.txt:%d: %d columns, want 5", n, len(columns))
			continue
		}
		for i := range columns {
			columns[i] = strings.TrimSpace(columns[i])
			if columns[i] == "" {
				t.Errorf("docs/spec.txt:%d: column %d is empty", n, i+1)
			}
		}
		key := columns[0]
		if citation.FindString(key) != key {
			t.Errorf("docs/spec.txt:%d: %q is no key that code could cite", n, key)
		}
		if _, twice := specs[key]; twice {
			t.Errorf("docs/spec.txt:%d: %s stands there twice", n, key)
		}
		if !statuses[columns[1]] {
			t.Errorf("docs/spec.txt:%d: the status %q is none of those above", n, columns[1])
		}
		if !strings.HasPrefix(columns[4], "https://") {
			t.Errorf("docs/spec.txt:%d: %q is no address", n, columns[4])
		}
		for _, file := range strings.Split(columns[2], ",") {
			specs[key] = append(specs[key], strings.TrimSpace(file))
		}
	}
	if len(specs) < 20 {
		t.Fatalf("read only %d lines of docs/spec.txt: the reader is broken", len(specs))
	}
	return specs
}

func TestEveryCitationHasALineInSpecs(t *testing.T) {
	specs := readSpecs(t)
	cited := 0
	err := filepath.WalkDir("../..", func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == ".git" || d.Name() == "testdata" || d.Name() == "node_modules") {
			return filepath.SkipDir
		}
		if !strings.HasSuffix(p, ".go") || d.Name() == "spec_test.go" {
			return nil
		}
		text, err := os.ReadFile(p)
		if err != nil {
			return err
		}
		for i, line := range strings.Split(string(text), "\n") {
			for _, key := range citation.FindAllString(line, -1) {
				cited++
				if !hasSpec(specs, key) {
					t.Errorf("%s:%d cites %s, which has no line in docs/spec.txt", filepath.ToSlash(p), i+1, key)
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if cited < 20 {
		t.Errorf("found only %d citations: the walk is broken", cited)
	}
}

// hasSpec looks for the key; a section of ActivityPub counts as found with the one it belongs to.
func hasSpec(specs map[string][]string, key string) bool {
	for {
		if _, ok := specs[key]; ok {
			return true
		}
		dot := strings.LastIndex(key, ".")
		if !strings.HasPrefix(key, "AP ") || dot < 0 {
			return false
		}
		key = key[:dot]
	}
}

// Sections of ActivityPub are too many to be cited each; their files have to be there.
func TestSpecsNameFilesThatCiteThem(t *testing.T) {
	for key, files := range readSpecs(t) {
		for _, file := range files {
			text, err := os.ReadFile(filepath.Join("../..", filepath.FromSlash(file)))
			if err != nil {
				t.Errorf("%s: %v", key, err)
				continue
			}
			if !strings.HasPrefix(key, "AP ") && !strings.HasPrefix(key, "NodeInfo ") && !strings.Contains(string(text), key) {
				t.Errorf("%s does not cite %s", file, key)
			}
		}
	}
}
