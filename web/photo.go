package web

import (
	"fmt"
	"html/template"
	"image/color"
	"strings"

	"github.com/bbrks/go-blurhash"
)

// A Photo is one picture of a post in the forms that internal/media made of it.
type Photo struct {
	ID       string // a circles.MediaID
	Href     string // its own page, with the description to copy
	Alt      string
	Width    int // of the largest form, pixels
	Height   int
	Widths   []int  // of the WebP forms, ascending
	Blurhash string // empty when unknown, or when the picture has transparent parts
	Moving   bool   // the original is a moving GIF
	Remote   string // its address on another server; empty = it is ours
	Proxied  bool   // a remote one that is shown through us; else it is a link
}

// SrcSet lists the WebP forms for the srcset attribute.
func (p Photo) SrcSet() string {
	var b strings.Builder
	for i, w := range p.Widths {
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "/media/%s/%d.webp %dw", p.ID, w, w)
	}
	return b.String()
}

// Largest is the address of the largest WebP form.
func (p Photo) Largest() string {
	if p.Moving {
		return "/media/" + p.ID + "/full.gif"
	}
	if len(p.Widths) == 0 {
		return p.Fallback()
	}
	return fmt.Sprintf("/media/%s/%d.webp", p.ID, p.Widths[len(p.Widths)-1])
}

// Smallest is the address of the smallest WebP form, for lists.
func (p Photo) Smallest() string {
	if len(p.Widths) == 0 {
		return p.Fallback()
	}
	return fmt.Sprintf("/media/%s/%d.webp", p.ID, p.Widths[0])
}

// Fallback is the address of the JPEG form; of a remote picture, of the only one there is.
func (p Photo) Fallback() string {
	if p.Remote != "" {
		return "/media/" + p.ID + "/" + remoteFile
	}
	return "/media/" + p.ID + "/full.jpg"
}

// Linked reports whether the picture can be shown as a link only.
func (p Photo) Linked() bool { return p.Remote != "" && !p.Proxied }

// blurCols by blurRows rectangles stand in for a picture until it is there.
const blurCols, blurRows = 4, 3

// Blur draws the blurhash as a handful of rectangles that the style sheet softens. It is markup, not
// a data: address or an inline style, so the content security policy need not open for it. A hash
// that is not one gives nothing: it may come from another server.
func (p Photo) Blur() template.HTML {
	if len(p.Blurhash) < 6 || len(p.Blurhash) > 166 { // 9 × 9 components at most
		return ""
	}
	img, err := blurhash.Decode(p.Blurhash, blurCols, blurRows, 1)
	if err != nil {
		return ""
	}
	var b strings.Builder
	fmt.Fprintf(&b, `<svg class="blur" viewBox="0 0 %d %d" preserveAspectRatio="none" aria-hidden="true">`, blurCols, blurRows)
	for y := range blurRows {
		for x := range blurCols {
			c := color.NRGBAModel.Convert(img.At(x, y)).(color.NRGBA)
			fmt.Fprintf(&b, `<rect x="%d" y="%d" width="1.02" height="1.02" fill="#%02x%02x%02x"/>`, x, y, c.R, c.G, c.B)
		}
	}
	b.WriteString(`</svg>`)
	return template.HTML(b.String())
}
