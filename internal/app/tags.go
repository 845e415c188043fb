package app

import (
	"context"
	"slices"
	"strings"
	"time"
	"unicode"

	"halqa/circles"
	"halqa/internal/store"
	"halqa/internal/text"
)

const (
	maxTags      = 50  // of one post; as many as our own renderer takes
	maxTagRunes  = 100 // likewise
	maxTagWishes = 500 // tags that one person follows or blocks

	// popularFor is how far back the use of tags is counted, and popularKept how many are.
	popularFor  = 30 * 24 * time.Hour
	popularKept = 100
)

// A TagCount is a tag with how many people used it of late, in how many posts and comments.
type TagCount = store.TagCount

// A TagWish is what a person wants of a tag: NoTagWish, FollowTag or BlockTag.
type TagWish = store.TagWish

const (
	NoTagWish = store.NoTagWish
	FollowTag = store.FollowTag
	BlockTag  = store.BlockTag
)

// A TagPage is what stands above the posts of a tag; Feed with Tagged has the posts.
type TagPage struct {
	Tag  string // folded, without its #
	Wish TagWish
}

// Tag returns what stands above the posts of a tag. A word that can be no tag is NotFound.
func (a *App) Tag(ctx context.Context, v circles.Viewer, tag string) (*TagPage, error) {
	page := &TagPage{Tag: tagKey(tag)}
	if page.Tag == "" {
		return nil, errNoTag()
	}
	if !v.SignedIn() {
		return page, nil
	}
	err := a.view(ctx, "tag", func(tx *store.Tx) error {
		all, err := tx.TagWishes(v.Person)
		page.Wish = all[page.Tag]
		return err
	})
	return page, err
}

// SetTagWish lets a person follow a tag, whose posts are then in their subscribed feed; or block it,
// and no list shows them posts that have it.
func (a *App) SetTagWish(ctx context.Context, who circles.Viewer, tag string, wish TagWish) error {
	if !who.SignedIn() {
		return errSignIn()
	}
	key := tagKey(tag)
	if key == "" {
		return circles.FieldErrorf(circles.Invalid, "tag", "A tag is a word of letters and digits, without spaces.").With("refused.tag", nil)
	}
	switch wish {
	case NoTagWish, FollowTag, BlockTag:
	default:
		return circles.FieldErrorf(circles.Invalid, "wish", "A tag can be followed or blocked.")
	}
	return a.update(ctx, "wish about a tag", func(tx *store.Tx) error {
		all, err := tx.TagWishes(who.Person)
		if err != nil {
			return err
		}
		if wish != NoTagWish && all[key] == NoTagWish && len(all) >= maxTagWishes {
			return circles.Errorf(circles.TooLarge, "That is more tags than one person can follow or block; let go of some first.").With("refused.too-many-tags", nil)
		}
		return tx.SetTagWish(who.Person, key, wish)
	})
}

// TagWishes returns the tags that the viewer follows and those they block, in order of their letters.
func (a *App) TagWishes(ctx context.Context, v circles.Viewer) (followed, blocked []string, err error) {
	if !v.SignedIn() {
		return nil, nil, errSignIn()
	}
	err = a.view(ctx, "wishes about tags", func(tx *store.Tx) error {
		followed, blocked = nil, nil
		all, err := tx.TagWishes(v.Person)
		for tag, wish := range all {
			if wish == FollowTag {
				followed = append(followed, tag)
			} else {
				blocked = append(blocked, tag)
			}
		}
		slices.Sort(followed)
		slices.Sort(blocked)
		return err
	})
	return followed, blocked, err
}

// PopularTags returns the tags that most people used in public circles within a month, at most limit,
// without those that the viewer blocks; some minutes old.
func (a *App) PopularTags(ctx context.Context, v circles.Viewer, limit int) ([]TagCount, error) {
	var popular []TagCount
	err := a.view(ctx, "popular tags", func(tx *store.Tx) error {
		popular = nil
		all, err := a.popular.at(tx, func() ([]TagCount, error) {
			return tx.PopularTags(circles.PostID(circles.IDFloor(time.UnixMicro(tx.Now()).Add(-popularFor))), popularKept)
		})
		if err != nil {
			return err
		}
		var wishes map[string]TagWish
		if v.SignedIn() {
			if wishes, err = tx.TagWishes(v.Person); err != nil {
				return err
			}
		}
		for _, c := range all {
			if wishes[c.Tag] != BlockTag && len(popular) < limit {
				popular = append(popular, c)
			}
		}
		return nil
	})
	return popular, err
}

// cleanTags are the tags among what a stranger sent as such, folded, each once.
func cleanTags(tags []string) []string {
	var clean []string
	for _, tag := range tags[:min(len(tags), 2*maxTags)] {
		if key := tagKey(tag); key != "" && len(clean) < maxTags && !slices.Contains(clean, key) {
			clean = append(clean, key)
		}
	}
	return clean
}

// tagKey is the key of a tag, "" if it is none: letters, marks, digits, underscores, not only digits, and
// what joins letters of Persian and Catalan words.
func tagKey(tag string) string {
	key := text.TagKey(cutBytes(strings.TrimSpace(tag), 4*maxTagRunes+4))
	runes, letters := 0, false
	for _, r := range key {
		if r != '_' && r != 0x200c && r != 0x00b7 && !unicode.In(r, unicode.L, unicode.M, unicode.Nd) {
			return ""
		}
		letters = letters || unicode.IsLetter(r)
		runes++
	}
	if !letters || runes > maxTagRunes {
		return ""
	}
	return key
}

func errNoTag() error { return circles.Errorf(circles.NotFound, "There is no such tag.") }

func errSignIn() error {
	return circles.Errorf(circles.Denied, "Sign in to do that.").With("refused.not-signed-in", nil)
}
