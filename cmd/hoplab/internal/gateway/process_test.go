package gateway

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hopscope/hopscope/gateway/config"
)

// script writes a stand-in for the program: these tests are about how a process
// is treated, and what it says is given.
func script(t *testing.T, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "hopscope")
	if err := os.WriteFile(file, []byte("#!/bin/sh\n"+text), 0o700); err != nil {
		t.Fatal(err)
	}
	return file
}

const readyText = `echo '{"msg":"ready","listeners":{"edge":"127.0.0.1:1"},"admin":"127.0.0.1:2"}' >&2` + "\n"

func TestReadyLineGivesTheAddressesAndStopDrains(t *testing.T) {
	dir := t.TempDir()
	p, err := Start(t.Context(), script(t, `trap 'echo drained >&2; exit 0' TERM
echo not json >&2
`+readyText+`while :; do sleep 0.1; done
`), "config text", dir)
	if err != nil {
		t.Fatal(err)
	}
	if p.Listeners["edge"] != "127.0.0.1:1" || p.Admin != "127.0.0.1:2" {
		t.Errorf("got %v, %s", p.Listeners, p.Admin)
	}
	if err := p.Stop(); err != nil {
		t.Error(err)
	}
	log, err := os.ReadFile(filepath.Join(dir, "gateway.log"))
	if err != nil || !strings.Contains(string(log), "drained") {
		t.Errorf("log %q, %v", log, err)
	}
	written, err := os.ReadFile(filepath.Join(dir, "hopscope.yaml"))
	if err != nil || string(written) != "config text" {
		t.Errorf("configuration %q, %v", written, err)
	}
}

func TestProgramThatEndsEarlyIsExplainedByItsLog(t *testing.T) {
	_, err := Start(t.Context(), script(t, "echo 'hopscope.yaml:3: no such key' >&2; exit 1\n"), "", t.TempDir())
	if err == nil || !strings.Contains(err.Error(), "no such key") || !strings.Contains(err.Error(), "exit status 1") {
		t.Errorf("got %v", err)
	}
}

func TestMissingProgramSaysHowToGetIt(t *testing.T) {
	_, err := Start(t.Context(), filepath.Join(t.TempDir(), "hopscope"), "", t.TempDir())
	if err == nil || !strings.Contains(err.Error(), "make build") || !strings.Contains(err.Error(), "--gateway") {
		t.Errorf("got %v", err)
	}
}

func TestGatewayThatDiesIsNoticed(t *testing.T) {
	p, err := Start(t.Context(), script(t, readyText+"exec 2>&1; echo 'panic: oh'; exit 2\n"), "", t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	<-p.Exited()
	if err := p.Err(); !strings.Contains(err.Error(), "exit status 2") {
		t.Errorf("got %v", err)
	}
	if err := p.Stop(); err != nil {
		t.Errorf("stopping what is gone: %v", err)
	}
}

func TestPausedGatewayDoesNothingAndStillStops(t *testing.T) {
	p, err := Start(t.Context(), script(t, `trap 'exit 0' TERM
`+readyText+`while :; do sleep 0.1; done
`), "", t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Pause(); err != nil {
		t.Fatal(err)
	}
	if err := p.Stop(); err != nil {
		t.Error(err)
	}
}

func TestGatewayStartedAgainAddsToItsLog(t *testing.T) {
	dir, program := t.TempDir(), script(t, "echo again >&2\n"+readyText+"while :; do sleep 0.1; done\n")
	for range 2 {
		p, err := Start(t.Context(), program, "", dir)
		if err != nil {
			t.Fatal(err)
		}
		if err := p.Kill(); err != nil {
			t.Error(err)
		}
		select {
		case <-p.Exited():
		default:
			t.Error("killed, and still there")
		}
	}
	log, err := os.ReadFile(filepath.Join(dir, "gateway.log"))
	if err != nil || strings.Count(string(log), "again") != 2 {
		t.Errorf("log %q, %v", log, err)
	}
}

func TestConfigurationIsOneTheGatewayTakes(t *testing.T) {
	cert, err := NewCertificate(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	c := Config{
		Edge: "127.0.0.1:0", Internal: "127.0.0.1:0", Secure: "127.0.0.1:0", CertFile: cert.CertFile, KeyFile: cert.KeyFile, Admin: "127.0.0.1:0",
		Users: []string{"127.0.0.1:9001", "127.0.0.1:9002"}, Profiles: "127.0.0.1:9003", Orders: "127.0.0.1:9004",
		Collector: "http://127.0.0.1:16686/api/traces", Sample: 0.1,
	}
	file := filepath.Join(t.TempDir(), "hopscope.yaml")
	if err := os.WriteFile(file, []byte(c.YAML()), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := config.Load(file); err != nil {
		t.Error(err)
	}
}
