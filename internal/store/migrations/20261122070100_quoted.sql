-- +goose Up

-- What posts here quote and was not here: each address is asked for once. due_at is 0 when that is done,
-- whatever came of it; a row is forgotten after some weeks.
CREATE TABLE quoted (
  uri    TEXT NOT NULL PRIMARY KEY,
  at     {{int}} NOT NULL,
  due_at {{int}} NOT NULL,
  tries  {{int}} NOT NULL DEFAULT 0
){{strict}};
CREATE INDEX quoted_due ON quoted (due_at) WHERE due_at <> 0;
CREATE INDEX quoted_at ON quoted (at);
