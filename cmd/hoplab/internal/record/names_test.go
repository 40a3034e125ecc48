package record

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestEndpointsAreNamedAfterTheirUpstream(t *testing.T) {
	for _, tc := range []struct{ config, want string }{
		{"upstreams: [{name: users, endpoints: ['127.0.0.1:1', '127.0.0.1:2']}, {name: orders, endpoints: ['127.0.0.1:3']}]", ""},
		{"upstreams: []", "names no upstreams: status 200 OK"},
		{"{", "names no upstreams"},
	} {
		admin := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path != "/config" {
				http.NotFound(w, r)
				return
			}
			_, _ = io.WriteString(w, tc.config)
		}))
		names, err := endpointNames(context.Background(), strings.TrimPrefix(admin.URL, "http://"))
		admin.Close()
		if tc.want != "" {
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("%s: got %v, want %q", tc.config, err, tc.want)
			}
			continue
		}
		if err != nil || len(names) != 3 || names["127.0.0.1:2"] != "users-2" || names["127.0.0.1:3"] != "orders-1" {
			t.Errorf("got %v, %v", names, err)
		}
	}
}
