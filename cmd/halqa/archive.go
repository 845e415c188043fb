package main

import (
	"archive/tar"
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"path"
	"strings"
	"time"

	"halqa/circles"
)

// A backup is a gzipped tar of these members, in this order and no other:
//
//	halqa-backup.json   a backupHead
//	halqa.db            a SQLite database; or halqa.pgdump, what pg_dump --format=custom writes
//	media/ab/ab01…      pictures by the SHA-256 of their content, ascending
//	MANIFEST            a line "sha256  bytes  name" for each member above
//
// It is written and read in one pass, and nothing of it is held in memory: MANIFEST has to be, byte
// for byte, what its reader worked out on the way. It may come from anywhere, so a reader takes
// nothing that does not stand in this list, least of all a name.

const (
	backupFormat = 1

	headMember     = "halqa-backup.json"
	sqliteMember   = "halqa.db"
	postgresMember = "halqa.pgdump"
	manifestMember = "MANIFEST"

	maxHead = 64 << 10 // bytes; it is a few lines
	maxBlob = 64 << 20 // bytes; far above what media keeps of one picture
	maxDump = 1 << 40  // bytes; a database above that wants other means
)

// A backupHead says what a backup holds.
type backupHead struct {
	Format  int       `json:"format"`
	Program string    `json:"program"`
	Schema  int64     `json:"schema"` // of the database; see store.Newest
	Engine  string    `json:"engine"` // "sqlite" or "postgres"
	Host    string    `json:"host"`   // "" = an instance of its own machine only
	At      time.Time `json:"at"`     // when the database was copied
}

// An archiveWriter writes a backup.
type archiveWriter struct {
	zip      *gzip.Writer
	tar      *tar.Writer
	manifest io.ReadWriteSeeker
	at       time.Time
}

// newArchiveWriter begins a backup. manifest is an empty file for the lines of the manifest, of which
// there is one for each picture.
func newArchiveWriter(w io.Writer, head backupHead, manifest io.ReadWriteSeeker) (*archiveWriter, error) {
	zip, err := gzip.NewWriterLevel(w, gzip.BestSpeed) // pictures do not get smaller
	if err != nil {
		return nil, err
	}
	a := &archiveWriter{zip: zip, tar: tar.NewWriter(zip), manifest: manifest, at: head.At}
	text, err := json.MarshalIndent(head, "", "  ")
	if err != nil {
		return nil, err
	}
	return a, a.add(headMember, int64(len(text)), bytes.NewReader(text))
}

func (a *archiveWriter) add(name string, size int64, content io.Reader) error {
	sum := sha256.New()
	if err := a.write(name, size, io.TeeReader(content, sum)); err != nil {
		return err
	}
	_, err := io.WriteString(a.manifest, manifestLine(sum, size, name))
	return err
}

func (a *archiveWriter) write(name string, size int64, content io.Reader) error {
	err := a.tar.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: name, Size: size, Mode: 0o600, ModTime: a.at, Format: tar.FormatPAX})
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	n, err := io.Copy(a.tar, content)
	if err == nil && n != size {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

func (a *archiveWriter) close() error {
	size, err := a.manifest.Seek(0, io.SeekCurrent)
	if err != nil {
		return err
	}
	if _, err := a.manifest.Seek(0, io.SeekStart); err != nil {
		return err
	}
	return errors.Join(a.write(manifestMember, size, a.manifest), a.tar.Close(), a.zip.Close())
}

func manifestLine(sum hash.Hash, size int64, name string) string {
	return fmt.Sprintf("%x  %d  %s\n", sum.Sum(nil), size, name)
}

// A backupSum is what a backup turned out to hold.
type backupSum struct {
	Head     backupHead
	Bytes    int64 // of all members that are restored
	Pictures int
}

// readArchive reads a whole backup and calls take for the database and for each picture. Only when
// it returns nil was everything there and unchanged; take sees members before that is known. A
// refusal is a circles.Error of kind Invalid.
func readArchive(ctx context.Context, r io.Reader, take func(name string, size int64, content io.Reader) error) (backupSum, error) {
	buffered := bufio.NewReader(r)
	zip, err := gzip.NewReader(buffered)
	if err != nil {
		return backupSum{}, readFault(err, "This is no backup of Halqa.")
	}
	zip.Multistream(false)
	sum, err := readMembers(ctx, zip, take)
	if err != nil {
		return sum, err
	}
	if _, err := buffered.Peek(1); err != io.EOF { // what is behind the end is in no manifest
		return sum, readFault(err, damagedBackup)
	}
	return sum, nil
}

const damagedBackup = "The backup is damaged or was cut short; use another copy of it."

// readMembers is readArchive without the compression.
func readMembers(ctx context.Context, r io.Reader, take func(name string, size int64, content io.Reader) error) (backupSum, error) {
	var sum backupSum
	lines := sha256.New() // of the manifest as it has to be
	linesSize := int64(0)
	archive := tar.NewReader(contextReader{ctx, r})
	last, members := "", 0
	for ; ; members++ {
		member, err := archive.Next()
		if err != nil {
			return sum, readFault(err, damagedBackup)
		}
		if member.Typeflag != tar.TypeReg || member.Size < 0 || (members == 0) != (member.Name == headMember) {
			return sum, strangeMember(member.Name)
		}
		if member.Name == manifestMember {
			break
		}
		content := sha256.New()
		source := &faultReader{r: archive}
		tee := io.TeeReader(source, content)
		switch {
		case members == 0:
			err = sum.Head.read(member.Size, tee)
		case members == 1:
			if member.Name != sum.Head.member() || member.Size > maxDump {
				return sum, strangeMember(member.Name)
			}
			sum.Bytes += member.Size
			err = take(member.Name, member.Size, tee)
		default:
			if !pictureMember(member.Name) || member.Name <= last || member.Size > maxBlob {
				return sum, strangeMember(member.Name)
			}
			last = member.Name
			sum.Bytes += member.Size
			sum.Pictures++
			err = take(member.Name, member.Size, tee)
		}
		if source.fault != nil {
			return sum, readFault(source.fault, damagedBackup)
		}
		if err != nil {
			return sum, err
		}
		if _, err := io.Copy(io.Discard, tee); err != nil { // what take left
			return sum, readFault(err, damagedBackup)
		}
		if members > 1 && hex.EncodeToString(content.Sum(nil)) != path.Base(member.Name) {
			return sum, circles.Errorf(circles.Invalid, "The picture %s in the backup is damaged; use another copy of it.", path.Base(member.Name))
		}
		n, _ := io.WriteString(lines, manifestLine(content, member.Size, member.Name))
		linesSize += int64(n)
	}
	if members < 2 {
		return sum, circles.Errorf(circles.Invalid, "The backup holds no database.")
	}
	manifest := sha256.New()
	n, err := io.Copy(manifest, io.LimitReader(archive, linesSize+1))
	if err != nil {
		return sum, readFault(err, damagedBackup)
	}
	if n != linesSize || !bytes.Equal(manifest.Sum(nil), lines.Sum(nil)) {
		return sum, circles.Errorf(circles.Invalid, "The backup is not what its manifest says; use another copy of it.")
	}
	if _, err := archive.Next(); err != io.EOF {
		return sum, readFault(err, damagedBackup)
	}
	// The end of gzip holds the checksum of all.
	if n, err := io.Copy(io.Discard, io.LimitReader(r, 1<<20)); err != nil || n == 1<<20 {
		return sum, readFault(err, damagedBackup)
	}
	return sum, nil
}

// read takes the head, and refuses what a newer program wrote.
func (h *backupHead) read(size int64, r io.Reader) error {
	if size > maxHead {
		return strangeMember(headMember)
	}
	text, err := io.ReadAll(r)
	if err != nil {
		return readFault(err, damagedBackup)
	}
	if err := json.Unmarshal(text, h); err != nil {
		return readFault(err, damagedBackup)
	}
	if h.Format > backupFormat {
		return circles.Errorf(circles.Invalid, "The backup was made by a newer Halqa (%.40q); restore it with that program or a later one.", h.Program)
	}
	if h.Format != backupFormat || h.member() == "" {
		return circles.Errorf(circles.Invalid, damagedBackup)
	}
	return nil
}

// member is the name of the database in the archive.
func (h *backupHead) member() string {
	switch h.Engine {
	case "sqlite":
		return sqliteMember
	case "postgres":
		return postgresMember
	}
	return ""
}

// pictureMember reports whether a name is media/ab/ab01… with a SHA-256 in lower-case hexadecimal.
func pictureMember(name string) bool {
	rest, ok := strings.CutPrefix(name, "media/")
	dir, hash, cut := strings.Cut(rest, "/")
	if !ok || !cut || len(hash) != 64 || dir != hash[:2] {
		return false
	}
	return strings.Trim(hash, "0123456789abcdef") == ""
}

func strangeMember(name string) error {
	return circles.Errorf(circles.Invalid, "The backup holds something that no backup of Halqa holds: %.80q.", name)
}

// readFault is a refusal for what reading ran into; the end of ctx stays what it is.
func readFault(err error, sentence string) error {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	e := circles.Errorf(circles.Invalid, "%s", sentence)
	e.Err = err
	return e
}

// A faultReader remembers that reading failed, so that it is not taken for a failure to write.
type faultReader struct {
	r     io.Reader
	fault error
}

func (f *faultReader) Read(p []byte) (int, error) {
	n, err := f.r.Read(p)
	if err != nil && err != io.EOF {
		f.fault = err
	}
	return n, err
}

// A contextReader stops reading when its context ends.
type contextReader struct {
	ctx context.Context
	r   io.Reader
}

func (c contextReader) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.r.Read(p)
}
