// Package profiles answers the demo's profiles calls: a summary that asks the
// users service through the gateway, and a stream of small updates that lasts.
package profiles
