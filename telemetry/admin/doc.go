// Package admin serves what operators ask of a gateway: metrics, health, the
// running configuration, open streams and connections, profiles.
//
// Who may ask is decided here ([Admin.SetTokens]) and by the TLS configuration
// that [Server.SetTLS] is given. Without either it answers anyone who reaches its
// address, and so belongs on an address that only operators reach.
package admin
