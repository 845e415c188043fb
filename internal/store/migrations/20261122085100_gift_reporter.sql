-- +goose Up

-- What an account said against notes goes with it.
CREATE INDEX gift_reporter ON gift (reported_by) WHERE reported_by <> 0;
