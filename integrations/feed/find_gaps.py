"""Find the payloads that are missing in a file of received ones (a JSON text per line), and fetch them from the feed.

python3 find_gaps.py received.jsonl                                          reports the missing numbers
ASORA_TOKEN=asora_feed_… python3 find_gaps.py received.jsonl FEED_ADDRESS    also adds their payloads to the file
"""

import json
import os
import sys
import urllib.request


def number_of(line):
    return int(json.loads(line)["asoranumber"])


def payloads_after(number, address):
    token = {"Authorization": "Bearer " + os.environ["ASORA_TOKEN"]}
    with urllib.request.urlopen(urllib.request.Request(f"{address}?after={number}", headers=token)) as answer:
        return answer.read().splitlines(keepends=True)


def main(path, address=""):
    with open(path, "a+b") as file:
        file.seek(0)
        lines = file.read().splitlines(keepends=True)
        if lines and not lines[-1].endswith(b"\n"):  # the receiver was stopped while it wrote this line
            file.truncate(file.tell() - len(lines.pop()))
        seen = {number_of(line) for line in lines}
        first = complete = min(seen, default=1) - 1
        while True:
            while complete + 1 in seen:
                complete += 1
            fetched = {
                number_of(line): line for line in (payloads_after(complete, address) if address else [])
            }
            if not fetched.keys() - seen:
                break
            file.writelines(line for number, line in fetched.items() if number not in seen)
            seen |= fetched.keys()
    missing = [number for number in range(first + 1, max(seen, default=0)) if number not in seen]
    print(f"missing: {missing}" if missing else f"complete up to {complete}")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
