package arch

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// table says what each room may import of ours, outside tests. A pattern that ends in /... stands
// for everything below it; a room may always import what lies below itself.
var table = []struct {
	room  string
	allow []string
}{
	{"wallet", nil},
	{"wallet/remote", []string{"wallet"}},
	{"wallet/wallettest", []string{"wallet", "wallet/remote"}},
	{"wallet/credits", []string{"wallet"}},
	{"wallet/lightning", []string{"wallet"}},
	{"wallet/hosted", []string{"wallet"}},
	{"wallet/hosted/alipaytest", nil},
	{"wallet/lightning/lntest", nil},
	{"circles/ranking", nil},
	{"circles/reputation", nil},
	{"circles/filter", nil},
	{"static", nil},
	{"internal/arch", nil},
	{"circles", []string{"circles/..."}},
	{"internal/text", []string{"circles/..."}},
	{"internal/mail", []string{"circles/..."}},
	{"internal/i18n", []string{"circles/..."}},
	{"internal/fetch", []string{"circles/..."}},
	{"internal/store", []string{"circles/...", "internal/text"}},
	{"internal/store/ledger", []string{"internal/store", "internal/store/internal/key", "circles"}},
	{"internal/media", []string{"circles", "internal/fetch"}},
	{"internal/run", []string{"internal/store", "circles"}},
	{"internal/standing", []string{"internal/store", "circles/..."}},
	{"internal/app", []string{"internal/standing", "internal/store", "internal/media", "internal/text", "circles/..."}},
	{"internal/accounts", []string{"internal/app", "internal/store", "internal/media", "internal/mail", "internal/i18n", "internal/text", "circles/..."}},
	{"internal/moderation", []string{"internal/accounts", "internal/app", "internal/standing", "internal/store", "internal/text", "circles/..."}},
	{"internal/tips", []string{"internal/store", "internal/store/ledger", "wallet", "circles/..."}},
	{"internal/consumers", []string{"internal/app", "internal/store", "internal/fetch", "internal/mail", "internal/i18n", "internal/text", "circles/..."}},
	{"internal/testdb", []string{"internal/store"}},
	{"internal/testpeer", nil},
	{"internal/testapi", nil},
	{"federation", []string{"internal/...", "circles/..."}},
	{"federation/as", []string{"circles"}},
	{"federation/httpsig", []string{"circles"}},
	{"web", []string{"internal/...", "circles/...", "wallet", "static"}},
	{"api", []string{"internal/...", "circles/...", "wallet", "static"}},
	{"cmd/halqa", []string{"..."}},
}

// never lists what a room may not import although a wide pattern of its row would allow it.
var never = map[string][]string{
	"web":        {"internal/store", "internal/store/ledger", "internal/testdb", "internal/testpeer", "internal/testapi"},
	"api":        {"internal/store", "internal/store/ledger", "internal/testdb", "internal/testpeer", "internal/testapi"},
	"federation": {"internal/testdb", "internal/testpeer", "internal/testapi"},
}

// money and voices: nothing in the second list may reach the first by any chain of imports.
var (
	money  = []string{"wallet", "internal/tips", "internal/store/ledger"}
	voices = []string{"circles", "internal/standing", "internal/app", "internal/accounts", "internal/moderation"}
)

func TestImportsFollowTheTable(t *testing.T) {
	rooms := readRooms(t)
	for name, room := range rooms {
		row := rowOf(name)
		if row < 0 {
			t.Errorf("%s is not in the table: add a row that says what it may import", name)
			continue
		}
		for _, imp := range room.imports {
			if imp == name || strings.HasPrefix(imp, name+"/") {
				continue
			}
			if slices.Contains(never[name], imp) || !allowed(table[row].allow, imp) {
				t.Errorf("%s imports %s, which its row does not allow", name, imp)
			}
		}
	}
}

func TestMoneyNeverReachesAVoice(t *testing.T) {
	rooms := readRooms(t)
	reach := map[string]map[string]bool{}
	var walk func(string) map[string]bool
	walk = func(name string) map[string]bool {
		if seen, ok := reach[name]; ok {
			return seen
		}
		seen := map[string]bool{}
		reach[name] = seen
		if room, ok := rooms[name]; ok {
			for _, imp := range room.imports {
				seen[imp] = true
				for deeper := range walk(imp) {
					seen[deeper] = true
				}
			}
		}
		return seen
	}
	for name := range rooms {
		for _, voice := range voices {
			if name != voice && !strings.HasPrefix(name, voice+"/") {
				continue
			}
			for reached := range walk(name) {
				for _, m := range money {
					if reached == m || strings.HasPrefix(reached, m+"/") {
						t.Errorf("%s reaches %s through its imports", name, reached)
					}
				}
			}
		}
	}
}

func TestEveryRoomIntroducesItself(t *testing.T) {
	for name, room := range readRooms(t) {
		if len(room.doc) < 80 {
			t.Errorf("%s has no paragraph saying what it is for and where to begin reading (got %q)", name, room.doc)
		}
	}
}

type room struct {
	imports []string
	doc     string
}

// readRooms parses every package of the module, tests left out.
func readRooms(t *testing.T) map[string]*room {
	t.Helper()
	root := "../.."
	rooms := map[string]*room{}
	err := filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, p)
		if err != nil {
			return err
		}
		rel = filepath.ToSlash(rel)
		if d.IsDir() {
			if rel != "." && (strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata" || d.Name() == "node_modules" || isModule(p)) {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(rel, ".go") || strings.HasSuffix(rel, "_test.go") {
			return nil
		}
		f, err := parser.ParseFile(token.NewFileSet(), p, nil, parser.ImportsOnly|parser.ParseComments)
		if err != nil {
			return err
		}
		name := path.Dir(rel)
		r := rooms[name]
		if r == nil {
			r = &room{}
			rooms[name] = r
		}
		for _, spec := range f.Imports {
			if imp, ours := strings.CutPrefix(strings.Trim(spec.Path.Value, `"`), "halqa/"); ours {
				r.imports = append(r.imports, imp)
			}
		}
		if doc := packageDoc(f); len(doc) > len(r.doc) {
			r.doc = doc
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(rooms) < 5 {
		t.Fatalf("found only %d packages under %s: the walk is broken", len(rooms), root)
	}
	return rooms
}

// isModule reports whether a folder below the root is a module of its own.
func isModule(dir string) bool {
	if filepath.Clean(dir) == filepath.Clean("../..") {
		return false
	}
	_, err := os.Stat(filepath.Join(dir, "go.mod"))
	return err == nil
}

func packageDoc(f *ast.File) string {
	if f.Doc == nil {
		return ""
	}
	return strings.TrimSpace(f.Doc.Text())
}

// rowOf finds the longest row that names the room or a folder above it.
func rowOf(name string) int {
	best := -1
	for i, row := range table {
		if name == row.room || strings.HasPrefix(name, row.room+"/") {
			if best < 0 || len(row.room) > len(table[best].room) {
				best = i
			}
		}
	}
	return best
}

func allowed(patterns []string, imp string) bool {
	for _, p := range patterns {
		if p == "..." || p == imp {
			return true
		}
		if base, wide := strings.CutSuffix(p, "/..."); wide && (imp == base || strings.HasPrefix(imp, base+"/")) {
			return true
		}
	}
	return false
}
