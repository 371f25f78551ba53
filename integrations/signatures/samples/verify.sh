#!/bin/sh
# Verify that a payload comes from Asora and that nobody changed it. Needs a POSIX shell and openssl 3.
#
#   WEBHOOK_KEYS="whsec_... whpk_..." sh verify.sh HEADERS BODY
#
# A key is the secret of the endpoint (whsec_...) or the public key of your tenant (whpk_...).
# HEADERS is a file with one header per line, BODY a file with the exact bytes that arrived.

set -euf
tolerance=300 # seconds; needs a clock that is right

stop() {
    echo "$1" >&2
    exit "$2"
}

[ $# -eq 2 ] && [ -n "${WEBHOOK_KEYS:-}" ] || stop 'WEBHOOK_KEYS="whsec_... whpk_..." sh verify.sh HEADERS BODY' 2
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

# The value of a header of the file $headers.
headers=$1
header() {
    awk -v name="$1:" 'tolower(substr($0, 1, length(name))) == name {
        value = substr($0, length(name) + 1); gsub(/^[ \t]+|[ \t\r]+$/, "", value); print value; exit
    }' "$headers"
}

# 64 bytes: the key ($1, in hexadecimal), filled up with zeros, each byte XORed with $2.
padded() {
    left=$1 count=0
    while [ $count -lt 64 ]; do
        rest=${left#??} byte=${left%"${left#??}"}
        # shellcheck disable=SC2059 # the format is the byte, written in octal
        printf "\\$(printf %03o $((0x${byte:-00} ^ $2)))"
        left=$rest count=$((count + 1))
    done
}

# HMAC-SHA256 of a file ($2), in base64, by its definition: openssl would take the key as an argument, and everybody on
# this machine can read the arguments of a program.
hmac() {
    { padded "$1" 0x36 && cat "$2"; } | openssl dgst -sha256 -binary >"$folder/inner"
    { padded "$1" 0x5c && cat "$folder/inner"; } | openssl dgst -sha256 -binary | openssl base64 -A
}

# Compares two texts by their hashes, so that the time which that takes tells nothing about the texts.
is_same() {
    [ "$(printf %s "$1" | openssl dgst -sha256)" = "$(printf %s "$2" | openssl dgst -sha256)" ]
}

# Compares the signature $2 of the version $1 with the key $3.
is_valid() {
    case $1,$3 in
    v1,whsec_*)
        key=$(printf %s "${3#whsec_}" | openssl base64 -d -A | od -An -v -tx1 | tr -d ' \n')
        [ ${#key} -ge 48 ] && [ ${#key} -le 128 ] || stop "a secret has 24 to 64 bytes" 2
        is_same "$2" "$(hmac "$key" "$folder/signed")"
        ;;
    v1a,whpk_*)
        # The twelve bytes in front of the key say that it is an Ed25519 key.
        printf '\060\052\060\005\006\003\053\145\160\003\041\000' >"$folder/key"
        printf %s "${3#whpk_}" | openssl base64 -d -A >>"$folder/key"
        printf %s "$2" | openssl base64 -d -A >"$folder/signature"
        openssl pkeyutl -verify -pubin -keyform DER -inkey "$folder/key" -rawin -in "$folder/signed" \
            -sigfile "$folder/signature" >/dev/null 2>&1
        ;;
    *,whsec_* | *,whpk_*) return 1 ;;
    *) stop "a key starts with whsec_ or whpk_" 2 ;;
    esac
}

id=$(header webhook-id) seconds=$(header webhook-timestamp) signatures=$(header webhook-signature)
[ -n "$id" ] && [ -n "$seconds" ] && [ -n "$signatures" ] || stop "refused: a header is missing" 1

wrong_time="refused: the time of the payload is not within five minutes of now"
case $seconds in *[!0-9]* | ?????????????*) stop "$wrong_time" 1 ;; esac
now=$(date +%s)
[ "$seconds" -ge $((now - tolerance)) ] && [ "$seconds" -le $((now + tolerance)) ] || stop "$wrong_time" 1

printf '%s.%s.' "$id" "$seconds" | cat - "$2" >"$folder/signed"
for one in $signatures; do
    for key in $WEBHOOK_KEYS; do
        if is_valid "${one%%,*}" "${one#*,}" "$key"; then
            echo "valid: $id"
            exit 0
        fi
    done
done
stop "refused: no signature is valid" 1
