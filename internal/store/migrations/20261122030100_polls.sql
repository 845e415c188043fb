-- +goose Up

-- The poll of a post. ends_at 0 = never; ended_at 0 = not over, or its end was not noticed yet.
-- said_voters and poll_option.said are the counts as other servers know them; say_at is when they are
-- told the new ones, 0 if nothing changed. told is the last of its voters in order who was notified of
-- the end, -1 when all were.
CREATE TABLE poll (
  post        {{int}} NOT NULL PRIMARY KEY REFERENCES post (id),
  multiple    {{int}} NOT NULL DEFAULT 0,
  ends_at     {{int}} NOT NULL,
  ended_at    {{int}} NOT NULL DEFAULT 0,
  voters      {{int}} NOT NULL DEFAULT 0,
  said_voters {{int}} NOT NULL DEFAULT 0,
  say_at      {{int}} NOT NULL DEFAULT 0,
  told        {{int}} NOT NULL DEFAULT 0
){{strict}};
CREATE INDEX poll_due ON poll (ends_at, post) WHERE ended_at = 0 AND ends_at > 0;
CREATE INDEX poll_say ON poll (say_at, post) WHERE say_at > 0;
CREATE INDEX poll_tell ON poll (post) WHERE ended_at > 0 AND told >= 0;

CREATE TABLE poll_option (
  post  {{int}} NOT NULL REFERENCES poll (post),
  pos   {{int}} NOT NULL,
  label TEXT NOT NULL,
  wire  TEXT NOT NULL DEFAULT '',
  votes {{int}} NOT NULL DEFAULT 0,
  said  {{int}} NOT NULL DEFAULT 0,
  PRIMARY KEY (post, pos)
){{strict}};

-- Who chose what: of a poll by one of our people everybody, of one from elsewhere our own people.
CREATE TABLE poll_vote (
  post  {{int}} NOT NULL REFERENCES poll (post),
  actor {{int}} NOT NULL REFERENCES actor (id),
  pos   {{int}} NOT NULL,
  at    {{int}} NOT NULL,
  PRIMARY KEY (post, actor, pos)
){{strict}};
CREATE INDEX poll_vote_actor ON poll_vote (actor, post);

-- People are told of ended polls, too. Which kinds there are is the program's to know: each one more
-- would cost another rebuilding. Ids are given anew, in the old order.
CREATE TABLE notification_any (
  id     {{autoseq}},
  person {{int}} NOT NULL REFERENCES actor (id),
  kind   TEXT NOT NULL CHECK (kind <> ''),
  object {{int}} NOT NULL,
  thread {{int}} NOT NULL DEFAULT 0,
  actor  {{int}} NOT NULL DEFAULT 0,
  at     {{int}} NOT NULL,
  seen   {{int}} NOT NULL DEFAULT 0,
  UNIQUE (person, kind, object)
){{strict}};
INSERT INTO notification_any (person, kind, object, thread, actor, at, seen)
  SELECT person, kind, object, thread, actor, at, seen FROM notification ORDER BY id;
DROP TABLE notification;
ALTER TABLE notification_any RENAME TO notification;
CREATE INDEX notification_person ON notification (person, id);
CREATE INDEX notification_unseen ON notification (person, id) WHERE seen = 0;
