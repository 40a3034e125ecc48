package credentials

import (
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"fmt"
	"hash"

	"github.com/hopscope/hopscope/gateway/config"
)

// sum tells the content of some files from any other.
type sum [sha256.Size]byte

// reader reads the files of one TLS configuration and sums them up.
type reader struct{ hash hash.Hash }

func newReader() *reader { return &reader{sha256.New()} }

func (r *reader) sum() (s sum) {
	r.hash.Sum(s[:0])
	return s
}

func (r *reader) file(key, name string) ([]byte, error) {
	data, err := config.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("tls.%s: %s: %w", key, name, err)
	}
	r.hash.Write(binary.BigEndian.AppendUint64(nil, uint64(len(data)))) // so that the next file begins somewhere
	r.hash.Write(data)
	return data, nil
}

// keyPair has out show the chain of a file.
func (r *reader) keyPair(out *TLS, certFile, keyFile string) error {
	chain, err := r.file("cert_file", certFile)
	if err != nil {
		return err
	}
	key, err := r.file("key_file", keyFile)
	if err != nil {
		return err
	}
	cert, err := tls.X509KeyPair(chain, key)
	if err != nil {
		return fmt.Errorf("tls.cert_file: %s with the key %s: %w", certFile, keyFile, err)
	}
	for _, der := range cert.Certificate {
		c, err := x509.ParseCertificate(der)
		if err != nil {
			return fmt.Errorf("tls.cert_file: %s: %w", certFile, err)
		}
		if out.NotAfter.IsZero() || c.NotAfter.Before(out.NotAfter) {
			out.NotAfter = c.NotAfter
		}
	}
	out.Config.Certificates = []tls.Certificate{cert}
	return nil
}

// pool returns the authorities of a file.
func (r *reader) pool(key, name string) (*x509.CertPool, error) {
	data, err := r.file(key, name)
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(data) {
		return nil, fmt.Errorf("tls.%s: %s holds no PEM certificate", key, name)
	}
	return pool, nil
}
