// Package static holds what every page loads: the style sheet, the ES modules and the icons, inside
// the binary. At start it joins, names each file by the hash of its bytes and compresses it once, so
// that a browser may keep it for ever and serving costs a map lookup.
//
// It renders nothing, minifies nothing and knows no page. Begin with Load; css/ is joined in the
// order of its file names into app.css, each file of js/ stays a module of its own, and icons/ is
// joined into one sprite, icons.svg, with a symbol for each file.
package static

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"regexp"
	"strconv"
	"strings"
)

//go:embed css/*.css js/*.js icons/*.svg
var embedded embed.FS

// Prefix is the path under which Files answers.
const Prefix = "/static/"

// A file is one asset as it is served.
type file struct {
	mime  string
	etag  string
	plain []byte
	gz    []byte // nil when compression does not make it smaller
}

// Files answers GET and HEAD for every asset under Prefix. It is ready for concurrent use.
type Files struct {
	urls   map[string]string // "app.css" → "/static/app.0123456789ab.css"
	byPath map[string]*file
}

// Load joins, hashes and compresses the embedded assets. It fails only when one of them is broken,
// which a test sees first.
func Load() (*Files, error) { return load(embedded) }

func load(src fs.FS) (*Files, error) {
	f := &Files{urls: map[string]string{}, byPath: map[string]*file{}}
	css, err := join(src, "css/*.css")
	if err != nil {
		return nil, err
	}
	sprite, err := sprite(src)
	if err != nil {
		return nil, err
	}
	if err := f.add("app.css", css); err != nil {
		return nil, err
	}
	if err := f.add("icons.svg", sprite); err != nil {
		return nil, err
	}
	icon, err := fs.ReadFile(src, "icons/ring.svg")
	if err != nil {
		return nil, err
	}
	if err := f.add("favicon.svg", icon); err != nil {
		return nil, err
	}
	modules, err := fs.Glob(src, "js/*.js")
	if err != nil {
		return nil, err
	}
	for _, m := range modules {
		if err := f.addModule(src, path.Base(m), nil); err != nil {
			return nil, err
		}
	}
	return f, nil
}

// URL returns the hashed address of an asset, such as "app.css". An unknown name is a mistake of the
// template that asked, and gives an address that answers 404.
func (f *Files) URL(name string) string {
	if u, ok := f.urls[name]; ok {
		return u
	}
	return Prefix + name
}

// Size returns how many bytes the asset of this name costs a visitor, compressed; 0 if unknown.
func (f *Files) Size(name string) int {
	a := f.byPath[f.urls[name]]
	switch {
	case a == nil:
		return 0
	case a.gz != nil:
		return len(a.gz)
	}
	return len(a.plain)
}

func (f *Files) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a := f.byPath[r.URL.Path]
	if a == nil {
		http.NotFound(w, r)
		return
	}
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "Only GET is answered here.", http.StatusMethodNotAllowed)
		return
	}
	h := w.Header()
	h.Set("Content-Type", a.mime)
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	h.Set("Vary", "Accept-Encoding")
	h.Set("X-Content-Type-Options", "nosniff")
	body, etag := a.plain, a.etag
	if a.gz != nil && acceptsGzip(r.Header.Get("Accept-Encoding")) {
		h.Set("Content-Encoding", "gzip")
		body, etag = a.gz, strings.TrimSuffix(a.etag, `"`)+`-gz"` // RFC 9110 8.8.3.3: one tag a coding
	}
	h.Set("ETag", etag)
	if r.Header.Get("If-None-Match") == etag {
		h.Del("Content-Encoding")
		w.WriteHeader(http.StatusNotModified)
		return
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	if r.Method == http.MethodHead {
		return
	}
	w.Write(body)
}

// acceptsGzip reports whether an Accept-Encoding header lists gzip without refusing it (q=0).
func acceptsGzip(header string) bool {
	for part := range strings.SplitSeq(header, ",") {
		coding, params, _ := strings.Cut(strings.TrimSpace(part), ";")
		if !strings.EqualFold(strings.TrimSpace(coding), "gzip") {
			continue
		}
		q, found := strings.CutPrefix(strings.ReplaceAll(params, " ", ""), "q=")
		v, err := strconv.ParseFloat(q, 64)
		return !found || err != nil || v > 0
	}
	return false
}

func (f *Files) add(name string, body []byte) error {
	if _, twice := f.urls[name]; twice {
		return fmt.Errorf("asset %s: two files of one name", name)
	}
	sum := sha256.Sum256(body)
	hash := hex.EncodeToString(sum[:6])
	ext := path.Ext(name)
	a := &file{mime: mime.TypeByExtension(ext), etag: `"` + hash + `"`, plain: body}
	switch ext { // the types of a host's mime.types file are not ours to trust
	case ".css":
		a.mime = "text/css; charset=utf-8"
	case ".js":
		a.mime = "text/javascript; charset=utf-8"
	case ".svg":
		a.mime = "image/svg+xml"
	}
	var buf bytes.Buffer
	zw, err := gzip.NewWriterLevel(&buf, gzip.BestCompression)
	if err != nil {
		return fmt.Errorf("asset %s: %w", name, err)
	}
	if _, err := zw.Write(body); err != nil {
		return fmt.Errorf("asset %s: %w", name, err)
	}
	if err := zw.Close(); err != nil {
		return fmt.Errorf("asset %s: %w", name, err)
	}
	if buf.Len() < len(body) {
		a.gz = buf.Bytes()
	}
	u := Prefix + strings.TrimSuffix(name, ext) + "." + hash + ext
	f.urls[name] = u
	f.byPath[u] = a
	return nil
}

var importLine = regexp.MustCompile(`(?m)^import .*"\./([a-z]+\.js)";$`)

// addModule adds a module after those it imports, with their hashed names written into its imports:
// a module keeps its address as long as nothing below it changes.
func (f *Files) addModule(src fs.FS, name string, above []string) error {
	if _, done := f.urls[name]; done {
		return nil
	}
	for _, a := range above {
		if a == name {
			return fmt.Errorf("module %s: imports itself by way of %s", name, strings.Join(above, ", "))
		}
	}
	body, err := fs.ReadFile(src, "js/"+name)
	if err != nil {
		return fmt.Errorf("module %s: %w", name, err)
	}
	for _, m := range importLine.FindAllSubmatch(body, -1) {
		dep := string(m[1])
		if err := f.addModule(src, dep, append(above, name)); err != nil {
			return err
		}
		body = bytes.Replace(body, []byte(`"./`+dep+`"`), []byte(`"`+f.urls[dep]+`"`), 1)
	}
	return f.add(name, body)
}

func join(src fs.FS, pattern string) ([]byte, error) {
	names, err := fs.Glob(src, pattern) // sorted: the number in front of a name is its place
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	for _, n := range names {
		b, err := fs.ReadFile(src, n)
		if err != nil {
			return nil, fmt.Errorf("asset %s: %w", n, err)
		}
		out.Write(b)
	}
	return out.Bytes(), nil
}

// svgBody takes a drawing apart: its viewBox and what stands inside the root element.
var svgBody = regexp.MustCompile(`(?s)^<svg [^>]*viewBox="([^"]+)"[^>]*>(.*)</svg>\s*$`)

func sprite(src fs.FS) ([]byte, error) {
	names, err := fs.Glob(src, "icons/*.svg")
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	out.WriteString(`<svg xmlns="http://www.w3.org/2000/svg">`)
	for _, n := range names {
		b, err := fs.ReadFile(src, n)
		if err != nil {
			return nil, fmt.Errorf("icon %s: %w", n, err)
		}
		m := svgBody.FindSubmatch(b)
		if m == nil {
			return nil, fmt.Errorf("icon %s: no root element with a viewBox", n)
		}
		id := strings.TrimSuffix(path.Base(n), ".svg")
		fmt.Fprintf(&out, `<symbol id="%s" viewBox="%s">%s</symbol>`, id, m[1], bytes.TrimSpace(m[2]))
	}
	out.WriteString(`</svg>`)
	return out.Bytes(), nil
}
