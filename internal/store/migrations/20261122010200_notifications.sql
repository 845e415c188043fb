-- +goose Up

-- Threads that a person follows, or wants to hear nothing of. post is the thread's root.
CREATE TABLE thread_wish (
  person {{int}} NOT NULL REFERENCES actor (id),
  post   {{int}} NOT NULL REFERENCES post (id),
  wish   TEXT NOT NULL CHECK (wish IN ('follow', 'mute')),
  at     {{int}} NOT NULL,
  PRIMARY KEY (person, post)
){{strict}};
CREATE INDEX thread_wish_post ON thread_wish (post) WHERE wish = 'follow';

-- What a person of this instance was told of. object is the post, or for 'follow' the follower.
CREATE TABLE notification (
  id     {{autoseq}},
  person {{int}} NOT NULL REFERENCES actor (id),
  kind   TEXT NOT NULL CHECK (kind IN ('answer', 'mention', 'thread', 'removed', 'follow')),
  object {{int}} NOT NULL,
  thread {{int}} NOT NULL DEFAULT 0,
  actor  {{int}} NOT NULL DEFAULT 0,
  at     {{int}} NOT NULL,
  seen   {{int}} NOT NULL DEFAULT 0,
  UNIQUE (person, kind, object)
){{strict}};
CREATE INDEX notification_person ON notification (person, id);
CREATE INDEX notification_unseen ON notification (person, id) WHERE seen = 0;
