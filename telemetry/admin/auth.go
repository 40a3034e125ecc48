package admin

import (
	"crypto/sha256"
	"crypto/subtle"
	"net/http"
	"strings"
)

// tokens are the sums of the tokens that are good. Sums have one length, so that
// comparing them tells nothing of a token, nor of its length.
type tokens [][sha256.Size]byte

// SetTokens sets the tokens any of which is good from now on; none: nobody is
// asked for one.
func (a *Admin) SetTokens(list []string) {
	sums := make(tokens, len(list))
	for i, t := range list {
		sums[i] = sha256.Sum256([]byte(t))
	}
	a.tokens.Store(&sums)
}

// has reports whether a token is good. It takes as long whether it is or not.
func (t tokens) has(token string) bool {
	sum := sha256.Sum256([]byte(token))
	found := 0
	for i := range t {
		found |= subtle.ConstantTimeCompare(sum[:], t[i][:])
	}
	return found == 1
}

// allowed reports whether a request may be answered; if not, it answers why. The
// health checks are for load balancers and orchestrators, which have no token.
func (a *Admin) allowed(w http.ResponseWriter, r *http.Request) bool {
	good := *a.tokens.Load()
	if len(good) == 0 || r.URL.Path == "/healthz" || r.URL.Path == "/readyz" {
		return true
	}
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	challenge, reason := `Bearer realm="hopscope"`, RefusedNoToken
	if strings.EqualFold(scheme, "Bearer") { // RFC 9110 §11.1
		if good.has(strings.TrimSpace(token)) {
			return true
		}
		challenge, reason = challenge+`, error="invalid_token"`, RefusedWrongToken // RFC 6750 §3.1
	}
	a.refusals.note(reason, r.RemoteAddr)
	w.Header().Set("WWW-Authenticate", challenge)
	say(w, http.StatusUnauthorized, "a token of admin.token_file is needed: Authorization: Bearer TOKEN")
	return false
}
