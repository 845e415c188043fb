package main

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"halqa/circles"
	"halqa/internal/app"
	"halqa/internal/media"
	"halqa/internal/store"
	"halqa/internal/testdb"
)

// open opens the instance's house in the test itself.
func (in *instance) open(t *testing.T) *house {
	t.Helper()
	cfg, err := loadConfig(in.config, in.getenv)
	if err != nil {
		t.Fatal(err)
	}
	log, err := newLog(io.Discard, "error")
	if err != nil {
		t.Fatal(err)
	}
	s, err := startServer(t.Context(), cfg, log)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.stop(); err != nil {
			t.Errorf("stop: %v", err)
		}
	})
	return s.house
}

// newEmpty is an instance whose database nobody has touched.
func newEmpty(t *testing.T) *instance {
	t.Helper()
	in := newInstance(t)
	if in.env["HALQA_DATABASE"] != "" {
		in.env["HALQA_DATABASE"] = testdb.Empty(t)
	}
	return in
}

// picture is a small photo of one colour, so that each is another file.
func picture(t *testing.T, n int) []byte {
	t.Helper()
	img := image.NewRGBA(image.Rect(0, 0, 40, 30))
	for i := range img.Pix {
		img.Pix[i] = uint8(n*7 + i%5)
	}
	img.Set(n%40, n%30, color.White)
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// said is everything that the instance holds of posts and pictures: title by id, and hashes.
func said(t *testing.T, h *house, ids []circles.PostID) (titles []string, blobs map[string]bool) {
	t.Helper()
	err := h.store.View(t.Context(), func(tx *store.Tx) error {
		titles = nil
		for _, id := range ids {
			p, err := tx.Post(id)
			if err != nil {
				return fmt.Errorf("post %d: %w", id, err)
			}
			titles = append(titles, p.Title)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	blobs = map[string]bool{}
	err = h.blobs.Walk(t.Context(), func(b media.Blob) error {
		blobs[b.Hash] = true
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return titles, blobs
}

// While people post and upload, a backup is made; what was answered before it began is in it.
func TestBackupUnderLoadHoldsWhatWasAnswered(t *testing.T) {
	in := newInstance(t)
	h := in.open(t)
	ann, err := h.demoPerson(t.Context(), "ann", circles.SiteAdmin)
	if err != nil {
		t.Fatal(err)
	}
	circle, err := h.app.CreateCircle(t.Context(), ann, app.NewCircle{Name: "gardening", Title: "Gardening", Visibility: circles.Public, Posting: circles.PostingOpen})
	if err != nil {
		t.Fatal(err)
	}
	post := func(ctx context.Context, n int, photo []byte) (circles.PostID, error) {
		up, err := h.app.Upload(ctx, ann, bytes.NewReader(photo), media.Post)
		if err != nil {
			return 0, err
		}
		made, err := h.app.Post(ctx, ann, app.NewPost{Circle: circle.CircleID(), Title: fmt.Sprintf("Post %d", n), Photos: []app.PhotoRef{{ID: up.ID, Alt: "a colour"}}})
		if err != nil {
			return 0, err
		}
		return made.ID, nil
	}
	var before []circles.PostID
	for n := range 5 {
		id, err := post(t.Context(), n, picture(t, n))
		if err != nil {
			t.Fatal(err)
		}
		before = append(before, id)
	}
	titles, blobs := said(t, h, before)

	stop, done, posted := make(chan struct{}), make(chan error, 1), make(chan struct{})
	later := picture(t, 100)
	go func() {
		for n := 100; ; n++ {
			select {
			case <-stop:
				done <- nil
				return
			default:
			}
			if _, err := post(context.WithoutCancel(t.Context()), n, later); err != nil {
				done <- err
				return
			}
			if n == 100 {
				close(posted)
			}
		}
	}()
	select {
	case <-posted:
	case err := <-done:
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "now.halqa")
	o := in.run("", "backup", file)
	close(stop)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if o.code != exitOK {
		t.Fatalf("backup: %s%s", o.out, o.err)
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the backup has mode %v, %v, want only its owner to read it", info.Mode(), err)
	}
	if left, err := filepath.Glob(filepath.Join(in.data, "*.tmp")); err != nil || len(left) > 0 {
		t.Errorf("the backup left %v in the data folder, %v", left, err)
	}

	to := newEmpty(t)
	o = to.must("", "restore", file)
	if !strings.Contains(o.out, "Restored into "+to.data) {
		t.Errorf("restore printed %q", o.out)
	}
	r := to.open(t)
	gotTitles, gotBlobs := said(t, r, before)
	if fmt.Sprint(gotTitles) != fmt.Sprint(titles) {
		t.Errorf("restored posts %v, want %v", gotTitles, titles)
	}
	for hash := range blobs {
		if !gotBlobs[hash] {
			t.Errorf("picture %s is not there", hash)
		}
	}
	for hash := range gotBlobs {
		f, err := r.blobs.Open(hash)
		if err != nil {
			t.Fatal(err)
		}
		g, err := h.blobs.Open(hash)
		if err != nil {
			t.Fatalf("restored picture %s never was: %v", hash, err)
		}
		got, err1 := io.ReadAll(f)
		want, err2 := io.ReadAll(g)
		f.Close()
		g.Close()
		if err1 != nil || err2 != nil || !bytes.Equal(got, want) {
			t.Errorf("picture %s is another one (%v, %v)", hash, err1, err2)
		}
	}
	// What it says next must not have the address of something it said before.
	last := func(h *house) (seq circles.Seq) {
		t.Helper()
		if err := h.store.View(t.Context(), func(tx *store.Tx) (err error) { _, seq, err = tx.LogEnds(); return err }); err != nil {
			t.Fatal(err)
		}
		return seq
	}
	old := last(h)
	if _, err := r.app.Post(t.Context(), ann, app.NewPost{Circle: circle.CircleID(), Title: "After"}); err != nil {
		t.Fatal(err)
	}
	if got := last(r); got <= old {
		t.Errorf("the restored instance goes on at entry %d of the log, which ended at %d", got, old)
	}
}

func TestBackupIsRefusedWhereItWouldHarm(t *testing.T) {
	in := newInstance(t)
	dir := t.TempDir()
	if os.Getenv("HALQA_TEST_ENGINE") != "postgres" {
		in.run("", "backup", filepath.Join(dir, "none")).wantRefused(t, "no instance in the data folder")
	}
	in.must("", "user", "create", "ann")
	there := filepath.Join(dir, "there")
	if err := os.WriteFile(there, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	in.run("", "backup", there).wantRefused(t, "is there already")
	if text, err := os.ReadFile(there); err != nil || string(text) != "mine" {
		t.Errorf("the file was changed: %q, %v", text, err)
	}
	in.run("", "backup", filepath.Join(dir, "no", "folder")).wantRefused(t, "cannot be written there")
	s := in.serve()
	in.run("", "backup", there).wantRefused(t, "is there already")
	s.stop()
	if left, err := os.ReadDir(dir); err != nil || len(left) != 1 {
		t.Errorf("left in the folder: %v, %v", left, err)
	}
}

// A backup may go through a pipe, from a server that does not run as from one that does.
func TestBackupToStandardOutput(t *testing.T) {
	in := newInstance(t)
	in.must("", "user", "create", "ann")
	file := filepath.Join(t.TempDir(), "piped")
	for _, running := range []bool{false, true} {
		if running {
			in.serve()
		}
		o := in.must("", "backup", "-")
		if err := os.WriteFile(file, []byte(o.out), 0o600); err != nil {
			t.Fatal(err)
		}
		o = in.must("", "restore", "--verify", file)
		if !strings.Contains(o.out, "Everything is there and unchanged.") {
			t.Errorf("running=%v: restore --verify printed %q", running, o.out)
		}
	}
}

func TestOneBackupAtATime(t *testing.T) {
	in := newInstance(t)
	h := in.open(t)
	h.backing.Lock()
	in.run("", "backup", filepath.Join(t.TempDir(), "b")).wantRefused(t, "Another backup is being made")
	h.backing.Unlock()

	eventually(t, "the sweeps of the start are over", func() bool {
		select {
		case h.keeping <- struct{}{}: // as a backup does
			return true
		default:
			return false
		}
	})
	swept := false
	sweep := h.unlessKept(func(context.Context) error { swept = true; return nil })
	if err := sweep(t.Context()); err != nil || swept {
		t.Errorf("pictures were swept under a backup (%v)", err)
	}
	<-h.keeping
	if err := sweep(t.Context()); err != nil || !swept {
		t.Errorf("pictures were not swept after the backup (%v)", err)
	}
}
