package api

import (
	"encoding/json"
	"reflect"
	"strconv"
	"strings"
)

// An object is a piece of the document.
type object = map[string]any

// schemas collects the named schemas of the document, from the types that are read and written.
type schemas struct {
	named object
}

func reflectType(v any) reflect.Type { return reflect.TypeOf(v) }

// of returns the schema of a type, by reference for a struct.
func (s *schemas) of(t reflect.Type, asked bool) object {
	switch t {
	case reflect.TypeFor[ID]():
		return object{"type": "string", "pattern": "^[0-9]{1,16}$"}
	case reflect.TypeFor[Time]():
		return object{"type": "string", "format": "date-time"}
	case reflect.TypeFor[json.RawMessage]():
		return object{"type": "object"}
	}
	switch t.Kind() {
	case reflect.Pointer:
		return s.of(t.Elem(), asked)
	case reflect.Slice:
		return object{"type": "array", "items": s.of(t.Elem(), asked)}
	case reflect.Map:
		return object{"type": "object"}
	case reflect.String:
		return object{"type": "string"}
	case reflect.Bool:
		return object{"type": "boolean"}
	case reflect.Int, reflect.Int64:
		return object{"type": "integer"}
	case reflect.Struct:
		name := schemaName(t)
		if _, ok := s.named[name]; !ok {
			s.named[name] = object{} // a comment has comments
			s.named[name] = s.structure(t, asked)
		}
		return object{"$ref": "#/components/schemas/" + name}
	}
	panic("api: no schema for " + t.String())
}

// schemaName is the name of a type; that of a page is the name of what it lists.
func schemaName(t reflect.Type) string {
	name := t.Name()
	if rest, ok := strings.CutPrefix(name, "Page["); ok {
		rest = strings.TrimSuffix(rest, "]")
		return rest[strings.LastIndexByte(rest, '.')+1:] + "Page"
	}
	return name
}

func (s *schemas) structure(t reflect.Type, asked bool) object {
	properties, required := object{}, []string{}
	for _, f := range reflect.VisibleFields(t) {
		if f.Anonymous || !f.IsExported() {
			continue
		}
		name, rest, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "" || name == "-" {
			continue
		}
		p := s.of(f.Type, asked)
		if v := f.Tag.Get("doc"); v != "" {
			p["description"] = v
		}
		if v := f.Tag.Get("format"); v != "" {
			p["format"] = v
		}
		if v, ok := f.Tag.Lookup("enum"); ok {
			p["enum"] = enum(f.Type, v)
		}
		properties[name] = p
		if rest != "omitempty" {
			required = append(required, name)
		}
	}
	out := object{"type": "object", "properties": properties}
	if len(required) > 0 {
		out["required"] = required
	}
	if asked {
		out["additionalProperties"] = false
	}
	return out
}

func enum(t reflect.Type, values string) []any {
	var all []any
	for _, v := range strings.Split(values, ",") {
		if t.Kind() == reflect.Int {
			n, err := strconv.Atoi(v)
			if err != nil {
				panic("api: enum of a number: " + v)
			}
			all = append(all, n)
			continue
		}
		all = append(all, v)
	}
	return all
}
