package text

import (
	"net/url"
	"strings"

	"golang.org/x/net/html"
)

// maxListed bounds what LinksIn returns: a rule about links needs no more.
const maxListed = 1000

// LinksIn returns the addresses that a piece of sanitised HTML links to, each time it does. The names of
// people, circles and tags are no links, as long as they lead to something of that name.
func LinksIn(s string) []string {
	if len(s) > maxHTML {
		s = s[:maxHTML]
	}
	z := html.NewTokenizer(strings.NewReader(s))
	var links []string
	href, label := "", ""
	for len(links) < maxListed {
		switch z.Next() {
		case html.ErrorToken:
			return links
		case html.TextToken:
			if href != "" && len(label) < maxAlt {
				label += string(z.Text())
			}
		case html.StartTagToken:
			if name, more := z.TagName(); string(name) == "a" {
				href, label = attributes(z, more)["href"], ""
			}
		case html.EndTagToken:
			if name, _ := z.TagName(); string(name) == "a" && href != "" {
				if !isName(label, href) {
					links = append(links, href)
				}
				href = ""
			}
		}
	}
	return links
}

// isName reports whether a link's text is a name and its address ends in it: "@ann@far.example" and
// https://far.example/@ann.
func isName(label, href string) bool {
	label = strings.TrimSpace(label)
	if label == "" || !strings.ContainsRune("@#!", rune(label[0])) {
		return false
	}
	name, _, _ := strings.Cut(label[1:], "@")
	u, err := url.Parse(href)
	if err != nil || name == "" {
		return false
	}
	last := strings.TrimPrefix(u.Path[strings.LastIndexByte(u.Path, '/')+1:], "@")
	last, _, _ = strings.Cut(last, "@")
	return strings.EqualFold(last, name)
}
