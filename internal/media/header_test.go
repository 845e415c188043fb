package media

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"halqa/circles"
)

// pngSaying is the beginning of a PNG that claims a size: nothing to decode follows.
func pngSaying(w, h uint32, depth byte) []byte {
	body := []byte("IHDR")
	body = binary.BigEndian.AppendUint32(body, w)
	body = binary.BigEndian.AppendUint32(body, h)
	body = append(body, depth, 6, 0, 0, 0)
	out := append([]byte("\x89PNG\r\n\x1a\n\x00\x00\x00\x0d"), body...)
	return binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(body))
}

// jpegSaying has a frame header, and a scan that never comes.
func jpegSaying(sof byte, w, h uint16) []byte {
	b := []byte{0xff, 0xd8, 0xff, 0xe0, 0, 4, 0xff, 0xc2, 0xff, sof, 0, 17, 8} // the FFC2 inside a segment is no marker
	b = binary.BigEndian.AppendUint16(b, h)
	b = binary.BigEndian.AppendUint16(b, w)
	b = append(b, 3, 1, 0x11, 0, 2, 0x11, 0, 3, 0x11, 0)
	return append(b, 0xff, 0xda, 0, 12)
}

// gifSaying repeats an empty frame of a size.
func gifSaying(w, h uint16, frames int) []byte {
	b := []byte("GIF89a")
	b = binary.LittleEndian.AppendUint16(b, w)
	b = binary.LittleEndian.AppendUint16(b, h)
	b = append(b, 0x80, 0, 0, 1, 2, 3, 4, 5, 6)
	for range frames {
		b = append(b, 0x21, 0xf9, 4, 0, 1, 0, 0, 0, 0x2c, 0, 0, 0, 0)
		b = binary.LittleEndian.AppendUint16(b, w)
		b = binary.LittleEndian.AppendUint16(b, h)
		b = append(b, 0, 2, 2, 0x4c, 0x01, 0)
	}
	return append(b, 0x3b)
}

// vp8Saying is the frame header of a lossy WebP.
func vp8Saying(w, h uint16) []byte {
	b := []byte{0x10, 0, 0, 0x9d, 0x01, 0x2a}
	b = binary.LittleEndian.AppendUint16(b, w)
	b = binary.LittleEndian.AppendUint16(b, h)
	return append(b, make([]byte, 32)...)
}

func TestPixelBombIsRefusedBeforeDecoding(t *testing.T) {
	anmf := appendChunk(make([]byte, 16), chunk{"VP8 ", vp8Saying(16383, 16383)})
	tests := map[string][]byte{
		"PNG":                    pngSaying(100_000, 100_000, 8),
		"PNG, one line":          pngSaying(1, maxPixels+1, 8),
		"PNG, sixteen bits":      pngSaying(7000, 6000, 16),
		"JPEG":                   jpegSaying(0xc0, 65535, 65535),
		"JPEG, progressive":      jpegSaying(0xc2, 6000, 6000),
		"GIF":                    gifSaying(65535, 65535, 1),
		"GIF, many frames":       gifSaying(2, 2, maxFrames+1),
		"GIF, many large frames": gifSaying(4000, 4000, 7),
		"WebP":                   riff(chunk{"VP8 ", vp8Saying(16383, 16383)}),
		"WebP, extended":         riff(vp8x(0, 1<<14, 1<<14)),
		"WebP, small canvas":     riff(vp8x(1<<1, 1, 1), chunk{"ANIM", make([]byte, 6)}, chunk{"ANMF", anmf}),
	}
	for name, data := range tests {
		ph, err := NewProcessor(1).Process(t.Context(), bytes.NewReader(data), Post)
		if !circles.Is(err, circles.TooLarge) {
			t.Errorf("%s: got %v, %v; want a refusal as too large", name, ph, err)
		}
	}
	for name, data := range map[string][]byte{ // the same within the limits get as far as their missing pixels
		"PNG": pngSaying(6000, 6000, 8), "PNG, sixteen bits": pngSaying(6000, 6000, 16),
		"JPEG": jpegSaying(0xc0, 6000, 6000), "JPEG, progressive": jpegSaying(0xc2, 4000, 5000),
		"WebP": riff(chunk{"VP8 ", vp8Saying(6000, 6000)}),
	} {
		if _, err := readHeader(data); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestFramesAreCountedAsTheDecoderDoes(t *testing.T) {
	for _, n := range []int{1, 2, 9} {
		frames, pixels := gifFrames(asGIF(t, 30, 20, n))
		if want := int64(n*30*20 - (n-1)*30); frames != n || pixels != want {
			t.Errorf("%d frames: counted %d with %d pixels, want %d", n, frames, pixels, want)
		}
	}
}

func TestRefusedFiles(t *testing.T) {
	jpg, pngData, web, moving := asJPEG(t, quarters(50, 50)), asPNG(t, quarters(50, 50)), asWebP(t, quarters(50, 50)), asGIF(t, 50, 50, 1)
	tests := []struct {
		name string
		data []byte
		kind circles.Kind
		says string
	}{
		{"empty", nil, circles.Invalid, "not a JPEG"},
		{"text", []byte("hello"), circles.Invalid, "not a JPEG"},
		{"HTML", []byte("<html><script>alert(1)</script>"), circles.Invalid, "not a JPEG"},
		{"SVG", []byte(`<svg xmlns="http://www.w3.org/2000/svg"/>`), circles.Invalid, "not a JPEG"},
		{"PDF", []byte("%PDF-1.7\n"), circles.Invalid, "not a JPEG"},
		{"BMP", []byte("BM\x00\x00\x00\x00\x00\x00\x00\x00\x36\x00\x00\x00"), circles.Invalid, "not a JPEG"},
		{"half a JPEG", jpg[:len(jpg)/2], circles.Invalid, "damaged"},
		{"half a PNG", pngData[:len(pngData)/2], circles.Invalid, "damaged"},
		{"half a WebP", web[:len(web)/2], circles.Invalid, "damaged"},
		{"half a GIF", moving[:len(moving)/2], circles.Invalid, "damaged"},
		{"JPEG's first bytes", jpg[:3], circles.Invalid, "damaged"},
		{"no pixels", pngSaying(0, 5, 8), circles.Invalid, "damaged"},
		{"too many bytes", append(jpg, make([]byte, MaxFile)...), circles.TooLarge, "larger than 20 MB"},
	}
	for _, tt := range tests {
		_, err := NewProcessor(1).Process(t.Context(), bytes.NewReader(tt.data), Post)
		var e *circles.Error
		if !errors.As(err, &e) || e.Kind != tt.kind || !strings.Contains(e.Message, tt.says) {
			t.Errorf("%s: got %v, want %s saying %q", tt.name, err, tt.kind, tt.says)
		}
	}
}

// An upload that breaks off is nobody's fault but the connection's.
func TestBrokenUploadIsNoRefusal(t *testing.T) {
	_, err := NewProcessor(1).Process(t.Context(), iotest.ErrReader(io.ErrUnexpectedEOF), Post)
	if !errors.Is(err, io.ErrUnexpectedEOF) || circles.KindOf(err) != circles.Internal {
		t.Errorf("got %v", err)
	}
}

// FuzzHeader runs everything that looks at a file before its pixels are decoded, and then decodes
// what is small.
func FuzzHeader(f *testing.F) {
	small := quarters(6, 4)
	f.Add(withJPEGMetadata(asJPEG(f, small), 6))
	f.Add(withPNGMetadata(asPNG(f, small), 3))
	f.Add(withWebPMetadata(f, asWebP(f, small), 6, 4, 8))
	f.Add(movingWebP(f, small, 6, 4))
	f.Add(asGIF(f, 6, 4, 3))
	f.Add(jpegSaying(0xc2, 5, 5))
	f.Add(gifSaying(3, 3, 2))
	f.Fuzz(func(t *testing.T, data []byte) {
		firstFrame(data)
		gifFrames(data)
		progressive(data)
		h, err := readHeader(data)
		if err != nil {
			if k := circles.KindOf(err); k != circles.Invalid && k != circles.TooLarge {
				t.Fatalf("refused with %q: %v", k, err)
			}
			return
		}
		if p := int64(h.width) * int64(h.height); p <= 0 || p > maxPixels || h.frames > maxFrames {
			t.Fatalf("let through: %+v", h)
		}
		if turn := orientation(h, data); turn < 1 || turn > 8 {
			t.Fatalf("orientation %d", turn)
		}
		if h.width*h.height > 1<<16 {
			return
		}
		still, moving, err := decode(t.Context(), h)
		if err != nil {
			return
		}
		if s := still.Bounds().Size(); s != image.Pt(h.width, h.height) {
			t.Fatalf("header says %d × %d, decoded %v", h.width, h.height, s)
		}
		if moving != nil {
			total := int64(0)
			for _, m := range moving.Image {
				total += int64(m.Bounds().Dx()) * int64(m.Bounds().Dy())
			}
			frames, pixels := gifFrames(data)
			if frames != len(moving.Image) || pixels != total {
				t.Fatalf("counted %d frames with %d pixels, decoded %d with %d", frames, pixels, len(moving.Image), total)
			}
		}
	})
}
