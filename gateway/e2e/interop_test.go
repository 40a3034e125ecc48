package e2e

import (
	"bufio"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
)

// interopCases are gRPC's cases that any HTTP/2 proxy can carry.
var interopCases = []string{
	"empty_unary",
	"large_unary",
	"client_streaming",
	"server_streaming",
	"ping_pong",
	"empty_stream",
	"timeout_on_sleeping_server",
	"cancel_after_begin",
	"cancel_after_first_response",
	"status_code_and_message",
	"special_status_message",
	"unimplemented_method",
	"unimplemented_service",
	"custom_metadata",
}

func TestGRPCInterop(t *testing.T) {
	ca := newAuthority(t)
	g := startGateway(t, twoListenerConfig(t, ca, startInteropServer(t)))
	for listener, args := range map[string][]string{
		"edge": nil,
		"tls":  {"-use_tls", "-use_test_ca", "-ca_file", ca.caFile, "-server_host_override", "localhost"},
	} {
		host, port := g.hostPort(listener)
		for _, name := range interopCases {
			t.Run(listener+"/"+name, func(t *testing.T) {
				out, status := run(t, time.Minute, "interop-client",
					append([]string{"-server_host", host, "-server_port", port, "-test_case", name}, args...)...)
				if status != 0 {
					t.Errorf("exit status %d\n%s", status, tail(out))
				}
			})
		}
	}
}

// startInteropServer runs gRPC's own test server on a free port and returns its
// address, which the program tells at log level info.
func startInteropServer(t *testing.T) string {
	t.Helper()
	cmd := exec.Command(tool(t, "interop-server"), "-port", "0")
	cmd.Env = append(os.Environ(), "GRPC_GO_LOG_SEVERITY_LEVEL=info")
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	port, ended := make(chan string, 1), make(chan struct{})
	go func() {
		defer close(ended)
		lines := bufio.NewScanner(stderr)
		for lines.Scan() {
			if _, address, ok := strings.Cut(lines.Text(), "interop server listening on "); ok {
				port <- address[strings.LastIndexByte(address, ':')+1:]
				break
			}
		}
		_, _ = io.Copy(io.Discard, stderr) // until it ends
		_ = cmd.Wait()                     // killed
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		<-ended
	})
	select {
	case p := <-port:
		return net.JoinHostPort("127.0.0.1", p)
	case <-ended:
		t.Fatal("interop-server ended before it listened")
	case <-time.After(patience):
		t.Fatalf("interop-server does not listen after %v", patience)
	}
	return ""
}
