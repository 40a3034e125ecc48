// Package admin serves what operators ask of a gateway: metrics, health, the
// running configuration, open streams, profiles.
//
// It answers anyone who reaches its address, and so belongs on an address that
// only operators reach.
package admin
