package testpeer

import (
	"encoding/json"
	"errors"
	"net/url"
	"slices"
	"strings"
)

// public is the collection of everybody, the only form that Lemmy reads.
const public = "https://www.w3.org/ns/activitystreams#Public"

// activityJSON is the media type of all we send.
const activityJSON = "application/activity+json"

// obj is a JSON object as it came.
type obj map[string]any

func parse(body []byte) (obj, error) {
	var o obj
	if err := json.Unmarshal(body, &o); err != nil {
		return nil, err
	}
	if o == nil {
		return nil, errors.New("null is no object")
	}
	return o, nil
}

// copyOf is a deep copy, by way of the wire.
func copyOf(o obj) obj {
	body, err := json.Marshal(o)
	if err != nil {
		panic("testpeer: a document that cannot be encoded: " + err.Error())
	}
	c, err := parse(body)
	if err != nil {
		panic("testpeer: a document that cannot be read back: " + err.Error())
	}
	return c
}

func (o obj) has(key string) bool { _, ok := o[key]; return ok }

// str is a string member, or "".
func (o obj) str(key string) string { s, _ := o[key].(string); return s }

// typ is the type; of several the first.
func (o obj) typ() string {
	if l, ok := o["type"].([]any); ok && len(l) > 0 {
		s, _ := l[0].(string)
		return s
	}
	return o.str("type")
}

// sub is an embedded object, or nil.
func (o obj) sub(key string) obj { return asObj(o[key]) }

// ref is the id that a member names, as a string or as an object with one; of a list the first.
func (o obj) ref(key string) string {
	v := o[key]
	if l, ok := v.([]any); ok && len(l) > 0 {
		v = l[0]
	}
	return refOf(v)
}

// refs are all ids that a member names, be it one or many.
func (o obj) refs(keys ...string) []string {
	var ids []string
	for _, key := range keys {
		for _, v := range o.list(key) {
			if id := refOf(v); id != "" {
				ids = append(ids, id)
			}
		}
	}
	return ids
}

// list is a member as a list, be it one or many.
func (o obj) list(key string) []any {
	switch v := o[key].(type) {
	case nil:
		return nil
	case []any:
		return v
	default:
		return []any{v}
	}
}

// isArray tells whether a member is there and an array.
func (o obj) isArray(key string) bool { _, ok := o[key].([]any); return ok }

// public tells whether everybody is addressed, by the full address.
func (o obj) public() bool { return slices.Contains(o.refs("to", "cc"), public) }

// mentions are the actors tagged.
func (o obj) mentions() []string {
	var ids []string
	for _, v := range o.list("tag") {
		if t := asObj(v); t.typ() == "Mention" {
			ids = append(ids, t.str("href"))
		}
	}
	return ids
}

func asObj(v any) obj {
	switch m := v.(type) {
	case map[string]any:
		return m
	case obj:
		return m
	}
	return nil
}

func refOf(v any) string {
	if s, ok := v.(string); ok {
		return s
	}
	return asObj(v).str("id")
}

// hostOf is the host and port of an address, lower case; "" if it is none.
func hostOf(id string) string {
	u, err := url.Parse(id)
	if err != nil {
		return ""
	}
	return strings.ToLower(u.Host)
}

func sameHost(ids ...string) bool {
	for _, id := range ids {
		if hostOf(id) == "" || hostOf(id) != hostOf(ids[0]) {
			return false
		}
	}
	return true
}

// withoutFragment returns id with its fragment cut off.
func withoutFragment(id string) string { base, _, _ := strings.Cut(id, "#"); return base }
