// Package web is the browser edge: pages and forms, whole without JavaScript.
//
// A handler reads from internal/app and its like, fills the view struct of its page and renders that
// page's template into a buffer; only then is anything written. It holds no rule about who may see or
// do what, keeps no state between requests and speaks no ActivityPub.
//
// Begin with page.go for what every page shares, then view_post.go beside page/post.tmpl for one page
// as a whole, and render.go for how they meet.
package web
