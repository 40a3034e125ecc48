package console

import (
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"

	"github.com/klauspost/compress/gzhttp"
)

// Config is what a console shows. At least one source has to be there.
type Config struct {
	Version string // of the program
	Demo    bool   // it is the console of a demo
	Sources []Source
	// Hosts are names by which browsers may ask for the console, besides localhost
	// and the addresses that it is asked at.
	Hosts []string
	// Assets is the built page; nil: the one in the program.
	Assets fs.FS
}

// New returns the console's handler, which is safe for concurrent use. An error is
// one of the configuration, or of what is checked in.
func New(cfg Config) (http.Handler, error) {
	lib, err := readLibrary()
	if err != nil {
		return nil, err
	}
	return newHandler(cfg, lib)
}

// library is what the console knows without asking a source. It does not change.
type library struct {
	boards *boards
	atlas  *atlas
	expect map[string]Expectation // by the fault's name
}

func readLibrary() (*library, error) {
	boards, err := readBoards()
	if err != nil {
		return nil, err
	}
	atlas, err := newAtlas(boards)
	if err != nil {
		return nil, err
	}
	expect, err := expectations(atlas)
	if err != nil {
		return nil, err
	}
	return &library{boards, atlas, expect}, nil
}

func newHandler(cfg Config, lib *library) (http.Handler, error) {
	if len(cfg.Sources) == 0 {
		return nil, errors.New("no source: name at least one with --prometheus, --admin, --traces or --faults")
	}
	if cfg.Assets == nil {
		cfg.Assets = builtIn()
	}
	assets, err := newAssets(cfg.Assets)
	if err != nil {
		return nil, err
	}
	compressed, err := gzhttp.NewWrapper(gzhttp.MinSize(minCompressed), gzhttp.CompressionLevel(gzip.BestSpeed))
	if err != nil {
		return nil, fmt.Errorf("compression: %w", err)
	}
	mux := http.NewServeMux()
	relays := map[string]*relay{}
	for _, s := range cfg.Sources {
		relays[s.Name] = newRelay(s, cfg.Version)
	}
	for _, rt := range routes(lib.expect) {
		var h http.Handler = missing(rt.source)
		if r := relays[rt.source]; r != nil {
			h = compressed(r.handler(rt))
		}
		for _, method := range rt.methods {
			mux.Handle(method+" /api/"+rt.path, h)
		}
	}
	mux.Handle("GET /api/console", about(cfg))
	mux.Handle("GET /api/alerts/panels", jsonDocument(lib.atlas.alerts))
	mux.Handle("GET /api/runbook", runbook())
	lib.boards.register(mux)
	mux.HandleFunc("/api/", func(w http.ResponseWriter, r *http.Request) {
		problem{Status: http.StatusNotFound, Reason: "there is no " + r.Method + " of this path", Remedy: "correct the path or the method"}.write(w)
	})
	mux.Handle("/", assets)
	return guard{hosts: cfg.Hosts, next: mux}, nil
}

// minCompressed is the size from which answers are compressed, in bytes.
const minCompressed = 1 << 10

// about says what the console is. It names no credentials.
func about(cfg Config) *document {
	type source struct {
		URL string `json:"url"`
	}
	sources := map[string]source{}
	for _, s := range cfg.Sources {
		sources[s.Name] = source{s.shown()}
	}
	return jsonDocument(map[string]any{"version": cfg.Version, "demo": cfg.Demo, "sources": sources})
}

// jsonDocument returns a value that can be written as JSON as a document.
func jsonDocument(v any) *document {
	body, err := json.Marshal(v)
	if err != nil {
		panic("console: " + err.Error()) // of our own types only
	}
	return newDocument("application/json", body)
}
