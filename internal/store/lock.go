package store

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"syscall"

	"halqa/circles"
)

// LockFolder claims a data folder for this process, or says that another has it. The lock ends with
// release or with the process, however it ends; the file stays.
func LockFolder(dir string) (release func(), err error) {
	f, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		f.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, circles.Errorf(circles.Conflict, "Another Halqa is running on the data folder %s.", dir)
		}
		return nil, fmt.Errorf("lock %s: %w", dir, err)
	}
	return sync.OnceFunc(func() { f.Close() }), nil
}
