package report

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"image"
	"image/png"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// browserTime bounds everything that a test does with its browser.
const browserTime = 3 * time.Minute

// browser is a headless Chromium that is driven over a pair of pipes, so that it
// needs neither a port nor a library.
type browser struct {
	t       *testing.T
	send    *os.File
	replies chan message
	session string
	last    int
	seen    []message // events since the page was opened
	timeout <-chan time.Time
}

type message struct {
	ID      int             `json:"id,omitempty"`
	Method  string          `json:"method,omitempty"`
	Params  json.RawMessage `json:"params,omitempty"`
	Session string          `json:"sessionId,omitempty"`
	Result  json.RawMessage `json:"result,omitempty"`
	Error   *struct {
		Message string `json:"message"`
	} `json:"error,omitempty"`
}

// newBrowser starts Chromium and opens an empty tab. It ends with the test.
func newBrowser(t *testing.T) *browser {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		t.Fatalf("%v: make tools installs it", err)
	}
	// Not t.TempDir: processes of the browser may write a moment longer.
	dir, err := os.MkdirTemp("", "report-browser-")
	if err != nil {
		t.Fatal(err)
	}
	log, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		t.Fatal(err)
	}
	theirs, send, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	receive, theirs2, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(path, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--disable-dev-shm-usage",
		"--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-breakpad",
		"--remote-debugging-pipe", "--user-data-dir="+filepath.Join(dir, "profile"))
	cmd.ExtraFiles = []*os.File{theirs, theirs2} // as descriptors 3 and 4
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	theirs.Close()
	theirs2.Close()
	b := &browser{t: t, send: send, replies: make(chan message, 1000), timeout: time.After(browserTime)}
	done := make(chan struct{})
	go func() {
		defer close(done)
		b.read(receive)
	}()
	t.Cleanup(func() {
		syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		cmd.Wait()
		send.Close()
		receive.Close()
		for range b.replies { // until read is through
		}
		<-done
		log.Close()
		if t.Failed() {
			text, _ := os.ReadFile(log.Name())
			t.Logf("the end of the browser's log:\n%s", text[max(0, len(text)-2000):])
		}
		for deadline := time.Now().Add(20 * time.Second); os.RemoveAll(dir) != nil && time.Now().Before(deadline); {
			time.Sleep(50 * time.Millisecond)
		}
	})
	var target struct {
		ID string `json:"targetId"`
	}
	b.call("Target.createTarget", map[string]any{"url": "about:blank"}, &target)
	var attached struct {
		ID string `json:"sessionId"`
	}
	b.call("Target.attachToTarget", map[string]any{"targetId": target.ID, "flatten": true}, &attached)
	b.session = attached.ID
	for _, domain := range []string{"Page", "Runtime", "Log", "Network"} {
		b.call(domain+".enable", nil, nil)
	}
	return b
}

// read delivers what the browser says until it ends.
func (b *browser) read(from *os.File) {
	defer close(b.replies)
	lines := bufio.NewReader(from)
	for {
		text, err := lines.ReadBytes(0)
		if err != nil {
			return
		}
		var m message
		if json.Unmarshal(bytes.TrimSuffix(text, []byte{0}), &m) == nil {
			b.replies <- m
		}
	}
}

// next waits for a message and keeps it if it is an event.
func (b *browser) next() message {
	b.t.Helper()
	select {
	case m, ok := <-b.replies:
		if !ok {
			b.t.Fatal("the browser ended")
		}
		if m.Method != "" {
			b.seen = append(b.seen, m)
		}
		return m
	case <-b.timeout:
		b.t.Fatalf("the browser did not answer within %s", browserTime)
	}
	return message{}
}

func (b *browser) call(method string, params, into any) {
	b.t.Helper()
	b.last++
	m := message{ID: b.last, Method: method, Session: b.session}
	if params != nil {
		m.Params, _ = json.Marshal(params)
	}
	text, err := json.Marshal(m)
	if err != nil {
		b.t.Fatal(err)
	}
	if _, err := b.send.Write(append(text, 0)); err != nil {
		b.t.Fatal(err)
	}
	for {
		reply := b.next()
		if reply.ID != b.last {
			continue
		}
		if reply.Error != nil {
			b.t.Fatalf("%s: %s", method, reply.Error.Message)
		}
		if into != nil {
			if err := json.Unmarshal(reply.Result, into); err != nil {
				b.t.Fatal(err)
			}
		}
		return
	}
}

// open loads a file in a window of that width, as someone sees it who prefers
// scheme, light or dark.
func (b *browser) open(file string, width int, scheme string) {
	b.t.Helper()
	b.call("Emulation.setDeviceMetricsOverride", map[string]any{"width": width, "height": 1000, "deviceScaleFactor": 1, "mobile": width < 500}, nil)
	b.call("Emulation.setEmulatedMedia", map[string]any{"features": []map[string]string{{"name": "prefers-color-scheme", "value": scheme}}}, nil)
	b.seen = nil
	b.call("Page.navigate", map[string]any{"url": (&url.URL{Scheme: "file", Path: file}).String()}, nil)
	for {
		for _, m := range b.seen {
			if m.Method == "Page.loadEventFired" {
				return
			}
		}
		b.next()
	}
}

// eval returns the value of a JavaScript expression.
func (b *browser) eval(expression string, into any) {
	b.t.Helper()
	var reply struct {
		Result struct {
			Value json.RawMessage `json:"value"`
		} `json:"result"`
		Exception json.RawMessage `json:"exceptionDetails"`
	}
	b.call("Runtime.evaluate", map[string]any{"expression": expression, "returnByValue": true}, &reply)
	if reply.Exception != nil {
		b.t.Fatalf("%s: %s", expression, reply.Exception)
	}
	if into != nil {
		if err := json.Unmarshal(reply.Result.Value, into); err != nil {
			b.t.Fatalf("%s: %s: %v", expression, reply.Result.Value, err)
		}
	}
}

// screenshot returns what the window shows.
func (b *browser) screenshot() (image.Image, []byte) {
	b.t.Helper()
	var shot struct {
		Data string `json:"data"`
	}
	b.call("Page.captureScreenshot", map[string]any{"format": "png"}, &shot)
	text, err := base64.StdEncoding.DecodeString(shot.Data)
	if err != nil {
		b.t.Fatal(err)
	}
	picture, err := png.Decode(bytes.NewReader(text))
	if err != nil {
		b.t.Fatal(err)
	}
	return picture, text
}

// complaints returns what the page logged, threw, or asked the network for.
func (b *browser) complaints() []string {
	var all []string
	for _, m := range b.seen {
		switch m.Method {
		case "Runtime.exceptionThrown", "Runtime.consoleAPICalled", "Log.entryAdded":
			all = append(all, fmt.Sprintf("%s %s", m.Method, m.Params))
		case "Network.requestWillBeSent":
			var sent struct {
				Request struct {
					URL string `json:"url"`
				} `json:"request"`
			}
			if err := json.Unmarshal(m.Params, &sent); err != nil || filepath.Ext(sent.Request.URL) != ".html" {
				all = append(all, "the page asks for "+sent.Request.URL)
			}
		}
	}
	return all
}
