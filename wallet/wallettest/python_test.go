package wallettest

import (
	"bufio"
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"halqa/wallet"
	"halqa/wallet/remote"
)

// TestPythonExample checks the example that docs/adapters.md points to, as `halqa wallet check` does.
func TestPythonExample(t *testing.T) {
	python, err := exec.LookPath("python3")
	if err != nil {
		if slices.Contains(strings.Split(os.Getenv("HALQA_TEST_REQUIRE"), ","), "python") {
			t.Fatal("python3 is required and not there")
		}
		t.Skip("python3 is not there")
	}
	secret := strings.Repeat("a secret for Python ", 2)
	cmd := exec.Command(python, "../../examples/adapter-python/adapter.py", "serve", "--listen", "127.0.0.1:0",
		"--data", filepath.Join(t.TempDir(), "cash.db"), "--test-rail")
	cmd.Env = append(os.Environ(), "ADAPTER_SECRET="+secret)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		cmd.Process.Kill()
		cmd.Wait()
		if t.Failed() {
			t.Log(stderr.String())
		}
	}()
	line, err := bufio.NewReader(out).ReadString('\n')
	url, ok := strings.CutPrefix(strings.TrimSpace(line), "listening on ")
	if err != nil || !ok {
		t.Fatalf("it says %q, %v", line, err)
	}
	rep, err := Check(t.Context(), Harness{
		URL: url, Secret: []byte(secret), Payee: wallet.Payee{Kind: "desk", Ref: "front"}, Rail: DialRail(url + "/_rail"), Level: 3,
	})
	if err != nil {
		t.Fatal(err)
	}
	var text bytes.Buffer
	rep.Text(&text)
	if rep.Count(Failed) != 0 || rep.Count(Passed) < 25 {
		t.Errorf("\n%s", text.String())
	}
	t.Log(text.String())
	if len(secret) < remote.MinSecret {
		t.Error("the secret of this test is too short to mean anything")
	}
}
