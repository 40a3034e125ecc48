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
	"slices"
)

// ReadFile returns the content of a regular file of bounded size. Its errors do
// not repeat the path.
func ReadFile(path string) ([]byte, error) {
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

// paths returns where the configuration holds the path of a file, set or not.
func (c *Config) paths() []*string {
	var all []*string
	for i := range c.Listeners {
		if t := c.Listeners[i].TLS; t != nil {
			all = append(all, &t.CertFile, &t.KeyFile, &t.ClientCAFile)
		}
	}
	for i := range c.Upstreams {
		if t := c.Upstreams[i].TLS; t != nil {
			all = append(all, &t.CAFile, &t.CertFile, &t.KeyFile)
		}
	}
	if t := c.Admin.TLS; t != nil {
		all = append(all, &t.CertFile, &t.KeyFile, &t.ClientCAFile)
	}
	return append(all, &c.Admin.TokenFile)
}

// resolve makes every path of a file absolute.
func (c *Config) resolve(dir string) {
	for _, p := range c.paths() {
		if *p != "" && !filepath.IsAbs(*p) {
			*p = filepath.Join(dir, *p)
		}
	}
}

// Files returns the files that the configuration names, sorted: what is in them
// takes effect when the configuration is loaded.
func (c *Config) Files() []string {
	var names []string
	for _, p := range c.paths() {
		if *p != "" {
			names = append(names, *p)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// Named returns the files that the configuration at path names, sorted, whether
// or not it is good: where it was refused because of one, that one is worth
// watching. It returns none if the configuration cannot be read.
func Named(path string) []string {
	data, err := ReadFile(path)
	if err != nil {
		return nil
	}
	c, _, err := decode(data, path, filepath.Dir(path))
	if err != nil {
		return nil
	}
	return c.Files()
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
	data, err := ReadFile(name)
	if err != nil {
		v.add(path, "must be a readable file, got %q: %v", name, err)
	}
	return data, err == nil
}
