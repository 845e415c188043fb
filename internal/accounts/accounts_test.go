package accounts

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"halqa/circles"
	"halqa/internal/app"
	"halqa/internal/store"
	"halqa/internal/testdb"
	"halqa/internal/text"
)

const goodPassword = "seven brown horses"

var onePair = sync.OnceValues(app.NewKeys)

// A gate is an instance that people come to.
type gate struct {
	*testing.T
	*Accounts
	clock *clock
}

type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

func newGate(t *testing.T) *gate {
	t.Helper()
	c := &clock{at: time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)}
	s := testdb.OpenAt(t, c.now)
	const host = "home.example"
	a := New(Options{Store: s, Host: host, Now: c.now, Hashes: 2,
		App: app.New(app.Options{Store: s, Text: text.NewRenderer("https://" + host), Sanitizer: text.NewSanitizer(), Host: host, Now: c.now})})
	a.newKeys = onePair
	return &gate{t, a, c}
}

func (g *gate) ctx() context.Context { return g.T.Context() }

func (g *gate) must(err error) {
	g.Helper()
	if err != nil {
		g.Fatal(err)
	}
}

// member makes an account and signs it in.
func (g *gate) member(name string) *Login {
	g.Helper()
	_, err := g.Create(g.ctx(), name, goodPassword, circles.SiteMember)
	g.must(err)
	return g.logIn(name)
}

func (g *gate) logIn(name string) *Login {
	g.Helper()
	login, err := g.LogIn(g.ctx(), name, goodPassword, "", Client{Address: netip.MustParseAddr("192.0.2.7"), Agent: "Firefox"})
	g.must(err)
	return login
}

func (g *gate) refused(err error, want circles.Kind) {
	g.Helper()
	if got := circles.KindOf(err); got != want {
		g.Errorf("got %v (kind %q), want kind %q", err, got, want)
	}
}

func TestSetUpMakesTheFirstAdminOnce(t *testing.T) {
	g := newGate(t)
	old, err := g.SetupToken(g.ctx())
	g.must(err)
	token, err := g.SetupToken(g.ctx())
	g.must(err)
	in := SetUp{Token: token, Name: "Ada", Password: goodPassword, Site: "Home", Registration: Open}

	for _, wrong := range []string{"", old, token + "x", strings.ToUpper(token)} {
		in.Token = wrong
		_, err := g.SetUp(g.ctx(), in, Client{})
		g.refused(err, circles.NotFound)
	}
	in.Token = token
	login, err := g.SetUp(g.ctx(), in, Client{})
	g.must(err)
	m, err := g.Member(g.ctx(), login.Token)
	g.must(err)
	if m.Role != circles.SiteAdmin || m.Actor.Name != "ada" {
		t.Errorf("first person is %q with role %q, want ada as admin", m.Actor.Name, m.Role)
	}
	site, err := g.Site(g.ctx())
	g.must(err)
	if want := (Site{Name: "Home", Registration: Open, SetUp: true}); site != want {
		t.Errorf("site is %+v, want %+v", site, want)
	}
	in.Name = "eve"
	_, err = g.SetUp(g.ctx(), in, Client{})
	g.refused(err, circles.NotFound)
	if again, err := g.SetupToken(g.ctx()); err != nil || again != "" {
		t.Errorf("a second set-up token is %q, %v; want none", again, err)
	}
}

func TestSignUp(t *testing.T) {
	g := newGate(t)
	_, err := g.SignUp(g.ctx(), SignUp{Name: "ada", Password: goodPassword}, Client{})
	g.refused(err, circles.Forbidden) // closed until somebody opens it

	g.refused(g.SetRegistration(g.ctx(), circles.Viewer{Person: 1, Role: circles.SiteModerator}, Open), circles.Forbidden)
	g.must(g.SetRegistration(g.ctx(), circles.Viewer{Person: 1, Role: circles.SiteAdmin}, Open))
	login, err := g.SignUp(g.ctx(), SignUp{Name: "@Ada@home.example", DisplayName: "Ada L.", Password: goodPassword, Language: "zh"}, Client{})
	g.must(err)
	m, err := g.Member(g.ctx(), login.Token)
	g.must(err)
	if m.Actor.Name != "ada" || m.Actor.Title() != "Ada L." || m.Role != circles.SiteMember || m.Settings.Language != "zh" {
		t.Errorf("signed up as %+v with %+v", m.Actor, m.Settings)
	}

	for _, c := range []struct {
		name, password, field string
		kind                  circles.Kind
	}{
		{"ada", goodPassword, "name", circles.Conflict},
		{"admin", goodPassword, "name", circles.Invalid},
		{"x", goodPassword, "name", circles.Invalid},
		{"bob", "short", "password", circles.Invalid},
		{"bob", strings.Repeat("long", 100), "password", circles.Invalid},
		{"bob", "bob@home.example", "password", circles.Invalid},
		{"bob", "bobbobbobbob1", "password", circles.Invalid},
		{"bob", "aaaaaaaaaaaaaaaa", "password", circles.Invalid},
		{"bob", "1234567890123", "password", circles.Invalid},
		{"bob", "password-2026", "password", circles.Invalid},
		{"bob", "twelve\x00characters", "password", circles.Invalid},
	} {
		_, err := g.SignUp(g.ctx(), SignUp{Name: c.name, Password: c.password}, Client{})
		g.refused(err, c.kind)
		var e *circles.Error
		if !errors.As(err, &e) || e.Field != c.field {
			t.Errorf("sign-up as %q with %q: %+v, want field %q", c.name, c.password, e, c.field)
		}
		if strings.Contains(fmt.Sprint(err), c.password) {
			t.Errorf("the refusal %q repeats the password", err)
		}
	}
	if _, err := g.SignUp(g.ctx(), SignUp{Name: "bob", Password: "一二三四五六七八九十百千"}, Client{}); err != nil {
		t.Errorf("twelve Chinese characters: %v", err)
	}
}

func TestSignUpsFromOneAddressAreLimited(t *testing.T) {
	g := newGate(t)
	g.must(g.SetRegistration(g.ctx(), circles.Viewer{Person: 1, Role: circles.SiteAdmin}, Open))
	for i := range signupBurst {
		// One network has many addresses.
		client := Client{Address: netip.MustParseAddr(fmt.Sprintf("2001:db8::%x", i+1))}
		_, err := g.SignUp(g.ctx(), SignUp{Name: fmt.Sprintf("person%d", i), Password: goodPassword}, client)
		g.must(err)
	}
	late := SignUp{Name: "late", Password: goodPassword}
	_, err := g.SignUp(g.ctx(), late, Client{Address: netip.MustParseAddr("2001:db8::ffff")})
	g.refused(err, circles.Limited)
	_, err = g.SignUp(g.ctx(), late, Client{Address: netip.MustParseAddr("2001:db8:0:1::1")})
	g.must(err)
}

func TestWrongPasswordAndUnknownNameSoundAlike(t *testing.T) {
	g := newGate(t)
	g.member("ada")
	_, wrong := g.LogIn(g.ctx(), "ada", "not the password", "", Client{})
	_, unknown := g.LogIn(g.ctx(), "nobody1", "not the password", "", Client{})
	_, empty := g.LogIn(g.ctx(), "", "", "", Client{})
	for _, err := range []error{wrong, unknown, empty} {
		g.refused(err, circles.Denied)
		if err == nil || err.Error() != wrong.Error() {
			t.Errorf("got %v, want the sentence %v", err, wrong)
		}
	}
}

// TestUnknownNameCostsAHash does not look at a clock: it sees that a hash is computed.
func TestUnknownNameCostsAHash(t *testing.T) {
	g := newGate(t)
	for range cap(g.hasher.slots) {
		g.hasher.slots <- struct{}{} // nobody's turn comes
	}
	ctx, cancel := context.WithCancel(g.ctx())
	done := make(chan error)
	go func() {
		_, err := g.LogIn(ctx, "nobody1", goodPassword, "", Client{})
		done <- err
	}()
	for len(g.hasher.waiting) == 0 {
		select {
		case err := <-done:
			t.Fatalf("answered %v without hashing", err)
		default:
			runtime.Gosched()
		}
	}
	cancel()
	if err := <-done; err != context.Canceled {
		t.Errorf("got %v, want %v", err, context.Canceled)
	}
}

func TestHashesWaitTheirTurnAndNotForEver(t *testing.T) {
	h := newHasher(1)
	for range cap(h.waiting) {
		h.waiting <- struct{}{}
	}
	_, err := h.hash(t.Context(), goodPassword)
	if got := circles.KindOf(err); got != circles.Busy {
		t.Errorf("one hash too many: %v, want a %s error", err, circles.Busy)
	}
}

func TestGuessingIsSlowed(t *testing.T) {
	g := newGate(t)
	g.member("ada")
	address := func(i int) Client { return Client{Address: netip.AddrFrom4([4]byte{198, 51, byte(i >> 8), byte(i)})} }
	for range nameBurst {
		_, err := g.LogIn(g.ctx(), "ada", "a wrong guess", "", address(1))
		g.refused(err, circles.Denied)
	}
	_, err := g.LogIn(g.ctx(), "ADA", goodPassword, "", address(1))
	g.refused(err, circles.Limited) // the right one too, or the throttle would tell
	g.clock.pass(nameEvery)
	_, err = g.LogIn(g.ctx(), "ada", goodPassword, "", address(1))
	g.must(err)

	for i := range addressBurst {
		_, err := g.LogIn(g.ctx(), fmt.Sprintf("person%d", i), "a wrong guess", "", address(2000))
		g.refused(err, circles.Denied)
	}
	_, err = g.LogIn(g.ctx(), "ada", goodPassword, "", address(2000))
	g.refused(err, circles.Limited)
}

// Guessing at somebody's password must not keep them out of their account.
func TestAGuesserDoesNotLockTheOwnerOut(t *testing.T) {
	g := newGate(t)
	g.member("ada")
	guesser := Client{Address: netip.MustParseAddr("198.51.100.7")}
	for range nameBurst + 1 {
		_, err := g.LogIn(g.ctx(), "ada", "a wrong guess", "", guesser)
		if err == nil {
			t.Fatal("a wrong password opened the account")
		}
	}
	_, err := g.LogIn(g.ctx(), "ada", goodPassword, "", Client{Address: netip.MustParseAddr("203.0.113.9")})
	g.must(err)
}

func TestRightPasswordsAreNotCounted(t *testing.T) {
	g := newGate(t)
	g.member("ada")
	for range nameBurst + addressBurst {
		g.logIn("ada")
	}
}

func TestThrottleForgetsTheOldestKey(t *testing.T) {
	c := &clock{at: time.Unix(0, 0)}
	th := newThrottle(c.now, 1, time.Hour)
	if !th.take("first") || th.take("first") {
		t.Fatal("a bucket of one gives other than one")
	}
	for i := range maxBuckets {
		th.take(fmt.Sprint(i))
	}
	if len(th.byKey) != maxBuckets || th.used.Len() != maxBuckets {
		t.Errorf("%d and %d buckets, want %d", len(th.byKey), th.used.Len(), maxBuckets)
	}
	if !th.take("first") {
		t.Error("the oldest key was remembered")
	}
}

func TestSessionFixation(t *testing.T) {
	g := newGate(t)
	planted := g.member("mallory")
	_, err := g.Create(g.ctx(), "ada", goodPassword, circles.SiteMember)
	g.must(err)
	login, err := g.LogIn(g.ctx(), "ada", goodPassword, planted.Token, Client{})
	g.must(err)
	if login.Token == planted.Token {
		t.Error("a login kept the token it came with")
	}
	_, err = g.Member(g.ctx(), planted.Token)
	g.refused(err, circles.Denied)
}

func TestSessionsEnd(t *testing.T) {
	g := newGate(t)
	login := g.member("ada")
	for range 3 {
		g.clock.pass(idleFor - time.Minute)
		if _, err := g.Member(g.ctx(), login.Token); err != nil {
			t.Fatalf("a session in use ended: %v", err)
		}
	}
	g.clock.pass(idleFor)
	_, err := g.Member(g.ctx(), login.Token)
	g.refused(err, circles.Denied)

	login = g.logIn("ada")
	for elapsed := time.Duration(0); elapsed < maxAge; elapsed += idleFor / 2 {
		if _, err := g.Member(g.ctx(), login.Token); err != nil {
			t.Fatalf("ended after %v: %v", elapsed, err)
		}
		g.clock.pass(idleFor / 2)
	}
	_, err = g.Member(g.ctx(), login.Token)
	g.refused(err, circles.Denied)

	for _, token := range []string{"", "x", login.Token + "x", strings.Repeat("A", 1<<20)} {
		_, err := g.Member(g.ctx(), token)
		g.refused(err, circles.Denied)
	}
	g.must(g.Sweep(g.ctx()))
	g.must(g.update(g.ctx(), "count", func(tx *store.Tx) error {
		left, err := tx.SweepSessions(10)
		if left != 0 {
			t.Errorf("the sweep left %d expired sessions", left)
		}
		return err
	}))
}

func TestReadingAPageWritesOncePerHour(t *testing.T) {
	g := newGate(t)
	login := g.member("ada")
	seen := func() int64 {
		all, err := g.Sessions(g.ctx(), login.Viewer)
		g.must(err)
		if len(all) != 1 {
			t.Fatalf("%d sessions, want 1", len(all))
		}
		return all[0].SeenAt
	}
	first := seen()
	g.clock.pass(seenEvery - time.Second)
	_, err := g.Member(g.ctx(), login.Token)
	g.must(err)
	if got := seen(); got != first {
		t.Errorf("noted again after %d µs", got-first)
	}
	g.clock.pass(time.Second)
	_, err = g.Member(g.ctx(), login.Token)
	g.must(err)
	if got, want := seen(), first+seenEvery.Microseconds(); got != want {
		t.Errorf("last noted at %d, want %d", got, want)
	}
}

func TestSuspendedPeopleAreOutAtOnce(t *testing.T) {
	g := newGate(t)
	login := g.member("ada")
	g.must(g.update(g.ctx(), "suspend", func(tx *store.Tx) error { return tx.SetSuspended(login.Viewer.Person.Actor(), tx.Now()) }))
	_, err := g.Member(g.ctx(), login.Token)
	g.refused(err, circles.Denied)
	_, err = g.LogIn(g.ctx(), "ada", goodPassword, "", Client{})
	g.refused(err, circles.Forbidden)
	_, err = g.LogIn(g.ctx(), "ada", "not the password", "", Client{})
	g.refused(err, circles.Denied) // who cannot prove it is not told
}

func TestChangePasswordEndsOtherSessionsAndTokens(t *testing.T) {
	g := newGate(t)
	here, there := g.member("ada"), g.logIn("ada")
	const next = "nine green bottles"
	token, _, err := g.MakeToken(g.ctx(), there.Viewer, NewToken{Name: "mine", Scopes: Scopes{ScopeMessages}, Days: 365})
	g.must(err)
	g.refused(g.ChangePassword(g.ctx(), here.Viewer, "not the password", next, here.Token, Client{}), circles.Denied)
	g.refused(g.ChangePassword(g.ctx(), here.Viewer, goodPassword, "short", here.Token, Client{}), circles.Invalid)
	g.refused(g.ChangePassword(g.ctx(), circles.Viewer{}, goodPassword, next, "", Client{}), circles.Denied)
	if _, err := g.Member(g.ctx(), there.Token); err != nil {
		t.Fatalf("a refused change ended a session: %v", err)
	}
	g.must(g.ChangePassword(g.ctx(), here.Viewer, goodPassword, next, here.Token, Client{}))
	if _, err := g.Member(g.ctx(), here.Token); err != nil {
		t.Errorf("the session it was changed in ended: %v", err)
	}
	_, err = g.Access(g.ctx(), token)
	g.refused(err, circles.Denied) // whoever stole a session made it
	_, err = g.Member(g.ctx(), there.Token)
	g.refused(err, circles.Denied)
	_, err = g.LogIn(g.ctx(), "ada", goodPassword, "", Client{})
	g.refused(err, circles.Denied)
	_, err = g.LogIn(g.ctx(), "ada", next, "", Client{})
	g.must(err)
}

func TestEndSession(t *testing.T) {
	g := newGate(t)
	ada, bob := g.member("ada"), g.member("bob")
	second := g.logIn("ada")
	mine, err := g.Member(g.ctx(), second.Token)
	g.must(err)
	g.refused(g.EndSession(g.ctx(), bob.Viewer, mine.Session), circles.NotFound)
	g.must(g.EndSession(g.ctx(), ada.Viewer, mine.Session))
	_, err = g.Member(g.ctx(), second.Token)
	g.refused(err, circles.Denied)
	g.must(g.LogOut(g.ctx(), ada.Token))
	_, err = g.Member(g.ctx(), ada.Token)
	g.refused(err, circles.Denied)
}

func TestSessionsOfOnePersonAreBounded(t *testing.T) {
	g := newGate(t)
	first := g.member("ada")
	for range maxSessions {
		g.clock.pass(time.Second)
		g.must(g.update(g.ctx(), "session", func(tx *store.Tx) error {
			_, err := addSession(tx, first.Viewer.Person, newToken(), Client{})
			return err
		}))
	}
	all, err := g.Sessions(g.ctx(), first.Viewer)
	g.must(err)
	if len(all) != maxSessions {
		t.Errorf("%d sessions, want %d", len(all), maxSessions)
	}
	_, err = g.Member(g.ctx(), first.Token)
	g.refused(err, circles.Denied)
}

func TestNothingStoredOpensADoor(t *testing.T) {
	g := newGate(t)
	login := g.member("ada")
	g.must(g.view(g.ctx(), "look", func(tx *store.Tx) error {
		sessions, err := tx.Sessions(login.Viewer.Person)
		if err != nil {
			return err
		}
		if strings.Contains(fmt.Sprintf("%+v", sessions[0]), login.Token) {
			t.Error("the token is stored")
		}
		account, err := tx.Account(login.Viewer.Person)
		if err != nil {
			return err
		}
		if !strings.HasPrefix(account.Password, "$argon2id$v=19$m=19456,t=2,p=1$") {
			t.Errorf("the password is stored as %.20q…", account.Password)
		}
		return nil
	}))
}

func TestOldHashesAreRenewed(t *testing.T) {
	g := newGate(t)
	login := g.member("ada")
	weak := argon{time: 1, memory: 8, threads: 1}
	salt := random(saltLen)
	hash := func(f func(*store.AnAccount)) {
		g.must(g.update(g.ctx(), "hash", func(tx *store.Tx) error {
			account, err := tx.Account(login.Viewer.Person)
			if err != nil {
				return err
			}
			f(account)
			return tx.SaveAccount(&account.Account)
		}))
	}
	hash(func(a *store.AnAccount) { a.Password = encode(weak, salt, weak.key(goodPassword, salt, keyLen)) })
	g.logIn("ada")
	hash(func(a *store.AnAccount) {
		if p, _, _, err := decode(a.Password); err != nil || p != current() {
			t.Errorf("hashed with %+v, %v; want %+v", p, err, current())
		}
	})
	g.logIn("ada")
}

func TestPasswordsAreComparedAsTyped(t *testing.T) {
	h := newHasher(1)
	phc, err := h.hash(t.Context(), "caf\u00e9 au lait, please")
	if err != nil {
		t.Fatal(err)
	}
	for password, want := range map[string]bool{
		"caf\u00e9 au lait, please": true, "cafe\u0301 au lait, please": true, // one keyboard and another
		"cafe au lait, please": false, "Caf\u00e9 au lait, please": false, "caf\u00e9 au lait, please ": false, "": false,
	} {
		if got, _, err := h.check(t.Context(), password, phc); got != want || err != nil {
			t.Errorf("%q: %v, %v; want %v", password, got, err, want)
		}
	}
	if ok, _, err := h.check(t.Context(), "", ""); ok || err != nil {
		t.Errorf("no password for nobody: %v, %v", ok, err)
	}
	for _, phc := range []string{"x", "$argon2id$v=19$m=19456,t=2,p=1$$", "$argon2id$v=19$m=4294967295,t=2,p=1$AAAA$AAAAAAAAAAAAAAAAAAAAAAAA",
		"$argon2i$v=19$m=19456,t=2,p=1$AAAA$AAAAAAAAAAAAAAAAAAAAAAAA"} {
		if ok, _, err := h.check(t.Context(), goodPassword, phc); ok || err == nil {
			t.Errorf("stored %q: %v, %v; want an error", phc, ok, err)
		}
	}
}

func TestRolesAndReset(t *testing.T) {
	g := newGate(t)
	password, err := g.Create(g.ctx(), "ada", "", circles.SiteAdmin)
	g.must(err)
	if _, err := g.LogIn(g.ctx(), "ada", password, "", Client{}); err != nil {
		t.Fatalf("the password that was made: %v", err)
	}
	_, err = g.Create(g.ctx(), "ada", "", circles.SiteMember)
	g.refused(err, circles.Conflict)
	g.refused(g.SetRole(g.ctx(), "ada", circles.SiteMember), circles.Conflict) // the last admin
	bob := g.member("bob")
	g.must(g.SetRole(g.ctx(), "bob", circles.SiteAdmin))
	g.must(g.SetRole(g.ctx(), "@ada", circles.SiteModerator))
	g.refused(g.SetRole(g.ctx(), "bob", "king"), circles.Invalid)
	g.refused(g.SetRole(g.ctx(), "carol", circles.SiteMember), circles.NotFound)
	m, err := g.Member(g.ctx(), bob.Token)
	g.must(err)
	if m.Role != circles.SiteAdmin {
		t.Errorf("bob is %q, want admin in the session he has", m.Role)
	}

	again, err := g.ResetPassword(g.ctx(), "bob")
	g.must(err)
	_, err = g.Member(g.ctx(), bob.Token)
	g.refused(err, circles.Denied)
	_, err = g.LogIn(g.ctx(), "bob", again, "", Client{})
	g.must(err)

	var names []string
	g.must(g.List(g.ctx(), func(l Listed) error {
		names = append(names, fmt.Sprintf("%s %s", l.Name, l.Role))
		return nil
	}))
	if got, want := strings.Join(names, ", "), "ada moderator, bob admin"; got != want {
		t.Errorf("accounts: %s; want %s", got, want)
	}
}

func TestSettings(t *testing.T) {
	g := newGate(t)
	login := g.member("ada")
	want := Settings{Language: "zh", Theme: "dark", Density: "compact", Reveal: true}
	g.must(g.SaveSettings(g.ctx(), login.Viewer, want))
	for _, bad := range []Settings{{Theme: "pink"}, {Density: "loose"}, {Language: "<b>"}} {
		g.refused(g.SaveSettings(g.ctx(), login.Viewer, bad), circles.Invalid)
	}
	g.refused(g.SaveSettings(g.ctx(), circles.Viewer{}, Settings{}), circles.Denied)
	m, err := g.Member(g.ctx(), login.Token)
	g.must(err)
	if m.Settings != want {
		t.Errorf("got %+v, want %+v", m.Settings, want)
	}
}

func TestRemove(t *testing.T) {
	g := newGate(t)
	_, err := g.Create(g.ctx(), "ada", goodPassword, circles.SiteAdmin)
	g.must(err)
	ada, bob := g.logIn("ada"), g.member("bob")
	g.refused(g.Remove(g.ctx(), ada.Viewer, goodPassword, Client{}), circles.Conflict) // the last admin
	g.refused(g.Remove(g.ctx(), bob.Viewer, "not the password", Client{}), circles.Denied)
	g.refused(g.Remove(g.ctx(), circles.Viewer{}, goodPassword, Client{}), circles.Denied)
	if _, err := g.Member(g.ctx(), bob.Token); err != nil {
		t.Fatalf("a refused removal ended the session: %v", err)
	}
	g.must(g.Remove(g.ctx(), bob.Viewer, goodPassword, Client{}))
	_, err = g.Member(g.ctx(), bob.Token)
	g.refused(err, circles.Denied)
	_, err = g.LogIn(g.ctx(), "bob", goodPassword, "", Client{})
	g.refused(err, circles.Denied)
	_, err = g.Create(g.ctx(), "bob", "", circles.SiteMember)
	g.refused(err, circles.Conflict)
}
