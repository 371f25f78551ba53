"""Find the payloads that are missing in a file of received ones (a JSON text per line), and fetch them from the feed.

python3 find_gaps.py received.jsonl                                          reports the missing numbers
ASORA_TOKEN=asora_feed_… python3 find_gaps.py received.jsonl FEED_ADDRESS    also adds their payloads to the file
"""

import json
import os
import sys
import urllib.request


def read(lines):
    payloads = ((json.loads(line), line) for line in lines)
    return {int(payload["asoranumber"]): (payload["id"], line) for payload, line in payloads}


def payloads_after(number, seen, address):
    query = f"?after={number}" + (f"&seen={seen[number][0]}" if number in seen else "")
    token = {"Authorization": "Bearer " + os.environ["ASORA_TOKEN"]}
    with urllib.request.urlopen(urllib.request.Request(address + query, headers=token)) as answer:
        return read(answer.read().splitlines(keepends=True))


def main(path, address=""):
    with open(path, "a+b") as file:
        file.seek(0)
        lines = file.read().splitlines(keepends=True)
        if lines and not lines[-1].endswith(b"\n"):  # the receiver was stopped while it wrote this line
            file.truncate(file.tell() - len(lines.pop()))
        seen = read(lines)
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
    print(f"missing: {missing}" if missing else f"complete up to {complete}")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
