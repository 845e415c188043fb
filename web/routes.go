package web

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"halqa/circles/reputation"
	"halqa/internal/app"
	"halqa/static"
)

// routes lays out every address that a browser can ask for.
func (s *Server) routes(assets *static.Files) {
	e := s.echo
	e.GET(static.Prefix+"*", echo.WrapHandler(assets))
	e.GET("/favicon.ico", func(c echo.Context) error {
		return c.Redirect(http.StatusMovedPermanently, assets.URL("favicon.svg"))
	})
	e.POST("/preferences", s.preferences)
	if s.options.Dev {
		e.GET("/dev/components", s.components)
	}

	// Reading. What may be seen is app's to say.
	show := func(path string, h echo.HandlerFunc) { e.Match([]string{http.MethodGet, http.MethodHead}, path, h) }
	read := func(path string, h func(*visit) error) { show(path, s.visit(h)) }
	show("/", s.kept(s.home))
	read("/about", s.about)
	read("/about/peers", s.policies)
	read("/circles", s.directory)
	show("/c/:name", s.kept(s.circle))
	read("/u/:name", s.personPage)
	read("/u/:name/lists/:slug", s.list)
	read("/@:name", s.short)
	read("/~:name", s.short)
	read("/search", s.seek)
	read("/tag/:tag", s.tag)
	show("/post/:id", s.kept(s.post))
	read("/post/:id/:slug", s.post)
	read("/post/:id/history", s.history)
	read("/comment/:id", s.comment)
	read("/media/:id", s.mediaPage)
	read("/media/:id/:file", s.mediaFile)
	read("/emoji/:id", s.emoji)
	read("/login", s.loginForm)
	read("/signup", s.signupForm)
	read("/setup", s.setupForm)

	// Letting people in.
	enter := func(path string, h func(*visit) error) { e.POST(path, s.visit(h)) }
	enter("/login", s.login)
	enter("/logout", s.logout)
	enter("/signup", s.signup)
	enter("/setup", s.setup)
	read(suspensionPath, s.suspension)
	enter(suspensionPath, s.objectToSuspension)

	// Writing: a page with a form, and where it goes. Both are for members; whether this one may do
	// that is for the verb to say. acts are those that a gate may stand before; a test holds them against
	// what the route meets when every gate is shut.
	form := func(path string, show, act func(*visit) error, acts ...reputation.Action) {
		e.GET(path, s.visit(s.members(show)))
		e.POST(path, s.visit(s.members(act)))
		s.gatedBy(path, acts)
	}
	act := func(path string, h func(*visit) error, acts ...reputation.Action) {
		e.POST(path, s.visit(s.members(h)))
		s.gatedBy(path, acts)
	}
	act("/lookup", s.lookup)
	form("/circles/new", s.newCircle, s.createCircle, reputation.CreateCircle)
	writing := func(path string, show, act func(*visit) error, acts ...reputation.Action) {
		e.GET(path, s.visit(s.members(show)))
		e.POST(path, s.visit(s.authors(act)))
		s.gatedBy(path, acts)
		s.texts[path] = act
	}
	writing("/c/:name/submit", s.compose, s.submit, reputation.Post, reputation.PostMedia, reputation.PostLink)
	e.GET("/post/:id/crosspost", s.visit(s.members(s.crosspost)))
	form("/lists", s.lists, s.createList)
	form("/lists/:slug", s.listForm, s.changeList)
	form("/c/:name/lists", s.circleLists, s.setLists)
	e.GET("/drafts", s.visit(s.members(s.drafts)))
	writing(draftPath, s.openDraft, s.sendDraft, reputation.Post, reputation.PostMedia, reputation.PostLink)
	act(draftPath+"/delete", s.deleteDraft)
	form("/c/:name/settings", s.circleSettings, s.editCircle)
	form("/c/:name/move", s.moveForm, s.moveCircle)
	act("/c/:name/aliases", s.setAliases)
	form("/c/:name/webhooks", s.webhooks, s.changeWebhooks)
	act("/c/:name/roles", s.setRole)
	act("/c/:name/join", s.join, reputation.Join)
	act("/c/:name/leave", s.leave)
	act("/u/:name/follow", s.follow)
	act("/u/:name/unfollow", s.unfollow)
	act("/post/:id/vote", s.vote, reputation.React, reputation.Downvote)
	act("/post/:id/poll", s.votePoll, reputation.React)
	for do := range blocking {
		act("/u/:name/"+do, s.blockPerson(do))
		act("/c/:name/"+do, s.blockCircle(do))
	}
	form("/settings/blocks", s.blocksForm, s.saveBlocks)
	form("/settings/followers", s.followersForm, s.answerFollower)

	// Private messages.
	form("/messages", s.conversations, s.findCorrespondent)
	writing("/messages/:name", s.letters, s.sendLetter, reputation.StartDM)
	act("/messages/:name/accept", s.answerRequest((*app.App).AcceptMessages, "flash.accepted-messages"))
	act("/messages/:name/decline", s.answerRequest((*app.App).DeclineMessages, "flash.declined-messages"))
	read("/message/:id", s.letter)
	form("/message/:id/delete", s.confirmLetter, s.deleteLetter)
	form("/message/:id/report", s.reportForm((*visit).aboutLetter), s.sendReport((*visit).aboutLetter))
	form("/settings/messages", s.messageForm, s.saveMessages)
	form("/mod/messages", s.letterQueue, s.decideLetter)

	// Moderating: reports, what is done about them, and the log that everyone reads.
	form("/post/:id/report", s.reportForm((*visit).aboutPost), s.sendReport((*visit).aboutPost))
	form("/u/:name/report", s.reportForm((*visit).aboutPerson), s.sendReport((*visit).aboutPerson))
	form("/c/:name/report", s.reportForm((*visit).aboutACircle), s.sendReport((*visit).aboutACircle))
	e.GET("/mod", s.visit(s.members(s.modHome)))
	form("/mod/site", s.queue((*visit).siteDesk), s.decide((*visit).siteDesk))
	form("/c/:name/mod", s.queue((*visit).circleDesk), s.decide((*visit).circleDesk))
	form("/c/:name/bans", s.bans, s.setBan)
	read("/why", s.why)
	read("/c/:name/why", s.why)
	read("/gates/log", s.gateLog)
	read("/gates/log.atom", s.gateFeed)
	read("/c/:name/gates/log", s.gateLog)
	read("/c/:name/gates/log.atom", s.gateFeed)
	form("/c/:name/gates", s.gates, s.setGates)
	form("/c/:name/filter", s.filterForm, s.setFilter)
	e.GET("/c/:name/held", s.visit(s.members(s.held)))
	form("/post/:id/held", s.heldPost, s.decideHeld)
	form("/appeal", s.appealForm, s.object)
	form("/appeals", s.ownAppeals, s.moveAppeal)
	form("/c/:name/appeals", s.appealQueue((*visit).circleDesk), s.answerAppeal((*visit).circleDesk))
	form("/mod/appeals", s.appealQueue((*visit).siteDesk), s.answerAppeal((*visit).siteDesk))
	read("/modlog", s.siteLog)
	read("/c/:name/modlog", s.circleLog)

	// Standing.
	e.GET("/me/standing", s.visit(s.members(s.standing)))
	e.GET("/me/standing.csv", s.visit(s.members(s.standingCSV)))
	e.GET("/me/standing.json", s.visit(s.members(s.standingJSON)))
	e.GET("/c/:name/people", s.visit(s.members(s.circlePeople)))
	form("/c/:name/vouch", s.vouchForm, s.vouch, reputation.GiveVouch)
	e.GET("/post/:id/vouch", s.visit(s.members(s.vouchAuthor)))
	form("/post/:id/helpful", s.helpfulForm, s.helpful)

	form("/notifications", s.notifications, s.seeNotifications)
	e.GET("/saved", s.visit(s.members(s.saved)))
	act("/tag/:tag", s.wishTag)
	act("/post/:id/save", s.save)
	act("/post/:id/unsave", s.unsave)
	act("/post/:id/watch", s.watch)
	act("/post/:id/pin", s.pin)
	act("/post/:id/unpin", s.unpin)
	writing("/post/:id/reply", s.replyForm, s.reply, reputation.Comment)
	writing("/post/:id/edit", s.editForm, s.edit, reputation.Post, reputation.PostMedia, reputation.PostLink, reputation.Comment)
	form("/post/:id/delete", s.confirmDelete, s.delete)
	form("/post/:id/restore", s.confirmRestore, s.restore)
	form("/post/:id/remove", s.confirmRemove, s.remove)
	form("/post/:id/return", s.confirmReturn, s.returnPost)
	act("/post/:id/lock", s.lock)
	act("/post/:id/unlock", s.unlock)
	read("/settings", func(v *visit) error { return v.Redirect(http.StatusSeeOther, "/settings/profile") })
	form("/settings/profile", s.profileForm, s.saveProfile)
	form("/settings/password", s.passwordForm, s.changePassword)
	form("/settings/appearance", s.appearanceForm, s.saveAppearance)
	form("/settings/sessions", s.sessionsPage, s.endSession)
	form("/settings/account", s.accountForm, s.removeAccount)
	form("/settings/tokens", s.tokensForm, s.makeToken)
	act("/settings/tokens/end", s.endGrant)

	// Programs: where people give them leave, and what they can do.
	read("/oauth/authorize", s.authorizeForm)
	act("/oauth/authorize", s.authorize)
	read("/api", s.reference)
	admin := func(path string, show, act func(*visit) error) { form(path, s.admins(show), s.admins(act)) }
	admin("/admin", s.adminSite, s.saveSite)
	admin("/admin/gates", s.gates, s.setGates)
	admin("/admin/people", s.adminPeople, s.giveSiteRole)
	admin("/admin/peers", s.adminPeers, s.decidePeer)
	admin("/admin/audit", s.audit, s.decideFinding)
	form("/u/:name/suspend", s.suspendForm((*visit).personToSuspend), s.suspend((*visit).personToSuspend))
	form("/c/:name/suspend", s.suspendForm((*visit).circleToSuspend), s.suspend((*visit).circleToSuspend))
	e.GET("/mod/suspended", s.visit(s.members(s.suspensions)))

	s.tipRoutes()

	// From one server to another.
	e.GET("/authorize_interaction", s.visit(s.members(s.interact)))
	e.GET("/c/:name/interact", s.visit(s.members(s.joinForm)))
	e.GET("/u/:name/interact", s.visit(s.members(s.followForm)))
	enter("/c/:name/elsewhere", s.joinElsewhere)
}

// gatedBy notes the acts of a form's route that a gate may stand before.
func (s *Server) gatedBy(path string, acts []reputation.Action) {
	if len(acts) > 0 {
		s.gated["POST "+path] = acts
	}
}
