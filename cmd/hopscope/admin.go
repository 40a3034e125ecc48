package main

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/hopscope/hopscope/gateway/config"
	"github.com/hopscope/hopscope/gateway/credentials"
	"github.com/hopscope/hopscope/gateway/event"
)

const (
	adminTimeout  = 5 * time.Second
	maxAdminBytes = 256 << 20 // half a million streams
)

// adminFlags say how the admin server is reached.
type adminFlags struct {
	url, tokenFile string
	tls            config.UpstreamTLS
}

func (f *flags) admin() *adminFlags {
	a := &adminFlags{}
	f.StringVar(&a.url, "admin", "http://127.0.0.1:9901", "`URL` of the gateway's admin server; https:// where admin.tls is set")
	f.StringVar(&a.tls.CAFile, "ca", "", "PEM `FILE` of the authorities that may have signed its certificate, instead of the system's")
	f.StringVar(&a.tls.ServerName, "server-name", "", "`NAME` that its certificate must be for, instead of the URL's host")
	f.StringVar(&a.tls.CertFile, "cert", "", "PEM `FILE` of the certificate to show, where admin.tls.client_ca_file is set")
	f.StringVar(&a.tls.KeyFile, "key", "", "PEM `FILE` of that certificate's key")
	f.StringVar(&a.tokenFile, "token-file", "", "`FILE` whose first token is sent, where admin.token_file is set")
	return a
}

// adminClient asks a gateway's admin server.
type adminClient struct {
	url   *url.URL
	token string // empty: none is sent
	http  *http.Client
}

// client returns a client that asks as the flags say; http:// may be left out of
// the URL.
func (a *adminFlags) client() (*adminClient, error) {
	text := a.url
	if !strings.Contains(text, "://") {
		text = "http://" + text
	}
	u, err := url.Parse(text)
	if err != nil {
		return nil, fmt.Errorf("--admin: %w", err)
	}
	if u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return nil, fmt.Errorf("--admin: must be a URL such as http://127.0.0.1:9901, got %q", text)
	}
	if u.Scheme == "http" && a.tls != (config.UpstreamTLS{}) {
		return nil, fmt.Errorf("--ca, --server-name, --cert and --key are for https://, got --admin %q", text)
	}
	if (a.tls.CertFile == "") != (a.tls.KeyFile == "") {
		return nil, errors.New("--cert and --key belong together; name both")
	}
	t, err := credentials.Client(&a.tls, "http/1.1")
	if err != nil {
		return nil, fmt.Errorf("--ca, --cert and --key: %w", err)
	}
	c := &adminClient{url: u, http: &http.Client{Timeout: adminTimeout, Transport: &http.Transport{TLSClientConfig: t.Config}}}
	if a.tokenFile != "" {
		tokens, err := config.ReadTokens(a.tokenFile)
		if err != nil {
			return nil, fmt.Errorf("--token-file: %s: %w", a.tokenFile, err)
		}
		c.token = tokens[0]
	}
	return c, nil
}

// get asks for a page. The response's body is the caller's to close.
func (c *adminClient) get(ctx context.Context, page string) (*http.Response, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, c.url.JoinPath(page).String(), nil)
	if err != nil {
		return nil, err
	}
	if c.token != "" {
		request.Header.Set("Authorization", "Bearer "+c.token)
	}
	response, err := c.http.Do(request)
	if err != nil {
		var e *url.Error
		if errors.As(err, &e) {
			err = e.Err // the URL follows
		}
		return nil, fmt.Errorf("cannot reach the admin server at %s: %w; %s", c.url.Host, err, remedy(err))
	}
	return response, nil
}

// remedy says what to do about a failure to reach the admin server.
func remedy(err error) string {
	var unknown x509.UnknownAuthorityError
	var name x509.HostnameError
	switch {
	case errors.As(err, &unknown):
		return "name the authority of its certificate with --ca"
	case errors.As(err, &name):
		return "name what its certificate is for with --server-name"
	case strings.Contains(err.Error(), "certificate required"):
		return "name a client certificate with --cert and --key"
	}
	return "is the gateway running, and is --admin right?"
}

// streams returns the open streams and the time on the gateway's clock.
func (c *adminClient) streams(ctx context.Context) ([]event.StreamInfo, time.Time, error) {
	response, err := c.get(ctx, "streams")
	if err != nil {
		return nil, time.Time{}, err
	}
	defer response.Body.Close()
	page := response.Request.URL
	switch response.StatusCode {
	case http.StatusOK:
	case http.StatusUnauthorized:
		return nil, time.Time{}, fmt.Errorf("%s answered %s; name the file of a good token with --token-file", page, response.Status)
	default:
		return nil, time.Time{}, fmt.Errorf("%s answered %s; is it a gateway's admin server?", page, response.Status)
	}
	now := time.Now()
	if t, err := http.ParseTime(response.Header.Get("Date")); err == nil && now.Sub(t).Abs() > 2*time.Second {
		now = t // its clock differs from ours; Date has whole seconds
	}
	var streams []event.StreamInfo
	body := &io.LimitedReader{R: response.Body, N: maxAdminBytes}
	if err := json.NewDecoder(body).Decode(&streams); err != nil {
		if body.N == 0 {
			err = fmt.Errorf("more than %d bytes", maxAdminBytes)
		}
		return nil, time.Time{}, fmt.Errorf("%s did not answer with a list of streams: %w", page, err)
	}
	return streams, now, nil
}
