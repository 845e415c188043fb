package main

import (
	"io"
	"log/slog"

	"halqa/circles"
)

func logLevel(name string) (slog.Level, error) {
	switch name {
	case "debug":
		return slog.LevelDebug, nil
	case "info", "":
		return slog.LevelInfo, nil
	case "warn":
		return slog.LevelWarn, nil
	case "error":
		return slog.LevelError, nil
	}
	return 0, circles.Errorf(circles.Invalid, "log must be debug, info, warn or error, not %q.", name)
}

func newLog(w io.Writer, name string) (*slog.Logger, error) {
	level, err := logLevel(name)
	if err != nil {
		return nil, err
	}
	return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: level})), nil
}
