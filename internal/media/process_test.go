package media

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"math/rand/v2"
	"strings"
	"testing"

	"golang.org/x/image/webp"

	"halqa/circles"
)

func process(t testing.TB, data []byte, use Use) *Photo {
	t.Helper()
	ph, err := NewProcessor(0).Process(t.Context(), bytes.NewReader(data), use)
	if err != nil {
		t.Fatal(err)
	}
	return ph
}

func decodeFile(t testing.TB, f File) image.Image {
	t.Helper()
	var (
		m   image.Image
		err error
	)
	switch f.Mime {
	case typeJPEG:
		m, err = jpeg.Decode(bytes.NewReader(f.Data))
	case typeWebP:
		if m, err = webp.Decode(bytes.NewReader(f.Data)); err == nil {
			fullRange(m)
		}
	case typeGIF:
		m, err = gif.Decode(bytes.NewReader(f.Data))
	}
	if err != nil {
		t.Fatalf("%s: %v", f.Name, err)
	}
	if s := m.Bounds().Size(); s != image.Pt(f.Width, f.Height) {
		t.Errorf("%s is %v, and says %d × %d", f.Name, s, f.Width, f.Height)
	}
	if f.Hash != hashOf(f.Data) || len(f.Hash) != 64 {
		t.Errorf("%s: hash %q", f.Name, f.Hash)
	}
	return m
}

// like reports whether a pixel has about this colour after lossy encoding.
func like(got color.Color, want color.NRGBA) bool {
	r, g, b, _ := got.RGBA()
	near := func(a uint32, b uint8) bool { d := int(a>>8) - int(b); return -10 < d && d < 10 }
	return near(r, want.R) && near(g, want.G) && near(b, want.B)
}

func layout(ph *Photo) string {
	var s []string
	for _, f := range ph.Files {
		s = append(s, fmt.Sprintf("%s %dx%d", f.Name, f.Width, f.Height))
	}
	return strings.Join(s, ", ")
}

func TestFilesOfAPhoto(t *testing.T) {
	tests := []struct {
		w, h int
		use  Use
		want string
	}{
		{2000, 1000, Post, "1600.webp 1600x800, 960.webp 960x480, 480.webp 480x240, full.jpg 1600x800"},
		{1200, 900, Post, "1600.webp 1200x900, 960.webp 960x720, 480.webp 480x360, full.jpg 1200x900"},
		{960, 10, Post, "960.webp 960x10, 480.webp 480x5, full.jpg 960x10"},
		{300, 200, Post, "480.webp 300x200, full.jpg 300x200"},
		{1, 1, Post, "480.webp 1x1, full.jpg 1x1"},
		{3000, 1, Post, "1600.webp 1600x1, 960.webp 960x1, 480.webp 480x1, full.jpg 1600x1"},
		{2, 20000, Post, "480.webp 2x16383, full.jpg 2x16383"},
		{900, 300, Icon, "400.webp 300x300, 96.webp 96x96, full.jpg 300x300"},
		{1000, 2000, Icon, "400.webp 400x400, 96.webp 96x96, full.jpg 400x400"},
	}
	for _, tt := range tests {
		ph := process(t, asPNG(t, quarters(tt.w, tt.h)), tt.use)
		if got := layout(ph); got != tt.want {
			t.Errorf("%d × %d: got %s; want %s", tt.w, tt.h, got, tt.want)
		}
		for _, f := range ph.Files {
			decodeFile(t, f)
		}
		first := ph.Files[0]
		if ph.Width != first.Width || ph.Height != first.Height || ph.Mime != first.Mime || ph.Animated || len(ph.Blurhash) < 20 {
			t.Errorf("%d × %d: photo says %d × %d, %s, animated %v, blurhash %q", tt.w, tt.h, ph.Width, ph.Height, ph.Mime, ph.Animated, ph.Blurhash)
		}
	}
}

// A strip as wide as a page and as high as WebP allows would need hundreds of megabytes.
func TestLongStripIsBounded(t *testing.T) {
	for turn, want := range map[int]image.Point{1: {1095, 10950}, 6: {1600, 160}} {
		got := upright(image.NewGray(image.Rect(0, 0, 1600, 16000)), turn, Post.plan()).Bounds().Size()
		if got != want || got.X*got.Y > maxMade {
			t.Errorf("turned %d: made %v, want %v", turn, got, want)
		}
	}
}

// The names of the eight orientations are where the red, green, blue and white quarters go.
func TestOrientationIsApplied(t *testing.T) {
	corners := map[uint16][4]color.NRGBA{ // top left, top right, bottom left, bottom right
		0: {red, green, blue, white}, 1: {red, green, blue, white}, 9: {red, green, blue, white},
		2: {green, red, white, blue}, 3: {white, blue, green, red}, 4: {blue, white, red, green},
		5: {red, blue, green, white}, 6: {blue, red, white, green}, 7: {white, green, blue, red}, 8: {green, white, red, blue},
	}
	m := quarters(500, 400)
	for turn, want := range corners {
		for kind, data := range map[string][]byte{
			"JPEG": withJPEGMetadata(asJPEG(t, m), turn),
			"PNG":  withPNGMetadata(asPNG(t, m), turn),
			"WebP": withWebPMetadata(t, asWebP(t, m), 500, 400, turn),
		} {
			ph := process(t, data, Post)
			w, h := 500, 400
			if turn >= 5 && turn <= 8 {
				w, h = h, w
			}
			if ph.Width != w || ph.Height != h {
				t.Errorf("%s turned %d: %d × %d, want %d × %d", kind, turn, ph.Width, ph.Height, w, h)
			}
			for _, f := range ph.Files {
				got := decodeFile(t, f)
				for i, p := range []image.Point{{1, 1}, {3, 1}, {1, 3}, {3, 3}} {
					if c := got.At(p.X*f.Width/4, p.Y*f.Height/4); !like(c, want[i]) {
						t.Errorf("%s turned %d, %s: corner %d is %v, want %v", kind, turn, f.Name, i, c, want[i])
					}
				}
			}
		}
	}
}

// A photo taken at home says where home is.
func TestNoMetadataSurvives(t *testing.T) {
	m := quarters(700, 500)
	moving := asGIF(t, 40, 30, 3)
	comment := append([]byte{0x21, 0xfe, byte(len(planted))}, planted+"\x00"...)
	application := append([]byte("\x21\xff\x0bXMP DataXMP"), append([]byte{byte(len(planted))}, planted+"\x00"...)...)
	end := len(moving) - 1
	moving = append(append(append(append([]byte{}, moving[:end]...), comment...), application...), moving[end:]...)
	inputs := map[string][]byte{
		"JPEG": withJPEGMetadata(asJPEG(t, m), 1),
		"PNG":  withPNGMetadata(asPNG(t, m), 1),
		"WebP": withWebPMetadata(t, asWebP(t, m), 700, 500, 1),
		"GIF":  moving,
		"tail": append(asJPEG(t, m), planted...),
	}
	for kind, data := range inputs {
		if !bytes.Contains(data, []byte(planted)) {
			t.Fatalf("%s: nothing was planted", kind)
		}
		for _, f := range process(t, data, Post).Files {
			for _, secret := range []string{planted, "PLANTED", "Exif", "EXIF", "xmp", "XMP", "ICC_PROFILE"} {
				if bytes.Contains(f.Data, []byte(secret)) {
					t.Errorf("%s → %s: %q survived", kind, f.Name, secret)
				}
			}
			switch f.Mime {
			case typeWebP:
				for _, c := range chunksOf(t, f.Data) {
					if c.kind != "VP8 " && c.kind != "VP8L" && c.kind != "VP8X" && c.kind != "ALPH" {
						t.Errorf("%s → %s has a chunk %q", kind, f.Name, c.kind)
					}
				}
			case typeJPEG:
				for i := 2; f.Data[i+1] != 0xda; i += 2 + int(binary.BigEndian.Uint16(f.Data[i+2:])) {
					if marker := f.Data[i+1]; marker >= 0xe0 {
						t.Errorf("%s → %s has a segment %#x", kind, f.Name, marker)
					}
				}
			}
		}
	}
}

func TestTransparency(t *testing.T) {
	m := image.NewNRGBA(image.Rect(0, 0, 600, 200))
	for y := range 200 {
		for x := range 600 {
			switch {
			case x < 200:
				m.SetNRGBA(x, y, red)
			case x < 400:
				m.SetNRGBA(x, y, color.NRGBA{0, 0, 250, 128})
			}
		}
	}
	for kind, data := range map[string][]byte{"PNG": asPNG(t, m), "WebP": asWebP(t, m)} {
		ph := process(t, data, Post)
		for _, f := range ph.Files {
			got := decodeFile(t, f)
			at := func(x int) color.NRGBA {
				return color.NRGBAModel.Convert(got.At(x*f.Width/600, f.Height/2)).(color.NRGBA)
			}
			if f.Mime == typeJPEG {
				if !like(at(100), red) || !like(at(300), color.NRGBA{127, 127, 252, 255}) || !like(at(500), color.NRGBA{255, 255, 255, 255}) {
					t.Errorf("%s → %s: %v %v %v", kind, f.Name, at(100), at(300), at(500))
				}
				continue
			}
			half := at(300)
			if at(100).A < 250 || at(500).A > 5 || half.A < 118 || half.A > 138 || !like(color.NRGBA{half.R, half.G, half.B, 255}, color.NRGBA{0, 0, 250, 255}) {
				t.Errorf("%s → %s: %v %v %v", kind, f.Name, at(100), half, at(500))
			}
		}
	}
}

func TestMovingGIFKeepsMoving(t *testing.T) {
	data := asGIF(t, 500, 300, 4)
	ph := process(t, data, Post)
	if got, want := layout(ph), "full.gif 500x300, 960.webp 500x300, 480.webp 480x288, full.jpg 500x300"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	g, err := gif.DecodeAll(bytes.NewReader(ph.Files[0].Data))
	if err != nil || !ph.Animated || ph.Mime != typeGIF {
		t.Fatalf("animated %v, %s, %v", ph.Animated, ph.Mime, err)
	}
	if len(g.Image) != 4 || fmt.Sprint(g.Delay) != "[7 8 9 10]" || g.LoopCount != 3 {
		t.Errorf("%d frames, delays %v, %d loops", len(g.Image), g.Delay, g.LoopCount)
	}
	if still := decodeFile(t, ph.Files[3]); !like(still.At(250, 150), red) {
		t.Errorf("the still shows %v, want the first frame", still.At(250, 150))
	}
	if ph := process(t, data, Icon); ph.Animated || ph.Mime != typeWebP {
		t.Errorf("an icon moves: %+v", layout(ph))
	}
	if ph := process(t, asGIF(t, 50, 30, 1), Post); ph.Animated || ph.Mime != typeWebP {
		t.Errorf("one frame counts as moving: %s", layout(ph))
	}
	if ph := process(t, data[:len(data)-40], Post); ph.Animated || layout(ph) != "960.webp 500x300, 480.webp 480x288, full.jpg 500x300" {
		t.Errorf("cut off: %s", layout(ph))
	}
}

func TestMovingWebPGivesItsFirstFrame(t *testing.T) {
	clear := quarters(100, 60)
	clear.SetNRGBA(0, 0, color.NRGBA{})
	for kind, m := range map[string]image.Image{"opaque": quarters(100, 60), "with alpha": clear} {
		ph := process(t, movingWebP(t, m, 120, 80), Post)
		if got, want := layout(ph), "480.webp 100x60, full.jpg 100x60"; got != want {
			t.Errorf("%s: got %s, want %s", kind, got, want)
		}
		if c := decodeFile(t, ph.Files[0]).At(75, 15); !like(c, green) {
			t.Errorf("%s: top right is %v", kind, c)
		}
	}
}

func TestOtherColourModels(t *testing.T) {
	r := image.Rect(0, 0, 40, 40)
	gray16, deep := image.NewGray16(r), image.NewNRGBA64(r)
	for y := range 40 {
		for x := range 40 {
			gray16.Set(x, y, color.White)
			deep.Set(x, y, green)
		}
	}
	pal := image.NewPaletted(r, color.Palette{blue})
	for name, tt := range map[string]struct {
		m    image.Image
		want color.NRGBA
	}{"gray16": {gray16, color.NRGBA{255, 255, 255, 255}}, "deep": {deep, green}, "palette": {pal, blue}} {
		ph := process(t, asPNG(t, tt.m), Post)
		for _, f := range ph.Files {
			if c := decodeFile(t, f).At(20, 20); !like(c, tt.want) {
				t.Errorf("%s → %s: %v", name, f.Name, c)
			}
		}
	}
}

func TestCancelledContextEndsTheWait(t *testing.T) {
	p := NewProcessor(1)
	if err := p.slots.Acquire(t.Context(), 1); err != nil { // somebody else's long work
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() {
		_, err := p.Process(ctx, bytes.NewReader(asPNG(t, quarters(9, 9))), Post)
		done <- err
	}()
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestDecodingStopsWithItsContext(t *testing.T) {
	data := asPNG(t, noise(400, 400))
	h, err := readHeader(data)
	if err != nil {
		t.Fatal(err)
	}
	slow := circles.Errorf(circles.Invalid, "slow")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(slow)
	if _, _, err := decode(ctx, h); err != slow {
		t.Errorf("got %v, want the cause", err)
	}
}

// noise is what no encoder makes small, like the leaves of a tree.
func noise(w, h int) *image.NRGBA {
	m := image.NewNRGBA(image.Rect(0, 0, w, h))
	r := rand.New(rand.NewPCG(1, 2))
	for i := range m.Pix {
		m.Pix[i] = byte(r.Uint32()) | 0x3f
		if i%4 == 3 {
			m.Pix[i] = 255
		}
	}
	return m
}

// photo12MP is a smooth scene with some grain, 4000 × 3000.
func photo12MP(b *testing.B) []byte {
	m := image.NewRGBA(image.Rect(0, 0, 4000, 3000))
	r := rand.New(rand.NewPCG(3, 4))
	for y := range 3000 {
		for x := range 4000 {
			i := m.PixOffset(x, y)
			g := byte(r.Uint32() & 7)
			m.Pix[i], m.Pix[i+1], m.Pix[i+2], m.Pix[i+3] = byte(x/17)+g, byte(y/13)+g, byte((x+y)/31)+g, 255
		}
	}
	return asJPEG(b, m)
}

func BenchmarkProcess12MP(b *testing.B) {
	data := photo12MP(b)
	p := NewProcessor(1)
	if _, err := p.Process(b.Context(), bytes.NewReader(data), Post); err != nil { // compiles the encoder
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := p.Process(b.Context(), bytes.NewReader(data), Post); err != nil {
			b.Fatal(err)
		}
	}
}
