-- +goose Up

-- What a circle elsewhere answered to a change of something that somebody here wrote in it or, with post 0, to
-- their wish to join it: the latest answer to each, until the circle takes it after all.
CREATE TABLE gate_reply (
  person   {{int}} NOT NULL REFERENCES actor (id),
  circle   {{int}} NOT NULL,
  post     {{int}} NOT NULL DEFAULT 0,
  at       {{int}} NOT NULL,
  decision TEXT NOT NULL CHECK (decision IN ('held', 'refused')),
  why      TEXT NOT NULL,
  PRIMARY KEY (person, circle, post)
){{strict}};
