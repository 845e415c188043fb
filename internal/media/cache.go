package media

import (
	"cmp"
	"container/list"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"sync"
	"time"

	"halqa/circles"
)

// A Cache keeps pictures of other servers under a hard limit of bytes and forgets the least
// recently used. Whatever it holds can be fetched again, so its directory may be emptied while
// nothing runs. It is safe for concurrent use by one process.
type Cache struct {
	root  *os.Root
	now   func() time.Time
	limit int64

	mu    sync.Mutex
	size  int64
	order *list.List // of *cached, the most recently used first
	byKey map[string]*list.Element
}

type cached struct {
	hash string // of the key; also the file's name
	size int64  // bytes on disk
	used time.Time
}

// A CachedFile is an open picture. The caller closes it.
type CachedFile struct {
	*io.SectionReader
	Mime string
	Used time.Time // when it was put or last opened before

	f *os.File
}

// Close closes the file.
func (c *CachedFile) Close() error { return c.f.Close() }

const maxMime = 100 // bytes; a file begins with one byte that says how long its type is

// OpenCache opens dir, makes it if need be, and takes up what an earlier process left there, as far
// as it fits into limit bytes.
func OpenCache(dir string, limit int64, now func() time.Time) (*Cache, error) {
	root, err := openRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("cache: %w", err)
	}
	c := &Cache{root: root, now: now, limit: limit, order: list.New(), byKey: make(map[string]*list.Element)}
	if err := c.load(); err != nil {
		root.Close()
		return nil, fmt.Errorf("cache: %w", err)
	}
	return c, nil
}

// Close lets go of the directory.
func (c *Cache) Close() error { return c.root.Close() }

func (c *Cache) load() error {
	var found []*cached
	err := fs.WalkDir(c.root.FS(), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		hash := path.Base(name)
		if !validHash(hash) || name != blobPath(hash) {
			return nil // not ours
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		found = append(found, &cached{hash: hash, size: info.Size(), used: info.ModTime()})
		return nil
	})
	if err != nil {
		return err
	}
	slices.SortFunc(found, func(a, b *cached) int { return cmp.Or(a.used.Compare(b.used), cmp.Compare(a.hash, b.hash)) })
	for _, e := range found {
		c.byKey[e.hash] = c.order.PushFront(e)
		c.size += e.size
	}
	return c.evict(0)
}

// Put keeps a picture under its key, such as the address it came from. One that alone is over the
// limit is a *circles.Error of kind TooLarge.
func (c *Cache) Put(key, mime string, data []byte) error {
	if len(mime) > maxMime {
		return circles.Errorf(circles.Invalid, "This picture has no valid type.")
	}
	content := append(append([]byte{byte(len(mime))}, mime...), data...)
	size := int64(len(content))
	if size > c.limit {
		return circles.Errorf(circles.TooLarge, "This picture is larger than the whole cache for pictures of other servers.")
	}
	if err := c.put(hashOf([]byte(key)), size, content); err != nil {
		return fmt.Errorf("cache picture: %w", err)
	}
	return nil
}

func (c *Cache) put(hash string, size int64, content []byte) error {
	now := c.now()
	tmp := path.Join(tmpDir, rand.Text())
	c.mu.Lock()
	defer c.mu.Unlock()
	// Room is made first and the write happens under the lock, so that the limit holds at every
	// moment. Readers of open files are not disturbed.
	if err := c.drop(hash); err != nil {
		return err
	}
	if err := c.evict(size); err != nil {
		return err
	}
	if err := write(c.root, tmp, content, now); err != nil {
		return errors.Join(err, remove(c.root, tmp))
	}
	name := blobPath(hash)
	if err := c.root.Mkdir(path.Dir(name), 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return errors.Join(err, remove(c.root, tmp))
	}
	if err := c.root.Rename(tmp, name); err != nil {
		return errors.Join(err, remove(c.root, tmp))
	}
	c.byKey[hash] = c.order.PushFront(&cached{hash: hash, size: size, used: now})
	c.size += size
	return nil
}

// evict forgets the least recently used until room more bytes fit.
func (c *Cache) evict(room int64) error {
	for c.size+room > c.limit && c.order.Len() > 0 {
		if err := c.drop(c.order.Back().Value.(*cached).hash); err != nil {
			return err
		}
	}
	return nil
}

// drop forgets one picture, if it is there.
func (c *Cache) drop(hash string) error {
	el, ok := c.byKey[hash]
	if !ok {
		return nil
	}
	if err := remove(c.root, blobPath(hash)); err != nil {
		return err
	}
	c.size -= el.Value.(*cached).size
	c.order.Remove(el)
	delete(c.byKey, hash)
	return nil
}

// Open returns the picture kept under key and counts as its use. What is not kept is NotFound.
func (c *Cache) Open(key string) (*CachedFile, error) {
	hash := hashOf([]byte(key))
	c.mu.Lock()
	defer c.mu.Unlock()
	el, ok := c.byKey[hash]
	if !ok {
		return nil, noBlob()
	}
	e := el.Value.(*cached)
	f, err := c.root.Open(blobPath(hash))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, errors.Join(noBlob(), c.drop(hash))
	}
	if err != nil {
		return nil, fmt.Errorf("open cached picture: %w", err)
	}
	mime, err := readMime(f, e.size)
	if err != nil {
		f.Close()
		return nil, errors.Join(noBlob(), c.drop(hash)) // damaged: fetch it again
	}
	file := &CachedFile{Mime: mime, Used: e.used, f: f}
	start := int64(1 + len(mime))
	file.SectionReader = io.NewSectionReader(f, start, e.size-start)
	e.used = c.now()
	c.order.MoveToFront(el)
	// So that the order outlives the process; losing it costs a fetch.
	_ = c.root.Chtimes(blobPath(hash), e.used, e.used)
	return file, nil
}

func readMime(f *os.File, size int64) (string, error) {
	var n [1]byte
	if _, err := f.ReadAt(n[:], 0); err != nil {
		return "", err
	}
	if int64(n[0])+1 > size || n[0] > maxMime {
		return "", io.ErrUnexpectedEOF
	}
	mime := make([]byte, n[0])
	if _, err := f.ReadAt(mime, 1); err != nil && len(mime) > 0 {
		return "", err
	}
	return string(mime), nil
}

// Forget drops the picture kept under key, if there is one.
func (c *Cache) Forget(key string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.drop(hashOf([]byte(key))); err != nil {
		return fmt.Errorf("forget cached picture: %w", err)
	}
	return nil
}

// Size returns how many bytes are kept.
func (c *Cache) Size() int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.size
}
