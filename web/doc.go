// Package web is the browser edge: pages and forms, whole without JavaScript.
//
// A handler reads from internal/app and its like, fills the view struct of its page and renders that
// page's template into a buffer; only then is anything written. A form answers 303 when it did what it
// says, and else comes back with what was typed and one sentence for each thing to mend. It holds no
// rule about who may see or do what, keeps nothing between requests but copies, and speaks no
// ActivityPub.
//
// Begin with routes.go for what there is and visit.go for what every handler starts from; then post.go
// with view_read.go and page/post.tmpl for one page as a whole, and compose.go for one form.
package web
