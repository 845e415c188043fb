package web

import (
	"html/template"
	"text/template/parse"

	"halqa/internal/i18n"
	"halqa/static"
)

// fold writes into the templates of one language what is the same on every page: its words, the icons
// and the addresses of the assets. Half of what a thread of 500 comments would evaluate is gone then.
// It runs before html/template escapes, so what it writes is text of the template: only our own
// catalogue and markup may come this way. Words are escaped for text and for quoted attributes, and
// every attribute in page/ is quoted.
func fold(set *template.Template, l *i18n.Localizer, assets *static.Files) {
	words := func(name string, args []parse.Node) (string, bool) {
		arg := ""
		switch len(args) {
		case 0:
		case 1:
			s, ok := args[0].(*parse.StringNode)
			if !ok {
				return "", false
			}
			arg = s.Text
		default:
			return "", false
		}
		switch name {
		case "t":
			return template.HTMLEscapeString(l.T(arg)), arg != ""
		case "asset":
			return assets.URL(arg), arg != ""
		case "icon":
			return string(icon(assets, arg)), arg != ""
		case "mark":
			return string(brandMark), true
		}
		return "", false
	}
	for _, t := range set.Templates() {
		if t.Tree != nil {
			foldList(t.Tree.Root, words)
		}
	}
}

func foldList(list *parse.ListNode, words func(string, []parse.Node) (string, bool)) {
	if list == nil {
		return
	}
	for i, n := range list.Nodes {
		switch n := n.(type) {
		case *parse.ActionNode:
			if len(n.Pipe.Decl) > 0 || len(n.Pipe.Cmds) != 1 {
				continue
			}
			args := n.Pipe.Cmds[0].Args
			id, ok := args[0].(*parse.IdentifierNode)
			if !ok {
				continue
			}
			if s, ok := words(id.Ident, args[1:]); ok {
				list.Nodes[i] = &parse.TextNode{NodeType: parse.NodeText, Pos: n.Pos, Text: []byte(s)}
			}
		case *parse.IfNode:
			foldList(n.List, words)
			foldList(n.ElseList, words)
		case *parse.WithNode:
			foldList(n.List, words)
			foldList(n.ElseList, words)
		case *parse.RangeNode:
			foldList(n.List, words)
			foldList(n.ElseList, words)
		}
	}
	list.Nodes = joinText(list.Nodes)
}

// joinText makes one text of neighbours: each would be a write of its own.
func joinText(nodes []parse.Node) []parse.Node {
	var out []parse.Node
	for _, n := range nodes {
		text, ok := n.(*parse.TextNode)
		if ok && len(out) > 0 {
			if last, ok := out[len(out)-1].(*parse.TextNode); ok {
				last.Text = append(last.Text[:len(last.Text):len(last.Text)], text.Text...)
				continue
			}
		}
		out = append(out, n)
	}
	return out
}
