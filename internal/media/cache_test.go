package media

import (
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"pgregory.net/rapid"

	"halqa/circles"
)

func openCache(t *testing.T, dir string, limit int64, c *clock) *Cache {
	t.Helper()
	k, err := OpenCache(dir, limit, c.now)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { k.Close() })
	return k
}

// has reports what is kept under key, and uses it.
func has(t *testing.T, k *Cache, key string) (string, bool) {
	t.Helper()
	f, err := k.Open(key)
	if circles.Is(err, circles.NotFound) {
		return "", false
	}
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	data, err := io.ReadAll(f)
	if err != nil {
		t.Fatal(err)
	}
	return f.Mime + " " + string(data), true
}

func TestCacheForgetsTheLeastRecentlyUsed(t *testing.T) {
	dir, c := t.TempDir(), newClock()
	k := openCache(t, dir, 3*20, c)
	keep := func(key string) {
		c.add(time.Second)
		if err := k.Put("https://peer.example/"+key, typePNG, []byte("content "+key)); err != nil { // 19 bytes on disk
			t.Fatal(err)
		}
	}
	keys := func() (s string) {
		for _, key := range []string{"a", "b", "c", "d"} {
			if _, ok := k.byKey[hashOf([]byte("https://peer.example/"+key))]; ok {
				s += key
			}
		}
		return s
	}
	keep("a")
	keep("b")
	keep("c")
	c.add(time.Second)
	if got, ok := has(t, k, "https://peer.example/a"); got != "image/png content a" || !ok {
		t.Errorf("a is %q", got)
	}
	keep("d")
	if keys() != "acd" || k.Size() != 57 {
		t.Errorf("kept %s, %d bytes; want acd", keys(), k.Size())
	}
	k.Close()
	k = openCache(t, dir, 2*20, c) // as after a restart with a lower limit: c was used before a
	if keys() != "ad" {
		t.Errorf("after a restart: %s, want ad", keys())
	}
	if err := k.Forget("https://peer.example/a"); err != nil {
		t.Fatal(err)
	}
	if _, ok := has(t, k, "https://peer.example/a"); ok || k.Size() != 19 {
		t.Errorf("a is kept; %d bytes", k.Size())
	}
	if err := k.Put("x", typePNG, make([]byte, 40)); !circles.Is(err, circles.TooLarge) {
		t.Errorf("over the whole limit: %v", err)
	}
	if keys() != "d" {
		t.Errorf("a refusal emptied the cache: %s", keys())
	}
}

func TestCacheFileCutShortIsFetchedAgain(t *testing.T) {
	dir, c := t.TempDir(), newClock()
	k := openCache(t, dir, 1000, c)
	if err := k.Put("a", typePNG, []byte("hello")); err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(dir, blobPath(hashOf([]byte("a"))))
	if err := os.Truncate(name, 3); err != nil {
		t.Fatal(err)
	}
	k.Close()
	k = openCache(t, dir, 1000, c)
	if got, ok := has(t, k, "a"); ok {
		t.Errorf("got %q", got)
	}
	if k.Size() != 0 {
		t.Errorf("%d bytes are kept", k.Size())
	}
}

// Whatever is put, opened and forgotten: the disk holds what the cache says, never more than its
// limit, and what it returns is what was put last.
func TestCacheStaysUnderItsLimit(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		dir, err := os.MkdirTemp(t.TempDir(), "")
		if err != nil {
			r.Fatal(err)
		}
		const limit = 100
		c := newClock()
		k, err := OpenCache(dir, limit, c.now)
		if err != nil {
			r.Fatal(err)
		}
		defer k.Close()
		last := map[string][]byte{}
		for i := range rapid.IntRange(1, 15).Draw(r, "steps") {
			c.add(time.Second)
			key := rapid.SampledFrom([]string{"a", "b", "c", "d"}).Draw(r, "key")
			switch rapid.IntRange(0, 2).Draw(r, "verb") {
			case 0:
				data := bytes.Repeat([]byte{byte(i)}, rapid.IntRange(0, 110).Draw(r, "size"))
				if err := k.Put(key, "x/y", data); err == nil {
					last[key] = data
				} else if !circles.Is(err, circles.TooLarge) {
					r.Fatal(err)
				}
			case 1:
				f, err := k.Open(key)
				if circles.Is(err, circles.NotFound) {
					continue
				}
				if err != nil {
					r.Fatal(err)
				}
				got, err := io.ReadAll(f)
				f.Close()
				if want, ok := last[key]; err != nil || !ok || !bytes.Equal(got, want) {
					r.Fatalf("%s: got %d bytes, %v; want %d", key, len(got), err, len(want))
				}
			case 2:
				if err := k.Forget(key); err != nil {
					r.Fatal(err)
				}
				delete(last, key)
			}
			onDisk := int64(0)
			err := fs.WalkDir(os.DirFS(dir), ".", func(_ string, d fs.DirEntry, err error) error {
				if err != nil || d.IsDir() {
					return err
				}
				info, err := d.Info()
				if err != nil {
					return err
				}
				onDisk += info.Size()
				return nil
			})
			if err != nil || onDisk != k.Size() || onDisk > limit {
				r.Fatal(fmt.Sprintf("%d bytes on disk, %d counted, %v", onDisk, k.Size(), err))
			}
		}
	})
}
