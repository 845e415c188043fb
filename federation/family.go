package federation

import (
	"context"
	"strings"

	"halqa/federation/as"
	"halqa/internal/fetch"
)

// A class is how a circle speaks to a server, by what software it runs.
type class string

const (
	embedded  class = "embedded"  // reads Announce{activity} and nothing else
	threads   class = "threads"   // as embedded, and fetches a post of which it gets the address
	asking    class = "asking"    // as threads, and reads polls as Question
	microblog class = "microblog" // reads Announce{address of a post}, and authors themselves
	misskey   class = "misskey"   // a microblog that reads no body over 64 KiB
	unknown   class = "unknown"   // gets both
)

// maxBrief is how long a body may be for Misskey, which refuses more than 64 KiB
// (ActivityPubServerService.ts), and for servers we know nothing of.
const maxBrief = 60 << 10

// classes tells the families of NodeInfo's software.name. Friendica unwraps a Group's Announce of an
// activity (Receiver.php), so it gets that.
var classes = map[string]class{
	"lemmy": embedded, "lemmybb": embedded, "lotide": embedded,
	"mbin": threads, "kbin": threads, "nodebb": threads, "friendica": threads,
	"piefed": asking, "halqa": asking,

	"mastodon": microblog, "hometown": microblog, "fedibird": microblog, "gotosocial": microblog,
	"pleroma": microblog, "akkoma": microblog, "snac": microblog, "wordpress": microblog,
	"pixelfed": microblog, "mitra": microblog, "takahe": microblog, "honk": microblog, "ghost": microblog,
	"gnusocial": microblog, "bookwyrm": microblog, "writefreely": microblog, "threads": microblog,
	"iceshrimp.net": microblog,

	"misskey": misskey, "sharkey": misskey, "firefish": misskey, "calckey": misskey, "cherrypick": misskey,
	"foundkey": misskey, "iceshrimp": misskey, "catodon": misskey,
}

func classOf(family string) class {
	if c, ok := classes[family]; ok {
		return c
	}
	return unknown
}

// micro reports whether a circle speaks to the class in boosts.
func (c class) micro() bool { return c == microblog || c == misskey }

// threaded reports whether a circle speaks to the class in activities alone.
func (c class) threaded() bool { return c == embedded || c == threads || c == asking }

// software asks a server what it runs. inbox is one of its addresses: in test networks it tells the
// scheme. NodeInfo may stand on the host itself only.
func software(ctx context.Context, client *fetch.Client, inbox, host string) (as.Software, error) {
	scheme, _, _ := strings.Cut(inbox, "://")
	links, err := client.JSON(ctx, scheme+"://"+host+"/.well-known/nodeinfo")
	if err != nil {
		return as.Software{}, err
	}
	address, err := as.ParseNodeInfoLinks(links.Body)
	if err != nil || address == "" || !fetch.SameHost(address, inbox) {
		return as.Software{}, err
	}
	info, err := client.JSON(ctx, address)
	if err != nil {
		return as.Software{}, err
	}
	return as.ParseNodeInfo(info.Body)
}
