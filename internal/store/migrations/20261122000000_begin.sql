-- +goose Up

-- One row a fact about this instance: host, set-up token's hash, name, description, registration.
CREATE TABLE setting (
  name  TEXT NOT NULL PRIMARY KEY,
  value TEXT NOT NULL
){{strict}};

-- Every name a local person or circle ever had. Names are never given out twice: an old address
-- must not begin to mean somebody else.
CREATE TABLE name_used (
  name TEXT NOT NULL PRIMARY KEY,
  at   {{int}} NOT NULL
){{strict}};

-- What is known of another server. family is NodeInfo's software.name; '' until it was asked.
CREATE TABLE peer (
  host          TEXT NOT NULL PRIMARY KEY,
  family        TEXT NOT NULL DEFAULT '',
  version       TEXT NOT NULL DEFAULT '',
  asked_at      {{int}} NOT NULL DEFAULT 0,
  first_seen_at {{int}} NOT NULL,
  heard_at      {{int}} NOT NULL DEFAULT 0,
  reached_at    {{int}} NOT NULL DEFAULT 0,
  failing_since {{int}} NOT NULL DEFAULT 0,
  fails         {{int}} NOT NULL DEFAULT 0,
  next_try_at   {{int}} NOT NULL DEFAULT 0,
  last_status   {{int}} NOT NULL DEFAULT 0,
  last_error    TEXT NOT NULL DEFAULT '',
  policy        TEXT NOT NULL DEFAULT '' CHECK (policy IN ('', 'limited', 'blocked'))
){{strict}};

-- People, circles, the instance itself. host is '' for local ones, whose uri is a path.
CREATE TABLE actor (
  id           {{int}} NOT NULL PRIMARY KEY,
  kind         TEXT NOT NULL CHECK (kind IN ('person', 'circle', 'instance', 'service')),
  name         TEXT NOT NULL,
  host         TEXT NOT NULL DEFAULT '',
  uri          TEXT NOT NULL UNIQUE,
  url          TEXT NOT NULL DEFAULT '',
  display_name TEXT NOT NULL DEFAULT '',
  icon_media   TEXT NOT NULL DEFAULT '',
  icon_url     TEXT NOT NULL DEFAULT '',
  inbox        TEXT NOT NULL DEFAULT '',
  shared_inbox TEXT NOT NULL DEFAULT '',
  outbox       TEXT NOT NULL DEFAULT '',
  followers    TEXT NOT NULL DEFAULT '',
  moderators   TEXT NOT NULL DEFAULT '',
  key_id       TEXT NOT NULL DEFAULT '',
  public_key   TEXT NOT NULL DEFAULT '',
  bot          {{int}} NOT NULL DEFAULT 0,
  locked       {{int}} NOT NULL DEFAULT 0,
  indexable    {{int}} NOT NULL DEFAULT 1,
  published    {{int}} NOT NULL,
  created_at   {{int}} NOT NULL,
  updated_at   {{int}} NOT NULL,
  fetched_at   {{int}} NOT NULL DEFAULT 0,
  deleted_at   {{int}} NOT NULL DEFAULT 0,
  suspended_at {{int}} NOT NULL DEFAULT 0,
  moved_to     TEXT NOT NULL DEFAULT '',
  summary      TEXT NOT NULL DEFAULT '',
  summary_html TEXT NOT NULL DEFAULT ''
){{strict}};
CREATE UNIQUE INDEX actor_local_name ON actor (name) WHERE host = '';
CREATE INDEX actor_handle ON actor (host, name);
CREATE INDEX actor_key_id ON actor (key_id) WHERE key_id <> '';

-- Private keys of local actors, apart from what lists read.
CREATE TABLE actor_key (
  actor   {{int}} NOT NULL PRIMARY KEY REFERENCES actor (id),
  private {{blob}} NOT NULL
){{strict}};

CREATE TABLE circle (
  id           {{int}} NOT NULL PRIMARY KEY REFERENCES actor (id),
  topic        TEXT NOT NULL DEFAULT '',
  language     TEXT NOT NULL DEFAULT '',
  visibility   TEXT NOT NULL CHECK (visibility IN ('public', 'unlisted', 'local', 'members')),
  posting      TEXT NOT NULL CHECK (posting IN ('open', 'operators')),
  sensitive    {{int}} NOT NULL DEFAULT 0,
  hue          {{int}} NOT NULL DEFAULT 0,
  members      {{int}} NOT NULL DEFAULT 0,
  posts        {{int}} NOT NULL DEFAULT 0,
  comments     {{int}} NOT NULL DEFAULT 0,
  active_month {{int}} NOT NULL DEFAULT 0,
  posted_at    {{int}} NOT NULL DEFAULT 0,
  rev          {{int}} NOT NULL DEFAULT 0,
  created_by   {{int}} NOT NULL DEFAULT 0,
  rules        TEXT NOT NULL DEFAULT '',
  rules_html   TEXT NOT NULL DEFAULT ''
){{strict}};
CREATE INDEX circle_directory ON circle (posted_at, id) WHERE visibility = 'public';

CREATE TABLE membership (
  circle {{int}} NOT NULL REFERENCES circle (id),
  person {{int}} NOT NULL REFERENCES actor (id),
  role   TEXT NOT NULL CHECK (role IN ('owner', 'operator', 'moderator', 'member', 'pending')),
  at     {{int}} NOT NULL,
  PRIMARY KEY (circle, person)
){{strict}};
CREATE INDEX membership_runs ON membership (circle) WHERE role IN ('owner', 'operator', 'moderator');
CREATE INDEX membership_person ON membership (person, circle);

-- Who follows whom. A row with a from_seq and an inbox is what delivery routes by; a finished one
-- keeps until_seq, so that a later Delete still reaches those who got the Create.
CREATE TABLE follow (
  id        {{int}} NOT NULL PRIMARY KEY,
  follower  {{int}} NOT NULL REFERENCES actor (id),
  followee  {{int}} NOT NULL REFERENCES actor (id),
  state     TEXT NOT NULL CHECK (state IN ('pending', 'accepted', 'ended')),
  uri       TEXT NOT NULL DEFAULT '',
  inbox     TEXT NOT NULL DEFAULT '',
  at        {{int}} NOT NULL,
  from_seq  {{int}} NOT NULL DEFAULT 0,
  until_seq {{int}} NOT NULL DEFAULT 0
){{strict}};
CREATE UNIQUE INDEX follow_pair ON follow (follower, followee) WHERE state <> 'ended';
CREATE INDEX follow_followee ON follow (followee, state);
CREATE INDEX follow_inbox ON follow (inbox) WHERE inbox <> '';

-- Posts and comments. The large texts stand last, so that lists need not read past them.
CREATE TABLE post (
  id          {{int}} NOT NULL PRIMARY KEY,
  uri         TEXT NOT NULL UNIQUE,
  url         TEXT NOT NULL DEFAULT '',
  kind        TEXT NOT NULL CHECK (kind IN ('post', 'comment')),
  circle      {{int}} NOT NULL DEFAULT 0,
  author      {{int}} NOT NULL REFERENCES actor (id),
  root        {{int}} NOT NULL,
  parent      {{int}} NOT NULL DEFAULT 0,
  depth       {{int}} NOT NULL DEFAULT 0,
  state       TEXT NOT NULL CHECK (state IN ('visible', 'held', 'refused', 'removed', 'deleted')),
  reason      TEXT NOT NULL DEFAULT '',
  removed_by  {{int}} NOT NULL DEFAULT 0,
  removed_at  {{int}} NOT NULL DEFAULT 0,
  deleted_at  {{int}} NOT NULL DEFAULT 0,
  title       TEXT NOT NULL DEFAULT '',
  link        TEXT NOT NULL DEFAULT '',
  language    TEXT NOT NULL DEFAULT '',
  sensitive   {{int}} NOT NULL DEFAULT 0,
  warning     TEXT NOT NULL DEFAULT '',
  locked      {{int}} NOT NULL DEFAULT 0,
  pinned      {{int}} NOT NULL DEFAULT 0,
  listed      {{int}} NOT NULL DEFAULT 0,
  local       {{int}} NOT NULL DEFAULT 0,
  photos      {{int}} NOT NULL DEFAULT 0,
  published   {{int}} NOT NULL,
  edited_at   {{int}} NOT NULL DEFAULT 0,
  created_at  {{int}} NOT NULL,
  ups         {{int}} NOT NULL DEFAULT 0,
  downs       {{int}} NOT NULL DEFAULT 0,
  score       {{int}} NOT NULL DEFAULT 0,
  comments    {{int}} NOT NULL DEFAULT 0,
  hot         {{int}} NOT NULL DEFAULT 0,
  scaled      {{int}} NOT NULL DEFAULT 0,
  active      {{int}} NOT NULL DEFAULT 0,
  controversy {{int}} NOT NULL DEFAULT 0,
  create_seq  {{int}} NOT NULL DEFAULT 0,
  announce_seq {{int}} NOT NULL DEFAULT 0,
  rev         {{int}} NOT NULL DEFAULT 0,
  body        TEXT NOT NULL DEFAULT '',
  body_html   TEXT NOT NULL DEFAULT ''
){{strict}};
CREATE INDEX post_circle_hot ON post (circle, hot, id) WHERE kind = 'post' AND state = 'visible';
CREATE INDEX post_circle_new ON post (circle, id) WHERE kind = 'post' AND state = 'visible';
CREATE INDEX post_circle_active ON post (circle, active, id) WHERE kind = 'post' AND state = 'visible';
CREATE INDEX post_circle_score ON post (circle, score, id) WHERE kind = 'post' AND state = 'visible';
CREATE INDEX post_circle_scaled ON post (circle, scaled, id) WHERE kind = 'post' AND state = 'visible';
CREATE INDEX post_circle_controversy ON post (circle, controversy, id) WHERE kind = 'post' AND state = 'visible' AND controversy > 0;
CREATE INDEX post_all_scaled ON post (scaled, id) WHERE kind = 'post' AND state = 'visible';
CREATE INDEX post_all_controversy ON post (controversy, id) WHERE kind = 'post' AND state = 'visible' AND controversy > 0;
CREATE INDEX post_all_hot ON post (hot, id) WHERE kind = 'post' AND state = 'visible';
CREATE INDEX post_all_new ON post (id) WHERE kind = 'post' AND state = 'visible';
CREATE INDEX post_all_active ON post (active, id) WHERE kind = 'post' AND state = 'visible';
CREATE INDEX post_all_score ON post (score, id) WHERE kind = 'post' AND state = 'visible';
CREATE INDEX post_thread ON post (root, parent, score, id) WHERE kind = 'comment';
CREATE INDEX post_parent ON post (parent, hot, id) WHERE kind = 'comment';
CREATE INDEX post_pinned ON post (circle, id) WHERE pinned = 1 AND kind = 'post' AND state = 'visible';
CREATE INDEX post_author ON post (author, kind, id);

CREATE TABLE post_revision (
  post   {{int}} NOT NULL REFERENCES post (id),
  at     {{int}} NOT NULL,
  editor {{int}} NOT NULL,
  title  TEXT NOT NULL DEFAULT '',
  link   TEXT NOT NULL DEFAULT '',
  body   TEXT NOT NULL DEFAULT '',
  body_html TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (post, at)
){{strict}};

-- The author's own bytes of what came from elsewhere, kept for announcing.
CREATE TABLE post_raw (
  post {{int}} NOT NULL PRIMARY KEY REFERENCES post (id),
  raw  {{blob}} NOT NULL
){{strict}};

-- People a post names, beside its circle: they get its Create, and so its Update and Delete.
CREATE TABLE mention (
  post  {{int}} NOT NULL REFERENCES post (id),
  actor {{int}} NOT NULL REFERENCES actor (id),
  PRIMARY KEY (post, actor)
){{strict}};
CREATE INDEX mention_actor ON mention (actor, post);

CREATE TABLE vote (
  post  {{int}} NOT NULL REFERENCES post (id),
  actor {{int}} NOT NULL REFERENCES actor (id),
  value {{int}} NOT NULL CHECK (value IN (-1, 1)),
  at    {{int}} NOT NULL,
  seq   {{int}} NOT NULL DEFAULT 0,
  uri   TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (post, actor)
){{strict}};
CREATE INDEX vote_actor ON vote (actor, post);

-- A picture. Its address is random; post is 0 until the composer's form is sent.
CREATE TABLE media (
  id         TEXT NOT NULL PRIMARY KEY,
  owner      {{int}} NOT NULL,
  post       {{int}} NOT NULL DEFAULT 0,
  pos        {{int}} NOT NULL DEFAULT 0,
  mime       TEXT NOT NULL,
  width      {{int}} NOT NULL,
  height     {{int}} NOT NULL,
  blurhash   TEXT NOT NULL DEFAULT '',
  animated   {{int}} NOT NULL DEFAULT 0,
  remote_url TEXT NOT NULL DEFAULT '',
  created_at {{int}} NOT NULL,
  alt        TEXT NOT NULL DEFAULT ''
){{strict}};
CREATE INDEX media_post ON media (post, pos) WHERE post <> 0;
CREATE INDEX media_loose ON media (created_at) WHERE post = 0;

CREATE TABLE media_file (
  media  TEXT NOT NULL REFERENCES media (id),
  name   TEXT NOT NULL,
  mime   TEXT NOT NULL,
  width  {{int}} NOT NULL,
  height {{int}} NOT NULL,
  bytes  {{int}} NOT NULL,
  hash   TEXT NOT NULL,
  PRIMARY KEY (media, name)
){{strict}};
CREATE INDEX media_file_hash ON media_file (hash);

-- Accounts of local people.
CREATE TABLE account (
  person     {{int}} NOT NULL PRIMARY KEY REFERENCES actor (id),
  password   TEXT NOT NULL,
  email      TEXT NOT NULL DEFAULT '',
  role       TEXT NOT NULL CHECK (role IN ('member', 'moderator', 'admin')),
  language   TEXT NOT NULL DEFAULT '',
  theme      TEXT NOT NULL DEFAULT '',
  density    TEXT NOT NULL DEFAULT '',
  reveal     {{int}} NOT NULL DEFAULT 0,
  created_at {{int}} NOT NULL,
  seen_at    {{int}} NOT NULL DEFAULT 0
){{strict}};
CREATE INDEX account_seen ON account (seen_at);

CREATE TABLE session (
  hash       TEXT NOT NULL PRIMARY KEY,
  person     {{int}} NOT NULL REFERENCES account (person),
  created_at {{int}} NOT NULL,
  seen_at    {{int}} NOT NULL,
  expires_at {{int}} NOT NULL,
  agent      TEXT NOT NULL DEFAULT ''
){{strict}};
CREATE INDEX session_person ON session (person);
CREATE INDEX session_expires ON session (expires_at);

CREATE TABLE block (
  actor  {{int}} NOT NULL REFERENCES actor (id),
  target {{int}} NOT NULL REFERENCES actor (id),
  at     {{int}} NOT NULL,
  PRIMARY KEY (actor, target)
){{strict}};

-- The log: what changed, in the order it was committed.
CREATE TABLE event (
  seq       {{autoseq}},
  at        {{int}} NOT NULL,
  kind      TEXT NOT NULL,
  stream    {{int}} NOT NULL,
  signer    {{int}} NOT NULL,
  order_key {{int}} NOT NULL,
  object    {{int}} NOT NULL,
  detail    TEXT NOT NULL DEFAULT ''
){{strict}};
CREATE INDEX event_stream ON event (stream, seq);
CREATE INDEX event_at ON event (at);
CREATE INDEX event_object ON event (object, seq);

CREATE TABLE event_to (
  seq   {{int}} NOT NULL,
  inbox TEXT NOT NULL,
  PRIMARY KEY (seq, inbox)
){{strict}};
CREATE INDEX event_to_inbox ON event_to (inbox, seq);

CREATE TABLE cursor (
  consumer TEXT NOT NULL,
  lane     TEXT NOT NULL,
  acked    {{int}} NOT NULL,
  beyond   TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (consumer, lane)
){{strict}};

CREATE TABLE delivery_exception (
  inbox  TEXT NOT NULL,
  seq    {{int}} NOT NULL,
  status {{int}} NOT NULL,
  error  TEXT NOT NULL DEFAULT '',
  at     {{int}} NOT NULL,
  PRIMARY KEY (inbox, seq)
){{strict}};
CREATE INDEX delivery_exception_seq ON delivery_exception (seq);

CREATE TABLE lease (
  name   TEXT NOT NULL PRIMARY KEY,
  holder TEXT NOT NULL,
  until  {{int}} NOT NULL
){{strict}};

-- Activities that arrived: each id counts once. raw is kept where a circle will announce it.
CREATE TABLE received (
  id    {{int}} NOT NULL PRIMARY KEY,
  uri   TEXT NOT NULL UNIQUE,
  at    {{int}} NOT NULL,
  raw   {{blob}}
){{strict}};
CREATE INDEX received_at ON received (at);

-- What was deleted or undone before it was ever seen here: its Create must come to nothing.
CREATE TABLE tombstone (
  uri   TEXT NOT NULL PRIMARY KEY,
  host  TEXT NOT NULL,
  at    {{int}} NOT NULL
){{strict}};
CREATE INDEX tombstone_at ON tombstone (at);

-- Verified activities that wait for something to be fetched, in order of arrival.
CREATE TABLE parked (
  id        {{int}} NOT NULL PRIMARY KEY,
  uri       TEXT NOT NULL UNIQUE,
  order_key TEXT NOT NULL,
  signer    TEXT NOT NULL,
  inbox_of  {{int}} NOT NULL DEFAULT 0,
  needs     TEXT NOT NULL,
  at        {{int}} NOT NULL,
  tries     {{int}} NOT NULL DEFAULT 0,
  due_at    {{int}} NOT NULL,
  raw       {{blob}} NOT NULL
){{strict}};
CREATE INDEX parked_due ON parked (due_at, id);
CREATE INDEX parked_order ON parked (order_key, id);
