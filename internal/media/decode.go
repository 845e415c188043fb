package media

import (
	"bytes"
	"context"
	"encoding/binary"
	"image"
	"image/draw"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"math"

	"github.com/bep/imagemeta"
	"golang.org/x/image/webp"
)

// decode returns the pixels of a picture, the first frame's if it moves, and all frames of a
// moving GIF. Every decoder is pure Go: hostile pictures never reach C.
func decode(ctx context.Context, h header) (still image.Image, moving *gif.GIF, err error) {
	r := &watched{ctx: ctx, r: bytes.NewReader(h.pixels)}
	switch h.kind {
	case typeJPEG:
		still, err = jpeg.Decode(r)
	case typePNG:
		still, err = png.Decode(r)
	case typeWebP:
		if still, err = webp.Decode(r); err == nil {
			fullRange(still)
		}
	case typeGIF:
		if h.frames > 1 {
			if moving, err = gif.DecodeAll(r); err == nil {
				return canvas(moving.Image[0], h), moving, nil
			}
			moving = nil // cut off somewhere: the first frame may still be whole
			r.r = bytes.NewReader(h.pixels)
		}
		if still, err = gif.Decode(r); err == nil {
			still = canvas(still, h)
		}
	}
	if cause := context.Cause(ctx); cause != nil {
		return nil, nil, cause
	}
	if err != nil {
		return nil, nil, damaged(err)
	}
	return still, moving, nil
}

// watched stops a decoder when its context ends: twenty megabytes of tiny progressive scans would
// keep image/jpeg busy for most of an hour.
type watched struct {
	ctx context.Context
	r   io.Reader
}

func (w *watched) Read(p []byte) (int, error) {
	if err := context.Cause(w.ctx); err != nil {
		return 0, err
	}
	return w.r.Read(p)
}

// canvas puts a frame, which may be smaller, in its place on the whole picture.
func canvas(frame image.Image, h header) image.Image {
	whole := image.Rect(0, 0, h.width, h.height)
	if frame.Bounds() == whole {
		return frame
	}
	m := image.NewNRGBA(whole)
	draw.Draw(m, frame.Bounds(), frame, frame.Bounds().Min, draw.Src)
	return m
}

// fullRange stretches the planes of a lossy WebP in place. VP8 keeps luma in 16 to 235 and chroma in
// 16 to 240 (RFC 6386 9.2, as libwebp reads it); golang.org/x/image/webp hands them out as they
// are, and package image takes them for 0 to 255, which turns white into grey.
func fullRange(m image.Image) {
	// The level from becomes to, and span levels become 255.
	stretch := func(plane []byte, from, to, span float64) {
		var table [256]byte
		for i := range table {
			v := (float64(i)-from)*255/span + to
			table[i] = byte(min(max(math.Round(v), 0), 255))
		}
		for i, v := range plane {
			plane[i] = table[v]
		}
	}
	switch m := m.(type) {
	case *image.YCbCr:
		stretch(m.Y, 16, 0, 219)
		stretch(m.Cb, 128, 128, 224)
		stretch(m.Cr, 128, 128, 224)
	case *image.NYCbCrA:
		fullRange(&m.YCbCr)
	}
}

// firstFrame returns the first frame of an animated WebP as a file of its own, or nil if data is
// not animated: golang.org/x/image/webp reads still pictures only. The frame is shown alone, at
// its own size. RFC 9649 2.7.1.1.
func firstFrame(data []byte) []byte {
	const riff, chunk, frameHeader = 12, 8, 16
	for i := riff; i+chunk <= len(data); {
		size := int(binary.LittleEndian.Uint32(data[i+4:]))
		body := data[i+chunk:]
		if size < 0 || size > len(body) {
			return nil
		}
		if string(data[i:i+4]) == "ANMF" && size > frameHeader {
			return wrapFrame(body[:frameHeader], body[frameHeader:size])
		}
		i += chunk + size + size&1
	}
	return nil
}

// wrapFrame builds a still WebP of a frame's chunks; an ALPH among them needs a VP8X before it.
func wrapFrame(header, chunks []byte) []byte {
	out := []byte("RIFF\x00\x00\x00\x00WEBP")
	if bytes.HasPrefix(chunks, []byte("ALPH")) {
		const alpha = 1 << 4
		out = append(out, "VP8X\x0a\x00\x00\x00"...)
		out = append(out, alpha, 0, 0, 0)
		out = append(out, header[6:12]...) // width and height, less one, three bytes each, as there
	}
	out = append(out, chunks...)
	binary.LittleEndian.PutUint32(out[4:], uint32(len(out)-8))
	return out
}

// orientation returns how a picture must be turned, 1 to 8 as in Exif 2.3 4.6.4 A; 1 is upright
// and the answer for whatever cannot be read.
func orientation(h header, data []byte) int {
	format, ok := map[string]imagemeta.ImageFormat{
		typeJPEG: imagemeta.JPEG, typePNG: imagemeta.PNG, typeWebP: imagemeta.WebP,
	}[h.kind]
	if !ok {
		return 1
	}
	turn := 1
	// An error only ends the reading: what was found before stands.
	_, _ = imagemeta.Decode(imagemeta.Options{
		R: bytes.NewReader(data), ImageFormat: format, Sources: imagemeta.EXIF,
		LimitNumTags: 500, LimitTagSize: 64,
		ShouldHandleTag: func(t imagemeta.TagInfo) bool { return t.Namespace == "IFD0" && t.Tag == "Orientation" },
		HandleTag: func(t imagemeta.TagInfo) error {
			if v, ok := t.Value.(uint16); ok && v >= 1 && v <= 8 {
				turn = int(v)
			}
			return imagemeta.ErrStopWalking
		},
	})
	return turn
}
