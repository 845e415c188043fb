package web

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"html/template"
	"strings"
	"unicode"
	"unicode/utf8"
)

// hues is how many colours circles and people share, 30 degrees apart; app.css names them.
const hues = 12

// glyph draws the mark of a circle: three arcs whose lengths and turns come from the hash of the
// actor's id, so that every instance of this software shows the same one.
func glyph(c CircleRef, class string) template.HTML {
	sum := sha256.Sum256([]byte(c.Actor))
	hue := c.Hue - 1
	if hue < 0 || hue >= hues {
		hue = glyphHue(c.Actor)
	}
	var b strings.Builder
	fmt.Fprintf(&b, `<svg class="glyph %s hue%d" viewBox="0 0 32 32" aria-hidden="true">`, template.HTMLEscapeString(class), hue)
	for i, r := range [...]string{"13.6", "8.8", "4"} {
		n := binary.BigEndian.Uint16(sum[2+2*i:])
		length := 42 + int(n>>8)%46 // of 100: an arc is always open and always more than a hook
		turn := int(n&0xff) * 360 / 256
		fmt.Fprintf(&b, `<circle cx="16" cy="16" r="%s" pathLength="100" stroke-dasharray="%d 100" transform="rotate(%d 16 16)"/>`, r, length, turn)
	}
	b.WriteString(`</svg>`)
	return template.HTML(b.String())
}

// glyphHue is the colour that an actor's address gives, where nobody chose one.
func glyphHue(actor string) int {
	sum := sha256.Sum256([]byte(actor))
	return int(sum[0]) % hues
}

// personHue is the class of a person's ring.
func personHue(p PersonRef) string {
	return fmt.Sprintf("hue%d", glyphHue(p.Actor))
}

// initial is the letter inside a person's ring: the first letter or digit of what they are called.
func initial(p PersonRef) string {
	for _, r := range p.Called() {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return string(unicode.ToUpper(r))
		}
	}
	r, _ := utf8.DecodeRuneInString(p.Name)
	if r == utf8.RuneError {
		return "?"
	}
	return string(r)
}
