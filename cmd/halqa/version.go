package main

import (
	"fmt"
	"runtime"
	"runtime/debug"
)

// version is what NodeInfo and the command line call this release.
const version = "0.1.0"

type versionCmd struct{}

func (versionCmd) Run(term *terminal) error {
	line := "halqa " + version + " " + runtime.Version()
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" && len(s.Value) >= 12 {
				line += " " + s.Value[:12]
			}
		}
	}
	_, err := fmt.Fprintln(term.out, line)
	return err
}
