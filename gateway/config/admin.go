package config

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
)

// Bounds of a token file. A shorter token could be guessed.
const (
	minTokenBytes = 16
	maxTokenBytes = 512
	maxTokens     = 16
)

// admin checks what is the administration server's alone; its address is checked
// with those of the listeners.
func (v *validator) admin() {
	a := &v.cfg.Admin
	if a.TLS != nil {
		v.listenerTLS("admin.tls", a.TLS)
	}
	if a.TokenFile == "" || !v.decoded("admin.token_file") {
		return
	}
	if _, err := ReadTokens(a.TokenFile); err != nil {
		v.add("admin.token_file", "must be a file of tokens, one a line, got %q: %v", a.TokenFile, err)
	}
}

// ReadTokens returns the tokens of a file: one on each line, any of which is good,
// so that a new one can be added before the old one is taken away. Empty lines do
// not count. Errors name the line and the rule, and neither the path nor a token.
func ReadTokens(path string) ([]string, error) {
	data, err := ReadFile(path)
	if err != nil {
		return nil, err
	}
	var tokens []string
	line := 0
	for text := range strings.Lines(string(data)) {
		line++
		token := strings.TrimSpace(text)
		switch {
		case token == "":
			continue
		case strings.Trim(token, tokenChars) != "":
			return nil, fmt.Errorf("line %d has other characters than letters, digits and -._~+/=; write a random token, such as openssl rand -hex 32 prints", line)
		case len(token) < minTokenBytes || len(token) > maxTokenBytes:
			return nil, fmt.Errorf("line %d has %d characters, which must be %d to %d; write a random token, such as openssl rand -hex 32 prints",
				line, len(token), minTokenBytes, maxTokenBytes)
		case len(tokens) == maxTokens:
			return nil, fmt.Errorf("has more than %d tokens; remove old ones", maxTokens)
		}
		tokens = append(tokens, token)
	}
	if len(tokens) == 0 {
		return nil, errors.New("has no token; write a random one, such as openssl rand -hex 32 prints")
	}
	return tokens, nil
}

// tokenChars are those of RFC 6750 §2.1.
const tokenChars = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~+/="

// Warnings returns what the configuration allows and hardly anybody wants, each
// with its remedy, as PATH: TEXT.
func (c *Config) Warnings() []string {
	a := &c.Admin
	if loopback(a.Address) {
		return nil
	}
	const reachable = "admin.address: %s can be reached from other machines, "
	switch {
	case a.TLS == nil && a.TokenFile == "":
		return []string{fmt.Sprintf(reachable+"and whoever reaches it sees the configuration and every open stream; "+
			"listen on 127.0.0.1, or set admin.tls and with it admin.token_file or admin.tls.client_ca_file", quote(a.Address))}
	case a.TLS == nil:
		return []string{fmt.Sprintf(reachable+"and the tokens of admin.token_file would cross the network in plain text; "+
			"set admin.tls, or listen on 127.0.0.1", quote(a.Address))}
	case a.TokenFile == "" && a.TLS.ClientCAFile == "":
		return []string{fmt.Sprintf(reachable+"and whoever reaches it sees the configuration and every open stream; "+
			"set admin.token_file or admin.tls.client_ca_file, or listen on 127.0.0.1", quote(a.Address))}
	}
	return nil
}

// loopback reports whether an address to listen on is reached from this machine
// alone.
func loopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return false // validated
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.Unmap().IsLoopback() || strings.EqualFold(strings.TrimSuffix(host, "."), "localhost")
}
