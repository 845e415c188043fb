package as

import "time"

// A ChatMessage is a message to one person in the form that Lemmy 0.19, PieFed and Mbin read; Lemmy 1.0
// reads it beside the Note (lemmy#5221), which everyone else takes.
type ChatMessage struct {
	ID           string
	AttributedTo string
	To           string
	Content      string // HTML
	Markdown     string
	Published    time.Time
}

// Doc renders the message.
func (m ChatMessage) Doc() Doc {
	return Doc{context: contextObject, body: render(struct {
		ID           string       `json:"id"`
		Type         string       `json:"type"`
		AttributedTo string       `json:"attributedTo"`
		To           list[string] `json:"to"`
		Content      string       `json:"content"`
		MediaType    string       `json:"mediaType"`
		Source       *source      `json:"source,omitempty"`
		Published    string       `json:"published"`
	}{m.ID, "ChatMessage", m.AttributedTo, list[string]{m.To}, m.Content, "text/html", markdown(m.Markdown), stamp(m.Published)})}
}
