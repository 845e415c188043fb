package media

import (
	"image"
	"image/color"
	"math"

	"golang.org/x/image/draw"
)

// upright returns a picture turned and cut as wanted, no wider than its widest slot.
// Scaling comes first, so that the turning moves few pixels.
func upright(src image.Image, turn int, want plan) *image.RGBA {
	b := src.Bounds()
	if want.square {
		side := min(b.Dx(), b.Dy())
		x, y := b.Min.X+(b.Dx()-side)/2, b.Min.Y+(b.Dy()-side)/2
		b = image.Rect(x, y, x+side, y+side)
	}
	widest := want.widths[len(want.widths)-1]
	size := fit(b.Size(), widest, maxSide)
	if turn >= 5 { // lying on its side
		size = fit(b.Size(), maxSide, widest)
	}
	if area := float64(size.X) * float64(size.Y); area > maxMade {
		size = fit(size, max(1, int(float64(size.X)*math.Sqrt(maxMade/area))), maxSide)
	}
	m := image.NewRGBA(image.Rectangle{Max: size})
	draw.ApproxBiLinear.Scale(m, m.Bounds(), src, b, draw.Src, nil)
	return rotate(m, turn)
}

// fit returns size scaled down into width × height; it is never enlarged, and no side vanishes.
func fit(size image.Point, width, height int) image.Point {
	if size.X > width {
		size = image.Pt(width, int((int64(size.Y)*int64(width)+int64(size.X)/2)/int64(size.X)))
	}
	if size.Y > height {
		size = image.Pt(int((int64(size.X)*int64(height)+int64(size.Y)/2)/int64(size.Y)), height)
	}
	return image.Pt(max(size.X, 1), max(size.Y, 1))
}

func scale(src image.Image, size image.Point) *image.RGBA {
	m := image.NewRGBA(image.Rectangle{Max: size})
	draw.ApproxBiLinear.Scale(m, m.Bounds(), src, src.Bounds(), draw.Src, nil)
	return m
}

// shrink returns m at most width wide, m itself if it is already.
func shrink(m *image.RGBA, width int) *image.RGBA {
	if m.Bounds().Dx() <= width {
		return m
	}
	return scale(m, fit(m.Bounds().Size(), width, maxSide))
}

// rotate turns a picture by its Exif orientation.
func rotate(m *image.RGBA, turn int) *image.RGBA {
	if turn <= 1 || turn > 8 {
		return m
	}
	w, h := m.Bounds().Dx(), m.Bounds().Dy()
	size := image.Pt(w, h)
	if turn >= 5 {
		size = image.Pt(h, w)
	}
	out := image.NewRGBA(image.Rectangle{Max: size})
	for y := range size.Y {
		for x := range size.X {
			var sx, sy int
			switch turn {
			case 2: // mirrored
				sx, sy = w-1-x, y
			case 3: // upside down
				sx, sy = w-1-x, h-1-y
			case 4:
				sx, sy = x, h-1-y
			case 5:
				sx, sy = y, x
			case 6: // the camera was turned left
				sx, sy = y, h-1-x
			case 7:
				sx, sy = w-1-y, h-1-x
			case 8:
				sx, sy = w-1-y, x
			}
			copy(out.Pix[out.PixOffset(x, y):][:4], m.Pix[m.PixOffset(sx, sy):][:4])
		}
	}
	return out
}

// straight returns m with its colours not premultiplied. An opaque picture has them so already.
func straight(m *image.RGBA) image.Image {
	if m.Opaque() {
		return m
	}
	n := image.NewNRGBA(m.Bounds())
	draw.Draw(n, n.Bounds(), m, m.Bounds().Min, draw.Src)
	return n
}

// flatten returns m on white, for JPEG, which knows no transparency.
func flatten(m *image.RGBA) *image.RGBA {
	if m.Opaque() {
		return m
	}
	out := image.NewRGBA(m.Bounds())
	draw.Draw(out, out.Bounds(), image.NewUniform(color.White), image.Point{}, draw.Src)
	draw.Draw(out, out.Bounds(), m, m.Bounds().Min, draw.Over)
	return out
}
