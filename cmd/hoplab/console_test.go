package main

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestConsoleServesBesideAnythingAndEndsWhenTold(t *testing.T) {
	var authorization string
	admin := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		authorization = r.Header.Get("Authorization")
		_, _ = io.WriteString(w, "[]")
	}))
	defer admin.Close()
	tokens := filepath.Join(t.TempDir(), "tokens")
	token := strings.Repeat("0123456789abcdef", 4)
	if err := os.WriteFile(tokens, []byte(token+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	r, w := io.Pipe()
	done := make(chan int, 1)
	go func() {
		done <- dispatch(ctx, "hoplab", commands(), []string{
			"console", "--listen", "127.0.0.1:0", "--admin", admin.URL, "--admin-token-file", tokens, "--allow-host", "Console.example",
		}, w, io.Discard)
		w.Close()
	}()
	line, err := bufio.NewReader(r).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	fields := strings.Fields(line)
	if len(fields) < 2 || fields[0] != "console" {
		t.Fatalf("said %q", line)
	}
	for host, want := range map[string]int{"": http.StatusOK, "console.example": http.StatusOK, "other.example": http.StatusMisdirectedRequest} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, fields[1]+"/api/admin/streams", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Host = host
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != want {
			t.Errorf("host %q: %s", host, resp.Status)
		}
	}
	if authorization != "Bearer "+token {
		t.Errorf("the admin server was shown %q", authorization)
	}
	cancel()
	if code := <-done; code != exitOK {
		t.Errorf("exit %d", code)
	}
}
