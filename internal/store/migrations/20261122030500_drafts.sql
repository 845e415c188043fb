-- +goose Up

-- What people have begun to write and not sent. name is chosen by who keeps the draft, so that keeping it
-- again is the same draft; parent is what a comment answers, 0 for a post.
CREATE TABLE draft (
  person    {{int}} NOT NULL REFERENCES actor (id),
  name      TEXT NOT NULL,
  circle    {{int}} NOT NULL DEFAULT 0,
  parent    {{int}} NOT NULL DEFAULT 0,
  at        {{int}} NOT NULL,
  language  TEXT NOT NULL DEFAULT '',
  sensitive {{int}} NOT NULL DEFAULT 0,
  warning   TEXT NOT NULL DEFAULT '',
  title     TEXT NOT NULL DEFAULT '',
  link      TEXT NOT NULL DEFAULT '',
  body      TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (person, name)
){{strict}};
CREATE INDEX draft_at ON draft (at);

-- The uploads of drafts: each belongs to one.
CREATE TABLE draft_photo (
  media  TEXT NOT NULL PRIMARY KEY REFERENCES media (id),
  person {{int}} NOT NULL,
  name   TEXT NOT NULL,
  pos    {{int}} NOT NULL
){{strict}};
CREATE INDEX draft_photo_draft ON draft_photo (person, name, pos);
