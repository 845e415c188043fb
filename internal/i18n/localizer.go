package i18n

import (
	"errors"
	"fmt"
	"time"

	goi18n "github.com/nicksnyder/go-i18n/v2/i18n"
	"golang.org/x/text/message"

	"halqa/circles"
)

// A Localizer renders messages in one language. It is safe for concurrent use.
type Localizer struct {
	tag     string
	lookup  *goi18n.Localizer
	printer *message.Printer
	known   map[string]bool
	ago     agoWords
	plain   map[string]string // messages without placeholders: most of a page, one map lookup each
}

// Tag is the BCP 47 tag for the lang attribute.
func (l *Localizer) Tag() string { return l.tag }

// Has reports whether the catalogue knows the key.
func (l *Localizer) Has(key string) bool { return l.known[key] }

// T renders the message of this key. args are pairs of a placeholder's name and its value; integers
// are grouped as the language does, and the one named Count picks the plural form. A key that no
// catalogue knows is returned as it is: an ugly page is better than none, and a test finds it.
func (l *Localizer) T(key string, args ...any) string {
	if s, ok := l.plain[key]; ok {
		return s
	}
	data := make(map[string]any, len(args)/2)
	for i := 0; i+1 < len(args); i += 2 {
		data[fmt.Sprint(args[i])] = args[i+1]
	}
	s, err := l.render(key, data)
	if err != nil {
		return key
	}
	return s
}

func (l *Localizer) render(key string, data map[string]any) (string, error) {
	c := goi18n.LocalizeConfig{MessageID: key}
	shown := make(map[string]any, len(data))
	for name, v := range data {
		switch n := v.(type) {
		case int:
			v = l.Number(int64(n))
		case int64:
			v = l.Number(n)
		}
		if name == "Count" {
			c.PluralCount = data[name]
		}
		shown[name] = v
	}
	c.TemplateData = shown
	return l.lookup.Localize(&c)
}

// Error returns the sentence that may be shown for err: that of its catalogue key, else its own
// English message, and for anything that is not a circles.Error one that gives nothing away.
func (l *Localizer) Error(err error) string {
	var e *circles.Error
	if !errors.As(err, &e) || e.Kind == circles.Internal {
		return l.T("error.internal")
	}
	if own, ok := e.Err.(interface{ Say(lang string) string }); ok { // a gate makes its own sentences
		if s := own.Say(l.tag); s != "" {
			return s
		}
	}
	if e.Text != "" {
		if s, ok := l.plain[e.Text]; ok {
			return s
		}
		if s, err := l.render(e.Text, e.Args); err == nil && s != "" {
			return s
		}
	}
	return e.Message
}

// Number groups the digits of n.
func (l *Localizer) Number(n int64) string {
	if -1000 < n && n < 1000 {
		return fmt.Sprint(n)
	}
	return l.printer.Sprintf("%d", n)
}

// Date is the day of t in UTC.
func (l *Localizer) Date(t time.Time) string { return t.UTC().Format(l.T("date.layout")) }

// DateTime is the minute of t in UTC, and says that it is UTC.
func (l *Localizer) DateTime(t time.Time) string { return t.UTC().Format(l.T("date.time-layout")) }

// agoDays is from when on a date says more than a number of days.
const agoDays = 30

// agoWords are the few relative times there are, rendered once: a thread says hundreds of them.
type agoWords struct {
	minutes [60]string
	hours   [24]string
	days    [agoDays]string
}

func (l *Localizer) fillAgo() {
	for i := range l.ago.minutes {
		l.ago.minutes[i] = l.T("ago.minutes", "Count", i)
	}
	for i := range l.ago.hours {
		l.ago.hours[i] = l.T("ago.hours", "Count", i)
	}
	for i := range l.ago.days {
		l.ago.days[i] = l.T("ago.days", "Count", i)
	}
}

// Ago says how long before now t was, roughly: "3 hours ago", and the day once that is a month.
// A time a little in the future, as a peer's clock may claim, is "just now".
func (l *Localizer) Ago(now, t time.Time) string {
	d := now.Sub(t)
	switch {
	case d < time.Minute:
		return l.T("ago.now")
	case d < time.Hour:
		return l.ago.minutes[d/time.Minute]
	case d < 24*time.Hour:
		return l.ago.hours[d/time.Hour]
	case d < agoDays*24*time.Hour:
		return l.ago.days[d/(24*time.Hour)]
	}
	return l.Date(t)
}
