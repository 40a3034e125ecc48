package config

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// readFile returns the content of a regular file of bounded size. Its errors do
// not repeat the path.
func readFile(path string) ([]byte, error) {
	// Before opening: opening a pipe would wait for its other end.
	info, err := os.Stat(path)
	if err != nil {
		return nil, bare(err)
	}
	if !info.Mode().IsRegular() {
		return nil, errors.New("is not a regular file")
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, bare(err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxFileBytes+1))
	if err != nil {
		return nil, bare(err)
	}
	if len(data) > maxFileBytes {
		return nil, fmt.Errorf("is larger than %d bytes", maxFileBytes)
	}
	return data, nil
}

// bare removes the operation and the path from a file error.
func bare(err error) error {
	var e *fs.PathError
	if errors.As(err, &e) {
		return e.Err
	}
	return err
}

// resolve makes every path of a file absolute.
func (c *Config) resolve(dir string) {
	abs := func(paths ...*string) {
		for _, p := range paths {
			if *p != "" && !filepath.IsAbs(*p) {
				*p = filepath.Join(dir, *p)
			}
		}
	}
	for i := range c.Listeners {
		if t := c.Listeners[i].TLS; t != nil {
			abs(&t.CertFile, &t.KeyFile, &t.ClientCAFile)
		}
	}
	for i := range c.Upstreams {
		if t := c.Upstreams[i].TLS; t != nil {
			abs(&t.CAFile, &t.CertFile, &t.KeyFile)
		}
	}
}

// keyPair checks a certificate and its key, both of which are named.
func (v *validator) keyPair(path, certFile, keyFile string) {
	cert, certOK := v.file(path+".cert_file", certFile)
	key, keyOK := v.file(path+".key_file", keyFile)
	if !certOK || !keyOK {
		return
	}
	if _, err := tls.X509KeyPair(cert, key); err != nil {
		v.add(path+".cert_file", "must be a PEM certificate that belongs to key_file, got %q and %q: %v",
			certFile, keyFile, err)
	}
}

// caFile checks a file of CA certificates.
func (v *validator) caFile(path, name string) {
	if data, ok := v.file(path, name); ok && !x509.NewCertPool().AppendCertsFromPEM(data) {
		v.add(path, "must be a file of PEM certificates, got %q, which has none", name)
	}
}

func (v *validator) file(path, name string) ([]byte, bool) {
	if !v.decoded(path) {
		return nil, false
	}
	data, err := readFile(name)
	if err != nil {
		v.add(path, "must be a readable file, got %q: %v", name, err)
	}
	return data, err == nil
}
