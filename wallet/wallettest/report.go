package wallettest

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
)

// An Outcome is what a case came to.
type Outcome string

const (
	Passed  Outcome = "passed"
	Failed  Outcome = "failed"
	Skipped Outcome = "skipped" // the adapter or its rail has no such thing; Detail says what
)

// A Result is one case.
type Result struct {
	Case    int     `json:"case"`
	Level   int     `json:"level"`
	Name    string  `json:"name"`
	Outcome Outcome `json:"outcome"`
	Detail  string  `json:"detail,omitempty"`
}

// A Report is what a check found.
type Report struct {
	Adapter  string   `json:"adapter"`
	Version  string   `json:"version"`
	Contract string   `json:"contract"`
	Level    int      `json:"level"`
	Cases    []Result `json:"cases"`
}

// Count returns how many cases came to an outcome.
func (r Report) Count(o Outcome) (n int) {
	for _, c := range r.Cases {
		if c.Outcome == o {
			n++
		}
	}
	return n
}

// Text writes the report for people.
func (r Report) Text(w io.Writer) error {
	mark := map[Outcome]string{Passed: "ok  ", Failed: "FAIL", Skipped: "skip"}
	for _, c := range r.Cases {
		line := fmt.Sprintf("%s %2d  L%d  %s", mark[c.Outcome], c.Case, c.Level, c.Name)
		if c.Detail != "" {
			line += ": " + c.Detail
		}
		if _, err := fmt.Fprintln(w, line); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintf(w, "%s %s: passed %d of %d, %d failed, %d skipped, level %d\n",
		r.Adapter, r.Version, r.Count(Passed), len(r.Cases), r.Count(Failed), r.Count(Skipped), r.Level)
	return err
}

// JSON writes the report for programs.
func (r Report) JSON(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(r)
}

type junitSuite struct {
	XMLName  xml.Name    `xml:"testsuite"`
	Name     string      `xml:"name,attr"`
	Tests    int         `xml:"tests,attr"`
	Failures int         `xml:"failures,attr"`
	Skipped  int         `xml:"skipped,attr"`
	Cases    []junitCase `xml:"testcase"`
}

type junitCase struct {
	Class   string        `xml:"classname,attr"`
	Name    string        `xml:"name,attr"`
	Failure *junitMessage `xml:"failure,omitempty"`
	Skipped *junitMessage `xml:"skipped,omitempty"`
}

type junitMessage struct {
	Message string `xml:"message,attr"`
}

// JUnit writes the report for machines that build.
func (r Report) JUnit(w io.Writer) error {
	s := junitSuite{Name: r.Adapter + " " + r.Version, Tests: len(r.Cases), Failures: r.Count(Failed), Skipped: r.Count(Skipped)}
	for _, c := range r.Cases {
		j := junitCase{Class: fmt.Sprintf("%s.L%d", r.Contract, c.Level), Name: fmt.Sprintf("%02d %s", c.Case, c.Name)}
		switch c.Outcome {
		case Failed:
			j.Failure = &junitMessage{c.Detail}
		case Skipped:
			j.Skipped = &junitMessage{c.Detail}
		}
		s.Cases = append(s.Cases, j)
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	e := xml.NewEncoder(w)
	e.Indent("", "  ")
	if err := e.Encode(s); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}
