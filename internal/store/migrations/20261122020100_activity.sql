-- +goose Up

-- Who wrote comments in a circle of late; posts have post_circle_new for that.
CREATE INDEX post_circle_comment ON post (circle, id) WHERE kind = 'comment' AND state = 'visible';
