// Package api is the JSON edge: /api/circles/v1, everything that the pages can do, for bots, scripts,
// importers and other front ends; and the OAuth endpoints that programs speak to.
//
// One table of routes says it all: method, path, scope, what comes in, what goes out, and which page's
// action it stands beside. The router, the OpenAPI document and the page for people are made from it. A
// handler reads one request, calls one verb of internal/app and its like, and shapes what comes back; it
// holds no rule about who may see or do what, and knows neither pages nor ActivityPub.
//
// Begin with route.go for what a route is and table.go for which there are; guard.go is what every request
// passes, problem.go how it is refused, shape.go what things look like.
package api
