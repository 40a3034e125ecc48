package console

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"net/url"
	"strings"
	"syscall"
)

// problem is an answer of the console itself that says what is wrong.
type problem struct {
	Status int    `json:"-"`
	Source string `json:"source,omitempty"`
	URL    string `json:"url,omitempty"` // of the source, without credentials
	Reason string `json:"reason"`
	Remedy string `json:"remedy"`
}

// write answers with the problem. Nothing must have been written yet.
func (p problem) write(w http.ResponseWriter) {
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Security-Policy", apiPolicy)
	w.WriteHeader(p.Status)
	_ = json.NewEncoder(w).Encode(map[string]problem{"error": p}) // a browser that is gone is no concern
}

// missing answers for a source that was not named.
func missing(source string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		problem{
			Status: http.StatusNotFound, Source: source, Reason: "not configured",
			Remedy: "start hoplab console with --" + source + " URL",
		}.write(w)
	})
}

// redirectError is an answer that sends elsewhere, which the console does not follow:
// credentials are for one address.
type redirectError struct{ to string }

func (e redirectError) Error() string { return "it sends us elsewhere" }

// answerError is an answer that makes no sense.
type answerError struct{ error }

// problem says why the source did not answer.
func (s *Source) problem(err error) problem {
	p := problem{Status: http.StatusBadGateway, Source: s.Name, URL: s.shown()}
	p.Reason, p.Remedy = s.reason(err)
	var large *http.MaxBytesError
	switch {
	case errors.Is(err, context.DeadlineExceeded) || isTimeout(err):
		p.Status = http.StatusGatewayTimeout
	case errors.As(err, &large):
		p.Status = http.StatusRequestEntityTooLarge
	case errors.Is(err, errPath):
		p.Status = http.StatusNotFound
	}
	return p
}

// reason says in a few words what went wrong with the source, and what to do.
func (s *Source) reason(err error) (reason, remedy string) {
	flag := "--" + s.Name
	where := "is it running? " + flag + " says where"
	var (
		large     *http.MaxBytesError
		token     tokenError
		redirect  redirectError
		answer    answerError
		authority x509.UnknownAuthorityError
		name      x509.HostnameError
		invalid   x509.CertificateInvalidError
		verify    *tls.CertificateVerificationError
		record    tls.RecordHeaderError
		dns       *net.DNSError
	)
	switch {
	case errors.Is(err, errPath):
		return errPath.Error(), "correct the path"
	case errors.As(err, &large):
		return "the request is too large", "ask for less at once"
	case errors.As(err, &token):
		return token.Error(), "write a token into the file that " + flag + "-token-file names"
	case errors.As(err, &redirect):
		return "redirects to " + host(redirect.to), "name the address behind it with " + flag
	case errors.As(err, &answer):
		return answer.Error(), "is it the right address? " + flag + " says where"
	case errors.As(err, &authority):
		return "certificate signed by unknown authority", "name the authority with --ca"
	case errors.As(err, &name):
		return "certificate is not for " + name.Host, "name the host that it is for in " + flag + serverName(s.Name)
	case errors.As(err, &invalid):
		return "certificate expired or not valid", "renew it"
	case errors.As(err, &verify):
		return "certificate cannot be verified", "name its authority with --ca"
	case strings.Contains(err.Error(), "certificate required"):
		return "certificate required", "name a client certificate with " + flag + "-cert and " + flag + "-key"
	case errors.As(err, &record), strings.Contains(err.Error(), "server gave HTTP response"):
		return "speaks no TLS", "name it with http:// in " + flag
	case strings.Contains(err.Error(), "malformed HTTP"), strings.Contains(err.Error(), "readLoopPeekFailLocked"): // who speaks first
		return "speaks no HTTP", "is it the right port, or does it want https://? " + flag + " says where"
	case errors.As(err, &dns) && !dns.IsTimeout:
		return "no such host", "correct the host in " + flag
	case errors.Is(err, syscall.ECONNREFUSED):
		return "connection refused", where
	case errors.Is(err, syscall.ECONNRESET):
		return "connection reset", where
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH):
		return "no route to host", "correct the host in " + flag
	case errors.Is(err, context.DeadlineExceeded) || isTimeout(err):
		return "timeout", "is it overloaded, or behind a firewall? " + flag + " says where"
	}
	return innermost(err), where
}

// serverName names the flag for a host that is not the URL's, where there is one.
func serverName(source string) string {
	if source == Admin {
		return " or with --admin-server-name"
	}
	return ""
}

// host returns the host of a redirect's target, which may hold anything else.
func host(target string) string {
	u, err := url.Parse(target)
	if err != nil || u.Host == "" {
		return "another path"
	}
	return u.Host
}

func isTimeout(err error) bool {
	var n net.Error
	return errors.As(err, &n) && n.Timeout()
}

// innermost returns the text of what went wrong without what was tried, which may
// name credentials.
func innermost(err error) string {
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return err.Error()
		}
		err = inner
	}
}
