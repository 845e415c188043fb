package testpeer

// A Reason names what a peer made of an activity. The letters before a path are: L Lemmy
// 1.0.0-beta.1 (crates/apub), F activitypub-federation-rust 0.7.0-beta.11, M Mastodon 4.7.0-alpha.2,
// G GoToSocial 0.20, P PieFed 1.6.6, B Mbin 1.10.1, N NodeBB 4.15.1, K Misskey 2025.4.1. "seen" is
// traffic recorded in November 2026; "kept" is known from running such servers, not read in source.
type Reason string

// Signatures and the way a request arrives.
const (
	ReasonUnsigned       Reason = "unsigned"            // all, for POST; G also for GET (seen)
	ReasonNoAgent        Reason = "no-user-agent"       // G answers 418 to an empty User-Agent (seen)
	ReasonMalformedSig   Reason = "malformed-signature" // P splits at commas, keeping blanks
	ReasonCoverage       Reason = "signature-coverage"  // too little of the request is signed
	ReasonDigestMissing  Reason = "digest-missing"      // F: mandatory; M for POST; K
	ReasonDigest         Reason = "digest-mismatch"
	ReasonClock          Reason = "clock"                 // more than an hour off: F, M, P
	ReasonNoDate         Reason = "no-date"               // B and P know no (created)
	ReasonAlgorithm      Reason = "algorithm"             // P: rsa-sha256 or hs2019
	ReasonKeyForm        Reason = "key-id-form"           // F: keyId="…#…" on a signed GET
	ReasonKeyUnavailable Reason = "key-unavailable"       // the actor or its key cannot be fetched
	ReasonKeyOwner       Reason = "key-owner"             // M: publicKey.owner == id
	ReasonBadSignature   Reason = "bad-signature"         //
	ReasonSignerNotActor Reason = "signer-is-not-actor"   // F: the actor in the body must own the key
	ReasonSignerHost     Reason = "signer-host"           // K: signer host == activity.id host; B: key host too
	ReasonTooLarge       Reason = "too-large"             // K ActivityPubServerService.ts:638: 64 KiB
	ReasonContentType    Reason = "content-type"          //
	ReasonNotJSON        Reason = "not-json"              //
	ReasonMissing        Reason = "missing-property"      // id, type or actor
	ReasonRepeated       Reason = "repeated"              // seen before: nothing happens again
	ReasonGoneForEver    Reason = "host-gone-for-ever"    // P: after a 410 or 418 it stops sending
	ReasonUnknownType    Reason = "unknown-activity-type" // kept without effect
)

// Actors, as fetched.
const (
	ReasonActorShape    Reason = "actor-shape"         // a required property is absent
	ReasonNoOutbox      Reason = "actor-no-outbox"     // L objects/src/protocol/group.rs; P app/activitypub/util.py:1085
	ReasonNoContext     Reason = "no-as-context"       // M, G, K: @context with the literal AS address
	ReasonWebFinger     Reason = "webfinger-self"      // M fetch_remote_actor_service.rb: self href == id
	ReasonEndpoints     Reason = "endpoints-no-shared" // P util.py: KeyError
	ReasonActorCase     Reason = "actor-id-case"       // P lower-cases ids
	ReasonFollowerCount Reason = "followers-count"     // B ActivityPubManager.php:622: followers.totalItems is an int
	ReasonLanguageNull  Reason = "language-null"       // L: an array on a Group, an object on a Page, never null
	ReasonAuthorType    Reason = "author-type"         // L: a Group or Application cannot comment or write to people
)

// Activities and objects.
const (
	ReasonFragment         Reason = "id-with-fragment"       // L: of an object; it cannot be fetched as itself
	ReasonIDTooLong        Reason = "id-too-long"            // L stores 255 characters (kept)
	ReasonToShape          Reason = "to-not-array"           // L activities/src/protocol/**: no default; it takes one string as well, which is refused here so that ours stays a list
	ReasonCCShape          Reason = "cc-not-array"           // L activities/src/protocol/**: likewise
	ReasonNotPublic        Reason = "not-public"             // L: as:Public is not understood, only the full address
	ReasonOrigin           Reason = "origin"                 // object, author and actor are of different hosts
	ReasonAttributedTo     Reason = "attributed-to"          // N inbox.js: arrays; L: a string but for PeerTube
	ReasonAttachment       Reason = "attachment-shape"       // L objects/src/protocol/page.rs
	ReasonImage            Reason = "image-shape"            // L page.rs: an object
	ReasonObjectType       Reason = "object-type"            // L page.rs: Page, Article, Note, Video, Event
	ReasonInReplyTo        Reason = "post-with-inReplyTo"    // L page.rs: not a post then, and no comment for want of a Note
	ReasonCommentShape     Reason = "comment-shape"          // L: attributedTo, to, content, inReplyTo
	ReasonParent           Reason = "parent-unavailable"     // L fetches parents recursively
	ReasonNoCommunity      Reason = "no-community"           // L: none in audience, to or cc
	ReasonObjectNotNested  Reason = "object-not-nested"      // L Create and Update embed the object
	ReasonAnnounceObject   Reason = "announce-of-object"     // L announce.rs: Announce{Page} → error
	ReasonAnnounceIgnored  Reason = "announce-ignored"       // P ignores Announce{Page object}; G drops Announce{Create}; K takes posts only
	ReasonNotGroup         Reason = "announcer-not-group"    // only a Group wraps others' activities
	ReasonNoLocalFollower  Reason = "no-local-follower"      // L community/announce.rs:201, since 1.0 unless somebody there wrote in it; M
	ReasonUnavailable      Reason = "object-unavailable"     // what is announced or named cannot be fetched
	ReasonRefetchFailed    Reason = "refetch-failed"         // N: 424
	ReasonAnnouncedDelete  Reason = "announced-delete-host"  // N: announcer host == actor host, or actor host == object host
	ReasonTitleTooLong     Reason = "title-too-long"         // N: 202 and dropped (seen)
	ReasonPollVote         Reason = "read-as-poll-vote"      // M: name, inReplyTo, no content; P: name, inReplyTo, no published
	ReasonNameIsWarning    Reason = "name-shown-as-warning"  // G: name is the CW where summary is empty
	ReasonSummaryIsWarning Reason = "summary-is-warning"     // M, K, G
	ReasonMicroblog        Reason = "filed-as-microblog"     // B: a Note without inReplyTo, its title ignored
	ReasonUpdatedEarly     Reason = "updated-before"         // G: updated < published
	ReasonUnrelated        Reason = "unrelated"              // M, G: nobody here follows, is named or replied to
	ReasonNotFollowed      Reason = "nobody-follows-booster" // M, G, K
	ReasonReadAsRemoval    Reason = "read-as-mod-removal"    // L: Delete with summary
	ReasonNotModerator     Reason = "not-a-moderator"        // L, P, B
	ReasonNotAuthor        Reason = "not-the-author"         // M: alters only its own actor's status
	ReasonRemoteLike       Reason = "like-of-remote"         // M ignores likes of what is not its own
	ReasonNoSuchFollow     Reason = "no-such-follow"         // an Accept or Reject that names no Follow of ours
	ReasonNoSuchObject     Reason = "no-such-object"
	ReasonNoDislike        Reason = "dislike-unknown"  // M, G, K
	ReasonCollection       Reason = "collection-shape" // L apub/src/protocol/collections/*.rs: one bad member fails all; P item['id']
	ReasonReadAtOrigin     Reason = "read-at-origin"   // P: a Create or Update whose signature fails is fetched instead
	ReasonFlagTo           Reason = "flag-to"          // L: to has exactly one
	ReasonWarnShape        Reason = "warn-shape"       // L protocol/community/warn.rs: what has to be a string
	ReasonOtherCommunity   Reason = "other-community"  // L protocol/community/warn.rs: audience and announcer are the object's community
	ReasonBanned           Reason = "author-banned"
	ReasonLocked           Reason = "post-locked"
)

// A Verdict is what became of an activity.
type Verdict string

const (
	Accepted Verdict = "accepted" // it had its effect; a Reason tells of an unwanted reading
	Ignored  Verdict = "ignored"  // answered 2xx, nothing happened
	Refused  Verdict = "refused"  // an error at the peer; with late servers the answer was 202 all the same
)
