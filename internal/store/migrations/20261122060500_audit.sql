-- +goose Up

-- What the nightly audit of ratings found: people who rate as one, or each other. It waits for a human;
-- step is 1 while the ledger still has to be brought to what was decided.
CREATE TABLE audit_finding (
  id         {{int}} NOT NULL PRIMARY KEY,
  circle     {{int}} NOT NULL,
  kind       TEXT NOT NULL CHECK (kind IN ('alike', 'inward')),
  at         {{int}} NOT NULL,
  ratings    {{int}} NOT NULL,
  percent    {{int}} NOT NULL,
  outcome    TEXT NOT NULL DEFAULT '' CHECK (outcome IN ('', 'confirmed', 'dismissed', 'lapsed')),
  decided_by {{int}} NOT NULL DEFAULT 0,
  decided_at {{int}} NOT NULL DEFAULT 0,
  reason     TEXT NOT NULL DEFAULT '',
  step       {{int}} NOT NULL DEFAULT 1
){{strict}};
CREATE INDEX audit_finding_circle ON audit_finding (circle, at);
CREATE INDEX audit_finding_step ON audit_finding (id) WHERE step = 1;
CREATE INDEX audit_finding_open ON audit_finding (at) WHERE outcome = '';

-- Who is in it: those found, and, once it is confirmed, whom they brought in. done is 1 for those whose
-- own introduction and guests were looked at.
CREATE TABLE audit_person (
  finding {{int}} NOT NULL REFERENCES audit_finding (id),
  person  {{int}} NOT NULL,
  found   {{int}} NOT NULL,
  done    {{int}} NOT NULL DEFAULT 0,
  cut     {{int}} NOT NULL DEFAULT 0,
  PRIMARY KEY (finding, person)
){{strict}};

-- The lines of the ledger that do not count meanwhile: waiting to be taken back, held, or given back.
CREATE TABLE audit_event (
  finding {{int}} NOT NULL REFERENCES audit_finding (id),
  event   {{int}} NOT NULL,
  stage   TEXT NOT NULL CHECK (stage IN ('waits', 'held', 'over')),
  PRIMARY KEY (finding, event)
){{strict}};
CREATE INDEX audit_event_held ON audit_event (event) WHERE stage = 'held';

-- What the audit reads: counted ratings of a circle by day, and whom somebody brought in.
CREATE INDEX rep_event_rated ON rep_event (circle, day) WHERE kind IN ('like', 'helpful') AND weight_milli > 0;
CREATE INDEX rep_event_introduced ON rep_event (circle, source) WHERE kind = 'introduced';
