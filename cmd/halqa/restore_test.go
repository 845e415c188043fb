package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"halqa/circles"
)

// A member is one file of a hand-made backup.
type member struct {
	name     string
	content  string
	typeflag byte
	link     string
}

const headText = `{"format": 1, "program": "0.1.0", "schema": 1, "engine": "sqlite", "host": "circles.example", "at": "2026-01-02T03:04:05Z"}`

// pictureOf is the member that a picture with this content has to be.
func pictureOf(content string) member {
	hash := fmt.Sprintf("%x", sha256.Sum256([]byte(content)))
	return member{name: "media/" + hash[:2] + "/" + hash, content: content}
}

// tarOf makes the archive of a backup, with a manifest that fits if it has no other.
func tarOf(t testing.TB, members ...member) []byte {
	t.Helper()
	lines, last := "", ""
	for _, m := range members {
		lines += fmt.Sprintf("%x  %d  %s\n", sha256.Sum256([]byte(m.content)), len(m.content), m.name)
		last = m.name
	}
	if last != manifestMember {
		members = append(members, member{name: manifestMember, content: lines})
	}
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, m := range members {
		h := &tar.Header{Name: m.name, Size: int64(len(m.content)), Mode: 0o600, Typeflag: tar.TypeReg}
		if m.typeflag != 0 {
			h.Typeflag, h.Linkname, h.Size, m.content = m.typeflag, m.link, 0, ""
		}
		if err := w.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, m.content); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func zipOf(t testing.TB, content []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write(content); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestHostileBackups(t *testing.T) {
	head, db := member{name: headMember, content: headText}, member{name: sqliteMember, content: "database"}
	one, two := pictureOf("one"), pictureOf("two")
	if one.name > two.name {
		one, two = two, one
	}
	good := zipOf(t, tarOf(t, head, db, one, two))
	bare := tarOf(t, head, db, one)
	flipped := bytes.Replace(bare, []byte(one.content), []byte("0ne"), 1)
	headOf := func(from, to string) member {
		return member{name: headMember, content: strings.Replace(headText, from, to, 1)}
	}
	for _, c := range []struct {
		name string
		file []byte
		want string
	}{
		{"not gzip", []byte("hello, this is no backup"), "no backup"},
		{"empty", nil, "no backup"},
		{"not tar", zipOf(t, bytes.Repeat([]byte("hello"), 500)), "damaged"},
		{"cut short", good[:len(good)-9], "damaged"},
		{"cut in half", good[:len(good)/2], "damaged"},
		{"no manifest", zipOf(t, bare[:len(bare)-2048-512]), "damaged"},
		{"a picture changed", zipOf(t, flipped), "is damaged"},
		{"the database changed", zipOf(t, bytes.Replace(bare, []byte("database"), []byte("databass"), 1)), "manifest"},
		{"a manifest with less", zipOf(t, tarOf(t, head, db, one, member{name: manifestMember, content: "x"})), "manifest"},
		{"a manifest with more", zipOf(t, tarOf(t, head, db, member{name: manifestMember, content: strings.Repeat("x", 1000)})), "manifest"},
		{"something after the manifest", zipOf(t, tarOf(t, head, db, member{name: manifestMember}, one)), "manifest"},
		{"something after the end", append(append([]byte{}, good...), "more"...), "damaged"},
		{"no head", zipOf(t, tarOf(t, db, one)), "halqa.db"},
		{"two heads", zipOf(t, tarOf(t, head, head, db)), headMember},
		{"no database", zipOf(t, tarOf(t, head)), "no database"},
		{"two databases", zipOf(t, tarOf(t, head, db, db)), "halqa.db"},
		{"another engine's database", zipOf(t, tarOf(t, head, member{name: postgresMember})), postgresMember},
		{"a picture first", zipOf(t, tarOf(t, head, one, db)), "media/"},
		{"pictures out of order", zipOf(t, tarOf(t, head, db, two, one)), "media/"},
		{"a picture twice", zipOf(t, tarOf(t, head, db, one, one)), "media/"},
		{"a name that climbs", zipOf(t, tarOf(t, head, db, member{name: "media/../../../etc/cron.d/x", content: "x"})), "media/.."},
		{"an absolute name", zipOf(t, tarOf(t, head, db, member{name: "/etc/passwd", content: "x"})), "/etc/passwd"},
		{"a hash that climbs", zipOf(t, tarOf(t, head, db, member{name: "media/../" + strings.Repeat("../", 21) + "x"})), "media/.."},
		{"another folder", zipOf(t, tarOf(t, head, db, member{name: "media/00/" + one.name[9:], content: one.content})), "media/00"},
		{"a link", zipOf(t, tarOf(t, head, db, member{name: one.name, typeflag: tar.TypeSymlink, link: "/etc/passwd"})), "media/"},
		{"a hard link", zipOf(t, tarOf(t, head, db, member{name: one.name, typeflag: tar.TypeLink, link: sqliteMember})), "media/"},
		{"a device", zipOf(t, tarOf(t, head, member{name: sqliteMember, typeflag: tar.TypeChar})), sqliteMember},
		{"a folder", zipOf(t, tarOf(t, head, db, member{name: "media/", typeflag: tar.TypeDir})), "media/"},
		{"a newer format", zipOf(t, tarOf(t, headOf(`"format": 1`, `"format": 2`), db)), "newer Halqa"},
		{"no format", zipOf(t, tarOf(t, headOf(`"format": 1`, `"format": 0`), db)), "damaged"},
		{"an unknown engine", zipOf(t, tarOf(t, headOf("sqlite", "oracle"), db)), "damaged"},
		{"a newer schema", zipOf(t, tarOf(t, headOf(`"schema": 1`, `"schema": 99999999999999`), db)), "newer Halqa"},
		{"a head that is no JSON", zipOf(t, tarOf(t, headOf("{", "["), db)), "damaged"},
		{"a head without end", zipOf(t, tarOf(t, member{name: headMember, content: headText + strings.Repeat(" ", maxHead)}, db)), headMember},
	} {
		t.Run(c.name, func(t *testing.T) {
			in := newEmpty(t)
			file := filepath.Join(t.TempDir(), "backup")
			if err := os.WriteFile(file, c.file, 0o600); err != nil {
				t.Fatal(err)
			}
			in.run("", "restore", file).wantRefused(t, c.want)
			in.run("", "restore", "--verify", file).wantRefused(t, c.want)
			if _, err := os.Stat(in.data); !os.IsNotExist(err) {
				t.Errorf("the data folder was touched: %v", err)
			}
		})
	}
	if _, err := readArchive(t.Context(), bytes.NewReader(good), ignore); err != nil {
		t.Errorf("the backup that the others were made from: %v", err)
	}
}

func ignore(string, int64, io.Reader) error { return nil }

// A member that says it is larger than anything we write is refused before it is read.
func TestBackupWithAnOversizePicture(t *testing.T) {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	one := pictureOf("one")
	for _, m := range []member{{name: headMember, content: headText}, {name: sqliteMember, content: "database"}} {
		if err := w.WriteHeader(&tar.Header{Name: m.name, Size: int64(len(m.content)), Typeflag: tar.TypeReg}); err != nil {
			t.Fatal(err)
		}
		io.WriteString(w, m.content)
	}
	if err := w.WriteHeader(&tar.Header{Name: one.name, Size: maxBlob + 1, Typeflag: tar.TypeReg}); err != nil {
		t.Fatal(err)
	}
	w.Flush()
	r := io.MultiReader(&b, iotest.ErrReader(errors.New("the picture was read")))
	if _, err := readMembers(t.Context(), r, ignore); !circles.Is(err, circles.Invalid) || !strings.Contains(err.Error(), "media/") || strings.Contains(err.Error(), "was read") {
		t.Errorf("an oversize picture: %v", err)
	}
}

func TestRestoreWantsAnEmptyFolder(t *testing.T) {
	in := newInstance(t)
	in.must("", "user", "create", "ann")
	file := filepath.Join(t.TempDir(), "backup")
	in.must("", "backup", file)
	in.run("", "restore", file).wantRefused(t, "is not empty")
	in.must("", "restore", "--verify", file)

	to := newEmpty(t)
	elsewhere := filepath.Join(t.TempDir(), "elsewhere")
	if err := os.MkdirAll(filepath.Join(elsewhere, "lost+found"), 0o700); err != nil {
		t.Fatal(err)
	}
	to.must("", "restore", file, "--data", elsewhere)
	to.data = elsewhere
	to.configure()
	if list := to.must("", "user", "list").out; !strings.Contains(list, "\nann ") {
		t.Errorf("user list after restoring printed\n%s", list)
	}
	to.run("", "restore", filepath.Join(elsewhere, "missing")).wantRefused(t, "The backup cannot be read")
}

// Everything fits its manifest, and the database is none: nothing stays behind.
func TestRestoreOfADatabaseThatIsNone(t *testing.T) {
	in := newInstance(t)
	delete(in.env, "HALQA_DATABASE")
	file := filepath.Join(t.TempDir(), "backup")
	content := zipOf(t, tarOf(t, member{name: headMember, content: headText}, member{name: sqliteMember, content: strings.Repeat("database", 1000)}, pictureOf("one")))
	if err := os.WriteFile(file, content, 0o600); err != nil {
		t.Fatal(err)
	}
	in.run("", "restore", file).wantRefused(t, "The database is damaged")
	if left, err := os.ReadDir(in.data); err != nil || len(left) > 0 {
		t.Errorf("left in the data folder: %v, %v", left, err)
	}
	in.env["HALQA_DATABASE"] = "postgres://nobody@localhost/none"
	in.run("", "restore", file).wantRefused(t, "HALQA_DATABASE names PostgreSQL")
}

// Whatever the bytes are, a member that is handed on has a name of ours and the content of its name.
func FuzzReadMembers(f *testing.F) {
	head, db, one := member{name: headMember, content: headText}, member{name: sqliteMember, content: "database"}, pictureOf("one")
	f.Add(tarOf(f, head, db, one))
	f.Add(tarOf(f, head, db, member{name: "media/../../x", content: "x"}))
	f.Add(tarOf(f, head, db, member{name: one.name, typeflag: tar.TypeSymlink, link: "/etc"}))
	f.Fuzz(func(t *testing.T, file []byte) {
		taken := map[string]string{}
		sum, err := readMembers(t.Context(), bytes.NewReader(file), func(name string, size int64, content io.Reader) error {
			text, err := io.ReadAll(content)
			if err != nil {
				return err
			}
			if !filepath.IsLocal(name) || filepath.Clean(name) != name {
				t.Errorf("took the name %q", name)
			}
			if _, twice := taken[name]; twice || int64(len(text)) != size {
				t.Errorf("took %q with %d bytes of %d, again: %v", name, len(text), size, twice)
			}
			taken[name] = string(text)
			return nil
		})
		if err != nil {
			if !circles.Is(err, circles.Invalid) {
				t.Errorf("an error that is no refusal: %v", err)
			}
			return
		}
		if len(taken) != sum.Pictures+1 {
			t.Errorf("took %d members, and says a database and %d pictures", len(taken), sum.Pictures)
		}
		for name, text := range taken {
			if strings.HasPrefix(name, "media/") && pictureOf(text).name != name {
				t.Errorf("%s holds %q", name, text)
			}
		}
	})
}
