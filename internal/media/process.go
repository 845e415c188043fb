package media

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"image"
	"image/gif"
	"image/jpeg"
	"io"
	"runtime"
	"time"

	"github.com/bbrks/go-blurhash"
	webpenc "github.com/gen2brain/webp"
	"golang.org/x/sync/semaphore"

	"halqa/circles"
)

const (
	jpegQuality = 82
	webpQuality = 80
	webpMethod  = 2 // of 6: twice as fast as the default for a few per cent of size

	// maxMade bounds the largest file, in pixels: a strip 1600 wide and 16000 high would take
	// hundreds of megabytes to encode.
	maxMade = 12_000_000

	// maxSide is the longest side WebP can hold (RFC 9649 2.4); a long comic strip is scaled to it.
	maxSide = 16383

	maxDecoding = 20 * time.Second // a 40 MP photo takes half a second
)

// A Use says what a picture is for, and so what files it becomes.
type Use int

const (
	Post Use = iota // of posts and comments: up to 1600 pixels wide; a moving GIF keeps moving
	Icon            // of people and circles: the square in its middle, up to 400 pixels, still
)

// A plan is what a Use asks for.
type plan struct {
	square bool
	widths []int // ascending; the first that the picture does not fill is the last made
	moving bool
}

func (u Use) plan() plan {
	if u == Icon {
		return plan{widths: []int{96, 400}, square: true}
	}
	return plan{widths: []int{480, 960, 1600}, moving: true}
}

// A Photo is a picture ready to be served.
type Photo struct {
	Mime          string // of the first file
	Width, Height int    // of the first file, upright
	Blurhash      string
	Animated      bool
	Files         []File // the largest first; the JPEG, which every reader knows, last
}

// A File is one encoding of a picture.
type File struct {
	Name          string // "480.webp": at most 480 pixels wide; "full.gif"; "full.jpg"
	Mime          string
	Width, Height int
	Data          []byte
	Hash          string // as Blobs names it
}

// A Processor makes Photos, so many at a time that the machine has something left for readers.
type Processor struct {
	slots  *semaphore.Weighted
	memory *semaphore.Weighted // bytes of decoded pixels at one time, whatever the slots
}

// NewProcessor returns a Processor that works on n pictures at once; 0 = one for each core.
func NewProcessor(n int) *Processor {
	if n <= 0 {
		n = runtime.GOMAXPROCS(0)
	}
	return &Processor{slots: semaphore.NewWeighted(int64(n)), memory: semaphore.NewWeighted(maxDecoded)}
}

// Process reads a picture of at most MaxFile bytes and makes the files that use asks for. What is
// wrong with the picture comes back as a *circles.Error, Invalid or TooLarge. It waits for its turn
// and gives up when ctx ends.
//
// A moving GIF is kept as a GIF of all its frames, without comments and application data, beside
// stills of its first frame; of other moving formats the first frame is kept.
func (p *Processor) Process(ctx context.Context, r io.Reader, use Use) (*Photo, error) {
	data, err := readAll(r)
	if err != nil {
		return nil, err
	}
	h, err := readHeader(data)
	if err != nil {
		return nil, err
	}
	if err := p.slots.Acquire(ctx, 1); err != nil {
		return nil, err
	}
	defer p.slots.Release(1)
	memory := min(h.memory, maxDecoded) // more than there is would wait for ever
	if err := p.memory.Acquire(ctx, memory); err != nil {
		return nil, err
	}
	defer p.memory.Release(memory)
	tooSlow := circles.Errorf(circles.Invalid, "This picture takes too long to decode; save it in another format and try again.").With("media.slow", nil)
	decoding, cancel := context.WithTimeoutCause(ctx, maxDecoding, tooSlow)
	still, moving, err := decode(decoding, h)
	cancel()
	if err != nil {
		return nil, err
	}
	return build(ctx, still, moving, orientation(h, data), use.plan())
}

func readAll(r io.Reader) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(r, MaxFile+1))
	if err != nil {
		return nil, fmt.Errorf("read picture: %w", err)
	}
	if len(data) > MaxFile {
		return nil, circles.Errorf(circles.TooLarge, "This file is larger than %d MB; make it smaller and try again.", MaxFile>>20).
			With("media.bytes", map[string]any{"Max": MaxFile >> 20})
	}
	return data, nil
}

// build makes the files, the largest first.
func build(ctx context.Context, still image.Image, moving *gif.GIF, turn int, want plan) (*Photo, error) {
	full := upright(still, turn, want)
	var ph Photo
	if moving != nil && want.moving {
		f, err := encodeGIF(moving)
		if err != nil {
			return nil, err
		}
		ph.Animated = true
		ph.Files = append(ph.Files, f)
	}

	onWhite := flatten(full)
	m := full
	for _, slot := range slotsFor(full.Bounds().Dx(), want.widths) {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		m = shrink(m, slot)
		f, err := encodeWebP(m, slot)
		if err != nil {
			return nil, err
		}
		ph.Files = append(ph.Files, f)
	}
	f, err := encodeJPEG(onWhite)
	if err != nil {
		return nil, err
	}
	ph.Files = append(ph.Files, f)

	if ph.Blurhash, err = blur(onWhite); err != nil {
		return nil, err
	}
	first := ph.Files[0]
	ph.Mime, ph.Width, ph.Height = first.Mime, first.Width, first.Height
	return &ph, nil
}

// slotsFor returns the widths to make of a picture this wide, descending: all that are narrower
// than it, and one that holds it whole. Nothing is ever enlarged.
func slotsFor(width int, widths []int) []int {
	var slots []int
	for _, w := range widths {
		slots = append([]int{w}, slots...)
		if w >= width {
			break
		}
	}
	return slots
}

// blur returns a blurhash of 4 × 3 terms, or 3 × 4 for a tall picture.
func blur(m image.Image) (string, error) {
	x, y := 4, 3
	if m.Bounds().Dy() > m.Bounds().Dx() {
		x, y = 3, 4
	}
	h, err := blurhash.Encode(x, y, scale(m, fit(m.Bounds().Size(), 32, 32)))
	if err != nil {
		return "", fmt.Errorf("blurhash: %w", err)
	}
	return h, nil
}

func encodeWebP(m *image.RGBA, slot int) (File, error) {
	var b bytes.Buffer
	// The encoder reads the bytes of any RGBA as not premultiplied.
	if err := webpenc.Encode(&b, straight(m), webpenc.Options{Quality: webpQuality, Method: webpMethod}); err != nil {
		return File{}, fmt.Errorf("encode WebP: %w", err)
	}
	return newFile(fmt.Sprintf("%d.webp", slot), typeWebP, m.Bounds().Size(), b.Bytes()), nil
}

func encodeJPEG(m *image.RGBA) (File, error) {
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, &jpeg.Options{Quality: jpegQuality}); err != nil {
		return File{}, fmt.Errorf("encode JPEG: %w", err)
	}
	return newFile("full.jpg", typeJPEG, m.Bounds().Size(), b.Bytes()), nil
}

// encodeGIF writes the frames anew. The decoder kept nothing but frames, palettes, delays and the
// loop count, so comments and application blocks are gone.
func encodeGIF(g *gif.GIF) (File, error) {
	var b bytes.Buffer
	if err := gif.EncodeAll(&b, g); err != nil {
		return File{}, damaged(err) // frames that no encoder would write
	}
	return newFile("full.gif", typeGIF, image.Pt(g.Config.Width, g.Config.Height), b.Bytes()), nil
}

func newFile(name, mime string, size image.Point, data []byte) File {
	return File{Name: name, Mime: mime, Width: size.X, Height: size.Y, Data: data, Hash: hashOf(data)}
}

func hashOf(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}
