-- +goose Up

-- A tip with a label, in a circle that wants such. Its note is the tip's; shown_at is when the payee
-- showed it under the post. What a moderator took away stands in taken alone, for other moderators.
CREATE TABLE gift (
  tip         {{int}} NOT NULL PRIMARY KEY REFERENCES tip (id),
  post        {{int}} NOT NULL,
  circle      {{int}} NOT NULL,
  kind        TEXT NOT NULL CHECK (kind <> ''),
  shown_at    {{int}} NOT NULL DEFAULT 0,
  reported_at {{int}} NOT NULL DEFAULT 0,
  reported_by {{int}} NOT NULL DEFAULT 0,
  report      TEXT NOT NULL DEFAULT '',
  decided_at  {{int}} NOT NULL DEFAULT 0,
  decided_by  {{int}} NOT NULL DEFAULT 0,
  taken       TEXT NOT NULL DEFAULT ''
){{strict}};
CREATE INDEX gift_shown ON gift (post, tip) WHERE shown_at <> 0;
CREATE INDEX gift_reported ON gift (circle, tip) WHERE reported_at <> 0 AND decided_at = 0;
