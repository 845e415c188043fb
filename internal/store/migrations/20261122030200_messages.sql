-- +goose Up

-- Who may write to a person: 'everyone', 'follows' (whom they follow) or 'nobody'.
ALTER TABLE account ADD COLUMN messages TEXT NOT NULL DEFAULT 'everyone' CHECK (messages IN ('everyone', 'follows', 'nobody'));

-- What one person wrote to another. low and high are the two, the smaller id first. uri is the id that
-- other servers know it by; one that went to several people here is a row for each.
CREATE TABLE message (
  id         {{int}} NOT NULL PRIMARY KEY,
  uri        TEXT NOT NULL,
  low        {{int}} NOT NULL,
  high       {{int}} NOT NULL,
  sender     {{int}} NOT NULL REFERENCES actor (id),
  recipient  {{int}} NOT NULL REFERENCES actor (id),
  answers    {{int}} NOT NULL DEFAULT 0,
  shared     {{int}} NOT NULL DEFAULT 0,
  create_seq {{int}} NOT NULL DEFAULT 0,
  published  {{int}} NOT NULL,
  created_at {{int}} NOT NULL,
  edited_at  {{int}} NOT NULL DEFAULT 0,
  deleted_at {{int}} NOT NULL DEFAULT 0,
  warning    TEXT NOT NULL DEFAULT '',
  body       TEXT NOT NULL DEFAULT '',
  body_html  TEXT NOT NULL DEFAULT '',
  UNIQUE (uri, recipient)
){{strict}};
CREATE INDEX message_pair ON message (low, high, id);
CREATE INDEX message_sender ON message (sender, created_at);

-- A conversation as one of its two people sees it. wrote is 1 once they wrote to the other.
CREATE TABLE correspondence (
  person {{int}} NOT NULL REFERENCES actor (id),
  other  {{int}} NOT NULL REFERENCES actor (id),
  state  TEXT NOT NULL CHECK (state IN ('open', 'request', 'declined')),
  last   {{int}} NOT NULL,
  unread {{int}} NOT NULL DEFAULT 0,
  wrote  {{int}} NOT NULL DEFAULT 0,
  begun  {{int}} NOT NULL,
  PRIMARY KEY (person, other)
){{strict}};
CREATE INDEX correspondence_list ON correspondence (person, state, last);
CREATE INDEX correspondence_unread ON correspondence (person) WHERE state = 'open' AND unread > 0;
CREATE INDEX correspondence_request ON correspondence (other, begun) WHERE state <> 'open';

-- A message that one of its two people showed to those who run this instance, as it was then. There is
-- no other way for them to read one.
CREATE TABLE message_report (
  id         {{int}} NOT NULL PRIMARY KEY,
  message    {{int}} NOT NULL,
  sender     {{int}} NOT NULL REFERENCES actor (id),
  reporter   {{int}} NOT NULL REFERENCES actor (id),
  at         {{int}} NOT NULL,
  category   TEXT NOT NULL,
  state      TEXT NOT NULL CHECK (state IN ('open', 'dismissed', 'upheld')),
  decided_by {{int}} NOT NULL DEFAULT 0,
  decided_at {{int}} NOT NULL DEFAULT 0,
  words      TEXT NOT NULL DEFAULT '',
  quoted     TEXT NOT NULL DEFAULT '',
  UNIQUE (message, reporter)
){{strict}};
CREATE INDEX message_report_open ON message_report (id) WHERE state = 'open';
CREATE INDEX message_report_by ON message_report (reporter, at);
