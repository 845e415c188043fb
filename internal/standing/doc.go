// Package standing judges who may do what. Every verb of app asks it one Question inside its own
// transaction and does as the Decision says; no verb decides by itself.
//
// A judgement begins with what needs no reckoning: whether the account is there and not suspended,
// whether its instance is one we talk to, roles in the circle and on the instance, who may see the
// circle, bans and blocks, locks, and who may post. The first thing that speaks against it is the
// reason, a constant that a moderator can read. Then come the gates, limits, switches and the filter of the
// place (gate.go), and what they say is an Access (access.go): the one body that pages, programs and refusals
// give. It changes nothing and appends nothing; Decision.Note, which the verb calls, remembers the act for
// dry runs.
//
// Gates (settings.go) is how settings change: one Save with bounds, proofs and 72 hours' notice; storms, what
// is announced, and proofs that are run again are in storm.go and world.go.
//
// Begin with judge.go; action.go names what can be asked; reason.go has the sentence of each refusal.
package standing
