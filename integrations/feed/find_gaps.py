"""Find the payloads that are missing in a file of received ones (a JSON text per line), and fetch them from the feed.

python3 find_gaps.py received.jsonl                  reports the missing numbers, and changes nothing

ASORA_TOKEN=asora_feed_… python3 find_gaps.py received.jsonl FEED_ADDRESS
                                                     adds their payloads to the file, or begins the file

FEED_ADDRESS is https://<your host>/integrations/feed, as the page of the feed shows it. Without it nobody knows what
comes after the last number of the file. Exit status: 0 if nothing is missing, else 1.
"""

import http.client
import json
import os
import sys
import urllib.error
import urllib.request


def read(lines, source):
    found = {}
    for position, line in enumerate(lines, 1):
        try:
            payload = json.loads(line)
            found[int(payload["asoranumber"])] = (payload["id"], line)
        except (ValueError, KeyError, TypeError):
            raise ValueError(f"line {position} of {source} is not a payload") from None
    return found


def payloads_after(number, seen, address):
    query = f"?after={number}" + (f"&seen={seen[number][0]}" if number in seen else "")
    token = {"Authorization": "Bearer " + os.environ["ASORA_TOKEN"]}
    with urllib.request.urlopen(urllib.request.Request(address + query, headers=token)) as answer:
        return read(answer.read().splitlines(keepends=True), "the answer")


def main(path, address=""):
    if address and not os.environ.get("ASORA_TOKEN"):
        raise ValueError("put the token of the feed into the environment: export ASORA_TOKEN=asora_feed_…")
    address = address.partition("?")[0]
    with open(path, "a+b" if address else "rb") as file:
        file.seek(0)
        lines = file.read().splitlines(keepends=True)
        cut_off = lines.pop() if lines and not lines[-1].endswith(b"\n") else b""
        seen = read(lines, path)
        if address and cut_off:  # the receiver was stopped while it wrote this line
            file.truncate(file.tell() - len(cut_off))
        first = complete = min(seen, default=1) - 1
        while True:
            while complete + 1 in seen:
                complete += 1
            fetched = payloads_after(complete, seen, address) if address else {}
            new = {number: payload for number, payload in fetched.items() if number not in seen}
            if not new:
                break
            file.writelines(line for _id, line in new.values())
            seen |= new
    missing = [number for number in range(first + 1, max(seen, default=0)) if number not in seen]
    print(f"missing: {missing}" if missing else f"{'complete' if address else 'no gaps'} up to {complete}")
    return 1 if missing else 0


def explained(error):
    try:
        told = json.loads(error.read())
        return f"{told['message']} {told['details'].get('remedy', '')}".strip()
    except (ValueError, KeyError, TypeError):
        return error


if __name__ == "__main__":
    try:
        sys.exit(main(*sys.argv[1:]) if len(sys.argv) in {2, 3} else __doc__)
    except urllib.error.HTTPError as error:
        sys.exit(f"refused: {explained(error)}")
    except (OSError, ValueError, http.client.HTTPException) as error:
        sys.exit(f"error: {error}")
