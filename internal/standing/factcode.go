package standing

import (
	"fmt"
	"strconv"
	"strings"

	"halqa/circles/reputation"
)

// Facts are stored with every judged act, so they are written small: those of the circle, those of the
// instance, and in how many days a strike eases, without zeros: "c0=3 i2=5 e=12".

func encodeFacts(f *reputation.Facts) string {
	var b strings.Builder
	put := func(key byte, i int, n int32) {
		if n == 0 {
			return
		}
		if b.Len() > 0 {
			b.WriteByte(' ')
		}
		b.WriteByte(key)
		b.WriteString(strconv.Itoa(i))
		b.WriteByte('=')
		b.WriteString(strconv.FormatInt(int64(n), 10))
	}
	for i, n := range f.Circle {
		put('c', i, n)
	}
	for i, n := range f.Instance {
		put('i', i, n)
	}
	put('e', 0, f.StrikeEase)
	if b.Len() == 0 {
		return "-"
	}
	return b.String()
}

func decodeFacts(s string) (reputation.Facts, error) {
	var f reputation.Facts
	if s == "-" {
		return f, nil
	}
	for part := range strings.SplitSeq(s, " ") {
		key, value, ok := strings.Cut(part, "=")
		n, err := strconv.ParseInt(value, 10, 32)
		if !ok || err != nil || len(key) < 2 {
			return f, fmt.Errorf("facts %.40q", s)
		}
		i, err := strconv.Atoi(key[1:])
		if err != nil || i < 0 || i >= len(f.Circle) {
			return f, fmt.Errorf("facts %.40q", s)
		}
		switch key[0] {
		case 'c':
			f.Circle[i] = int32(n)
		case 'i':
			f.Instance[i] = int32(n)
		case 'e':
			f.StrikeEase = int32(n)
		default:
			return f, fmt.Errorf("facts %.40q", s)
		}
	}
	return f, nil
}
