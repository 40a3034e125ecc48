package console

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"strings"
)

//go:embed all:web/dist
var dist embed.FS

// index is the page among the assets.
const index = "index.html"

// builtIn returns the page that was built before this program was.
func builtIn() fs.FS {
	sub, err := fs.Sub(dist, "web/dist")
	if err != nil {
		panic("console: " + err.Error()) // the path is valid
	}
	return sub
}

// Built reports whether the program has the page in it.
func Built() bool {
	_, err := fs.Stat(builtIn(), index)
	return err == nil
}

// assets serves the page and what it loads.
type assets map[string]*document // by path, without the slash in front

// newAssets reads all of it. Files whose name begins with a dot are left out.
func newAssets(fsys fs.FS) (assets, error) {
	all := assets{}
	err := fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasPrefix(d.Name(), ".") {
			return err
		}
		body, err := fs.ReadFile(fsys, name)
		if err != nil {
			return err
		}
		doc := newDocument(mediaType(name), body)
		if strings.HasPrefix(name, "assets/") {
			doc.cache = "public, max-age=31536000, immutable" // its name has a sum of its content
		}
		all[name] = doc
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("the console's page: %w", err)
	}
	if all[index] == nil {
		if len(all) > 0 {
			return nil, errors.New("the console's page: web/dist has files but no " + index + ": run make build again")
		}
		all[index] = newDocument("text/html; charset=utf-8", []byte(notBuilt))
	}
	return all, nil
}

// ServeHTTP implements [http.Handler].
func (a assets) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !safe(r.Method) {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "only GET and HEAD are allowed here", http.StatusMethodNotAllowed)
		return
	}
	name := strings.TrimPrefix(r.URL.Path, "/")
	if name == "" {
		name = index
	}
	d := a[name]
	if d == nil {
		http.Error(w, "there is no "+r.URL.Path+"; the console is at /", http.StatusNotFound)
		return
	}
	d.ServeHTTP(w, r)
}

// mediaType returns the type of a file by its name, whatever the system knows.
func mediaType(name string) string {
	switch path.Ext(name) {
	case ".html":
		return "text/html; charset=utf-8"
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".json", ".map":
		return "application/json"
	case ".webmanifest":
		return "application/manifest+json"
	case ".svg":
		return "image/svg+xml"
	case ".png":
		return "image/png"
	case ".ico":
		return "image/x-icon"
	case ".woff2":
		return "font/woff2"
	case ".txt":
		return "text/plain; charset=utf-8"
	}
	return "application/octet-stream"
}

// notBuilt stands in for the page where it was not built.
const notBuilt = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>hopscope console</title>
</head>
<body>
<h1>The console's page is not built in</h1>
<p>This hoplab was built on a machine without Node.js. Install Node.js 20.19 or newer and run
<code>make build</code>, then start it again.</p>
<p>What the page reads is here all the same:</p>
<ul>
<li><a href="/api/console">/api/console</a>: which sources there are</li>
<li><a href="/api/admin/streams">/api/admin/streams</a>: every open stream</li>
<li><a href="/api/prometheus/alerts">/api/prometheus/alerts</a>: alerts that are pending or firing</li>
<li><a href="/api/traces/services">/api/traces/services</a>: what has sent spans</li>
<li><a href="/api/faults">/api/faults</a>: faults, and what to expect of each</li>
<li><a href="/api/runbook">/api/runbook</a>: what to do about each alert</li>
</ul>
</body>
</html>
`
