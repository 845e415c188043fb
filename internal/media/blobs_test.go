package media

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"halqa/circles"
)

// clock is a time that tests move.
type clock struct {
	mu sync.Mutex
	t  time.Time
}

func newClock() *clock { return &clock{t: time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)} }

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}

func openBlobs(t *testing.T, dir string, c *clock) *Blobs {
	t.Helper()
	b, err := OpenBlobs(dir, c.now)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	return b
}

func put(t *testing.T, b *Blobs, data string) string {
	t.Helper()
	hash, err := b.Put([]byte(data))
	if err != nil {
		t.Fatal(err)
	}
	return hash
}

func read(t *testing.T, b *Blobs, hash string) string {
	t.Helper()
	f, err := b.Open(hash)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	data, err := io.ReadAll(f)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestBlobs(t *testing.T) {
	dir, c := filepath.Join(t.TempDir(), "a", "b"), newClock()
	b := openBlobs(t, dir, c)
	hash := put(t, b, "hello")
	if want := "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"; hash != want {
		t.Errorf("hash %s", hash)
	}
	if got := read(t, b, hash); got != "hello" {
		t.Errorf("read %q", got)
	}
	if again := put(t, b, "hello"); again != hash {
		t.Errorf("the same again is %s", again)
	}
	other := put(t, b, "other")
	b = openBlobs(t, dir, c) // as after a restart
	var met []string
	err := b.Walk(t.Context(), func(x Blob) error {
		if x.Size != 5 || !x.Stored.Equal(c.now()) {
			t.Errorf("met %+v", x)
		}
		met = append(met, x.Hash)
		return nil
	})
	want := []string{hash, other}
	slices.Sort(want)
	if err != nil || !slices.Equal(met, want) {
		t.Errorf("walked %v, %v; want %v", met, err, want)
	}
}

func TestBlobNamesStayInside(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "secret"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	b := openBlobs(t, filepath.Join(dir, "blobs"), newClock())
	hash := put(t, b, "hello")
	for _, s := range []string{
		"", "..", "../secret", "../../secret", "/etc/passwd", hash[:63], hash + "0", strings.ToUpper(hash),
		"../" + hash[3:], hash[:62] + "/x", strings.Repeat("g", 64), hash[:63] + "\x00",
	} {
		if f, err := b.Open(s); !circles.Is(err, circles.NotFound) {
			t.Errorf("Open(%q) = %v, %v", s, f, err)
		}
		if gone, err := b.Delete(s, time.Now()); !circles.Is(err, circles.NotFound) || gone {
			t.Errorf("Delete(%q) = %v, %v", s, gone, err)
		}
	}
	// A link that somebody puts in the folder does not lead out either.
	link := strings.Repeat("ab", 32)
	if err := errors.Join(os.Mkdir(filepath.Join(dir, "blobs", "ab"), 0o700),
		os.Symlink("../../secret", filepath.Join(dir, "blobs", "ab", link))); err != nil {
		t.Fatal(err)
	}
	if f, err := b.Open(link); err == nil {
		t.Errorf("a link was followed to %s", f.Name())
	}
}

// Between a sweep's look at the rows and its deletion, somebody may store the same picture.
func TestSweepSparesWhatWasJustPut(t *testing.T) {
	c := newClock()
	b := openBlobs(t, t.TempDir(), c)
	hash := put(t, b, "hello")
	c.add(48 * time.Hour)
	before := c.now().Add(-24 * time.Hour)
	put(t, b, "hello")
	if gone, err := b.Delete(hash, before); gone || err != nil {
		t.Errorf("just put: gone %v, %v", gone, err)
	}
	c.add(48 * time.Hour)
	if gone, err := b.Delete(hash, c.now().Add(-24*time.Hour)); !gone || err != nil {
		t.Errorf("old: gone %v, %v", gone, err)
	}
	if _, err := b.Open(hash); !circles.Is(err, circles.NotFound) {
		t.Errorf("after deletion: %v", err)
	}
	if gone, err := b.Delete(hash, c.now()); !gone || err != nil {
		t.Errorf("twice: gone %v, %v", gone, err)
	}
	if got := read(t, b, put(t, b, "hello")); got != "hello" {
		t.Errorf("put again: %q", got)
	}
}

func TestInterruptedPutLeavesNothing(t *testing.T) {
	dir, c := t.TempDir(), newClock()
	openBlobs(t, dir, c)
	if err := os.WriteFile(filepath.Join(dir, tmpDir, "HALF"), []byte("ha"), 0o600); err != nil {
		t.Fatal(err)
	}
	b := openBlobs(t, dir, c)
	if _, err := os.Stat(filepath.Join(dir, tmpDir, "HALF")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("half a file stays: %v", err)
	}
	if err := b.Walk(t.Context(), func(x Blob) error { t.Errorf("met %+v", x); return nil }); err != nil {
		t.Error(err)
	}
}

// A disk that takes nothing answers Busy, and leaves nothing half done.
func TestBrokenDiskIsBusy(t *testing.T) {
	dir := t.TempDir()
	b := openBlobs(t, dir, newClock())
	hash := hashOf([]byte("hello"))
	if err := os.WriteFile(filepath.Join(dir, hash[:2]), nil, 0o600); err != nil { // where its folder must be
		t.Fatal(err)
	}
	if _, err := b.Put([]byte("hello")); !circles.Is(err, circles.Busy) {
		t.Errorf("got %v", err)
	}
	left, err := os.ReadDir(filepath.Join(dir, tmpDir))
	if err != nil || len(left) != 0 {
		t.Errorf("%v is left, %v", left, err)
	}
}

func TestBlobsManyAtOnce(t *testing.T) {
	b := openBlobs(t, t.TempDir(), newClock())
	var wg sync.WaitGroup
	for i := range 16 {
		wg.Go(func() {
			for range 5 {
				if _, err := b.Put([]byte{byte(i % 4)}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	n := 0
	if err := b.Walk(t.Context(), func(Blob) error { n++; return nil }); err != nil || n != 4 {
		t.Errorf("%d blobs, %v", n, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := b.Walk(ctx, func(Blob) error { return nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("walk with an ended context: %v", err)
	}
}
