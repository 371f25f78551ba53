// Verify that a payload comes from Asora and that nobody changed it. Needs Go 1.18 or newer, and no module.
//
// In your receiver, copy Verify and isValid:
//
//	eventID, err := Verify(request.Header, body, keys)
//
// In a terminal:
//
//	WEBHOOK_KEYS="whsec_... whpk_..." go run verify.go HEADERS BODY
//
// A key is the secret of the endpoint (whsec_...) or the public key of your tenant (whpk_...).
// HEADERS is a file with one header per line, BODY a file with the exact bytes that arrived.
package main

import (
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"
)

const tolerance = 300 // seconds; needs a clock that is right

// Do not use a payload for which Verify returns an error.
var (
	errMissing = errors.New("a header is missing")
	errTime    = errors.New("the time of the payload is not within five minutes of now")
	errInvalid = errors.New("no signature is valid")
	errKey     = errors.New("a key is whsec_ with 24 to 64 bytes in base64, or whpk_ with 32")
)

// Verify returns the id of the event, the same for every attempt.
func Verify(header http.Header, body []byte, keys []string) (string, error) {
	id, seconds := header.Get("webhook-id"), header.Get("webhook-timestamp")
	signatures := header.Get("webhook-signature")
	if id == "" || seconds == "" || signatures == "" {
		return "", errMissing
	}
	sent, err := strconv.ParseUint(seconds, 10, 40)
	age := time.Now().Unix() - int64(sent)
	if err != nil || age > tolerance || age < -tolerance {
		return "", errTime
	}
	signed := append([]byte(id+"."+seconds+"."), body...)
	for _, one := range strings.Split(signatures, " ") {
		version, text, _ := strings.Cut(one, ",")
		signature, err := base64.StdEncoding.DecodeString(text)
		if err != nil {
			continue
		}
		for _, key := range keys {
			valid, err := isValid(version, signature, signed, key)
			if err != nil {
				return "", err
			}
			if valid {
				return id, nil
			}
		}
	}
	return "", errInvalid
}

// isValid compares one signature with one key. v1 is made with the secret, v1a with the tenant's private key.
func isValid(version string, signature, signed []byte, key string) (bool, error) {
	kind, text, _ := strings.Cut(key, "_")
	raw, err := base64.StdEncoding.DecodeString(text)
	isSecret := kind == "whsec" && len(raw) >= 24 && len(raw) <= 64
	isPublic := kind == "whpk" && len(raw) == ed25519.PublicKeySize
	if err != nil || !(isSecret || isPublic) {
		return false, errKey
	}
	if isSecret && version == "v1" {
		mac := hmac.New(sha256.New, raw)
		mac.Write(signed)
		return hmac.Equal(mac.Sum(nil), signature), nil
	}
	if isPublic && version == "v1a" {
		return ed25519.Verify(raw, signed, signature), nil
	}
	return false, nil
}

func main() {
	keys := strings.Fields(os.Getenv("WEBHOOK_KEYS"))
	if len(os.Args) != 3 || len(keys) == 0 {
		fmt.Fprintln(os.Stderr, `WEBHOOK_KEYS="whsec_... whpk_..." go run verify.go HEADERS BODY`)
		os.Exit(2)
	}
	lines, err := os.ReadFile(os.Args[1])
	stopOn(err)
	body, err := os.ReadFile(os.Args[2])
	stopOn(err)
	header := http.Header{}
	for _, line := range strings.Split(string(lines), "\n") {
		if name, value, found := strings.Cut(line, ":"); found {
			header.Set(strings.TrimSpace(name), strings.TrimSpace(value))
		}
	}
	id, err := Verify(header, body, keys)
	stopOn(err)
	fmt.Println("valid:", id)
}

func stopOn(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "refused:", err)
		os.Exit(1)
	}
}
