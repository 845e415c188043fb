package media

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"sync"
	"time"

	"halqa/circles"
)

// Blobs keeps files named by the SHA-256 of their content, in hexadecimal, below one directory.
// The same content is kept once. It is safe for concurrent use by one process.
type Blobs struct {
	root *os.Root // every path is resolved inside, whatever it says
	now  func() time.Time

	mu sync.Mutex // between finding that a blob is there and refreshing or deleting it
}

// A Blob is what Walk says of a file.
type Blob struct {
	Hash   string
	Size   int64     // bytes
	Stored time.Time // when it was last put
}

const tmpDir = "tmp" // two hexadecimal digits name all other folders

// OpenBlobs opens dir, makes it if need be, and removes what an interrupted Put left.
func OpenBlobs(dir string, now func() time.Time) (*Blobs, error) {
	root, err := openRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("blobs: %w", err)
	}
	return &Blobs{root: root, now: now}, nil
}

// openRoot opens a directory with an empty folder for files that are being written.
func openRoot(dir string) (*os.Root, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	if err := errors.Join(root.RemoveAll(tmpDir), root.Mkdir(tmpDir, 0o700)); err != nil {
		root.Close()
		return nil, err
	}
	return root, nil
}

// Close lets go of the directory.
func (b *Blobs) Close() error { return b.root.Close() }

// Put stores data and returns its hash once it will survive a power cut. A blob that is there
// already counts as stored now. A full or broken disk is a *circles.Error of kind Busy.
func (b *Blobs) Put(data []byte) (hash string, err error) {
	hash = hashOf(data)
	if err := b.put(hash, data); err != nil {
		e := circles.Errorf(circles.Busy, "The picture cannot be stored at the moment; try again later.").With("media.busy", nil)
		e.Err = fmt.Errorf("put blob %s: %w", hash, err)
		return "", e
	}
	return hash, nil
}

func (b *Blobs) put(hash string, data []byte) error {
	name := blobPath(hash)
	b.mu.Lock()
	info, err := b.root.Stat(name)
	if err == nil && info.Size() == int64(len(data)) {
		now := b.now()
		err = b.root.Chtimes(name, now, now)
		b.mu.Unlock()
		return err
	}
	b.mu.Unlock()

	tmp := path.Join(tmpDir, rand.Text())
	if err := write(b.root, tmp, data, b.now()); err != nil {
		return errors.Join(err, remove(b.root, tmp))
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if err := b.root.Mkdir(path.Dir(name), 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return errors.Join(err, remove(b.root, tmp))
	}
	if err := b.root.Rename(tmp, name); err != nil {
		return errors.Join(err, remove(b.root, tmp))
	}
	// The name is safe only when its folder is, and the folder only when the root is.
	return errors.Join(syncDir(b.root, path.Dir(name)), syncDir(b.root, "."))
}

// write makes a new file whose content has reached the disk when it returns.
func write(root *os.Root, name string, data []byte, at time.Time) error {
	f, err := root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close(), root.Chtimes(name, at, at))
}

func syncDir(root *os.Root, name string) error {
	d, err := root.Open(name)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// remove is Remove of what may not be there.
func remove(root *os.Root, name string) error {
	if err := root.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// Open returns the blob for reading; the caller closes it. What is not a hash, or not there, is
// NotFound.
func (b *Blobs) Open(hash string) (*os.File, error) {
	if !validHash(hash) {
		return nil, noBlob()
	}
	f, err := b.root.Open(blobPath(hash))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, noBlob()
	}
	if err != nil {
		return nil, fmt.Errorf("open blob %s: %w", hash, err)
	}
	return f, nil
}

func noBlob() error { return circles.Errorf(circles.NotFound, "There is no such picture.") }

// Delete removes the blob unless it was put at or after before, and reports whether it is gone.
// A sweep passes a time well before its look at the rows, so that a picture which somebody is
// storing just now, with the same content, is kept.
func (b *Blobs) Delete(hash string, before time.Time) (gone bool, err error) {
	if !validHash(hash) {
		return false, noBlob()
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	name := blobPath(hash)
	info, err := b.root.Stat(name)
	if errors.Is(err, fs.ErrNotExist) {
		return true, nil
	}
	if err != nil {
		return false, fmt.Errorf("delete blob %s: %w", hash, err)
	}
	if !info.ModTime().Before(before) {
		return false, nil
	}
	if err := b.root.Remove(name); err != nil {
		return false, fmt.Errorf("delete blob %s: %w", hash, err)
	}
	return true, nil
}

// Walk calls f for each blob in the order of hashes until f returns an error or ctx ends. Blobs
// put or deleted meanwhile may be met or missed.
func (b *Blobs) Walk(ctx context.Context, f func(Blob) error) error {
	return fs.WalkDir(b.root.FS(), ".", func(name string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("walk blobs: %w", err)
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if d.IsDir() {
			if name == tmpDir {
				return fs.SkipDir
			}
			return nil
		}
		hash := path.Base(name)
		if !validHash(hash) || name != blobPath(hash) {
			return nil // not ours
		}
		info, err := d.Info()
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("walk blobs: %w", err)
		}
		return f(Blob{Hash: hash, Size: info.Size(), Stored: info.ModTime()})
	})
}

func blobPath(hash string) string { return path.Join(hash[:2], hash) }

// validHash reports whether s is a SHA-256 in lower-case hexadecimal.
func validHash(s string) bool {
	if len(s) != 64 {
		return false
	}
	b, err := hex.DecodeString(s)
	return err == nil && hex.EncodeToString(b) == s
}
