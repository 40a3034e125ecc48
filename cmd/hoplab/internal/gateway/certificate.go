package gateway

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"
)

const (
	// LongLife is how long a certificate lasts that nobody has to think of.
	LongLife = 90 * 24 * time.Hour
	// ShortLife is how long one lasts that somebody should have renewed.
	ShortLife = 12 * time.Hour
)

// Certificate is a self-signed certificate for loopback, in two PEM files.
type Certificate struct {
	CertFile, KeyFile string
	key               *ecdsa.PrivateKey
}

// NewCertificate writes a certificate of LongLife and its key into dir.
func NewCertificate(dir string) (Certificate, error) {
	c := Certificate{CertFile: filepath.Join(dir, "gateway.pem"), KeyFile: filepath.Join(dir, "gateway-key.pem")}
	var err error
	if c.key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
		return c, fmt.Errorf("certificate: %w", err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(c.key)
	if err == nil {
		err = os.WriteFile(c.KeyFile, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), 0o600)
	}
	if err != nil {
		return c, fmt.Errorf("certificate: %w", err)
	}
	return c, c.Renew(LongLife)
}

// Renew replaces the certificate, at once, by one that lasts for that long.
func (c Certificate) Renew(life time.Duration) error {
	now := time.Now()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(now.UnixNano()),
		Subject:      pkix.Name{CommonName: "hopscope demo"},
		NotBefore:    now.Add(-time.Hour),
		NotAfter:     now.Add(life),
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		DNSNames:     []string{"localhost"},
		IPAddresses:  []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, c.key.Public(), c.key)
	if err != nil {
		return fmt.Errorf("certificate: %w", err)
	}
	fresh := c.CertFile + ".new"
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	if err := errors.Join(os.WriteFile(fresh, text, 0o600), os.Rename(fresh, c.CertFile)); err != nil {
		return fmt.Errorf("certificate: %w", err)
	}
	return nil
}
