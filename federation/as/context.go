package as

// Namespace is the constant IRI of our own terms.
const Namespace = "https://w3id.org/halqa/v1#"

// The values of @context. Everything is inline: nobody needs to fetch a context of ours. Mastodon
// wants the ActivityStreams address literally in it. Activities without terms of an extension (votes,
// follows) carry the short form.
const (
	contextPlain = `"https://www.w3.org/ns/activitystreams"`

	contextFull = `["https://www.w3.org/ns/activitystreams","https://w3id.org/security/v1",{` +
		`"toot":"http://joinmastodon.org/ns#",` +
		`"lemmy":"https://join-lemmy.org/ns#",` +
		`"pt":"https://joinpeertube.org/ns#",` +
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
		`"removeData":"lemmy:removeData",` +
		`"withReplies":"lemmy:withReplies",` +
		`"Lock":"lemmy:Lock",` +
		`"Warn":"lemmy:Warn",` +
		`"commentsEnabled":"pt:commentsEnabled",` +
		`"language":"schema:inLanguage",` +
		`"identifier":"schema:identifier",` +
		`"assertionMethod":{"@id":"sec:assertionMethod","@type":"@id","@container":"@set"},` +
		`"Multikey":"sec:Multikey",` +
		`"controller":{"@id":"sec:controller","@type":"@id"},` +
		`"publicKeyMultibase":"sec:publicKeyMultibase",` +
		`"postingWarning":"halqa:postingWarning",` +
		`"gate":{"@id":"halqa:gate","@type":"@json"}}]`
)
