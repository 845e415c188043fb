package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Two whole instances, each with its own data, that know of each other only what came over HTTP.
func TestTwoInstancesExchangeAPost(t *testing.T) {
	var out, errs bytes.Buffer
	dir := t.TempDir()
	play := func() string {
		t.Helper()
		out.Reset()
		args := []string{"demo", "--once", "--ports", "0,0", "--data", dir}
		if code := run(t.Context(), args, func(string) string { return "" }, strings.NewReader(""), &out, &errs); code != exitOK {
			t.Fatalf("exit status %d\n%s%s", code, out.String(), errs.String())
		}
		return out.String()
	}
	story := play()
	at := -1
	for _, step := range []string{
		"tomas follows !gardening@", "lin's post arrived", "tomas's comment arrived", "tomas's like arrived", "amina's answer arrived",
		"amina's post in !tea arrived", "lin's edit arrived", "amina's deletion arrived", "amina tipped lin", "Sign in as lin or amina",
	} {
		next := strings.Index(story, step)
		if next <= at {
			t.Errorf("%q is missing or out of order in\n%s", step, story)
		}
		at = next
	}
	if errs.Len() > 0 {
		t.Errorf("it warned of\n%s", errs.String())
	}
	for _, folder := range []string{"here", "there"} {
		if _, err := os.Stat(filepath.Join(dir, folder, "halqa.db")); err != nil {
			t.Errorf("the data was to be kept: %v", err)
		}
	}
}
