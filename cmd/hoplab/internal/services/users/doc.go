// Package users answers the demo's users calls: small and unary.
package users
