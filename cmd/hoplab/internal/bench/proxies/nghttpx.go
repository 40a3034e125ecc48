package proxies

import (
	"context"
	"net"

	"github.com/hopscope/hopscope/cmd/hoplab/internal/bench/h2load"
	"github.com/hopscope/hopscope/cmd/hoplab/internal/bench/proc"
)

// startNghttpx starts nghttpx with its defaults but: one thread in one process,
// no access log, HTTP/2 to the origin, a connection window that does not hold
// uploads up (as hopscope's does not), and enough file descriptors.
func startNghttpx(ctx context.Context, s Setup) (*Proxy, error) {
	addr, err := FreeAddr()
	if err != nil {
		return nil, err
	}
	host, port, _ := net.SplitHostPort(addr)
	originHost, originPort, err := net.SplitHostPort(s.Origins[0])
	if err != nil {
		return nil, err
	}
	args := []string{
		"--conf=/dev/null",
		"--workers=1", "--single-process",
		"--log-level=ERROR", "--accesslog-file=/dev/null",
		"--backend=" + originHost + "," + originPort + ";;proto=h2",
		"--frontend-http2-connection-window-size=16777215",
		"--frontend-http2-read-timeout=600",
		"--rlimit-nofile=16384",
	}
	if s.Certificate == nil {
		args = append(args, "--frontend="+host+","+port+";no-tls")
	} else {
		args = append(
			args, "--frontend="+host+","+port, "--no-ocsp", "--tls-min-proto-version=TLSv1.3", "--tls13-ciphers="+h2load.Cipher,
			s.Certificate.KeyFile, s.Certificate.CertFile,
		)
	}
	return StartListening(ctx, proc.Command{Path: "nghttpx", Args: args, CPU: s.CPU}, addr)
}
