package fetch

import (
	"context"
	"mime"
	"net/http"
	"strings"

	"halqa/circles"
)

const (
	// ActivityJSON is the media type in which documents are asked for and sent.
	ActivityJSON = "application/activity+json"
	// LDJSON is the other one (AP 3.2: a server must ask for this, may ask for the first).
	LDJSON = `application/ld+json; profile="` + asProfile + `"`

	asProfile = "https://www.w3.org/ns/activitystreams"

	acceptDocument = ActivityJSON + ", " + LDJSON
	acceptJSON     = "application/jrd+json, application/json"
)

// Document fetches an ActivityPub document by GET, signed on each hop if sign is not nil. An
// answer that is not 2xx is a *StatusError, and comes with it if the status is 410 and it is such a
// document, for it may be a Tombstone; one with another Content-Type is refused before anyone
// parses it, since an upload that happens to be JSON must not become an actor (CVE-2024-25623).
// That the document's id belongs to FinalURL is for the caller to check (CVE-2024-23832).
func (c *Client) Document(ctx context.Context, address string, sign Sign) (*Response, error) {
	resp, err := c.get(ctx, address, acceptDocument, sign)
	if err != nil {
		if resp != nil && resp.Status == http.StatusGone && isDocument(resp) {
			return resp, err
		}
		return nil, err
	}
	if !isDocument(resp) {
		return nil, refusal(circles.Invalid, ReasonType, "%s did not answer with an ActivityPub document.", shown(resp.FinalURL))
	}
	return resp, nil
}

func isDocument(resp *Response) bool {
	types := resp.Header.Values("Content-Type")
	return len(types) == 1 && IsActivityPub(types[0])
}

// JSON fetches a WebFinger or NodeInfo document, unsigned, under the limits of Document.
func (c *Client) JSON(ctx context.Context, address string) (*Response, error) {
	resp, err := c.get(ctx, address, acceptJSON, nil)
	if err != nil {
		return nil, err
	}
	kind, _, err := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	if err != nil || kind != "application/json" && kind != "application/jrd+json" {
		return nil, refusal(circles.Invalid, ReasonType, "%s did not answer with a JSON document.", shown(resp.FinalURL))
	}
	return resp, nil
}

func (c *Client) get(ctx context.Context, address, accept string, sign Sign) (*Response, error) {
	u, err := parse(address)
	if err != nil {
		return nil, err
	}
	req := &http.Request{Method: http.MethodGet, URL: u, Header: http.Header{"Accept": {accept}}}
	resp, err := c.Do(ctx, req, documentLimits, sign)
	if err != nil {
		return nil, err
	}
	return resp, resp.Err()
}

// IsActivityPub reports whether a Content-Type is one of those an ActivityPub document may have:
// application/activity+json, or application/ld+json with the ActivityStreams profile, either
// with charset=utf-8 at most. Peers check incoming requests by the same list.
func IsActivityPub(contentType string) bool {
	kind, params, err := mime.ParseMediaType(contentType)
	if err != nil {
		return false
	}
	profile := false
	for name, value := range params {
		switch {
		case name == "charset" && strings.EqualFold(value, "utf-8"):
		case name == "profile" && kind == "application/ld+json" && hasProfile(value):
			profile = true
		default:
			return false
		}
	}
	return kind == ActivityJSON || kind == "application/ld+json" && profile
}

// hasProfile: a profile is a list of IRIs separated by spaces (RFC 6906 3.1 and JSON-LD 1.1).
func hasProfile(value string) bool {
	for _, p := range strings.Fields(value) {
		if p == asProfile {
			return true
		}
	}
	return false
}
