package web

import "strings"

// A FieldError is a refusal and the form field it concerns; Field is empty when it concerns all.
type FieldError struct {
	Field   string
	Message string // in the reader's language
}

// A Form is embedded by every view with a form. A page with errors answers 422 and keeps the input.
type Form struct {
	Notice string // what the reader is told of it before they send it, in their language
	Errors []FieldError
}

// Refuse adds a refusal.
func (f *Form) Refuse(field, message string) {
	f.Errors = append(f.Errors, FieldError{Field: field, Message: message})
}

// Problem returns the first refusal of this field, or "".
func (f Form) Problem(field string) string {
	for _, e := range f.Errors {
		if e.Field == field {
			return e.Message
		}
	}
	return ""
}

// An Input is one labelled field as page/form.tmpl draws it.
type Input struct {
	Name, Label, Value, Help, Problem string
	Type                              string // of the input element, or "textarea"
	Autocomplete                      string
	Max                               int // characters; 0 = no limit said
	Required, Focus                   bool
	Prefix                            string // words in front of the box, such as "@"
}

// input is the template function that builds an Input. The flags are words: "required", "focus".
func input(f Form, kind, name, label, value, help, autocomplete string, max int, flags ...string) Input {
	in := Input{Name: name, Label: label, Value: value, Help: help, Problem: f.Problem(name), Type: kind, Autocomplete: autocomplete, Max: max}
	for _, w := range flags {
		switch {
		case w == "required":
			in.Required = true
		case w == "focus":
			in.Focus = len(f.Errors) == 0
		case strings.HasPrefix(w, "prefix="):
			in.Prefix = strings.TrimPrefix(w, "prefix=")
		}
	}
	return in
}

// Described lists the ids of the texts that describe the field, for aria-describedby.
func (in Input) Described() string {
	var ids []string
	if in.Help != "" {
		ids = append(ids, in.Name+"-help")
	}
	if in.Problem != "" {
		ids = append(ids, in.Name+"-problem")
	}
	return strings.Join(ids, " ")
}
