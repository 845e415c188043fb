-- +goose Up

-- Circles and people elsewhere whose past is fetched when the first of ours follows them: once each.
-- due_at is 0 when that is done.
CREATE TABLE backfill (
  actor   {{int}} NOT NULL PRIMARY KEY REFERENCES actor (id),
  at      {{int}} NOT NULL,
  due_at  {{int}} NOT NULL,
  tries   {{int}} NOT NULL DEFAULT 0,
  fetched {{int}} NOT NULL DEFAULT 0
){{strict}};
CREATE INDEX backfill_due ON backfill (due_at) WHERE due_at <> 0;

-- The other addresses that an actor says are its own, separated by spaces. Who moves here or away
-- proves it by them.
ALTER TABLE actor ADD COLUMN also_known_as TEXT NOT NULL DEFAULT '';

-- Actors that moved and whose followers here have not all been led after them. after is the last
-- follower who was.
CREATE TABLE moving (
  actor  {{int}} NOT NULL PRIMARY KEY REFERENCES actor (id),
  target {{int}} NOT NULL REFERENCES actor (id),
  after  {{int}} NOT NULL DEFAULT 0
){{strict}};

-- What people elsewhere write in no circle is found by who follows them, in every order of a feed.
CREATE INDEX post_loose_hot ON post (author, hot, id) WHERE circle = 0 AND kind = 'post' AND state = 'visible';
CREATE INDEX post_loose_new ON post (author, id) WHERE circle = 0 AND kind = 'post' AND state = 'visible';
CREATE INDEX post_loose_active ON post (author, active, id) WHERE circle = 0 AND kind = 'post' AND state = 'visible';
CREATE INDEX post_loose_score ON post (author, score, id) WHERE circle = 0 AND kind = 'post' AND state = 'visible';
CREATE INDEX post_loose_scaled ON post (author, scaled, id) WHERE circle = 0 AND kind = 'post' AND state = 'visible';
CREATE INDEX post_loose_controversy ON post (author, controversy, id) WHERE circle = 0 AND kind = 'post' AND state = 'visible' AND controversy > 0;
CREATE INDEX follow_follower ON follow (follower, followee) WHERE state = 'accepted';

-- What people can be told of grows; the list of it is in the code alone.
-- +engine sqlite
CREATE TABLE told (
  id     {{autoseq}},
  person {{int}} NOT NULL REFERENCES actor (id),
  kind   TEXT NOT NULL,
  object {{int}} NOT NULL,
  thread {{int}} NOT NULL DEFAULT 0,
  actor  {{int}} NOT NULL DEFAULT 0,
  at     {{int}} NOT NULL,
  seen   {{int}} NOT NULL DEFAULT 0,
  UNIQUE (person, kind, object)
){{strict}};
INSERT INTO told (id, person, kind, object, thread, actor, at, seen)
  SELECT id, person, kind, object, thread, actor, at, seen FROM notification;
DROP TABLE notification;
ALTER TABLE told RENAME TO notification;
CREATE INDEX notification_person ON notification (person, id);
CREATE INDEX notification_unseen ON notification (person, id) WHERE seen = 0;
-- +engine end
-- +engine postgres
ALTER TABLE notification DROP CONSTRAINT notification_kind_check;
-- +engine end
