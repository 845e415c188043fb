package as

// Namespace is the constant IRI of our own terms.
const Namespace = "https://w3id.org/halqa/v1#"

// The values of @context. Everything is inline: nobody needs to fetch a context of ours. Mastodon
// wants the ActivityStreams address literally in it. Activities without terms of an extension (votes,
// follows) carry the plain form, which saves half a kilobyte a vote and peer.
const (
	contextPlain = `"https://www.w3.org/ns/activitystreams"`

	// contextObject is for posts, comments and what acts on them; contextQuestion for polls among them.
	contextObject   = `["https://www.w3.org/ns/activitystreams",{` + termsObject + `}]`
	contextQuestion = `["https://www.w3.org/ns/activitystreams",{` + termsObject + `,"votersCount":"toot:votersCount"}]`

	termsObject = `"toot":"http://joinmastodon.org/ns#",` +
		`"lemmy":"https://join-lemmy.org/ns#",` +
		`"pt":"https://joinpeertube.org/ns#",` +
		`"schema":"http://schema.org/",` +
		`"halqa":"` + Namespace + `",` +
		`"sensitive":"as:sensitive",` +
		`"Hashtag":"as:Hashtag",` +
		`"blurhash":"toot:blurhash",` +
		`"language":"schema:inLanguage",` +
		`"identifier":"schema:identifier",` +
		`"commentsEnabled":"pt:commentsEnabled",` +
		`"removeData":"lemmy:removeData",` +
		`"expires":"lemmy:expires",` +
		`"withReplies":"lemmy:withReplies",` +
		`"Lock":"lemmy:Lock",` +
		`"Warn":"lemmy:Warn",` +
		`"gate":{"@id":"halqa:gate","@type":"@json"}`

	// contextActor is for actors, and for an Update that carries one.
	contextActor = `["https://www.w3.org/ns/activitystreams","https://w3id.org/security/v1",{` +
		`"toot":"http://joinmastodon.org/ns#",` +
		`"lemmy":"https://join-lemmy.org/ns#",` +
		`"schema":"http://schema.org/",` +
		`"sec":"https://w3id.org/security#",` +
		`"halqa":"` + Namespace + `",` +
		`"sensitive":"as:sensitive",` +
		`"Hashtag":"as:Hashtag",` +
		`"manuallyApprovesFollowers":"as:manuallyApprovesFollowers",` +
		`"alsoKnownAs":{"@id":"as:alsoKnownAs","@type":"@id"},` +
		`"movedTo":{"@id":"as:movedTo","@type":"@id"},` +
		`"featured":{"@id":"toot:featured","@type":"@id"},` +
		`"discoverable":"toot:discoverable",` +
		`"indexable":"toot:indexable",` +
		`"blurhash":"toot:blurhash",` +
		`"postingRestrictedToMods":"lemmy:postingRestrictedToMods",` +
		`"moderators":{"@id":"lemmy:moderators","@type":"@id"},` +
		`"postingWarning":"halqa:postingWarning",` +
		`"language":"schema:inLanguage",` +
		`"identifier":"schema:identifier",` +
		`"assertionMethod":{"@id":"sec:assertionMethod","@type":"@id","@container":"@set"},` +
		`"Multikey":"sec:Multikey",` +
		`"controller":{"@id":"sec:controller","@type":"@id"},` +
		`"publicKeyMultibase":"sec:publicKeyMultibase"}]`
)

// withGates is a @context with the term of gates, which only a Group that asks something carries.
func withGates(context string, asks bool) string {
	if !asks {
		return context
	}
	return context[:len(context)-len("}]")] + `,"gates":{"@id":"halqa:gates","@type":"@json"}}]`
}

// withTips is a @context with the terms of tips, which only what says something of tips carries.
func withTips(context, policy string) string {
	if policy == "" {
		return context
	}
	return context[:len(context)-len("}]")] + `,"tips":{"@id":"halqa:tips","@type":"@id"},"tipPolicy":"halqa:tipPolicy"}]`
}

// quoting is the @context of a post or comment. What it quotes has terms of Fedibird and Misskey, which
// only those carry that quote something.
func quoting(quote string) string {
	if quote == "" {
		return contextObject
	}
	return contextObject[:len(contextObject)-len("}]")] +
		`,"quoteUri":"http://fedibird.com/ns#quoteUri","_misskey_quote":"https://misskey-hub.net/ns#_misskey_quote"}]`
}
