//go:build linux

package main

import (
	"bufio"
	"bytes"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"halqa/circles"
)

// BenchmarkMillionPosts starts an instance of 1,000,000 posts in a process of its own, and one of none,
// and reports how long each takes from its start to its first page, and how much memory it keeps when it
// has nothing to do. The posts are put into SQLite's file directly, without entries of the log and
// without the index of the search. HALQA_BENCH_POSTS makes it another number.
//
//	go test ./cmd/halqa -run '^$' -bench MillionPosts -benchtime 3x
func BenchmarkMillionPosts(b *testing.B) {
	posts := 1_000_000
	if s := os.Getenv("HALQA_BENCH_POSTS"); s != "" {
		var err error
		if posts, err = strconv.Atoi(s); err != nil {
			b.Fatal(err)
		}
	}
	var empty, full figures
	for _, f := range []*figures{&empty, &full} {
		data := b.TempDir()
		p := startChild(b, data)
		p.must(deed{Verb: "person", Who: "ada"})
		for i := range benchCircles {
			p.must(deed{Verb: "circle", Who: "ada", Circle: fmt.Sprint("circle", i)})
		}
		p.end()
		if f == &full {
			fillPosts(b, data, posts)
		}
		for range b.N {
			p := startChild(b, data)
			p.page("/")
			f.start += time.Since(p.began)
			for range 3 {
				p.page("/c/circle1")
				p.page("/?feed=all&sort=new")
			}
			f.memory += p.resident()
			p.end()
		}
	}
	n := float64(b.N)
	b.ReportMetric(float64(full.start.Milliseconds())/n, "ms-start")
	b.ReportMetric(float64(empty.start.Milliseconds())/n, "ms-start-empty")
	b.ReportMetric(float64(full.memory>>20)/n, "MiB")
	b.ReportMetric(float64(empty.memory>>20)/n, "MiB-empty")
	b.ReportMetric(float64(posts), "posts")
}

const (
	benchCircles = 20
	benchBase    = "http://127.0.0.1:9" // nobody asks there
)

type figures struct {
	start  time.Duration
	memory int64
}

// fillPosts writes posts and, for every second one, comments into the file, over one year.
func fillPosts(b *testing.B, data string, n int) {
	b.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(data, databaseName)+"?_pragma=synchronous(0)&_pragma=cache_size(-200000)")
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	now := time.Now()
	first := now.Add(-365 * 24 * time.Hour)
	step := circles.IDFloor(now) - circles.IDFloor(first)
	step /= int64(n)
	const chunk = 50_000
	for from := 0; from < n; from += chunk {
		_, err := db.Exec(`WITH RECURSIVE i (n) AS (SELECT ? UNION ALL SELECT n + 1 FROM i WHERE n + 1 < ?),
			c (n, id) AS (SELECT ROW_NUMBER() OVER (ORDER BY id) - 1, id FROM actor WHERE kind = 'circle'),
			p (id, circle, at, score) AS (SELECT ? + i.n * ?, c.id, ? + i.n * ?, (i.n * 7919) % 97 FROM i JOIN c ON c.n = (i.n / 2 * 31) % ?)
			INSERT INTO post (id, uri, kind, circle, author, root, parent, depth, state, title, listed, local, published, created_at,
				ups, score, hot, scaled, active, body, body_html)
			SELECT id, CASE WHEN id / ? % 2 = 0 THEN '/post/' ELSE '/comment/' END || id, CASE WHEN id / ? % 2 = 0 THEN 'post' ELSE 'comment' END,
				circle, (SELECT id FROM actor WHERE name = 'ada'), CASE WHEN id / ? % 2 = 0 THEN id ELSE id - ? END,
				CASE WHEN id / ? % 2 = 0 THEN 0 ELSE id - ? END, id / ? % 2, 'visible', 'A title about something', 1, 1, at, at,
				score, score, at / 1000 + score * 1000, at / 1000 + score, at, ?, ?
			FROM p`,
			from, min(from+chunk, n), circles.IDFloor(first)/step*step, step, first.UnixMicro(), now.Sub(first).Microseconds()/int64(n), benchCircles,
			step, step, step, step, step, step, step, strings.Repeat("words about an interest ", 20), "<p>"+strings.Repeat("words about an interest ", 20)+"</p>")
		if err != nil {
			b.Fatal(err)
		}
	}
	var have int
	if err := db.QueryRow("SELECT COUNT(*) FROM post").Scan(&have); err != nil || have != n {
		b.Fatalf("%d posts, want %d: %v", have, n, err)
	}
}

// A process is an instance that TestCrashChild runs.
type process struct {
	*testing.B
	cmd        *exec.Cmd
	pipe       io.Closer
	began      time.Time
	web, deeds string
}

func startChild(b *testing.B, data string) *process {
	b.Helper()
	p := &process{B: b, cmd: exec.Command(os.Args[0], "-test.run=^TestCrashChild$", "-test.timeout=0"), began: time.Now()}
	p.cmd.Env = append(os.Environ(), envCrashData+"="+data, envCrashBase+"="+benchBase)
	p.cmd.Stderr = os.Stderr
	pipe, err := p.cmd.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	p.pipe = pipe
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		b.Fatal(err)
	}
	scan := bufio.NewScanner(out)
	for scan.Scan() {
		if where, ok := strings.CutPrefix(scan.Text(), crashReady); ok {
			at := strings.Fields(where)
			p.web, p.deeds = at[0], at[1]
			return p
		}
	}
	b.Fatal("the child ended at once")
	return nil
}

func (p *process) end() {
	p.pipe.Close()
	_ = p.cmd.Wait() // it ends with its pipe, and says so by its status
}

func (p *process) must(d deed) {
	p.Helper()
	body, err := json.Marshal(d)
	if err != nil {
		p.Fatal(err)
	}
	res, err := http.Post("http://"+p.deeds, "application/json", bytes.NewReader(body))
	if err != nil {
		p.Fatal(err)
	}
	defer res.Body.Close()
	var answer done
	if err := json.NewDecoder(res.Body).Decode(&answer); err != nil || answer.Refused != "" {
		p.Fatalf("%+v: %s %v", d, answer.Refused, err)
	}
}

// page asks for a page, which has to be there.
func (p *process) page(path string) {
	p.Helper()
	req, err := http.NewRequest(http.MethodGet, "http://"+p.web+path, nil)
	if err != nil {
		p.Fatal(err)
	}
	req.Host = strings.TrimPrefix(benchBase, "http://")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		p.Fatal(err)
	}
	defer res.Body.Close()
	if n, err := io.Copy(io.Discard, res.Body); err != nil || res.StatusCode != http.StatusOK || n < 1000 {
		p.Fatalf("%s: status %d, %d bytes, %v", path, res.StatusCode, n, err)
	}
}

// resident is the memory of the process that is not shared with files, and what it has of them.
func (p *process) resident() int64 {
	p.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		p.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if kib, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			n, err := strconv.ParseInt(strings.Fields(kib)[0], 10, 64)
			if err != nil {
				p.Fatal(err)
			}
			return n << 10
		}
	}
	p.Fatal("no VmRSS")
	return 0
}
