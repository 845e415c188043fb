package reputation

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"slices"
)

// ReadSettings reads settings as MarshalJSON writes them, and nothing else. What cannot be read is Refused
// with the gate and the path that it stands in, like what Check refuses.
func ReadSettings(b []byte) (Settings, error) {
	var s Settings
	err := strictly(b, &s)
	if err == nil {
		return s, nil
	}
	return Settings{}, misread(b, err)
}

func strictly(b []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return err
	}
	if _, err := d.Token(); err != io.EOF {
		return errors.New("there is something behind it")
	}
	return nil
}

// misread looks for the part that could not be read: the first one of the first action by name.
func misread(b []byte, err error) *Refused {
	var parts struct {
		Gates  map[Action]json.RawMessage
		Limits map[Action]json.RawMessage
	}
	if json.Unmarshal(b, &parts) != nil {
		return unread("settings", 0, err)
	}
	for _, a := range slices.Sorted(maps.Keys(parts.Gates)) {
		var g Gate
		err := strictly(parts.Gates[a], &g)
		if err == nil {
			continue
		}
		var paths struct{ Any []json.RawMessage }
		if json.Unmarshal(parts.Gates[a], &paths) == nil {
			for i, path := range paths.Any {
				var p Path
				if err := strictly(path, &p); err != nil {
					return unread(a, i+1, err)
				}
			}
		}
		return unread(a, 0, err)
	}
	for _, a := range slices.Sorted(maps.Keys(parts.Limits)) {
		var l Limit
		if err := strictly(parts.Limits[a], &l); err != nil {
			return unread(a, 0, err)
		}
	}
	return unread("settings", 0, err)
}

func unread(a Action, path int, err error) *Refused {
	why := err.Error()
	var wrong *json.UnmarshalTypeError
	var shape *json.SyntaxError
	switch {
	case errors.As(err, &wrong):
		why = "JSON of the kind " + wrong.Value + " cannot stand there"
	case errors.As(err, &shape):
		why = "it is not JSON"
	}
	return refusedf(Action(clip(string(a))), path, FaultUnknown, "%s", why[:min(len(why), 200)])
}
