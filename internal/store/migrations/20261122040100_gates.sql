-- +goose Up

-- The settings of a place: a circle, or the whole instance (0). rule holds what is asked before each
-- action, apart, so that judging an act reads only what concerns it; settings is the same as a whole.
CREATE TABLE gate_place (
  place       {{int}} NOT NULL PRIMARY KEY,
  version     {{int}} NOT NULL,
  settings    TEXT NOT NULL,
  preset      TEXT NOT NULL DEFAULT '',
  pilot       {{int}} NOT NULL DEFAULT 0,
  set_by      {{int}} NOT NULL DEFAULT 0,
  set_at      {{int}} NOT NULL DEFAULT 0,
  next        TEXT NOT NULL DEFAULT '',
  next_preset TEXT NOT NULL DEFAULT '',
  next_reason TEXT NOT NULL DEFAULT '',
  next_by     {{int}} NOT NULL DEFAULT 0,
  next_at     {{int}} NOT NULL DEFAULT 0,
  storm_began {{int}} NOT NULL DEFAULT 0,
  storm_until {{int}} NOT NULL DEFAULT 0,
  bounds      TEXT NOT NULL DEFAULT ''
){{strict}};
CREATE INDEX gate_place_next ON gate_place (next_at) WHERE next_at <> 0;
CREATE INDEX gate_place_storm ON gate_place (storm_until) WHERE storm_until <> 0;
CREATE INDEX gate_place_pilot ON gate_place (place) WHERE pilot = 1;

-- storm is 1 for what stands in place of the other row of the action until a time. The action filter is
-- no act: its rule are the words and links that are held.
CREATE TABLE gate_rule (
  place  {{int}} NOT NULL,
  action TEXT NOT NULL CHECK (action IN ('join', 'post', 'post_media', 'post_link', 'comment', 'react', 'downvote',
    'start_dm', 'vouch', 'create_circle', 'filter')),
  storm  {{int}} NOT NULL DEFAULT 0,
  until  {{int}} NOT NULL DEFAULT 0,
  rule   TEXT NOT NULL,
  set_by {{int}} NOT NULL DEFAULT 0,
  set_at {{int}} NOT NULL DEFAULT 0,
  PRIMARY KEY (place, action, storm)
){{strict}};

-- The public log of changes. before and after are whole settings; what is shown is their difference.
CREATE TABLE gate_change (
  id        {{int}} NOT NULL PRIMARY KEY,
  place     {{int}} NOT NULL,
  version   {{int}} NOT NULL,
  at        {{int}} NOT NULL,
  actor     {{int}} NOT NULL DEFAULT 0,
  kind      TEXT NOT NULL CHECK (kind IN ('set', 'announced', 'begun', 'withdrawn', 'storm', 'storm_over', 'mended', 'bounds', 'filter')),
  effective {{int}} NOT NULL,
  bounds    {{int}} NOT NULL,
  preset    TEXT NOT NULL DEFAULT '',
  reason    TEXT NOT NULL DEFAULT '',
  before    TEXT NOT NULL,
  after     TEXT NOT NULL
){{strict}};
CREATE INDEX gate_change_place ON gate_change (place, id);

-- What was done in a circle, by whom and with what facts, for thirty days: who changes a gate sees
-- whom it would have stopped. n counts acts of one day with the same facts.
CREATE TABLE judged (
  circle {{int}} NOT NULL,
  action TEXT NOT NULL,
  day    {{int}} NOT NULL,
  person {{int}} NOT NULL,
  facts  TEXT NOT NULL,
  n      {{int}} NOT NULL,
  PRIMARY KEY (circle, action, day, person, facts)
){{strict}};
CREATE INDEX judged_day ON judged (day);

-- Posts and comments that wait for a moderator. received names the bytes of one from elsewhere.
CREATE TABLE held_post (
  post     {{int}} NOT NULL PRIMARY KEY REFERENCES post (id),
  circle   {{int}} NOT NULL,
  at       {{int}} NOT NULL,
  received {{int}} NOT NULL DEFAULT 0,
  why      TEXT NOT NULL,
  decided_by {{int}} NOT NULL DEFAULT 0,
  decided_at {{int}} NOT NULL DEFAULT 0,
  refused  {{int}} NOT NULL DEFAULT 0,
  note     TEXT NOT NULL DEFAULT ''
){{strict}};
CREATE INDEX held_post_circle ON held_post (circle, post) WHERE decided_at = 0;
CREATE INDEX held_post_at ON held_post (at) WHERE decided_at = 0;

-- How many of somebody's photos and links a circle has let through.
CREATE INDEX post_author_media ON post (author, circle) WHERE photos > 0 AND kind = 'post' AND state = 'visible';
CREATE INDEX post_author_link ON post (author, circle) WHERE link <> '' AND kind = 'post' AND state = 'visible';

-- Circles that are here already ask what Open asks. Nothing was asked before, so this is the least.
INSERT INTO gate_place (place, version, settings, preset)
SELECT a.id, 1, '{"gates":{"downvote":{"any":[[{"fact":"tier","scope":"circle","gte":"member"}]],"else":"deny"},"vouch":{"any":[[{"fact":"tier","scope":"circle","gte":"regular"}]],"else":"deny"}},"limits":{"post_link":{"first_held":3},"post_media":{"first_held":3}}}', 'open'
FROM circle c JOIN actor a ON a.id = c.id WHERE a.host = '' AND a.deleted_at = 0;
INSERT INTO gate_rule (place, action, rule)
SELECT place, 'downvote', '{"gate":{"any":[[{"fact":"tier","scope":"circle","gte":"member"}]],"else":"deny"}}' FROM gate_place;
INSERT INTO gate_rule (place, action, rule)
SELECT place, 'vouch', '{"gate":{"any":[[{"fact":"tier","scope":"circle","gte":"regular"}]],"else":"deny"}}' FROM gate_place;
INSERT INTO gate_rule (place, action, rule)
SELECT place, 'post_media', '{"limit":{"first_held":3}}' FROM gate_place;
INSERT INTO gate_rule (place, action, rule)
SELECT place, 'post_link', '{"limit":{"first_held":3}}' FROM gate_place;

-- The instance itself asks what Welcoming asks.
INSERT INTO gate_place (place, version, settings, preset)
VALUES (0, 1, '{"gates":{"create_circle":{"any":[[{"fact":"days_known_here","scope":"instance","gte":7},{"fact":"accepted_contributions","scope":"instance","gte":3}],[{"fact":"operator_approved","scope":"instance","eq":true}]],"else":"deny"},"start_dm":{"any":[[{"fact":"days_known_here","scope":"instance","gte":3},{"fact":"active_days_90","scope":"instance","gte":3}],[{"fact":"operator_approved","scope":"instance","eq":true}]],"else":"request"}}}', 'welcoming');
INSERT INTO gate_rule (place, action, rule)
VALUES (0, 'create_circle', '{"gate":{"any":[[{"fact":"days_known_here","scope":"instance","gte":7},{"fact":"accepted_contributions","scope":"instance","gte":3}],[{"fact":"operator_approved","scope":"instance","eq":true}]],"else":"deny"}}');
INSERT INTO gate_rule (place, action, rule)
VALUES (0, 'start_dm', '{"gate":{"any":[[{"fact":"days_known_here","scope":"instance","gte":3},{"fact":"active_days_90","scope":"instance","gte":3}],[{"fact":"operator_approved","scope":"instance","eq":true}]],"else":"request"}}');
