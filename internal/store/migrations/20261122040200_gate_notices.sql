-- +goose Up

-- What somebody elsewhere is told of a gate that held or refused what they wrote in a circle of ours. told
-- is 1 where they read it themselves, which is the first time in a day; their server may be told more often.
CREATE TABLE gate_notice (
  id       {{int}} NOT NULL PRIMARY KEY,
  person   {{int}} NOT NULL REFERENCES actor (id),
  circle   {{int}} NOT NULL,
  gate     TEXT NOT NULL,
  post     {{int}} NOT NULL DEFAULT 0,
  at       {{int}} NOT NULL,
  activity TEXT NOT NULL,
  object   TEXT NOT NULL,
  decision TEXT NOT NULL CHECK (decision IN ('held', 'refused')),
  why      TEXT NOT NULL,
  note     TEXT NOT NULL DEFAULT '',
  language TEXT NOT NULL DEFAULT '',
  told     {{int}} NOT NULL DEFAULT 0
){{strict}};
CREATE INDEX gate_notice_person ON gate_notice (person, circle, at);
CREATE INDEX gate_notice_post ON gate_notice (post, id) WHERE post <> 0;
CREATE INDEX gate_notice_at ON gate_notice (at);

-- What a circle elsewhere answered to something that somebody here wrote in it.
CREATE TABLE gate_answer (
  post     {{int}} NOT NULL PRIMARY KEY REFERENCES post (id),
  circle   {{int}} NOT NULL,
  at       {{int}} NOT NULL,
  decision TEXT NOT NULL CHECK (decision IN ('held', 'refused', 'approved')),
  decided  {{int}} NOT NULL DEFAULT 0,
  why      TEXT NOT NULL,
  note     TEXT NOT NULL DEFAULT ''
){{strict}};
