package app

import (
	"context"
	"slices"
	"strings"

	"halqa/circles"
	"halqa/internal/store"
	"halqa/internal/text"
)

// EmojiPath is where a page finds a small picture of another server, followed by its id.
const EmojiPath = "/emoji/"

// cleanEmoji keeps the emoji that can be shown, each code once.
func cleanEmoji(all []circles.Emoji) []circles.Emoji {
	var kept []circles.Emoji
	for _, e := range all {
		made, ok := circles.NewEmoji(e.Code, remoteURL(e.URL))
		if ok && len(kept) < circles.MaxEmoji && !slices.ContainsFunc(kept, func(k circles.Emoji) bool { return k.Code == made.Code }) {
			kept = append(kept, made)
		}
	}
	return kept
}

// withEmoji puts the pictures into sanitised HTML and returns those that stand in it. Only what the text's
// own server sent with it counts, so no server can draw on what another's people wrote.
func withEmoji(html string, all []circles.Emoji) (string, []circles.Emoji) {
	if len(all) == 0 {
		return html, nil
	}
	var used []circles.Emoji
	html = text.Emoji(html, func(code string) (string, bool) {
		i := slices.IndexFunc(all, func(e circles.Emoji) bool { return e.Code == code })
		if i < 0 {
			return "", false
		}
		if !slices.Contains(used, all[i]) {
			used = append(used, all[i])
		}
		return EmojiPath + all[i].ID, true
	})
	return html, used
}

// EmojiURL returns where the picture with this id lives. Whoever may read nothing here may still ask for
// it: it says no more than what its own server shows to everyone.
func (a *App) EmojiURL(ctx context.Context, id string) (string, error) {
	if len(id) != 32 || strings.Trim(id, "0123456789abcdef") != "" {
		return "", noPicture()
	}
	var url string
	err := a.view(ctx, "emoji", func(tx *store.Tx) (err error) {
		url, err = tx.EmojiURL(id)
		return err
	})
	return url, err
}
