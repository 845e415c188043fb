package as

import (
	"fmt"
	"net/url"
	"time"

	"github.com/go-fed/activity/streams"
	"github.com/go-fed/activity/streams/vocab"
)

// objectMember and actorMember tell what go-fed is handed, beside the type.
func objectMember(key string) bool {
	switch key {
	case "name", "nameMap", "summary", "summaryMap", "content", "published", "updated",
		"startTime", "endTime", "oneOf", "anyOf", "closed":
		return true
	}
	return false
}

func actorMember(key string) bool {
	switch key {
	case "name", "nameMap", "summary", "summaryMap", "published", "discoverable":
		return true
	}
	return false
}

// noAliases tells go-fed that every term stands in the document under its own name. Servers that
// rename terms in @context ("as:name") exist in specifications only.
func noAliases() map[string]string { return nil }

// excerpt copies some members of an object into the form that go-fed reads, under the given type:
// Note has the properties of every object, Question those and the poll's, Person those of every actor.
// (go-fed fails on a type it does not know, such as ChatMessage, and so would we on the object.)
func excerpt(v value, typ string, wanted func(string) bool) map[string]any {
	m := map[string]any{"type": typ}
	v.members(func(key string, member value) {
		if wanted(key) && !member.absent() {
			m[key] = member.any()
		}
	})
	return m
}

// any is the value as encoding/json would decode it.
func (v value) any() any {
	switch v.node().kind {
	case '{':
		m := map[string]any{}
		v.members(func(key string, member value) { m[key] = member.any() })
		return m
	case '[':
		list := []any{}
		v.each(func(e value) { list = append(list, e.any()) })
		return list
	case '0':
		return v.number()
	case 't':
		return true
	case 'f':
		return false
	case 'n':
		return nil
	}
	return v.str()
}

// object is what Note and Question share.
type object interface {
	GetActivityStreamsName() vocab.ActivityStreamsNameProperty
	GetActivityStreamsSummary() vocab.ActivityStreamsSummaryProperty
	GetActivityStreamsContent() vocab.ActivityStreamsContentProperty
	GetActivityStreamsPublished() vocab.ActivityStreamsPublishedProperty
	GetActivityStreamsUpdated() vocab.ActivityStreamsUpdatedProperty
	GetActivityStreamsStartTime() vocab.ActivityStreamsStartTimeProperty
	GetActivityStreamsEndTime() vocab.ActivityStreamsEndTimeProperty
}

func viewObject(v value) (object, vocab.ActivityStreamsQuestion, error) {
	if v.typ() == "Question" {
		q, err := streams.Manager{}.DeserializeQuestionActivityStreams()(excerpt(v, "Question", objectMember), noAliases())
		if err != nil {
			return nil, nil, fmt.Errorf("read question: %w", err)
		}
		return q, q, nil
	}
	n, err := streams.Manager{}.DeserializeNoteActivityStreams()(excerpt(v, "Note", objectMember), noAliases())
	if err != nil {
		return nil, nil, fmt.Errorf("read object: %w", err)
	}
	return n, nil, nil
}

func viewActor(v value) (vocab.ActivityStreamsPerson, error) {
	p, err := streams.Manager{}.DeserializePersonActivityStreams()(excerpt(v, "Person", actorMember), noAliases())
	if err != nil {
		return nil, fmt.Errorf("read actor: %w", err)
	}
	return p, nil
}

// phrase is a text in one of its forms.
type phrase interface {
	IsXMLSchemaString() bool
	GetXMLSchemaString() string
	IsIRI() bool
	GetIRI() *url.URL
}

// texts is a property that holds phrases.
type texts[P phrase] interface {
	Len() int
	At(int) P
}

// text reads a natural-language property. go-fed takes "Re: hello" for an address with the scheme
// "re", and would give it back as "re:%20hello": that, and a text only given as a map of languages,
// is read from the document.
func text[P phrase](p texts[P], v value, key string, max int) string {
	if p != nil && p.Len() > 0 {
		if it := p.At(0); it.IsXMLSchemaString() {
			return cut(it.GetXMLSchemaString(), max)
		}
	}
	if s := v.get(key).text(max); s != "" {
		return s
	}
	first := ""
	v.get(key + "Map").members(func(_ string, m value) {
		if first == "" {
			first = m.text(max)
		}
	})
	return first
}

// dated is a property that holds one time.
type dated interface {
	IsXMLSchemaDateTime() bool
	Get() time.Time
}

// moment reads a time; go-fed does not know those without a zone.
func moment(p dated, v value, key string) time.Time {
	if p != nil && p.IsXMLSchemaDateTime() {
		return sane(p.Get())
	}
	return v.get(key).time()
}
