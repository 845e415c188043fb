package main

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/pelletier/go-toml/v2"

	"halqa/circles/reputation"
)

func TestHelpNamesEveryCommand(t *testing.T) {
	o := newInstance(t).must("", "--help")
	for _, command := range []string{"serve", "demo", "user create", "user list", "user reset-password", "user role", "user registration", "token create", "circle create", "circle list", "post create", "peer list", "peer trust", "peer distrust", "wallet list", "wallet grant", "wallet verify", "wallet check", "standing replay", "standing simulate", "backup", "restore", "config check", "version"} {
		if !strings.Contains(o.out, "\n  "+command+"\n") && !strings.Contains(o.out, "\n  "+command+" ") {
			t.Errorf("--help does not name %q:\n%s", command, o.out)
		}
	}
}

// TestSimulateNeedsNoInstance: the longer table is printed where nothing is configured, and only what a
// corrupt operator does stands above its bound.
func TestSimulateNeedsNoInstance(t *testing.T) {
	in := newInstance(t)
	o := in.must("", "standing", "simulate", "--seeds", "1", "--days", "12,4")
	for _, a := range reputation.Attacks() {
		if !strings.Contains(o.out, "\n| "+a.Name+" | ") {
			t.Errorf("no row of %q:\n%s", a.Name, o.out)
		}
	}
	if !strings.Contains(o.out, "| attack | bound | day 4 | day 12 |\n|---|---|---|---|\n") || strings.Contains(o.err, "above") {
		t.Errorf("printed\n%s%s", o.out, o.err)
	}
	for _, c := range []struct{ flag, value, want string }{
		{"--formula", "99", "no formula 99"}, {"--seeds", "0", "--seeds must"}, {"--days", "0", "--days must"}, {"--days", "4000", "--days must"},
	} {
		in.run("", "standing", "simulate", c.flag, c.value).wantRefused(t, c.want)
	}
}

// TestPeerCommands trusts a server by an admin's name and takes it back.
func TestPeerCommands(t *testing.T) {
	in := newInstance(t)
	in.must("", "user", "create", "ann", "--role", "admin")
	in.must("", "user", "create", "ben")
	in.must("", "peer", "trust", "friend.example", "--as", "ann", "--reason", "We know them")
	list := func(want ...string) {
		t.Helper()
		o := in.must("", "peer", "list")
		lines := strings.Split(o.out, "\n")
		if len(lines) != 3 || strings.Join(strings.Fields(lines[1]), " ") != strings.Join(want, " ") {
			t.Errorf("peer list prints\n%s, want %q", o.out, want)
		}
	}
	list("friend.example", "everything", "yes")
	in.run("", "peer", "trust", "other.example", "--as", "ben", "--reason", "x").wantRefused(t, "ben is no admin")
	in.run("", "peer", "trust", "other.example", "--as", "nobody", "--reason", "x").wantRefused(t, "no account called")
	in.run("", "peer", "trust", "other.example", "--as", "ann", "--reason", " ").wantRefused(t, "Say why")
	in.must("", "peer", "distrust", "friend.example", "--as", "ann")
	list("friend.example", "everything", "no")
}

func TestVersion(t *testing.T) {
	if o := newInstance(t).must("", "version"); !strings.HasPrefix(o.out, "halqa "+version+" go1.") {
		t.Errorf("version printed %q", o.out)
	}
}

func TestCommandLinesThatAreWrong(t *testing.T) {
	in := newInstance(t)
	for _, args := range [][]string{
		{}, {"brew"}, {"user"}, {"token", "create", "ann"}, {"user", "create"}, {"circle", "create", "tea"}, {"serve", "--port", "80"}, {"backup"},
		{"post", "create", "tea"}, {"demo", "--ports", "x,y"},
	} {
		o := in.run("", args...)
		if o.code != exitRefused || strings.Count(o.err, "\n") != 1 || !strings.Contains(o.err, "--help") || o.out != "" {
			t.Errorf("halqa %v: exit status %d, %q, %q; want 2 and one line that names --help", args, o.code, o.out, o.err)
		}
	}
	in.run("", "demo", "--ports", "8081").wantRefused(t, "two ports")
}

func TestConfigurationMistakes(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"hots = \"circles.example\"\n", `line 1: there is no key "hots"`},
		{"log = \"info\"\n[federation]\nlab_network = []\n", `line 3: there is no key "federation.lab_network"`},
		{"listen = 8080\n", "line 1: "},
		{"\nlisten = \"localhost:8080\n", "line 2: "},
		{"log = \"info\"\nlog = \"warn\"\n", "line 2: "},
		{"proxies = \"10.0.0.1\"\n", "line 1: "},
		{"\n# a name\nhost = \"https://circles.example\"\n", "line 3: host must be a plain lower-case name"},
		{"host = \"Circles.example\"\n", "line 1: host must be"},
		{"host = \"circles.example:8080\"\n", "line 1: host must be"},
		{"host = \"circles\"\n", "line 1: host must be"},
		{"host = \"circles..example\"\n", "line 1: host must be"},
		{"log = \"info\"\nlisten = \"8080\"\n", "line 2: listen must be host:port"},
		{"data = \"\"\n", "line 1: data must name a folder"},
		{"log = \"loud\"\n", "line 1: log must be debug, info, warn or error"},
		{"proxies = [\"10.0.0.1\"]\n", `line 1: proxies: "10.0.0.1" is not a block`},
		{"[federation]\nlab_networks = [\"10.0.0.0/33\"]\n", `line 2: federation.lab_networks: "10.0.0.0/33" is not a block`},
	} {
		in := newInstance(t)
		if err := os.WriteFile(in.config, []byte(c.text), 0o600); err != nil {
			t.Fatal(err)
		}
		for _, args := range [][]string{{"config", "check"}, {"serve"}, {"user", "list"}} {
			o := in.run("", args...)
			o.wantRefused(t, c.want)
			if !strings.Contains(o.err, "halqa.toml") {
				t.Errorf("%q: %q does not name the file", c.text, o.err)
			}
		}
	}
}

func TestConfigurationThatIsNotThere(t *testing.T) {
	in := newInstance(t)
	in.config += ".missing"
	in.run("", "config", "check").wantRefused(t, "There is no configuration file at "+in.config)
	in.config = t.TempDir()
	in.run("", "config", "check").wantRefused(t, "cannot be read")
}

func TestConfigurationFromTheEnvironment(t *testing.T) {
	in := newInstance(t)
	for _, c := range []struct{ name, value, want string }{
		{"HALQA_LISTEN", "nowhere", "listen must be host:port"},
		{"HALQA_DATABASE", "mysql://ann:secret@db/halqa", "HALQA_DATABASE must be a postgres:// address"},
		{"HALQA_DATABASE", "postgres://ann:secret@db:port/halqa", "HALQA_DATABASE must be a postgres:// address"},
	} {
		in.env = map[string]string{c.name: c.value}
		o := in.run("", "config", "check")
		o.wantRefused(t, c.want)
		if strings.Contains(o.err+o.out, "secret") {
			t.Errorf("%s: the password was printed: %s%s", c.name, o.out, o.err)
		}
		if strings.Contains(o.err, "line") {
			t.Errorf("%s: %q blames the file", c.name, o.err)
		}
	}
}

// HALQA_CONFIG names the file where the command line does not, and halqa.toml here is the last resort.
func TestWhereTheConfigurationIsLookedFor(t *testing.T) {
	here := t.TempDir()
	t.Chdir(here)
	named := filepath.Join(t.TempDir(), "named.toml")
	for file, data := range map[string]string{named: "named", filepath.Join(here, "halqa.toml"): "here"} {
		if err := os.WriteFile(file, []byte("data = \""+data+"\"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for env, want := range map[string]string{"": "here", named: "named"} {
		c, err := loadConfig("", func(name string) string {
			if name == "HALQA_CONFIG" {
				return env
			}
			return ""
		})
		if err != nil || c.Data != want {
			t.Errorf("HALQA_CONFIG=%q: data = %q, %v, want %q", env, c.Data, err, want)
		}
	}
}

func TestConfigCheckSaysWhatItComesTo(t *testing.T) {
	in := newInstance(t, `host = "circles.example"`)
	in.env["HALQA_DATABASE"] = "postgres://ann:secret@db.example/halqa"
	o := in.must("", "config", "check")
	for _, want := range []string{"host: circles.example\n", "listen: localhost:0\n", "database: PostgreSQL\n", "can be used"} {
		if !strings.Contains(o.out, want) {
			t.Errorf("config check printed %q, want %q in it", o.out, want)
		}
	}
	if strings.Contains(o.out, "secret") {
		t.Errorf("the password was printed: %s", o.out)
	}
}

// The example explains every key, with its default.
func TestExampleIsTheDefaults(t *testing.T) {
	text, err := os.ReadFile("../../config.example.toml")
	if err != nil {
		t.Fatal(err)
	}
	got, want := config{}, defaultConfig()
	if err := got.decode(text); err != nil {
		t.Fatal(err)
	}
	want.Proxies, want.Federation.LabNetworks, want.Tips.Wallets = []string{}, []string{}, []walletConfig{} // as an empty list is read
	want.Tips.Alipay.Merchants = []merchantConfig{}
	want.Tips.Lightning.Nodes = []nodeConfig{}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("the example says %+v, the defaults are %+v", got, want)
	}
	if err := errors.Join(got.check(), got.checkWallets()); err != nil {
		t.Errorf("the example cannot be used: %v", err)
	}
	var keys map[string]any
	if err := toml.Unmarshal(text, &keys); err != nil {
		t.Fatal(err)
	}
	wantKeys(t, "", reflect.TypeFor[config](), keys)
}

func wantKeys(t *testing.T, table string, in reflect.Type, keys map[string]any) {
	t.Helper()
	for i := range in.NumField() {
		f := in.Field(i)
		name := f.Tag.Get("toml")
		if name == "" {
			continue // not of the file
		}
		value, ok := keys[name]
		if !ok {
			t.Errorf("the example does not explain %s%s", table, name)
		} else if f.Type.Kind() == reflect.Struct {
			below, ok := value.(map[string]any)
			if !ok {
				t.Errorf("%s%s is no table", table, name)
			}
			wantKeys(t, table+name+".", f.Type, below)
		}
	}
}

func TestTokenCreate(t *testing.T) {
	in := newInstance(t)
	in.must("", "user", "create", "ann")
	if o := in.must("", "token", "create", "ann", "--for", "backup script", "--scopes", "read write"); strings.Count(o.out, ".") != 2 || strings.Count(o.out, "\n") != 1 {
		t.Errorf("it printed %q, want a token on a line", o.out)
	}
	in.run("", "token", "create", "ann", "--for", "x", "--scopes", "everything").wantRefused(t, "no scope")
	in.run("", "token", "create", "eve", "--for", "x").wantRefused(t, "no account")
}
