-- +goose Up

-- The ledger of standing: what happened, what it was worth then, and nothing else. It is only added to.
-- The list of kinds is closed: money, identity, popularity, machines' scores and what people do
-- elsewhere are not on it, so they cannot count.
CREATE TABLE rep_event (
  id              {{autoseq}},
  circle          {{int}} NOT NULL CHECK (circle >= 0),
  subject         {{int}} NOT NULL CHECK (subject > 0),
  source          {{int}} NOT NULL CHECK (source >= 0),
  kind            TEXT NOT NULL CHECK (kind IN ('known', 'active', 'accepted', 'like', 'helpful', 'vouch', 'vouch_ended',
                    'approved', 'introduced', 'minor', 'serious', 'operates', 'operates_ended', 'vouching_lost')),
  object          {{int}} NOT NULL,
  weight_milli    {{int}} NOT NULL CHECK (weight_milli BETWEEN 0 AND 1000),
  branch          {{int}} NOT NULL,
  domain          TEXT NOT NULL,
  credited_milli  {{int}} NOT NULL CHECK (credited_milli BETWEEN -100000 AND 100000),
  outside         {{int}} NOT NULL CHECK (outside IN (0, 1)),
  day             {{int}} NOT NULL,
  at              {{int}} NOT NULL,
  formula_version {{int}} NOT NULL,
  reverses        {{int}} NOT NULL,
  restores        {{int}} NOT NULL,
  reason          TEXT NOT NULL,
  CHECK (reverses = 0 OR restores = 0),
  CHECK (credited_milli >= 0 OR reverses <> 0)
){{strict}};
CREATE INDEX rep_event_subject ON rep_event (subject, circle, id);
CREATE INDEX rep_event_object ON rep_event (object, source, id) WHERE object <> 0;
CREATE UNIQUE INDEX rep_event_reverses ON rep_event (reverses) WHERE reverses <> 0;
CREATE UNIQUE INDEX rep_event_restores ON rep_event (restores) WHERE restores <> 0;

-- +engine sqlite
-- +goose StatementBegin
CREATE TRIGGER rep_event_update BEFORE UPDATE ON rep_event BEGIN
  SELECT RAISE(ABORT, 'the ledger of standing is only added to');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER rep_event_delete BEFORE DELETE ON rep_event BEGIN
  SELECT RAISE(ABORT, 'the ledger of standing is only added to');
END;
-- +goose StatementEnd
-- INSERT OR REPLACE deletes without asking the trigger above.
-- +goose StatementBegin
CREATE TRIGGER rep_event_insert BEFORE INSERT ON rep_event
WHEN NEW.id <> -1 AND NEW.id <= (SELECT MAX(id) FROM rep_event)
  OR NEW.reverses <> 0 AND EXISTS (SELECT 1 FROM rep_event WHERE reverses = NEW.reverses AND reverses <> 0)
  OR NEW.restores <> 0 AND EXISTS (SELECT 1 FROM rep_event WHERE restores = NEW.restores AND restores <> 0)
BEGIN
  SELECT RAISE(ABORT, 'the ledger of standing is only added to');
END;
-- +goose StatementEnd
-- +engine end
-- +engine postgres
-- +goose StatementBegin
CREATE FUNCTION rep_event_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the ledger of standing is only added to';
END $$;
-- +goose StatementEnd
CREATE TRIGGER rep_event_change BEFORE UPDATE OR DELETE ON rep_event FOR EACH ROW EXECUTE FUNCTION rep_event_kept();
CREATE TRIGGER rep_event_truncate BEFORE TRUNCATE ON rep_event FOR EACH STATEMENT EXECUTE FUNCTION rep_event_kept();
-- +engine end

-- What the ledger comes to, so that an event reads and writes a fixed number of rows: a person in a
-- circle (0 = on the instance), what one gave another, what somebody has from a branch and from a
-- server, and a circle. state and sum are what the store's code makes of the values of
-- circles/reputation; the columns beside them are in them, too, for those who search. All of it can
-- be reckoned again from the ledger.
CREATE TABLE rep_person (
  circle   {{int}} NOT NULL,
  person   {{int}} NOT NULL REFERENCES actor (id),
  operates {{int}} NOT NULL DEFAULT 0,
  branch   {{int}} NOT NULL DEFAULT 0,
  earned   {{int}} NOT NULL DEFAULT 0,
  checked  {{int}} NOT NULL DEFAULT 0,
  state    {{blob}} NOT NULL,
  PRIMARY KEY (circle, person)
){{strict}};
CREATE INDEX rep_person_checked ON rep_person (checked) WHERE earned = 1;
CREATE INDEX rep_person_circles ON rep_person (person, circle);
CREATE TABLE rep_edge (
  circle  {{int}} NOT NULL,
  subject {{int}} NOT NULL,
  source  {{int}} NOT NULL,
  state   {{blob}} NOT NULL,
  PRIMARY KEY (circle, subject, source)
){{strict}};
CREATE TABLE rep_branch (
  circle  {{int}} NOT NULL,
  subject {{int}} NOT NULL,
  branch  {{int}} NOT NULL,
  sum     {{blob}} NOT NULL,
  PRIMARY KEY (circle, subject, branch)
){{strict}};
CREATE TABLE rep_domain (
  circle  {{int}} NOT NULL,
  subject {{int}} NOT NULL,
  domain  TEXT NOT NULL,
  sum     {{blob}} NOT NULL,
  PRIMARY KEY (circle, subject, domain)
){{strict}};
CREATE TABLE rep_circle (
  circle {{int}} NOT NULL PRIMARY KEY,
  last   {{int}} NOT NULL DEFAULT 0,
  state  {{blob}} NOT NULL
){{strict}};

-- What people here decided about things from another server, by day.
CREATE TABLE rep_peer (
  host     TEXT NOT NULL PRIMARY KEY,
  reviewed {{blob}} NOT NULL,
  spam     {{blob}} NOT NULL
){{strict}};
ALTER TABLE peer ADD COLUMN trusted {{int}} NOT NULL DEFAULT 0;

-- Where a post or comment in a circle of ours stands on its way to being an accepted contribution.
-- due_at is when there is something to do about it, 0 = nothing; after is the last voter who was
-- looked at; accepted the latest event that accepted it.
CREATE TABLE rep_contribution (
  post       {{int}} NOT NULL PRIMARY KEY REFERENCES post (id),
  stage      TEXT NOT NULL CHECK (stage IN ('waits', 'accepted', 'gone')),
  due_at     {{int}} NOT NULL DEFAULT 0,
  after      {{int}} NOT NULL DEFAULT 0,
  accepted   {{int}} NOT NULL DEFAULT 0,
  helpful_by {{int}} NOT NULL DEFAULT 0
){{strict}};
CREATE INDEX rep_contribution_due ON rep_contribution (due_at, post) WHERE due_at <> 0;
