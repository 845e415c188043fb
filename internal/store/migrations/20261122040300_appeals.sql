-- +goose Up

-- An appeal against one thing that was decided about one person. circle is the place that it is about (0 =
-- the whole instance), site says that those who run the instance answer. object is the post, or the line of
-- the ledger; action the gate's. decider and acted_at are of what is appealed against; a decider of 0 is a
-- rule of the program, or nobody's answer in time. first_* are the circle's answer to what was then taken
-- to the instance. due_at is when silence answers a gate; restoring is 1 until what a lifted ban took is
-- all returned.
CREATE TABLE appeal (
  id         {{int}} NOT NULL PRIMARY KEY,
  person     {{int}} NOT NULL REFERENCES actor (id),
  circle     {{int}} NOT NULL DEFAULT 0,
  kind       TEXT NOT NULL CHECK (kind IN ('gate', 'held', 'removal', 'ban', 'penalty')),
  action     TEXT NOT NULL DEFAULT '',
  object     {{int}} NOT NULL DEFAULT 0,
  decider    {{int}} NOT NULL DEFAULT 0,
  acted_at   {{int}} NOT NULL DEFAULT 0,
  said       TEXT NOT NULL DEFAULT '',
  body       TEXT NOT NULL,
  state      TEXT NOT NULL CHECK (state IN ('open', 'granted', 'denied', 'passed', 'withdrawn')),
  site       {{int}} NOT NULL DEFAULT 0 CHECK (site IN (0, 1)),
  at         {{int}} NOT NULL,
  due_at     {{int}} NOT NULL DEFAULT 0,
  first_by   {{int}} NOT NULL DEFAULT 0,
  first_at   {{int}} NOT NULL DEFAULT 0,
  first_note TEXT NOT NULL DEFAULT '',
  decided_by {{int}} NOT NULL DEFAULT 0,
  decided_at {{int}} NOT NULL DEFAULT 0,
  note       TEXT NOT NULL DEFAULT '',
  restoring  {{int}} NOT NULL DEFAULT 0
){{strict}};
CREATE UNIQUE INDEX appeal_open ON appeal (person, circle) WHERE state = 'open';
CREATE INDEX appeal_person ON appeal (person, id);
CREATE INDEX appeal_desk ON appeal (circle, id) WHERE state = 'open' AND site = 0;
CREATE INDEX appeal_site ON appeal (id) WHERE state = 'open' AND site = 1;
CREATE INDEX appeal_due ON appeal (due_at) WHERE due_at <> 0;
CREATE INDEX appeal_restoring ON appeal (id) WHERE restoring = 1;

-- What silence grants: somebody writes past the gates of a circle, a little and for a while. day is the
-- UTC day since 1970 on which it was granted.
CREATE TABLE gate_pass (
  circle {{int}} NOT NULL,
  person {{int}} NOT NULL REFERENCES actor (id),
  day    {{int}} NOT NULL,
  until  {{int}} NOT NULL,
  appeal {{int}} NOT NULL,
  PRIMARY KEY (circle, person)
){{strict}};
CREATE INDEX gate_pass_until ON gate_pass (circle, until);

-- What a ban removed is found when the ban is lifted on appeal.
CREATE INDEX post_removed_by ON post (author, circle, removed_by) WHERE removed_by <> 0;
