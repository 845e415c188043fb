-- +goose Up

-- What a circle wants of tips. No row: they are on, within the instance's amounts.
CREATE TABLE tip_policy (
  circle  {{int}} NOT NULL PRIMARY KEY REFERENCES circle (id),
  policy  TEXT NOT NULL CHECK (policy IN ('on', 'likes-only', 'off')),
  gifts   {{int}} NOT NULL DEFAULT 0,
  packets {{int}} NOT NULL DEFAULT 0,
  by      {{int}} NOT NULL,
  at      {{int}} NOT NULL
){{strict}};

-- The amounts of one circle, in minor units; 0 = as the instance has it.
CREATE TABLE tip_bounds (
  circle {{int}} NOT NULL REFERENCES circle (id),
  asset  TEXT NOT NULL,
  low    {{int}} NOT NULL DEFAULT 0 CHECK (low >= 0),
  usual  {{int}} NOT NULL DEFAULT 0 CHECK (usual >= 0),
  high   {{int}} NOT NULL DEFAULT 0 CHECK (high >= 0),
  PRIMARY KEY (circle, asset)
){{strict}};

-- What a member wants of tips: who may tip them, and whether they are offered to tip.
CREATE TABLE tip_wish (
  person {{int}} NOT NULL PRIMARY KEY REFERENCES actor (id),
  takes  TEXT NOT NULL CHECK (takes IN ('all', 'followed', 'none')),
  quiet  {{int}} NOT NULL DEFAULT 0,
  at     {{int}} NOT NULL
){{strict}};

-- What a member allows themselves to give in 24 hours. What they asked for later waits until later_at.
CREATE TABLE tip_limit (
  person   {{int}} NOT NULL REFERENCES actor (id),
  asset    TEXT NOT NULL,
  amount   {{int}} NOT NULL CHECK (amount >= -1),
  later    {{int}} NOT NULL DEFAULT -1,
  later_at {{int}} NOT NULL DEFAULT 0,
  PRIMARY KEY (person, asset)
){{strict}};

-- Where a member is paid over a rail that has payees of its own. What they changed it to waits in next_.
CREATE TABLE tip_account (
  person     {{int}} NOT NULL REFERENCES actor (id),
  adapter    TEXT NOT NULL,
  kind       TEXT NOT NULL,
  ref        TEXT NOT NULL,
  typed      TEXT NOT NULL,
  at         {{int}} NOT NULL,
  next_kind  TEXT NOT NULL DEFAULT '',
  next_ref   TEXT NOT NULL DEFAULT '',
  next_typed TEXT NOT NULL DEFAULT '',
  next_at    {{int}} NOT NULL DEFAULT 0,
  PRIMARY KEY (person, adapter)
){{strict}};

-- What the rules did: one row for a rule, two people and a day, with how often. review = 1 until
-- somebody who runs the instance has looked.
CREATE TABLE tip_audit (
  id      {{int}} NOT NULL PRIMARY KEY,
  rule    TEXT NOT NULL,
  actor   {{int}} NOT NULL,
  other   {{int}} NOT NULL,
  day     {{int}} NOT NULL,
  n       {{int}} NOT NULL,
  tip     {{int}} NOT NULL DEFAULT 0,
  at      {{int}} NOT NULL,
  last_at {{int}} NOT NULL,
  detail  TEXT NOT NULL DEFAULT '',
  review  {{int}} NOT NULL DEFAULT 0,
  seen_by {{int}} NOT NULL DEFAULT 0,
  seen_at {{int}} NOT NULL DEFAULT 0,
  UNIQUE (rule, actor, other, day)
){{strict}};
CREATE INDEX tip_audit_review ON tip_audit (id) WHERE review = 1;

-- Tips that go round in a ring are paid, and not counted where people look.
ALTER TABLE tip ADD COLUMN hidden {{int}} NOT NULL DEFAULT 0;
