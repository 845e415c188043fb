package media

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"testing"

	webpenc "github.com/gen2brain/webp"
)

// The pictures of these tests are made here. quarters has four colours, one in each corner, so that
// a turned picture shows how it was turned.
var (
	red   = color.NRGBA{200, 30, 30, 255}
	green = color.NRGBA{30, 200, 30, 255}
	blue  = color.NRGBA{30, 30, 200, 255}
	white = color.NRGBA{250, 250, 250, 255}
)

func quarters(w, h int) *image.NRGBA {
	m := image.NewNRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			c := red
			switch {
			case y < h/2 && x >= w/2:
				c = green
			case y >= h/2 && x < w/2:
				c = blue
			case y >= h/2:
				c = white
			}
			m.SetNRGBA(x, y, c)
		}
	}
	return m
}

func asJPEG(t testing.TB, m image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, &jpeg.Options{Quality: 92}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func asPNG(t testing.TB, m image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func asWebP(t testing.TB, m image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := webpenc.Encode(&b, m, webpenc.Options{Quality: 90, Method: 1}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// asGIF has the given number of frames, the first one red, each a little shorter than the canvas.
func asGIF(t testing.TB, w, h, frames int) []byte {
	t.Helper()
	g := &gif.GIF{Config: image.Config{Width: w, Height: h, ColorModel: color.Palette{red, blue, color.Transparent}}, LoopCount: 3}
	for i := range frames {
		m := image.NewPaletted(image.Rect(0, 0, w, h-min(i, 1)), color.Palette{red, blue, color.Transparent})
		for j := range m.Pix {
			m.Pix[j] = byte(i % 2)
		}
		g.Image = append(g.Image, m)
		g.Delay = append(g.Delay, 7+i)
		g.Disposal = append(g.Disposal, gif.DisposalNone)
	}
	var b bytes.Buffer
	if err := gif.EncodeAll(&b, g); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

const planted = "PLANTED by Ann, 31.63N 7.99W"

// exif is a TIFF block with an orientation, a description and a place: latitude and longitude.
func exif(orientation uint16) []byte {
	le := binary.LittleEndian
	field := func(b []byte, tag, kind uint16, n, value uint32) []byte {
		b = le.AppendUint16(b, tag)
		b = le.AppendUint16(b, kind)
		b = le.AppendUint32(b, n)
		return le.AppendUint32(b, value)
	}
	const (
		ifd0    = 8
		gps     = ifd0 + 2 + 3*12 + 4
		text    = gps + 2 + 4*12 + 4
		degrees = text + uint32(len(planted)) + 2
	)
	b := []byte("II*\x00\x08\x00\x00\x00")
	b = le.AppendUint16(b, 3)
	b = field(b, 0x010e, 2, uint32(len(planted)), text)
	b = field(b, 0x0112, 3, 1, uint32(orientation))
	b = field(b, 0x8825, 4, 1, gps)
	b = le.AppendUint32(b, 0)
	b = le.AppendUint16(b, 4)
	b = field(b, 1, 2, 2, 'N')
	b = field(b, 2, 5, 3, degrees)
	b = field(b, 3, 2, 2, 'W')
	b = field(b, 4, 5, 3, degrees)
	b = le.AppendUint32(b, 0)
	b = append(b, planted+"\x00\x00"...)
	for _, v := range []uint32{31, 1, 37, 1, 48, 1} {
		b = le.AppendUint32(b, v)
	}
	return b
}

// withJPEGMetadata adds Exif, XMP, an ICC profile and a comment after the start marker.
func withJPEGMetadata(data []byte, orientation uint16) []byte {
	out := append([]byte{}, data[:2]...)
	segment := func(marker byte, body []byte) {
		out = append(out, 0xff, marker)
		out = binary.BigEndian.AppendUint16(out, uint16(len(body)+2))
		out = append(out, body...)
	}
	segment(0xe1, append([]byte("Exif\x00\x00"), exif(orientation)...))
	segment(0xe1, []byte("http://ns.adobe.com/xap/1.0/\x00<x:xmpmeta>"+planted+"</x:xmpmeta>"))
	segment(0xe2, []byte("ICC_PROFILE\x00\x01\x01"+planted))
	segment(0xfe, []byte(planted))
	return append(out, data[2:]...)
}

// withPNGMetadata adds the same after the header chunk.
func withPNGMetadata(data []byte, orientation uint16) []byte {
	const head = 8 + 4 + 4 + 13 + 4
	out := append([]byte{}, data[:head]...)
	for _, c := range []struct {
		kind string
		body []byte
	}{{"eXIf", exif(orientation)}, {"tEXt", []byte("Comment\x00" + planted)}} {
		out = binary.BigEndian.AppendUint32(out, uint32(len(c.body)))
		chunk := append([]byte(c.kind), c.body...)
		out = append(out, chunk...)
		out = binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(chunk))
	}
	return append(out, data[head:]...)
}

type chunk struct {
	kind string
	body []byte
}

// riff builds a WebP file of chunks.
func riff(chunks ...chunk) []byte {
	out := []byte("RIFF\x00\x00\x00\x00WEBP")
	for _, c := range chunks {
		out = appendChunk(out, c)
	}
	binary.LittleEndian.PutUint32(out[4:], uint32(len(out)-8))
	return out
}

func appendChunk(out []byte, c chunk) []byte {
	out = append(out, c.kind...)
	out = binary.LittleEndian.AppendUint32(out, uint32(len(c.body)))
	out = append(out, c.body...)
	if len(c.body)%2 == 1 {
		out = append(out, 0)
	}
	return out
}

// chunksOf reads a WebP file.
func chunksOf(t testing.TB, data []byte) []chunk {
	t.Helper()
	if len(data) < 12 || string(data[:4]) != "RIFF" || string(data[8:12]) != "WEBP" {
		t.Fatalf("not WebP: %.16q", data)
	}
	var cs []chunk
	for i := 12; i+8 <= len(data); {
		n := int(binary.LittleEndian.Uint32(data[i+4:]))
		cs = append(cs, chunk{string(data[i : i+4]), data[i+8 : i+8+n]})
		i += 8 + n + n%2
	}
	return cs
}

// vp8x is the chunk of extended files.
func vp8x(flags byte, w, h int) chunk {
	b := []byte{flags, 0, 0, 0}
	for _, v := range []int{w - 1, h - 1} {
		b = append(b, byte(v), byte(v>>8), byte(v>>16))
	}
	return chunk{"VP8X", b}
}

func withWebPMetadata(t testing.TB, data []byte, w, h int, orientation uint16) []byte {
	cs := append([]chunk{vp8x(1<<3|1<<2, w, h)}, chunksOf(t, data)...)
	return riff(append(cs, chunk{"EXIF", exif(orientation)}, chunk{"XMP ", []byte(planted)})...)
}

// movingWebP is an animation of two frames, the first one m.
func movingWebP(t testing.TB, m image.Image, canvasW, canvasH int) []byte {
	frame := func(m image.Image) chunk {
		w, h := m.Bounds().Dx()-1, m.Bounds().Dy()-1
		body := []byte{0, 0, 0, 0, 0, 0, byte(w), byte(w >> 8), 0, byte(h), byte(h >> 8), 0, 100, 0, 0, 0}
		for _, c := range chunksOf(t, asWebP(t, m)) {
			if c.kind != "VP8X" {
				body = appendChunk(body, c)
			}
		}
		return chunk{"ANMF", body}
	}
	return riff(vp8x(1<<1|1<<4, canvasW, canvasH), chunk{"ANIM", make([]byte, 6)}, frame(m), frame(quarters(8, 8)))
}
