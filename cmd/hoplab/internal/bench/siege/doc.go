// Package siege attacks hopscope and other proxies side by side, and measures
// what an honest client beside the attacker has to bear, what the proxy's memory
// does, and how the attacker is ended. It attacks only what it has started
// itself, on the loopback.
//
// Package hostile has the attacks, proxies how each proxy is set, damage what
// becomes of the results.
package siege

//go:generate go run ../damage/gen -results results/results.json -document ../../../../../SECURITY.md
