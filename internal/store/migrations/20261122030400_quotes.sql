-- +goose Up

-- What a post or comment quotes: the id of another in ActivityPub, a path for one of ours. It may not be
-- here, or not yet.
CREATE TABLE quote (
  post {{int}} NOT NULL PRIMARY KEY REFERENCES post (id),
  uri  TEXT NOT NULL
){{strict}};
CREATE INDEX quote_uri ON quote (uri);

-- Posts whose author said that not everybody may quote them.
CREATE TABLE unquotable (
  post {{int}} NOT NULL PRIMARY KEY REFERENCES post (id)
){{strict}};

-- Mastodon's posts have an address for people that is not their id.
CREATE INDEX post_url ON post (url) WHERE url <> '';
