package credentials

import (
	"crypto/tls"
	"time"

	"github.com/hopscope/hopscope/gateway/config"
)

// TLS is a TLS configuration and what is known of the files it was made from.
type TLS struct {
	Config *tls.Config
	// NotAfter is when the chain that is shown ends: the first of its
	// certificates to do so. Zero: none is shown.
	NotAfter time.Time
	sum      sum
}

// Same reports whether both were made from files of the same content.
func (t *TLS) Same(o *TLS) bool { return t.sum == o.sum }

// Server makes the configuration of those who accept connections. protocols are
// offered by ALPN; a peer that offers others is refused, one that offers none is
// not. The error names the key and the file.
func Server(c *config.ListenerTLS, protocols ...string) (*TLS, error) {
	r := newReader()
	out := &TLS{Config: &tls.Config{MinVersion: tls.VersionTLS12, NextProtos: protocols, CipherSuites: suites()}}
	if err := r.keyPair(out, c.CertFile, c.KeyFile); err != nil {
		return nil, err
	}
	if c.ClientCAFile != "" {
		pool, err := r.pool("client_ca_file", c.ClientCAFile)
		if err != nil {
			return nil, err
		}
		out.Config.ClientCAs, out.Config.ClientAuth = pool, tls.RequireAndVerifyClientCert
	}
	out.sum = r.sum()
	return out, nil
}

// Client makes the configuration of those who connect and want to speak protocol;
// its ServerName is empty where c has none. The error names the key and the file.
func Client(c *config.UpstreamTLS, protocol string) (*TLS, error) {
	r := newReader()
	out := &TLS{Config: &tls.Config{MinVersion: tls.VersionTLS12, NextProtos: []string{protocol}, ServerName: c.ServerName}}
	if protocol == "h2" {
		out.Config.CipherSuites = suites() // RFC 9113 §9.2.2 holds for both roles
	}
	if c.CAFile != "" {
		pool, err := r.pool("ca_file", c.CAFile)
		if err != nil {
			return nil, err
		}
		out.Config.RootCAs = pool
	}
	if c.CertFile != "" {
		if err := r.keyPair(out, c.CertFile, c.KeyFile); err != nil {
			return nil, err
		}
	}
	out.sum = r.sum()
	return out, nil
}

// suites returns the cipher suites of TLS 1.2 that RFC 9113 appendix A leaves;
// those of TLS 1.3 all qualify.
func suites() []uint16 {
	return []uint16{
		tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
		tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
		tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
		tls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
		tls.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
		tls.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
	}
}
