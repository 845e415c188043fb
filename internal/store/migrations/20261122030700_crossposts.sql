-- +goose Up

-- The post that a post says it was taken over from: its uri.
ALTER TABLE post ADD COLUMN cross_of TEXT NOT NULL DEFAULT '';
CREATE INDEX post_cross_of ON post (cross_of, id) WHERE cross_of <> '' AND kind = 'post' AND state = 'visible';
CREATE INDEX post_link ON post (link, id) WHERE link <> '' AND kind = 'post' AND state = 'visible';
