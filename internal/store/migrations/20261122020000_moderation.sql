-- +goose Up

-- What a block is when a circle made it: a ban. removing is 1 until all they wrote there is removed.
ALTER TABLE block ADD COLUMN made_by {{int}} NOT NULL DEFAULT 0;
ALTER TABLE block ADD COLUMN until {{int}} NOT NULL DEFAULT 0;
ALTER TABLE block ADD COLUMN reason TEXT NOT NULL DEFAULT '';
ALTER TABLE block ADD COLUMN removing {{int}} NOT NULL DEFAULT 0;
CREATE INDEX block_until ON block (until) WHERE until <> 0;
CREATE INDEX block_target ON block (target, actor);
CREATE INDEX block_removing ON block (actor, target) WHERE removing = 1;

ALTER TABLE peer ADD COLUMN reason TEXT NOT NULL DEFAULT '';
CREATE INDEX peer_policy ON peer (policy, host) WHERE policy <> '';

-- One row for what was reported until somebody decides. site is 1 where the people who run this
-- instance do: it is in no circle that lives here.
CREATE TABLE report (
  id         {{int}} NOT NULL PRIMARY KEY,
  kind       TEXT NOT NULL CHECK (kind IN ('post', 'person', 'circle')),
  target     {{int}} NOT NULL,
  circle     {{int}} NOT NULL DEFAULT 0,
  site       {{int}} NOT NULL DEFAULT 0,
  category   TEXT NOT NULL,
  state      TEXT NOT NULL CHECK (state IN ('open', 'dismissed', 'upheld')),
  reporters  {{int}} NOT NULL DEFAULT 0,
  first_at   {{int}} NOT NULL,
  last_at    {{int}} NOT NULL,
  decided_by {{int}} NOT NULL DEFAULT 0,
  decided_at {{int}} NOT NULL DEFAULT 0,
  decision   TEXT NOT NULL DEFAULT '',
  note       TEXT NOT NULL DEFAULT ''
){{strict}};
CREATE UNIQUE INDEX report_open ON report (kind, target) WHERE state = 'open';
CREATE INDEX report_circle ON report (circle, id) WHERE state = 'open';
CREATE INDEX report_circle_decided ON report (circle, id) WHERE state <> 'open';
CREATE INDEX report_site ON report (id) WHERE state = 'open' AND site = 1;
CREATE INDEX report_site_decided ON report (id) WHERE state <> 'open' AND site = 1;

CREATE TABLE complaint (
  report   {{int}} NOT NULL REFERENCES report (id),
  actor    {{int}} NOT NULL REFERENCES actor (id),
  at       {{int}} NOT NULL,
  category TEXT NOT NULL,
  body     TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (report, actor)
){{strict}};
CREATE INDEX complaint_actor ON complaint (actor, at);
CREATE INDEX complaint_at ON complaint (at);

-- What moderators did, for everyone who may see where.
CREATE TABLE modlog (
  id     {{int}} NOT NULL PRIMARY KEY,
  at     {{int}} NOT NULL,
  actor  {{int}} NOT NULL,
  action TEXT NOT NULL,
  circle {{int}} NOT NULL DEFAULT 0,
  post   {{int}} NOT NULL DEFAULT 0,
  person {{int}} NOT NULL DEFAULT 0,
  host   TEXT NOT NULL DEFAULT '',
  policy TEXT NOT NULL DEFAULT '',
  until  {{int}} NOT NULL DEFAULT 0,
  reason TEXT NOT NULL DEFAULT ''
){{strict}};
CREATE INDEX modlog_circle ON modlog (circle, id);
CREATE INDEX modlog_person ON modlog (person, id) WHERE person <> 0;
