package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"halqa/circles"
	"halqa/internal/fetch"
	"halqa/internal/tips"
	"halqa/wallet"

	"github.com/pelletier/go-toml/v2"
)

// A config is everything an operator can set in the file. Zero values are not defaults: see
// defaultConfig. config.example.toml explains every key and is decoded by a test.
type config struct {
	Host    string   `toml:"host"`    // the name people see after the @; "" = loopback only
	Listen  string   `toml:"listen"`  // host:port
	Data    string   `toml:"data"`    // the folder for the database, pictures and the control socket
	Proxies []string `toml:"proxies"` // CIDR blocks of reverse proxies whose X-Forwarded-For is believed
	Log     string   `toml:"log"`     // debug, info, warn or error

	Federation federationConfig `toml:"federation"`
	Tips       tipsConfig       `toml:"tips"`
	Filters    filtersConfig    `toml:"filters"`

	database string         // from HALQA_DATABASE, because it may hold a password; "" = SQLite in Data
	file     string         // where it was read from; "" = nowhere
	lines    map[string]int // of file, on which a key was set
}

type federationConfig struct {
	LabNetworks []string `toml:"lab_networks"` // CIDR blocks reachable over plain http; for test networks
}

type filtersConfig struct {
	Begging string `toml:"begging"` // "hold" or "off": what asks for direct transfers
}

type tipsConfig struct {
	Credits bool  `toml:"credits"` // the instance's own, which lead nowhere else
	Max     int64 `toml:"max"`     // most credits of one tip
	Welcome int64 `toml:"welcome"` // credits for everybody who arrives

	Wallets   []walletConfig  `toml:"wallets"`
	Alipay    alipayConfig    `toml:"alipay"`
	Lightning lightningConfig `toml:"lightning"`

	// Against abuse. What they refuse is on the page of the wallets.
	Pace         int `toml:"pace"`          // tips of one person in a minute; 0 = any number
	RingDays     int `toml:"ring_days"`     // how old a tip can be that is part of a ring; 0 = rings are not looked for
	SourcePayers int `toml:"source_payers"` // people who pay from one account, for an admin to look; 0 = nobody looks
	SourceDays   int `toml:"source_days"`   // for how long that is known
	PayeeWait    int `toml:"payee_wait"`    // hours
	LimitWait    int `toml:"limit_wait"`    // hours
	PacketShares int `toml:"packet_shares"` // people that a red packet is for at most; 0 = there are none
	PacketHours  int `toml:"packet_hours"`

	Assets map[string]boundsConfig `toml:"assets"` // in place of the defaults, by code
}

// A boundsConfig is the amounts of one asset, in its smallest unit; 0 = the wallet's, or no cap.
type boundsConfig struct {
	Min      int64 `toml:"min"`
	Usual    int64 `toml:"usual"`
	Max      int64 `toml:"max"`
	PayerDay int64 `toml:"payer_day"`
	PayeeDay int64 `toml:"payee_day"`
	PairDay  int64 `toml:"pair_day"`
}

// rules are what the configuration makes of tips.DefaultRules.
func (c tipsConfig) rules() *tips.Rules {
	r := tips.DefaultRules()
	r.Pace, r.Ring = c.Pace, time.Duration(c.RingDays)*24*time.Hour
	r.SourcePayers, r.SourceTime = c.SourcePayers, time.Duration(c.SourceDays)*24*time.Hour
	r.PayeeWait, r.LimitWait = time.Duration(c.PayeeWait)*time.Hour, time.Duration(c.LimitWait)*time.Hour
	r.PacketShares, r.PacketLife = c.PacketShares, time.Duration(c.PacketHours)*time.Hour
	r.Assets = map[string]tips.Bounds{}
	for code, b := range c.Assets {
		r.Assets[code] = tips.Bounds{Min: b.Min, Usual: b.Usual, Max: b.Max, PayerDay: b.PayerDay, PayeeDay: b.PayeeDay, PairDay: b.PairDay}
	}
	return &r
}

// defaultAssets are the amounts where the file has none. The most of one tip in credits is tips.max.
func defaultAssets() map[string]boundsConfig {
	all := map[string]boundsConfig{}
	for code, b := range tips.DefaultRules().Assets {
		if code == creditsCode {
			b.Max = 0
		}
		all[code] = boundsConfig{Min: b.Min, Usual: b.Usual, Max: b.Max, PayerDay: b.PayerDay, PayeeDay: b.PayeeDay, PairDay: b.PairDay}
	}
	return all
}

func (c tipsConfig) checkRules(wrong func(key, format string, args ...any) error) error {
	for _, n := range []struct {
		key       string
		have, max int
	}{{"tips.pace", c.Pace, 10_000}, {"tips.ring_days", c.RingDays, 90}, {"tips.source_payers", c.SourcePayers, 1000}, {"tips.source_days", c.SourceDays, 90}, {"tips.payee_wait", c.PayeeWait, 24 * 90}, {"tips.limit_wait", c.LimitWait, 24 * 90},
		{"tips.packet_shares", c.PacketShares, 200}, {"tips.packet_hours", c.PacketHours, 24 * 7}} {
		if n.have < 0 || n.have > n.max {
			return wrong(n.key, "%s must be 0 to %d.", n.key, n.max)
		}
	}
	for code, b := range c.Assets {
		for _, n := range []int64{b.Min, b.Usual, b.Max, b.PayerDay, b.PayeeDay, b.PairDay} {
			if n < 0 || !wallet.ValidAsset(code) {
				return wrong("tips.assets."+code, "tips.assets.%s must be an asset's code with amounts that are not below zero.", code)
			}
		}
		if b.Max > 0 && (b.Min > b.Max || b.Usual > b.Max) || b.Usual > 0 && b.Usual < b.Min {
			return wrong("tips.assets."+code, "tips.assets.%s: min, usual and max must rise.", code)
		}
	}
	return nil
}

// A walletConfig is an adapter that runs as a program of its own.
type walletConfig struct {
	URL    string `toml:"url"`    // http://127.0.0.1:9000, or unix:/run/adapter.sock
	Secret string `toml:"secret"` // the name of the environment variable that holds the shared secret

	key []byte
}

func defaultConfig() config {
	return config{Listen: "localhost:8080", Data: "data", Log: "info", Filters: filtersConfig{Begging: "hold"}, Tips: tipsConfig{Credits: true, Max: 200, Pace: 10, RingDays: 7, SourcePayers: 5, SourceDays: 30, PayeeWait: 72, LimitWait: 24, PacketShares: 100, PacketHours: 24,
		Assets: defaultAssets(), Lightning: lightningConfig{Network: "mainnet"}}}
}

// loadConfig reads the file at path, or the defaults where path is "" and no halqa.toml lies in the
// working directory. Every mistake is a refusal that names the file, and the line where it can.
func loadConfig(path string, getenv func(string) string) (config, error) {
	c, err := readConfig(path, getenv)
	if err != nil {
		return c, err
	}
	return c, c.checkWallets()
}

// readConfig is loadConfig for who opens no wallet: their secrets may be missing, as they are where a command
// is run by hand or at night and the server alone has them in its environment.
func readConfig(path string, getenv func(string) string) (config, error) {
	c := defaultConfig()
	if path == "" {
		path = getenv("HALQA_CONFIG")
	}
	if path == "" {
		if _, err := os.Stat("halqa.toml"); err == nil {
			path = "halqa.toml"
		}
	}
	if path != "" {
		text, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			return c, circles.Errorf(circles.Invalid, "There is no configuration file at %s.", path)
		}
		if err != nil {
			return c, circles.Errorf(circles.Invalid, "The configuration file %s cannot be read: %v.", path, err)
		}
		if err := c.decode(text); err != nil {
			return c, circles.Errorf(circles.Invalid, "%s, %v.", path, err)
		}
		c.file, c.lines = path, keyLines(text)
	}
	c.database = getenv("HALQA_DATABASE")
	for i := range c.Tips.Wallets {
		c.Tips.Wallets[i].key = []byte(getenv(c.Tips.Wallets[i].Secret))
	}
	c.Tips.Alipay.read()
	for i := range c.Tips.Lightning.Nodes {
		c.Tips.Lightning.Nodes[i].key = []byte(getenv(c.Tips.Lightning.Nodes[i].Secret))
	}
	if listen := getenv("HALQA_LISTEN"); listen != "" {
		c.set("listen", &c.Listen, listen)
	}
	return c, c.check()
}

// set changes a value by something stronger than the file.
func (c *config) set(key string, value *string, to string) {
	*value = to
	delete(c.lines, key)
}

// keyLines finds on which line of a file each key is set, for sentences about its value.
func keyLines(text []byte) map[string]int {
	lines, table, n := map[string]int{}, "", 0
	for line := range strings.Lines(string(text)) {
		n++
		line = strings.TrimSpace(line)
		if rest, ok := strings.CutPrefix(line, "["); ok {
			table, _, _ = strings.Cut(rest, "]")
			table += "."
		} else if key, _, ok := strings.Cut(line, "="); ok && !strings.HasPrefix(line, "#") {
			lines[table+strings.TrimSpace(key)] = n
		}
	}
	return lines
}

// wrong is a refusal of a key's value, with the place where it stands.
func (c *config) wrong(key, format string, args ...any) error {
	sentence := fmt.Sprintf(format, args...)
	if n := c.lines[key]; n > 0 {
		return circles.Errorf(circles.Invalid, "%s, line %d: %s", c.file, n, sentence)
	}
	return circles.Errorf(circles.Invalid, "%s", sentence)
}

// decode reads strict TOML over the defaults: an unknown key is an error naming its line.
func (c *config) decode(text []byte) error {
	d := toml.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	err := d.Decode(c)
	var strict *toml.StrictMissingError
	if errors.As(err, &strict) && len(strict.Errors) > 0 {
		first := strict.Errors[0]
		line, _ := first.Position()
		return fmt.Errorf("line %d: there is no key %q; config.example.toml lists them all", line, strings.Join(first.Key(), "."))
	}
	var bad *toml.DecodeError
	if errors.As(err, &bad) {
		line, _ := bad.Position()
		return fmt.Errorf("line %d: %v", line, strings.TrimPrefix(bad.Error(), "toml: "))
	}
	return err
}

func (c *config) check() error {
	if c.Host != "" {
		host, err := fetch.Host("https://" + c.Host)
		if err != nil || host != c.Host || strings.Contains(c.Host, ":") || !strings.Contains(c.Host, ".") {
			return c.wrong("host", "host must be a plain lower-case name such as circles.example, without https:// and without a port, not %q.", c.Host)
		}
	}
	if _, _, err := net.SplitHostPort(c.Listen); err != nil {
		return c.wrong("listen", "listen must be host:port, such as localhost:8080, not %q.", c.Listen)
	}
	if c.Data == "" {
		return c.wrong("data", "data must name a folder.")
	}
	if _, err := logLevel(c.Log); err != nil {
		return c.wrong("log", "%v", err)
	}
	if _, err := prefixes("federation.lab_networks", c.Federation.LabNetworks); err != nil {
		return c.wrong("federation.lab_networks", "%v", err)
	}
	if _, err := prefixes("proxies", c.Proxies); err != nil {
		return c.wrong("proxies", "%v", err)
	}
	if c.Filters.Begging != "hold" && c.Filters.Begging != "off" {
		return c.wrong("filters.begging", "filters.begging must be hold or off.")
	}
	if c.Tips.Max < 1 || c.Tips.Max > tips.MaxGrant {
		return c.wrong("tips.max", "tips.max must be 1 to %d credits.", tips.MaxGrant)
	}
	if err := c.Tips.checkRules(c.wrong); err != nil {
		return err
	}
	if c.Tips.Welcome < 0 || c.Tips.Welcome > tips.MaxGrant {
		return c.wrong("tips.welcome", "tips.welcome must be 0 to %d credits.", tips.MaxGrant)
	}
	if c.database != "" {
		u, err := url.Parse(c.database)
		if err != nil || (u.Scheme != "postgres" && u.Scheme != "postgresql") {
			return circles.Errorf(circles.Invalid, "HALQA_DATABASE must be a postgres:// address; leave it empty for SQLite.")
		}
	}
	return nil
}

// checkWallets checks what the wallets need, secrets and files of keys among it.
func (c *config) checkWallets() error {
	for _, w := range c.Tips.Wallets {
		if _, err := w.client(time.Now); err != nil {
			return circles.Errorf(circles.Invalid, "The wallet at %q: %s. Its secret is read from the environment variable that secret names, %q.",
				w.URL, strings.TrimPrefix(err.Error(), "wallet: invalid: "), w.Secret)
		}
	}
	if err := c.Tips.Alipay.check(c.wrong); err != nil {
		return err
	}
	return c.Tips.Lightning.check(c.wrong)
}

// databaseName is SQLite's file in the data folder.
const databaseName = "halqa.db"

// dsn names the database in the words of store.Open.
func (c *config) dsn() string {
	if c.database != "" {
		return c.database
	}
	return "sqlite:" + filepath.Join(c.Data, databaseName)
}

func prefixes(key string, list []string) ([]netip.Prefix, error) {
	var out []netip.Prefix
	for _, s := range list {
		p, err := netip.ParsePrefix(s)
		if err != nil {
			return nil, circles.Errorf(circles.Invalid, "%s: %q is not a block of addresses such as 10.1.0.0/16.", key, s)
		}
		out = append(out, p.Masked())
	}
	return out, nil
}
