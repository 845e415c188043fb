-- +goose Up

-- The words of posts, comments, people and circles, as text.Tokens gives them, split at spaces and
-- nothing else. The rows hold no text and say nothing about who may read: lists join the tables. They
-- are filled from the tables by who follows the log, and can be dropped and filled again.
-- +engine sqlite
CREATE VIRTUAL TABLE search_post USING fts5 (words, content = '', contentless_delete = 1, tokenize = 'ascii');
CREATE VIRTUAL TABLE search_actor USING fts5 (words, content = '', contentless_delete = 1, tokenize = 'ascii');
-- +engine end
-- +engine postgres
CREATE TABLE search_post (
  id    BIGINT NOT NULL PRIMARY KEY,
  words TSVECTOR NOT NULL
);
CREATE INDEX search_post_words ON search_post USING GIN (words);
CREATE TABLE search_actor (
  id    BIGINT NOT NULL PRIMARY KEY,
  words TSVECTOR NOT NULL
);
CREATE INDEX search_actor_words ON search_actor USING GIN (words);
-- +engine end
