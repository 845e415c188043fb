-- +goose Up

-- When a person last looked at a thread, and how many comments it had then.
CREATE TABLE read_mark (
  person   {{int}} NOT NULL REFERENCES actor (id),
  post     {{int}} NOT NULL REFERENCES post (id),
  at       {{int}} NOT NULL,
  comments {{int}} NOT NULL,
  PRIMARY KEY (person, post)
){{strict}};
CREATE INDEX read_mark_at ON read_mark (at);

CREATE TABLE saved (
  person {{int}} NOT NULL REFERENCES actor (id),
  post   {{int}} NOT NULL REFERENCES post (id),
  at     {{int}} NOT NULL,
  PRIMARY KEY (person, post)
){{strict}};
CREATE INDEX saved_at ON saved (person, at, post);

-- People and circles that a person does not want to meet, without their being told anything by it.
CREATE TABLE mute (
  person {{int}} NOT NULL REFERENCES actor (id),
  target {{int}} NOT NULL REFERENCES actor (id),
  at     {{int}} NOT NULL,
  PRIMARY KEY (person, target)
){{strict}};

-- Servers whose people and circles a person does not want to meet.
CREATE TABLE host_block (
  person {{int}} NOT NULL REFERENCES actor (id),
  host   TEXT NOT NULL,
  at     {{int}} NOT NULL,
  PRIMARY KEY (person, host)
){{strict}};

ALTER TABLE account ADD COLUMN hide_read {{int}} NOT NULL DEFAULT 0;
