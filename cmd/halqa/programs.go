package main

import (
	"halqa/api"
	"halqa/web"
)

// aboutAPI tells the pages what programs can do: the two edges do not know each other.
func aboutAPI(programs *api.Server) web.API {
	about := web.API{Base: api.Prefix, Document: api.Prefix + "/openapi.json"}
	for _, r := range programs.Routes() {
		if n := len(about.Groups); n == 0 || about.Groups[n-1].Name != r.Group {
			about.Groups = append(about.Groups, web.ReferenceGroup{Name: r.Group})
		}
		g := &about.Groups[len(about.Groups)-1]
		g.Routes = append(g.Routes, web.ReferenceRow{Method: r.Method, Path: r.Path, About: r.About, Scope: string(r.Scope), Open: r.Open != ""})
	}
	return about
}
