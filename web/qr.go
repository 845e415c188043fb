package web

import (
	"fmt"
	"html/template"
	"strings"

	"rsc.io/qr"
)

// qrQuiet is the empty frame that readers need, in modules. ISO 18004 asks for four.
const qrQuiet = 4

// maxQR bounds what is drawn as a code, in bytes: what fits into the largest one of this correction.
const maxQR = 2000

// qrCode draws a code as one path. Dark on light in either theme, because many readers need that.
// Nothing is drawn of what does not fit; the link beside it says the same.
func qrCode(text, label string) template.HTML {
	if len(text) > maxQR {
		return ""
	}
	code, err := qr.Encode(text, qr.L)
	if err != nil {
		return ""
	}
	var path strings.Builder
	for y := range code.Size {
		for x := 0; x < code.Size; x++ {
			if !code.Black(x, y) {
				continue
			}
			from := x
			for x+1 < code.Size && code.Black(x+1, y) {
				x++
			}
			fmt.Fprintf(&path, "M%d %dh%dv1h-%dz", from+qrQuiet, y+qrQuiet, x-from+1, x-from+1)
		}
	}
	side := code.Size + 2*qrQuiet
	return template.HTML(fmt.Sprintf(`<svg class="qr" viewBox="0 0 %d %d" role="img" aria-label="%s" shape-rendering="crispEdges"><rect width="%d" height="%d" fill="#fff"/><path fill="#000" d="%s"/></svg>`,
		side, side, template.HTMLEscapeString(label), side, side, path.String()))
}
