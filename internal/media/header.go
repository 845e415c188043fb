package media

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"

	"github.com/gabriel-vasile/mimetype"
	"golang.org/x/image/webp"

	"halqa/circles"
)

const (
	// MaxFile is the largest file that is read, in bytes.
	MaxFile = 20 << 20

	maxPixels   = 40_000_000  // of one picture; more than any phone makes by default
	maxDecoded  = 320 << 20   // bytes of memory while decoding; 40 MP at 16 bits a channel
	maxFrames   = 1000        // of an animation
	maxAnimated = 100_000_000 // pixels of all frames together; decoding takes one byte each
)

// The formats we read. They are told by content; names and declared types are not looked at.
const (
	typeJPEG = "image/jpeg"
	typePNG  = "image/png"
	typeWebP = "image/webp"
	typeGIF  = "image/gif"
)

// header is what is known of a picture before a pixel is decoded.
type header struct {
	kind          string
	width, height int // as stored; an orientation may swap them
	frames        int // 1 unless a GIF moves
	memory        int64
	pixels        []byte // the part of the file that is decoded
}

// readHeader says what data is, or refuses it: another format, too many pixels, too much memory.
func readHeader(data []byte) (header, error) {
	h := header{kind: sniff(data), frames: 1, pixels: data}
	var (
		cfg image.Config
		err error
	)
	switch h.kind {
	case typeJPEG:
		cfg, err = jpeg.DecodeConfig(bytes.NewReader(data))
	case typePNG:
		cfg, err = png.DecodeConfig(bytes.NewReader(data))
	case typeWebP:
		// Of an animation, the frame is measured and not the canvas: a small canvas can hold a
		// frame that says it is huge.
		if first := firstFrame(data); first != nil {
			h.pixels = first
		}
		cfg, err = webp.DecodeConfig(bytes.NewReader(h.pixels))
	case typeGIF:
		cfg, err = gif.DecodeConfig(bytes.NewReader(data))
	default:
		return header{}, circles.Errorf(circles.Invalid, "This file is not a JPEG, PNG, WebP or GIF picture.").With("media.kind", nil)
	}
	if err != nil || cfg.Width <= 0 || cfg.Height <= 0 {
		return header{}, damaged(err)
	}
	h.width, h.height = cfg.Width, cfg.Height
	pixels := int64(cfg.Width) * int64(cfg.Height)
	if pixels > maxPixels {
		return header{}, circles.Errorf(circles.TooLarge, "This picture has %d × %d pixels; at most %d million are possible. Make it smaller and try again.",
			cfg.Width, cfg.Height, maxPixels/1_000_000).With("media.pixels", map[string]any{"Max": maxPixels / 1_000_000})
	}
	h.memory = pixels * bytesPerPixel(h.kind, cfg.ColorModel, data)
	if h.memory > maxDecoded {
		return header{}, circles.Errorf(circles.TooLarge, "This picture needs too much memory to decode; save it smaller, or as a simple JPEG, and try again.").With("media.memory", nil)
	}
	if h.kind == typeGIF {
		var total int64
		h.frames, total = gifFrames(data)
		if h.frames > maxFrames || total > maxAnimated {
			return header{}, circles.Errorf(circles.TooLarge, "This animation has too many frames; make it shorter or smaller and try again.").With("media.frames", nil)
		}
		h.memory += total
	}
	return h, nil
}

func damaged(err error) error {
	e := circles.Errorf(circles.Invalid, "This picture is damaged and cannot be read.").With("media.damaged", nil)
	e.Err = err
	return e
}

func sniff(data []byte) string {
	for m := mimetype.Detect(data); m != nil; m = m.Parent() { // an animated PNG is a child of PNG
		switch m.String() {
		case typeJPEG, typePNG, typeWebP, typeGIF:
			return m.String()
		}
	}
	return ""
}

// bytesPerPixel is what the decoder of this kind takes at its worst.
func bytesPerPixel(kind string, model color.Model, data []byte) int64 {
	switch {
	case kind == typeJPEG && progressive(data):
		return 3 + 3*4 // image/jpeg keeps four bytes for every coefficient until the last scan
	case kind == typeJPEG, kind == typeWebP:
		return 4
	}
	switch model {
	case color.RGBA64Model, color.NRGBA64Model:
		return 8
	case color.RGBAModel, color.NRGBAModel:
		return 4
	}
	return 2
}

// progressive reports whether the first frame header of a JPEG is a progressive one, or cannot be
// found. ITU T.81 B.1.1.3.
func progressive(data []byte) bool {
	for i := 2; i+4 <= len(data); {
		if data[i] != 0xff {
			i++ // the decoder skips stray bytes too
			continue
		}
		switch m := data[i+1]; {
		case m == 0xff:
			i++
		case m == 0xc0 || m == 0xc1:
			return false
		case m == 0xc2 || m == 0xd9 || m == 0xda:
			return true
		case m == 0x00 || 0xd0 <= m && m <= 0xd7:
			i += 2
		default:
			i += 2 + int(binary.BigEndian.Uint16(data[i+2:]))
		}
	}
	return true
}

// gifFrames walks the blocks of a GIF without unpacking them, and returns how many frames there
// are and how many pixels they have together. It stops where the file stops making sense, as the
// decoder does. GIF89a 18 to 27.
func gifFrames(data []byte) (frames int, pixels int64) {
	const screen = 13
	if len(data) < screen {
		return 0, 0
	}
	i := screen + gifTable(data[10])
	for i < len(data) {
		switch data[i] {
		case 0x21: // an extension: its label, then blocks
			i = gifBlocks(data, i+2)
		case 0x2c:
			const descriptor = 10
			if i+descriptor > len(data) {
				return frames, pixels
			}
			frames++
			pixels += int64(binary.LittleEndian.Uint16(data[i+5:])) * int64(binary.LittleEndian.Uint16(data[i+7:]))
			i = gifBlocks(data, i+descriptor+gifTable(data[i+9])+1) // 1: the LZW code size
		default:
			return frames, pixels
		}
	}
	return frames, pixels
}

// gifTable returns the size in bytes of the colour table that packed fields announce.
func gifTable(packed byte) int {
	if packed&0x80 == 0 {
		return 0
	}
	return 3 << (packed&7 + 1)
}

// gifBlocks returns the position after a chain of sub-blocks.
func gifBlocks(data []byte, i int) int {
	for i < len(data) && data[i] != 0 {
		i += 1 + int(data[i])
	}
	return i + 1
}
