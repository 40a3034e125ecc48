package proxies

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/hopscope/hopscope/cmd/hoplab/internal/bench/proc"
)

// The name of the environment variable that makes this program a ReverseProxy,
// and the word before its address in its output.
const (
	reverseOrigin  = "HOPLAB_BENCH_ORIGIN"
	reverseCert    = "HOPLAB_BENCH_CERT"
	reverseKey     = "HOPLAB_BENCH_KEY"
	reverseServing = "serving on "
)

// startReverse starts this very program as ReverseMain.
func startReverse(ctx context.Context, s Setup) (*Proxy, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	env := []string{"GOMAXPROCS=1", reverseOrigin + "=" + s.Origins[0]}
	if c := s.Certificate; c != nil {
		env = append(env, reverseCert+"="+c.CertFile, reverseKey+"="+c.KeyFile)
	}
	c := proc.Command{Path: self, Args: []string{"bench", "reverse-proxy"}, Env: env, CPU: s.CPU}
	return startAnnounced(ctx, c, func(line string) (addr, admin string) {
		addr, ok := strings.CutPrefix(line, reverseServing)
		if !ok {
			return "", ""
		}
		return addr, ""
	})
}

// ReverseMain is net/http's ReverseProxy in front of the origin that the
// environment names, HTTP/2 on both sides, until the context ends. It tells its
// address on out.
func ReverseMain(ctx context.Context, out io.Writer) error {
	origin := os.Getenv(reverseOrigin)
	if origin == "" {
		return errors.New("the reverse proxy is started by hoplab bench")
	}
	h2c := new(http.Protocols)
	h2c.SetUnencryptedHTTP2(true)
	proxy := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(&url.URL{Scheme: "http", Host: origin})
			r.SetXForwarded()
		},
		Transport:  &http.Transport{Protocols: h2c},
		BufferPool: &buffers{},
		ErrorLog:   log.New(out, "", 0),
	}
	protocols := new(http.Protocols)
	protocols.SetUnencryptedHTTP2(true)
	protocols.SetHTTP2(true)
	server := &http.Server{Handler: proxy, Protocols: protocols, ReadHeaderTimeout: 10 * time.Second, ErrorLog: proxy.ErrorLog}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	defer context.AfterFunc(ctx, func() { server.Close() })()
	fmt.Fprintf(out, "%s%s\n", reverseServing, l.Addr())
	if cert := os.Getenv(reverseCert); cert != "" {
		err = server.ServeTLS(l, cert, os.Getenv(reverseKey))
	} else {
		err = server.Serve(l)
	}
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

// buffers are what bodies are copied through, 32 KiB each, used again.
type buffers struct{ pool sync.Pool }

func (b *buffers) Get() []byte {
	if p, ok := b.pool.Get().(*[]byte); ok {
		return *p
	}
	return make([]byte, 32<<10)
}

func (b *buffers) Put(p []byte) { b.pool.Put(&p) }
